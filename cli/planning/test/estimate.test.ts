import { expect } from "chai";
import { estimate, type PlannedRun } from "../src/estimate.ts";
import type { RecordedFigures } from "../src/recorded.ts";

const RECORDED: RecordedFigures = {
  runDir: "runs/mine",
  preset: "mine",
  questions: 20,
  candidates: 40,
  spent: [
    { part: "candidates", policy: "student", calls: 60, promptTokens: 20_000, cachedTokens: 5_000, completionTokens: 4_000 },
    { part: "judges", policy: "wise", calls: 40, promptTokens: 30_000, cachedTokens: 0, completionTokens: 800 },
  ],
  perQuestion: Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 100 : 300)),
  seconds: { loop: 60, sft: 30, start: 2 },
  models: { student: "small", wise: "large" },
};
const policy = (model: string, price?: { input: number; cachedInput?: number; output: number }) => ({
  model,
  ...(price === undefined ? {} : { price }),
});
const planned = (change: Partial<PlannedRun> = {}): PlannedRun => ({
  questions: 200,
  candidatesPerQuestion: 2,
  stages: ["sft", "rl"],
  policies: new Map([
    ["student", policy("small", { input: 1, cachedInput: 0.5, output: 10 })],
    ["wise", policy("large")],
  ]),
  ...change,
});

describe("an estimate", () => {
  it("grows with the questions, whoever is asked for whatever", () => {
    const { spending, total, loopSeconds } = estimate(RECORDED, planned());
    expect(
      spending.map(({ part, policy: by, calls, promptTokens, completionTokens }) => [part, by, calls, promptTokens, completionTokens]),
    ).to.deep.equal([
      ["candidates", "student", 600, 200_000, 40_000],
      ["judges", "wise", 400, 300_000, 8_000],
    ]);
    expect([total.calls, total.promptTokens, total.completionTokens, loopSeconds]).to.deep.equal([1000, 500_000, 48_000, 600]);
  });

  it("grows with the candidates of a question too", () => {
    expect(estimate(RECORDED, planned({ candidatesPerQuestion: 6 })).total.calls).to.equal(3000);
  });

  it("prices what was read from a server's cache at its own price, and adds up only where every price is known", () => {
    const { spending, total } = estimate(RECORDED, planned());
    // 150,000 × $1 + 50,000 × $0.5 + 40,000 × $10, each per million.
    expect(spending[0]?.usd).to.be.closeTo(0.575, 1e-9);
    expect(spending[1]?.usd).to.equal(null);
    expect(total.usd).to.equal(null);
    const priced = new Map([...planned().policies].map(([id, { model }]) => [id, policy(model, { input: 1, output: 1 })]));
    expect(estimate(RECORDED, planned({ policies: priced })).total.usd).to.be.closeTo(0.548, 1e-9);
  });

  it("says by how much questions differ", () => {
    // Mean 200, deviation 100·√(20/19); 20 questions seen, 200 to come.
    const expected = 1.96 * ((100 * Math.sqrt(20 / 19)) / 200) * Math.sqrt(1 / 20 + 1 / 200);
    expect(estimate(RECORDED, planned()).margin).to.be.closeTo(expected, 1e-9);
    expect(estimate({ ...RECORDED, perQuestion: [100] }, planned()).margin).to.equal(null);
  });

  it("tells stages as they were recorded, and does not guess at one that was not done", () => {
    expect(estimate(RECORDED, planned()).stageSeconds).to.deep.equal({ sft: 30, rl: null });
  });

  it("says what it does not know: prices, stages, other models, few questions", () => {
    const others = new Map([...planned().policies, ["student", policy("bigger")]]);
    expect(estimate({ ...RECORDED, questions: 3 }, planned({ policies: others })).unknown).to.deep.equal([
      "student was small then and is bigger now: lengths and times may be others.",
      "What student and wise costs: no price is known. Set plugins.student.options.price, where the policy has one; a model of your own costs time only.",
      "How long rl would take: the earlier run did not do it.",
      "Stages are told as they were recorded: more rows take longer.",
      "3 questions are few: repairs need kept examples, which come only with more of them.",
    ]);
    const none = planned({
      stages: [],
      policies: new Map([...planned().policies].map(([id, { model }]) => [id, policy(model, { input: 1, output: 1 })])),
    });
    expect(estimate(RECORDED, none).unknown).to.deep.equal([]);
  });
});
