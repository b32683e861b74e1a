/** The readers of quantities by themselves: sums of several units, decimal commas, words, bounds. */
import { expect } from "chai";
import { sameQualifier, withoutQualifier } from "../../src/bounds.ts";
import { numberWord, withLeadingDigits } from "../../src/number-words.ts";
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
  ["seven eighths", "none"],
  ["five sixths", "none"],
  ["one sixth", "none"],
  ["two thirds", "none"],
  ["7 eighths", "none"],
  ["3 hundredths", "none"],
  ["18 fifth graders", "18"],
];
const ANSWERS: readonly (readonly [answer: string, quantity: string])[] = [
  ["x = 2", "2"],
  ["2x", "none"],
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

describe("a number in words", () => {
  it("is one word up to twenty, or tens", () => {
    expect(["zero", "Twelve", "ninety", "hundred", "constructor"].map(numberWord)).to.deep.equal([0, 12, 90, undefined, undefined]);
  });
  it("is read where it stands alone or before what is counted", () => {
    const texts = ["seven apples", "zero", "twenty-one", "one half", "one twentieth", "two threes", "seventy"];
    expect(texts.map(withLeadingDigits)).to.deep.equal(["7 apples", "0", "twenty-one", "one half", "one twentieth", "two threes", "70"]);
  });
});
