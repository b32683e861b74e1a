import { PluginError, type Scores } from "@autotraj/core/plugin";
import { expect } from "chai";
import { failureOf } from "../../../../test/failure.ts";
import { candidates, court, GOOD, GRADE, prompt, type Script, trajectory, withTool } from "./court.ts";

const says =
  (...replies: readonly string[]): Script =>
  (_call, number) =>
    replies[number % replies.length] as string;
const only = async (script: Script, options: object, subject = trajectory("<think>Half.</think><answer>12</answer>")): Promise<Scores> =>
  (await (await court(script, { options })).score(candidates(subject)))[0] as Scores;
const refusal = (options: object): Promise<PluginError> => failureOf(court(says("verdict: yes"), { options }));

describe("the judge", () => {
  it("turns a grade into its place on the scale, and quotes why", async () => {
    expect(await only(says("It is sound.\nverdict: 4"), { dimensions: GRADE })).to.deep.equal({
      grade: { value: 0.75, reason: '4 of 5: "It is sound."' },
    });
    expect(await only(says("No.\nverdict: no"), { dimensions: GOOD })).to.deep.equal({ good: { value: 0, reason: 'no: "No."' } });
  });

  it("asks about every dimension apart, the material first and the question last, greedily and without a stop", async () => {
    const { calls, score } = await court(says("verdict: yes"), { options: { dimensions: { ...GOOD, fine: { question: "Is it fine?" } } } });
    await score(candidates(trajectory("<answer>12</answer>")));
    const [good, fine] = calls.map(prompt) as [string, string];
    expect(calls).to.have.length(2);
    expect(good.slice(0, good.indexOf("Is it good?"))).to.equal(fine.slice(0, fine.indexOf("Is it fine?")));
    expect(good).to.match(/Is it good\?[\s\S]*\nverdict: no or yes$/);
    expect(calls[0]).to.deep.include({ dialect: "native", stop: [], tools: [], sampling: { temperature: 0, topP: 1, topK: 0, maxTokens: 1024 } });
  });

  it("describes the levels of a scale", async () => {
    const { calls, score } = await court(says("verdict: 1"), { options: { dimensions: GRADE } });
    await score(candidates(trajectory("x")));
    expect(prompt(calls[0]))
      .to.contain("1: bad\n2: poor\n3: fair\n4: fine\n5: best\n")
      .and.to.match(/verdict: N \(one of 1, 2, 3, 4, 5\)$/);
  });

  it("shows question, tools, each step and the final answer; not the policy's own instructions, and not the gold answer", async () => {
    const { calls, score } = await court(says("verdict: yes"), { options: { dimensions: GOOD } });
    await score(candidates(withTool("<think>Half.</think>", "12")));
    const shown = prompt(calls[0]);
    const parts = [...shown.matchAll(/^\[(m\w{12}) (.+)\]$/gm)].map(([, , label]) => label);
    expect(parts).to.deep.equal([
      "question",
      "tools that could be called",
      "attempt: written by the AI",
      "attempt: tool result",
      "attempt: its final answer",
      "end",
    ]);
    expect(shown).to.contain("<think>Half.</think>").and.to.contain("python: Runs Python.").and.not.to.contain("own instructions");
    expect(shown).not.to.contain("4711");
  });

  it("shows a native trajectory's reasoning, calls and results too", async () => {
    const { calls, score } = await court(says("verdict: yes"), { options: { dimensions: GOOD } });
    const call = { id: "c", name: "python", arguments: { code: "print(6*2)" } };
    const native = trajectory("", {
      dialect: "native",
      messages: [
        { role: "assistant", content: "", reasoning: "Twice six.", toolCalls: [call] },
        { role: "tool", toolCallId: "c", name: "python", content: "12", ok: true },
      ],
    });
    await score(candidates(native));
    expect(prompt(calls[0]))
      .to.contain("Twice six.")
      .and.to.contain("print(6*2)")
      .and.to.match(/tool result\]\n<result>\n12\n<\/result>/);
  });

  it("shows the gold answer only when told to, says so, and then keeps its explanation to itself", async () => {
    const { calls, score } = await court(says("It should be 4711.\nverdict: no"), { options: { dimensions: GOOD, showGold: true } });
    const [scores] = await score(candidates(trajectory("<answer>12</answer>")));
    expect(prompt(calls[0])).to.match(/reference answer, known to be right\]\n4711\n/);
    expect(scores?.["good"]).to.deep.equal({ value: 0, reason: "no; gold answer shown" });
  });

  it("says that there is no answer where there is none", async () => {
    const { calls, score } = await court(says("verdict: no"), { options: { dimensions: GOOD } });
    const { answer: _, ...unanswered } = trajectory("<think>Hm");
    await score(candidates({ ...unanswered, finish: "no-answer" }));
    expect(prompt(calls[0])).to.contain("its final answer]\n(none was given)");
  });

  it("skips what a rubric is not about, and what the policy never finished, without a call", async () => {
    const { calls, score } = await court(says("verdict: 3"));
    const [plain] = await score(candidates(trajectory("x")));
    expect(plain?.["judge-tool-use"]).to.deep.equal({ skipped: "no tool was offered" });
    expect(plain?.["judge-groundedness"]).to.deep.equal({ skipped: "no tool returned anything" });
    expect(calls).to.have.length(2);
    const [broken] = await score(candidates(trajectory("x", { finish: "failed" })));
    expect(Object.values(broken ?? {})).to.have.length(4);
    for (const value of Object.values(broken ?? {})) expect(value).to.deep.equal({ skipped: "the policy failed before it was finished" });
    expect(calls).to.have.length(2);
  });

  it("has four rubrics of its own, of which a preset may name some or change a part", async () => {
    const all = await court(says("verdict: 3"));
    expect(Object.keys(all.tap.options["dimensions"] as object)).to.deep.equal([
      "judge-correctness",
      "judge-reasoning",
      "judge-tool-use",
      "judge-groundedness",
    ]);
    const some = await court(says("verdict: 2"), {
      options: { dimensions: { "judge-reasoning": { levels: ["bad", "good"] } }, suffix: "-strict" },
    });
    expect(await some.score(candidates(trajectory("x")))).to.deep.equal([{ "judge-reasoning-strict": { value: 1, reason: "2 of 2" } }]);
    expect(prompt(some.calls[0])).to.contain("How sound and economical is the reasoning").and.to.contain("1: bad\n2: good\n");
  });

  it("writes in tags where the judging policy speaks nothing else", async () => {
    const { calls, score } = await court(says("verdict: yes"), { options: { dimensions: GOOD }, speaks: ["tags"] });
    await score(candidates(trajectory("x")));
    expect(calls[0]?.dialect).to.equal("tags");
  });

  it("refuses settings that contradict each other", async () => {
    expect(await refusal({ votes: 3 })).to.include({ code: "VOTES_GREEDY" });
    expect(await refusal({ calibrate: true })).to.include({ code: "CALIBRATION_MISSING" });
    expect(await refusal({ dimensions: {} })).to.include({ code: "DIMENSIONS_NONE" });
    expect((await refusal({ dimensions: { toString: {} } })).message).to.equal(
      "dimensions.toString has no question, and no rubric of that name is built in.",
    );
    expect(await refusal({ dimensions: { good: { question: "?", levels: ["same"] } } })).to.include({ code: "RUBRIC_INCOMPLETE" });
  });
});

