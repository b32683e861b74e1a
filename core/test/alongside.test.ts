import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readSummary } from "../src/run/run.ts";
import { journalOf, plugins } from "./support/runs.ts";
import { REWARD, StagesRun } from "./support/stages.ts";

const CHAIN = { sft: { model: "base", steps: 2 }, "reward-model": { heldOut: 0.4 }, rl: { trajectoryTerm: "always" }, evaluate: {} };

describe("runs of one study", function () {
  this.timeout(60_000);
  let run: StagesRun;
  let first: string;
  let alongside: { calls: string; runs: string[] };
  beforeEach(() => {
    run = new StagesRun();
    first = run.at;
    alongside = { calls: join(run.folder, "calls.db"), runs: [first] };
  });
  afterEach(() => run.remove());
  const jobs = () => journalOf(run.journal).map(({ stage }) => stage);
  /** With a policy that writes down every turn it is asked for. */
  const settings = () => {
    const [use, options = {}] = plugins()["student"] ?? [""];
    const turns = join(run.folder, "turns");
    return { extra: { ...REWARD, student: { use, options: { ...options, journal: turns } } }, turns };
  };
  const asked = (file: string) => (existsSync(file) ? journalOf(file).filter(({ question }) => question !== undefined).length : 0);

  it("pay once for each call and for each training that the very same decides", async () => {
    const { extra, turns } = settings();
    await run.start({ stages: CHAIN, extra, alongside });
    expect(jobs()).to.deep.equal(["sft", "reward-model", "rl"]);
    const [paid, evaluated] = [asked(turns), readSummary(first).evaluation];
    run.at = join(run.folder, "second");
    // Another way of rewarding: sft and the reward model are the same.
    await run.start({ stages: { ...CHAIN, rl: { trajectoryTerm: "never" } }, extra, alongside });
    expect(jobs()).to.deep.equal(["sft", "reward-model", "rl", "rl"]);
    expect(run.told.filter((line) => /^stage .* is taken over/.test(line))).to.deep.equal(
      ["sft", "reward-model"].map((stage) => `stage ${stage} is taken over from ${first}: what decides it is the same there.`),
    );
    expect(asked(turns)).to.equal(paid);
    const second = readSummary(run.at);
    expect(Object.values(second.stages).map(({ outOfDate }) => outOfDate)).to.deep.equal([null, null, null]);
    expect(second.evaluation?.models[0]).to.deep.equal(evaluated?.models[0]);
    expect(second.rewardModel).to.deep.equal(readSummary(first).rewardModel);
    // What was taken over does not lie in the first.
    rmSync(first, { recursive: true });
    await run.start({ stages: { ...CHAIN, rl: { trajectoryTerm: "never" } }, extra, alongside });
    expect(jobs()).to.have.length(4);
    expect(asked(turns)).to.equal(paid);
  });

  it("take a finished loop over as it is, and try nothing again that failed in it", async () => {
    const { extra } = settings();
    const { use, options = {} } = extra.student;
    writeFileSync(join(run.folder, "broken"), "");
    const student = { use, options: { ...options, brokenWhile: join(run.folder, "broken"), brokenEvery: 7 } };
    const stages = { sft: { model: "base", steps: 2 } };
    await run.start({ stages, extra: { ...extra, student }, alongside });
    const before = readSummary(first);
    expect(before.funnel.failedQueries).to.be.greaterThan(0);
    // From here on it would not fail.
    rmSync(join(run.folder, "broken"));
    run.at = join(run.folder, "second");
    await run.start({ stages: { sft: { model: "base", steps: 2, seed: 4 } }, extra: { ...extra, student }, alongside });
    expect(run.told).to.include(`The loop is taken over from ${first}: what decides it is the same there.`);
    const { failedQueries, dropped, ...same } = before.funnel;
    expect(readSummary(run.at).funnel).to.deep.equal({ ...same, failedQueries: 0, dropped: dropped + failedQueries });
    expect(readFileSync(run.out("datasets", "sft.jsonl"), "utf8")).to.equal(readFileSync(join(first, "datasets", "sft.jsonl"), "utf8"));
    // What it cost stands where it was paid.
    expect([before.usage["student"]?.calls ?? 0, readSummary(run.at).usage["student"]?.calls ?? 0]).to.satisfy(
      ([paid = 0, none = 1]) => paid > 0 && none === 0,
    );
    // Another loop is none of theirs.
    run.at = join(run.folder, "third");
    await run.start({
      stages,
      extra: { ...extra, student },
      seed: 8,
      alongside: { ...alongside, runs: [first, join(run.folder, "second"), join(run.folder, "none")] },
    });
    expect(run.told.filter((line) => line.startsWith("The loop is taken over"))).to.have.length(1);
  });

  it("train by themselves what another setting, or seed, decides, and what the other has not finished", async () => {
    const { extra } = settings();
    const sft = { model: "base", steps: 2 };
    await run.start({ stages: { sft }, extra, alongside });
    run.at = join(run.folder, "second");
    await run.start({ stages: { sft: { ...sft, seed: 5 } }, extra, alongside });
    expect(jobs()).to.have.length(2);
    rmSync(join(first, "models", "sft", "model"), { recursive: true });
    run.at = join(run.folder, "third");
    await run.start({ stages: { sft }, extra, alongside });
    expect(jobs()).to.have.length(3);
    expect(run.told.filter((line) => /^stage .* is taken over/.test(line))).to.deep.equal([]);
  });

  it("share large files and copy what is written on", async () => {
    const { extra } = settings();
    await run.start({ stages: { sft: { model: "base", steps: 2 } }, extra, alongside });
    const inFirst = (file: string) => join(first, "models", "sft", file);
    writeFileSync(inFirst("model/model.safetensors"), Buffer.alloc(2 ** 20));
    run.at = join(run.folder, "second");
    await run.start({ stages: { sft: { model: "base", steps: 2 } }, extra, alongside });
    const inSecond = (file: string) => run.out("models", "sft", file);
    expect(readdirSync(run.out("models"))).to.deep.equal(["sft"]);
    for (const [file, shared] of [
      ["model/model.safetensors", true],
      ["progress.jsonl", false],
    ] as const) {
      expect(readFileSync(inSecond(file)).equals(readFileSync(inFirst(file))), file).to.equal(true);
      expect(statSync(inSecond(file)).ino === statSync(inFirst(file)).ino, file).to.equal(shared);
    }
  });
});
