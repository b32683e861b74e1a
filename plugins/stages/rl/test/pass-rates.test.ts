import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@autotraj/core/plugin";
import { expect } from "chai";
import { failureOf } from "../../../../core/test/support/failures.ts";
import { fixture } from "../../../../core/test/support/presets.ts";
import { journalOf, rowsOf } from "../../../../core/test/support/runs.ts";
import { REWARD, StagesRun } from "../../../../core/test/support/stages.ts";
import type { PassRates } from "../src/pass-rates.ts";

describe("the questions that RL plays", function () {
  this.timeout(60_000);
  let run: StagesRun;
  beforeEach(() => {
    run = new StagesRun();
  });
  afterEach(() => run.remove());

  const asked = () => (existsSync(join(run.folder, "asked")) ? journalOf(join(run.folder, "asked")) : []);
  /** A run whose trained policy is right in so many of all cases. */
  const start = (rl: JsonObject, { right = 50, ablations = {} }: { readonly right?: number; readonly ablations?: JsonObject } = {}) =>
    run.start({
      stages: { sft: { model: "base" }, rl: { trajectoryTerm: "never", minPassRate: 0.1, maxPassRate: 0.9, ...rl } },
      ablations,
      extra: {
        ...REWARD,
        student: { use: fixture("scripted-policy"), options: { trainedRightPercent: right, trainedJournal: join(run.folder, "asked") } },
      },
    });
  const played = (stage = "rl") => rowsOf(readFileSync(run.out("models", stage, "data", "train.jsonl"), "utf8")).map(({ id }) => id as string);
  const found = (stage = "rl") => (run.artifact(stage) as unknown as { readonly passRates: PassRates }).passRates;

  it("are those that the model which RL starts from sometimes answers rightly", async () => {
    await start({});
    const { of, samples, questions, chosen } = found();
    expect({ of, samples }).to.deep.equal({ of: "start", samples: 4 });
    expect(Object.keys(questions)).to.include.members(["0.25", "0.50", "0.75"]);
    expect(Object.values(questions).reduce((sum, count) => sum + count, 0)).to.equal(40);
    expect(chosen).to.equal(["0.25", "0.50", "0.75"].reduce((sum, rate) => sum + questions[rate]!, 0));
    expect(played()).to.have.length(chosen);
    expect(run.artifact("rl").rows.train).to.equal(chosen);
    // Two turns of four trajectories of forty questions, sampled as RL samples: from the whole distribution.
    expect(asked()).to.have.length(40 * 4 * 2);
    expect(asked()[0].sampling).to.deep.include({ topP: 1, topK: 0 });
    expect(run.told).to.include(
      `pass rates by 4 samples each of the model that RL starts from: ${Object.entries(questions)
        .map(([rate, count]) => `${count} at ${rate}`)
        .join(", ")}; ${chosen} are played`,
    );
  });

  it("are looked for only until there are enough, the first ones first", async () => {
    await start({});
    const all = played();
    rmSync(run.out(), { recursive: true });
    await start({ limit: 3 });
    expect(played()).to.deep.equal(all.slice(0, 3));
    expect(Object.values(found().questions).reduce((sum, count) => sum + count, 0)).to.be.below(40);
  });

  it("are known already when the stage is done again, or by another one that starts from the same model", async () => {
    await start({}, { ablations: { "rl-fast": { stage: "rl", settings: { learningRate: 1 } } } });
    expect(asked()).to.have.length(40 * 4 * 2);
    expect(played("rl-fast")).to.deep.equal(played());
    await start({ steps: 7, minPassRate: 0.5 });
    expect(asked()).to.have.length(40 * 4 * 2);
    expect(found().chosen).to.equal(found().questions["0.50"]! + found().questions["0.75"]!);
    await start({ steps: 7, minPassRate: 0.5, passRateSamples: 5 });
    expect(asked()).to.have.length(40 * 5 * 2);
  });

  it("end the stage before anything is trained where there is none, and say how the model fares", async () => {
    const error = await failureOf(start({ maxPassRate: 0.9 }, { right: 100 }));
    expect(error.message)
      .to.contain(
        "no question is left to play: pass rates by 4 samples each of the model that RL starts from: 40 at 1.00; 0 are played, and none lies between 0.1 and 0.9.",
      )
      .and.to.contain("widen stages.rl.minPassRate and maxPassRate");
    expect(existsSync(run.out("models", "rl", "model"))).to.equal(false);
  });

  it("are chosen by the loop's rates where the preset says so, and nobody is asked", async () => {
    await start({ passRateOf: "loop" });
    expect(found()).to.include({ of: "loop", samples: null, chosen: played().length });
    expect(found().questions["0.50"]).to.equal(played().length);
    expect(asked()).to.deep.equal([]);
    expect(run.said.filter((line) => line.startsWith("!"))).to.deep.equal([]);
  });

  it("are chosen by the loop's rates where the model cannot be asked, which is said", async () => {
    await start({ model: "base" });
    expect(found()).to.include({ of: "loop" });
    expect(run.said).to.include(
      "! rl: questions are chosen by the loop's pass rates, not by those of the model that RL starts from: its name is one that only the trainer knows, not a folder. `passRateOf: loop` says that this is meant.",
    );
  });

  it("are all of them where no rate is asked for, and nobody is asked either", async () => {
    await start({ minPassRate: 0, maxPassRate: 1 });
    expect(played()).to.have.length(40);
    expect(found()).to.equal(undefined);
    expect(asked()).to.deep.equal([]);
  });
});
