/** Numbers written as tools and people write them, and put in the place of others. */
import { numbersIn } from "@autotraj/evidence/written-number";
import { approximately, compare, isWhole, type Rational } from "@autotraj/rationals/rational";

/** Beyond these Python writes exponents. */
const [SMALLEST, LARGEST] = [1e-4, 1e15];
const MOST_DIGITS = 15;
/** Of what people write; more is what a division left. */
const MOST_DECIMALS = 6;

/** Undefined where it would be written with an exponent. @param point `always`: as Python writes a float, `2.0` */
export function written(value: Rational, point: "always" | "where needed"): string | undefined {
  const size = approximately(value);
  if (!(Math.abs(size) < LARGEST) || (size !== 0 && Math.abs(size) < SMALLEST)) return undefined;
  const text = isWhole(value) ? String(value.numerator / value.denominator) : String(size);
  return point === "always" && !text.includes(".") ? `${text}.0` : text;
}

/** One number for another one, wherever it stands. */
export interface Swap {
  readonly from: Rational;
  readonly to: Rational;
  /** Digits behind the point, where `from` was rounded. */
  readonly decimals?: number;
}

/** Each as the one in its place was written. Undefined where one cannot be written so. */
export function swapped(text: string, swaps: readonly Swap[]): string | undefined {
  let made = "";
  let at = 0;
  for (const { value, start, end } of numbersIn(text, "words")) {
    const swap = swaps.find(({ from }) => compare(from, value) === 0);
    if (swap === undefined) continue;
    const to = like(text.slice(start, end), swap);
    if (to === undefined) return undefined;
    const before = text.slice(at, start);
    made += (value.numerator < 0n ? before.replace(/[-−]\s*$/, "") : before) + to;
    at = end;
  }
  return made + text.slice(at);
}

function like(there: string, { to, decimals }: Swap): string | undefined {
  if (decimals !== undefined) return approximately(to).toFixed(Math.min(decimals, MOST_DIGITS));
  const text = written(to, /\.0$/.test(there) ? "always" : "where needed");
  const after = text?.split(".")[1] ?? "";
  const isNoise = after.length > Math.max(MOST_DECIMALS, (there.split(".")[1] ?? "").length);
  if (text === undefined || isNoise) return undefined;
  return there.includes(",") ? text.replace(/\B(?=(?:\d{3})+(?!\d))(?<!\.\d*)/g, ",") : text;
}
