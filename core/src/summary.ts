/** The final tables of a run as data: what `summary.json` holds and every report is made from. */
import { costUsd, type Price } from "./cost.ts";
import type { DatasetCounts } from "./datasets.ts";
import type { EvaluationSummary, RewardModelReport } from "./evaluation/report.ts";
import type { Usage } from "./plugin.ts";
import type { RunStore } from "./store/run-store.ts";
import type { StageArtifact } from "./training/index.ts";

export interface DimensionSummary {
  /** Means over trajectories that have a value: all candidates, those kept, those repaired (before) and their repairs (after). */
  readonly candidates: number | null;
  readonly kept: number | null;
  readonly before: number | null;
  readonly after: number | null;
  readonly failed: number;
  readonly skipped: number;
}

export interface RunSummary {
  readonly run: string;
  readonly preset: string;
  readonly finished: boolean;
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
  /** Candidates whose answer is right, where the preset scores `correctness`. */
  readonly right: { readonly candidates: number; readonly judged: number } | null;
  readonly repairers: Readonly<
    Record<string, { readonly accepted: number; readonly refused: number; readonly acceptedByCause: Readonly<Record<string, number>> }>
  >;
  /** Why repairs were refused, by the verdict's cause. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly dimensions: Readonly<Record<string, DimensionSummary>>;
  readonly tasks: Readonly<Record<string, { readonly candidates: number; readonly kept: number; readonly repaired: number; readonly hard: number }>>;
  readonly seconds: Readonly<Record<string, number>>;
  readonly usage: Readonly<
    Record<
      string,
      {
        readonly calls: number;
        readonly promptTokens: number;
        readonly cachedTokens: number;
        readonly completionTokens: number;
        readonly usd: number | null;
      }
    >
  >;
  readonly incidents: number;
  /** What each training stage left; empty where none was run. */
  readonly stages: Readonly<
    Record<
      string,
      {
        readonly trainer: string;
        readonly modelPath: string;
        readonly startedFrom: string;
        readonly rows: { readonly train: number; readonly heldOut: number };
        readonly metrics: Readonly<Record<string, number>>;
        readonly seconds: number;
        /** Why it is not what the run as it is now would give; null where it is. */
        readonly outOfDate: string | null;
      }
    >
  >;
  readonly rewardModel: RewardModelReport | null;
  readonly evaluation: EvaluationSummary | null;
}

const CANDIDATE = "origin != 'repair'";

export interface SummaryParts {
  readonly dimensions: readonly string[];
  readonly counts: DatasetCounts | undefined;
  readonly prices: Prices;
  readonly artifacts: readonly StageArtifact[];
  readonly evaluation: EvaluationSummary | undefined;
}

export function summarize(store: RunStore, { dimensions, counts, prices, artifacts, evaluation }: SummaryParts): RunSummary {
  const identity = store.identity();
  const number = (sql: string) => (store.one(sql) as { n: number }).n;
  const fate = (name: string) => number(`SELECT count(*) n FROM trajectories WHERE fate = '${name}'`);
  return {
    run: identity?.runId ?? "",
    preset: identity?.preset ?? "",
    finished: store.meta("finished") === "yes",
    funnel: {
      queries: number("SELECT count(*) n FROM queries"),
      dropped: number("SELECT count(*) n FROM queries WHERE status = 'dropped'"),
      failedQueries: number("SELECT count(*) n FROM queries WHERE status = 'failed'"),
      candidates: number(`SELECT count(*) n FROM trajectories WHERE ${CANDIDATE}`),
      kept: fate("kept"),
      toRepair: fate("repaired") + fate("hard") + fate("pending"),
      repaired: fate("repaired"),
      hard: fate("hard"),
      discarded: fate("discarded") + fate("failed"),
      refused: fate("refused"),
      pairs: fate("accepted"),
      sft: counts?.sft ?? fate("kept") + fate("accepted"),
      duplicates: counts?.duplicates ?? 0,
    },
    right: dimensions.includes("correctness") ? rightOf(store) : null,
    repairers: repairersOf(store),
    refusals: Object.fromEntries(
      (
        store.all(
          "SELECT coalesce(json_extract(verdict, '$.cause'), 'no cause') cause, count(*) n FROM trajectories WHERE fate = 'refused' GROUP BY cause ORDER BY n DESC, cause",
        ) as { cause: string; n: number }[]
      ).map(({ cause, n }) => [cause, n]),
    ),
    dimensions: Object.fromEntries(dimensions.map((name) => [name, dimensionOf(store, name)])),
    tasks: tasksOf(store),
    seconds: Object.fromEntries(
      (store.all("SELECT part, value FROM seconds ORDER BY part") as { part: string; value: number }[]).map(({ part, value }) => [
        part,
        round(value),
      ]),
    ),
    usage: usageOf(store, prices),
    incidents: number("SELECT count(*) n FROM incidents"),
    stages: Object.fromEntries(
      artifacts.map(({ name, trainer, modelPath, startedFrom, rows, metrics, seconds, outOfDate = null }) => [
        name,
        { trainer, modelPath, startedFrom, rows, metrics, seconds: round(seconds), outOfDate },
      ]),
    ),
    rewardModel: artifacts.find(({ stage }) => stage === "reward-model")?.report ?? null,
    evaluation: evaluation ?? null,
  };
}

