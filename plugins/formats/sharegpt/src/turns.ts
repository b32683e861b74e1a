/** One turn after the other: who speaks, under all the names sets give them; calls as a turn, as a field or in the text; the mask. */
import type { JsonObject, JsonValue, RecordedAssistant, RecordedCall, RecordedTurn } from "@autotraj/core/plugin";
import {
  callsOf,
  contentOf,
  invalid,
  joinedThoughts,
  objectAt,
  plainTextOf,
  reasoningBeside,
  sameCall,
  scalarText,
  splitToolCalls,
  textAt,
  unreadablePart,
} from "@autotraj/core/rows";
import { resultsIn } from "./results.ts";

type Role = "system" | "user" | "assistant" | "call" | "result";
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  system: ["system", "developer"],
  user: ["human", "user", "prompter"],
  assistant: ["gpt", "assistant", "chatgpt", "bing", "bard", "model", "bot"],
  call: ["function_call", "tool_call", "tool_calls", "function_calls"],
  result: ["observation", "tool", "tool_response", "tool_result", "function", "function_response", "function_result", "ipython"],
};
const ROLES: ReadonlyMap<string, Role> = new Map(Object.entries(NAMES).flatMap(([role, names]) => names.map((name) => [name, role as Role])));
/** Roles that OpenAI's messages do not have. */
export const CALL_ROLES: ReadonlySet<string> = new Set(
  [...ROLES.keys()].filter((name) => !["system", "developer", "user", "assistant", "tool", "function"].includes(name)),
);

/** Undefined for a speaker that no set known here has. */
export function roleOf(turn: JsonObject): Role | undefined {
  const name = turn["from"] ?? turn["role"];
  return typeof name === "string" ? ROLES.get(name.trim().toLowerCase().replace(/[- ]/g, "_")) : undefined;
}

export class TurnReader {
  readonly turns: RecordedTurn[] = [];
  /** Names of the calls that await a result; "" where a call names no tool. */
  #open: string[] = [];

  /** `resultFollows`: the turn after this one is a result, too. @throws PluginError naming the path inside the row. */
  add(value: JsonValue, path: string, resultFollows = false): void {
    const turn = objectAt(value, path);
    const role = roleOf(turn);
    const nameField = turn["from"] === undefined && turn["role"] !== undefined ? "role" : "from";
    if (role === undefined) {
      const known = Object.values(NAMES).flat().join(", ");
      throw invalid(`${path}.${nameField}`, `is ${JSON.stringify(turn[nameField] ?? null)}; expected one of ${known}`);
    }
    const field = ["value", "content", "text"].find((name) => turn[name] !== undefined) ?? (nameField === "from" ? "value" : "content");
    const body = turn[field];
    const place = `${path}.${field}`;
    if (role === "assistant") this.#addTurn(assistantTurn(turn, body, place, path));
    else if (role === "call") this.#addTurn(callTurn(turn, body, place, path));
    else {
      refuseCalls(turn, path);
      if (body === undefined) throw invalid(place, "is missing");
      if (role === "result") this.#addResults(turn, body, place, resultFollows);
      else this.turns.push({ role, content: plainTextOf(body, place) });
    }
  }

  #addTurn(turn: RecordedAssistant): void {
    // Neighbouring turns of the model are parallel calls written one by one.
    if (this.turns.at(-1)?.role !== "assistant") this.#open = [];
    // The host takes calls out of the text; how many there are is needed here.
    const calls = turn.calls ?? splitToolCalls(turn.content).calls;
    this.#open.push(...calls.map(({ name = "" }) => name));
    this.turns.push(turn);
  }

  /** A turn that is not the last result holds its own, however much it looks like those of all calls. */
  #addResults(turn: JsonObject, body: JsonValue, path: string, resultFollows: boolean): void {
    const results = resultsIn(turn, body, path, resultFollows ? [] : this.#open);
    this.#open = this.#open.slice(results.length);
    this.turns.push(...results);
  }
}

function assistantTurn(turn: JsonObject, body: JsonValue | undefined, place: string, path: string): RecordedAssistant {
  const { text, reasoning, refusal, others } = contentOf(body, place);
  const [other] = others;
  if (other !== undefined) throw unreadablePart(other);
  const calls = callsBeside(turn, path);
  const thoughts = joinedThoughts(reasoningBeside(turn, path), reasoning);
  const refused = joined("\n", textAt(turn["refusal"], `${path}.refusal`), refusal);
  if (body === undefined && calls.length === 0 && thoughts === "" && refused === "") throw invalid(place, "is missing");
  return {
    role: "assistant",
    content: text,
    ...(thoughts === "" ? {} : { reasoning: thoughts }),
    ...(refused === "" ? {} : { refusal: refused }),
    ...(calls.length === 0 ? {} : { calls }),
    ...(isMasked(turn) ? { train: false } : {}),
  };
}

