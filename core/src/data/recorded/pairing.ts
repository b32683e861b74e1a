/**
 * Which result answers which call. One rule for every format: by id where the ids tell calls apart, else by the tool's name, else by order, within the results
 * that stand together. What cannot be paired is named as a fault; nothing is dropped and nothing is guessed across a turn that has its own calls.
 */
import type { RecordedCall, RecordedResult, RecordedTurn } from "../../kernel/plugin.ts";
import { UNPAIRED } from "../paired.ts";

export interface PairedCall {
  readonly call: RecordedCall;
  /** Unique within the conversation; the log's own where that is. */
  readonly id: string;
}
export interface PairedResult {
  readonly result: RecordedResult;
  /** The id of the call it answers; a made-up or the log's own id where it answers none. */
  readonly callId: string;
  /** The tool's name: the call's, else what the log says, else nothing. */
  readonly name: string | undefined;
  /** Where the call stands: results of one stretch are put into the order of their calls. */
  readonly order: number;
}
export interface Pairing {
  /** By turn, the calls of that turn. */
  readonly calls: ReadonlyMap<RecordedTurn, readonly PairedCall[]>;
  readonly results: ReadonlyMap<RecordedTurn, PairedResult>;
  readonly faults: readonly string[];
}

interface OpenCall extends PairedCall {
  /** The turn it was made in. */
  readonly turn: number;
  /** The same for turns of the model with nothing between them: logs write parallel calls as several. */
  readonly block: number;
  readonly order: number;
  answered: boolean;
}

/** `mayEndOpen` tells the calls that need no result where nothing comes after their turn (those of a tool that ends a run). */
export function pair(turns: readonly RecordedTurn[], mayEndOpen: (call: RecordedCall) => boolean): Pairing {
  return new Pairer(turns, mayEndOpen).pair();
}

class Pairer {
  readonly #turns: readonly RecordedTurn[];
  readonly #mayEndOpen: (call: RecordedCall) => boolean;
  readonly #made: OpenCall[] = [];
  /** By the log's own ids. */
  readonly #byOwnId = new Map<string | undefined, OpenCall[]>();
  readonly #names = new Set<string | undefined>();
  /** Calls without a result among the first so many. */
  #open: OpenCall[] = [];
  #seen = 0;
  readonly #callsByTurn = new Map<RecordedTurn, OpenCall[]>();
  readonly #results = new Map<RecordedTurn, PairedResult>();
  readonly #faults: string[] = [];
  readonly #taken = new Set<string>();

  constructor(turns: readonly RecordedTurn[], mayEndOpen: (call: RecordedCall) => boolean) {
    this.#turns = turns;
    this.#mayEndOpen = mayEndOpen;
  }

