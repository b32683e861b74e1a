/** `readNumber` by itself: what value a text has, how it was written, and what stands behind it. */
import { expect } from "chai";
import { MAX_LENGTH, type PlainNumber, readNumber } from "../../src/numbers.ts";

/** `5/2 fraction`, `50 integer %`, `5 integer USD`; `none` where the text is no number. Reduced to lowest terms. */
function read(text: string): string {
  const number = readNumber(text);
  if (number === undefined) return "none";
  const { percent, unit, base, form } = number;
  const units = unit.readings.map(({ powers, hundredths }) => {
    const named = [...powers].map(([name, power]) => (power === 1 ? name : `${name}^${power}`)).join("*");
    return hundredths === 0 ? named : `${named}/100`;
  });
  const behind = [percent ? "%" : "", units.join("|"), unit.noun.join(" "), base === undefined ? "" : `base ${base}`];
  return [reduced(number), form, ...behind.filter((word) => word !== "")].join(" ");
}

function reduced({ numerator, denominator }: PlainNumber): string {
  expect(denominator > 0n, "the denominator is positive").to.equal(true);
  const common = divisor(numerator < 0n ? -numerator : numerator, denominator);
  return denominator === common ? String(numerator / common) : `${numerator / common}/${denominator / common}`;
}

function divisor(one: bigint, other: bigint): bigint {
  return other === 0n ? one : divisor(other, one % other);
}

