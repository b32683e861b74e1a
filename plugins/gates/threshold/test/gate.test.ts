import type { GateCase, Query, Score, ScoredTrajectory, ShouldRepair, Trajectory, Verdict } from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { failureOf } from "../../../../test/failure.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import plugin, { type ThresholdGateOptions } from "../src/index.ts";

const QUERY: Query = { id: "q", question: "?", answers: [] };
const SKIPPED = { skipped: "no tool was called" } as const;
const FAILED = { failed: "time-out" } as const;

/** A number stands for a value. */
function candidate(scores: Readonly<Record<string, number | Score>>, finish: Trajectory["finish"] = "answer"): ScoredTrajectory {
  return {
    trajectory: trajectoryWith({ query: QUERY, finish }),
    scores: Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, typeof score === "number" ? { value: score } : score])),
  };
}

type Options = Partial<Omit<ThresholdGateOptions, "repair">> & { readonly repair?: Partial<ThresholdGateOptions["repair"]> };

async function gate(options: Options, gateCase: Partial<GateCase> & Pick<GateCase, "items">): Promise<readonly Verdict[] | undefined> {
  const plugged = await setupPlugin(plugin, { options });
  return (plugged.taps[0]!.tap as ShouldRepair)({ query: QUERY, subject: "candidates", ...gateCase }, testRun());
}
const judge = (options: Options, ...items: readonly ScoredTrajectory[]) => gate(options, { items });
const judgeRepair = async (options: Options, item: ScoredTrajectory, parent: ScoredTrajectory) =>
  (await gate(options, { subject: "repair", items: [item], parent }))?.[0];
const brief = (verdicts: readonly Verdict[] | undefined) =>
  verdicts?.map(({ decision, cause }) => (cause === undefined ? decision : `${decision} ${cause}`));
const reasons = (verdicts: readonly Verdict[] | undefined) => verdicts?.map(({ reason }) => reason);

