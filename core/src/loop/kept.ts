/**
 * The trajectories kept so far, for repairers that show exemplars. A query's case may see what was kept in its own wave and the waves before it,
 * and waits until all of them have been scored: so what it sees follows from the questions' order, never from timing.
 */
import type { KeptTrajectories, Query, RepairCase, Trajectory } from "../kernel/plugin.ts";

/** How many questions back exemplars may come from; bounds memory and search. */
const REACH = 4096;

interface KeptEntry {
  readonly position: number;
  readonly queryId: string;
  readonly task: string | undefined;
  readonly trajectoryId: string;
  readonly words: ReadonlySet<string>;
}

export class KeptPool implements KeptTrajectories {
  readonly #wave: number;
  readonly #total: number;
  readonly #load: (trajectoryId: string) => Trajectory | undefined;
  readonly #entries = new Map<number, KeptEntry>();
  readonly #positions = new Map<string, number>();
  readonly #scoredInWave = new Map<number, number>();
  /** Waves before this one are scored, every query of them. A later one may be too, while a slow query holds this one up. */
  #firstOpenWave = 0;
  readonly #waiting = new Map<number, { go: () => void; giveUp: (reason: unknown) => void }[]>();
  /** Entries before this position are gone. */
  #forgotten = 0;
  #stopped: { readonly reason: unknown } | undefined;

  /** `total` queries in waves of `wave`; `load` fetches a kept trajectory from the store. */
  constructor(wave: number, total: number, load: (trajectoryId: string) => Trajectory | undefined) {
    this.#wave = wave;
    this.#total = total;
    this.#load = load;
  }

  /** A query is being worked on: its cases will be asked for by its id. */
  open(position: number, query: Query): void {
    this.#positions.set(query.id, position);
  }

  /** A query has been scored (or dropped, or has failed): `best` is the id of its kept trajectory to show, if it has one. */
  scored(position: number, query: Query, best: string | undefined): void {
    if (best !== undefined) {
      this.#entries.set(position, { position, queryId: query.id, task: query.task, trajectoryId: best, words: wordsOf(query.question) });
    }
    this.#forget(position);
    const wave = Math.floor(position / this.#wave);
    this.#scoredInWave.set(wave, (this.#scoredInWave.get(wave) ?? 0) + 1);
    for (; this.#scoredInWave.get(this.#firstOpenWave) === this.#size(this.#firstOpenWave); this.#firstOpenWave++) {
      for (const { go } of this.#waiting.get(this.#firstOpenWave) ?? []) go();
      this.#waiting.delete(this.#firstOpenWave);
      this.#scoredInWave.delete(this.#firstOpenWave);
    }
  }

  /** The run is stopping: waves that are not complete will not be. */
  stop(reason: unknown): void {
    this.#stopped = { reason };
    for (const waiters of this.#waiting.values()) for (const { giveUp } of waiters) giveUp(reason);
    this.#waiting.clear();
  }

  close(query: Query): void {
    this.#positions.delete(query.id);
  }

  async similarTo(repairCase: RepairCase, k: number): Promise<readonly Trajectory[]> {
    const { query } = repairCase.request;
    const position = this.#positions.get(query.id);
    if (position === undefined || k <= 0) return [];
    const wave = Math.floor(position / this.#wave);
    if (wave >= this.#firstOpenWave) {
      if (this.#stopped !== undefined) throw this.#stopped.reason;
      await new Promise<void>((go, giveUp) => this.#waiting.set(wave, [...(this.#waiting.get(wave) ?? []), { go, giveUp }]));
    }
    const words = wordsOf(query.question);
    const reachFrom = this.#reachFrom(position);
    return [...this.#entries.values()]
      .filter((entry) => entry.queryId !== query.id && entry.position < (wave + 1) * this.#wave && entry.position >= reachFrom)
      .map((entry) => ({ entry, likeness: likeness(words, entry.words) + (query.task !== undefined && entry.task === query.task ? 1 : 0) }))
      .sort((a, b) => b.likeness - a.likeness || a.entry.position - b.entry.position)
      .slice(0, k)
      .flatMap(({ entry }) => this.#load(entry.trajectoryId) ?? []);
  }

  /** The oldest position that a case of this position's query may see. */
  #reachFrom(position: number): number {
    return (Math.floor(position / this.#wave) + 1) * this.#wave - REACH;
  }

  /** Lets go of what neither an open query nor a later one can reach. Queries are opened in order, so the first open one is the oldest. */
  #forget(latest: number): void {
    const [oldest = latest] = this.#positions.values();
    for (const reachFrom = this.#reachFrom(Math.min(oldest, latest)); this.#forgotten < reachFrom; this.#forgotten++)
      this.#entries.delete(this.#forgotten);
  }

  #size(wave: number): number {
    return Math.min(this.#wave, this.#total - wave * this.#wave);
  }
}

/** Numbers are all alike: it is the kind of question that counts. */
function wordsOf(question: string): ReadonlySet<string> {
  return new Set(
    question
      .toLowerCase()
      .replace(/\d[\d.,]*/g, "#")
      .split(/[^\p{L}#+*/=^-]+/u)
      .filter((word) => word !== ""),
  );
}

/** Jaccard index. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  const union = a.size + b.size - shared;
  return union === 0 ? 0 : shared / union;
}
