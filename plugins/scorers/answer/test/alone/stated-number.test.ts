/** The readers of quantities by themselves: sums of several units, decimal commas, words, bounds. */
import { expect } from "chai";
import { sameQualifier, withoutQualifier } from "../../src/bounds.ts";
import { readAnswerNumber, readQuantity, type StatedNumber, withDecimalPoint } from "../../src/stated-number.ts";

/** `1 hour + 30 minute`, `≥ 42`. */
function shown(stated: StatedNumber | undefined): string {
  if (stated === undefined) return "none";
  const parts = stated.parts.map(({ numerator, denominator, unit }) => {
    const value = Number(numerator) / Number(denominator);
    const name = [...(unit.readings[0]?.powers.keys() ?? [])].join(" ");
    return name === "" ? String(value) : `${value} ${name}`;
  });
  return [...(stated.qualifier === undefined ? [] : [stated.qualifier]), parts.join(" + ")].join(" ");
}

const QUANTITIES: readonly (readonly [text: string, quantity: string])[] = [
  ["42", "42"],
  ["minus 42", "-42"],
  ["negative $42", "-42 USD"],
  ["10 minus 5", "none"],
  ["at least 42", "≥ 42"],
  ["42, or more", "≥ 42"],
  ["12,345 or more", "≥ 12345"],
  ["1 h 30 min", "1 hour + 30 minute"],
  ["1h30", "1 hour + 30 minute"],
  ["1 h 30", "1 hour + 30 minute"],
  ["1h 30m", "1 hour + 30 minute"],
  ["1h30m", "1 hour + 30 minute"],
  ["1 h 5 m", "1 hour + 5 minute"],
  ["at most 1 h 30 min", "≤ 1 hour + 30 minute"],
  ["5 ft, 3 in", "5 foot + 3 inch"],
  ["5 ft,3 in", "5 foot + 3 inch"],
  ["5 ft  3 in", "5 foot + 3 inch"],
  ["5 ft and  3 in", "5 foot + 3 inch"],
  ["5'3\"", "5 foot + 3 inch"],
  ["5' 11.5''", "5 foot + 11.5 inch"],
  ["1 week 2 days 3 h 4 min", "1 week + 2 day + 3 hour + 4 minute"],
  ["5 apples and 3 pears", "none"],
  ["5 km and 3%", "none"],
  ["5 and 3", "none"],
  [`1 h${" ".repeat(91)}30 min`, "1 hour + 30 minute"],
  [`1 h${" ".repeat(92)}30 min`, "none"],
  ["seven", "7"],
  ["seven eighths", "0.875"],
  ["seven fifths", "none"],
  ["one half", "0.5"],
  ["three quarters", "0.75"],
  ["7 eighths", "none"],
  ["3 hundredths", "none"],
  ["18 fifth graders", "18"],
  ["5'11\"", "5 foot + 11 inch"],
  ["12' 3\"", "12 foot + 3 inch"],
  ["5 ' 3", "5 foot + 3 inch"],
  ["5'3 in", "5 foot + 3 inch"],
  ["5' 11.25\"", "5 foot + 11.25 inch"],
  ["5'3 \"", "5 foot + 3 inch"],
];
const ANSWERS: readonly (readonly [answer: string, quantity: string])[] = [
  ["x = 2", "2"],
  ["2x", "none"],
  ["x=2", "2"],
  ["y  =  2", "2"],
  ["x_1 = 2", "2"],
  ["x_{12} = 2", "2"],
  ["x ≈ 2", "2"],
  ["x \\approx 2", "2"],
  ["x \\geq 2", "≥ 2"],
  ["x \\ge 2", "≥ 2"],
  ["x \\le 2", "≤ 2"],
  ["x \\gt 2", "> 2"],
  ["x > 2", "> 2"],
  ["x ~ 2", "≈ 2"],
  ["x \\sim 2", "≈ 2"],
  ["With 12 hens they make 42", "42"],
  ["With 12 hens it makes 42", "42"],
  ["12 hens cost 42", "42"],
  ["Each of 12 costs 42", "42"],
  ["12 hens give 42", "42"],
  ["Each of 12 gives 42", "42"],
  ["12 hens get 42", "42"],
  ["Each of 12 gets 42", "42"],
  ["For 3 boys, it's 42", "42"],
  ["For 3 boys: $42", "42 USD"],
  ["9*2=18", "18"],
  ["There are 3 boys near 42", "none"],
  ["In 3 rows 42", "none"],
  ["It is not 42", "none"],
  ["It isn't 42", "none"],
  ["It is half of 42", "none"],
  ["twice 42", "none"],
  ["±42", "none"],
  ["It is not hard: 42", "42"],
  ["July 1999", "none"],
  ["July  1999", "none"],
  ["New York 42", "none"],
  ["Apollo 11", "none"],
  ["Answer 42", "42"],
  ["Total 42", "42"],
  ["x + 42", "none"],
  ["x - 42", "none"],
  ["3! 42", "none"],
  ["f(42)", "none"],
  ["f( 42)", "none"],
  ["eggs (42)", "42"],
  ["2x is 42", "none"],
  ["3xy costs 42", "none"],
  ["3m of it costs 42", "42"],
  ["3kg costs 42", "42"],
  ["3km costs 42", "42"],
  ["It is -42", "-42"],
  ["It has 1,234 eggs", "1234"],
  ["It is .25", "0.25"],
  ["She has 42 eggs.", "42"],
  ["I computed it.\n42", "42"],
  ["x 1\n42", "none"],
  ["17 or 18", "none"],
  ["9 * 2 = $18 every day", "18 USD day"],
];
const COMMAS: readonly (readonly [text: string, read: string])[] = [
  ["2,74", "2.74"],
  ["2,74 € in 3 shops", "2.74 € in 3 shops"],
  ["0,5", "0.5"],
  ["0,125", "0.125"],
  ["3,1416", "3.1416"],
  ["1234,567", "1234.567"],
  ["1234,56", "1234.56"],
  ["3,141", "3,141"],
  ["123,456", "123,456"],
  ["1,2", "1,2"],
  ["1234,5", "1234,5"],
  ["1,234,567", "1,234,567"],
  ["1,23,456", "1,23,456"],
  ["12,345,6", "12,345,6"],
  ["1,23.4", "1,23.4"],
];

