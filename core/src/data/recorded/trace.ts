/**
 * For formats whose logs are traces (`@autotraj/core/rows`): conversations out of the calls of models and the runs of tools. A trace tells the same turn many
 * times, since each call of a model repeats what was said before, or tells each turn once; and some results stand nowhere but in a tool's run.
 */
import type { RecordedCall, RecordedTurn, ToolDefinition } from "../../kernel/plugin.ts";
import { type TracedToolRun, withRuns } from "./trace-runs.ts";

/** One call of a model. */
export interface TracedModelCall {
  /** Texts that sort by time; "" where the trace does not say. */
  readonly start: string;
  readonly end: string;
  /** Whose call it is: the span of the agent around it. Two agents of one trace have two conversations. */
  readonly agent: string;
  /** What the model was shown: all that was said before, or only what is new. */
  readonly input: readonly RecordedTurn[];
  /** What it wrote; empty where the call failed. */
  readonly output: readonly RecordedTurn[];
  readonly tools?: readonly ToolDefinition[];
}

export interface TracedConversation<Call extends TracedModelCall> {
  readonly turns: readonly RecordedTurn[];
  /** The calls that wrote it, in order. */
  readonly calls: readonly Call[];
  /** All that its calls list, each name once. */
  readonly tools: readonly ToolDefinition[];
}

export interface TracedConversations<Call extends TracedModelCall> {
  readonly conversations: readonly TracedConversation<Call>[];
  /** Runs that no call of a model asked for. */
  readonly unasked: readonly TracedToolRun[];
}

/**
 * The conversations of one trace. A call goes on with a conversation where its input begins with what was last said there; or where it brings only what is new:
 * the results of open calls, or the next question. Two answers to the same input are two conversations, and so are two agents.
 */
export function conversationsOf<Call extends TracedModelCall>(calls: readonly Call[], runs: readonly TracedToolRun[]): TracedConversations<Call> {
  const inOrder = byStart(calls);
  const agents = new Set(calls.map(({ agent }) => agent));
  // Where there is one agent, all runs are its own, wherever their spans hang.
  const orderedRuns = agents.size === 1 ? byStart(runs).map((run) => ({ ...run, agent: [...agents][0] as string })) : byStart(runs);
  const tellsHistory = inOrder.some(({ input }) => input.some(({ role }) => role === "assistant"));
  const threads: Thread<Call>[] = [];
  for (const call of inOrder) {
    const continued = threadFor(call, threads, orderedRuns, tellsHistory);
    if (continued === undefined) threads.push(new Thread(call));
    else continued.thread.add(call, continued.known);
  }
  const used = new Set<TracedToolRun>();
  const conversations = threads
    .filter(({ turns }) => turns.length > 0)
    .map((thread) => ({
      turns: withRuns(thread, orderedRuns, used),
      calls: thread.calls,
      tools: [...new Map(thread.calls.flatMap(({ tools = [] }) => tools.map((tool) => [tool.name, tool] as const))).values()],
    }));
  return { conversations, unasked: orderedRuns.filter((run) => !used.has(run)) };
}

/** `before` and then what `after` adds to it: where `after` repeats the last turns of `before`, these are told once. */
export function continuedWith(before: readonly RecordedTurn[], after: readonly RecordedTurn[]): readonly RecordedTurn[] {
  const shared = overlap(spoken(before).map(keyOf), spoken(after).map(keyOf));
  const prompts = firstPrompts(before, after);
  return [...prompts, ...before, ...withoutKnown(after, shared, [...prompts, ...before])];
}

class Thread<Call extends TracedModelCall> {
  readonly agent: string;
  readonly turns: RecordedTurn[];
  readonly calls: Call[];
  /** When the call began that wrote a turn. */
  readonly writtenAt = new Map<RecordedTurn, string>();
  /** Of the turns that are no system prompts. */
  readonly keys: string[];
  end: string;
  #system: string;

