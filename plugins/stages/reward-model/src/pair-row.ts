/** Pairs as the stage writes, trains on and judges them. */
import type { JsonObject, PreferencePair, SftRow } from "@autotraj/core/plugin";

/**
 * `repair`: an accepted repair and the candidate that it repairs. `sibling`: a kept trajectory and a wrong one of the same author on the same question.
 * `edit`: a row of the SFT data and the same made wrong in one place by program.
 */
export type PairKind = "repair" | "sibling" | "edit";

/** A row of the data sets that the stage writes: canonical, with what it is. */
export type PairRow = Omit<PreferencePair, "chosen" | "rejected" | "kind"> & {
  readonly chosen: SftRow;
  readonly rejected: SftRow;
  /** Left out by older versions, which had repairs alone. */
  readonly kind?: PairKind;
  /** Which edit. */
  readonly edit?: string;
};

export interface ScoredPair extends PairRow {
  /** The model's score of each side; undefined (or no finite number) where it could give none. */
  readonly chosenScore: number | undefined;
  readonly rejectedScore: number | undefined;
  /** What the untrained model makes of it, chosen minus rejected, where the trainer says so. */
  readonly untrainedMargin?: number | undefined;
}

/** A side with its text as the dialect has it, without the prompt. */
export type Told = SftRow & { readonly text: string };
export type ToldPair = Omit<PairRow, "chosen" | "rejected"> & {
  readonly chosen: Told;
  readonly rejected: Told;
  readonly untrainedMargin?: number | undefined;
};

export function pairRowOf(row: JsonObject): PairRow {
  return row as unknown as PairRow;
}

export function told<Pair extends PairRow>({ chosen, rejected, ...pair }: Pair, textOf: (row: SftRow) => string) {
  return { ...pair, chosen: { ...chosen, text: textOf(chosen) }, rejected: { ...rejected, text: textOf(rejected) } };
}

/** Whitespace words of the rollout part, as the evaluation of models counts them. */
export function wordCount(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}

/** The names that a pair counts under in the report: its kind, and its edit. */
export function namesOf({ kind = "repair", edit }: Pick<PairRow, "kind" | "edit">): readonly string[] {
  return edit === undefined ? [kind] : [kind, `edit: ${edit}`];
}
