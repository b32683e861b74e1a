import { expect } from "chai";
import fc from "fast-check";
import {
  absolute,
  approximately,
  compare,
  decimal,
  floor,
  inLowestTerms,
  isWhole,
  isWithin,
  minus,
  modulo,
  negative,
  over,
  plus,
  power,
  type Rational,
  times,
  whole,
} from "../src/rational.ts";

const shown = ({ numerator, denominator }: Rational) => `${numerator}/${denominator}`;
const fraction = (numerator: bigint, denominator: bigint): Rational => ({ numerator, denominator });
const anyNumber = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 30n }))
  .map(([numerator, denominator]) => fraction(numerator, denominator));
const areEqual = (a: Rational, b: Rational) => compare(a, b) === 0;

describe("a fraction", () => {
  it("is read from digits", () => {
    for (const [digits, expected] of [
      ["12.50", "1250/100"],
      ["-.5", "-5/10"],
      ["7.", "7/1"],
      ["007", "7/1"],
      ["", "0/1"],
    ] as const)
      expect(shown(decimal(digits)), digits).to.equal(expected);
  });

  it("is added, subtracted, multiplied and divided, in lowest terms", () => {
    const [a, b] = [fraction(1n, 2n), fraction(-1n, 3n)];
    expect([plus(a, b), minus(a, b), times(a, b), over(a, b)].map(shown)).to.deep.equal(["1/6", "5/6", "-1/6", "-3/2"]);
    expect(shown(plus(fraction(1n, 4n), fraction(1n, 4n)))).to.equal("1/2");
  });

  it("obeys the laws of arithmetic", () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, anyNumber, (a, b, c) => {
        expect(areEqual(times(a, plus(b, c)), plus(times(a, b), times(a, c)))).to.equal(true);
        expect(areEqual(plus(minus(a, b), b), a)).to.equal(true);
        if (b.numerator !== 0n) expect(areEqual(times(over(a, b), b), a)).to.equal(true);
        expect(Math.sign(compare(a, b))).to.equal(-Math.sign(compare(b, a)));
        expect(areEqual(inLowestTerms(a), a)).to.equal(true);
      }),
      { numRuns: 200 },
    );
  });

  it("always has a positive denominator", () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        const results = [plus(a, b), minus(a, b), times(a, b), negative(a), ...(b.numerator === 0n ? [] : [over(a, b), modulo(a, b), power(b, -3n)])];
        expect(results.every(({ denominator }) => denominator > 0n)).to.equal(true);
      }),
      { numRuns: 200 },
    );
  });

  it("is rounded down, and leaves a rest with the divisor's sign", () => {
    expect([fraction(7n, 2n), fraction(-7n, 2n), fraction(-4n, 2n)].map((value) => shown(floor(value)))).to.deep.equal(["3/1", "-4/1", "-2/1"]);
    const rests = [modulo(whole(7n), whole(3n)), modulo(whole(-7n), whole(3n)), modulo(whole(7n), whole(-3n)), modulo(decimal("7.5"), whole(2n))];
    expect(rests.map(shown)).to.deep.equal(["1/1", "2/1", "-2/1", "3/2"]);
  });

  it("is raised to whole powers", () => {
    expect([power(fraction(2n, 3n), 3n), power(fraction(-2n, 3n), -3n), power(whole(0n), 0n)].map(shown)).to.deep.equal(["8/27", "-27/8", "1/1"]);
  });

  it("is never divided by zero", () => {
    for (const wrong of [() => over(whole(1n), whole(0n)), () => modulo(whole(1n), whole(0n)), () => power(whole(0n), -1n)])
      expect(wrong).to.throw(RangeError, "division by zero");
  });

  it("is near another one, or whole, whatever its terms are", () => {
    expect(isWithin(decimal("1.05"), whole(1n), decimal("0.05"))).to.equal(true);
    expect(isWithin(decimal("0.94"), whole(1n), decimal("0.05"))).to.equal(false);
    expect([fraction(4n, 2n), fraction(3n, 2n)].map(isWhole)).to.deep.equal([true, false]);
    expect(shown(absolute(fraction(-1n, 2n)))).to.equal("1/2");
  });

  it("is about a double, where a double reaches", () => {
    expect(approximately(fraction(1n, 8n))).to.equal(0.125);
    expect(approximately(whole(10n ** 400n))).to.be.NaN;
  });

  it("keeps its terms where reducing them would cost too much, and has lowest ones all the same", () => {
    const huge = fraction(2n * 10n ** 1200n, 2n);
    expect(times(huge, whole(1n))).to.deep.equal(huge);
    expect(inLowestTerms(huge)).to.deep.equal(whole(10n ** 1200n));
  });
});
