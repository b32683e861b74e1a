/** The tools on offer, checked: each has a definition that a model can be told, and a name of its own. */
import { AutoTrajError } from "../kernel/errors.ts";
import type { DialectName, Tool, ToolDefinition } from "../kernel/plugin.ts";

export interface OfferedTool {
  /** Preset id, or `id/name`. */
  readonly id: string;
  readonly tool: Tool;
}

/**
 * By the name that the model calls.
 * @throws ATRAJ_PLUGIN_INVALID for a tool without a definition; ATRAJ_SERVICE_CONFLICT for two of one name, or of one tag where tags are spoken: that would
 * leave the call to chance
 */
export function checkTools(tools: readonly OfferedTool[], dialect: DialectName): ReadonlyMap<string, OfferedTool> {
  const byName = new Map<string, OfferedTool>();
  const byTag = new Map<string, OfferedTool>();
  for (const entry of tools) {
    const { name, tag } = definitionOf(entry);
    claim(byName, name, entry, `"${name}"`);
    if (dialect === "tags" && tag !== undefined) claim(byTag, tag.name, entry, `<${tag.name}>`);
  }
  return byName;
}

function claim(taken: Map<string, OfferedTool>, name: string, entry: OfferedTool, called: string): void {
  const other = taken.get(name);
  taken.set(name, entry);
  if (other === undefined) return;
  throw new AutoTrajError("ATRAJ_SERVICE_CONFLICT", {
    who: `tool "${entry.id}"`,
    what: `it is called ${called}, as is "${other.id}".`,
    hint: "Give one of them another name in its options, or leave it out of rollout.tools.",
  });
}

/** Read once: some are made anew at every look, and this is asked for every trajectory. */
function definitionOf({ id, tool }: OfferedTool): ToolDefinition {
  const { definition } = tool;
  const lacking = lackOf(tool, definition);
  if (lacking === undefined) return definition;
  throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
    who: `tool "${id}"`,
    what: `${lacking}.`,
    hint: "A tool is { definition: { name, description, parameters }, identity, call }, with a JSON Schema of type object as its parameters.",
  });
}

function lackOf(tool: Partial<Tool>, definition: Partial<ToolDefinition> | undefined): string | undefined {
  if (typeof tool.call !== "function") return "it has no function call";
  // Some know theirs only once they have started.
  if (!("identity" in tool)) return "it has no identity";
  if (typeof definition !== "object" || definition === null) return "it has no definition";
  const { name, description, parameters } = definition;
  if (typeof name !== "string" || name === "") return "its definition has no name";
  if (typeof description !== "string") return "its definition has no description";
  return parameters?.["type"] === "object" ? undefined : "its definition has no parameters of type object";
}