describe("readQuantity reads", () => {
  for (const [text, quantity] of QUANTITIES) it(`${JSON.stringify(text)} as ${quantity}`, () => expect(shown(readQuantity(text))).to.equal(quantity));
});

describe("readAnswerNumber reads", () => {
  for (const [answer, quantity] of ANSWERS)
    it(`${JSON.stringify(answer)} as ${quantity}`, () => expect(shown(readAnswerNumber(answer))).to.equal(quantity));
});

describe("withDecimalPoint", () => {
  for (const [text, read] of COMMAS)
    it(`reads ${JSON.stringify(text)} as ${JSON.stringify(read)}`, () => expect(withDecimalPoint(text)).to.equal(read));
});

describe("a bound", () => {
  it("leaves the number as it is written", () => {
    expect(withoutQualifier("12,345, or more")).to.deep.equal({ qualifier: "≥", rest: "12,345" });
    expect(withoutQualifier("(about) 5")).to.deep.equal({ qualifier: undefined, rest: "(about) 5" });
  });
  it("is answered by itself only, an estimate by the value too", () => {
    expect(sameQualifier("≥", "≥", true)).to.equal(true);
    expect(sameQualifier("≥", "≈", false)).to.equal(false);
    expect(sameQualifier("≈", undefined, true)).to.equal(true);
    expect(sameQualifier(undefined, "≈", false)).to.equal(true);
    expect(sameQualifier(undefined, "≈", true)).to.equal(false);
    expect(sameQualifier(undefined, "≥", false)).to.equal(false);
  });
});
