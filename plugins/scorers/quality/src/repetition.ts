/** The paper's term R: how little a text repeats itself. */

/** Texts of fewer words say nothing about repetition and score 1 (method §1.3). */
const FEWEST_WORDS = 6;
const GRAM = 3;

export interface Repetition {
  /** 1 − the share of 3-gram occurrences that belong to a 3-gram occurring more than once; in [0, 1]. */
  readonly value: number;
  /** The 3-gram that occurs most often, when any occurs twice. */
  readonly worst?: { readonly words: string; readonly count: number };
}

/** R over word 3-grams, words compared as they are written. Linear in the number of words. */
export function repetitionOf(words: readonly string[]): Repetition {
  if (words.length < FEWEST_WORDS) return { value: 1 };
  const counts = new Map<string, number>();
  for (let at = 0; at + GRAM <= words.length; at++) {
    const gram = `${words[at]} ${words[at + 1]} ${words[at + 2]}`;
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  let repeated = 0;
  let worst: { words: string; count: number } | undefined;
  for (const [gram, count] of counts) {
    if (count === 1) continue;
    repeated += count;
    if (worst === undefined || count > worst.count) worst = { words: gram, count };
  }
  const value = 1 - repeated / (words.length - GRAM + 1);
  return worst === undefined ? { value } : { value, worst };
}
