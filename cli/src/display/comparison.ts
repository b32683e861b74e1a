/** Two runs, or two models, as a person reads them side by side. */
import type { ComparedModels, ComparedRuns, Difference, QuestionComparison } from "@autotraj/comparison";
import { count } from "@autotraj/report";
import { paragraph } from "./lines.ts";
import { table } from "./table.ts";

export interface ComparisonOptions {
  /** All ids of questions. */
  readonly full: boolean;
}

const SHOWN = 10;

export function renderComparedRuns(compared: ComparedRuns, options: ComparisonOptions): string {
  const { a, b, settings, plugins, funnel, dimensions, right, learnt, models } = compared;
  const side = (name: string, { run, preset, finished }: ComparedRuns["a"]) =>
    `${name}: ${run} (preset ${preset}${finished ? "" : ", not finished"})`;
  const counts = funnel.filter((row) => row.a !== 0 || row.b !== 0).map((row) => [row.what, count(row.a), count(row.b), signedCount(row.b - row.a)]);
  const means = dimensions.map((row) => [row.dimension, mean(row.a), mean(row.b), row.a === null || row.b === null ? "–" : signed(row.b - row.a)]);
  const blocks = [
    [side("A", a), side("B", b)].join("\n"),
    differences("setting", settings) || "Both are set alike.",
    differences("plugin", plugins),
    table(["what", "A", "B", "B − A"], counts),
    means.length === 0 ? "" : table(["dimension, mean over candidates", "A", "B", "B − A"], means),
    right === null ? "" : questionsText("right candidates of a question", right, options),
    questionsText("questions with something to learn from", learnt, options),
    ...models.map((one) => renderComparedModels(one, options)),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

export function renderComparedModels({ a, b, questions, notes }: ComparedModels, options: ComparisonOptions): string {
  const what =
    a.model === b.model ? `model ${a.model}, held-out questions right` : `models ${a.model} (A) and ${b.model} (B), held-out questions right`;
  return [questionsText(what, questions, options), ...notes.map((note) => paragraph(`Care: ${note}`, 0))].join("\n");
}

function differences(what: string, rows: readonly Difference[]): string {
  return rows.length === 0 ? "" : table([`${what} that differs`, "A", "B"], rows.map((row) => [row.what, row.a ?? "–", row.b ?? "–"])); // biome-ignore format: one thing
}

function questionsText(what: string, compared: QuestionComparison, { full }: ComparisonOptions): string {
  const { common, onlyA, onlyB, meanA, meanB, difference, p, better, worse } = compared;
  const others = [...(onlyA > 0 ? [`${count(onlyA)} only in A`] : []), ...(onlyB > 0 ? [`${count(onlyB)} only in B`] : [])];
  const scope = `${count(common)} in both${others.length === 0 ? "" : `, ${others.join(", ")}`}`;
  if (common === 0) return paragraph(`${what}: ${scope}; nothing can be compared.`, 0);
  const interval = `${signed(difference.value)} (95 % interval ${signed(difference.low)} to ${signed(difference.high)})`;
  const line = `${what}: A ${meanA.toFixed(3)}, B ${meanB.toFixed(3)}, B − A ${interval}; ${count(better.length)} better, ${count(worse.length)} worse, sign test p ${p < 0.001 ? "< 0.001" : p.toFixed(3)}; ${scope}`;
  return [paragraph(line, 0), ...ids("better in B", better, full), ...ids("worse in B", worse, full)].join("\n");
}

function ids(what: string, all: readonly string[], full: boolean): readonly string[] {
  if (all.length === 0) return [];
  const shown = full ? all : all.slice(0, SHOWN);
  const more = all.length - shown.length;
  return [paragraph(`${what}: ${shown.join(", ")}${more === 0 ? "" : ` and ${count(more)} more (--full shows them)`}`, 2)];
}

function mean(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function signedCount(value: number): string {
  return value === 0 ? "0" : `${value < 0 ? "−" : "+"}${count(Math.abs(value))}`;
}
