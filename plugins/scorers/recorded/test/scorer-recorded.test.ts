import type { JsonObject, Score, ScoreItem, ScoreTap, Trajectory } from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

async function recorded(notes: JsonObject | undefined, options: object = {}): Promise<Score> {
  const { taps } = await setupPlugin(plugin, { options });
  const tap = taps[0]?.tap as ScoreTap;
  const trajectory = { provenance: { origin: "recorded", ...(notes === undefined ? {} : { notes }) } } as unknown as Trajectory;
  const [scores] = await tap([{ trajectory, query: { id: "q", question: "q", answers: [] }, scores: {}, group: [] } as ScoreItem], testRun());
  return scores?.["recorded"] as Score;
}

describe("the recorded outcome", () => {
  it("is a flag, a word or a number of the log", async () => {
    for (const [outcome, value] of [
      [{ success: true }, 1],
      [{ success: false }, 0],
      [{ resolved: "resolved" }, 1],
      [{ outcome: "Failure" }, 0],
      [{ reward: 0.25 }, 0.25],
      [{ reward: "1.0" }, 1],
      [{ score: 0.5, reward: 1 }, 1],
    ] as const) {
      expect(await recorded({ outcome }), JSON.stringify(outcome)).to.include({ value });
    }
    expect(await recorded({ outcome: { reward: 0 } })).to.deep.equal({ value: 0, reason: "the log says reward: 0" });
  });

  it("is skipped where there is none, or none that is a value", async () => {
    expect(await recorded(undefined)).to.deep.equal({ skipped: "the log says nothing of its outcome" });
    expect(await recorded({ outcome: { tests: 3 } }))
      .to.have.property("skipped")
      .that.contains("(it has tests)");
    expect(await recorded({ outcome: { reward: 7.5 } })).to.deep.equal({ skipped: "reward is 7.5, which is no value from 0 to 1" });
    expect(await recorded({ outcome: { outcome: "maybe" } })).to.have.property("skipped");
    expect(await recorded({ outcome: { reward: "" } })).to.have.property("skipped");
  });

  it("is measured by the range and the fields that the preset names", async () => {
    expect(await recorded({ outcome: { reward: -1 } }, { range: [-1, 1] })).to.include({ value: 0 });
    expect(await recorded({ outcome: { reward: 75 } }, { range: [0, 100] })).to.include({ value: 0.75 });
    expect(await recorded({ outcome: { reward: 2 } }, { range: [4, 0] })).to.include({ value: 0.5 });
    expect(await recorded({ outcome: { reward: 1, tests: 0 } }, { fields: ["tests", "reward"] })).to.include({ value: 0 });
  });

  it("has a range with two ends", async () => {
    let message = "";
    await setupPlugin(plugin, { options: { range: [1, 1] } }).catch((error: Error) => {
      message = error.message;
    });
    expect(message).to.contain("failure and success are the same number");
  });
});