function callTurn(turn: JsonObject, body: JsonValue | undefined, place: string, path: string): RecordedAssistant {
  const { before, calls, isTagged } = typeof body === "string" ? callText(body) : { before: "", calls: callsOf(body ?? []), isTagged: false };
  const all = [...calls, ...callsBeside(turn, path)];
  if (all.length === 0 && !isTagged) throw invalid(place, "holds no call");
  const thoughts = reasoningBeside(turn, path);
  const id = callIdOf(turn) ?? scalarText(turn["id"]);
  const [only, ...others] = all;
  const named = only !== undefined && others.length === 0 && only.id === undefined && id !== undefined ? [{ ...only, id }] : all;
  return {
    role: "assistant",
    content: before,
    ...(thoughts === "" ? {} : { reasoning: thoughts }),
    ...(named.length === 0 ? {} : { calls: named }),
    ...(isMasked(turn) ? { train: false } : {}),
  };
}

interface CallText {
  /** Thinking and words before the calls. */
  readonly before: string;
  readonly calls: readonly RecordedCall[];
  /** The calls are still in `before`, in tags that say where they are. */
  readonly isTagged: boolean;
}

/** A call turn's text: JSON of one call or several, or one a line; after thinking, after words, or in tags. */
function callText(text: string): CallText {
  if (text.includes("<tool_call>")) return { before: text, calls: [], isTagged: true };
  const thought = endOfThinking(text);
  const rest = text.slice(thought).trim();
  const whole = callLines(rest);
  // Words before the JSON are the model's.
  const json = whole.length > 0 || rest === "[]" ? 0 : rest.search(/(?<=\n)[[{]/);
  const calls = json > 0 ? callLines(rest.slice(json)) : whole;
  const before = joined("\n", text.slice(0, thought), json > 0 ? rest.slice(0, json).trim() : "");
  if (calls.length > 0 || rest === "" || rest === "[]") return { before, calls, isTagged: false };
  return { before, calls: [{ malformed: { raw: rest, reason: "the call is not a JSON object" } }], isTagged: false };
}

function callLines(text: string): readonly RecordedCall[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const found: RecordedCall[] = [];
  for (const line of lines) {
    const [call, ...others] = line.startsWith("{") ? callsOf(line) : [];
    // One that is no call by itself: the lines are parts of one text.
    if (call === undefined || others.length > 0 || call.malformed !== undefined) return callsOf(text);
    found.push(call);
  }
  return found.length > 0 ? found : callsOf(text);
}

/** Where the JSON may begin; a closing tag inside it ends no thinking. */
function endOfThinking(text: string): number {
  const end = text.indexOf("</think>");
  if (end < 0) return 0;
  const isBeforeJson = text.trimStart().startsWith("<think>") || !/[[{]/.test(text.slice(0, end));
  return isBeforeJson ? end + "</think>".length : 0;
}

/** `tool_calls` and `function_call`, as a list, an object or JSON text. */
function callsBeside(turn: JsonObject, path: string): readonly RecordedCall[] {
  const found: RecordedCall[] = [];
  for (const name of callFields(turn)) {
    const value = turn[name] as JsonValue;
    const calls = callsOf(value);
    if (calls.length === 0 && typeof value === "string" && !/^\s*\[\s*\]\s*$/.test(value))
      throw invalid(`${path}.${name}`, "is text that holds no call");
    // Servers that fill the old field too have the same call in it.
    const known = [...found];
    found.push(...calls.filter((call) => !known.some((one) => sameCall(one, call))));
  }
  return found;
}

/** Those that hold something; some sets write JSON's or Python's nothing as text. */
function callFields(turn: JsonObject): readonly string[] {
  const nothing: readonly JsonValue[] = [null, "", "null", "None"];
  return ["tool_calls", "function_call", "function_calls"].filter((name) => !nothing.includes(turn[name] ?? null));
}

function refuseCalls(turn: JsonObject, path: string): void {
  const [field] = callFields(turn);
  if (field !== undefined) throw invalid(`${path}.${field}`, "stands in a turn that is not the model's");
}

function callIdOf(turn: JsonObject): string | undefined {
  return scalarText(turn["tool_call_id"] ?? turn["call_id"]);
}

function isMasked({ loss, weight, train, train_on_turn: onTurn }: JsonObject): boolean {
  return [loss, weight, train, onTurn].some((value) => value === false || value === 0);
}

function joined(joint: string, ...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(joint);
}
