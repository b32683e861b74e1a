/** Every model on the same held-out questions. */
import type { Estimate, EvaluationSummary, ModelEvaluation, RunSummary } from "@autotraj/core";
import { count, estimate, pValue, short, signed } from "./numbers.ts";
import type { FigureParts, FigureTable } from "./parts.ts";
import { marked } from "./stages.ts";

export function evaluationFigures({ evaluation }: RunSummary): FigureParts {
  if (evaluation === null) return [];
  const { models, comparisons } = evaluation;
  const differences = comparisons.map(
    ({ model, against, difference, better, worse, p }) =>
      `${model} − ${against}: ${signed(difference.value)} (${signed(difference.low)} to ${signed(difference.high)}); ${better} better, ${worse} worse, McNemar p ${pValue(p)}`,
  );
  const stale = models.flatMap(({ model, outOfDate }) =>
    outOfDate === undefined ? [] : [`${model} is out of date, and compared with nothing: ${outOfDate}.`],
  );
  return [modelTable(models), ...differences, ...stale, ...leaks(evaluation)];
}

function modelTable(models: readonly ModelEvaluation[]): FigureTable {
  const sampled = models.some((model) => model.sampled !== null);
  const best = models.some((model) => model.sampled?.best != null);
  const rules = [...new Set(models.flatMap(({ otherRules }) => Object.keys(otherRules)))];
  const { samples: k = 0, passAt = {} } = models.find((model) => model.sampled !== null)?.sampled ?? {};
  // pass@1 is avg@k.
  const passes = [...new Set([...Object.keys(passAt), String(k)])].filter((at) => at !== "1" || k === 1);
  const stored = models.some(({ precision }) => precision !== undefined);
  const header = [
    "model",
    "questions",
    "right, greedy (95 % interval)",
    ...(sampled ? [`avg@${k}`, ...passes.map((at) => `pass@${at}`), `maj@${k}`] : []),
    ...(best ? [`best of ${k}`] : []),
    ...rules,
    "calls",
    "words",
    ...(stored ? ["weights"] : []),
  ];
  const rows = models.map((model) => [
    marked(model.model, model.outOfDate),
    count(model.questions),
    model.greedy === null ? "–" : estimate(model.greedy),
    ...(sampled ? [model.sampled?.average, ...passes.map((at) => passOf(model, at, k)), model.sampled?.majority].map(short) : []),
    ...(best ? [short(model.sampled?.best ?? undefined)] : []),
    ...rules.map((rule) => short(model.otherRules[rule])),
    model.toolCalls === null ? "–" : model.toolCalls.toFixed(2),
    model.words === null ? "–" : model.words.toFixed(0),
    ...(stored ? [model.precision ?? "–"] : []),
  ]);
  return { header, rows };
}

function passOf({ sampled }: ModelEvaluation, at: string, samples: number): Estimate | undefined {
  return sampled?.passAt?.[at] ?? (at === String(samples) ? sampled?.pass : undefined);
}

function leaks({ leakage }: EvaluationSummary): readonly string[] {
  if (leakage === null || leakage.sameText.length + leakage.overlapping.length === 0) return [];
  const { sameText, overlapping, evaluated } = leakage;
  return [
    `Care: ${sameText.length} of ${evaluated} held-out questions are also trained on, ${overlapping.length} overlap (evaluation/evaluation.json).`,
  ];
}
