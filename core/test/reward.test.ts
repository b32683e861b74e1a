import { expect } from "chai";
import type { RewardTapOptions, Score } from "../src/kernel/plugin.ts";
import { type CombineRule, combineReward, type RewardScale } from "../src/run/stages/reward.ts";

type Terms = Readonly<Record<string, readonly [RewardTapOptions["role"], Score]>>;
const value = (number: number): Score => ({ value: number });

function rewardOf(combine: CombineRule, terms: Terms, weights: Readonly<Record<string, number>> = {}, scale?: RewardScale) {
  const map = new Map(Object.entries(terms).map(([name, [role, score]]) => [name, { role, score }]));
  return combineReward(map, { combine, weights }, scale);
}

describe("the reward", () => {
  const gate = (number: number) => ["gate", value(number)] as const;
  const outcome = (number: number) => ["outcome", value(number)] as const;
  const model = (number: number) => ["trajectory", value(number)] as const;

  // method.md §1.7: max(F1, clip(F1 + 0.2·r·[F1 > 0], −3, 3)), −1 where the format is invalid.
  for (const [f1, r, expected] of [
    [0.5, 1, 0.7],
    [0.5, -1, 0.5],
    [0, 2, 0],
    [1, 100, 3],
    [1, -100, 1],
  ] as const) {
    it(`by the paper's rule of F1 ${f1} and a reward model's ${r} is ${expected}`, () => {
      expect(rewardOf("paper", { format: gate(0), f1: outcome(f1), rm: model(r) }).reward).to.be.closeTo(expected, 1e-12);
    });
  }

  it("is the gate's value where the form is invalid, whatever else was earned", () => {
    for (const rule of ["sum", "paper", "bounded"] as const) {
      expect(rewardOf(rule, { format: gate(-1), f1: outcome(1), rm: model(5) })).to.deep.equal({ reward: -1, terms: { format: -1, f1: 1, rm: 5 } });
    }
  });

  it("bounded measures the reward model by its own scale, and can never outweigh the outcome", () => {
    const scale = { mean: 4, deviation: 2 };
    expect(rewardOf("bounded", { f1: outcome(1), rm: model(4) }, {}, scale).reward).to.equal(1);
    expect(rewardOf("bounded", { f1: outcome(1), rm: model(6) }, {}, scale).reward).to.be.closeTo(1 + 0.2 * Math.tanh(1), 1e-12);
    expect(rewardOf("bounded", { f1: outcome(0.4), rm: model(1e9) }, {}, scale).reward).to.be.closeTo(0.6, 1e-9);
    expect(rewardOf("bounded", { f1: outcome(0), rm: model(1e9) }, {}, scale).reward).to.equal(0);
  });

  it("bounded says what of the reward is the term's and its bound; no other rule has one", () => {
    const scale = { mean: 4, deviation: 2 };
    const of = (rule: CombineRule, right: number, judged: number) =>
      rewardOf(rule, { f1: outcome(right), rm: model(judged) }, { rm: 0.3 }, scale).bounded;
    expect(of("bounded", 1, 4)).to.deep.equal({ value: 0, limit: 0.3 });
    expect(of("bounded", 1, 1e9)!.value).to.be.closeTo(0.3, 1e-9);
    // A term takes nothing from a right answer, and lifts no wrong one.
    expect(of("bounded", 1, -1e9)).to.deep.equal({ value: 0, limit: 0.3 });
    expect(of("bounded", 0, 1e9)).to.deep.equal({ value: 0, limit: 0.3 });
    expect(of("paper", 1, 1e9)).to.equal(undefined);
    expect(of("sum", 1, 1e9)).to.equal(undefined);
    expect(rewardOf("bounded", { f1: outcome(1) }).bounded).to.equal(undefined);
  });

  it("takes the preset's weights", () => {
    expect(rewardOf("sum", { a: outcome(1), b: outcome(0.5), rm: model(2) }, { b: 2, rm: 0.5 }).reward).to.equal(3);
  });

  it("is missing, and never 0, where a term failed; a skipped term takes no part", () => {
    const failed = rewardOf("paper", { f1: outcome(1), rm: ["trajectory", { failed: "the server is away" }] });
    expect(failed).to.deep.equal({ reward: null, terms: { f1: 1, rm: null }, invalid: "rm: the server is away" });
    expect(rewardOf("paper", { format: ["gate", { failed: "no" }], f1: outcome(1) }).reward).to.equal(null);
    expect(rewardOf("paper", { f1: outcome(1), rm: ["trajectory", { skipped: "no tool" }] }).reward).to.equal(1);
    expect(rewardOf("paper", { f1: ["outcome", { skipped: "no gold answer" }], rm: model(1) })).to.include({
      reward: null,
      invalid: "no outcome term applies to this trajectory",
    });
  });
});

describe("the reward by the paper's rule, worked by hand", () => {
  // method.md §1.7: −1 where the form is invalid; else max(F1, clip(F1 + 0.2·r·[F1 > 0], −3, 3)), r as the reward model gave it.
  for (const [f1, r, expected, how] of [
    [0.8, 1.5, 1.1, "0.8 + 0.3"],
    [0.8, -1.5, 0.8, "0.8 − 0.3 = 0.5, never below F1"],
    [0.8, 0, 0.8, "nothing added"],
    [0.8, 11, 3, "0.8 + 2.2, the clip's edge"],
    [0.8, 12, 3, "0.8 + 2.4 = 3.2, clipped"],
    [0.5, -20, 0.5, "0.5 − 4 = −3.5, clipped to −3, never below F1"],
    [0.01, 5, 1.01, "0.01 + 1: a little right is enough for the whole bonus"],
    [0, 5, 0, "no bonus for what is wrong"],
    [0, -5, 0, "and no malus"],
  ] as const) {
    it(`of F1 ${f1} and a reward model's ${r} is ${expected}: ${how}`, () => {
      const terms: Terms = { format: ["gate", value(0)], f1: ["outcome", value(f1)], trajectory: ["trajectory", value(r)] };
      expect(rewardOf("paper", terms).reward).to.be.closeTo(expected, 1e-12);
      expect(rewardOf("paper", terms, { trajectory: 0.2 }, { mean: 7, deviation: 9 }).reward, "whatever its scale").to.be.closeTo(expected, 1e-12);
      expect(rewardOf("paper", { ...terms, format: ["gate", value(-1)] }).reward, "in bad form").to.equal(-1);
    });
  }
});