describe("a threshold gate, on candidates", () => {
  it("keeps what reaches every minimum and exceeds no maximum, limits included", async () => {
    const options = { minimums: { agreement: 0.5, format: 1 }, maximums: { tokens: 800 } };
    const verdicts = await judge(
      options,
      candidate({ agreement: 0.5, format: 1, tokens: 800 }),
      candidate({ agreement: 0.499, format: 1, tokens: 800 }),
      candidate({ agreement: 0.5, format: 0, tokens: 800 }),
      candidate({ agreement: 0.5, format: 1, tokens: 801 }),
    );
    expect(brief(verdicts)).to.deep.equal(["keep", "repair poor", "repair format", "repair poor"]);
  });

  it("gives every number that falls short, with the scorer's own reason, and the numbers that let one pass", async () => {
    const options = { minimums: { agreement: 0.5, format: 1 }, weights: { agreement: 3, clarity: 1 }, weightedMinimum: 0.7 };
    const verdicts = await judge(
      options,
      candidate({ agreement: 0.25, format: { value: 0, reason: "unclosed\n  <code>" }, clarity: 0.9 }),
      candidate({ agreement: 0.75, format: 1, clarity: 1 }),
    );
    expect(reasons(verdicts)).to.deep.equal([
      "agreement 0.25 < 0.5; format 0 < 1 (unclosed <code>); weighted 0.413 < 0.7 (agreement 0.25, clarity 0.9)",
      "agreement 0.75 ≥ 0.5; format 1 ≥ 1; weighted 0.813 ≥ 0.7",
    ]);
  });

  it("never shows a number as the limit it misses", async () => {
    expect(reasons(await judge({ minimums: { s: 0.86 } }, candidate({ s: 0.85999 })))).to.deep.equal(["s 0.85999 < 0.86"]);
  });

  it("takes the cause from the first rule that is not met, and of a weighted score from its lowest dimension", async () => {
    const options = { minimums: { correctness: 1, format: 1 }, weights: { style: 1, safety: 1 }, weightedMinimum: 0.5, causes: { safety: "unsafe" } };
    const verdicts = await judge(
      options,
      candidate({ correctness: 0, format: 0, style: 1, safety: 1 }),
      candidate({ correctness: 1, format: 0, style: 1, safety: 1 }),
      candidate({ correctness: 1, format: 1, style: 0.5, safety: 0.1 }),
      candidate({ correctness: 1, format: 1, style: 0.1, safety: 0.5 }),
    );
    expect(brief(verdicts)).to.deep.equal(["repair wrong", "repair format", "repair unsafe", "repair poor"]);
  });

  it("calls an answer that does not follow from its results ungrounded, as the paper's gate does", async () => {
    expect(brief(await judge({ minimums: { grounded: 1 } }, candidate({ grounded: 0 })))).to.deep.equal(["repair ungrounded"]);
    expect(brief(await judge({ minimums: { grounded: 1 }, causes: { grounded: "lucky" } }, candidate({ grounded: 0 })))).to.deep.equal([
      "repair lucky",
    ]);
  });

  it("reaches a weighted minimum that binary fractions would miss", async () => {
    const options = { weights: { a: 0.1, b: 0.2, c: 0.3 }, weightedMinimum: 0.7 };
    expect(brief(await judge(options, candidate({ a: 0.7, b: 0.7, c: 0.7 })))).to.deep.equal(["keep"]);
  });

  it("discards what is not worth a repair", async () => {
    const options = { weights: { s: 1 }, weightedMinimum: 0.7, discardBelow: 0.3 };
    const verdicts = await judge(options, candidate({ s: 0.29 }), candidate({ s: 0.3 }));
    expect(brief(verdicts)).to.deep.equal(["discard poor", "repair poor"]);
    expect(verdicts?.[0]?.reason).to.equal("weighted 0.29 < 0.7 (s 0.29); weighted 0.29 < 0.3: not worth a repair");
  });

  it("takes what sums of doubles leave behind for the limit itself, on either side", async () => {
    const third = (0.7 + 0.7 + 0.7) / 3;
    const over = 0.1 + 0.2;
    const verdicts = await judge({ minimums: { a: 0.7 }, maximums: { b: 0.3 } }, candidate({ a: third, b: over }), candidate({ a: 0.69999, b: 0.3 }));
    expect(brief(verdicts)).to.deep.equal(["keep", "repair poor"]);
    expect(verdicts?.[0]?.reason).to.equal("a 0.7 ≥ 0.7; b 0.3 ≤ 0.3");
  });

  it("keeps the best few of those that pass, the first of equals, and discards the others as surplus", async () => {
    const options = { minimums: { ok: 1 }, weights: { s: 1 }, keepAtMost: 2 };
    const items = [0.5, 0.9, 1, 0.9, 0.9].map((s, index) => candidate({ ok: index === 2 ? 0 : 1, s }));
    const verdicts = await judge(options, ...items);
    expect(brief(verdicts)).to.deep.equal(["discard surplus", "keep", "repair poor", "keep", "discard surplus"]);
    expect(verdicts?.[0]?.reason).to.equal("ok 1 ≥ 1; weighted 0.5; not among the question's best 2, which go down to 0.9");
  });

  it("gives what another gate has refused no place among the best", async () => {
    const refused = { ...candidate({ s: 1 }), verdict: { decision: "repair", reason: "wrong", by: "other" } as const };
    const verdicts = await judge({ weights: { s: 1 }, keepAtMost: 1 }, refused, candidate({ s: 0.5 }), candidate({ s: 0.4 }));
    expect(brief(verdicts)).to.deep.equal(["keep", "keep", "discard surplus"]);
  });

  it("says how low a place goes, and the weighted score once", async () => {
    const verdicts = await judge({ weights: { s: 1 }, weightedMinimum: 0.1, keepAtMost: 2 }, ...[1, 0.9, 0.5].map((s) => candidate({ s })));
    expect(reasons(verdicts)).to.deep.equal([
      "weighted 1 ≥ 0.1",
      "weighted 0.9 ≥ 0.1",
      "weighted 0.5 ≥ 0.1; not among the question's best 2, which go down to 0.9",
    ]);
  });

  it("takes of two equally low dimensions the first one's cause", async () => {
    const options = { weights: { a: 1, b: 1 }, weightedMinimum: 0.5, causes: { a: "first", b: "second" } };
    expect(brief(await judge(options, candidate({ a: 0.1, b: 0.1 })))).to.deep.equal(["repair first"]);
  });

  it("discards below its limit also where no other rule is missed", async () => {
    expect(await judge({ weights: { s: 1 }, discardBelow: 0.3 }, candidate({ s: 0.2 }), candidate({ s: 0.3 }))).to.deep.equal([
      { decision: "discard", reason: "weighted 0.2 < 0.3: not worth a repair", cause: "poor" },
      { decision: "keep", reason: "weighted 0.3" },
    ]);
  });

  it("repeats a scorer's reason in one line, cut where it is long", async () => {
    const why = async (reason: string) => reasons(await judge({ minimums: { s: 1 } }, candidate({ s: { value: 0, reason } })))?.[0];
    expect(await why("  a\n\tb ")).to.equal("s 0 < 1 (a b)");
    expect(await why("x".repeat(120))).to.equal(`s 0 < 1 (${"x".repeat(120)})`);
    expect(await why("x".repeat(121))).to.equal(`s 0 < 1 (${"x".repeat(120)}…)`);
    expect(await why(`${" ".repeat(1000)}x`)).to.equal("s 0 < 1 (…)");
  });

  it("keeps all that pass where there is a place for each", async () => {
    expect(brief(await judge({ weights: { s: 1 }, keepAtMost: 2 }, candidate({ s: 0.1 }), candidate({ s: 0 })))).to.deep.equal(["keep", "keep"]);
  });

  it("discards what the policy failed to finish", async () => {
    const verdicts = await judge({ minimums: { s: 0 } }, candidate({ s: 1 }, "failed"), candidate({ s: 1 }));
    expect(brief(verdicts)).to.deep.equal(["discard failed", "keep"]);
  });
});

