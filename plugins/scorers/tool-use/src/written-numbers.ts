/** Numbers as they are written: digits of bounded length, and how much their last decimal leaves open. */
import { decimal, isWithin, negative, type Rational, whole } from "@autotraj/rationals/rational";

const MOST_DIGITS = 400;
/** Past these a difference is floating-point noise. */
export const FLOAT_DECIMALS = 9;

/** A decimal number as an exact rational; undefined when the text is not one number, or has more than 400 digits. Thousands separators are allowed. */
export function rational(text: string): Rational | undefined {
  const match = /^([-+]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d*))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", before = "", after = ""] = match;
  if (before === "" && after === "") return undefined;
  if (before.length + after.length > MOST_DIGITS) return undefined;
  const value = decimal(`${before.replaceAll(",", "")}.${after}`);
  return sign === "-" ? negative(value) : value;
}

/** How many decimals a number is written with. */
export function decimals(text: string): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

/** Equal, or equal once the exact value is rounded to as many decimals as were written; decimals past the ninth are floating-point noise. */
export function agrees(exact: Rational, written: Rational, writtenDecimals: number): boolean {
  return isWithin(exact, written, roundingOf(writtenDecimals));
}

/** Half a unit of the last decimal written; of the last digit before the zeros where that is below 0 (thousands: -3). */
export function roundingOf(writtenDecimals: number): Rational {
  if (writtenDecimals < 0) return whole(5n * 10n ** BigInt(-writtenDecimals - 1));
  return { numerator: 1n, denominator: 2n * 10n ** BigInt(Math.min(writtenDecimals, FLOAT_DECIMALS)) };
}
