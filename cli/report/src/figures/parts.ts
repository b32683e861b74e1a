/** What figures are made of, whoever shows them. */

export interface FigureTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Tables, and sentences between them. Texts in them may be anybody's. */
export type FigureParts = readonly (FigureTable | string)[];