describe("a threshold gate, on scores that are no numbers", () => {
  const options = { minimums: { agreement: 0.5, clarity: 0.5 } };

  it("never takes a failed score for a low one: what else passes is discarded as unjudged, what falls short anyway is repaired", async () => {
    const verdicts = await judge(options, candidate({ agreement: FAILED, clarity: 1 }), candidate({ agreement: FAILED, clarity: 0 }));
    expect(brief(verdicts)).to.deep.equal(["discard unjudged", "repair poor"]);
    expect(verdicts?.[0]?.reason).to.equal("it could not be judged: agreement failed (time-out)");
  });

  it("never ranks or discards by a weighted score of which a part failed", async () => {
    const verdicts = await judge(
      { weights: { a: 1, b: 1 }, discardBelow: 0.5, keepAtMost: 1, whenSkipped: "ignore" },
      candidate({ a: FAILED, b: 0 }),
      candidate({ a: 0.5, b: 0.5 }),
    );
    expect(brief(verdicts)).to.deep.equal(["discard unjudged", "keep"]);
  });

  it("does not mind a failed dimension that no rule of the stage uses", async () => {
    const onlyForRepairs = { minimums: { s: 1 }, weights: { judge: 1 }, repair: { improveBy: 0 } };
    expect(brief(await judge(onlyForRepairs, candidate({ s: 1, judge: FAILED })))).to.deep.equal(["keep"]);
  });

  it("has no weighted score where a part of it was skipped, by default", async () => {
    const weighted = { weights: { a: 1, b: 1 }, weightedMinimum: 0.5 };
    expect(reasons(await judge(weighted, candidate({ a: 0.1, b: SKIPPED })))).to.deep.equal(["b was skipped (no tool was called)"]);
  });

  it("names what falls short with what was skipped, unless that is ignored", async () => {
    const both = candidate({ agreement: 0, clarity: SKIPPED });
    expect(reasons(await judge(options, both))).to.deep.equal(["agreement 0 < 0.5; clarity was skipped (no tool was called)"]);
    expect(reasons(await judge({ ...options, whenSkipped: "ignore" }, both))).to.deep.equal(["agreement 0 < 0.5"]);
  });

  it("takes a skipped dimension for a rule not met, by default", async () => {
    const verdicts = await judge(options, candidate({ agreement: SKIPPED, clarity: 1 }));
    expect(verdicts).to.deep.equal([{ decision: "repair", reason: "agreement was skipped (no tool was called)", cause: "poor" }]);
  });

  it("leaves a skipped dimension's rule out with `ignore`, and means over the others", async () => {
    const ignoring = { minimums: { agreement: 0.5 }, weights: { agreement: 9, clarity: 1 }, weightedMinimum: 0.5, whenSkipped: "ignore" } as const;
    const verdicts = await judge(ignoring, candidate({ agreement: SKIPPED, clarity: 0.6 }), candidate({ agreement: SKIPPED, clarity: 0.4 }));
    expect(brief(verdicts)).to.deep.equal(["keep", "repair poor"]);
    expect(reasons(verdicts)).to.deep.equal(["weighted 0.6 ≥ 0.5", "weighted 0.4 < 0.5 (clarity 0.4)"]);
  });

  it("keeps with `ignore` by the rules that are left, but gives no place among the best without a weighted score", async () => {
    const unweighted = candidate({ s: 1, w: SKIPPED });
    const ignoring = { minimums: { s: 1 }, weights: { w: 1 }, whenSkipped: "ignore" } as const;
    expect(reasons(await judge({ ...ignoring, weightedMinimum: 0.5 }, unweighted))).to.deep.equal(["s 1 ≥ 1"]);
    expect(brief(await judge({ ...ignoring, keepAtMost: 1 }, unweighted, candidate({ s: 1, w: 0 })))).to.deep.equal(["discard unjudged", "keep"]);
    expect(brief(await judge({ ...ignoring, minimums: { t: 1 }, keepAtMost: 1 }, candidate({ t: SKIPPED, w: 0.5 })))).to.deep.equal(["keep"]);
  });

  it("never keeps what no rule is left for: it abstains where that holds for all, and discards a single one", async () => {
    const ignoring = { ...options, whenSkipped: "ignore" } as const;
    const bare = candidate({ agreement: SKIPPED, clarity: SKIPPED });
    expect(await judge(ignoring, bare, bare)).to.equal(undefined);
    expect(brief(await judge(ignoring, bare, candidate({ agreement: 1, clarity: 1 })))).to.deep.equal(["discard unjudged", "keep"]);
  });

  it("leaves a question to the other gates with `abstain` where every candidate is open, and discards a single open one", async () => {
    const abstaining = { ...options, whenSkipped: "abstain" } as const;
    const open = candidate({ agreement: SKIPPED, clarity: 1 });
    expect(await judge(abstaining, open, candidate({ agreement: 1, clarity: 1 }, "failed"))).to.equal(undefined);
    expect(brief(await judge(abstaining, open, candidate({ agreement: 0, clarity: 1 })))).to.deep.equal(["discard unjudged", "repair poor"]);
    expect(brief(await judge(abstaining, candidate({ agreement: 1, clarity: 1 })))).to.deep.equal(["keep"]);
    expect(brief(await judge(abstaining, candidate({ agreement: 1, clarity: 1 }, "failed")))).to.deep.equal(["discard failed"]);
  });
});

