/** What its user may choose. */
import type { OverlapRules } from "./overlap-index.ts";

export interface DecontaminateOptions extends OverlapRules {
  /** JSONL files with held-out questions, relative to the file that names them. */
  readonly against: readonly string[];
  /** Where a row of `against` has its question. */
  readonly field: string;
  /** Whether the preset's own held-out questions (`queries.evaluate`) are compared with as well. */
  readonly evaluate: boolean;
  /** Whether questions with the same words as an earlier one of the run are dropped. */
  readonly dropDuplicates: boolean;
}
