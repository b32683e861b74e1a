import { expect } from "chai";
import { withDigits, withLeadingDigits } from "../src/number-words.ts";

/** A text, what its beginning becomes, and what the whole becomes. */
const TEXTS: readonly (readonly [text: string, leading: string, all: string])[] = [
  ["forty-two", "42", "42"],
  ["Forty two apples", "42 apples", "42 apples"],
  ["NINETY", "90", "90"],
  ["one thousand two hundred and five", "1205", "1205"],
  ["one thousand, two hundred", "1200", "1200"],
  ["a hundred and one days", "101 days", "101 days"],
  ["two million three hundred thousand and five", "2300005", "2300005"],
  ["sixteen hundred", "1600", "1600"],
  ["three quarters", "3/4", "3 quarters"],
  ["two-thirds of it", "2/3 of it", "2-thirds of it"],
  ["two and a half", "2 1/2", "2 and a half"],
  ["half", "1/2", "half"],
  ["one hundredth", "1/100", "1 hundredth"],
  ["one twentieth", "1/20", "1 20th"],
  ["seven quarters", "seven quarters", "7 quarters"],
  ["two threes", "two threes", "2 threes"],
  ["seventeenth", "seventeenth", "17th"],
  ["twenty-first", "twenty-first", "21st"],
  ["twelfth", "twelfth", "12th"],
  ["the ninety-third", "the ninety-third", "the 93rd"],
  ["the seven", "the seven", "the 7"],
  ["ten thousand", "10000", "10000"],
  ["twenty thirty", "twenty thirty", "20 30"],
  ["one million one million", "one million one million", "one million one million"],
  ["ninety-nine point five", "ninety-nine point five", "99 point 5"],
  ["hundred", "hundred", "hundred"],
  ["someone", "someone", "someone"],
  ["eighty", "80", "80"],
  ["constructor", "constructor", "constructor"],
  ["", "", ""],
];

describe("numbers in words become digits", () => {
  for (const [text, leading, all] of TEXTS)
    it(JSON.stringify(text), () => {
      expect(withLeadingDigits(text)).to.equal(leading);
      expect(withDigits(text)).to.equal(all);
    });

  it("in a long text too", () => {
    const long = "one hundred and twenty-one thousand apples ".repeat(20_000);
    expect(withDigits(long)).to.have.length.below(long.length);
    expect(withLeadingDigits("one ".repeat(50_000))).to.have.length.above(0);
  });
});
