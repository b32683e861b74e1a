/** Results that stand nowhere but in the tools' runs of a trace, and what a run says of the other results: whether it failed, how long it took. */

import type { JsonValue, RecordedAssistant, RecordedCall, RecordedResult, RecordedTurn } from "../../kernel/plugin.ts";
import { canonical } from "./arguments.ts";

/** One run of a tool. */
export interface TracedToolRun {
  /** A text that sorts by time; "" where the trace does not say. */
  readonly start: string;
  /** Whose run it is, as {@link TracedModelCall} has it. */
  readonly agent: string;
  /** The call it answers, where the trace says so. */
  readonly callId?: string;
  readonly name?: string;
  readonly arguments?: JsonValue;
  /** Missing where the trace has no result. */
  readonly content?: string;
  readonly ok?: boolean;
  readonly durationMs?: number;
}

/** A conversation whose results may be missing. */
export interface UnansweredTurns {
  readonly agent: string;
  readonly turns: readonly RecordedTurn[];
  /** When the call of the model began that wrote a turn, where that is known. */
  readonly writtenAt: ReadonlyMap<RecordedTurn, string>;
}

/** Its turns with what the runs say. The runs that answer a call of it are added to `used`. */
export function withRuns(thread: UnansweredTurns, runs: readonly TracedToolRun[], used: Set<TracedToolRun>): readonly RecordedTurn[] {
  const { turns, writtenAt } = thread;
  const supply = new RunsOf(thread, runs);
  const lastResult = new Map(
    turns.flatMap((turn, index) => (turn.role === "tool" && (turn.callId ?? "") !== "" ? [[turn.callId, index] as const] : [])),
  );
  const result: RecordedTurn[] = [];
  for (let at = 0; at < turns.length; at++) {
    const turn = turns[at] as RecordedTurn;
    result.push(turn);
    if (turn.role !== "assistant" || (turn.calls ?? []).length === 0) continue;
    let end = at + 1;
    while (turns[end]?.role === "tool") end++;
    const next = turns.slice(end).find((later) => writtenAt.has(later));
    const taken = supply.take(turn.calls ?? [], { since: writtenAt.get(turn) ?? "", until: (next && writtenAt.get(next)) ?? "" });
    for (const run of taken.values()) used.add(run);
    result.push(...answered(turn, turns.slice(at + 1, end) as RecordedResult[], ({ id }) => (lastResult.get(id) ?? 0) >= end, taken));
    at = end - 1;
  }
  return result;
}

/** The runs that may answer a conversation's calls, each of them once. */
class RunsOf {
  readonly #byId = new Map<string, TracedToolRun>();
  /** Those that name no call of the conversation, by tool, in order. */
  readonly #byName = new Map<string, NamedRun[]>();

  constructor({ agent, turns }: UnansweredTurns, runs: readonly TracedToolRun[]) {
    const ids = new Set(turns.flatMap((turn) => (turn.role === "assistant" ? (turn.calls ?? []).map(({ id }) => id) : [])));
    for (const run of runs) {
      const { callId = "", name = "" } = run;
      if (callId !== "" && ids.has(callId) && !this.#byId.has(callId)) this.#byId.set(callId, run);
      else if (run.agent === agent) {
        const mates = this.#byName.get(name) ?? [];
        mates.push({ run, arguments: canonical(run.arguments) });
        this.#byName.set(name, mates);
      }
    }
  }

  /**
   * By a call's id, else one of the same arguments, else the next of the same tool; none that began before the turn that called, and none guessed that began
   * when the model had written its next. What is known of one call is not guessed away by another of its turn.
   */
  take(calls: readonly RecordedCall[], { since, until }: Span): ReadonlyMap<RecordedCall, TracedToolRun> {
    const taken = new Map<RecordedCall, TracedToolRun>();
    const claim = (find: (call: RecordedCall) => TracedToolRun | undefined) => {
      for (const call of calls) {
        const run = taken.has(call) ? undefined : find(call);
        if (run !== undefined) taken.set(call, run);
      }
    };
    claim(({ id = "" }) => {
      const known = this.#byId.get(id);
      this.#byId.delete(id);
      return known;
    });
    claim((call) => {
      const made = canonical(call.arguments);
      return this.#next(call, ({ run, arguments: args }) => run.start >= since && args !== undefined && args === made);
    });
    claim((call) => this.#next(call, ({ run }) => run.start >= since && (until === "" || run.start < until)));
    return taken;
  }

  #next({ name = "" }: RecordedCall, fits: (mate: NamedRun) => boolean): TracedToolRun | undefined {
    const mates = this.#byName.get(name) ?? [];
    const place = mates.findIndex(fits);
    return place < 0 ? undefined : mates.splice(place, 1)[0]?.run;
  }
}

interface NamedRun {
  readonly run: TracedToolRun;
  readonly arguments: string | undefined;
}

/** Texts that sort by time; "" where the trace does not say. */
interface Span {
  readonly since: string;
  readonly until: string;
}

/** The results of one turn's calls: those that stand there, and for calls without one, what its run says. */
function answered(
  turn: RecordedAssistant,
  stretch: readonly RecordedResult[],
  isAnsweredLater: (call: RecordedCall) => boolean,
  taken: ReadonlyMap<RecordedCall, TracedToolRun>,
): readonly RecordedResult[] {
  const calls = turn.calls ?? [];
  const own = new Map<RecordedCall, RecordedResult>();
  const left = new Set(stretch);
  const claim = (call: RecordedCall, fits: (result: RecordedResult) => boolean) => {
    const found = own.has(call) ? undefined : [...left].find(fits);
    if (found === undefined) return;
    own.set(call, found);
    left.delete(found);
  };
  const isAnonymous = ({ callId = "" }: RecordedResult) => callId === "" || !calls.some(({ id }) => id === callId);
  for (const call of calls) claim(call, ({ callId = "" }) => callId !== "" && callId === call.id);
  for (const call of calls) claim(call, (result) => isAnonymous(result) && result.name !== undefined && result.name === call.name);
  for (const call of calls) claim(call, (result) => isAnonymous(result) && (result.name ?? "") === "");
  const told = new Map<RecordedResult, RecordedResult>();
  const added: RecordedResult[] = [];
  for (const call of calls) {
    const run = taken.get(call);
    const result = own.get(call);
    if (run === undefined) continue;
    if (result !== undefined) told.set(result, { ...withoutUndefined({ ok: run.ok, durationMs: run.durationMs }), ...result });
    else if (run.content !== undefined && !isAnsweredLater(call)) added.push(resultOf(run, run.content, call));
  }
  return [...stretch.map((result) => told.get(result) ?? result), ...added];
}

function resultOf({ ok, durationMs, name }: TracedToolRun, content: string, call: RecordedCall): RecordedResult {
  return { role: "tool", content, ...withoutUndefined({ callId: call.id, name: call.name ?? name, ok, durationMs }) };
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
