/** Can a number be worked out from two others in one step? */
import { absolute, approximately, compare, isWithin, minus, over, plus, type Rational, times, whole } from "@autotraj/rationals/rational";

const ONE = whole(1n);

/** Is it the square root of one of the operands, to `distance`? */
export function isRoot(value: Rational, operands: readonly Rational[], distance: Rational): boolean {
  const [least, most] = [minus(value, distance), plus(value, distance)];
  if (least.numerator < 0n) return false;
  const [from, to] = [times(least, least), times(most, most)];
  return operands.some((operand) => compare(operand, from) >= 0 && compare(operand, to) <= 0);
}

/** One of so many: 0.25 of 4. */
export function isReciprocal(value: Rational, operand: Rational, distance: Rational): boolean {
  return compare(value, ONE) < 0 && operand.numerator > 0n && isWithin(over(ONE, operand), value, distance);
}

/** Sum, difference, product or quotient of two of the operands, up to `distance`; signs are not compared. */
export function isOneStep(value: Rational, operands: readonly Rational[], distance: Rational): boolean {
  const [wanted, slack] = [approximately(value), approximately(distance)];
  // Doubles first: they rule out nearly all, and what they cannot hold is left to the exact numbers.
  const couldBe = (near: number) => !(Math.abs(Math.abs(near) - wanted) > slack + 1e-6 * wanted);
  const is = (exact: Rational) => isWithin(absolute(exact), value, distance);
  const near = operands.map(approximately);
  return operands.some((a, first) => {
    const x = near[first] as number;
    for (let second = first + 1; second < operands.length; second++) {
      const [b, y] = [operands[second] as Rational, near[second] as number];
      if (couldBe(x + y) && is(plus(a, b))) return true;
      if (couldBe(x - y) && is(minus(a, b))) return true;
      if (couldBe(x * y) && is(times(a, b))) return true;
      if (b.numerator !== 0n && couldBe(x / y) && is(over(a, b))) return true;
      if (a.numerator !== 0n && couldBe(y / x) && is(over(b, a))) return true;
    }
    return false;
  });
}
