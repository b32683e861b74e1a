/** What one model's answers come to, of three questions worked by hand. */
import type { Message, Score, ScoredTrajectory, Scores } from "@autotraj/core/plugin";
import { expect } from "chai";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import { type Answered, figuresOf } from "../src/figures.ts";

const is = (value: number): Score => ({ value });
const RESULT: Message = { role: "tool", toolCallId: "c", name: "python", content: "7", ok: true };

function answered(
  scores: Scores,
  text: string,
  calls: number,
  samples: readonly (readonly [answer: string, right: number])[],
  task?: string,
): Answered {
  const query = { id: text, question: "?", answers: ["7"], ...(task === undefined ? {} : { task }) };
  const messages: Message[] = [...Array.from({ length: calls }, () => RESULT), { role: "assistant", content: text }];
  const sample = ([answer, right]: readonly [string, number]): ScoredTrajectory => ({
    trajectory: trajectoryWith({ answer }),
    scores: { correctness: is(right) },
  });
  return { query, greedy: { trajectory: trajectoryWith({ messages }), scores }, samples: samples.map(sample) };
}

const QUESTIONS = [
  // Right by both rules, S 0.9; of its samples one is right, and its answer is the most frequent.
  answered(
    { correctness: is(1), correctnessPaper: is(1), quality: is(0.9) },
    "one two",
    0,
    [
      ["8", 0],
      ["7", 1],
      ["7.0", 1],
    ],
    "sums",
  ),
  // Right by ours alone, S 0.7; no sample is right.
  answered(
    { correctness: is(1), correctnessPaper: is(0), quality: is(0.7) },
    "one two three",
    2,
    [
      ["8", 0],
      ["9", 0],
      ["8", 0],
    ],
    "sums",
  ),
  // Wrong, so that there is no S; a right sample is outvoted.
  answered({ correctness: is(0), correctnessPaper: is(0), quality: { skipped: "wrong" } }, "one", 1, [
    ["7", 1],
    ["8", 0],
    ["8", 0],
  ]),
];

describe("the figures of a model", () => {
  it("are its accuracy by each rule, at k, and the means of S, words and calls", async () => {
    const found = await figuresOf(QUESTIONS, QUESTIONS, {
      seed: 1,
      samples: 3,
      temperature: 0.8,
      dimensions: ["quality"],
      words: ({ messages }) => (messages.at(-1)?.content ?? "").split(" ").length,
      rewardModel: undefined,
      signal: new AbortController().signal,
    });
    expect(found.greedy?.value).to.be.closeTo(2 / 3, 1e-12);
    expect(found.otherRules["correctnessPaper"]?.value).to.be.closeTo(1 / 3, 1e-12);
    // Shares of right samples: 2/3, 0, 1/3. At least one: two of three. By vote: the first alone.
    expect(found.sampled?.average.value).to.be.closeTo(1 / 3, 1e-12);
    expect(found.sampled?.pass.value).to.be.closeTo(2 / 3, 1e-12);
    expect(found.sampled?.majority.value).to.be.closeTo(1 / 3, 1e-12);
    // The paper's mean S is that of right answers: (0.9 + 0.7) / 2. Words: (2 + 3 + 1) / 3, calls: (0 + 2 + 1) / 3.
    expect(found.dimensions["quality"]).to.be.closeTo(0.8, 1e-12);
    expect([found.words, found.toolCalls]).to.deep.equal([2, 1]);
    expect(found.tasks).to.deep.equal({ sums: { questions: 2, accuracy: 1 }, "": { questions: 1, accuracy: 0 } });
  });
});
