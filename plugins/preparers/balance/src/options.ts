/** What its user may choose. */
export interface BalanceOptions {
  /** JSONL file of pass rates by id or question, relative to the file that names it. Undefined: the questions' own `meta`. */
  readonly passRates?: string;
  /** The field that holds a pass rate, in the file's rows or in `meta`. */
  readonly passRateField: string;
  /** Questions solved less often are dropped. */
  readonly minPassRate: number;
  /** Questions solved more often are dropped. */
  readonly maxPassRate: number;
  /** What becomes of questions without a pass rate. */
  readonly unknown: "keep" | "drop";
  /** What groups questions for `mix` and `mostPerGroup`. */
  readonly by: "task" | "difficulty";
  /** Group → share; only the ratios matter. Empty: no mix. */
  readonly mix: Readonly<Record<string, number>>;
  /** At most so many of each group. */
  readonly mostPerGroup?: number;
  /** At most so many in all. */
  readonly total?: number;
  /** Another seed, another sample. */
  readonly seed: number;
}
