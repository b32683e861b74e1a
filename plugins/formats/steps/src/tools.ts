/** The log's tools as a model would be told of them: logs name their tools and hold one text for each call, no more. */
import type { JsonObject, JsonValue, ToolDefinition } from "@autotraj/core/plugin";
import { isObject, textOrJson } from "@autotraj/core/rows";
import type { ToolOptions } from "./options.ts";

const KNOWN: Readonly<Record<string, Required<Omit<ToolOptions, "tag">> & { readonly tag?: string }>> = {
  calculator: { argument: "expression", description: "Evaluates an arithmetic expression." },
  // The same argument and tag as @autotraj/tool-python has.
  python: { argument: "code", description: "Runs Python code and returns what it prints.", tag: "code" },
  search: { argument: "query", description: "Searches and returns the best match." },
  lookup: { argument: "keyword", description: "Finds the next sentence with the keyword on the page found last." },
};
const DEFAULT_ARGUMENT = "input";
const TAG_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** Tags that mean something else in the dialect. */
const TAKEN_TAGS: ReadonlySet<string> = new Set(["think", "result", "answer"]);

export class ToolBook {
  readonly #options: ReadonlyMap<string, ToolOptions>;

  constructor(options: Readonly<Record<string, ToolOptions>>) {
    const names = new Set([...Object.keys(KNOWN), ...Object.keys(options)]);
    this.#options = new Map([...names].map((name) => [name, { ...KNOWN[name], ...options[name] }]));
  }

  /** A step's input as arguments: an object stands for itself, anything else fills the tool's one argument, as text. */
  arguments(tool: string, input: JsonValue | undefined): JsonObject {
    if (input === undefined || input === null) return {};
    return isObject(input) ? input : { [this.#argument(tool)]: textOrJson(input) };
  }

  /** `passed`: the arguments that the row's own calls pass, which may be others than the one. */
  definition(name: string, passed: ReadonlySet<string> = new Set()): ToolDefinition {
    const { description, tag } = this.#options.get(name) ?? {};
    const argument = this.#argument(name);
    const tagName = tag ?? name;
    const structured = [...passed].some((one) => one !== argument);
    return {
      name,
      description: description ?? "",
      parameters: structured
        ? { type: "object", properties: Object.fromEntries([...passed].map((one) => [one, {}])) }
        : { type: "object", properties: { [argument]: { type: "string" } }, required: [argument], additionalProperties: false },
      ...(!structured && TAG_NAME.test(tagName) && !TAKEN_TAGS.has(tagName) ? { tag: { name: tagName, argument } } : {}),
    };
  }

  #argument(name: string): string {
    return this.#options.get(name)?.argument ?? DEFAULT_ARGUMENT;
  }
}
