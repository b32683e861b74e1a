/** The figures of a run that follow from its trajectories alone, gathered in one pass over them. */

import { storedJson } from "../data/database.ts";
import { isJsonObject } from "../kernel/json.ts";
import { isRight, type Provenance, type Score, type Scores } from "../kernel/plugin.ts";
import type { Fate, RunStore } from "../loop/store/run-store.ts";
import type { DatasetCounts } from "./datasets.ts";

export interface DimensionSummary {
  /** Means over trajectories that have a value: all candidates, those kept, those repaired (before) and their repairs (after). */
  readonly candidates: number | null;
  readonly kept: number | null;
  readonly before: number | null;
  readonly after: number | null;
  readonly failed: number;
  readonly skipped: number;
  /** Trajectories that it was asked about. */
  readonly asked: number;
  /** Why the first of those that failed did; null where none did. */
  readonly failure: string | null;
}

/** What the trajectories come to. */
export interface RunFigures {
  readonly funnel: {
    readonly queries: number;
    readonly dropped: number;
    readonly failedQueries: number;
    readonly candidates: number;
    readonly kept: number;
    readonly toRepair: number;
    readonly repaired: number;
    readonly hard: number;
    readonly discarded: number;
    readonly refused: number;
    readonly pairs: number;
    readonly sft: number;
    readonly duplicates: number;
  };
  /** What the data sets hold. */
  readonly datasets: DatasetCounts;
  /** Candidates whose answer is right, where the preset scores `correctness`. */
  readonly right: { readonly candidates: number; readonly judged: number } | null;
  readonly repairers: Readonly<
    Record<string, { readonly accepted: number; readonly refused: number; readonly acceptedByCause: Readonly<Record<string, number>> }>
  >;
  /** Why candidates were not kept as they were, by the verdict's cause. */
  readonly causes: Readonly<Record<string, number>>;
  /** Why repairs were refused, by the verdict's cause. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly dimensions: Readonly<Record<string, DimensionSummary>>;
  readonly tasks: Readonly<Record<string, { readonly candidates: number; readonly kept: number; readonly repaired: number; readonly hard: number }>>;
}

/** What became of a trajectory. */
interface Outcome {
  readonly position: number;
  readonly id: string;
  readonly parent: string | null;
  readonly repairer: string | null;
  readonly origin: Provenance["origin"];
  readonly fate: Fate;
  readonly scores: Scores;
  /** The verdict's. */
  readonly cause: string | null;
  /** The question's, where this is its first candidate: what was said is long, and read for that only. */
  readonly task: string | null;
}

/** In the order of the questions: originals before their repairs. */
function* outcomes(store: RunStore): Generator<Outcome> {
  const rows = store.each(
    `SELECT position, id, parent, repairer, origin, fate, scores, json_extract(verdict, '$.cause') cause,
       CASE ordinal WHEN 0 THEN coalesce(json_extract(body, '$.query.task'), '') END task
     FROM trajectories ORDER BY position, ordinal`,
  );
  for (const row of rows as Iterable<Omit<Outcome, "scores"> & { scores: string }>)
    yield { ...row, scores: storedJson<Scores>(store.file, `the scores of trajectory ${row.id}`, row.scores, isJsonObject) };
}

const CORRECTNESS = "correctness";
const NO_CAUSE = "no cause";

export function gatherFigures(store: RunStore, dimensions: readonly string[], counts: DatasetCounts): RunFigures {
  const fates = new Tally<Fate>();
  const [causes, refusals] = [new Tally<string>(), new Tally<string>()];
  const right = { candidates: 0, judged: 0 };
  const means = new Map(dimensions.map((name) => [name, new DimensionMeans()]));
  const repairers = new Repairers();
  const tasks = new Tasks();
  let candidates = 0;
  for (const outcome of outcomes(store)) {
    fates.add(outcome.fate);
    if (outcome.fate === "refused") refusals.add(outcome.cause ?? NO_CAUSE);
    for (const [name, mean] of means) mean.add(outcome, outcome.scores[name]);
    repairers.add(outcome);
    if (outcome.origin === "repair") continue;
    candidates++;
    if (outcome.fate !== "kept") causes.add(outcome.cause ?? NO_CAUSE);
    tasks.add(outcome);
    countRight(right, outcome.scores);
  }
  const fate = (name: Fate) => fates.of(name);
  return {
    funnel: {
      ...queriesIn(store),
      candidates,
      kept: fate("kept"),
      toRepair: fate("repaired") + fate("hard") + fate("pending"),
      repaired: fate("repaired"),
      hard: fate("hard"),
      discarded: fate("discarded") + fate("failed"),
      refused: fate("refused"),
      pairs: counts.preferences,
      sft: counts.sft,
      duplicates: counts.duplicates,
    },
    datasets: counts,
    right: dimensions.includes(CORRECTNESS) ? right : null,
    repairers: repairers.sorted(),
    causes: causes.byCount(),
    refusals: refusals.byCount(),
    dimensions: Object.fromEntries([...means].map(([name, mean]) => [name, mean.summary()])),
    tasks: tasks.sorted(),
  };
}

function queriesIn(store: RunStore): Pick<RunFigures["funnel"], "queries" | "dropped" | "failedQueries"> {
  const row = store.one("SELECT count(*) queries, total(status = 'dropped') dropped, total(status = 'failed') failedQueries FROM queries");
  return { ...(row as Pick<RunFigures["funnel"], "queries" | "dropped" | "failedQueries">) };
}

function countRight(right: { candidates: number; judged: number }, scores: Scores): void {
  const answer = isRight(scores[CORRECTNESS]);
  if (answer !== undefined) right.judged++;
  if (answer === true) right.candidates++;
}

class Tally<T extends string> {
  readonly #counts = new Map<T, number>();