describe("votes", () => {
  const votes = (...replies: readonly string[]) =>
    only(says(...replies.map((reply) => `verdict: ${reply}`)), { dimensions: GRADE, votes: replies.length, temperature: 0.7 });

  it("count by their median, of two in the middle the lower", async () => {
    expect(await votes("5", "1", "4")).to.deep.equal({ grade: { value: 0.75, reason: "4 of 5; votes 5 1 4" } });
    expect(await votes("2", "5", "4", "1")).to.deep.equal({ grade: { value: 0.25, reason: "2 of 5; votes 2 5 4 1" } });
  });

  it("for yes or no are a majority, a tie being no", async () => {
    const yesNo = (...replies: readonly string[]) =>
      only(says(...replies.map((reply) => `verdict: ${reply}`)), { dimensions: GOOD, votes: replies.length, temperature: 0.7 });
    expect((await yesNo("yes", "no", "yes"))["good"]).to.include({ value: 1 });
    expect((await yesNo("yes", "no", "no", "yes"))["good"]).to.include({ value: 0 });
  });

  it("that cannot be read are left out and counted; without a readable one the score has failed, it is not 0", async () => {
    const script = says("verdict: 5", "I cannot say.", "verdict: 3");
    expect(await only(script, { dimensions: GRADE, votes: 3, temperature: 1 })).to.deep.equal({
      grade: { value: 0.5, reason: "3 of 5; votes 5 3; 1 of 3 replies had no clear verdict" },
    });
    expect(await only(says("Hm."), { dimensions: GRADE })).to.deep.equal({ grade: { failed: "none of 1 reply of the judge had a clear verdict" } });
  });

  it("that cannot be read are told of at the end of the run", async () => {
    const { score, dispose, log } = await court(says("Hm.", "verdict: 1"), { options: { dimensions: GRADE } });
    await score(candidates(trajectory("a"), trajectory("b")));
    await dispose();
    expect(log).to.deep.equal(["1 of 2 verdicts could not be read. Raise maxTokens where replies are cut off, or take another judge."]);
  });

  it("have keys of their own; the same text has the same ones, whoever wrote it", async () => {
    const keys = async (id: string, ...texts: readonly string[]) => {
      const { calls, score } = await court(says("verdict: yes"), { id, options: { dimensions: GOOD, votes: 2, temperature: 1 } });
      await score(candidates(...texts.map((text, index) => trajectory(text, { id: `t-${index}` }))));
      return calls.map(({ key }) => key);
    };
    const [a0, a1, b0, b1, a2, a3] = await keys("judge", "a", "b", "a");
    expect(new Set([a0, a1, b0, b1]).size).to.equal(4);
    expect([a2, a3]).to.deep.equal([a0, a1]);
    expect(await keys("judge", "a")).to.deep.equal([a0, a1]);
    expect(await keys("second", "a")).not.to.include(a0);
  });
});

describe("a judge that cannot be asked", () => {
  it("costs the scores it was asked for, not the others", async () => {
    const script: Script = (call) => (prompt(call).includes("good?") ? new Error("HTTP 503") : "verdict: yes");
    const scores = await only(script, { dimensions: { ...GOOD, fine: { question: "Is it fine?" } } });
    expect(scores["good"]).to.deep.equal({ failed: "the judge could not be asked: HTTP 503" });
    expect(scores["fine"]).to.include({ value: 1 });
  });

  it("because the run is stopping ends the scoring, once no call is left", async () => {
    const interrupted = new PluginError("ATRAJ_INTERRUPTED", "stopped as asked.");
    const ended: unknown[] = [];
    const slow = async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      ended.push("the other call");
      return "verdict: yes";
    };
    const { score } = await court((_call, number) => (number === 0 ? interrupted : slow()), { options: { dimensions: GOOD } });
    await score(candidates(trajectory("a"), trajectory("b"))).catch((thrown: unknown) => ended.push(thrown));
    expect(ended).to.deep.equal(["the other call", interrupted]);
  });
});
