/** The comparison of words by itself. */
import { expect } from "chai";
import { plainText, textF1 } from "../../src/text.ts";
import { normalizeAnswer } from "../../src/tokens.ts";

const PLAIN: readonly (readonly [text: string, plain: string])[] = [
  ["The  Beatles", "beatles"],
  ["1,234 eggs", "1234 eggs"],
  ["50 \\% of it", "50% of it"],
  ["50 percent", "50%"],
  ["(per cent)", "%"],
  ["10  to  20", "10-20"],
  ["10 through 20", "10-20"],
  ["3 : 4", "3:4"],
  ["04:30", "4:30"],
  ["x_1", "x1"],
  ["Mark-5", "mark5"],
  ["F-16", "f16"],
  ["7-Eleven", "7-11"],
  ["well-known", "wellknown"],
  ["T-1 day", "t-1 day"],
  ["-5", "-5"],
  ["U.S.", "us"],
  ["v1.10", "v1.10"],
  ["“Paris”, France!", "paris france"],
  ["seven", "7"],
  ["Hepatitis A", "hepatitis a"],
  ["the", "the"],
  ["THE END", "end"],
  ["An apple", "apple"],
  ["not an apple but a pear", "not apple but pear"],
  ["A Beautiful Mind", "beautiful mind"],
  ["“A Tale of Two Cities”", "tale of 2 cities"],
  ["Vitamin A deficiency", "vitamin a deficiency"],
  ["breathe air", "breathe air"],
  ["3 a day", "3 day"],
  ["St. Louis", "st louis"],
  ["a.b", "ab"],
  ["No.5", "no5"],
  ["is 5. Or .5", "is 5 or .5"],
  ["AC/DC", "acdc"],
  ["3/4", "3/4"],
  ["x/2", "x/2"],
  ["2/x", "2/x"],
  ["O'Neill", "oneill"],
  ["'90s", "90s"],
  ["5'3", "5'3"],
  ["5'", "5"],
  ["C#", "c#"],
  ["#5", "5"],
  ["x^2", "x^2"],
  ["x^{-1}", "x^-1"],
  ["x^-1", "x^-1"],
  ["x^n", "xn"],
  ["snake_case", "snakecase"],
  ["1010_2", "1010_2"],
  ["A*", "a*"],
  ["abc*", "abc"],
  ["5*", "5"],
  ["Note: x", "note x"],
  ["Paris - France", "paris france"],
  ["A-", "a-"],
  ["-$5", "-$5"],
  ["- .5", ".5"],
  ["-x", "-x"],
];
const CLOSENESS: readonly (readonly [gold: string, given: string, f1: number])[] = [
  ["New York City", "new york", 0.8],
  ["New York", "Boston", 0],
  ["big big apple", "big apple apple", 2 / 3],
  ["yes", "Yes.", 1],
  ["yes", "yes it is", 0],
  ["no", "yes", 0],
  ["yes it is", "yes we are", 1 / 3],
  ["nothing", "nothing at all", 0.5],
  ["casino", "big casino", 2 / 3],
];

describe("plainText", () => {
  for (const [text, plain] of PLAIN) it(`of ${JSON.stringify(text)} is ${JSON.stringify(plain)}`, () => expect(plainText(text)).to.equal(plain));
});

describe("textF1", () => {
  for (const [gold, given, f1] of CLOSENESS) {
    it(`of ${JSON.stringify(given)} with ${JSON.stringify(gold)} is ${f1.toFixed(2)}`, () => expect(textF1(gold, given)).to.be.closeTo(f1, 1e-9));
  }
});

describe("normalizeAnswer", () => {
  it("is the official script's", () => expect(normalizeAnswer(" The\n big, bad  Wolf ")).to.equal("big bad wolf"));
});
