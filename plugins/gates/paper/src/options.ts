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
}