describe("a threshold gate, on repairs", () => {
  const options: Options = {
    minimums: { format: 1, s: 0.8 },
    weights: { s: 1 },
    discardBelow: 0.5,
    keepAtMost: 1,
    repair: { minimums: { s: 0.6 }, improveBy: 0.1 },
  };

  it("asks for its own minimums where there are some, and for the candidates' where not", async () => {
    expect(await judgeRepair(options, candidate({ format: 1, s: 0.6 }), candidate({ format: 1, s: 0.4 }))).to.include({ decision: "keep" });
    expect(await judgeRepair(options, candidate({ format: 1, s: 0.5 }), candidate({ format: 1, s: 0.3 }))).to.include({ reason: "s 0.5 < 0.6" });
    expect(await judgeRepair(options, candidate({ format: 0, s: 1 }), candidate({ format: 1, s: 0.3 }))).to.include({ cause: "format" });
  });

  it("must beat its parent by what is asked, whatever binary fractions make of the difference", async () => {
    const gain = (after: number, before: number) => judgeRepair(options, candidate({ format: 1, s: after }), candidate({ format: 1, s: before }));
    expect(await gain(0.8, 0.7)).to.include({ decision: "keep", reason: "format 1 ≥ 1; s 0.8 ≥ 0.6; weighted 0.8; 0.8 against its parent's 0.7" });
    expect(await gain(0.79, 0.7)).to.deep.equal({
      decision: "repair",
      reason: "weighted 0.79 against its parent's 0.7: not better by 0.1",
      cause: "no better",
    });
  });

  it("need not beat its parent where that is not asked", async () => {
    expect(await judgeRepair({ minimums: { s: 0.5 } }, candidate({ s: 0.5 }), candidate({ s: 0.9 }))).to.deep.equal({
      decision: "keep",
      reason: "s 0.5 ≥ 0.5",
    });
  });

  it("must reach its own weighted minimum, else the candidates', and minds no weight that nothing asks for", async () => {
    const weighted: Options = { weights: { s: 1 }, weightedMinimum: 0.8 };
    const parent = candidate({ s: 0 });
    expect(await judgeRepair(weighted, candidate({ s: 0.7 }), parent)).to.include({ reason: "weighted 0.7 < 0.8 (s 0.7)" });
    expect(await judgeRepair({ ...weighted, repair: { weightedMinimum: 0.6 } }, candidate({ s: 0.7 }), parent)).to.include({ decision: "keep" });
    const forCandidates: Options = { minimums: { t: 1 }, weights: { s: 1 }, discardBelow: 0.1 };
    expect(await judgeRepair(forCandidates, candidate({ t: 1, s: FAILED }), parent)).to.deep.equal({ decision: "keep", reason: "t 1 ≥ 1" });
  });

  it("is left to the other gates where skipped scores leave it open, and where there is nothing to judge", async () => {
    const abstaining: Options = { minimums: { s: 0.5 }, whenSkipped: "abstain" };
    expect(await judgeRepair(abstaining, candidate({ s: SKIPPED }), candidate({ s: 0 }))).to.equal(undefined);
    expect(await gate(options, { subject: "repair", items: [candidate({ format: 1, s: 1 })] })).to.equal(undefined);
    expect(await gate(options, { subject: "repair", items: [], parent: candidate({ s: 1 }) })).to.equal(undefined);
  });

  it("must be strictly better with 0", async () => {
    const strict: Options = { minimums: { s: 0 }, weights: { s: 1 }, repair: { improveBy: 0 } };
    expect(await judgeRepair(strict, candidate({ s: 0.5 }), candidate({ s: 0.5 }))).to.deep.equal({
      decision: "repair",
      reason: "weighted 0.5 against its parent's 0.5: not better",
      cause: "no better",
    });
    expect(await judgeRepair(strict, candidate({ s: 0.51 }), candidate({ s: 0.5 }))).to.include({ decision: "keep" });
  });

  it("is compared with its parent only where both have a value", async () => {
    const lenient: Options = { minimums: { b: 0 }, weights: { a: 1, b: 1 }, whenSkipped: "ignore", repair: { improveBy: 0 } };
    const repaired = candidate({ a: 0.1, b: 0.6 });
    expect(await judgeRepair(lenient, repaired, candidate({ a: SKIPPED, b: 0.5 }))).to.include({ decision: "keep" });
    expect(await judgeRepair(lenient, repaired, candidate({ a: FAILED, b: 0.6 }))).to.include({ cause: "no better" });
    expect((await judgeRepair(lenient, repaired, candidate({ a: FAILED, b: SKIPPED })))?.reason).to.include(
      "its parent has no weighted score to beat",
    );
  });

  it("is refused, never ended: a hopeless, a failed and an unjudged one leave the next attempt its turn", async () => {
    const parent = candidate({ format: 1, s: 0.4 });
    const refused = [
      await judgeRepair(options, candidate({ format: 1, s: 0.1 }), parent),
      await judgeRepair(options, candidate({ format: 1, s: 0.9 }, "failed"), parent),
      await judgeRepair(options, candidate({ format: 1, s: FAILED }), parent),
    ];
    expect(refused.map((verdict) => `${verdict?.decision} ${verdict?.cause}`)).to.deep.equal(["repair poor", "repair failed", "repair unjudged"]);
    expect(refused[0]?.reason).to.equal("s 0.1 < 0.6");
  });
});