  add(name: T): void {
    this.#counts.set(name, this.of(name) + 1);
  }

  of(name: T): number {
    return this.#counts.get(name) ?? 0;
  }

  /** The most frequent first. */
  byCount(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a, m], [b, n]) => n - m || inOrder(a, b)));
  }
}

const SIDES = ["candidates", "kept", "before", "after"] as const;

class DimensionMeans {
  readonly #sums = Object.fromEntries(SIDES.map((side) => [side, { total: 0, count: 0 }]));
  #failed = 0;
  #skipped = 0;
  #asked = 0;
  #failure: string | null = null;

  add({ origin, fate }: Outcome, score: Score | undefined): void {
    if (score === undefined) return;
    this.#asked++;
    if ("failed" in score) {
      this.#failed++;
      this.#failure ??= score.failed;
    } else if ("skipped" in score) this.#skipped++;
    else {
      if (origin !== "repair") this.#count("candidates", score.value);
      if (fate === "kept") this.#count("kept", score.value);
      if (fate === "repaired") this.#count("before", score.value);
      if (fate === "accepted") this.#count("after", score.value);
    }
  }

  #count(side: (typeof SIDES)[number], value: number): void {
    const sum = this.#sums[side];
    if (sum === undefined) return;
    sum.total += value;
    sum.count++;
  }

  summary(): DimensionSummary {
    const mean = (side: (typeof SIDES)[number]) => {
      const { total = 0, count = 0 } = this.#sums[side] ?? {};
      return count === 0 ? null : Math.round((total / count) * 10_000) / 10_000;
    };
    return {
      candidates: mean("candidates"),
      kept: mean("kept"),
      before: mean("before"),
      after: mean("after"),
      failed: this.#failed,
      skipped: this.#skipped,
      asked: this.#asked,
      failure: this.#failure,
    };
  }
}

interface RepairerFigures {
  accepted: number;
  refused: number;
  acceptedByCause: Record<string, number>;
}

class Repairers {
  readonly #figures = new Map<string, RepairerFigures>();
  /** Why each trajectory of the question at hand was sent to repair. */
  readonly #causes = new Map<string, string>();
  #position = -1;

  add({ position, id, parent, repairer, fate, cause }: Outcome): void {
    if (position !== this.#position) this.#causes.clear();
    this.#position = position;
    this.#causes.set(id, cause ?? NO_CAUSE);
    if (repairer === null || (fate !== "accepted" && fate !== "refused")) return;
    const figures = this.#figures.get(repairer) ?? { accepted: 0, refused: 0, acceptedByCause: {} };
    this.#figures.set(repairer, figures);
    figures[fate]++;
    const why = this.#causes.get(parent ?? "") ?? NO_CAUSE;
    if (fate === "accepted") figures.acceptedByCause[why] = (figures.acceptedByCause[why] ?? 0) + 1;
  }

  sorted(): RunFigures["repairers"] {
    const sorted = [...this.#figures].sort(([a], [b]) => inOrder(a, b));
    return Object.fromEntries(sorted.map(([id, figures]) => [id, { ...figures, acceptedByCause: sortedByName(figures.acceptedByCause) }]));
  }
}

class Tasks {
  readonly #figures = new Map<string, { candidates: number; kept: number; repaired: number; hard: number }>();
  #task = "";

  add({ task, fate }: Outcome): void {
    this.#task = task ?? this.#task;
    const figures = this.#figures.get(this.#task) ?? { candidates: 0, kept: 0, repaired: 0, hard: 0 };
    this.#figures.set(this.#task, figures);
    figures.candidates++;
    if (fate === "kept" || fate === "repaired" || fate === "hard") figures[fate]++;
  }

  sorted(): RunFigures["tasks"] {
    return Object.fromEntries([...this.#figures].sort(([a], [b]) => inOrder(a, b)));
  }
}

function sortedByName(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => inOrder(a, b)));
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
