/**
 * Which trajectories the paper's code takes for right when it selects and repairs them (method notes §1.3): another rule than that of its evaluation. Its faults
 * (§1.8.4) stay: an empty answer is a part of any gold one, `\frac{3}{2}` is read as 2, `x=2` as 2.
 */
import { bracedBehind } from "./paper-braces.ts";
import { withPlainDigits } from "./unicode.ts";

const TOLERANCE = 1e-6;

/** The last `{…}` of both sides: as numbers where both are some, else equal, or a part of the gold answer. Returns the rule that matched. */
export function selectionRule(gold: string, answer: string): string | undefined {
  const [expected, given] = [lastBraces(gold), lastBraces(answer)];
  const [expectedNumber, givenNumber] = [digitsOf(expected), digitsOf(given)];
  if (expectedNumber !== undefined && givenNumber !== undefined)
    return Math.abs(expectedNumber - givenNumber) < TOLERANCE ? "the same number" : undefined;
  if (expected === given) return "equal";
  if (given === "") return "empty, and so a part of any gold answer";
  return expected.includes(given) ? "a part of the gold answer" : undefined;
}

function lastBraces(text: string): string {
  return (bracedBehind("{", text, "line").at(-1) ?? text).trim();
}

/** The number that digits, points and signs make, once all else is struck out. */
function digitsOf(text: string): number | undefined {
  const digits = withPlainDigits(text).replace(/[^\d.-]/g, "");
  const number = Number(digits);
  return digits === "" || Number.isNaN(number) ? undefined : number;
}