describe("a threshold gate, among other gates", () => {
  const good = [candidate({ s: 1 })];
  const withGold: Query = { ...QUERY, answers: ["1"] };

  it("abstains on questions with gold answers, or on those without, as told", async () => {
    const decides = async (questions: ThresholdGateOptions["questions"], query: Query) =>
      (await gate({ minimums: { s: 1 }, questions }, { query, items: good })) !== undefined;
    expect([await decides("withoutAnswers", withGold), await decides("withoutAnswers", QUERY)]).to.deep.equal([false, true]);
    expect([await decides("withAnswers", withGold), await decides("withAnswers", QUERY)]).to.deep.equal([true, false]);
    expect([await decides("all", withGold), await decides("all", QUERY)]).to.deep.equal([true, true]);
  });

  it("abstains on other tasks, and on questions without one", async () => {
    const decides = async (query: Query) => (await gate({ minimums: { s: 1 }, tasks: ["gcd", "lcm"] }, { query, items: good })) !== undefined;
    expect([await decides({ ...QUERY, task: "lcm" }), await decides({ ...QUERY, task: "sum" }), await decides(QUERY)]).to.deep.equal([
      true,
      false,
      false,
    ]);
  });
});

describe("a threshold gate's options", () => {
  it("that contradict each other are all named at once", async () => {
    const { message } = await failureOf(
      judge({
        minimums: { s: 0.5 },
        maximums: { s: 0.4, t: 0.5 },
        discardBelow: 0.8,
        weightedMinimum: 0.7,
        repair: { minimums: { t: 0.6 }, improveBy: 0 },
      }),
    );
    expect(message.split("\n")).to.deep.equal([
      "weightedMinimum needs weights: without them there is no weighted score.",
      "discardBelow needs weights: without them there is no weighted score.",
      "repair.improveBy needs weights: without them there is no weighted score.",
      "minimums.s (0.5) is above maximums.s (0.4): nothing could pass.",
      "repair.minimums.t (0.6) is above maximums.t (0.5): nothing could pass.",
      "discardBelow (0.8) is above weightedMinimum (0.7): what passes would be discarded.",
    ]);
  });

  it("without a rule are refused, since everything would be kept", async () => {
    expect(await failureOf(judge({ weights: { s: 1 }, repair: { improveBy: 0 } }))).to.include({ code: "THRESHOLDS" });
  });

  it("may meet at their limits, and name a dimension on one side only", async () => {
    const met = { minimums: { s: 0.5, only: 0 }, maximums: { s: 0.5, other: 1 }, weights: { s: 1 }, weightedMinimum: 0.5, discardBelow: 0.5 };
    expect(brief(await judge(met, candidate({ s: 0.5, only: 0, other: 1 })))).to.deep.equal(["keep"]);
  });

  it("of another shape are refused", async () => {
    const wrong: readonly Readonly<Record<string, unknown>>[] = [
      { minimum: { s: 1 } },
      { minimums: { s: "1" } },
      { maximums: { s: true } },
      { minimums: { s: 1 }, weights: { s: 0 } },
      { minimums: { s: 1 }, weightedMinimum: "1" },
      { minimums: { s: 1 }, discardBelow: "1" },
      { minimums: { s: 1 }, weights: { s: 1 }, keepAtMost: 0 },
      { minimums: { s: 1 }, weights: { s: 1 }, keepAtMost: 1.5 },
      { minimums: { s: 1 }, whenSkipped: "keep" },
      { minimums: { s: 1 }, questions: "some" },
      { minimums: { s: 1 }, tasks: [1] },
      { minimums: { s: 1 }, causes: { s: "" } },
      { minimums: { s: 1 }, repair: { minimum: {} } },
      { minimums: { s: 1 }, repair: { weightedMinimum: "1" } },
      { minimums: { s: 1 }, repair: { improveBy: -1 } },
    ];
    for (const options of wrong) {
      const error = await judge(options as never, candidate({ s: 1 })).catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(options)).to.have.property("code", "ATRAJ_OPTIONS_INVALID");
    }
  });

  it("tell the host which dimensions they need, each once, and what to do about a mistake", async () => {
    const options = {
      minimums: { a: 1, b: 0 },
      maximums: { b: 1 },
      weights: { c: 1 },
      causes: { d: "odd" },
      keepAtMost: 1,
      repair: { minimums: { e: 1, a: 1 } },
    };
    expect((await setupPlugin(plugin, { options })).taps[0]?.options).to.deep.equal({ needs: ["a", "b", "c", "d", "e"] });
    expect(await failureOf(judge({}, candidate({})))).to.include({ hint: "Correct the options of this gate." });
    expect(plugin.meta.supports).to.deep.equal({ deterministic: true });
  });
});
