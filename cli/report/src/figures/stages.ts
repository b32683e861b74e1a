/** What each stage left. */
import type { RunSummary } from "@autotraj/core";
import { count, seconds } from "./numbers.ts";
import type { FigureParts } from "./parts.ts";

const FIGURES_OF_A_STAGE = 3;

export function stageFigures({ stages }: RunSummary): FigureParts {
  const entries = Object.entries(stages);
  if (entries.length === 0) return [];
  const rows = entries.map(([stage, { rows, metrics, seconds: took, modelPath, outOfDate }]) => [
    marked(stage, outOfDate),
    rows === null ? "–" : count(rows.train),
    Object.entries(metrics)
      .slice(0, FIGURES_OF_A_STAGE)
      .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
      .join(", "),
    seconds(took),
    modelPath ?? "–",
  ]);
  const changes = entries.flatMap(([stage, { metrics }]) => {
    const changed = changeText(metrics);
    return changed === undefined ? [] : [`${stage} ${changed}.`];
  });
  const stale = entries.flatMap(([stage, { outOfDate }]) => (outOfDate === null ? [] : [`${stage} is out of date: ${outOfDate}.`]));
  const header = ["stage", "rows", "figures", "time", "model"];
  return [{ header, rows }, ...changes, ...stale, ...(stale.length === 0 ? [] : ["`autotraj resume` does it again."])];
}

export function marked(name: string, outOfDate: string | null | undefined): string {
  return outOfDate == null ? name : `${name} (out of date)`;
}

/** `changed 31 % of weights, KL 0.012 nats a token`: beside the model it started from. Undefined where its trainer did not measure it. */
export function changeText({ weightsChanged, kl }: Readonly<Record<string, number>>): string | undefined {
  if (weightsChanged === undefined) return undefined;
  return `changed ${Number((100 * weightsChanged).toPrecision(2))} % of weights${kl === undefined ? "" : `, KL ${kl.toPrecision(2)} nats a token`}`;
}
