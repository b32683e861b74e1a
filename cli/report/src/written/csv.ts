/** A run's figures as comma-separated values, one in each line; numbers as they are. */
import type { Estimate, RunSummary } from "@autotraj/core";
import type { StageCurves } from "../curves.ts";
import type { GatheredRun } from "../gathered.ts";
import { shownLine } from "./markup.ts";

const LONGEST = 400;

const HEADER = ["section", "name", "figure", "step", "value", "low", "high", "n"] as const;

interface Figure {
  readonly section: string;
  readonly name?: string;
  readonly figure: string;
  readonly step?: number;
  readonly value: string | number | boolean | null;
  readonly low?: number;
  readonly high?: number;
  readonly n?: number;
}

export function csvOf({ summary, curves }: GatheredRun): string {
  const figures = [
    ...loopFigures(summary),
    ...stageFigures(summary),
    ...rewardModelFigures(summary),
    ...evaluationFigures(summary),
    ...spent(summary),
  ];
  const rows = [...figures, ...curves.flatMap(curveFigures)].map((figure) => HEADER.map((column) => cell(figure[column])).join(","));
  return [HEADER.join(","), ...rows, ""].join("\r\n");
}

function loopFigures({ funnel, datasets, right, causes, refusals, repairers, dimensions, tasks }: RunSummary): readonly Figure[] {
  return [
    ...numbers("funnel", undefined, funnel),
    ...(right === null ? [] : numbers("right", undefined, right)),
    ...numbers("datasets", undefined, { ...datasets }),
    ...named("causes", causes, "candidates"),
    ...named("refusals", refusals, "repairs"),
    ...Object.entries(repairers).flatMap(([id, { accepted, refused, acceptedByCause }]) => [
      ...numbers("repairers", id, { accepted, refused }),
      ...Object.entries(acceptedByCause).map(([cause, value]) => ({ section: "repairers", name: id, figure: `accepted: ${cause}`, value })),
    ]),
    ...Object.entries(dimensions).flatMap(([name, { failure: _failure, ...means }]) => numbers("dimensions", name, means)),
    ...Object.entries(tasks).flatMap(([task, counts]) => numbers("tasks", task, counts)),
  ];
}

function stageFigures({ stages }: RunSummary): readonly Figure[] {
  return Object.entries(stages).flatMap(([stage, { rows, metrics, seconds }]) => [
    ...numbers("stages", stage, { seconds, ...(rows === null ? {} : { train: rows.train, heldOut: rows.heldOut }) }),
    ...numbers("stages", stage, metrics),
  ]);
}

function rewardModelFigures({ rewardModel }: RunSummary): readonly Figure[] {
  if (rewardModel === null) return [];
  const section = "rewardModel";
  return [
    estimated(section, "reward model", "accuracy", rewardModel.accuracy),
    ...Object.entries(rewardModel.baselines).map(([name, value]) => estimated(section, name, "accuracy", value)),
    ...Object.entries(rewardModel.kinds ?? {}).map(([kind, { accuracy }]) => estimated(section, "reward model", `accuracy: ${kind}`, accuracy)),
    { section, figure: "beatsBaselines", value: rewardModel.beatsBaselines },
    { section, figure: "authorsSeparated", value: rewardModel.authorsSeparated },
  ];
}

function evaluationFigures({ evaluation }: RunSummary): readonly Figure[] {
  if (evaluation === null) return [];
  const section = "evaluation";
  return [
    ...evaluation.models.flatMap(({ model, questions, failed, greedy, sampled, otherRules, toolCalls, words, dimensions }) => {
      const { average, pass, majority, best = null } = sampled ?? {};
      const estimates = { greedy, average, pass, majority, best, ...sampled?.passAt, ...otherRules };
      return [
        ...numbers(section, model, { questions, failed, toolCalls, words }),
        ...Object.entries(estimates).flatMap(([figure, value]) =>
          value == null ? [] : [estimated(section, model, /^\d+$/.test(figure) ? `pass@${figure}` : figure, value)],
        ),
        ...Object.entries(dimensions).map(([figure, value]) => ({ section, name: model, figure: `mean: ${figure}`, value })),
      ];
    }),
    ...evaluation.comparisons.flatMap(({ model, against, difference, better, worse, p }) => {
      const name = `${model} − ${against}`;
      return [estimated(section, name, "difference", difference), ...numbers(section, name, { better, worse, p })];
    }),
  ];
}

function spent({ seconds, usage, toolCalls, incidentsBy }: RunSummary): readonly Figure[] {
  return [
    ...named("seconds", seconds, "seconds"),
    ...Object.entries(usage).flatMap(([policy, spent]) => numbers("usage", policy, spent)),
    ...named("toolCalls", toolCalls, "calls"),
    ...named("incidents", incidentsBy, "incidents"),
  ];
}

function curveFigures({ stage, curves }: StageCurves): readonly Figure[] {
  return curves.flatMap(({ name: figure, points }) => points.map(([step, value]) => ({ section: "steps", name: stage, figure, step, value })));
}

function numbers(section: string, name: string | undefined, values: Readonly<Record<string, number | null>>): readonly Figure[] {
  return Object.entries(values).map(([figure, value]) => ({ section, figure, value, ...(name === undefined ? {} : { name }) }));
}

function named(section: string, values: Readonly<Record<string, number>>, figure: string): readonly Figure[] {
  return Object.entries(values).map(([name, value]) => ({ section, name, figure, value }));
}

function estimated(section: string, name: string, figure: string, { value, low, high, n }: Estimate): Figure {
  return { section, name, figure, value, low, high, n };
}

/** RFC 4180. A text that a spreadsheet would take for a formula is marked as a text. */
function cell(value: string | number | boolean | null | undefined): string {
  if (typeof value !== "string") return String(value ?? "");
  const text = shownLine(value, LONGEST);
  const plain = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
