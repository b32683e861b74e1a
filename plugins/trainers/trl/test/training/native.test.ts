import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DIALECTS, dialects, type JsonObject } from "@autotraj/core";
import { setupPlugin, stageSettings } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../../src/index.ts";
import { type Config, decidedOptions, freeOptions } from "../../src/training/native.ts";
import { CONFIG_FILE, plan } from "../../src/training/plan.ts";
import { settingsOf } from "../../src/training/settings.ts";
import { folder, python } from "./jobs.ts";

const GIVEN = { scaleRewards: "batch", lossType: "dr_grpo", clip: { high: 0.28 }, native: { weight_decay: 0.25, num_iterations: 2 } };

describe("TRL's own options", function () {
  this.timeout(600_000);
  let found: { readonly names: Readonly<Record<Config, readonly string[]>>; readonly told: Readonly<Record<string, unknown>> };
  before(async () => {
    const trl = await setupPlugin(plugin, { services: [[DIALECTS, dialects]] });
    const dir = folder();
    const given: JsonObject = { device: "cpu", threads: 1, ...GIVEN };
    const { files } = plan({
      ...{
        settings: { ...settingsOf("rl", stageSettings(trl, "rl", given)), dtype: "bf16" },
        model: { path: "/m", isLocal: true },
        dialect: "tags",
        dir,
        seed: 1,
      },
      ...{ data: { train: join(dir, "train"), heldOut: join(dir, "held-out") }, python: "python", pythonPath: [] },
    });
    writeFileSync(join(dir, CONFIG_FILE), files[CONFIG_FILE]!);
    found = JSON.parse(await python("options.py", join(dir, CONFIG_FILE)));
    rmSync(dir, { recursive: true });
  });

  it("are free, or decided, and no other names are", () => {
    const known = new Set(Object.values(found.names).flat());
    for (const [config, names] of Object.entries(found.names)) {
      const free = freeOptions(config as Config);
      expect(
        free.filter((name) => !names.includes(name)),
        config,
      ).to.deep.equal([]);
      expect(
        names.filter((name) => !free.includes(name) && !decidedOptions().includes(name) && name !== "loss_type"),
        config,
      ).to.deep.equal([]);
    }
    expect(decidedOptions().filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it("stand beside what the settings say", () => {
    expect(found.told).to.include({ scale_rewards: "batch", loss_type: "dr_grpo", epsilon: 0.2, epsilon_high: 0.28, weight_decay: 0.25 });
    expect(found.told).to.include({ num_iterations: 2, num_generations: 4, learning_rate: 1e-6 });
  });
});
