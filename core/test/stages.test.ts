import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import type { JsonObject } from "../src/kernel/plugin.ts";
import { readSummary } from "../src/run/run.ts";
import type { Episodes } from "../src/run/stages/episodes.ts";
import { failureOf } from "./support/failures.ts";
import { fixture } from "./support/presets.ts";
import { inStore, journalOf, rowsOf } from "./support/runs.ts";
import { REWARD, type ServeEpisodes, StagesRun } from "./support/stages.ts";

describe("the stages after the loop", function () {
  this.timeout(60_000);
  let run: StagesRun;
  beforeEach(() => {
    run = new StagesRun();
  });
  afterEach(() => run.remove());
  const start: StagesRun["start"] = (settings) => run.start(settings);
  const out: StagesRun["out"] = (...path) => run.out(...path);
  const artifact: StagesRun["artifact"] = (name) => run.artifact(name);
  const journal = () => run.journal;

  it("hand the data sets to the trainer, keep what it left as an artifact, and do nothing twice", async () => {
    const first = await start({ stages: { sft: { model: "base", steps: 4, heldOut: 0.25 } } });
    expect(run.said).to.deep.equal(["sft begins", "sft trains", "sft is done"]);
    const left = artifact("sft");
    expect(left).to.include({ stage: "sft", trainer: "trainer", startedFrom: "base", kind: "causal", modelPath: out("models", "sft", "model") });
    expect(first.summary.stages["sft"]).to.deep.include({ metrics: { steps: 4 }, rows: left.rows });
    expect(left.rows.train + left.rows.heldOut).to.equal(first.summary.funnel.sft);
    expect(left.rows.heldOut).to.be.greaterThan(0);
    // Rows of one question are never on both sides.
    const ids = (name: string) => new Set(rowsOf(readFileSync(out("models", "sft", "data", name), "utf8")).map(({ query }) => query.id));
    const [train, held] = [ids("train.jsonl"), ids("held-out.jsonl")];
    expect([...train].filter((id) => held.has(id))).to.deep.equal([]);

    await start({ stages: { sft: { model: "base", steps: 4, heldOut: 0.25 } } });
    expect(run.said.at(-1)).to.equal("sft is done already");
    expect(journalOf(journal())).to.have.length(1);
    expect(journalOf(journal())[0]).to.deep.include({ model: "base", options: { steps: 4 } });
  });

  describe("and what their trainers need of Python", () => {
    const installs = { trainer: { use: fixture("pretend-trainer"), options: { installs: "no space left." } } };
    const failed = "! trainer: what it trains with could not be installed; its stage will try again. no space left.";

    it("is installed while the loop plays: what fails there is known before the first stage", async () => {
      await start({ extra: installs });
      expect(run.said).to.deep.equal([failed, "sft begins", "sft trains", "sft is done"]);
    });

    it("is left alone where none of their stages is to be done, or the loop is finished: then the stage itself is next", async () => {
      await start({ extra: installs, only: ["evaluate"], stages: { sft: { model: "base" }, evaluate: {} } });
      expect(run.said).to.deep.equal(["evaluate begins", "evaluate is done"]);
      await start({ extra: installs });
      expect(run.said.slice(2)).to.deep.equal(["sft begins", "sft trains", "sft is done"]);
    });
  });

  it("see each question equally often where sft draws questions, and say how many rows that makes", async () => {
    await start({ stages: { sft: { model: "base", sampling: "questions", heldOut: 0.25 } } });
    const idsIn = (file: string) => rowsOf(readFileSync(file, "utf8")).map(({ id, query }) => ({ id, question: query.id }));
    const written = idsIn(out("models", "sft", "data", "train.jsonl"));
    const times = [...Map.groupBy(written, ({ question }) => question).values()].map(({ length }) => length);
    expect([...new Set(times)]).to.deep.equal([2]);
    const different = new Set(written.map(({ id }) => id)).size;
    expect(different, "some questions should have one row, others two").to.be.above(times.length).and.below(written.length);
    const left = artifact("sft");
    expect(left.rows.train).to.equal(written.length);
    expect(left["drawn"]).to.deep.equal({ questions: times.length, visits: 2, different });
    expect(run.told).to.deep.equal([
      `sft: a pass over the training file sees each of ${times.length} questions 2 times: ${written.length} rows, ${different} of them different.`,
    ]);
  });

  it("go on in the same folder after a failure, and start the next from what the last one left", async () => {
    const stages = { sft: { model: "base", stopAt: 2 }, "reward-model": {} };
    const error = await failureOf(start({ stages, extra: REWARD }));
    expect(error.message).to.contain("[ATRAJ_TRAINER_FAILED] ").and.to.contain("RuntimeError: pretend");
    expect(existsSync(out("models", "sft", "artifact.json"))).to.equal(false);
    await start({ stages, extra: REWARD });
    expect(JSON.parse(readFileSync(out("models", "sft", "model", "config.json"), "utf8")).from).to.equal(1);
    expect(artifact("reward-model").startedFrom).to.equal(artifact("sft").modelPath);
  });

  it("move what another job left aside, and never delete it", async () => {
    const base = { model: "base" };
    await start({ stages: { sft: base } });
    // A stage setting is part of the preset, so the same folder is another run: by itself the stage is asked for with other data.
    writeFileSync(out("models", "sft", "job.json"), JSON.stringify({ key: "0123456789" }));
    rmSync(out("models", "sft", "artifact.json"));
    await start({ stages: { sft: base } });
    expect(readdirSync(out("models")).sort()).to.deep.equal(["sft", "sft-01234567"]);
  });

  it("report on the reward model beside what could fake it, and leave it out of RL where it is no better", async () => {
    const stages = { sft: { model: "base" }, "reward-model": { heldOut: 0.4 } };
    const { summary } = await start({ stages, extra: { terms: { use: fixture("reward-terms"), options: { random: true } } } });
    const report = summary.rewardModel;
    expect(report?.pairs).to.be.greaterThan(3);
    expect(report?.baselines).to.have.any.keys("shorter wins", "longer wins");
    expect(report?.beatsBaselines).to.equal(false);
    const pairs = rowsOf(readFileSync(out("models", "reward-model", "data", "held-out.jsonl"), "utf8"));
    expect(report?.pairs).to.equal(pairs.length);
    const judged = rowsOf(readFileSync(out("models", "reward-model", "held-out-judged.jsonl"), "utf8"));
    const idsOf = (side: unknown) => (side as { id: string }).id;
    expect(judged.map(({ chosen, rejected }) => [chosen, rejected])).to.deep.equal(
      pairs.map(({ chosen, rejected }) => [idsOf(chosen), idsOf(rejected)]),
    );
    const right = judged.map(({ chosenScore, rejectedScore }) => (Math.sign(Number(chosenScore) - Number(rejectedScore)) + 1) / 2);
    expect(right.reduce((sum, one) => sum + one, 0) / right.length).to.be.closeTo(report?.accuracy.value ?? -1, 1e-12);
    expect(report?.baselines["untrained model"]?.value).to.equal(1);
    expect(report?.kinds?.["repair"]?.accuracy.n).to.equal(pairs.filter(({ kind }) => kind === "repair").length);
    const { train, heldOut } = artifact("reward-model")["rows"] as { train: number; heldOut: number };
    const counted = Object.values(report?.sources ?? {}).reduce((sum, { pairs: number }) => sum + number, 0);
    expect([heldOut, train + heldOut]).to.deep.equal([pairs.length, counted]);
  });

  it("evaluate every model on the held-out questions, compare them, and let go of their weights", async () => {
    const { summary } = await start({ stages: { sft: { model: "base" }, evaluate: { samples: 3, temperature: 0.5 } }, extra: {} });
    const evaluation = summary.evaluation;
    expect(evaluation?.models.map(({ model, questions }) => [model, questions])).to.deep.equal([
      ["base", 12],
      ["sft", 12],
    ]);
    const [base, sft] = evaluation?.models ?? [];
    expect(sft?.greedy).to.deep.include({ value: 1, n: 12 });
    expect(base?.greedy?.value).to.be.within(0.1, 0.9);
    expect(base?.sampled?.pass.value).to.be.at.least(base?.sampled?.average.value ?? 2);
    expect(Object.keys(sft?.tasks ?? {}).sort()).to.deep.equal(["t0", "t1"]);
    const [comparison] = evaluation?.comparisons ?? [];
    expect(comparison).to.include({ model: "sft", against: "base", worse: 0 });
    expect(comparison?.better).to.equal(12 - Math.round(12 * (base?.greedy?.value ?? 0)));
    expect(evaluation?.leakage).to.deep.include({ evaluated: 12, sameText: [] });
    expect(rowsOf(readFileSync(out("evaluation", "sft.jsonl"), "utf8"))).to.have.length(12);
    expect(readSummary(out()).evaluation).to.deep.equal(evaluation);
  });

  it("may be set otherwise without doing the loop again: only what depends on the setting is done anew", async () => {
    await start({ stages: { sft: { model: "base" } } });
    const before = readFileSync(out("datasets", "sft.jsonl"), "utf8");
    await start({ stages: { sft: { model: "base", steps: 5 }, "reward-model": {} }, extra: REWARD });
    expect(readFileSync(out("datasets", "sft.jsonl"), "utf8")).to.equal(before);
    expect(journalOf(journal()).map(({ stage, options }) => [stage, options.steps ?? null])).to.deep.equal([
      ["sft", null],
      ["sft", 5],
      ["reward-model", null],
    ]);
    await start({ stages: { sft: { model: "base", steps: 5 }, "reward-model": { heldOut: 0.3 } }, extra: REWARD });
    expect(journalOf(journal()).map(({ stage }) => stage)).to.deep.equal(["sft", "sft", "reward-model", "reward-model"]);
  });

  it("can be asked for one by one", async () => {
    const stages = { sft: { model: "base" }, evaluate: {} };
    await start({ stages, only: [] });
    expect(run.said).to.deep.equal([]);
    await start({ stages, only: ["evaluate"] });
    expect(run.said).to.deep.equal(["evaluate begins", "evaluate is done"]);
    expect(readSummary(out()).evaluation?.models.map(({ model }) => model)).to.deep.equal(["base"]);
    await start({ stages, only: ["sft"] });
    expect(run.said.at(-1)).to.equal("sft is done");
  });

  it("repeat the loop with what was trained, round after round, and compare all models at the end", async () => {
    const stages = { sft: { model: "base" }, evaluate: {} };
    const { summary } = await start({ stages, rounds: 3 });
    expect(summary.evaluation?.models.map(({ model }) => model)).to.deep.equal(["base", "sft", "sft round 2", "sft round 3"]);
    // The trained policy of the fixture is always right: nothing is left to repair.
    const second = readSummary(out("rounds", "2"));
    expect(second.funnel).to.include({ kept: second.funnel.candidates, toRepair: 0 });
    expect(summary.funnel.toRepair).to.be.greaterThan(0);
    const jobs = journalOf(journal()).filter(({ stage }) => stage !== undefined);
    expect(jobs.map(({ model }) => model)).to.deep.equal(["base", out("models", "sft", "model"), out("rounds", "2", "models", "sft", "model")]);
    await start({ stages, rounds: 3 });
    expect(journalOf(journal()).filter(({ stage }) => stage !== undefined)).to.have.length(3);
  });

  it("begin from a seed of their own where the preset says so, on the same rows", async () => {
    const stages = { sft: { model: "base", steps: 2, heldOut: 0.25 }, rl: { model: "base", seed: 9 }, evaluate: {} };
    const again = (seed: number) => ({ stage: "sft", settings: { seed } });
    await start({ stages, ablations: { same: again(3), two: again(2), "two-again": again(2) }, seed: 3, extra: REWARD });
    const jobs = journalOf(journal());
    expect(jobs.map(({ stage, options }) => [stage, options])).to.deep.equal([...Array.from({ length: 4 }, () => ["sft", { steps: 2 }]), ["rl", {}]]);
    const [own, same, two, twoAgain, rl] = jobs.map(({ seed }) => seed);
    expect([same, twoAgain]).to.deep.equal([own, two]);
    expect(new Set([own, two, rl]).size).to.equal(3);
    expect([artifact("same").key, artifact("two-again").key]).to.deep.equal([artifact("sft").key, artifact("two").key]);
    expect(artifact("two").key).to.not.equal(artifact("sft").key);
    const rows = (name: string) => ["train.jsonl", "held-out.jsonl"].map((file) => readFileSync(out("models", name, "data", file), "utf8"));
    expect(rows("two")).to.deep.equal(rows("sft"));
  });

  it("have no such seed where they do not train, nor one that is no number", async () => {
    const error = await failureOf(start({ stages: { sft: { model: "base", seed: -1 }, evaluate: { seed: 1 } } }));
    expect(error.message).to.contain("stages.sft.seed must be at least 0, but is -1.");
    expect(error.message).to.contain("stages.evaluate.seed is not a setting of this stage.");
  });

  it("are done once more for each ablation, with some settings changed, and all models are compared", async () => {
    const stages = { sft: { model: "base", steps: 2 }, evaluate: {} };
    const ablations = {
      "sft-kept": { stage: "sft", settings: { rows: "kept", steps: 5 } },
      "sft-short": { stage: "sft", settings: { steps: null } },
    };
    const { summary } = await start({ stages, ablations });
    expect(run.said.filter((line) => line.endsWith("begins"))).to.deep.equal([
      "sft begins",
      "sft-kept begins",
      "sft-short begins",
      "evaluate begins",
    ]);
    const rows = (name: string) => rowsOf(readFileSync(out("models", name, "data", "train.jsonl"), "utf8"));
    const kept = rows("sft").filter(({ provenance }) => provenance.origin !== "repair");
    expect(kept.length).to.be.within(1, rows("sft").length - 1);
    expect(rows("sft-kept")).to.deep.equal(kept);
    expect(rows("sft-short")).to.deep.equal(rows("sft"));
    expect(journalOf(journal()).map(({ stage, options }) => [stage, options])).to.deep.equal([
      ["sft", { steps: 2 }],
      ["sft", { steps: 5 }],
      ["sft", {}],
    ]);
    expect(artifact("sft-kept")).to.include({ name: "sft-kept", stage: "sft", modelPath: out("models", "sft-kept", "model") });
    expect(Object.keys(summary.stages)).to.deep.equal(["sft", "sft-kept", "sft-short"]);
    expect(summary.evaluation?.models.map(({ model }) => model)).to.deep.equal(["base", "sft", "sft-kept", "sft-short"]);
    expect(summary.evaluation?.comparisons.map(({ model, against }) => `${model} ${against}`)).to.deep.equal([
      "sft base",
      "sft sft-kept",
      "sft sft-short",
      "sft-kept base",
      "sft-short base",
    ]);
    await start({ stages, ablations });
    expect(journalOf(journal())).to.have.length(3);
    // An ablation can be asked for by its name, and changing it leaves all else as it is.
    const other = { ...ablations, "sft-kept": { stage: "sft", settings: { rows: "repaired" } } };
    await start({ stages, ablations: other, only: ["sft-kept"] });
    expect(rows("sft-kept").length).to.equal(rows("sft").length - kept.length);
    expect(journalOf(journal())).to.have.length(4);
  });

  it("are given the run's pairs, or the preset's, and are done anew when these change", async () => {
    const pairs = () => JSON.parse(readFileSync(out("models", "rl", "job-config.json"), "utf8")).pairs;
    const serve: ServeEpisodes = async () => ({ url: "", token: "t", close: async () => {} });
    const rl = (settings: JsonObject = {}) => ({ stages: { rl: { model: "base", ...settings } }, extra: REWARD, serve });
    await start(rl());
    expect(pairs()).to.equal(out("datasets", "preferences.jsonl"));
    writeFileSync(join(run.folder, "own.jsonl"), "{}\n");
    await start(rl({ pairs: "own.jsonl" }));
    expect(pairs()).to.equal(join(run.folder, "own.jsonl"));
    await start(rl({ pairs: "own.jsonl" }));
    expect(journalOf(journal())).to.have.length(2);
    writeFileSync(join(run.folder, "own.jsonl"), "{}\n{}\n");
    await start(rl({ pairs: "own.jsonl" }));
    expect(journalOf(journal())).to.have.length(3);
    expect((await failureOf(start(rl({ pairs: "none.jsonl" })))).message).to.contain(
      `${join(run.folder, "none.jsonl")}, which its setting pairs names, is not there`,
    );
  });

  it("have numbers that cannot be meant refused before the loop is paid for", async () => {
    for (const [setting, value] of [
      ["limit", "abc"],
      ["limit", 1.5],
      ["limit", -3],
      ["minPassRate", "half"],
      ["maxPassRate", -1],
      ["trajectoryTerm", "sometimes"],
      ["pairs", 3],
    ] as const) {
      const { code, message } = await failureOf(start({ stages: { rl: { model: "base", [setting]: value } }, extra: REWARD }));
      expect(code, setting).to.equal("ATRAJ_STAGE_INPUT");
      expect(message).to.contain(setting).and.contain(JSON.stringify(value));
    }
    expect(existsSync(out()), "nothing was begun").to.equal(false);
  });

  it("say what they lack", async () => {
    expect((await failureOf(start({ stages: { sft: {} } }))).message).to.contain("stages.sft.model: is missing.");
    rmSync(out(), { recursive: true, force: true });
    expect((await failureOf(start({ stages: { sft: { model: "b", heldOut: 2 } } }))).message).to.contain(
      "stages.sft.heldOut must be less than 1, but is 2",
    );
    rmSync(out(), { recursive: true, force: true });
    expect((await failureOf(start({ stages: { sft: { model: "b", rows: "poor" } } }))).message).to.contain("stages.sft.rows must be one of");
    rmSync(out(), { recursive: true, force: true });
    expect((await failureOf(start({ stages: { evaluate: { sample: 3 } } }))).message).to.contain(
      'stages.evaluate.sample is not a setting of this stage. Did you mean "samples"?',
    );
    rmSync(out(), { recursive: true, force: true });
    const two = await failureOf(start({ stages: { sft: { model: "b" } }, extra: { second: { use: fixture("pretend-trainer") } } }));
    expect(two.message).to.contain('[ATRAJ_TRAINER_AMBIGUOUS] stage "sft": "trainer" and "second" all offer it.');
    await start({ stages: { sft: { model: "b", trainer: "second" } }, extra: { second: { use: fixture("pretend-trainer") } } });
    expect(artifact("sft").trainer).to.equal("second");
  });

  it("are refused before anything is spent where the policy could not sample what they train", async () => {
    const student = { use: "@autotraj/policy-openai", options: { model: "m", baseURL: "http://127.0.0.1:9" } };
    const error = await failureOf(start({ stages: { sft: { model: "base" }, evaluate: {} }, extra: { student } }));
    expect(error.code).to.equal("ATRAJ_PRESET_INVALID");
    expect(error.message).to.contain('the policy "student" cannot load the weights that the run will train, and stages.evaluate needs them sampled.');
    expect(existsSync(out("run.db"))).to.equal(false);
  });

  it("are refused before anything is spent where their settings are wrong, an ablation's too", async () => {
    const stages = { sft: { model: "base" } };
    const error = await failureOf(start({ stages, ablations: { brief: { stage: "sft", settings: { steps: 0 } } } }));
    expect(error.message).to.contain("steps is 0, and nothing would be learnt");
    expect((await failureOf(start({ stages, ablations: { odd: { stage: "sft", settings: { rows: "poor" } } } }))).message).to.contain(
      "ablations.odd.settings.rows must be one of",
    );
    expect(existsSync(out("run.db"))).to.equal(false);
  });

  it("are refused before anything is spent where no trainer offers them", async () => {
    const stages = { sft: { model: "base", trainer: "student" } };
    expect((await failureOf(start({ stages }))).code).to.equal("ATRAJ_TRAINER_MISSING");
    expect(existsSync(out("run.db"))).to.equal(false);
  });

  describe("in rl", () => {
    /** The smallest server: plays one episode by script and asks for its reward. */
    const serveWith =
      (play: (episodes: Episodes, task: string) => Promise<unknown>): ServeEpisodes =>
      async (episodes) => {
        const server = createServer((request, response) => {
          let body = "";
          request.on("data", (chunk) => {
            body += chunk;
          });
          request.on("end", async () => response.end(JSON.stringify(await play(episodes, JSON.parse(body).task))));
        });
        await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
        const { port } = server.address() as AddressInfo;
        return { url: `http://127.0.0.1:${port}`, token: "t", close: () => new Promise((done) => server.close(() => done())) };
      };

    const answered = () => JSON.parse(readFileSync(out("models", "rl", "answered.json"), "utf8"));
    const stages = (rl: JsonObject = {}) => ({ sft: { model: "base" }, rl: { steps: 1, ...rl } });

    it("the trainer plays the same questions with the same tools, and each reward says what it is made of", async () => {
      const serve = serveWith(async (episodes, task) => {
        const session = episodes.begin(task, "one");
        expect(episodes.begin(task, "one")).to.equal(session);
        const step = await episodes.turn(session, 0, { text: "<think>I add.</think>\n<add>0 0</add>", finish: "stop" });
        const again = await episodes.turn(session, 0, { text: "ignored", finish: "stop" });
        const end = await episodes.turn(session, 1, { text: "<answer>\\boxed{0}</answer>", finish: "stop" });
        const wrong = episodes.begin(task, "two");
        await episodes.turn(wrong, 0, { text: "<answer>\\boxed{7}</answer>", finish: "stop" });
        const cut = episodes.begin(task, "three");
        return {
          task,
          step,
          same: JSON.stringify(step) === JSON.stringify(again),
          end,
          rewards: await episodes.score([session, wrong, cut, "nobody"]),
        };
      });
      await start({ stages: stages({ trajectoryTerm: "never" }), extra: REWARD, serve });
      const { step, same, end, rewards } = answered();
      expect(step).to.deep.include({ append: "\n<result>\n0\n</result>\n", done: false });
      expect(same).to.equal(true);
      expect(end).to.deep.equal({ append: "", results: [], done: true, finish: "answer" });
      expect(rewards[0]).to.deep.equal({ reward: 1, terms: { "terms:right": 1, "terms:form": 0 } });
      expect(rewards[1]).to.deep.equal({ reward: 0, terms: { "terms:right": 0, "terms:form": 0 } });
      expect(rewards[2].reward).to.equal(-1);
      expect(rewards[3]).to.deep.equal({ reward: null, terms: {}, invalid: rewards[3].invalid });
      expect(rewards[3].invalid).to.contain('there is no session "nobody"');
      const [task] = rowsOf(readFileSync(out("models", "rl", "data", "train.jsonl"), "utf8"));
      expect(task).to.include({ id: "q-0", dialect: "tags" });
      expect(task.stop).to.deep.equal(["</add>", "</answer>"]);
    });

    it("plays only questions that the loop sometimes got right, where the preset says so", async () => {
      const serve = serveWith(async (episodes) => ({ ids: [...episodes.tasks.keys()] }));
      const byLoop = { trajectoryTerm: "never", passRateOf: "loop" };
      await start({ stages: stages({ ...byLoop, minPassRate: 0.1, maxPassRate: 0.9 }), extra: REWARD, serve });
      const mixed = inStore(out(), (store) =>
        store.all(`SELECT json_extract(body, '$.query.id') id FROM trajectories WHERE origin = 'rollout' GROUP BY position
          HAVING avg(json_extract(scores, '$.correctness.value')) BETWEEN 0.1 AND 0.9 ORDER BY position`),
      ).map((row) => (row as { id: string }).id);
      expect(mixed.length).to.be.within(1, 39);
      expect(answered().ids).to.deep.equal(mixed);
      rmSync(out(), { recursive: true, force: true });
      const none = start({ stages: stages({ ...byLoop, minPassRate: 0.6, maxPassRate: 0.7 }), extra: REWARD, serve });
      expect((await failureOf(none)).message).to.contain("no question is left to play");
    });

    it("a reward model that fails makes the reward invalid, and it is never 0", async () => {
      const away = join(run.folder, "away");
      const serve = serveWith(async (episodes, task) => {
        const session = episodes.begin(task, "one");
        await episodes.turn(session, 0, { text: "<answer>\\boxed{0}</answer>", finish: "stop" });
        const [good] = await episodes.score([session]);
        writeFileSync(away, "");
        const [bad] = await episodes.score([session]);
        return { good, bad };
      });
      const extra = { terms: { use: fixture("reward-terms"), options: { brokenWhile: away } } };
      await start({ stages: { ...stages({ trajectoryTerm: "always" }), "reward-model": {} }, extra, serve });
      const { good, bad } = answered();
      expect(good.reward).to.be.greaterThan(1);
      expect(bad.reward).to.equal(null);
      expect(bad.invalid).to.contain("the reward model is away");
    });
  });
});
