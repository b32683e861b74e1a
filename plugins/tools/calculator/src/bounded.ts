/** Exact arithmetic within bounds, and why there is no result in words the model reads. */
import { decimal, floor, isWhole, negative, over, plus, power, type Rational, times, whole } from "@autotraj/rationals/rational";

/** Why there is no result. */
export class CalculationError extends Error {}

/** Digits of a numerator or denominator on the way. Enough for 1.00375^360, a mortgage; far less than what would take time. */
const MOST_DIGITS = 10_000;
const LARGEST = 10n ** BigInt(MOST_DIGITS);
const TOO_LARGE = "the numbers get too large";

/** `15` and -1 for 1.5. */
export function scientific(digits: string, exponent: number): Rational {
  if (digits.length + Math.abs(exponent) > MOST_DIGITS) throw new CalculationError(TOO_LARGE);
  const scale = whole(10n ** BigInt(Math.abs(exponent)));
  return bounded(exponent < 0 ? over(decimal(digits), scale) : times(decimal(digits), scale));
}

export function add(a: Rational, b: Rational): Rational {
  return bounded(plus(a, b));
}

export function subtract(a: Rational, b: Rational): Rational {
  return bounded(plus(a, negative(b)));
}

export function multiply(a: Rational, b: Rational): Rational {
  return bounded(times(a, b));
}

/** @throws CalculationError where b is 0. */
export function divide(a: Rational, b: Rational): Rational {
  if (b.numerator === 0n) throw new CalculationError("division by zero");
  return bounded(over(a, b));
}

/** The quotient's next whole number below, as Python's `//`. @throws CalculationError where b is 0. */
export function divideDown(a: Rational, b: Rational): Rational {
  return floor(divide(a, b));
}

/** @throws CalculationError where the exponent is no whole number, or the result too large. */
export function raise(base: Rational, exponent: Rational): Rational {
  if (!isWhole(exponent)) throw new CalculationError("only whole numbers can be exponents");
  const times = exponent.numerator / exponent.denominator;
  const { numerator, denominator } = times < 0n ? divide(whole(1n), base) : base;
  const count = times < 0n ? -times : times;
  if (denominator === 1n && numerator >= -1n && numerator <= 1n) return whole(smallPower(numerator, count));
  // Before it is computed: 9^9^9 must cost nothing.
  if (count > LARGEST || count * BigInt(longest(numerator, denominator)) > MOST_DIGITS) throw new CalculationError(TOO_LARGE);
  return bounded(power({ numerator, denominator }, count));
}

/** Of -1, 0 or 1, however large the exponent. */
function smallPower(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  return base === -1n && exponent % 2n === 0n ? 1n : base;
}

/** Decimal digits of the longer one, less one: a lower bound of what each factor adds. */
function longest(numerator: bigint, denominator: bigint): number {
  const size = numerator < 0n ? -numerator : numerator;
  const bits = (size > denominator ? size : denominator).toString(16).length * 4;
  return Math.max(1, Math.floor(bits * Math.log10(2)) - 1);
}

function bounded(value: Rational): Rational {
  const { numerator, denominator } = value;
  if (numerator > LARGEST || numerator < -LARGEST || denominator > LARGEST) throw new CalculationError(TOO_LARGE);
  return value;
}
