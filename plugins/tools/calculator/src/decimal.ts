/** Writes an exact result as GSM8K's marks do: the shortest decimal, nothing padded; what does not end is rounded. */
import type { Rational } from "@autotraj/rationals/rational";
import { CalculationError } from "./bounded.ts";

const MOST_WHOLE_DIGITS = 100;
/** Zeros after the point before a small number is written as 1.5e-21. */
const MOST_ZEROS = 20;

/**
 * Whole numbers in full; of others `significantDigits` (at least the whole part), rounded half away from zero, without trailing zeros.
 * @throws CalculationError where the whole part has more than 100 digits.
 */
export function toDecimal({ numerator, denominator }: Rational, significantDigits: number): string {
  const sign = numerator < 0n ? "-" : "";
  const size = numerator < 0n ? -numerator : numerator;
  const whole = (size / denominator).toString();
  if (whole.length > MOST_WHOLE_DIGITS) throw new CalculationError(`the result has ${whole.length} digits; at most ${MOST_WHOLE_DIGITS} are shown`);
  if (size % denominator === 0n) return sign + whole;
  const zeros = whole === "0" ? leadingZeros(size, denominator) : 0;
  const places = whole === "0" ? significantDigits + zeros : Math.max(0, significantDigits - whole.length);
  const rounded = roundedQuotient(size * 10n ** BigInt(places), denominator)
    .toString()
    .padStart(places + 1, "0");
  const cut = rounded.length - places;
  const fraction = rounded.slice(cut).replace(/0+$/, "");
  if (zeros > MOST_ZEROS) return sign + scientific(fraction.replace(/^0+/, ""), fraction);
  return sign + rounded.slice(0, cut) + (fraction === "" ? "" : `.${fraction}`);
}

/** Zeros between the point and the first other digit. */
function leadingZeros(size: bigint, denominator: bigint): number {
  // One digit short at most, whatever the first digits are.
  let zeros = Math.max(0, denominator.toString().length - size.toString().length - 1);
  while (size * 10n ** BigInt(zeros + 1) < denominator) zeros++;
  return zeros;
}

function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

function scientific(digits: string, fraction: string): string {
  const exponent = fraction.length - digits.length + 1;
  return `${digits.charAt(0)}${digits.length > 1 ? `.${digits.slice(1)}` : ""}e-${exponent}`;
}
