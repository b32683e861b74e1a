/** Known verdicts: reads them, lets the judge give its own, and says how the two compare. */
import { allFinished, type Dialects, PluginError, type Trajectory } from "@autotraj/core/plugin";
import { RowProblem, readRows } from "@autotraj/json-lines/read-rows";
import { accuracy, type Confusion, confusionOf, kappa, worthOf } from "./figures.ts";
import { grade, notApplicable } from "./grade.ts";
import type { Jury } from "./jury.ts";
import { type Material, materialOf, materialOfText } from "./material.ts";
import type { Dimension, JudgeOptions } from "./options.ts";

export interface KnownVerdicts {
  readonly material: Material;
  /** By dimension (as in the options), as an index into its choices. */
  readonly verdicts: ReadonlyMap<string, number>;
}

/** @throws PluginError CALIBRATION_UNREADABLE, or CALIBRATION_INVALID with every bad row and what is wrong with it. */
export function readKnownVerdicts(path: string, dimensions: readonly Dimension[], dialects: Dialects): readonly KnownVerdicts[] {
  const codes = { unreadable: "CALIBRATION_UNREADABLE", invalid: "CALIBRATION_INVALID" };
  const read = (value: unknown) => readRow(value, dimensions, dialects);
  const rows = [...readRows({ path, name: "the calibration file", codes, hint: ROW_SHAPE, read })];
  const unknown = dimensions.filter(({ rubric }) => !rows.some(({ verdicts }) => verdicts.has(rubric)));
  if (unknown.length === 0) return rows;
  const missing = unknown.map(({ rubric }) => `${path} has no row with a verdict for "${rubric}".`);
  throw new PluginError(codes.invalid, missing.join("\n"), { hint: ROW_SHAPE });
}

const ROW_SHAPE =
  "A row is {question, text, answers?, verdicts: {dimension: verdict}} or {trajectory, verdicts}; `verdict` alone will do where there is one dimension. Verdicts: yes or no (true, false), or the grade.";

interface Row {
  readonly question?: unknown;
  readonly text?: unknown;
  readonly answers?: unknown;
  readonly trajectory?: Trajectory;
  readonly verdict?: unknown;
  readonly verdicts?: Readonly<Record<string, unknown>>;
}

function readRow(value: unknown, dimensions: readonly Dimension[], dialects: Dialects): KnownVerdicts {
  if (value === null || typeof value !== "object") throw new RowProblem("is not an object.");
  const row = value as Row;
  const [only, ...others] = dimensions;
  const given = row.verdicts ?? (row.verdict !== undefined && only !== undefined && others.length === 0 ? { [only.rubric]: row.verdict } : {});
  const verdicts = new Map<string, number>();
  for (const { rubric, choices } of dimensions) {
    if (!Object.hasOwn(given, rubric)) continue;
    const named = given[rubric] === true ? "yes" : given[rubric] === false ? "no" : String(given[rubric]).toLowerCase();
    if (!choices.includes(named))
      throw new RowProblem(`has the verdict ${JSON.stringify(given[rubric])} for "${rubric}", not one of ${choices.join(", ")}.`);
    verdicts.set(rubric, choices.indexOf(named));
  }
  if (verdicts.size === 0) throw new RowProblem("has no verdict for any of the judge's dimensions.");
  return { material: materialOfRow(row, dialects), verdicts };
}

function materialOfRow({ question, text, answers = [], trajectory }: Row, dialects: Dialects): Material {
  if (trajectory !== undefined) {
    if (
      !Array.isArray(trajectory?.messages) ||
      !Array.isArray(trajectory.tools) ||
      typeof trajectory.query?.question !== "string" ||
      !Array.isArray(trajectory.query.answers)
    )
      throw new RowProblem("has a trajectory without query, tools or messages.");
    return materialOf(trajectory, trajectory.query, dialects);
  }
  if (typeof question !== "string" || typeof text !== "string") throw new RowProblem("has neither a trajectory nor a question and a text.");
  if (!Array.isArray(answers) || answers.some((answer) => typeof answer !== "string"))
    throw new RowProblem("has answers that are not a list of texts.");
  return materialOfText(text, question, answers as string[]);
}

