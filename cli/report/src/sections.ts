/** What a report is made of, in order: the same for a page and for Markdown, which leaves charts out. */
import type { DataOrigins, RunSummary } from "@autotraj/core";
import { calibrationChart } from "./charts/calibration.ts";
import { curveChart } from "./charts/curve.ts";
import { dimensionsChart } from "./charts/dimensions.ts";
import { fatesChart } from "./charts/fates.ts";
import { intervalsChart } from "./charts/intervals.ts";
import { figuresOf } from "./figures/figures.ts";
import { count } from "./figures/numbers.ts";
import type { FigureParts, FigureTable } from "./figures/parts.ts";
import type { GatheredRun } from "./gathered.ts";
import { html, type Markup } from "./written/markup.ts";

export interface Section {
  /** Its anchor. */
  readonly id: string;
  readonly title: string;
  readonly charts: readonly Markup[];
  readonly parts: FigureParts;
}

export function sectionsOf({ summary, origins, curves, incidents }: GatheredRun): readonly Section[] {
  const figures = figuresOf(summary);
  const { rewardModel, evaluation } = summary;
  const models = (evaluation?.models ?? []).flatMap(({ model, greedy }) => (greedy === null ? [] : [{ name: model, estimate: greedy }]));
  const pairs = rewardModel === null ? [] : [{ name: "the reward model", estimate: rewardModel.accuracy }, ...namedEstimates(rewardModel.baselines)];
  const latest = incidents.map(({ at, who, what }) => [at.slice(0, "2026-11-30T14:32:10".length).replace("T", " "), who, what]);
  const all: readonly Section[] = [
    section("funnel", "From questions to rows", figures.funnel, fatesChart(summary)),
    section("reasons", "Why candidates were not kept", figures.reasons),
    section("repairs", "Repairs", figures.repairs),
    section("dimensions", "Dimensions", [...figures.dimensions], dimensionsChart(summary)),
    section("tasks", "Tasks", figures.tasks),
    section(
      "stages",
      "Training",
      figures.stages,
      ...curves.flatMap(({ stage, curves: of }) => [html`<h3>${stage}</h3>`, ...of.map((curve) => curveChart(stage, curve))]),
    ),
    section(
      "reward-model",
      "Reward model",
      figures.rewardModel,
      intervalsChart("Held-out pairs told apart", pairs),
      rewardModel === null ? undefined : calibrationChart(rewardModel),
    ),
    section("models", "Models on the same held-out questions", figures.evaluation, intervalsChart("Questions answered rightly, greedy", models)),
    section("spending", "Costs and times", [...figures.spending, ...toolCalls(summary)]),
    section("incidents", "Incidents", [
      ...figures.failures,
      ...(latest.length === 0 ? [] : [{ header: ["latest (UTC)", "who", "what"], rows: latest }]),
    ]),
    section("data", "Data card", [dataSets(summary), ...madeBy(origins)]),
  ];
  return all.filter(({ charts, parts }) => charts.length > 0 || parts.some((part) => typeof part === "string" || part.rows.length > 0));
}

function section(id: string, title: string, parts: FigureParts, ...charts: readonly (Markup | undefined)[]): Section {
  return { id, title, parts, charts: charts.filter((chart) => chart !== undefined) };
}

function namedEstimates(estimates: NonNullable<RunSummary["rewardModel"]>["baselines"]) {
  return Object.entries(estimates).map(([name, estimate]) => ({ name, estimate }));
}

function toolCalls({ toolCalls: made }: RunSummary): FigureParts {
  const rows = Object.entries(made).map(([tool, calls]) => [tool, count(calls)]);
  return rows.length === 0 ? [] : [{ header: ["tool", "calls"], rows }];
}

function dataSets({ datasets }: RunSummary): FigureTable {
  return {
    header: ["file in datasets/", "rows", "what a row is"],
    rows: [
      ["sft.jsonl", count(datasets.sft), "a trajectory to imitate: a kept candidate or an accepted repair"],
      ["preferences.jsonl", count(datasets.preferences), "an accepted repair preferred to what it repairs"],
      ["siblings.jsonl", count(datasets.siblings), "a kept candidate preferred to a wrong one of the same question by the same author"],
      ["hard-cases.jsonl", count(datasets.hardCases), "a candidate that no repair could mend"],
    ],
  };
}

function madeBy({ models, rollout = {}, tools, plugins }: DataOrigins): FigureParts {
  const settings = Object.entries(rollout).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const rows = [
    ...Object.entries(models).map(([id, model]) => ["model", id, model]),
    ...(settings.length === 0 ? [] : [["candidates", "", settings.join(", ")]]),
    ...Object.entries(tools).map(([id, facts]) => ["tool", id, facts]),
    ...Object.entries(plugins).map(([id, version]) => ["plugin", id, version]),
  ];
  return rows.length === 0 ? [] : [{ header: ["made by", "id", "what it is"], rows }, "datasets/card.md says more, and what to look out for."];
}
