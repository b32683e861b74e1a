import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPreset, type ResolvedPreset, resolvePreset, run, StopSwitch } from "@autotraj/core";
import { expect } from "chai";
import { fixture } from "../../core/test/support/presets.ts";
import { plugins, questionRows, rowsOf } from "../../core/test/support/runs.ts";
import { newFolder } from "../../plugins/servers/http/test/support.ts";

/** Questions that a scripted policy adds up, half of the time wrongly, and a trainer that pretends. */
const BY_LOOP = { passRateOf: "loop" } as const;

describe("what is served are the tasks of stage rl", function () {
  this.timeout(60_000);
  let folder: string;
  let said: string[];
  beforeEach(() => {
    folder = newFolder();
    said = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function presetWith(rl: object, limit?: number): Promise<ResolvedPreset> {
    writeFileSync(join(folder, "questions.jsonl"), questionRows(24));
    const entries = Object.entries(plugins()).map(([id, [use, options = {}]]) => [id, { use, options }]);
    const preset = {
      queries: { train: "questions.jsonl", ...(limit === undefined ? {} : { limit }) },
      rollout: { policy: "student", candidates: 2, wave: 8 },
      run: { seed: 7 },
      stages: { sft: { model: "base" }, rl: { steps: 1, ...rl } },
      plugins: {
        ...Object.fromEntries(entries),
        trainer: { use: fixture("pretend-trainer"), options: { journal: join(folder, "journal") } },
        terms: { use: fixture("reward-terms") },
        shots: { use: "@autotraj/preparer-few-shot", options: { examples: join(folder, "shots.jsonl"), count: 1 } },
      },
    };
    const shot = { question: "What is 1 + 1?", messages: [{ role: "assistant", content: "<answer>\\boxed{2}</answer>" }] };
    writeFileSync(join(folder, "shots.jsonl"), `${JSON.stringify(shot)}\n`);
    writeFileSync(join(folder, "demo.json"), JSON.stringify(preset));
    return resolvePreset("./demo.json", { cwd: folder });
  }

  /** The tasks that stage rl of a whole run gave its trainer. */
  async function tasksOfRun(preset: ResolvedPreset, limit?: number): Promise<unknown[]> {
    await run({
      preset,
      asked: { ref: "./demo.json", cwd: folder, set: [], ...(limit === undefined ? {} : { limit }) },
      runDir: join(folder, "out"),
      cacheDir: join(folder, "cache"),
    });
    return rowsOf(readFileSync(join(folder, "out", "models", "rl", "data", "train.jsonl"), "utf8"));
  }

  async function served(preset: ResolvedPreset, runDir = "out"): Promise<unknown[]> {
    const played = await openPreset(preset, {
      runDir: join(folder, runDir),
      cacheDir: join(folder, "cache"),
      stop: new StopSwitch(),
      say: (message) => said.push(message),
    });
    try {
      return JSON.parse(JSON.stringify([...played.tasks.values()])) as unknown[];
    } finally {
      await played.close();
    }
  }

  for (const [what, rl, limit] of [
    ["by default", {}, undefined],
    ["with the preset's limit of questions", {}, 9],
    ["with the stage's own limit", { limit: 5 }, undefined],
    ["with worked examples kept", { examples: true, limit: 3 }, undefined],
    ["with questions chosen by their pass rate in the loop", { ...BY_LOOP, minPassRate: 0.1, maxPassRate: 0.9 }, undefined],
    ["with so many questions chosen by their pass rate in the loop", { ...BY_LOOP, minPassRate: 0.1, limit: 4 }, undefined],
  ] as const) {
    it(what, async () => {
      const preset = await presetWith(rl, limit);
      const tasks = await tasksOfRun(preset);
      expect(tasks).to.have.length.of.at.least(3);
      expect(await served(preset)).to.deep.equal(tasks);
      expect(said).to.deep.equal([]);
    });
  }

  it("of a run whose command line said how many questions", async () => {
    const preset = await presetWith({ ...BY_LOOP, minPassRate: 0.1, maxPassRate: 0.9 });
    const tasks = await tasksOfRun(preset, 12);
    expect(await served(preset)).to.deep.equal(tasks);
    // No model is there yet that RL would start from.
    expect(await served(await presetWith({ minPassRate: 0.1, maxPassRate: 0.9 }))).to.deep.equal(tasks);
  });

  it("but for their pass rate where no run says it, which is told", async () => {
    const preset = await presetWith({ minPassRate: 0.1, maxPassRate: 0.9, limit: 6 });
    expect(await served(preset, "nowhere")).to.have.length(6);
    expect(said).to.deep.equal([
      `warning: stages.rl.minPassRate and maxPassRate choose questions by the loop's right candidates; ${join(folder, "nowhere")} holds no run of these questions, so all are served. Name the run with --run.`,
    ]);
  });

  it("and not chosen by the scores of a run of other questions", async () => {
    await tasksOfRun(await presetWith({}, 6));
    const preset = await presetWith({ minPassRate: 0.1, maxPassRate: 0.9, limit: 6 });
    writeFileSync(join(folder, "questions.jsonl"), questionRows(30));
    expect(await served(preset)).to.have.length(6);
    expect(said.join()).to.contain("holds no run of these questions");
  });
});
