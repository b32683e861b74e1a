/** The final tables of a run as data: what `summary.json` holds and every report is made from. */

import { isJsonObject } from "../kernel/json.ts";
import type { Usage } from "../kernel/plugin.ts";
import { costUsd, type Price } from "../loop/cost.ts";
import type { RunStore } from "../loop/store/run-store.ts";
import type { KeptArtifact } from "./artifact.ts";
import type { RunFigures } from "./figures.ts";
import type { EvaluationSummary, RewardModelReport } from "./reports.ts";

export interface RunSummary extends RunFigures {
  readonly run: string;
  readonly preset: string;
  readonly finished: boolean;
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
  /** Calls that candidates and repairs made of each tool on offer, in this run. */
  readonly toolCalls: Readonly<Record<string, number>>;
  readonly incidents: number;
  /** How many of them each plugin, or part of the run, had; the most first. */
  readonly incidentsBy: Readonly<Record<string, number>>;
  /** What each stage left; empty where none was run. What only trainings have is null for others. */
  readonly stages: Readonly<
    Record<
      string,
      {
        readonly trainer: string | null;
        readonly modelPath: string | null;
        readonly startedFrom: string | null;
        readonly rows: { readonly train: number; readonly heldOut: number } | null;
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
  readonly artifacts: readonly KeptArtifact[];
  readonly evaluation: EvaluationSummary | undefined;
}

export function summarize(store: RunStore, { figures, prices, artifacts, evaluation }: SummaryParts): RunSummary {
  const identity = store.identity();
  const { funnel, datasets, right, repairers, causes, refusals, dimensions, tasks } = figures;
  const incidents = incidentsBy(store);
  return {
    run: identity?.runId ?? "",
    preset: identity?.preset ?? "",
    finished: store.meta("finished") === "yes",
    ...{ funnel, datasets, right, repairers, causes, refusals, dimensions, tasks },
    seconds: Object.fromEntries(
      (store.all("SELECT part, value FROM seconds ORDER BY part") as { part: string; value: number }[]).map(({ part, value }) => [
        part,
        round(value),
      ]),
    ),
    usage: usageOf(store, prices),
    toolCalls: toolCallsOf(store),
    incidents: Object.values(incidents).reduce((sum, n) => sum + n, 0),
    incidentsBy: incidents,
    stages: Object.fromEntries(artifacts.map((artifact) => [artifact.name, stageSummary(artifact)])),
    rewardModel: (artifacts.find(({ stage }) => stage === "reward-model")?.["report"] as RewardModelReport | undefined) ?? null,
    evaluation: evaluation ?? null,
  };
}

function stageSummary(artifact: KeptArtifact): RunSummary["stages"][string] {
  type Training = Partial<Pick<RunSummary["stages"][string], "trainer" | "startedFrom" | "rows">>;
  const { modelPath = null, metrics = {}, seconds, outOfDate = null } = artifact;
  const { trainer = null, startedFrom = null, rows = null } = artifact as Training;
  return { trainer, modelPath, startedFrom, rows, metrics, seconds: round(seconds), outOfDate };
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

/** What a tool says of itself is written down for each that is offered. */
function toolCallsOf(store: RunStore): RunSummary["toolCalls"] {
  const surroundings = store.metaJson<Record<string, object>>("surroundings", isJsonObject) ?? {};
  const made = store.all("SELECT by, count(*) n FROM calls WHERE kind = 'tool' GROUP BY by") as { by: string; n: number }[];
  const offered = Object.keys(surroundings).filter((id) => "description" in (surroundings[id] ?? {}));
  return Object.fromEntries(offered.map((id) => [id, made.find(({ by }) => by === id)?.n ?? 0]));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function incidentsBy(store: RunStore): RunSummary["incidentsBy"] {
  const rows = store.all("SELECT who, count(*) n FROM incidents GROUP BY who ORDER BY n DESC, who") as { who: string; n: number }[];
  return Object.fromEntries(rows.map(({ who, n }) => [who, n]));
}
