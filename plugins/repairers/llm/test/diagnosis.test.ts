import type { ScoredTrajectory, Scores, Span, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import type { LlmRepairerOptions } from "../src/index.ts";
import { asked, caseOf, judged, QUERY, refused, shown, withGold, wrong } from "./cases.ts";

describe("what the repairing model is told about the attempt", () => {
  const first = async (original: ScoredTrajectory) => (await shown(caseOf(original))).split("\n")[0] ?? "";

  for (const [cause, correctness, says] of [
    ["wrong", 0, "The attempt below leads to a wrong answer."],
    ["format", 1, "The attempt below reaches the right answer, but not in the form that is asked for."],
    ["format", undefined, "The attempt below is not in the form that is asked for."],
    ["poor", 1, "The attempt below reaches the right answer, but not in a good way."],
    ["poor", undefined, "The attempt below is not good enough."],
    [
      "ungrounded",
      1,
      "The attempt below gives the right answer, but it does not follow from what the tools returned for the question that was asked.",
    ],
    ["ungrounded", 0, "The attempt below gives an answer that does not follow from what the tools returned for the question that was asked."],
    ["unsafe", 1, "The attempt below was not accepted (unsafe)."],
    [undefined, 1, "The attempt below was not accepted."],
  ] as const) {
    it(`is true of one that the gate calls ${cause ?? "nothing"}, with correctness ${correctness ?? "unknown"}`, async () => {
      const text = await first(judged(cause, correctness));
      expect(text.startsWith(says), text).to.equal(true);
      if (cause !== "wrong") expect(text).not.to.include("wrong answer");
    });
  }

  for (const [finish, says] of [
    ["no-answer", "it stops without giving an answer."],
    ["tool-limit", "it asks for more tool calls than allowed."],
    ["turn-limit", "it takes too many turns."],
    ["token-limit", "it breaks off in the middle of a turn."],
  ] as const) {
    it(`is not that its answer is wrong where it gave none: ${finish}`, async () => {
      const text = await shown(caseOf(wrong({}, { finish })));
      expect(text).to.match(/^The attempt below has no final answer: /);
      expect(text).to.include(says).and.not.include("wrong");
    });
  }
});

describe("the places that a scorer marked", () => {
  const CODE = "print(-17 + -391)";
  const messages: Trajectory["messages"] = [
    { role: "user", content: QUERY.question },
    { role: "assistant", content: "", toolCalls: [{ id: "a", name: "python", arguments: { code: CODE } }], text: `<code>${CODE}</code>` },
    { role: "tool", toolCallId: "a", name: "python", content: "-408", ok: true },
    { role: "assistant", content: "\\boxed{12}", text: "<think>It is  perhaps\n12, so</think><answer>\\boxed{12}</answer>" },
  ];
  const marked = (spans: readonly Span[], overrides: Partial<Trajectory> = {}, reason = "off"): ScoredTrajectory =>
    judged("ungrounded", 0, { messages, ...overrides }, { grounded: { value: 0, reason, spans } });
  const line = async (original: ScoredTrajectory, options: Partial<LlmRepairerOptions> = {}) =>
    (await shown(caseOf(original), options)).split("\n").find((one) => one.startsWith("- grounded"));

  it("are quoted with the turn in which they stand: a call, a result, words", async () => {
    expect(await line(marked([{ message: 1, start: 6, end: 23 }]))).to.equal(`- grounded 0.00: off [turn 1, its call: "${CODE}"]`);
    expect(await line(marked([{ message: 2, start: 0, end: 4 }]))).to.equal('- grounded 0.00: off [the result in turn 1: "-408"]');
    expect(await line(marked([{ message: 3, start: 7, end: 25, note: "hedging" }]))).to.equal(
      '- grounded 0.00: off [turn 2: "It is perhaps 12," (hedging)]',
    );
  });

  it("are the only call where a turn is marked as a whole, and the turn where there is none or more", async () => {
    expect(await line(marked([{ message: 1, start: 0, end: 0 }]))).to.equal(`- grounded 0.00: off [turn 1, its call: "${CODE}"]`);
    expect(await line(marked([{ message: 3, start: 0, end: 0 }]))).to.equal("- grounded 0.00: off [turn 2]");
  });

  it("are cut to a bounded length, and only three of them are quoted", async () => {
    const long = [{ role: "assistant", content: "x".repeat(10_000) } as const];
    const spans = Array.from({ length: 10 }, (_, n) => ({ message: 0, start: n, end: 9000 + n, note: `n${n}` }));
    const text = (await line(marked(spans, { messages: long }))) ?? "";
    expect(text.match(/turn 1/g)).to.have.length(3);
    expect(text.length).to.be.below(400);
  });

  it("are left out where there is no such place, or it is the prompt", async () => {
    expect(
      await line(
        marked([
          { message: 99, start: 0, end: 4 },
          { message: 0, start: 0, end: 4 },
        ]),
      ),
    ).to.equal("- grounded 0.00: off");
  });

  it("are said once, also where one dimension sums up another, and so is a reason", async () => {
    const finding = { value: 0, reason: "off", spans: [{ message: 1, start: 6, end: 23, note: "off" }] };
    const lines = (await shown(caseOf(judged("ungrounded", 0, { messages }, { follows: finding, grounded: finding })))).split("\n");
    expect(lines.filter((one) => /^- (?:follows|grounded)/.test(one))).to.deep.equal([
      `- follows 0.00: off [turn 1, its call: "${CODE}"]`,
      "- grounded 0.00.",
    ]);
  });

  it("are not quoted where they hold the gold answer, be it beside the stretch, cut off behind it or in other digits; the reason is told all the same", async () => {
    const query = (gold: string) => ({ query: { ...QUERY, answers: [gold] } });
    for (const gold of ["-408", "408", "408.0", "4.08e2"])
      expect(await line(marked([{ message: 2, start: 0, end: 2 }], query(gold))), gold).to.equal("- grounded 0.00: off");
    const long = [{ role: "assistant", content: `${"x ".repeat(500)}4711` } as const];
    expect(await line(marked([{ message: 0, start: 0, end: 1004 }], { messages: long }))).to.equal("- grounded 0.00: off");
  });

  it("do not quote a right answer to who is not shown the attempt, in whatever words it is right", async () => {
    const original = (correctness: number): ScoredTrajectory => {
      const spans = [{ message: 3, start: 7, end: 25 }];
      return judged("format", correctness, { messages, answer: "perhaps 12" }, { grounded: { value: 0, reason: "off: it is perhaps 12", spans } });
    };
    expect(await line(original(1), { see: ["diagnosis"] })).to.equal("- grounded 0.00.");
    expect(await line(original(0), { see: ["diagnosis"] })).to.include("perhaps 12");
  });

  it("quote a right attempt's answer to who is shown the attempt, which holds it", async () => {
    const right = judged(
      "ungrounded",
      1,
      { messages, answer: "12", query: { ...QUERY, answers: ["12"] } },
      {
        follows: { value: 0, reason: "the last result is -408, the answer 12" },
      },
    );
    expect(await shown(caseOf(right))).to.include("the last result is -408, the answer 12");
    expect(await shown(caseOf(right), { see: ["diagnosis"] })).to.include("- follows 0.00.");
  });
});

describe("the gold answer, with gold: never", () => {
  it("is not shown with a wrong answer's score or verdict", async () => {
    expect(await shown(caseOf(wrong())))
      .to.include("correctness 0.00.")
      .and.not.include("4711");
  });

  it("is not shown by a second answer scorer under a suffixed name, whose other rules decide nothing and say nothing", async () => {
    const scores: Scores = { correctness_paper: { value: 0, reason: '"12" matches "47…"' }, f1_paper: { value: 0, reason: 'against "47…"' } };
    expect(await shown(caseOf(wrong(scores))))
      .to.include("correctness 0.00.")
      .and.not.include("_paper")
      .and.not.include("47");
  });

  it("is not shown in another scorer's reason or in a fault", async () => {
    const text = await shown(caseOf(wrong({ faithfulness: { value: 0, reason: "the tool said 4711" } }, { faults: ["text after 4711"] })));
    expect(text).not.to.include("4711");
  });

  for (const [gold, reason] of [
    ["Paris", "the passage names PARIS"],
    ["4,711", "the tool printed 4711"],
    ["4711", "the tool printed 4,711"],
    ["\\frac{1}{2}", "the tool printed \\frac { 1 } { 2 }"],
    ["New York", "the passage names New\u00a0York"],
    ["$", "the sign is $"],
  ] as const) {
    it(`is not shown when it is ${gold} and a reason says "${reason}"`, async () => {
      expect(await shown(withGold(gold, reason))).not.to.include(reason);
    });
  }

  it("does not silence a reason that holds none of it", async () => {
    expect(await shown(withGold("Paris", "1 of 2 calls failed"))).to.include("1 of 2 calls failed");
  });

  it("is not shown by an earlier repair that was right but refused, in its own or in other words", async () => {
    for (const answer of ["4711", "4711.0", "forty-seven hundred and eleven"]) {
      const text = await shown(caseOf(wrong(), { attempts: [refused(answer, "poor")], attempt: 1 }));
      expect(text).not.to.include(answer);
    }
  });

  it("leaves a refused wrong answer to be named", async () => {
    const text = await shown(caseOf(wrong(), { attempts: [refused("13", "wrong")], attempt: 1 }));
    expect(text).to.include('An earlier repair answered "13" and was refused (wrong).');
  });

  it("is not marked as seen", async () => {
    expect((await asked(caseOf(wrong()))).provenance).not.to.have.property("sawGold");
  });
});

describe("the gold answer, with gold: shown", () => {
  it("is shown and marked in the provenance", async () => {
    const options = await asked(caseOf(wrong()), { gold: "shown" });
    expect(options.shown?.question).to.include("The right answer is 4711.");
    expect(options.provenance).to.include({ origin: "repair", parent: "t1", sawGold: true });
  });

  it("is shown also to a repairer that sees nothing else", async () => {
    const options = await asked(caseOf(wrong()), { gold: "shown", see: [] });
    expect(options.shown?.question).to.include("4711");
    expect(options.provenance.sawGold).to.equal(true);
  });
});
