/** Accuracy as the paper's own evaluation code counts it, for comparison with its tables. Looser than our rules in places and stricter in others. */
import { exactMatch, tokenF1 } from "./tokens.ts";

/** QA answers with at least this F1 count as right there. */
export const PAPER_F1 = 0.5;
const PAPER_TOLERANCE = 1e-6;

/** Mathematics: equal without LaTeX, or the same numbers in any order, or the same set between commas. Returns the rule that matched. */
export function paperMathRule(gold: string, prediction: string): string | undefined {
  const [expected, given] = [withoutLatex(gold), withoutLatex(prediction)];
  if (given === "") return undefined;
  if (expected === given) return "equal once LaTeX is stripped";
  const [expectedNumbers, givenNumbers] = [sortedNumbers(gold), sortedNumbers(prediction)];
  const sameCount = expectedNumbers.length > 0 && expectedNumbers.length === givenNumbers.length;
  if (sameCount && expectedNumbers.every((number, index) => Math.abs(number - (givenNumbers[index] ?? Number.NaN)) < PAPER_TOLERANCE))
    return "the same numbers";
  return commaSet(expected) === commaSet(given) ? "the same set between commas" : undefined;
}

/** Questions in words: equal but for case, or F1 ≥ 0.5. Returns the rule that matched. */
export function paperTextRule(gold: string, prediction: string): string | undefined {
  if (gold.trim().toLowerCase() === prediction.trim().toLowerCase()) return "equal but for case";
  if (exactMatch(gold, prediction)) return "equal once normalised";
  const f1 = tokenF1(gold, prediction);
  return f1 >= PAPER_F1 ? `token F1 ${f1.toFixed(2)}` : undefined;
}

function withoutLatex(text: string): string {
  return text
    .replace(/\\(?:boxed|text|textbf|mathrm|mbox|left|right|displaystyle)/g, "")
    .replace(/\\[,!;: ]|[\s${}\\]/g, "")
    .toLowerCase();
}
function sortedNumbers(text: string): number[] {
  return (text.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number).sort((a, b) => a - b);
}
function commaSet(text: string): string {
  return [...new Set(text.replace(/[()[\]]/g, "").split(","))].sort().join(",");
}
