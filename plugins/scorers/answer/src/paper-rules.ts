/**
 * Accuracy as the paper's own evaluation code counts it (method notes §1.9), for comparison with its tables. Looser than our rules in places and stricter in
 * others; its faults stay, they are part of its figures.
 */
import { bracedBehind } from "./paper-braces.ts";
import { overlapF1, withoutArticles, withoutPunctuation } from "./tokens.ts";
import { withPlainDigits } from "./unicode.ts";

/** QA answers with at least this F1 count as right there. */
const PAPER_F1 = 0.5;
const PAPER_TOLERANCE = 1e-6;

/** Mathematics: equal without LaTeX, or the same numbers in any order, or the same set between commas and spaces. Returns the rule that matched. */
export function paperMathRule(gold: string, answer: string): string | undefined {
  const [expected, given] = [firstBraces(gold), lastBox(answer)];
  if (withoutLatex(expected) === withoutLatex(given)) return "equal once LaTeX is stripped";
  const [expectedNumbers, givenNumbers] = [sortedNumbers(expected), sortedNumbers(given)];
  if (areSame(expectedNumbers, givenNumbers))
    return expectedNumbers.length > 0 ? "the same numbers" : "no numbers in either, which count as the same";
  return areSameSet(parts(expected), parts(given)) ? "the same set between commas" : undefined;
}

/** Questions in words: equal but for case, or F1 ≥ 0.5. Returns the rule that matched. */
export function paperTextRule(gold: string, answer: string): string | undefined {
  const [expected, given] = [firstBraces(gold), firstBraces(lastBox(answer))];
  if (expected.toLowerCase() === given.toLowerCase()) return "equal but for case";
  const f1 = overlapF1(words(expected), words(given));
  return f1 >= PAPER_F1 ? `token F1 ${f1.toFixed(2)}` : undefined;
}

function lastBox(answer: string): string {
  // `ed{` alone opens a box there too.
  return (bracedBehind("ed{", answer, "text").at(-1) ?? answer).trim();
}

function firstBraces(text: string): string {
  return (bracedBehind("{", text, "text")[0] ?? text).trim();
}

function withoutLatex(text: string): string {
  return text.replace(/\\[a-zA-Z]+|[{} ]/g, "");
}

function sortedNumbers(text: string): readonly number[] {
  return (withPlainDigits(text).match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number).sort((a, b) => a - b);
}

function areSame(expected: readonly number[], given: readonly number[]): boolean {
  return expected.length === given.length && expected.every((number, index) => Math.abs(number - (given[index] ?? Number.NaN)) <= PAPER_TOLERANCE);
}

function parts(text: string): ReadonlySet<string> {
  return new Set(
    text
      .toLowerCase()
      .split(/[,\s]+/)
      .filter((part) => part !== ""),
  );
}

function areSameSet(expected: ReadonlySet<string>, given: ReadonlySet<string>): boolean {
  return expected.size === given.size && [...expected].every((part) => given.has(part));
}

/** Normalised there in another order than by SQuAD's script, articles first, and without its care for yes and no: `yes it is` is half of `yes`. */
function words(text: string): readonly string[] {
  return withoutPunctuation(withoutArticles(text.toLowerCase()))
    .split(/\s/)
    .filter((word) => word !== "");
}
