import type { GateCase, Query, Score, ScoredTrajectory, Scores, ShouldRepair, Trajectory, Verdict } from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { failureOf } from "../../../../test/failure.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import plugin from "../src/index.ts";
import type { PaperGateOptions } from "../src/options.ts";

const QUERY: Query = { id: "q", question: "?", answers: ["1"] };

function candidate(scores: Scores, finish: Trajectory["finish"] = "answer"): ScoredTrajectory {
  return { trajectory: trajectoryWith({ query: QUERY, finish }), scores };
}

const right = (s: number, format = 1) => candidate({ correctness: { value: 1 }, quality: { value: s }, format: { value: format } });
const wrong = () => candidate({ correctness: { value: 0 }, quality: { skipped: "wrong" }, format: { value: 1 } });

async function gate(gateCase: Omit<GateCase, "query">, options: Partial<PaperGateOptions> = {}): Promise<readonly Verdict[] | undefined> {
  const plugged = await setupPlugin(plugin, { options });
  return (plugged.taps[0]!.tap as ShouldRepair)({ query: QUERY, ...gateCase }, testRun());
}

const candidates = (items: readonly ScoredTrajectory[], options?: Partial<PaperGateOptions>) => gate({ subject: "candidates", items }, options);
const repair = (item: ScoredTrajectory, parent?: ScoredTrajectory, options?: Partial<PaperGateOptions>) =>
  gate({ subject: "repair", items: [item], ...(parent === undefined ? {} : { parent }) }, options);
const decisions = (verdicts: readonly Verdict[] | undefined) =>
  verdicts?.map(({ decision, cause }) => (cause === undefined ? decision : `${decision} ${cause}`));

