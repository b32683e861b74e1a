/** Exact match and token F1 of HotpotQA's and SQuAD's official scripts. */

const PUNCTUATION = new Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
const CLOSED_ANSWERS = new Set(["yes", "no", "noanswer"]);

/** Lower case, no ASCII punctuation, no articles, single spaces: `hotpot_evaluate_v1.py`'s normalize_answer, which keeps typographic quotes and dashes. */
export function normalizeAnswer(text: string): string {
  return withoutPunctuation(text)
    .replace(/(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu, " ")
    .split(/\s/)
    .filter((token) => token !== "")
    .join(" ");
}

/** Lower case, no ASCII punctuation. */
export function withoutPunctuation(text: string): string {
  return [...text.toLowerCase()].filter((letter) => !PUNCTUATION.has(letter)).join("");
}

export function exactMatch(gold: string, prediction: string): boolean {
  return normalizeAnswer(gold) === normalizeAnswer(prediction);
}

/** Harmonic mean of token precision and recall in [0, 1]. A `yes`, `no` or `noanswer` on either side must match as a whole. */
export function tokenF1(gold: string, prediction: string): number {
  const [expected, given] = [normalizeAnswer(gold), normalizeAnswer(prediction)];
  if (expected !== given && (CLOSED_ANSWERS.has(expected) || CLOSED_ANSWERS.has(given))) return 0;
  const [goldTokens, givenTokens] = [expected.split(" "), given.split(" ")].map((tokens) => tokens.filter((token) => token !== "")) as [
    string[],
    string[],
  ];
  const left = new Map<string, number>();
  for (const token of goldTokens) left.set(token, (left.get(token) ?? 0) + 1);
  let common = 0;
  for (const token of givenTokens) {
    const count = left.get(token) ?? 0;
    if (count > 0) common++;
    left.set(token, count - 1);
  }
  if (common === 0) return 0;
  const precision = common / givenTokens.length;
  const recall = common / goldTokens.length;
  return (2 * precision * recall) / (precision + recall);
}
