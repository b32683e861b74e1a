import { expect } from "chai";
import { parseJson } from "../src/data/exact-json.ts";

/** What is written again of a text that was read. */
const again = (text: string) => JSON.stringify(parseJson(text));

describe("a number in JSON", () => {
  const kept = [
    ...["12345678901234567890", "-9007199254740993", "12345678901234567168", "1e400", "-1E+400"],
    ...["0.12345678901234567890", "12345678.123456789012", "9007199254740993.5", "12345678901234567890.5", "1e-400", "3.141592653589793238462643"],
    ...["0.10000000000000000000000000001", `0.${"0".repeat(400)}1`],
  ];
  for (const text of kept) {
    it(`keeps its digits where a double has others: ${text.slice(0, 40)}`, () => {
      expect(again(`{"x":${text},"list":[${text}]}`)).to.equal(`{"x":${text},"list":[${text}]}`);
    });
  }

  const plain: readonly (readonly [string, number])[] = [
    ["1.50", 1.5],
    ["0.1", 0.1],
    // As C's %.17g, Python's Decimal and %.20f write the doubles 0.1 and 0.2.
    ["0.10000000000000001", 0.1],
    ["0.1000000000000000055511151231257827", 0.1],
    ["0.20000000000000001110", 0.2],
    ["-0.30000000000000004", -0.30000000000000004],
    ["1733011200.1234560", 1733011200.123456],
    ["1e22", 1e22],
    ["123456789012345680000", 123456789012345680000],
    ["5e-324", 5e-324],
    ["2.5e-005", 0.000025],
    ["0.00000000000000000000", 0],
  ];
  for (const [text, value] of plain) {
    it(`is a plain number where a double says the same: ${text}`, () => {
      expect(parseJson(`{"long":12345678901234567890,"x":${text}}`)).to.have.property("x", value);
      expect(parseJson(text)).to.equal(value);
    });
  }
});