describe("the paper's gate, on candidates", () => {
  it("keeps all right ones when even the lowest S reaches 0.90", async () => {
    expect(decisions(await candidates([right(0.9), right(1), wrong()]))).to.deep.equal(["keep", "keep", "repair wrong"]);
  });

  it("takes an answer for right from a correctness of 0.5 on, as all others do", async () => {
    const partly = (value: number) => candidate({ correctness: { value }, quality: { value: 0.95 }, format: { value: 1 } });
    expect(decisions(await candidates([partly(0.6), partly(0.4)]))).to.deep.equal(["keep", "repair wrong"]);
  });

  it("keeps only the best when it reaches 0.86 but the lowest is below 0.90", async () => {
    expect(decisions(await candidates([right(0.89), right(0.86), right(0.95)]))).to.deep.equal(["repair poor", "repair poor", "keep"]);
  });

  it("keeps the first of two equally good", async () => {
    expect(decisions(await candidates([right(0.87), right(0.87)]))).to.deep.equal(["keep", "repair poor"]);
  });

  it("repairs all when the best is below 0.86", async () => {
    expect(decisions(await candidates([right(0.859), right(0.6)]))).to.deep.equal(["repair poor", "repair poor"]);
  });

  it("keeps the best that reaches 0.86 exactly, and says of the others what the best is", async () => {
    const verdicts = await candidates([right(0.6), right(0.86)]);
    expect(verdicts?.map(({ reason }) => reason)).to.deep.equal([
      "right, but S 0.6 is below the question's best 0.86",
      "right, S 0.86 ≥ 0.86, the question's best",
    ]);
  });

  it("gives what another gate has refused no place, and says nothing against it that is not so", async () => {
    const refused = { ...right(0.95), verdict: { decision: "repair", reason: "ungrounded", cause: "ungrounded", by: "other" } as const };
    const verdicts = await candidates([refused, right(0.87), right(0.88)]);
    expect(decisions(verdicts)).to.deep.equal(["keep", "repair poor", "keep"]);
    expect(verdicts?.[0]?.reason).to.equal("right, S 0.95");
    expect(decisions(await candidates([{ ...refused, verdict: { ...refused.verdict, decision: "keep" } }, right(0.87)]))).to.deep.equal([
      "keep",
      "repair poor",
    ]);
  });

  it("lets a wrong candidate neither raise nor lower the right ones", async () => {
    expect(decisions(await candidates([wrong(), wrong(), right(0.92)]))).to.deep.equal(["repair wrong", "repair wrong", "keep"]);
  });

  it("never keeps one that breaks the format, and leaves it out of the minimum", async () => {
    expect(decisions(await candidates([right(1, 0), right(0.95)]))).to.deep.equal(["repair format", "keep"]);
    expect(decisions(await candidates([right(1, 0)], { format: "ignore" }))).to.deep.equal(["keep"]);
  });

  it("discards what the policy failed to finish", async () => {
    const failed = candidate({ correctness: { value: 0 }, quality: { skipped: "" } }, "failed");
    expect(decisions(await candidates([failed, right(1)]))).to.deep.equal(["discard failed", "keep"]);
  });

  it("lets one that the policy failed to finish be neither the best nor the lowest, however right it is", async () => {
    const failed = (s: number) => ({ ...right(s), trajectory: candidate({}, "failed").trajectory });
    expect(decisions(await candidates([failed(1), right(0.87), right(0.8)]))).to.deep.equal(["discard failed", "keep", "repair poor"]);
    expect(decisions(await candidates([failed(0.5), right(0.95), right(0.92)]))).to.deep.equal(["discard failed", "keep", "keep"]);
  });

  it("does not ask for a format where no scorer fills it", async () => {
    expect(decisions(await candidates([candidate({ correctness: { value: 1 }, quality: { value: 1 } })]))).to.deep.equal(["keep"]);
  });

  it("repeats what the format's scorer found", async () => {
    const broken = candidate({ correctness: { value: 1 }, quality: { value: 1 }, format: { value: 0, reason: "unclosed <code>" } });
    expect((await candidates([broken, right(1, 0)]))?.map(({ reason }) => reason)).to.deep.equal([
      "right, but the format is broken (unclosed <code>)",
      "right, but the format is broken",
    ]);
  });

  it("abstains where no candidate could be judged, and discards a single one that could not", async () => {
    const unjudged = candidate({ correctness: { skipped: "no gold answer" }, quality: { skipped: "" } });
    expect(await candidates([unjudged, unjudged])).to.equal(undefined);
    expect(decisions(await candidates([unjudged, right(1)]))).to.deep.equal(["discard unjudged", "keep"]);
  });

  it("gives the numbers in its reasons", async () => {
    const poor = candidate({ correctness: { value: 1 }, quality: { value: 0.6 }, confidence: { value: 0 }, length: { value: 1 } });
    expect((await candidates([poor]))?.[0]?.reason).to.equal("right, but S 0.6 < 0.86: confidence 0");
  });

  it("does not take a score that failed for a low one", async () => {
    const unscored = candidate({ correctness: { value: 1 }, quality: { failed: "time-out" }, format: { value: 1 } });
    expect(decisions(await candidates([right(0.95), unscored, right(0.92)]))).to.deep.equal(["keep", "discard unjudged", "keep"]);
    expect((await candidates([unscored, right(1)]))?.[0]?.reason).to.equal("it could not be judged: quality failed (time-out)");
    const unformatted = candidate({ correctness: { value: 1 }, quality: { value: 1 }, format: { failed: "broken" } });
    expect(decisions(await candidates([unformatted, right(1)]))).to.deep.equal(["discard unjudged", "keep"]);
  });

  it("never rounds a score up to its threshold", async () => {
    expect((await candidates([right(0.8599)]))?.[0]?.reason).to.equal("right, but S 0.859 < 0.86");
  });

  it("looks at S to four decimals, as the published code stores it: what rounds to a threshold reaches it", async () => {
    expect(decisions(await candidates([right(0.85994), right(0.5)]))).to.deep.equal(["repair poor", "repair poor"]);
    expect(decisions(await candidates([right(0.85996), right(0.5)]))).to.deep.equal(["keep", "repair poor"]);
    expect(decisions(await candidates([right(0.89994), right(1)]))).to.deep.equal(["repair poor", "keep"]);
    expect((await candidates([right(0.89996), right(1)]))?.[0]).to.deep.equal({
      decision: "keep",
      reason: "right, S 0.9; the lowest of the question's right answers is 0.9 ≥ 0.9",
    });
    // Two that are stored alike are equals, and of equals the first is the best.
    expect(decisions(await candidates([right(0.87001), right(0.87004)]))).to.deep.equal(["keep", "repair poor"]);
  });

  it("refuses thresholds that contradict each other", async () => {
    const error = await failureOf(candidates([right(1)], { keepAll: 0.5 }));
    expect(error).to.have.property("message").that.contains("keepAll (0.5) is below keepBest (0.86)");
    expect(error).to.have.property("hint", "Set keepAll to at least keepBest.");
    expect(decisions(await candidates([right(0.86)], { keepAll: 0.86 }))).to.deep.equal(["keep"]);
  });

  it("refuses thresholds that no S could have, and options it does not have", async () => {
    for (const options of [{ keepAll: 1.1 }, { keepBest: -0.1 }, { acceptPoor: "0.8" }, { format: "maybe" }, { keep: 1 }]) {
      const error = await candidates([right(1)], options as never).catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(options)).to.be.an("error");
    }
  });

  it("says which scorer is missing", async () => {
    const error = await candidates([candidate({ quality: { value: 1 } })]).catch((thrown: unknown) => thrown);
    expect(error).to.have.property("code", "DIMENSION_MISSING");
    expect(error).to.have.property("hint", "Add @autotraj/scorer-answer to the preset.");
    const other = await candidates([candidate({ correctness: { value: 1 } })]).catch((thrown: unknown) => thrown);
    expect(other).to.have.property("hint", "Add @autotraj/scorer-quality to the preset.");
    expect(other).to.have.property("message").that.contains('"quality"');
  });
});

