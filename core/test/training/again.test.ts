import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { readSummary } from "../../src/run/run.ts";
import { failureOf } from "../support/failures.ts";
import { fixture } from "../support/presets.ts";
import { journalOf } from "../support/runs.ts";
import { REWARD, SERVE, StagesRun } from "../support/stages.ts";

const CHAIN = { sft: { model: "base" }, "reward-model": { heldOut: 0.4 }, rl: { trajectoryTerm: "always" }, evaluate: {} };

describe("a training", function () {
  this.timeout(60_000);
  let run: StagesRun;
  beforeEach(() => {
    run = new StagesRun();
  });
  afterEach(() => run.remove());
  const jobs = () => journalOf(run.journal).map(({ stage }) => stage);
  const inputs = (name: string) => JSON.parse(readFileSync(run.out("models", name, "artifact.json"), "utf8"));

  describe("is done again where what decides it has changed", () => {
    it("and says which option it was, and where the old one lies, whole", async () => {
      await run.start({ stages: { sft: { model: "base", learningRate: 0.1 } } });
      const { key } = run.artifact("sft");
      await run.start({ stages: { sft: { model: "base", learningRate: 0.2 } } });
      const aside = `sft-${key.slice(0, 8)}`;
      expect(run.told).to.deep.equal([`stage sft is done again: the trainer's option learningRate changed. What there was of it lies in ${aside}.`]);
      expect(run.artifact(aside)).to.include({ key, modelPath: run.out("models", aside, "model") });
      expect(readFileSync(run.out("log.jsonl"), "utf8")).to.contain("is done again");
    });

    it("and says which plugin's code it was", async () => {
      const folder = join(run.folder, "mine");
      const release = (version: string) => writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "mine", type: "module", version }));
      mkdirSync(join(folder, "node_modules", "@autotraj"), { recursive: true });
      symlinkSync(resolve(import.meta.dirname, "../.."), join(folder, "node_modules", "@autotraj", "core"));
      cpSync(fixture("pretend-trainer"), join(folder, "index.mjs"));
      const extra = { trainer: { use: "./mine/index.mjs", options: { journal: run.journal } } };
      release("1.0.0");
      await run.start({ extra });
      release("1.0.1");
      await run.start({ extra });
      expect(run.told[0]).to.match(/^stage sft is done again: plugin trainer: code changed\. What there was of it lies in sft-/);
      await run.start({ extra });
      expect(run.said.at(-1)).to.equal("sft is done already");
    });

    it("and says so where its model is gone", async () => {
      await run.start();
      rmSync(run.out("models", "sft", "model"), { recursive: true });
      await run.start();
      expect(run.told).to.deep.equal([`stage sft is done again: there is no model in ${run.out("models", "sft", "model")} any more.`]);
    });

    it("and says so where only a beginning of it is there, or what an older version left", async () => {
      await failureOf(run.start({ stages: { sft: { model: "base", stopAt: 2 } } }));
      await run.start({ stages: { sft: { model: "base", steps: 2 } } });
      expect(run.told[0]).to.match(/^stage sft begins anew: the trainer's option steps was added; the trainer's option stopAt was taken out\./);
      const { parts: _, ...old } = inputs("sft");
      writeFileSync(run.out("models", "sft", "artifact.json"), JSON.stringify({ ...old, key: "0123456789" }));
      writeFileSync(run.out("models", "sft", "job.json"), JSON.stringify({ key: "0123456789" }));
      await run.start({ stages: { sft: { model: "base", steps: 2 } } });
      expect(run.told[1]).to.contain("the version that did it kept no record of what decided it. What there was of it lies in sft-01234567.");
    });
  });

  describe("whose input was done again", () => {
    it("is out of date, with all that was made from it, and is compared with nothing", async () => {
      await run.start({ stages: CHAIN, extra: REWARD, serve: SERVE });
      const fresh = readSummary(run.at);
      expect(Object.values(fresh.stages).map(({ outOfDate }) => outOfDate)).to.deep.equal([null, null, null]);
      expect(fresh.evaluation?.comparisons).to.have.length(3);

      const changed = { ...CHAIN, sft: { model: "base", steps: 2 } };
      const { summary } = await run.start({ stages: changed, extra: REWARD, serve: SERVE, only: ["sft"] });
      const why = "stage sft was done again";
      expect(Object.entries(summary.stages).map(([name, { outOfDate }]) => [name, outOfDate])).to.deep.equal([
        ["sft", null],
        ["reward-model", why],
        ["rl", why],
      ]);
      expect(summary.evaluation?.models.map(({ model, outOfDate }) => [model, outOfDate])).to.deep.equal([
        ["base", undefined],
        ["sft", why],
        ["rl", `stage rl is out of date (${why})`],
      ]);
      expect(summary.evaluation?.comparisons).to.deep.equal([]);
      expect(readSummary(run.at)).to.deep.equal(summary);

      const evaluated = await run.start({ stages: changed, extra: REWARD, serve: SERVE, only: ["evaluate"] });
      expect(evaluated.summary.evaluation?.models.map(({ model, outOfDate }) => [model, outOfDate])).to.deep.equal([
        ["base", undefined],
        ["sft", undefined],
        ["rl", why],
      ]);
      expect(evaluated.summary.evaluation?.comparisons.map(({ model, against }) => [model, against])).to.deep.equal([["sft", "base"]]);

      const whole = await run.start({ stages: changed, extra: REWARD, serve: SERVE });
      expect(Object.values(whole.summary.stages).map(({ outOfDate }) => outOfDate)).to.deep.equal([null, null, null]);
      expect(whole.summary.evaluation?.comparisons).to.have.length(3);
      expect(jobs()).to.deep.equal(["sft", "reward-model", "rl", "sft", "reward-model", "rl"]);
    });

    it("is said to be out of date where something starts from it", async () => {
      await run.start({ stages: { sft: { model: "base" } } });
      const { madeFrom } = inputs("sft");
      expect(madeFrom).to.have.length(1);
      writeFileSync(run.out("models", "sft", "artifact.json"), JSON.stringify({ ...inputs("sft"), madeFrom: [{ ...madeFrom[0], hash: "other" }] }));
      await run.start({ stages: { sft: { model: "base" }, rl: {} }, extra: REWARD, serve: SERVE, only: ["rl"] });
      expect(run.told).to.deep.equal(["stage rl starts from a model that is out of date: datasets/sft.jsonl has changed"]);
      expect(readSummary(run.at).stages["rl"]?.outOfDate).to.equal("stage sft is out of date (datasets/sft.jsonl has changed)");
    });

    it("is out of date too where the preset says otherwise than when it was trained, and evaluation knows", async () => {
      await run.start({ stages: { sft: { model: "base" }, evaluate: {} } });
      const { summary } = await run.start({ stages: { sft: { model: "base", steps: 2 }, evaluate: {} }, only: ["evaluate"] });
      expect(summary.evaluation?.models[1]?.outOfDate).to.equal("the trainer's option steps was added since it was trained");
      expect(summary.evaluation?.comparisons).to.deep.equal([]);
    });
  });

  it("is found where the run's folder was moved to, with all that was made from it; also one that names its old place", async () => {
    await run.start({ stages: CHAIN, extra: REWARD, serve: SERVE });
    const before = JSON.stringify(readSummary(run.at));
    for (const name of ["artifact", "evaluation"]) {
      const file = name === "artifact" ? run.out("models", "rl", "artifact.json") : run.out("evaluation", "evaluation.json");
      expect(readFileSync(file, "utf8")).not.to.contain(run.folder);
    }
    const old = run.at;
    run.at = join(run.folder, "moved");
    renameSync(old, run.at);
    expect(JSON.stringify(readSummary(run.at))).to.equal(before.replaceAll(old, run.at));
    run.said.length = 0;
    await run.start({ stages: CHAIN, extra: REWARD, serve: SERVE });
    expect(run.said.slice(0, 3)).to.deep.equal(["sft is done already", "reward-model is done already", "rl is done already"]);
    // As versions before this one wrote it.
    const absolute = { ...inputs("sft"), modelPath: run.out("models", "sft", "model") };
    writeFileSync(run.out("models", "sft", "artifact.json"), JSON.stringify(absolute));
    expect(run.artifact("sft").modelPath).to.equal(absolute.modelPath);
    await run.start({ stages: CHAIN, extra: REWARD, serve: SERVE });
    expect(jobs()).to.have.length(3);
  });

  it("of a reward model is not lost where it could not be judged: it is judged by the next run, and RL waits for that", async () => {
    const away = join(run.folder, "away");
    const extra = { terms: { use: fixture("reward-terms"), options: { brokenWhile: away } } };
    const stages = { sft: { model: "base" }, "reward-model": { heldOut: 0.4 }, rl: {} };
    writeFileSync(away, "");
    const error = await failureOf(run.start({ stages, extra, serve: SERVE }));
    expect(error.message).to.contain("the reward model has not judged the held-out pairs");
    expect(run.said.find((line) => line.startsWith("!"))).to.contain("it is trained, but could not judge the held-out pairs");
    expect(run.artifact("reward-model").report).to.equal(undefined);
    rmSync(away);
    const { summary } = await run.start({ stages, extra, serve: SERVE });
    expect(summary.rewardModel?.pairs).to.be.greaterThan(3);
    expect(run.artifact("reward-model").report?.pairs).to.equal(summary.rewardModel?.pairs);
    expect(jobs()).to.deep.equal(["sft", "reward-model", "rl"]);
  });
});