  constructor(call: Call) {
    this.agent = call.agent;
    this.turns = [...call.input];
    this.keys = spoken(call.input).map(keyOf);
    this.calls = [];
    this.end = "";
    this.#system = systemOf(call.input);
    this.#write(call);
  }

  /** `known`: how many turns of the call's input stand here already. */
  add(call: Call, known: number): void {
    const prompts = this.#system === "" ? firstPrompts(this.turns, call.input) : [];
    this.turns.unshift(...prompts);
    const fresh = withoutKnown(call.input, known, this.turns);
    this.turns.push(...fresh);
    if ([...prompts, ...fresh].some(({ role }) => role === "system")) this.#system = systemOf(this.turns);
    this.keys.push(...spoken(fresh).map(keyOf));
    this.#write(call);
  }

  /** What it was told to be; "" where nobody said. */
  get system(): string {
    return this.#system;
  }

  #write(call: Call): void {
    this.calls.push(call);
    this.turns.push(...call.output);
    this.keys.push(...spoken(call.output).map(keyOf));
    for (const turn of call.output) this.writtenAt.set(turn, call.start);
    this.end = call.end === "" ? call.start : call.end;
  }

  /** The calls after which nobody but the model has spoken. */
  open(): readonly RecordedCall[] {
    const last = this.turns.findLastIndex(({ role }) => role !== "assistant");
    return this.turns.slice(last + 1).flatMap((turn) => (turn.role === "assistant" ? (turn.calls ?? []) : []));
  }
}

interface Continued<Call extends TracedModelCall> {
  readonly thread: Thread<Call>;
  readonly known: number;
}

function threadFor<Call extends TracedModelCall>(
  call: Call,
  threads: readonly Thread<Call>[],
  runs: readonly TracedToolRun[],
  tellsHistory: boolean,
): Continued<Call> | undefined {
  const latestFirst = [...threads].reverse().sort((a, b) => order(b.end, a.end));
  const keys = spoken(call.input).map(keyOf);
  const system = systemOf(call.input);
  const going = latestFirst
    .filter((thread) => thread.agent === call.agent || mayBeOne(thread.system, system))
    .map((thread) => ({ thread, known: overlap(thread.keys, keys) }))
    .filter(({ known }) => known > 0)
    .sort((a, b) => b.known - a.known || Number(names(call, b.thread)) - Number(names(call, a.thread)));
  if (going[0] !== undefined) return going[0];
  const named = new Set(latestFirst.filter((thread) => names(call, thread)));
  const fittest = [...named, ...latestFirst.filter((thread) => !named.has(thread))];
  for (const thread of fittest) {
    const known = ownTurn(thread, call, keys, runs, tellsHistory);
    if (known !== undefined) return { thread, known };
  }
  return undefined;
}

/** True where the input names an open call of the thread: two answers to one input may have called the same tool. */
function names<Call extends TracedModelCall>({ input }: Call, thread: Thread<Call>): boolean {
  const answered = input.flatMap((turn) => (turn.role === "tool" && turn.callId !== undefined ? [turn.callId] : []));
  if (answered.length === 0) return false;
  const open = new Set(thread.open().map(({ id }) => id));
  return answered.some((id) => open.has(id));
}

/** For a call whose input holds only what is new: how many turns of it the thread has already; undefined where it belongs to no thread so far. */
function ownTurn<Call extends TracedModelCall>(
  thread: Thread<Call>,
  call: Call,
  keys: readonly string[],
  runs: readonly TracedToolRun[],
  tellsHistory: boolean,
): number | undefined {
  // Two calls at one time are no dialogue.
  if (thread.agent !== call.agent || (thread.end !== "" && call.start !== "" && call.start < thread.end)) return undefined;
  if (!mayBeOne(thread.system, systemOf(call.input))) return undefined;
  const turns = spoken(call.input);
  const [first] = turns;
  if (first === undefined) return 0;
  if (turns.some(({ role }) => role === "assistant")) return undefined;
  // Nothing begins with a result; whether it answers a call is told where results are paired.
  if (first.role === "tool") return 0;
  const open = thread.open();
  const repeats = keys.every((key, index) => thread.keys[index] === key);
  if (repeats) return open.length > 0 && wereRun(open, thread, call, runs) ? keys.length : undefined;
  return tellsHistory || retells(first, thread) ? undefined : 0;
}

