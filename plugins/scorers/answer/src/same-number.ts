/** Whether two plain numbers are the same answer. All arithmetic is exact. */
import { type PlainNumber, readNumber } from "./numbers.ts";

/** Whether a prediction is the gold number. `tolerance` is written as a number, e.g. 1e-6; see the README for the rule. */
export function sameNumber(gold: PlainNumber, prediction: PlainNumber, tolerance: number): boolean {
  if (gold.currency !== "" && prediction.currency !== "" && gold.currency !== prediction.currency) return false;
  if (sameValue(gold, prediction, tolerance)) return gold.percent === prediction.percent || standsWithoutPercent(gold);
  if (gold.percent && !prediction.percent) return sameValue(hundredth(gold), prediction, tolerance);
  return prediction.percent && !gold.percent && sameValue(gold, hundredth(prediction), tolerance);
}

function sameValue(gold: PlainNumber, prediction: PlainNumber, tolerance: number): boolean {
  const denominator = gold.denominator * prediction.denominator;
  const goldPart = abs(gold.numerator * prediction.denominator);
  const difference = abs(gold.numerator * prediction.denominator - prediction.numerator * gold.denominator);
  if (difference === 0n) return true;
  if (gold.form !== "decimal" && prediction.form !== "decimal") return false;
  const [share = 1n, whole = 1n] = ratio(tolerance);
  const isLarge = goldPart > denominator;
  if (difference * whole > (isLarge ? goldPart : denominator) * share) return false;
  // An integer is no rounding of anything, a decimal of what its last place can't show, a fraction of nothing near its own size.
  if (gold.form === "integer") return difference * 1000n <= denominator;
  if (gold.form === "decimal") return difference * 2n * gold.lastPlace <= denominator;
  return difference * 1000n <= goldPart;
}

function ratio(tolerance: number): readonly bigint[] {
  const { numerator, denominator } = readNumber(String(tolerance)) ?? { numerator: 0n, denominator: 1n };
  return [numerator, denominator];
}
function hundredth(number: PlainNumber): PlainNumber {
  return {
    ...number,
    denominator: number.denominator * 100n,
    lastPlace: number.lastPlace * 100n,
    form: number.form === "integer" ? "decimal" : number.form,
  };
}
/** `28` may stand for 28%, `0.5` not for 0.5%: it is half. */
function standsWithoutPercent(number: PlainNumber): boolean {
  return number.numerator === 0n || abs(number.numerator) >= number.denominator;
}
function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
