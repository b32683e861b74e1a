/** Exact numbers: fractions over BigInt, so that a comparison never turns on floating point. */

export interface Rational {
  readonly numerator: bigint;
  /** Always positive. */
  readonly denominator: bigint;
}

/** Up to here results are reduced, which keeps them short. Of larger numbers a greatest common divisor would cost more than it saves. */
const LARGEST_REDUCED = 10n ** 1000n;

export function whole(value: bigint): Rational {
  return { numerator: value, denominator: 1n };
}

/** Digits with a sign and a point or without, `-12.50`; nothing at all is 0. The caller knows that they are digits, and how many. */
export function decimal(digits: string): Rational {
  const [before = "", after = ""] = digits.split(".");
  return { numerator: BigInt(`${before}${after}` || "0"), denominator: 10n ** BigInt(after.length) };
}

export function plus(a: Rational, b: Rational): Rational {
  if (a.denominator === b.denominator) return result(a.numerator + b.numerator, a.denominator);
  return result(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function minus(a: Rational, b: Rational): Rational {
  return plus(a, negative(b));
}

export function times(a: Rational, b: Rational): Rational {
  return result(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** @throws RangeError for a division by zero */
export function over(a: Rational, b: Rational): Rational {
  if (b.numerator === 0n) throw new RangeError("division by zero");
  const sign = b.numerator < 0n ? -1n : 1n;
  return result(sign * a.numerator * b.denominator, sign * a.denominator * b.numerator);
}

/**
 * As Python has it: the result has the divisor's sign.
 * @throws RangeError for a division by zero
 */
export function modulo(a: Rational, b: Rational): Rational {
  return minus(a, times(floor(over(a, b)), b));
}

/** The next whole number at or below it. */
export function floor({ numerator, denominator }: Rational): Rational {
  const rest = numerator % denominator;
  return whole((numerator - (rest < 0n ? rest + denominator : rest)) / denominator);
}

/** The caller bounds the exponent: the result's digits grow with it. @throws RangeError for zero to a negative power */
export function power(base: Rational, exponent: bigint): Rational {
  if (exponent < 0n) return power(over(whole(1n), base), -exponent);
  return result(base.numerator ** exponent, base.denominator ** exponent);
}

export function negative({ numerator, denominator }: Rational): Rational {
  return { numerator: -numerator, denominator };
}

export function absolute({ numerator, denominator }: Rational): Rational {
  return { numerator: numerator < 0n ? -numerator : numerator, denominator };
}

/** Below 0 where a is smaller, above 0 where it is larger. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function isWithin(a: Rational, b: Rational, distance: Rational): boolean {
  return compare(absolute(minus(a, b)), distance) <= 0;
}

export function isWhole({ numerator, denominator }: Rational): boolean {
  return numerator % denominator === 0n;
}

/** The nearest double; NaN where one of the parts is past what doubles reach. */
export function approximately({ numerator, denominator }: Rational): number {
  const [above, below] = [Number(numerator), Number(denominator)];
  return Number.isFinite(above) && Number.isFinite(below) ? above / below : Number.NaN;
}

/** However large: equal numbers have equal lowest terms. */
export function inLowestTerms({ numerator, denominator }: Rational): Rational {
  if (denominator === 1n) return { numerator, denominator };
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}

/** Equal numbers have equal keys. */
export function keyOf(value: Rational): string {
  const { numerator, denominator } = inLowestTerms(value);
  return `${numerator}/${denominator}`;
}

function result(numerator: bigint, denominator: bigint): Rational {
  const isLarge = denominator > LARGEST_REDUCED || numerator > LARGEST_REDUCED || numerator < -LARGEST_REDUCED;
  return isLarge ? { numerator, denominator } : inLowestTerms({ numerator, denominator });
}