const TABLES: Readonly<Record<string, readonly (readonly [text: string, number: string])[]>> = {
  "whole numbers and decimals": [
    ["18", "18 integer"],
    ["18.00", "18 integer"],
    ["18.50", "37/2 decimal"],
    [".5", "1/2 decimal"],
    ["1,234", "1234 integer"],
    ["1 234 567.5", "2469135/2 decimal"],
    ["12,34", "none"],
    ["12 34", "none"],
    ["1,2", "none"],
    ["5 and 3", "none"],
    ["5e-3", "1/200 decimal"],
    ["5e3", "5000 integer"],
    ["1.5 \\times 10^{-2}", "3/200 decimal"],
    ["2 x 10**0", "2 integer"],
  ],
  signs: [
    ["-5", "-5 integer"],
    ["+5", "5 integer"],
    ["\\text{-5}", "-5 integer"],
    ["10\\!000", "10000 integer"],
    ["-$5", "-5 integer USD"],
    ["$-5", "-5 integer USD"],
    ["-$-5", "none"],
    ["-1010_2", "-10 integer base 2"],
  ],
  "fractions and mixed numbers": [
    ["3/4", "3/4 fraction"],
    ["-3/4", "-3/4 fraction"],
    ["1/0", "none"],
    ["1/0.5", "2 fraction"],
    ["\\dfrac{1}{2.5}", "2/5 fraction"],
    ["\\frac12", "1/2 fraction"],
    ["\\frac{1}{-2}", "-1/2 fraction"],
    ["\\frac{-1}{-2}", "1/2 fraction"],
    ["3\\frac{1}{2}", "7/2 fraction"],
    ["3 $\\frac{1}{2}$", "7/2 fraction"],
    ["2 1/2", "5/2 fraction"],
    ["2 and 1/2", "5/2 fraction"],
    ["2  1/2", "5/2 fraction"],
    ["2 1/2 apples", "5/2 fraction appl"],
    ["1,234 1/2", "2469/2 fraction"],
    ["1,234,567 1/2", "2469135/2 fraction"],
    ["12 345 1/2", "24691/2 fraction"],
    ["1 234 567 1/2", "2469135/2 fraction"],
    ["a 5 1/2", "none"],
    ["5 11/2", "none"],
    ["5 2/2", "none"],
    ["1 000 1/2", "2001/2 fraction"],
    ["12 345/678", "none"],
    ["1 000 345/678", "none"],
    ["1234 345/678", "278999/226 fraction"],
    ["12,000 345/678", "2712115/226 fraction"],
    ["3/4/5", "none"],
  ],
  "repeating decimals": [
    ["0.(3)", "1/3 fraction"],
    ["0.1(6)", "1/6 fraction"],
    ["0.(12)", "4/33 fraction"],
    ["a 0.(3)", "none"],
    ["0.1\\overline{6}", "1/6 fraction"],
    ["12.\\overline {34}", "1222/99 fraction"],
  ],
  "numbers in a base": [
    ["1010_2", "10 integer base 2"],
    ["1010_2 ", "10 integer base 2"],
    ["1F_{16}", "31 integer base 16"],
    ["1010 base two", "10 integer base 2"],
    ["1010  base 2", "10 integer base 2"],
    ["1010 in base 2", "10 integer base 2"],
    ["1010 (base-2)", "10 integer base 2"],
    ["1010_{ 2 }", "10 integer base 2"],
    ["(1010) _ { 2 }", "10 integer base 2"],
    ["AB_16", "171 integer base 16"],
    ["(AB)_{16}", "171 integer base 16"],
    ["AB _ { 16 }", "171 integer base 16"],
    ["AB base 16", "171 integer base 16"],
    ["AB  base 16", "171 integer base 16"],
    ["AB (base 16)", "171 integer base 16"],
    ["AB in base 16", "171 integer base 16"],
    ["AB_sixteen", "171 integer base 16"],
    ["1010_2 apples", "none"],
    ["x 1010_2", "none"],
    ["z1_36", "1261 integer base 36"],
    ["11_1", "none"],
    ["5_37", "none"],
    ["1A_{10}", "none"],
    ["1G_{16}", "none"],
    ["11_{none}", "none"],
  ],
  "percentages and scales": [
    ["28\\%", "28 integer %"],
    ["28 percent", "28 integer %"],
    ["28 pct", "28 integer %"],
    ["1 percentage point", "1 integer %"],
    ["5 percentage  points", "5 integer %"],
    ["5% points", "5 integer %"],
    ["5 % of the eggs", "5 integer % of the egg"],
    ["1.8 billion", "1800000000 decimal"],
    ["3 million apples", "3000000 integer appl"],
    ["5 in a million", "none"],
    ["5 millionths", "none"],
    ["5 thousandths", "none"],
  ],
  money: [
    ["$5", "5 integer USD"],
    ["US$5", "5 integer USD"],
    ["EUR 5", "5 integer EUR"],
    ["$5 USD", "5 integer USD"],
    ["$1 dollar", "1 integer USD"],
    ["$5 US dollars", "5 integer USD"],
    ["$5 bucks", "5 integer USD"],
    ["$5 CAD", "5 integer CAD"],
    ["€1 euro", "1 integer EUR"],
    ["£1 pound", "1 integer pound|GBP"],
    ["₹500 rupees", "500 integer INR"],
    ["Rs. 500", "500 integer INR"],
    ["Rs 500", "500 integer INR"],
    ["$5 million dollars", "5000000 integer USD"],
    ["$1.10 per euro", "11/10 decimal USD*EUR^-1"],
    ["$18 a day", "18 integer USD*day^-1"],
    ["5¢", "5 integer USD/100|EUR/100"],
    ["$5,$600", "none"],
  ],
  units: [
    ["5 cm", "5 integer centimeter"],
    ["5\\text{ cm}^2", "5 integer centimeter^2"],
    ["5\\text {cm}", "5 integer centimeter"],
    ["12 $cm^2$", "12 integer centimeter^2"],
    ["$12$ $\\text{cm}^2$", "12 integer centimeter^2"],
    ["90^\\circ", "90 integer degree|degC|degF"],
    ["90^{ \\circ }", "90 integer degree|degC|degF"],
    ["90\\degree", "90 integer degree|degC|degF"],
    ["20\\degree C", "20 integer degC"],
    ["90\\textdegree", "90 integer degree|degC|degF"],
    ["5~km", "5 integer kilometer"],
    ["5'3\"", "none"],
    ["18 eggs", "18 integer egg"],
    ["5 is wrong", "none"],
  ],
};

describe("readNumber reads", () => {
  for (const [what, table] of Object.entries(TABLES)) {
    describe(what, () => {
      for (const [text, number] of table) it(`${JSON.stringify(text)} as ${number}`, () => expect(read(text)).to.equal(number));
    });
  }

  it("no more than its longest text", () => {
    expect(read("1".repeat(MAX_LENGTH))).to.equal(`${"1".repeat(MAX_LENGTH)} integer`);
    expect(read("1".repeat(MAX_LENGTH + 1))).to.equal("none");
  });

  it("how far a decimal is written", () => {
    expect(readNumber("12.50")?.lastPlace).to.equal(100n);
    expect(readNumber("12.50e-2")?.lastPlace).to.equal(10_000n);
    expect(readNumber("12")?.lastPlace).to.equal(1n);
  });

  it("whether anything stands between a number and its unit", () => {
    expect(readNumber("2m")?.attached).to.equal(true);
    expect(readNumber("2m long")?.attached).to.equal(true);
    expect(readNumber("2 m")?.attached).to.equal(false);
    expect(readNumber("1010_2")?.attached).to.equal(false);
  });

  it("a number in a base as no percentage", () => expect(readNumber("1010_2")?.percent).to.equal(false));
});
