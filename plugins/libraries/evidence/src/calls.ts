/** The calls of a trajectory with what they gave, as checks read them. */
import type { JsonValue, Message, Span, ToolCall, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { callsByResult } from "@autotraj/trajectory-text/pairing";

export interface MadeCall {
  /** `search`: its arguments are a query, its result was found. `computation`: its result follows from its arguments. */
  readonly kind: "search" | "computation";
  /** All texts and numbers of its arguments, one a line. */
  readonly text: string;
  /** The argument, where it is one text: a program, an expression, a query. */
  readonly program: string | undefined;
  /** Undefined where no result came back. */
  readonly result: ToolMessage | undefined;
  /** Where the call stands. */
  readonly place: Span;
}

/** Words in a tool's name that tell a search from a computation; a `spreadsheet` is not read. */
const SEARCHES = /search|lookup|retriev|browse|fetch|wiki|open|(?<!sp|th|b)read|find|query/i;

/** In the order of the turns. @param searches names of tools whose results are found, beside those whose name says so */
export function madeCalls({ messages }: Trajectory, searches: readonly string[]): readonly MadeCall[] {
  const results = new Map([...callsByResult(messages)].map(([result, call]) => [call, result]));
  return messages.flatMap((message, index) => {
    if (message.role !== "assistant") return [];
    return (message.toolCalls ?? []).map((call): MadeCall => {
      const texts = textsIn(call.arguments);
      const program = soleText(call);
      return {
        kind: SEARCHES.test(call.name) || searches.includes(call.name) ? "search" : "computation",
        text: texts.join("\n"),
        program,
        result: results.get(call),
        place: placeOf(message, index, program ?? texts[0] ?? ""),
      };
    });
  });
}

/** Those that did not fail and gave something, in order: what else was called supports nothing. */
export function succeeded(calls: readonly MadeCall[]): readonly (MadeCall & { readonly result: ToolMessage })[] {
  return calls.filter((call): call is MadeCall & { readonly result: ToolMessage } => call.result?.ok === true && call.result.content.trim() !== "");
}

/** The last place of some text in a turn; the turn as a whole where it is not there word for word. */
export function placeOf(message: Message, index: number, text: string): Span {
  const said = (message.role === "assistant" ? message.text : undefined) ?? message.content;
  const start = text === "" ? -1 : said.lastIndexOf(text);
  return start < 0 ? { message: index, start: 0, end: 0 } : { message: index, start, end: start + text.length };
}

/** Program text without what does not run: comments, and texts of three quotes. */
export function withoutComments(program: string): string {
  return program
    .replace(/("""|''')[\s\S]*?\1/g, "")
    .replace(/("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|#[^\n]*/g, (_all, quoted: string | undefined) => quoted ?? "");
}

function soleText({ arguments: given, malformed }: ToolCall): string | undefined {
  const [only, ...others] = Object.values(given);
  return malformed === undefined && typeof only === "string" && others.length === 0 ? only : undefined;
}

function textsIn(value: JsonValue): readonly string[] {
  if (typeof value === "string" || typeof value === "number") return [String(value)];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
