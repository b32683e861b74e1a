import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { startUntilEndOfTest } from "./command.ts";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { fixture, newFolder, until } from "./sums.ts";

/** Words of a command line as a shell takes them. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

describe("what was asked of a run", function () {
  this.timeout(60_000);
  let folder: string;
  let journal: string;
  const start = startUntilEndOfTest();
  beforeEach(() => {
    folder = newFolder();
    journal = join(folder, "journal.jsonl");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A preset with two stages, and questions of its own to evaluate on. */
  function writeStages(policy: object = {}): void {
    writeDemo(folder, { journal, ...policy });
    const preset = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
    const held = Array.from({ length: 12 }, (_, n) => `${JSON.stringify({ id: `h-${n}`, question: `What is ${n + 50} + 4?`, answer: n + 54 })}\n`);
    writeFileSync(join(folder, "held-out.jsonl"), held.join(""));
    preset.queries.evaluate = "held-out.jsonl";
    preset.plugins.trainer = { use: fixture("pretend-trainer") };
    preset.stages = { sft: { model: "base" }, evaluate: {} };
    writeFileSync(join(folder, "demo.json"), JSON.stringify(preset));
  }

  const journaled = () =>
    existsSync(journal)
      ? readFileSync(journal, "utf8")
          .split("\n")
          .filter((line) => line.includes("question"))
      : [];
  /** Turns of the policy that were asked for twice. */
  const twice = () => journaled().length - new Set(journaled()).size;

  async function interrupted(args: readonly string[]): Promise<string> {
    const before = journaled().length;
    const command = start(args, folder);
    await until(() => journaled().length > before + 2);
    command.child.kill("SIGINT");
    const { code, stderr } = await command.ended;
    expect(code, stderr).to.equal(130);
    return /stopped as asked\.\n {2}`autotraj (.*)` goes on from here\./.exec(stderr)?.[1] ?? stderr;
  }

  async function done(args: readonly string[]) {
    const { code, stdout, stderr } = await inThisProcess([...args, "--json"], folder);
    expect(code, stderr).to.equal(0);
    return { stderr, ...JSON.parse(stdout) };
  }

  describe("with --until", () => {
    it("is what resume does, and says what is left", async () => {
      writeStages();
      const first = await done(["run", "demo.json", "--out", "out", "--until", "data"]);
      expect(first.stderr).to.contain("Done until the data sets, as asked; left: sft, evaluate. `autotraj resume out --until all` does them.\n");
      const again = await done(["resume", "out"]);
      expect(again.stages).to.deep.equal({});
      expect(again.stderr).to.contain("left: sft, evaluate.");
      const sft = await done(["resume", "out", "--until", "sft"]);
      expect(Object.keys(sft.stages)).to.deep.equal(["sft"]);
      expect(sft.evaluation).to.equal(null);
      expect(sft.stderr).to.contain("Done until sft, as asked; left: evaluate.");
      expect((await done(["resume", "out"])).evaluation, "the new one is kept").to.equal(null);
      const all = await done(["resume", "out", "--until", "all"]);
      expect(all.evaluation.models).to.have.length(2);
      expect(all.stderr).not.to.contain("left:");
    });

    it("is not changed by training or evaluating by hand", async () => {
      writeStages();
      await done(["run", "demo.json", "--out", "out", "--until", "data"]);
      await done(["train", "out", "--stage", "sft"]);
      expect((await done(["resume", "out"])).evaluation).to.equal(null);
    });

    it("is refused by resume where the preset has no such stage", async () => {
      writeStages();
      await done(["run", "demo.json", "--out", "out", "--until", "data"]);
      const { code, stderr } = await inThisProcess(["resume", "out", "--until", "rl"], folder);
      expect(code).to.equal(2);
      expect(stderr).to.contain('--until is "rl", but the preset demo has no such stage.').and.contain("It has sft, evaluate.");
    });

    it("survives an interruption", async () => {
      writeStages({ mostDelayMs: 60 });
      expect(await interrupted(["run", "demo.json", "--out", "out", "--until", "sft"])).to.equal("resume out");
      const summary = await done(["resume", "out"]);
      expect(Object.keys(summary.stages)).to.deep.equal(["sft"]);
      expect(summary.evaluation).to.equal(null);
    });
  });

  describe("is interrupted, and the advice goes on:", () => {
    it("of a run whose folder has a space in its name", async () => {
      writeStages({ mostDelayMs: 60 });
      const advice = await interrupted(["run", "demo.json", "--out", "my runs/it's"]);
      expect(advice).to.equal("resume 'my runs/it'\\''s'");
      await done(["resume", "my runs/it's"]);
      expect(twice()).to.equal(0);
    });

    it("of a model's evaluation", async () => {
      writeStages({ mostDelayMs: 200 });
      const model = join(folder, "my models", "tuned");
      mkdirSync(model, { recursive: true });
      writeFileSync(join(model, "config.json"), "{}");
      const asked = ["eval", "my models/tuned", "--preset", "demo.json", "--limit", "8", "--set", "rollout.inFlight=1"];
      const advice = words(await interrupted(asked));
      expect(advice).to.deep.equal(asked);
      const before = journaled().length;
      expect(before).to.be.greaterThan(2);
      await interrupted(advice);
      const { evaluation } = await done(["resume", join("runs", "eval-tuned")]);
      expect(evaluation.models.map(({ model: name, questions }: { model: string; questions: number }) => [name, questions])).to.deep.equal([
        ["base", 8],
        ["tuned", 8],
      ]);
      expect((await done(advice)).evaluation).to.deep.equal(evaluation);
      expect(twice(), "no turn is paid for twice").to.equal(0);
    });

    it("of a run's evaluation", async () => {
      writeStages({ mostDelayMs: 100 });
      await done(["run", "demo.json", "--out", "out", "--until", "sft", "--limit", "2"]);
      const asked = ["eval", "out", "--set", "stages.evaluate.samples=1", "--limit", "8"];
      expect(words(await interrupted(asked))).to.deep.equal(asked);
      expect((await done(asked)).evaluation.models[0].sampled.samples).to.equal(1);
      expect(twice(), "no turn is paid for twice").to.equal(0);
    });
  });

  describe("as an evaluation of a run", () => {
    it("takes settings that only evaluation reads, for this time", async () => {
      writeStages();
      await done(["run", "demo.json", "--out", "out"]);
      const { evaluation } = await done(["eval", "out", "--set", "stages.evaluate.samples=2", "--limit", "5"]);
      for (const model of evaluation.models) expect([model.questions, model.sampled.samples]).to.deep.equal([5, 2]);
      const { evaluation: own } = await done(["resume", "out"]);
      for (const model of own.models) expect([model.questions, model.sampled]).to.deep.equal([12, null]);
    });

    it("refuses settings that would have made another run of it, and those it does not read", async () => {
      writeStages();
      await done(["run", "demo.json", "--out", "out", "--until", "sft"]);
      for (const [args, what] of [
        [["--set", "rollout.temperature=0"], "[ATRAJ_RUN_MISMATCH] eval: with these settings the loop of out would have been another run."],
        [["--set", "stages.sft.epochs=2"], "[ATRAJ_USAGE] eval: --set stages.sft.epochs would change nothing: an evaluation does not read it."],
        [["--out", "there"], "[ATRAJ_USAGE] eval: --out is for a model's folder, not for a run's."],
        [["--preset", "demo.json"], "[ATRAJ_USAGE] eval: --preset is for a model's folder, not for a run's."],
      ] as const) {
        const { code, stderr } = await inThisProcess(["eval", "out", ...args], folder);
        expect(stderr).to.contain(what);
        expect(code).to.equal(2);
      }
      expect((await done(["resume", "out"])).finished, "it is the same run as before").to.equal(true);
    });
  });
});