  pair(): Pairing {
    this.#nameCalls();
    for (let at = 0; at < this.#turns.length; at++) {
      if (this.#turns[at]?.role !== "tool") continue;
      let end = at;
      while (this.#turns[end]?.role === "tool") end++;
      this.#pairStretch(at, end);
      at = end;
    }
    this.#nameUnanswered();
    return { calls: this.#callsByTurn, results: this.#results, faults: this.#faults };
  }

  /** Every call gets an id of its own: the first use of the log's id keeps it. */
  #nameCalls(): void {
    // Ids of results count as taken: a made-up one must never look like an answer's.
    for (const turn of this.#turns) if (turn.role === "tool" && turn.callId !== undefined) this.#taken.add(turn.callId);
    const used = new Set<string>();
    let block = 0;
    for (const [index, turn] of this.#turns.entries()) {
      if (turn.role !== "assistant") {
        block++;
        continue;
      }
      const calls = (turn.calls ?? []).map((call): OpenCall => {
        const own = call.id !== undefined && call.id !== "" && !used.has(call.id) ? call.id : this.#freshId("call");
        used.add(own);
        this.#taken.add(own);
        return { call, id: own, turn: index, block, order: 0, answered: false };
      });
      const ordered = calls.map((call, place) => ({ ...call, order: this.#made.length + place }));
      this.#callsByTurn.set(turn, ordered);
      for (const made of ordered) this.#add(made);
    }
  }

  #add(made: OpenCall): void {
    const { id, name } = made.call;
    this.#made.push(made);
    this.#names.add(name);
    const mates = this.#byOwnId.get(id);
    if (mates === undefined) this.#byOwnId.set(id, [made]);
    else mates.push(made);
  }

  #freshId(stem: string): string {
    for (let number = this.#taken.size; ; number++) {
      const id = `${stem}-${number}`;
      if (this.#taken.has(id)) continue;
      this.#taken.add(id);
      return id;
    }
  }

  /** The results between two turns: first those with an id, then those with a name, then the rest by order. */
  #pairStretch(start: number, end: number): void {
    const stretch = this.#turns.slice(start, end) as RecordedResult[];
    const open = this.#openBefore(start);
    const left = new Set(stretch);
    const answer = (result: RecordedResult, call: OpenCall | undefined) => {
      if (call === undefined) return;
      call.answered = true;
      left.delete(result);
      this.#results.set(result, { result, callId: call.id, name: call.call.name, order: call.order });
    };
    // Where several calls share an id, a name tells them apart before their order does.
    for (const result of stretch)
      if (hasId(result) && hasName(result))
        answer(
          result,
          latest(open, (call) => call.call.id === result.callId && sameName(call, result)),
        );
    for (const result of left)
      if (hasId(result))
        answer(
          result,
          latest(open, (call) => call.call.id === result.callId),
        );
    const idsTell = new Set(open.flatMap(({ call, answered }) => (answered || call.id === undefined || call.id === "" ? [] : [call.id])));
    const unnamed = [...left].filter((result) => !hasId(result) || !this.#isKnownId(result, idsTell));
    for (const result of unnamed)
      if (hasName(result))
        answer(
          result,
          latest(open, (call) => sameName(call, result)),
        );
    const rest = unnamed.filter((result) => left.has(result) && !this.#namesAnotherTool(result));
    const newest = open.at(-1)?.block;
    for (const result of rest)
      answer(
        result,
        latest(open, ({ block }) => block === newest),
      );
    for (const [place, result] of stretch.entries()) if (left.has(result)) this.#orphan(result, start + place);
  }

  /** The calls made before this turn that have no result yet, in order. */
  #openBefore(turn: number): readonly OpenCall[] {
    this.#open = this.#open.filter(({ answered }) => !answered);
    for (let next = this.#made[this.#seen]; next !== undefined && next.turn < turn; next = this.#made[this.#seen]) {
      this.#open.push(next);
      this.#seen++;
    }
    return this.#open;
  }

  /** True where a result's id must be believed: it is some call's, or the open calls have ids of their own. */
  #isKnownId({ callId }: RecordedResult, idsTell: ReadonlySet<string>): boolean {
    return idsTell.size > 0 || this.#byOwnId.has(callId);
  }

  /** A result that names a tool which was called, but has no open call, is nobody else's; a name that no call has says nothing. */
  #namesAnotherTool(result: RecordedResult): boolean {
    return hasName(result) && this.#names.has(result.name);
  }

  #orphan(result: RecordedResult, index: number): void {
    const place = `turn ${index + 1}, a result${hasName(result) ? ` of ${result.name}` : ""}${hasId(result) ? ` for the call ${result.callId}` : ""}`;
    const mates = hasId(result) ? (this.#byOwnId.get(result.callId) ?? []) : [];
    if (mates.some(({ turn }) => turn > index)) this.#faults.push(`${UNPAIRED}${place}, stands before the call`);
    else if (mates.length > 0) this.#faults.push(`${UNPAIRED}${place}, answers a call that is answered already`);
    else this.#faults.push(`${UNPAIRED}${place}, answers no call`);
    const callId = hasId(result) ? (result.callId as string) : this.#freshId("result");
    const name = hasName(result) ? result.name : mates[0]?.call.name;
    this.#results.set(result, { result, callId, name, order: Number.POSITIVE_INFINITY });
  }

  #nameUnanswered(): void {
    const last = this.#turns.findLastIndex((turn) => turn.role === "assistant");
    for (const { call, id, turn, answered } of this.#made) {
      if (answered || (turn === last && this.#mayEndOpen(call))) continue;
      this.#faults.push(`${UNPAIRED}turn ${turn + 1}, the call ${id}${call.name === undefined ? "" : ` of ${call.name}`} has no result`);
    }
  }
}

/** The first fitting call that is still open, of the latest block that has one. */
function latest(open: readonly OpenCall[], fits: (call: OpenCall) => boolean): OpenCall | undefined {
  let found: OpenCall | undefined;
  for (const call of open) if (!call.answered && fits(call) && (found === undefined || call.block > found.block)) found = call;
  return found;
}

function hasId({ callId }: RecordedResult): boolean {
  return callId !== undefined && callId !== "";
}

function hasName({ name }: RecordedResult): boolean {
  return name !== undefined && name !== "";
}

function sameName({ call }: OpenCall, { name }: RecordedResult): boolean {
  return call.name === name;
}
