/** Two runs: what was set otherwise, what became of their candidates, the questions that both have, the models that both evaluated. */
import { isRight, type RunStore, type RunSummary, readSummary, type Scores, RunStore as Store } from "@autotraj/core";
import { type ComparedModels, compareEvaluated, evaluatedModels } from "./models.ts";
import { compareQuestions, type Difference, type QuestionComparison } from "./result.ts";
import { settingDifferences } from "./settings.ts";

export interface ComparedRuns {
  readonly a: Side;
  readonly b: Side;
  /** By key path. */
  readonly settings: readonly Difference[];
  /** Of the plugins, and of core, that the loop asked: version, or code where that is no installed package. */
  readonly plugins: readonly Difference[];
  readonly funnel: readonly { readonly what: string; readonly a: number; readonly b: number }[];
  /** Means over candidates; null where one has no value of it. */
  readonly dimensions: readonly { readonly dimension: string; readonly a: number | null; readonly b: number | null }[];
  /** Share of right candidates by question; null where no answer was judged. */
  readonly right: QuestionComparison | null;
  /** Whether a question has something to learn from: a candidate that was kept, or an accepted repair. */
  readonly learnt: QuestionComparison;
  /** The models that both evaluated. */
  readonly models: readonly ComparedModels[];
}

export interface Side {
  readonly run: string;
  readonly preset: string;
  readonly finished: boolean;
}

/** @throws ATRAJ_RUN_NOT_FOUND */
export function compareRuns(a: string, b: string): ComparedRuns {
  const [ours, theirs] = [read(a), read(b)];
  const right = compareQuestions(ours.right, theirs.right);
  const names = [...new Set([...Object.keys(ours.summary.dimensions), ...Object.keys(theirs.summary.dimensions)])];
  const common = evaluatedModels(a).filter((model) => evaluatedModels(b).includes(model));
  return {
    a: ours.side,
    b: theirs.side,
    settings: settingDifferences(a, b),
    plugins: pluginDifferences(ours.plugins, theirs.plugins),
    funnel: FUNNEL.map(([what, key]) => ({ what, a: ours.summary.funnel[key], b: theirs.summary.funnel[key] })),
    dimensions: names.map((dimension) => ({
      dimension,
      a: ours.summary.dimensions[dimension]?.candidates ?? null,
      b: theirs.summary.dimensions[dimension]?.candidates ?? null,
    })),
    right: ours.right.size === 0 && theirs.right.size === 0 ? null : right,
    learnt: compareQuestions(ours.learnt, theirs.learnt),
    models: common.map((model) => compareEvaluated({ run: a, model }, { run: b, model })),
  };
}

const FUNNEL: readonly (readonly [string, keyof RunSummary["funnel"]])[] = [
  ["questions", "queries"],
  ["  dropped", "dropped"],
  ["  failed", "failedQueries"],
  ["candidates", "candidates"],
  ["  kept", "kept"],
  ["  sent to repair", "toRepair"],
  ["    repaired", "repaired"],
  ["    hard", "hard"],
  ["  discarded", "discarded"],
  ["refused repairs", "refused"],
  ["SFT rows", "sft"],
  ["preference pairs", "pairs"],
];

type PluginStates = NonNullable<ReturnType<RunStore["identity"]>>["plugins"];

interface Read {
  readonly side: Side;
  readonly summary: RunSummary;
  readonly plugins: PluginStates;
  readonly right: ReadonlyMap<string, number>;
  readonly learnt: ReadonlyMap<string, number>;
}

function read(run: string): Read {
  const summary = readSummary(run);
  const store = Store.read(run);
  try {
    return {
      side: { run, preset: summary.preset, finished: summary.finished },
      ...{ summary, plugins: store.identity()?.plugins, right: rightByQuestion(store), learnt: learntByQuestion(store) },
    };
  } finally {
    store.close();
  }
}

function rightByQuestion(store: RunStore): ReadonlyMap<string, number> {
  const rows = store.all(`SELECT queries.id, scores FROM trajectories JOIN queries USING (position) WHERE origin != 'repair' ORDER BY position`) as {
    id: string;
    scores: string;
  }[];
  const counts = new Map<string, { right: number; judged: number }>();
  for (const { id, scores } of rows) {
    const right = isRight((JSON.parse(scores) as Scores)["correctness"]);
    if (right === undefined) continue;
    const count = counts.get(id) ?? { right: 0, judged: 0 };
    counts.set(id, { right: count.right + (right ? 1 : 0), judged: count.judged + 1 });
  }
  return new Map([...counts].map(([id, { right, judged }]) => [id, right / judged]));
}

function learntByQuestion(store: RunStore): ReadonlyMap<string, number> {
  const rows = store.all(
    `SELECT id, EXISTS (SELECT 1 FROM trajectories WHERE trajectories.position = queries.position AND fate IN ('kept', 'accepted')) learnt
     FROM queries ORDER BY position`,
  ) as { id: string; learnt: number }[];
  return new Map(rows.map(({ id, learnt }) => [id, learnt]));
}

function pluginDifferences(a: PluginStates = {}, b: PluginStates = {}): readonly Difference[] {
  const text = (state: NonNullable<PluginStates>[string] | undefined) =>
    state === undefined ? null : `${state.package}@${state.version}${state.code === undefined ? "" : ` (${state.code.slice(0, 8)})`}`;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .map((what): Difference => ({ what, a: text(a[what]), b: text(b[what]) }))
    .filter((one) => one.a !== one.b);
}
