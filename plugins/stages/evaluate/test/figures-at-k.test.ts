import type { ScoredTrajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { type Answered, figuresOf } from "../src/figures.ts";

/** A question whose samples are right as the digits say. */
function question(id: string, samples: string): Answered {
  const scored = (right: boolean): ScoredTrajectory => ({
    trajectory: {
      ...{
        id: `${id}-${right}`,
        query: { id, question: "?", answers: [] },
        messages: [],
        tools: [],
        dialect: "tags",
        answer: right ? "1" : "2",
        finish: "answer",
      },
      ...{ faults: [], provenance: { origin: "rollout" } },
      usage: { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 },
    } as ScoredTrajectory["trajectory"],
    scores: { correctness: { value: right ? 1 : -1 } },
  });
  return {
    query: { id, question: "?", answers: [] },
    greedy: scored(samples.startsWith("1")),
    samples: [...samples].map((digit) => scored(digit === "1")),
  };
}

describe("the figures of a model whose questions were sampled several times", () => {
  const answered = [question("a", "10000"), question("b", "01100"), question("c", "00000"), question("d", "11111")];
  const figures = () =>
    figuresOf(answered, answered, {
      ...{ seed: 1, samples: 5, temperature: 1, dimensions: [], words: () => 0, rewardModel: undefined },
      signal: new AbortController().signal,
    });

  it("have pass@k for every k up to the samples, each without bias, its interval over questions", async () => {
    const { sampled } = await figures();
    // Of the five samples 1, 2, 0 and 5 are right. C(5,2) = 10, C(4,2) = 6, C(3,2) = 3; C(5,4) = 5, C(4,4) = 1.
    const expected = { 1: [1 / 5, 2 / 5, 0, 1], 2: [1 - 6 / 10, 1 - 3 / 10, 0, 1], 4: [1 - 1 / 5, 1, 0, 1], 5: [1, 1, 0, 1] };
    expect(Object.keys(sampled?.passAt ?? {})).to.deep.equal(Object.keys(expected));
    for (const [k, values] of Object.entries(expected)) {
      const { value, low, high, n } = sampled?.passAt?.[k] ?? { value: -1, low: 0, high: 0, n: 0 };
      expect(value, `pass@${k}`).to.be.closeTo(values.reduce((sum, one) => sum + one, 0) / 4, 1e-12);
      expect(n).to.equal(4);
      expect(low).to.be.below(value);
      expect(high).to.be.above(value);
    }
  });

  it("agree with the mean and the best of all samples at the ends", async () => {
    const { sampled } = await figures();
    expect(sampled?.passAt?.["1"]?.value).to.be.closeTo(sampled?.average.value ?? -1, 1e-12);
    expect(sampled?.passAt?.["5"]).to.deep.equal(sampled?.pass);
  });
});
