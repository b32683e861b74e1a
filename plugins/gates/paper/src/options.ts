/** What its user may choose. */
export interface PaperGateOptions {
  /** All right candidates are kept when the lowest S among them reaches this. */
  readonly keepAll: number;
  /** Otherwise the best one is kept when its S reaches this. */
  readonly keepBest: number;
  /** A repair of a right but poor trajectory must be above this, and above its parent. */
  readonly acceptPoor: number;
  /** A repair of a wrong trajectory must be above this. */
  readonly acceptWrong: number;
  /** `require`: a trajectory that breaks the format is never kept. `ignore`: as the published code, which does not look. */
  readonly format: "require" | "ignore";
  /** Minimums by dimension, beside the rule, of candidates and repairs: what falls short is neither kept nor counted among the question's right ones. */
  readonly require: Readonly<Record<string, number>>;
  /** Whether a required dimension that its scorer skipped falls short, or decides nothing. */
  readonly whenSkipped: "fail" | "ignore";
  /** The verdict's cause by the required dimension that falls short. */
  readonly causes: Readonly<Record<string, string>>;
}
