/** Actions as text: `Search[x]`, or a name and its input. What the model wrote is hostile: an action that is none is kept as malformed. */
import type { JsonObject, RecordedCall, ToolCall } from "@autotraj/core/plugin";
import { isObject, parseJson } from "@autotraj/core/rows";

/** What the host calls a tool that a call does not name. */
export const UNNAMED_TOOL = "unnamed";
const FINISH = "finish";
const DEFAULT_ARGUMENT = "input";
/** No tool's name is longer. */
const NAME = /^[A-Za-z_][\w .-]{0,63}$/;

/** A call that was understood has its arguments as an object. */
export type Action = { readonly call: RecordedCall } | { readonly final: string };

export class ActionText {
  readonly #arguments: ReadonlyMap<string, string>;

  constructor(argumentByTool: Readonly<Record<string, string>>) {
    this.#arguments = new Map(Object.entries(argumentByTool));
  }

  argumentOf(tool: string): string {
    return this.#arguments.get(tool) ?? DEFAULT_ARGUMENT;
  }

  /** `input` is given where the log has `Action Input:`; `tools` are the names that the row lists. */
  parse(action: string, input: string | undefined, tools: readonly string[]): Action {
    if (input !== undefined) return { call: this.#call(action.trim(), input) ?? malformed(`${action}\n${input}`) };
    const text = action.trim();
    const open = text.indexOf("[");
    const close = text.lastIndexOf("]");
    if (open < 0 || close !== text.length - 1) return { call: malformed(action) };
    const name = text.slice(0, open);
    const inside = text.slice(open + 1, close);
    if (name.toLowerCase() === FINISH) return { final: inside };
    // The published logs write a tool's name with a capital.
    const known = tools.find((tool) => tool === name) ?? tools.find((tool) => tool.toLowerCase() === name.toLowerCase());
    return { call: this.#call(known ?? name.slice(0, 1).toLowerCase() + name.slice(1), inside) ?? malformed(action) };
  }

  #call(name: string, input: string): RecordedCall | undefined {
    if (!NAME.test(name)) return undefined;
    return { name, arguments: objectIn(input) ?? { [this.argumentOf(name)]: input } };
  }

  /** Why a call could not be told from something else in brackets; undefined where it can. */
  refuses({ name, malformed: wrong }: ToolCall): string | undefined {
    return wrong === undefined && !NAME.test(name) ? "a tool's name could not be read again as an action" : undefined;
  }

  /** The input of a call: its text where it is the tool's one argument, else JSON. */
  input({ name, arguments: args, malformed: wrong }: ToolCall): string {
    if (wrong !== undefined) return wrong.raw;
    const value = args[this.argumentOf(name)];
    // A text that would be read as JSON arguments is told as such.
    return typeof value === "string" && Object.keys(args).length === 1 && objectIn(value) === undefined ? value : JSON.stringify(args);
  }

  bracketed(call: ToolCall): string {
    const { name, malformed: wrong } = call;
    if (wrong !== undefined && name === UNNAMED_TOOL) return wrong.raw;
    return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}[${endsRun(call) ? lastWords(call) : this.input(call)}]`;
  }
}

/** True for a call that in brackets is the end of the run. */
export function endsRun({ name }: ToolCall): boolean {
  return name.toLowerCase() === FINISH;
}

/** Of a call that ends the run: its one argument where that is text, else all of them. */
function lastWords({ arguments: args, malformed: wrong }: ToolCall): string {
  const [only, ...others] = Object.values(args);
  return wrong?.raw ?? (typeof only === "string" && others.length === 0 ? only : JSON.stringify(args));
}

/** Where `Finish[…]` ends an action's text, and what follows it: recorders add their verdict there. */
export function afterFinish(action: string): { readonly action: string; readonly rest: string } {
  const text = action.trimEnd();
  const end = /^\s*finish\[/i.test(text) && !text.endsWith("]") ? text.indexOf("]\n") : -1;
  return end < 0 ? { action, rest: "" } : { action: text.slice(0, end + 1), rest: text.slice(end + 2) };
}

function malformed(raw: string): RecordedCall {
  return { malformed: { raw, reason: "the action is not of the form Name[input]" } };
}

function objectIn(text: string): JsonObject | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
