/** A run in one sentence at its end: what came out, what it cost, how large it is, and what to do with it. */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { counted, type RunSummary } from "@autotraj/core";
import type { ModelEvaluation } from "@autotraj/core/reports";
import { isEvaluationAlone, seconds } from "@autotraj/report";
import { commandLine } from "../command-line.ts";

/** @param formats in which data sets can be exported here */
export function closingSentence(summary: RunSummary, runDir: string, formats: readonly string[]): string {
  const { datasets, funnel } = summary;
  const spent = `it took ${costOf(summary)}, and ${sizeText(sizeOf(runDir))} in ${runDir}`;
  if (isEvaluationAlone(summary))
    return `${summary.evaluation.models.map(rightOf).join(", ")}; ${spent}. \`${commandLine(["view", runDir])}\` shows every answer.`;
  const gave =
    datasets.sft === 0 ? "nothing to learn from" : `${counted(datasets.sft, "SFT row")} and ${counted(datasets.preferences, "preference pair")}`;
  const trained = Object.entries(summary.stages).flatMap(([name, { modelPath }]) => (modelPath === null ? [] : [name]));
  const models = trained.length === 0 ? "" : `, and the models of ${trained.join(", ")}`;
  return `${counted(funnel.queries, "question")} gave ${gave}${models}; ${spent}. ${nextStep(summary, runDir, formats)}`;
}

/** `sft: 40 of 72 right` */
function rightOf({ model, questions, greedy }: ModelEvaluation): string {
  return greedy === null ? `${model}: ${counted(questions, "question")}` : `${model}: ${Math.round(greedy.value * greedy.n)} of ${greedy.n} right`;
}

/** What an example exports to: TRL's, or what is there. */
export function usualFormat(formats: readonly string[]): string | undefined {
  return formats.includes("trl") ? "trl" : formats[0];
}

function costOf({ usage, seconds: parts }: RunSummary): string {
  const spent = Object.values(usage);
  const total = (of: (one: RunSummary["usage"][string]) => number) => spent.reduce((sum, one) => sum + of(one), 0);
  const known = spent.filter(({ usd }) => usd !== null);
  const usd = known.reduce((sum, one) => sum + (one.usd ?? 0), 0);
  const money = known.length === 0 ? "" : `, $${usd.toFixed(2)}${known.length < spent.length ? " for those whose price is known" : ""}`;
  const { start = 0, loop = 0, rollout: _rollout, scoring: _scoring, repair: _repair, ...stages } = parts;
  const time = start + loop + Object.values(stages).reduce((sum, value) => sum + value, 0);
  const calls = total((one) => one.calls);
  if (calls === 0) return seconds(time);
  return `${counted(calls, "model call")} with ${counted(
    total(({ completionTokens }) => completionTokens),
    "token",
  )} written${money}, ${seconds(time)}`;
}

function nextStep({ datasets, stages, evaluation }: RunSummary, runDir: string, formats: readonly string[]): string {
  if (datasets.sft === 0) return `\`${commandLine(["explain", runDir, "#1"])}\` shows why.`;
  const look = `\`${commandLine(["explain", runDir, "sft:1"])}\` shows where a row comes from`;
  const format = usualFormat(formats);
  if (format === undefined || (Object.keys(stages).length > 0 && evaluation !== null)) return `${look}.`;
  return `${look}, \`${commandLine(["export", runDir, "--to", format, "--out", join(runDir, format)])}\` writes them for a trainer.`;
}

/** In bytes, of the files themselves: what links lead to lies elsewhere. */
export function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += lstatSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** `5.5 GB` */
export function sizeText(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** unit;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toPrecision(2)} ${UNITS[unit]}`;
}