describe("the paper's gate, on repairs", () => {
  it("accepts a right repair of a wrong trajectory above 0.80, not at it", async () => {
    expect(decisions(await repair(right(0.81), wrong()))).to.deep.equal(["keep"]);
    expect(decisions(await repair(right(0.8), wrong()))).to.deep.equal(["repair poor"]);
  });

  it("asks more of a repair of a right one: above 0.86 and above its parent", async () => {
    expect(decisions(await repair(right(0.87), right(0.5)))).to.deep.equal(["keep"]);
    expect(decisions(await repair(right(0.86), right(0.5)))).to.deep.equal(["repair poor"]);
    expect(decisions(await repair(right(0.9), right(0.95)))).to.deep.equal(["repair no better"]);
  });

  it("takes a repair's own S as it is, and its parent's as it was stored", async () => {
    expect(decisions(await repair(right(0.86001), right(0.5)))).to.deep.equal(["keep"]);
    expect(decisions(await repair(right(0.80001), wrong()))).to.deep.equal(["keep"]);
    // The parent's 0.90004 was stored as 0.9.
    expect(decisions(await repair(right(0.90001), right(0.90004)))).to.deep.equal(["keep"]);
    expect(decisions(await repair(right(0.90009), right(0.90006)))).to.deep.equal(["repair no better"]);
  });

  it("does not ask a repair of a merely malformed parent to beat its quality", async () => {
    const parent = { ...right(1, 0), verdict: { decision: "repair", reason: "", cause: "format" } as const };
    expect(decisions(await repair(right(1), parent))).to.deep.equal(["keep"]);
  });

  it("refuses a wrong one and one that breaks the format", async () => {
    expect(decisions(await repair(wrong(), wrong()))).to.deep.equal(["repair wrong"]);
    expect(decisions(await repair(right(1, 0), wrong()))).to.deep.equal(["repair format"]);
  });

  it("refuses one that could not be judged or was not finished, and leaves the next attempt its turn", async () => {
    const unjudged = candidate({ correctness: { value: 1 }, quality: { failed: "time-out" }, format: { value: 1 } });
    expect(await repair(unjudged, wrong())).to.deep.equal([
      { decision: "repair", reason: "the repair could not be judged: quality failed (time-out)", cause: "unjudged" },
    ]);
    expect(decisions(await repair({ ...right(1), trajectory: candidate({}, "failed").trajectory }, wrong()))).to.deep.equal(["repair failed"]);
  });

  it("must be better than its parent, not as good, and beats a parent whose quality nobody knows", async () => {
    expect(await repair(right(0.9), right(0.9))).to.deep.equal([
      { decision: "repair", reason: "S 0.9 is no better than before (0.9)", cause: "no better" },
    ]);
    const unscored = candidate({ correctness: { value: 1 }, quality: { failed: "time-out" } });
    expect(decisions(await repair(right(0.9), unscored))).to.deep.equal(["keep"]);
  });

  it("is another gate's where there is no repair or no parent to judge it by", async () => {
    expect(await repair(right(1))).to.equal(undefined);
    expect(await gate({ subject: "repair", items: [], parent: wrong() })).to.equal(undefined);
  });
});

