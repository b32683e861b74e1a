import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AutoTrajError, type JsonObject, readSummary } from "@autotraj/core";
import { expect } from "chai";
import { checkStudy, reportStudy, runStudy, type Study, type StudyResult } from "../src/index.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const fixture = (name: string) => join(import.meta.dirname, "fixtures", `${name}.mjs`);
const coreFixture = (name: string) => join(ROOT, "core/test/fixtures/plugins", `${name}.mjs`);

const TWO = { plain: {}, better: { stages: { sft: { skill: 85 } } } };
const ARMS = {
  ...TWO,
  unrepaired: { repair: { enabled: false } },
};

describe("a study", function () {
  this.timeout(60_000);
  let folder: string;
  const at = (...path: readonly string[]) => join(folder, ...path);
  const lines = (name: string): JsonObject[] =>
    existsSync(at(name))
      ? readFileSync(at(name), "utf8")
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [];

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-study-")));
    const questions = (count: number, from: number) =>
      Array.from(
        { length: count },
        (_, n) => `${JSON.stringify({ id: `q${from + n}`, question: `What is ${from + n} + 5?`, answer: from + n + 5 })}\n`,
      ).join("");
    writeFileSync(at("train.jsonl"), questions(12, 0));
    writeFileSync(at("held-out.jsonl"), questions(24, 100));
    const preset = {
      queries: { train: "train.jsonl", evaluate: "held-out.jsonl" },
      rollout: { policy: "student", candidates: 2, wave: 4 },
      stages: { sft: { model: "base" }, evaluate: {} },
      ablations: { again: { stage: "sft", settings: { skill: 10 } } },
      plugins: {
        student: { use: fixture("graded-policy"), options: { journal: at("turns"), failsBy: at("fails") } },
        exact: { use: coreFixture("exact-scorer") },
        gate: { use: coreFixture("right-gate") },
        fix: { use: "@autotraj/repairer-llm", options: { policy: "student", attempts: 1 } },
        trainer: { use: fixture("skilled-trainer"), options: { journal: at("trainings"), holdsWhile: at("hold"), finds: at("found") } },
      },
    };
    writeFileSync(at("preset.json"), JSON.stringify(preset));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const study = (more: JsonObject = {}): Study =>
    checkStudy(
      { preset: "./preset.json", seeds: [1, 2], arms: ARMS, compare: [{ arm: "better", against: "plain" }], ...more },
      { baseDir: folder, name: "demo", who: "study.yaml" },
    );
  const start = (of = study(), dir = at("study")) => runStudy({ study: of, dir, cacheDir: at("cache") });
  /** What is asked for twice is paid for twice. */
  const paidTwice = () => {
    const asked = lines("turns").map((line) => JSON.stringify(line));
    return asked.length - new Set(asked).size;
  };
  const untimed = (result: StudyResult) => JSON.parse(JSON.stringify(result, (key, value) => (key === "seconds" ? 0 : value)));

  it("trains every arm with every seed, pays for each call once, and leaves one table and one picture", async () => {
    const result = await start();
    expect(result).to.include({ study: "demo", done: 6, planned: 6 });
    // Each arm and seed once, those of the first comparison before the others, the preset's ablation never.
    expect(lines("trainings").map(({ skill }) => skill)).to.deep.equal([60, 85, 60, 85, 60, 60]);
    expect(new Set(lines("trainings").map(({ seed }) => seed)).size).to.equal(2);
    expect(paidTwice()).to.equal(0);
    expect(lines("turns").filter(({ weights }) => weights === "base").length).to.be.below(12 * 2 * 2 + 24 + 1);

    for (const { arm, runs, mean } of result.arms) {
      expect(runs.map(({ seed, run, questions, precision }) => [seed, run, questions, precision])).to.deep.equal(
        [1, 2].map((seed) => [seed, join("runs", arm, `seed-${seed}`), 24, "F16"]),
      );
      for (const { run, right, mean: value } of runs) {
        const model = readSummary(at("study", run)).evaluation?.models.find(({ model }) => model === "sft");
        expect(right / 24)
          .to.equal(value)
          .and.to.equal(model?.greedy?.value);
      }
      expect(mean?.value).to.be.closeTo((runs[0]!.mean + runs[1]!.mean) / 2, 1e-12);
    }
    const [plain, better, unrepaired] = result.arms.map(({ runs }) => runs);
    expect(result.comparisons).to.have.length(1);
    const { difference, seeds, addedLater } = result.comparisons[0]!;
    expect(seeds.map((one) => one.difference.toFixed(6))).to.deep.equal([0, 1].map((n) => (better![n]!.mean - plain![n]!.mean).toFixed(6)));
    expect(difference).to.include({ n: 24 });
    expect(difference.low).to.be.below(difference.value);
    expect(addedLater).to.equal(false);
    // Only the arm without repairs learnt from other rows.
    const data = [plain, better, unrepaired].map((runs) => runs!.map(({ trainings }) => trainings["sft"]?.data));
    expect(data[0]).to.deep.equal(data[1]);
    expect(data[0]![0]).to.equal(data[0]![1]);
    expect(data[2]![0]).to.not.equal(data[0]![0]);
    expect(unrepaired![0]!.loop).to.include({ candidates: plain![0]!.loop.candidates, repairs: 0, repaired: 0, gained: 0 });
    expect(plain![0]!.loop.repaired).to.be.within(1, plain![0]!.loop.repairs);
    expect(unrepaired![0]!.trainings["sft"]!.rows).to.be.below(plain![0]!.trainings["sft"]!.rows!);

    expect(JSON.parse(readFileSync(at("study", "study.json"), "utf8"))).to.deep.equal(JSON.parse(JSON.stringify(result)));
    expect(readFileSync(at("study", "study.md"), "utf8"))
      .to.contain("- better − plain: ")
      .and.to.contain(`| better | 2 | ${better![1]!.right} | 24 |`);
    const table = readFileSync(at("study", "study.csv"), "utf8").trim().split("\n");
    expect(table).to.have.length(7);
    expect(table[1]).to.match(/^plain,1,sft,F16,24,\d+,0\.\d+,sft,2,100,\d+,[\d.]+,(?:\d+,){6}runs\/plain\/seed-1$/);
    expect(readFileSync(at("study", "study.svg"), "utf8").match(/<circle /g)).to.have.length(6);
    expect(result.notes.join("\n")).to.contain("the untrained policy in Q4_1").and.to.contain("2 seeds are few").and.not.to.contain("Unequal");
  });

  it("does nothing twice when it is asked for again, and only what is new when something is added", async () => {
    const first = await start(study({ arms: TWO, seeds: [1] }));
    const [turns, trainings] = [lines("turns").length, lines("trainings").length];
    expect(await start(study({ arms: TWO, seeds: [1] }))).to.deep.equal(first);
    expect([lines("turns").length, lines("trainings").length]).to.deep.equal([turns, trainings]);
    const compare = [
      { arm: "better", against: "plain" },
      { arm: "plain", against: "better" },
    ];
    const added = await start(study({ arms: TWO, seeds: [1, 3], compare }));
    expect(lines("trainings")).to.have.length(trainings + 2);
    expect(paidTwice()).to.equal(0);
    expect(added.comparisons.map(({ addedLater }) => addedLater)).to.deep.equal([false, true]);
    expect(added.notes.join("\n"))
      .to.contain("plain − better was not asked for when the study began")
      .and.to.contain("Seeds added after the study had begun: 3.");
    expect(added.arms.map(({ runs }) => runs[0])).to.deep.equal(first.arms.map(({ runs }) => runs[0]));
  });

  it("does only the arms it is asked for, needs nothing that the others need, and keeps in its tables what was done before", async () => {
    const missing = { plugins: { student: { options: { journal: { $env: "AUTOTRAJ_TEST_NOT_SET" } } } } };
    const three = study({ arms: { ...TWO, missing }, compare: [{ arm: "better", against: "plain" }, { arm: "missing", against: "plain" }] }); // biome-ignore format: one thing
    const only = (...arms: readonly string[]) => runStudy({ study: three, dir: at("study"), cacheDir: at("cache"), arms });
    const first = await only("better");
    expect(first).to.include({ done: 2, planned: 6 });
    expect(lines("trainings").map(({ skill }) => skill)).to.deep.equal([85, 85]);
    const both = await only("plain");
    expect(both).to.include({ done: 4, planned: 6 });
    expect(lines("trainings").map(({ skill }) => skill)).to.deep.equal([85, 85, 60, 60]);
    expect(both.comparisons.map(({ arm, against, seeds }) => [arm, against, seeds.length])).to.deep.equal([["better", "plain", 2]]);
    expect(both.arms.map(({ runs }) => runs.length)).to.deep.equal([2, 2, 0]);
    const wrong = await only("bettr").catch((error: unknown) => error);
    expect(wrong).to.be.instanceOf(AutoTrajError);
    expect((wrong as AutoTrajError).message)
      .to.contain('it has no arm "bettr"')
      .and.to.contain("Its arms are plain, better, missing.");
  });

  it("goes on after SIGKILL to the same result, without paying for anything again", async () => {
    const undisturbed = untimed(await start(study({ arms: TWO }), at("whole")));
    for (const journal of ["turns", "trainings"]) rmSync(at(journal));
    writeFileSync(at("hold"), "");
    writeFileSync(
      at("study.json"),
      JSON.stringify({ name: "demo", preset: "./preset.json", seeds: [1, 2], arms: TWO, compare: [{ arm: "better", against: "plain" }] }),
    );
    const killed = spawn(process.execPath, commandOf("study", at("study.json"), "--out", at("study")), { ...inFolder(), stdio: "ignore" });
    while (lines("trainings").length < 3) await sleep(20);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    rmSync(at("hold"));
    const soFar = await reportStudy({ study: study({ arms: TWO }), dir: at("study"), cacheDir: at("cache") });
    expect([soFar.done, soFar.comparisons.map(({ seeds }) => seeds.map(({ seed }) => seed))]).to.deep.equal([2, [[1]]]);
    expect(untimed(await start(study({ arms: TWO })))).to.deep.equal(undisturbed);
    const shown = spawnSync(process.execPath, commandOf("study", at("study.json"), "--out", at("study"), "--report"), {
      ...inFolder(),
      encoding: "utf8",
    });
    expect(shown.stdout)
      .to.contain("study demo: 4 of 4 runs done")
      .and.to.match(/\nbetter − plain: [+−]0\.\d{3} \(.* to .*\), 2 seeds, 24 questions; by seed /);
    expect(shown.stdout).to.match(/\narm +seed +right +questions +mean +sft steps +sft loss tokens +weights\n/);
    // The one that was killed, and the four.
    expect(lines("trainings")).to.have.length(5);
    expect(paidTwice()).to.equal(0);
  });

  const commandOf = (...args: readonly string[]) => ["--disable-warning=ExperimentalWarning", join(ROOT, "cli/bin/autotraj.js"), ...args];
  const inFolder = () => ({ cwd: folder, env: { ...process.env, AUTOTRAJ_CACHE: at("cache") } });

  it("does nothing in the folder of another study, and reports of none that has not begun", async () => {
    await start(study({ arms: TWO, seeds: [1] }));
    const before = readFileSync(at("study", "study.json"), "utf8");
    const other: Study = { ...study({ arms: { mine: {}, yours: {} }, seeds: [7], compare: [] }), name: "other" };
    for (const work of [runStudy, reportStudy]) {
      const error = await work({ study: other, dir: at("study"), cacheDir: at("cache") }).catch((thrown: unknown) => thrown);
      expect(String(error)).to.contain(`[ATRAJ_RUN_MISMATCH] study other: ${at("study")} is the folder of another study, demo.`);
    }
    expect([existsSync(at("study", "runs", "mine")), readFileSync(at("study", "study.json"), "utf8")]).to.deep.equal([false, before]);
    const error = await reportStudy({ study: other, dir: at("nowhere"), cacheDir: at("cache") }).catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain(`[ATRAJ_RUN_NOT_FOUND] study other: there is no folder ${at("nowhere")}.`);
    expect(existsSync(at("nowhere"))).to.equal(false);
  });

  it("keeps to the questions that it began with", async () => {
    const limited = { study: study({ arms: TWO, seeds: [1] }), dir: at("study"), cacheDir: at("cache"), limit: 4 };
    await runStudy(limited);
    const { limit: _, ...unlimited } = limited;
    for (const work of [runStudy, reportStudy]) {
      const error = await work(unlimited).catch((thrown: unknown) => thrown);
      expect(String(error)).to.contain(`it began in ${at("study")} with --limit 4, and is asked for without --limit.`);
    }
    expect((await reportStudy(limited)).done).to.equal(2);
  });

  it("goes on in a folder of before studies kept their names", async () => {
    await start(study({ arms: TWO, seeds: [1] }));
    writeFileSync(at("study", "beginning.json"), JSON.stringify({ seeds: [1], compare: [] }));
    expect((await start(study({ arms: TWO, seeds: [1] }))).done).to.equal(2);
  });

  it("says where an arm fails what is left, and how to go on with or without it", async () => {
    const told: string[] = [];
    const broken = { plugins: { trainer: { options: { journal: at("no-such-folder", "trainings") } } } };
    const of = study({ arms: { plain: {}, broken, third: {} }, seeds: [1], compare: [] });
    const error = await runStudy({ study: of, dir: at("study"), cacheDir: at("cache"), say: (line) => void told.push(line) }).catch(
      (e: unknown) => e,
    );
    expect(String(error)).to.contain("ATRAJ_HOOK_FAILED");
    expect(told.at(-1)).to.equal(
      `broken, seed 1 failed, and the study ends here. What is done stays, with its tables in ${at("study", "study.md")}; the same command tries it again, and --arms plain,third does without this arm.`,
    );
  });

  it("calls no run finished whose training is still to come", async () => {
    const told: string[] = [];
    const observer = () => ({ info: (message: string) => void told.push(message) });
    await runStudy({ study: study({ arms: TWO, seeds: [1] }), dir: at("study"), cacheDir: at("cache"), observer });
    expect(told.filter((line) => line.includes("taken over"))).to.have.length(1);
    expect(told.join("\n")).to.not.contain("nothing was left to do");
  });

  it("does a run again where a setting of its arm has changed, and that run alone", async () => {
    await start(study({ arms: TWO, seeds: [1] }));
    await start(study({ arms: { ...TWO, better: { stages: { sft: { skill: 95 } } } }, seeds: [1] }));
    expect(lines("trainings").map(({ skill }) => skill)).to.deep.equal([60, 85, 95]);
  });

  it("tries questions that failed once more before anything is trained, so that all arms learn from the same", async () => {
    writeFileSync(at("fails"), "");
    const { arms, notes } = await start(study({ arms: TWO, seeds: [1] }));
    const rows = arms.map(({ runs }) => runs[0]!.trainings["sft"]!.data);
    expect(rows[0]).to.equal(rows[1]);
    expect([arms.map(({ runs }) => runs[0]!.failed), notes.filter((note) => note.includes("failed"))]).to.deep.equal([[0, 0], []]);
    const [all = 0] = arms.map(({ runs }) => runs[0]!.trainings["sft"]!.rows);
    const undisturbed = await start(study({ arms: TWO, seeds: [1] }), at("again"));
    expect(undisturbed.arms[0]!.runs[0]!.trainings["sft"]!.rows).to.equal(all);
  });

  it("says where a run found something else outside its preset than the others", async () => {
    const same = await start(study({ seeds: [1], arms: { plain: {}, better: ARMS.better } }));
    expect(same.notes.join("\n")).to.not.contain("Not all runs found the same");
    writeFileSync(at("found"), "another sandbox");
    const { notes } = await start(study({ seeds: [1, 2], arms: { plain: {} }, compare: [] }));
    expect(notes).to.include(
      "Not all runs found the same of trainer sandbox: it is another in plain, seed 1. These runs may differ by more than arm and seed.",
    );
  });

  it("says where arms have not learnt equally long", async () => {
    const { notes } = await start(study({ seeds: [1], arms: { plain: {}, longer: { stages: { sft: { steps: 3 } } } }, compare: undefined as never }));
    expect(notes).to.include("Unequal steps of sft: longer has 50 % more than plain (3, 2).");
    expect(notes).to.include("Unequal loss tokens of sft: longer has 50 % more than plain (150, 100).");
    expect(notes.join("\n")).to.contain("One seed: the intervals say how far the questions could mislead");
  });

  it("compares shares of right samples where it is asked to", async () => {
    const sampled = study({ measure: "sampled", seeds: [1], settings: { stages: { evaluate: { samples: 4 } } } });
    const { arms, measure } = await start(sampled);
    expect(measure).to.equal("sampled");
    const model = readSummary(at("study/runs/plain/seed-1")).evaluation?.models.find((one) => one.model === "sft");
    expect(arms[0]!.runs[0]!.mean).to.be.closeTo(model?.sampled?.average.value ?? -1, 1e-12);
  });

  const refused: readonly (readonly [what: string, more: JsonObject, message: string])[] = [
    [
      "an arm's wrong setting",
      { arms: { wrong: { stages: { sft: { skil: 3 } } } } },
      'stages.sft.skil is not a setting of this stage. Did you mean "skill"?',
    ],
    ["an arm that evaluates nothing", { arms: { blind: { stages: { evaluate: false } } } }, 'study demo, arm "blind": it evaluates nothing.'],
    ["an arm that trains nothing", { arms: { idle: { stages: { sft: false } } } }, 'study demo, arm "idle": it trains no policy.'],
    ["a model that no stage leaves", { model: "rl" }, "its model is to be that of rl, and no stage of this name trains the policy."],
    ["samples that nobody takes", { measure: "sampled" }, "measure is sampled, and its evaluation samples nothing."],
  ];
  for (const [what, more, message] of refused) {
    it(`refuses ${what} before anything is spent`, async () => {
      const error = await start(study({ ...(more["arms"] === undefined ? {} : { compare: [] }), ...more })).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(AutoTrajError);
      expect(String(error)).to.contain(message);
      expect([lines("turns"), lines("trainings")]).to.deep.equal([[], []]);
    });
  }
});
