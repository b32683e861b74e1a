/** The final tables of a run as data: what `summary.json` holds and every report is made from. */

import type { Usage } from "../kernel/plugin.ts";
import { costUsd, type Price } from "./cost.ts";
import type { EvaluationSummary, RewardModelReport } from "./evaluation/report.ts";
import type { RunFigures } from "./figures.ts";
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
  /** Trajectories that it was asked about. */
  readonly asked: number;
  /** Why the first of those that failed did; null where none did. */
  readonly failure: string | null;
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
  /** How many of them each plugin, or part of the run, had; the most first. */
  readonly incidentsBy: Readonly<Record<string, number>>;
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

export interface SummaryParts {
  readonly figures: RunFigures;
  readonly prices: Prices;
  readonly artifacts: readonly StageArtifact[];
  readonly evaluation: EvaluationSummary | undefined;
}

export function summarize(store: RunStore, { figures, prices, artifacts, evaluation }: SummaryParts): RunSummary {
  const identity = store.identity();
  const { funnel, right, repairers, refusals, dimensions, tasks } = figures;
  const incidents = incidentsBy(store);
  return {
    run: identity?.runId ?? "",
    preset: identity?.preset ?? "",
    finished: store.meta("finished") === "yes",
    ...{ funnel, right, repairers, refusals, dimensions, tasks },
    seconds: Object.fromEntries(
      (store.all("SELECT part, value FROM seconds ORDER BY part") as { part: string; value: number }[]).map(({ part, value }) => [
        part,
        round(value),
      ]),
    ),
    usage: usageOf(store, prices),
    incidents: Object.values(incidents).reduce((sum, n) => sum + n, 0),
    incidentsBy: incidents,
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

function incidentsBy(store: RunStore): RunSummary["incidentsBy"] {
  const rows = store.all("SELECT who, count(*) n FROM incidents GROUP BY who ORDER BY n DESC, who") as { who: string; n: number }[];
  return Object.fromEntries(rows.map(({ who, n }) => [who, n]));
}