describe("rounds", function () {
  this.timeout(60_000);
  let run: StagesRun;
  beforeEach(() => {
    run = new StagesRun();
  });
  afterEach(() => run.remove());
  const models = () => journalOf(run.journal).map(({ stage, model }) => [stage, model]);

  it("of rl alone go on from what the round before has left", async () => {
    await run.start({ stages: { rl: { model: "base" } }, extra: REWARD, serve: SERVE, rounds: 3 });
    expect(models()).to.deep.equal([
      ["rl", "base"],
      ["rl", run.out("models", "rl", "model")],
      ["rl", run.out("rounds", "2", "models", "rl", "model")],
    ]);
  });

  it("of sft and rl start sft from the last rl, and rl from the round's own sft", async () => {
    await run.start({ stages: { sft: { model: "base" }, rl: {} }, extra: REWARD, serve: SERVE, rounds: 2 });
    expect(models()).to.deep.equal([
      ["sft", "base"],
      ["rl", run.out("models", "sft", "model")],
      ["sft", run.out("models", "rl", "model")],
      ["rl", run.out("rounds", "2", "models", "sft", "model")],
    ]);
  });

  it("are compared with the last stage before them, never with its ablation", async () => {
    const ablations = { "sft-short": { stage: "sft", settings: { steps: 1 } } };
    const { summary } = await run.start({ stages: { sft: { model: "base" }, evaluate: {} }, ablations, rounds: 2 });
    const against = (name: string) => summary.evaluation?.comparisons.filter(({ model }) => model === name).map((one) => one.against);
    expect(against("sft round 2")).to.deep.equal(["base", "sft"]);
    expect(against("sft")).to.deep.equal(["base", "sft-short"]);
  });

  it("are played again where the model that plays them is another one, and say so", async () => {
    await run.start({ stages: { sft: { model: "base" } }, rounds: 2 });
    await run.start({ stages: { sft: { model: "base", steps: 2 } }, rounds: 2 });
    const [first, again, second, ...others] = run.told.slice(1);
    expect(first).to.contain("stage sft is done again: the trainer's option steps was added.");
    expect(again).to.match(
      /^round 2 is played again: the model that writes its candidates is another one than before\. What there was of it lies in .*rounds\/2-/,
    );
    expect(second).to.contain("round 2: ");
    expect(others).to.deep.equal([]);
    expect(readdirSync(run.out("rounds"))).to.have.length(2);
  });
});

describe("a run whose policy is another one than before", function () {
  this.timeout(60_000);
  it("says so, and its old figures are compared with nothing", async () => {
    const run = new StagesRun();
    try {
      const weights = join(run.folder, "weights");
      const extra = { student: { use: fixture("scripted-policy"), options: { weights } } };
      const stages = { sft: { model: "base" }, evaluate: {} };
      writeFileSync(weights, "1");
      await run.start({ stages, extra });
      expect(run.said.filter((line) => line.startsWith("!"))).to.deep.equal([]);
      writeFileSync(weights, "2");
      const { summary } = await run.start({ stages, extra, only: ["sft"] });
      expect(run.said.filter((line) => line.startsWith("!")).join()).to.contain(
        "! student: another model, server or setting stands behind it than before (scripted):",
      );
      expect(summary.evaluation?.models.map(({ outOfDate }) => outOfDate)).to.deep.equal(["the policy is another one now", undefined]);
      expect(summary.evaluation?.comparisons).to.deep.equal([]);
      const again = await run.start({ stages, extra });
      expect(again.summary.evaluation?.comparisons).to.have.length(1);
    } finally {
      run.remove();
    }
  });
});
