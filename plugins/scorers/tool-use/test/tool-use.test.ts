import type { Message, Score, ScoreItem, Scores, Trajectory } from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { dataSets } from "../../../../test/data/sets.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import plugin from "../src/index.ts";
import { checkObservation } from "../src/observations.ts";

/** Turns: what was called and what came back; then the last words. */
function trajectory(steps: readonly (readonly [code: string, result: string, ok?: boolean])[], last: string): Trajectory {
  const messages: Message[] = [
    { role: "system", content: "" },
    { role: "user", content: "There are 48 clips." },
  ];
  steps.forEach(([code, content, ok = true], index) => {
    const id = `call-${index}`;
    messages.push({
      role: "assistant",
      content: "",
      toolCalls: [{ id, name: "python", arguments: { code } }],
      text: `<think>so</think>\n<code>${code}</code>`,
    });
    messages.push({ role: "tool", toolCallId: id, name: "python", content, ok });
  });
  messages.push({ role: "assistant", content: last, text: last });
  return trajectoryWith({ query: { id: "q", question: "There are 48 clips.", answers: [] }, messages });
}

async function score(trajectories: readonly Trajectory[], right: readonly boolean[] = trajectories.map(() => true)): Promise<readonly Scores[]> {
  const plugged = await setupPlugin(plugin);
  const items: ScoreItem[] = [];
  trajectories.forEach((item, index) => {
    items.push({ trajectory: item, query: item.query, scores: { correctness: { value: right[index] ? 1 : 0 } }, group: items });
  });
  return plugged.taps[0]?.tap(items, testRun()) as Promise<readonly Scores[]>;
}

const value = (score: Score | undefined) => (score !== undefined && "value" in score ? score.value : score);

describe("scorer-tool-use", () => {
  it("counts the calls that ran", async () => {
    const [scores] = await score([
      trajectory(
        [
          ["1/0", "ZeroDivisionError", false],
          ["print(2)", "2"],
        ],
        "2",
      ),
    ]);
    expect(value(scores?.["executability"])).to.equal(0.5);
  });

  it("counts a call without a result as one that did not run, and no result without a call", async () => {
    const whole = trajectory([["print(2)", "2"]], "2");
    const [system, user, call, result, last] = whole.messages as [Message, Message, Message, Message, Message];
    const twice = {
      ...call,
      toolCalls: [...("toolCalls" in call ? (call.toolCalls ?? []) : []), { id: "lost", name: "python", arguments: {} }],
    } as Message;
    const scores = await score([
      { ...whole, messages: [system, user, twice, result, last] },
      { ...whole, messages: [system, user, result, call, last] },
      { ...whole, messages: [system, user, call, result, result, last] },
      { ...whole, messages: [system, user, result, last] },
    ]);
    expect(scores.map((row) => value(row["executability"]))).to.deep.equal([0.5, 0, 1, { skipped: "no tool was called" }]);
    expect(scores[0]?.["executability"]).to.have.property("reason", "1 of 2 calls have no result");
  });

  it("tells calls with one id apart by their order, in one turn and in two", async () => {
    const whole = trajectory([["print(2)", "2"]], "2");
    const call = { id: "a", name: "python", arguments: {} };
    const asked = (...toolCalls: (typeof call)[]): Message => ({ role: "assistant", content: "", toolCalls });
    const answered = (ok: boolean): Message => ({ role: "tool", toolCallId: "a", name: "python", content: "", ok });
    const scores = await score([
      { ...whole, messages: [asked(call, call), answered(true), answered(false)] },
      { ...whole, messages: [asked(call), asked(call), answered(true)] },
    ]);
    expect(scores.map((row) => value(row["executability"]))).to.deep.equal([0.5, 0.5]);
  });

  it("counts repeated calls, white space aside", async () => {
    const [scores] = await score([
      trajectory(
        [
          ["print(1+1)", "2"],
          ["print(1+1) ", "2"],
          ["print(3)", "3"],
        ],
        "3",
      ),
    ]);
    expect(value(scores?.["redundancy"])).to.be.closeTo(2 / 3, 1e-9);
  });

  it("finds calls necessary when cheaper candidates were wrong, unnecessary when they were right", async () => {
    const none = trajectory([], "72");
    const one = trajectory([["print(48/2+48)", "72.0"]], "72");
    expect(value((await score([none, one], [false, true]))[1]?.["necessity"])).to.equal(1);
    expect(value((await score([none, one], [true, true]))[1]?.["necessity"])).to.equal(0);
    expect((await score([one], [true]))[0]?.["necessity"]).to.deep.equal({ skipped: "no candidate made fewer calls" });
  });

  it("takes for necessity the share of wrong ones among all with fewer calls, whatever those with as many or more did", async () => {
    const calling = (calls: number) =>
      trajectory(
        Array.from({ length: calls }, (_, at) => [`print(${at})`, `${at}`] as const),
        "72",
      );
    // Three candidates have fewer than two calls: wrong, wrong, right, so 1 − 1/3. Two have as many or more, and count for nothing.
    const scores = await score([calling(0), calling(1), calling(1), calling(2), calling(2), calling(3)], [false, false, true, true, false, false]);
    expect(value(scores[3]?.["necessity"])).to.be.closeTo(2 / 3, 1e-12);
  });

  it("divides right answers by calls, none counting as one", async () => {
    const scores = await score(
      [
        trajectory([], "1"),
        trajectory(
          [
            ["print(1)", "1"],
            ["print(2)", "2"],
          ],
          "2",
        ),
        trajectory([], "1"),
      ],
      [true, true, false],
    );
    expect(scores.map((row) => value(row["efficiency"]))).to.deep.equal([1, 0.5, 0]);
  });

  it("skips what needs a call where there is none", async () => {
    const [scores] = await score([trajectory([], "72")]);
    for (const dimension of ["executability", "redundancy", "necessity", "faithfulness"])
      expect(scores?.[dimension], dimension).to.have.property("skipped");
  });
});