/** The judge's agreement with the known verdicts of one dimension. */
export interface Measurement {
  readonly dimension: Dimension;
  readonly rows: number;
  /** Rows on which no reply of the judge had a clear verdict; in none of the other figures. */
  readonly unreadable: number;
  readonly confusion: Confusion;
  /** See {@link worthOf}. */
  readonly worth: readonly number[];
}

/** Measures once per run, at the first batch: the model answers only while a run is under way. */
export class Calibration {
  readonly #jury: Jury;
  readonly #rows: readonly KnownVerdicts[];
  readonly #dimensions: readonly Dimension[];
  readonly #options: JudgeOptions;
  readonly #report: (measurement: Measurement) => void;
  #measured: readonly Measurement[] | undefined;

  constructor(
    jury: Jury,
    rows: readonly KnownVerdicts[],
    dimensions: readonly Dimension[],
    options: JudgeOptions,
    report: (measurement: Measurement) => void,
  ) {
    this.#jury = jury;
    this.#rows = rows;
    this.#dimensions = dimensions;
    this.#options = options;
    this.#report = report;
  }

  /**
   * Batches that come while the first one measures ask the same calls, which the kernel makes once: waiting for a call is not a tap's own time, waiting for
   * another batch would be. @throws what a failed call threw; the next batch tries again.
   */
  async measured(): Promise<readonly Measurement[]> {
    const choices = this.#dimensions.map((): (readonly [number, number | undefined])[] => []);
    for (let from = 0; from < this.#rows.length && this.#measured === undefined; from += ROWS_AT_ONCE) {
      await allFinished(
        this.#rows.slice(from, from + ROWS_AT_ONCE).flatMap(({ material, verdicts }, offset) =>
          this.#dimensions.map(async (dimension, index) => {
            const known = verdicts.get(dimension.rubric);
            if (known === undefined || notApplicable(dimension, material) !== undefined) return;
            const { choice } = await grade(this.#jury, dimension, material, this.#options);
            (choices[index] as (readonly [number, number | undefined])[])[from + offset] = [known, choice];
          }),
        ),
      );
    }
    if (this.#measured === undefined) {
      this.#measured = this.#dimensions.map((dimension, index) => measurementOf(dimension, Object.values(choices[index] ?? [])));
      for (const measurement of this.#measured) this.#report(measurement);
    }
    return this.#measured;
  }
}

/** Enough to keep a server busy; few enough that a batch which waits soon sees that another has finished. */
const ROWS_AT_ONCE = 16;

function measurementOf(dimension: Dimension, pairs: readonly (readonly [number, number | undefined])[]): Measurement {
  const readable = pairs.flatMap(([known, judged]) => (judged === undefined ? [] : [[known, judged] as const]));
  const confusion = confusionOf(readable, dimension.choices.length);
  return { dimension, rows: pairs.length, unreadable: pairs.length - readable.length, confusion, worth: worthOf(confusion) };
}

/** One line for the log: agreement, who took what for what, what each verdict is worth. */
export function describe({ dimension, rows, unreadable, confusion, worth }: Measurement): string {
  const { name, choices } = dimension;
  const figure = (value: number) => (Number.isNaN(value) ? "undefined" : value.toFixed(2));
  const quadratic = choices.length > 2 ? `, quadratically weighted ${figure(kappa(confusion, "quadratic"))}` : "";
  const table = confusion.flatMap((row, known) =>
    row.some((count) => count > 0)
      ? [`${choices[known]} as ${row.flatMap((count, judged) => (count > 0 ? [`${choices[judged]} ×${count}`] : [])).join(", ")}`]
      : [],
  );
  return [
    `${name} on ${rows} known verdicts: accuracy ${figure(accuracy(confusion))}, kappa ${figure(kappa(confusion, "equal"))}${quadratic}`,
    ...(unreadable > 0 ? [`${unreadable} without a clear verdict, left out`] : []),
    `known as judged: ${table.join("; ") || "none"}`,
    `worth: ${choices.map((choice, index) => `${choice} → ${figure(worth[index] ?? Number.NaN)}`).join(", ")}`,
  ].join(". ");
}
