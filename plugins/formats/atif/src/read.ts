/** Reads ATIF documents, of any agent. What AutoTraj wrote comes back whole: what ATIF has no field for lies in `extra.autotraj`. */
import type {
  DialectName,
  Finish,
  JsonObject,
  JsonValue,
  Provenance,
  Query,
  RecordedConversation,
  RecordedTurn,
  ToolDefinition,
  Trajectory,
} from "@autotraj/core/plugin";
import { invalid, isObject, listAt, objectAt, scalarText, textAt, toolsAt } from "@autotraj/core/rows";
import { StepReader } from "./steps.ts";

/** Longest text (characters) of a document's notes that is kept. */
export const LONGEST_NOTE = 4096;
const KNOWN_VERSION = /^ATIF-v1\.\d+$/;
const NOBODY_ASKS = "nobody asks: the agent's first words are taken for the question";
const SOURCES: readonly JsonValue[] = ["system", "user", "agent"];

/** The document's own conversation, and those of the subagents in it. @throws PluginError naming the path inside the document. */
export function readDocument(value: JsonValue): readonly RecordedConversation[] {
  return conversationsAt(value, "");
}

/** How surely a row is such a document: by its version, else by the sources of its steps. */
export function recognizes(row: JsonValue): number {
  if (!isObject(row) || !Array.isArray(row["steps"])) return 0;
  const { schema_version: version, steps, agent } = row;
  if (typeof version === "string" && version.startsWith("ATIF")) return 1;
  const known = steps.length > 0 && steps.every((step) => isObject(step) && SOURCES.includes(step["source"] ?? null));
  return known ? (isObject(agent) ? 0.95 : 0.8) : 0;
}

function conversationsAt(value: JsonValue, path: string): readonly RecordedConversation[] {
  const document = objectAt(value, path);
  const within = path === "" ? "" : `${path}.`;
  const subagents = listAt(document["subagent_trajectories"], `${within}subagent_trajectories`);
  return [
    conversationOf(document, within, subagents.length),
    ...subagents.flatMap((one, index) => conversationsAt(one, `${within}subagent_trajectories[${index}]`)),
  ];
}

function conversationOf(document: JsonObject, within: string, subagents: number): RecordedConversation {
  const agent = objectAt(document["agent"] ?? {}, `${within}agent`);
  const { steps } = document;
  if (!Array.isArray(steps)) throw invalid(`${within}steps`, "is missing; expected an array");
  const extra = document["extra"];
  const own = isObject(extra) && isObject(extra["autotraj"]) ? extra["autotraj"] : undefined;
  const reader = new StepReader(own === undefined ? "another agent" : "AutoTraj");
  for (const [index, step] of steps.entries()) reader.add(objectAt(step, `${within}steps[${index}]`), `${within}steps[${index}]`);
  const { turns } = reader;
  const tools = toolsAt(agent["tool_definitions"], `${within}agent.tool_definitions`);
  const usage = usageOf(document, steps.filter(isObject), turns, own);
  if (own !== undefined) return { turns, usage, tools: tools.map((tool) => tagged(tool, own["tags"])), ...ownFields(own) };
  const opening = openingOf(steps.filter(isObject), turns);
  return {
    turns,
    usage,
    tools,
    ...(opening === undefined ? {} : { query: { question: opening.question } }),
    faults: [...(opening?.by === "assistant" ? [NOBODY_ASKS] : []), ...reader.faults],
    model: textAt(agent["model_name"], `${within}agent.model_name`),
    notes: { atif: notesOf(document, agent, subagents) },
  };
}

/** What is asked in a document without a step of a user: its system prompt, else what the agent says first. Undefined where a user asks. */
function openingOf(
  steps: readonly JsonObject[],
  turns: readonly RecordedTurn[],
): { readonly question: string; readonly by: "system" | "assistant" } | undefined {
  if (steps.some(({ source }) => source === "user")) return undefined;
  for (const by of ["system", "assistant"] as const) {
    const turn = turns.find(({ role, content }) => role === by && content !== "");
    if (turn !== undefined) return { question: turn.content, by };
  }
  return undefined;
}

/** What AutoTraj wrote itself. The kernel checks its shape, as it does for every recorded trajectory. */
function ownFields({ query, dialect, answer, finish, faults, provenance }: JsonObject): Partial<RecordedConversation> {
  return {
    query: query as unknown as Query,
    dialect: dialect as DialectName,
    answer: (answer ?? null) as string | null,
    finish: finish as Finish,
    faults: Array.isArray(faults) ? (faults as readonly string[]) : [],
    provenance: provenance as unknown as Provenance,
  };
}

function tagged(tool: ToolDefinition, tags: JsonValue | undefined): ToolDefinition {
  const tag = isObject(tags) ? tags[tool.name] : undefined;
  return isObject(tag) ? { ...tool, tag: tag as { name: string; argument: string } } : tool;
}

function notesOf(document: JsonObject, agent: JsonObject, subagents: number): JsonObject {
  const { schema_version: version, session_id, trajectory_id, notes, final_metrics, continued_trajectory_ref } = document;
  const known: Readonly<Record<string, JsonValue | undefined>> = {
    agent: scalarText(agent["name"]),
    version: agent["version"],
    schema_version: typeof version === "string" && KNOWN_VERSION.test(version) ? undefined : version,
    session_id,
    trajectory_id,
    notes: scalarText(notes)?.slice(0, LONGEST_NOTE),
    continued_trajectory_ref,
    total_cost_usd: isObject(final_metrics) ? final_metrics["total_cost_usd"] : undefined,
    subagents: subagents === 0 ? undefined : subagents,
  };
  return Object.fromEntries(Object.entries(known).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined && entry[1] !== null));
}

/** The document's totals; where it has none, the sums of its steps. */
function usageOf(
  document: JsonObject,
  steps: readonly JsonObject[],
  turns: readonly RecordedTurn[],
  own: JsonObject | undefined,
): Trajectory["usage"] {
  const totals = isObject(document["final_metrics"]) ? document["final_metrics"] : {};
  const metrics = steps.map((step) => step["metrics"]).filter(isObject);
  const sum = (name: string) => metrics.reduce((all, one) => all + (countOf(one[name]) ?? 0), 0);
  const calls = turns.map((turn) => (turn.role === "assistant" ? (turn.calls ?? []).length : 0));
  return {
    promptTokens: countOf(totals["total_prompt_tokens"]) ?? sum("prompt_tokens"),
    cachedTokens: countOf(totals["total_cached_tokens"]) ?? sum("cached_tokens"),
    completionTokens: countOf(totals["total_completion_tokens"]) ?? sum("completion_tokens"),
    modelCalls: countOf(own?.["modelCalls"]) ?? turns.filter(({ role }) => role === "assistant").length,
    toolCalls: countOf(own?.["toolCalls"]) ?? calls.reduce((all, one) => all + one, 0),
  };
}

function countOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
