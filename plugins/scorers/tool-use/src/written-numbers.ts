/** Numbers as they are written: digits of bounded length, and how much their last decimal leaves open. */
import { numberIn } from "@autotraj/rationals/expression";
import { isWithin, negative, type Rational, whole } from "@autotraj/rationals/rational";

/** Past these a difference is floating-point noise. */
export const FLOAT_DECIMALS = 9;

/** A decimal number as an exact rational; undefined when the text is not one number, or has more than 400 digits. Thousands separators are allowed. */
export function rational(text: string): Rational | undefined {
  const value = numberIn(text.replace(/^[-+]/, ""));
  return value !== undefined && text.startsWith("-") ? negative(value) : value;
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