function rightOf(store: RunStore): RunSummary["right"] {
  const row = store.one(
    `SELECT count(*) judged, total(json_extract(scores, '$.correctness.value') >= 1) candidates FROM trajectories
     WHERE ${CANDIDATE} AND json_extract(scores, '$.correctness.value') IS NOT NULL`,
  ) as { judged: number; candidates: number };
  return { candidates: row.candidates, judged: row.judged };
}

function repairersOf(store: RunStore): RunSummary["repairers"] {
  const rows = store.all(
    `SELECT repair.repairer, repair.fate, coalesce(json_extract(original.verdict, '$.cause'), 'no cause') cause, count(*) n
     FROM trajectories repair LEFT JOIN trajectories original ON original.id = repair.parent
     WHERE repair.fate IN ('accepted', 'refused') AND repair.repairer IS NOT NULL GROUP BY repair.repairer, repair.fate, cause ORDER BY repair.repairer, cause`,
  ) as { repairer: string; fate: string; cause: string; n: number }[];
  const repairers: Record<string, { accepted: number; refused: number; acceptedByCause: Record<string, number> }> = {};
  for (const { repairer, fate, cause, n } of rows) {
    repairers[repairer] ??= { accepted: 0, refused: 0, acceptedByCause: {} };
    const entry = repairers[repairer];
    if (fate === "accepted") {
      entry.accepted += n;
      entry.acceptedByCause[cause] = n;
    } else entry.refused += n;
  }
  return repairers;
}

function dimensionOf(store: RunStore, name: string): DimensionSummary {
  const at = (key: string) => `json_extract(scores, '$."${name.replaceAll('"', "")}".${key}')`;
  const mean = (where: string) => roundOrNull((store.one(`SELECT avg(${at("value")}) n FROM trajectories WHERE ${where}`) as { n: number | null }).n);
  const count = (key: string) => (store.one(`SELECT count(${at(key)}) n FROM trajectories`) as { n: number }).n;
  return {
    candidates: mean(CANDIDATE),
    kept: mean("fate = 'kept'"),
    before: mean("fate = 'repaired'"),
    after: mean("fate = 'accepted'"),
    failed: count("failed"),
    skipped: count("skipped"),
  };
}

function tasksOf(store: RunStore): RunSummary["tasks"] {
  const rows = store.all(
    `SELECT coalesce(json_extract(body, '$.query.task'), '') task, count(*) candidates, total(fate = 'kept') kept, total(fate = 'repaired') repaired, total(fate = 'hard') hard
     FROM trajectories WHERE ${CANDIDATE} GROUP BY task ORDER BY task`,
  ) as { task: string; candidates: number; kept: number; repaired: number; hard: number }[];
  return Object.fromEntries(rows.map(({ task, ...counts }) => [task, counts]));
}

/** USD per million tokens, by policy id. */
export type Prices = Readonly<Record<string, Price>>;

/** Counted over the stored calls themselves, so that neither a kill nor a resume can lose or double a token. */
function usageOf(store: RunStore, prices: Prices): RunSummary["usage"] {
  const tokens = (name: string) => `total(json_extract(response, '$.usage.${name}'))`;
  const rows = store.all(
    `SELECT by, count(*) calls, ${tokens("promptTokens")} promptTokens, ${tokens("cachedTokens")} cachedTokens, ${tokens("completionTokens")} completionTokens
     FROM calls WHERE kind = 'model' GROUP BY by ORDER BY by`,
  ) as (Usage & { by: string; calls: number })[];
  return Object.fromEntries(
    rows.map(({ by, ...spent }) => {
      const price = prices[by];
      return [by, { ...spent, usd: price === undefined ? null : costUsd(spent, price) }];
    }),
  );
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function roundOrNull(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10000) / 10000;
}
