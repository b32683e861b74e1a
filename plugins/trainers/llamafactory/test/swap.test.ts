/** A preset goes from one trainer to another by one line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolvePreset, Session, validateSettings } from "@autotraj/core";
import { expect } from "chai";

const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));
const TRL = `  trainer: { use: "@autotraj/trainer-trl" }`;
const preset = readFileSync(`${FIXTURES}swap.yaml`, "utf8");

describe("a preset whose trainer is exchanged", () => {
  let folder: string;
  beforeEach(() => {
    // Below the repository, where its packages are found.
    folder = mkdtempSync(join(FIXTURES, "swap-"));
    writeFileSync(join(folder, "questions.jsonl"), readFileSync(`${FIXTURES}questions.jsonl`));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Who trains which stage, and what the preset says of sft. */
  async function loaded(line: string) {
    const text = preset.replace(TRL, line);
    writeFileSync(join(folder, "preset.yaml"), text);
    const before = preset.split("\n");
    const changed = text.split("\n").filter((found, index) => found !== before[index]);
    const session = await Session.open(await resolvePreset("./preset.yaml", { cwd: folder }), { cacheDir: join(folder, "cache") });
    try {
      const stages = (["sft", "reward-model", "rl"] as const satisfies readonly string[]).filter((stage) => {
        try {
          return session.lifecycle.backendOf(stage).name.startsWith("trainer");
        } catch (error) {
          expect((error as { code?: string }).code).to.equal("ATRAJ_TRAINER_MISSING");
          return false;
        }
      });
      const package_ = session.plugins.find(({ id }) => id === "trainer")?.plugin.meta.name;
      const { model: _model, ...sft } = { ...session.settings.stages.sft };
      const tap = session.lifecycle.backendOf("sft");
      const outcome = validateSettings(tap.settings, sft, ["stages", "sft"], () => undefined);
      return { changed: changed.length, package: package_, stages, sft: outcome };
    } finally {
      await session.dispose();
    }
  }

  it("changes one line, and the stages are the new one's", async () => {
    const trl = await loaded(TRL);
    const llamafactory = await loaded(`  trainer: { use: "@autotraj/trainer-llamafactory", options: { install: true } }`);
    const verl = await loaded(`  trainer: { use: "@autotraj/trainer-verl", options: { python: ./verl } }`);
    const all = ["sft", "reward-model", "rl"];
    expect([trl, llamafactory, verl].map(({ sft: _sft, ...found }) => found)).to.deep.equal([
      { changed: 0, package: "@autotraj/trainer-trl", stages: all },
      { changed: 1, package: "@autotraj/trainer-llamafactory", stages: all },
      { changed: 1, package: "@autotraj/trainer-verl", stages: ["sft", "rl"] },
    ]);
    // The stage's settings mean the same to all of them.
    const same = { epochs: 2, batchSize: 4, learningRate: 1e-5, warmup: 10, maxLength: 4096, saveSteps: 25, saveKeep: 2, accumulation: 1 };
    for (const { sft } of [trl, llamafactory, verl]) expect("settings" in sft && sft.settings).to.deep.include(same);
  });
});
