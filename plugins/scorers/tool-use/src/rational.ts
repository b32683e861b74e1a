/** Exact numbers: rationals over BigInt, so that a comparison never turns on floating point. */

export interface Rational {
  readonly numerator: bigint;
  /** Always positive. */
  readonly denominator: bigint;
}

const MOST_DIGITS = 400;
const LARGEST_EXPONENT = 64n;
/** Past these a difference is floating-point noise. */
export const FLOAT_DECIMALS = 9;

export function whole(value: bigint): Rational {
  return { numerator: value, denominator: 1n };
}

/** A decimal number as an exact rational; undefined when the text is not one number, or has more than 400 digits. Thousands separators are allowed. */
export function rational(text: string): Rational | undefined {
  const match = /^([-+]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d*))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  if (whole.length + fraction.length > MOST_DIGITS) return undefined;
  const digits = BigInt(`${whole.replaceAll(",", "")}${fraction}`);
  return { numerator: sign === "-" ? -digits : digits, denominator: 10n ** BigInt(fraction.length) };
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
  if (writtenDecimals < 0) return { numerator: 5n * 10n ** BigInt(-writtenDecimals - 1), denominator: 1n };
  return { numerator: 1n, denominator: 2n * 10n ** BigInt(Math.min(writtenDecimals, FLOAT_DECIMALS)) };
}

export function isWithin(a: Rational, b: Rational, distance: Rational): boolean {
  return compare(absolute(minus(a, b)), distance) <= 0;
}

export function plus(a: Rational, b: Rational): Rational {
  if (a.denominator === b.denominator) return reduced(a.numerator + b.numerator, a.denominator);
  return reduced(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function minus(a: Rational, b: Rational): Rational {
  return plus(a, { ...b, numerator: -b.numerator });
}

export function times(a: Rational, b: Rational): Rational {
  return reduced(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** @throws RangeError for a division by zero */
export function over(a: Rational, b: Rational): Rational {
  if (b.numerator === 0n) throw new RangeError("division by zero");
  return reduced(a.numerator * b.denominator, a.denominator * b.numerator);
}

/** @throws RangeError for an exponent that is no whole number or too large, and for a division by zero */
export function power(base: Rational, exponent: Rational): Rational {
  const size = exponent.numerator < 0n ? -exponent.numerator : exponent.numerator;
  if (exponent.denominator !== 1n || size > LARGEST_EXPONENT) throw new RangeError("exponent");
  const raised = { numerator: base.numerator ** size, denominator: base.denominator ** size };
  return exponent.numerator < 0n ? over(whole(1n), raised) : reduced(raised.numerator, raised.denominator);
}

/**
 * As Python has it: the result has the divisor's sign.
 * @throws RangeError for a division by zero
 */
export function modulo(a: Rational, b: Rational): Rational {
  if (b.numerator === 0n) throw new RangeError("division by zero");
  const [left, right] = [a.numerator * b.denominator, b.numerator * a.denominator];
  return reduced(((left % right) + right) % right, a.denominator * b.denominator);
}

export function absolute(value: Rational): Rational {
  return value.numerator < 0n ? { ...value, numerator: -value.numerator } : value;
}

/** Below 0 where a is smaller, above 0 where it is larger. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The nearest double; NaN where one of the parts is past what doubles reach. */
export function approximately({ numerator, denominator }: Rational): number {
  const [above, below] = [Number(numerator), Number(denominator)];
  return Number.isFinite(above) && Number.isFinite(below) ? above / below : Number.NaN;
}

function reduced(numerator: bigint, denominator: bigint): Rational {
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = denominator === 1n ? 1n : greatestCommonDivisor(numerator < 0n ? -numerator : numerator, sign * denominator) || 1n;
  return { numerator: (sign * numerator) / divisor, denominator: (sign * denominator) / divisor };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