describe("the paper's gate, with minimums required beside its own rule", () => {
  const options = { require: { grounded: 1 } };
  const supported = (s: number, grounded: Score = { value: 1 }, format = 1) => {
    const { trajectory, scores } = right(s, format);
    return { trajectory, scores: { ...scores, grounded } };
  };
  const UNSUPPORTED: Score = { value: 0, reason: "the answer is -20, the last result 20" };
  const ungrounded = (s: number, format = 1) => supported(s, UNSUPPORTED, format);

  it("requires nothing unless it is told to", async () => {
    expect(decisions(await candidates([ungrounded(0.95)]))).to.deep.equal(["keep"]);
    expect(decisions(await repair(ungrounded(0.95), wrong()))).to.deep.equal(["keep"]);
  });

  it("repairs a right candidate that falls short, and says by how much and why", async () => {
    expect(await candidates([ungrounded(1), supported(0.95)], options)).to.deep.equal([
      { decision: "repair", reason: "right, but grounded 0 < 1 (the answer is -20, the last result 20)", cause: "ungrounded" },
      { decision: "keep", reason: "right, S 0.95; the lowest of the question's right answers is 0.95 ≥ 0.9" },
    ]);
  });

  it("counts what falls short neither as the lowest nor as the best of the question", async () => {
    expect(decisions(await candidates([ungrounded(0.5), supported(0.95), supported(0.92)], options))).to.deep.equal([
      "repair ungrounded",
      "keep",
      "keep",
    ]);
    expect(decisions(await candidates([ungrounded(1), supported(0.87), supported(0.8)], options))).to.deep.equal([
      "repair ungrounded",
      "keep",
      "repair poor",
    ]);
  });

  it("still calls a wrong answer wrong, whatever else it falls short of", async () => {
    const { trajectory, scores } = wrong();
    expect(decisions(await candidates([{ trajectory, scores: { ...scores, grounded: { failed: "time-out" } } }], options))).to.deep.equal([
      "repair wrong",
    ]);
  });

  it("names what is required before the form: a repair that mends the form alone would keep the rest", async () => {
    expect(decisions(await candidates([ungrounded(1, 0)], options))).to.deep.equal(["repair ungrounded"]);
    expect((await candidates([ungrounded(1, 0)], options))?.[0]?.reason).to.equal(
      "right, but grounded 0 < 1 (the answer is -20, the last result 20); the format is broken",
    );
  });

  it("names every minimum that is missed, and takes the cause from the first", async () => {
    const both = { require: { "tool-use": 0.5, grounded: 1 }, causes: { "tool-use": "unused" } };
    const { trajectory, scores } = ungrounded(1);
    const verdicts = await candidates([{ trajectory, scores: { ...scores, "tool-use": { value: 0.25 } } }], both);
    expect(verdicts).to.deep.equal([
      { decision: "repair", reason: "right, but tool-use 0.25 < 0.5; grounded 0 < 1 (the answer is -20, the last result 20)", cause: "unused" },
    ]);
  });

  it("calls a shortfall as the options say, else ungrounded, wrong, format, and poor for all other dimensions", async () => {
    const cause = async (dimension: string, value: number, causes = {}) => {
      const { trajectory, scores } = right(1);
      const item = { trajectory, scores: { ...scores, [dimension]: { value } } };
      return (await candidates([item], { require: { [dimension]: 1 }, causes, format: "ignore" }))?.[0]?.cause;
    };
    expect(await cause("grounded", 0)).to.equal("ungrounded");
    expect(await cause("correctness", 0.6)).to.equal("wrong");
    expect(await cause("format", 0)).to.equal("format");
    expect(await cause("brevity", 0)).to.equal("poor");
    expect(await cause("grounded", 0, { grounded: "lucky" })).to.equal("lucky");
  });

  it("lets one that reaches its minimum exactly pass, and never rounds one up to it", async () => {
    expect(decisions(await candidates([supported(1, { value: 0.5 })], { require: { grounded: 0.5 } }))).to.deep.equal(["keep"]);
    const third = (0.7 + 0.7 + 0.7) / 3;
    expect(
      decisions(await candidates([supported(1, { value: third })], { require: { grounded: 0.7 } })),
      "what sums of doubles leave behind",
    ).to.deep.equal(["keep"]);
    expect(decisions(await candidates([supported(1, { value: 0.69999 })], { require: { grounded: 0.7 } }))).to.deep.equal(["repair ungrounded"]);
    expect((await candidates([supported(1, { value: 0.9999 })], options))?.[0]?.reason).to.equal("right, but grounded 0.999 < 1");
  });

  it("does not take a required score that failed for a low one", async () => {
    const verdicts = await candidates([supported(0.95), supported(0.5, { failed: "time-out" }), supported(0.92)], options);
    expect(decisions(verdicts)).to.deep.equal(["keep", "discard unjudged", "keep"]);
    expect(verdicts?.[1]?.reason).to.equal("it could not be judged: grounded failed (time-out)");
    expect(decisions(await repair(supported(1, { failed: "time-out" }), wrong(), options))).to.deep.equal(["repair unjudged"]);
  });

  it("takes a skipped score for a shortfall, or lets it decide nothing where the options say so", async () => {
    const skipped = supported(0.95, { skipped: "no call was made" });
    expect(await candidates([skipped], options)).to.deep.equal([
      { decision: "repair", reason: "right, but grounded was skipped (no call was made)", cause: "ungrounded" },
    ]);
    expect(decisions(await candidates([skipped], { ...options, whenSkipped: "ignore" }))).to.deep.equal(["keep"]);
    expect(decisions(await repair(skipped, wrong(), options))).to.deep.equal(["repair ungrounded"]);
    expect(decisions(await repair(skipped, wrong(), { ...options, whenSkipped: "ignore" }))).to.deep.equal(["keep"]);
  });

  it("refuses a repair that falls short, however wrong its parent was", async () => {
    expect(await repair(ungrounded(1), wrong(), options)).to.deep.equal([
      { decision: "repair", reason: "the repair is right, but grounded 0 < 1 (the answer is -20, the last result 20)", cause: "ungrounded" },
    ]);
    expect(decisions(await repair(supported(0.81), wrong(), options))).to.deep.equal(["keep"]);
  });

  it("asks a repair of one that only fell short for more than acceptPoor, not for more than its parent's S", async () => {
    expect(decisions(await repair(supported(0.9), ungrounded(1), options))).to.deep.equal(["keep"]);
    expect(decisions(await repair(supported(0.86), ungrounded(1), options))).to.deep.equal(["repair poor"]);
    expect(decisions(await repair(supported(0.9), supported(1), options))).to.deep.equal(["repair no better"]);
  });

  it("needs the required dimensions, so that one no scorer fills is refused when the preset is loaded", async () => {
    const needs = async (own: Partial<PaperGateOptions>) => (await setupPlugin(plugin, { options: own })).taps[0]?.options["needs"];
    expect(await needs({})).to.deep.equal(["correctness", "quality"]);
    expect(await needs({ require: { grounded: 1, quality: 0.5 } })).to.deep.equal(["correctness", "quality", "grounded"]);
  });

  it("refuses minimums that are no numbers, and a cause for what it does not require", async () => {
    for (const own of [{ require: { grounded: true } }, { require: ["grounded"] }, { whenSkipped: "abstain" }, { causes: { grounded: "" } }]) {
      const refused = await candidates([right(1)], own as never).catch((thrown: unknown) => thrown);
      expect(refused, JSON.stringify(own)).to.have.property("code", "ATRAJ_OPTIONS_INVALID");
    }
    const error = await failureOf(candidates([right(1)], { require: { grounded: 1 }, causes: { grouded: "lucky" } }));
    expect(error).to.have.property("message").that.contains('causes names "grouded", which require does not');
    expect(error).to.have.property("hint", "Name in causes only dimensions of require.");
  });
});

describe("the paper's gate", () => {
  it("gives the same verdicts for the same scores, and says so", () => {
    expect(plugin.meta.supports).to.deep.equal({ deterministic: true });
  });
});
