/** `compareQuantities` by itself: percent, money, and how far a rounded number may be off where the tolerance allows it. */
import { expect } from "chai";
import { type PlainNumber, readNumber } from "../../src/numbers.ts";
import { compareQuantities, type Sameness, sameConverted } from "../../src/quantity.ts";

const number = (text: string) => readNumber(text) as PlainNumber;
const exact = (text: string) => ({ ...number(text), form: "fraction", lastPlace: 1n }) as const;

const COMPARED: readonly (readonly [gold: string, given: string, tolerance: number, sameness: Sameness])[] = [
  ["18", "18.0", 0, "same"],
  ["18", "17", 1, "different"],
  // Beyond 1 the tolerance is a share of gold, below it is absolute.
  ["1000.5", "1000.54", 1e-4, "same"],
  ["1000.5", "1000.54", 1e-5, "different"],
  ["-1000.5", "-1000.54", 1e-4, "same"],
  ["0.5", "0.54", 0.05, "same"],
  ["0.5", "0.54", 0.04, "same"],
  ["0.5", "0.54", 0.039, "different"],
  // Never past what gold's last place can hide.
  ["0.5", "0.55", 0.1, "same"],
  ["0.5", "0.551", 0.1, "different"],
  ["0.33", "1/3", 0.01, "same"],
  ["0.33", "34/100", 0.1, "different"],
  ["5", "5.0005", 1e-3, "same"],
  ["5", "5.001", 1e-3, "same"],
  ["5", "5.002", 1e-3, "different"],
  ["1/3", "0.33", 0.01, "different"],
  ["1/3", "0.3333", 1e-3, "same"],
  ["1/2", "0.5005", 0.01, "same"],
  ["1/2", "0.5006", 0.01, "different"],
  ["1/3", "2/6", 0, "same"],
  ["1/3", "333333/1000000", 0.1, "different"],
  // Percent.
  ["28%", "28", 0, "same"],
  ["28%", "0.28", 0, "same"],
  ["0.28", "28%", 0, "same"],
  ["0.5", "0.5%", 0, "different"],
  ["0.5%", "0.5", 0, "different"],
  ["0%", "0", 0, "same"],
  ["1%", "1", 0, "same"],
  ["33%", "0.334", 0.01, "same"],
  ["33%", "0.336", 0.01, "different"],
  ["100/3%", "0.33", 0.01, "different"],
  ["5%", "5 km", 0, "different"],
  ["5 km", "5%", 0, "different"],
  ["5 km", "5 m", 0, "convert"],
  ["5% km", "5 m", 0, "different"],
  // Cents and dollars.
  ["$0.50", "50¢", 0, "same"],
  ["50¢", "$0.50", 0, "same"],
  ["50¢", "$0.51", 0, "different"],
  ["50.5¢", "$0.51", 0.01, "different"],
  ["$5", "50¢", 0, "different"],
  // A sum of money need not say for what, but what is no rate is something else.
  ["$18", "$18 a day", 0, "same"],
  ["$18 per hour", "$18", 0, "same"],
  ["$5", "$5 km", 0, "convert"],
  // Bases.
  ["1010_2", "10", 0, "different"],
  ["13", "13_{10}", 0, "same"],
  ["A_{16}", "1010_2", 0, "same"],
];

const CONVERTED: readonly (readonly [gold: string, given: string, same: boolean])[] = [
  ["8.04672", "8.04672", true],
  ["8.04672", "8.05", true],
  ["8.04672", "8.0", false],
  ["8.04672", "8", false],
  ["8.045", "8.05", true],
  ["8.0449", "8.05", false],
  ["804.672", "805", false],
  ["0.999998", "1.00", true],
  ["0.996", "1.00", true],
  ["0.99", "1.00", false],
  ["0.996", "1.0", false],
];

describe("compareQuantities finds", () => {
  for (const [gold, given, tolerance, sameness] of COMPARED) {
    it(`${given} for ${gold} ${sameness}, with a tolerance of ${tolerance}`, () =>
      expect(compareQuantities(number(gold), number(given), tolerance)).to.equal(sameness));
  }
});

describe("sameConverted takes", () => {
  for (const [gold, given, same] of CONVERTED) {
    it(`${given}${same ? "" : " not"} for ${gold}`, () => expect(sameConverted(exact(gold), number(given), 1e-6)).to.equal(same));
  }
});