/** True for a prompt that holds the one before it: such models are told the history as text, and each prompt is a conversation of its own. */
function retells<Call extends TracedModelCall>({ content }: RecordedTurn, { turns }: Thread<Call>): boolean {
  const before = turns.findLast(({ role }) => role === "user")?.content.trim() ?? "";
  return before !== "" && content.trim().startsWith(before);
}

/** True where the tools that the thread waits for ran before this call of the model. */
function wereRun<Call extends TracedModelCall>(
  open: readonly RecordedCall[],
  thread: Thread<Call>,
  call: Call,
  runs: readonly TracedToolRun[],
): boolean {
  const since = thread.calls.at(-1)?.start ?? "";
  const between = runs.filter(({ start }) => start >= since && start <= call.start);
  return open.every(({ id, name }) => between.some((run) => (run.callId !== undefined && run.callId === id) || run.name === name));
}

/** A recorder that tells the system prompt once, or never, leaves it out of the others. */
function mayBeOne(a: string, b: string): boolean {
  return a === b || a === "" || b === "";
}

function systemOf(turns: readonly RecordedTurn[]): string {
  return turns
    .flatMap((turn) => (turn.role === "system" ? [turn.content.trim()] : []))
    .filter((text) => text !== "")
    .join("\n");
}

function spoken(turns: readonly RecordedTurn[]): readonly RecordedTurn[] {
  return turns.filter(({ role }) => role !== "system");
}

/** `turns` less the first `known` spoken ones with the prompts before them (told anew, with another hour in them, say), and less prompts that `before` has. */
function withoutKnown(turns: readonly RecordedTurn[], known: number, before: readonly RecordedTurn[]): readonly RecordedTurn[] {
  const systems = new Set(before.flatMap((turn) => (turn.role === "system" ? [turn.content.trim()] : [])));
  let seen = 0;
  return turns.filter((turn) => (turn.role === "system" ? seen >= known && !systems.has(turn.content.trim()) : seen++ >= known));
}

/** The prompts that `after` begins with, where `before` has none. */
function firstPrompts(before: readonly RecordedTurn[], after: readonly RecordedTurn[]): readonly RecordedTurn[] {
  if (before.some(({ role }) => role === "system")) return [];
  const end = after.findIndex(({ role }) => role !== "system");
  return after.slice(0, end < 0 ? after.length : end);
}

/** How many of the last turns of `before` are the first ones of `after`. */
function overlap(before: readonly string[], after: readonly string[]): number {
  for (let length = Math.min(before.length, after.length); length > 0; length--) {
    const start = before.length - length;
    let at = 0;
    while (at < length && before[start + at] === after[at]) at++;
    if (at === length) return length;
  }
  return 0;
}

/** What stays the same of a turn when it is told again: thinking is left out then, arguments are written otherwise, old results are emptied. */
function keyOf(turn: RecordedTurn): string {
  if (turn.role === "assistant") {
    const { calls = [], content } = turn;
    if (calls.length > 0) return `calls ${calls.map(({ name = "" }) => name).join(" ")}`;
    const closing = content.lastIndexOf("</think>");
    return `says ${squeezed(closing < 0 ? content : content.slice(closing + "</think>".length))}`;
  }
  if (turn.role === "tool" && (turn.callId ?? "") !== "") return `result ${turn.callId}`;
  return `${turn.role} ${squeezed(turn.content)}`;
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function byStart<T extends { readonly start: string }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => order(a.start, b.start));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
