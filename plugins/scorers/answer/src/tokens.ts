/** Exact match and token F1 of HotpotQA's and SQuAD's official scripts. */

const PUNCTUATION = new Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
const CLOSED_ANSWERS = new Set(["yes", "no", "noanswer"]);

/** Lower case, no ASCII punctuation, no articles, single spaces: `hotpot_evaluate_v1.py`'s normalize_answer, which keeps typographic quotes and dashes. */
export function normalizeAnswer(text: string): string {
  return withoutArticles(withoutPunctuation(text))
    .split(/\s/)
    .filter((token) => token !== "")
    .join(" ");
}

/** Each `a`, `an` and `the`, in lower case, is a space. */
export function withoutArticles(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu, " ");
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
  return overlapF1(goldTokens, givenTokens);
}

/** Harmonic mean of precision and recall of words, each counted as often as it occurs in both; 0 without a common one. */
export function overlapF1(expected: readonly string[], given: readonly string[]): number {
  const left = new Map<string, number>();
  for (const token of expected) left.set(token, (left.get(token) ?? 0) + 1);
  let common = 0;
  for (const token of given) {
    const count = left.get(token) ?? 0;
    if (count > 0) common++;
    left.set(token, count - 1);
  }
  if (common === 0) return 0;
  const precision = common / given.length;
  const recall = common / expected.length;
  return (2 * precision * recall) / (precision + recall);
}
