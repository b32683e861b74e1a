import { expect } from "chai";
import { outcomeOf } from "../../src/data/recorded/outcome.ts";

describe("what a row says of its outcome", () => {
  it("is numbers, flags and short words, under the names that logs use", () => {
    expect(outcomeOf({ reward: 0, success: false, score: "high", resolved: true, note: 1 })).to.deep.equal({
      reward: 0,
      success: false,
      score: "high",
      resolved: true,
    });
  });

  it("is found beside the row's own fields, which are believed first", () => {
    for (const place of ["info", "metadata", "meta", "extra", "result", "evaluation", "final_metrics", "verifier_result"])
      expect(outcomeOf({ [place]: { reward: 1 } }), place).to.deep.equal({ reward: 1 });
    expect(outcomeOf({ reward: 0, info: { reward: 1, passed: true } })).to.deep.equal({ reward: 0, passed: true });
    expect(outcomeOf({ info: { info: { reward: 1 } } })).to.equal(undefined);
  });

  it("is no longer text, no list, no record and nothing empty", () => {
    expect(outcomeOf({ outcome: "x".repeat(40) })).to.deep.equal({ outcome: "x".repeat(40) });
    for (const value of ["x".repeat(41), "", null, [1], { a: 1 }]) expect(outcomeOf({ outcome: value }), JSON.stringify(value)).to.equal(undefined);
    expect(outcomeOf({ info: "reward: 1" })).to.equal(undefined);
  });

  it("is nothing where the row is no object, or says nothing", () => {
    for (const row of [null, "reward", 1, [{ reward: 1 }], {}]) expect(outcomeOf(row), JSON.stringify(row)).to.equal(undefined);
  });
});