describe("faithfulness", () => {
  it("is full when the answer is what the tool said", async () => {
    const [scores] = await score([trajectory([["print(48/2)", "24.0"]], "<think>It is 24.</think>\n<answer>\\boxed{24}</answer>")]);
    expect(scores?.["faithfulness"]).to.deep.equal({ value: 1 });
  });

  it("finds a number that comes from nowhere, and where it stands", async () => {
    const [scores] = await score([trajectory([["print(48/2)", "24.0"]], "It is 96.")]);
    const faithfulness = scores?.["faithfulness"];
    expect(value(faithfulness)).to.equal(0.5);
    expect(faithfulness).to.have.deep.property("spans", [{ message: 4, start: 6, end: 8, note: "96 comes from nowhere" }]);
  });

  it("accepts rounding of a result", async () => {
    const [scores] = await score([trajectory([["print(200/3)", "66.66666666666667"]], "about 66.67, so 67")]);
    expect(value(scores?.["faithfulness"])).to.equal(1);
  });

  it("finds a wrong observation of an arithmetic call", async () => {
    const [scores] = await score([trajectory([["print(48/2)", "25"]], "25")]);
    expect(scores?.["faithfulness"]).to.have.property("reason", "1 of 2 checks failed: 48/2 is not 25");
  });

  // Not found: "3*(2+150%)", twice. Found besides the 51: "0.0625*100%.01" with the result 6, where % may mean either thing.
  const found = { sample: { checked: 623, wrong: 14 }, whole: { checked: 16_585, wrong: 50 } };
  for (const { size, rows } of dataSets) {
    it(`finds the wrong observations in recorded calculator runs but for two that may mean either thing (${size})`, () => {
      const steps = rows<{ steps: readonly { input: string; observation: string }[] }>("gsm8k/gsm8k-calculator-models.jsonl").flatMap(
        (row) => row.steps,
      );
      const outcomes = steps.map(({ input, observation }) => checkObservation({ expression: input }, { content: observation, ok: true }));
      const checked = outcomes.filter((outcome) => outcome !== undefined);
      expect({ checked: checked.length, wrong: checked.filter((outcome) => outcome !== "").length }).to.deep.equal(found[size]);
    });
  }
});
