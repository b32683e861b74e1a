import { expect } from "chai";
import { nestingOf } from "../src/nesting.ts";

describe("brackets in each other", () => {
  for (const [formula, depth] of [
    ["42", 0],
    ["(1+2)(3+4)", 1],
    ["\\frac{1}{\\sqrt{2}}", 2],
    ["[(1+{2})*(3)]", 3],
    [`${"(".repeat(2000)}1${")".repeat(2000)}`, 2000],
  ] as const)
    it(`are counted by those that are closed: ${formula.slice(0, 20)}`, () => {
      expect(nestingOf(formula)).to.equal(depth);
    });

  it("that are opened only, or closed only, are none", () => {
    expect(nestingOf("(".repeat(5000))).to.equal(0);
    expect(nestingOf(")))")).to.equal(0);
  });
});
