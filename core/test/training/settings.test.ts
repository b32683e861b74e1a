import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { resolvePreset } from "../../src/config/preset/index.ts";
import type { JsonObject } from "../../src/kernel/plugin.ts";
import { Session } from "../../src/loop/session.ts";
import { backendSettings, chosenStages } from "../../src/run/stages/chosen-stages.ts";
import { failureOf } from "../support/failures.ts";
import { fixture, newFolder, writeIn } from "../support/presets.ts";

const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    epochs: { type: "integer", minimum: 1, default: 3, description: "Passes over the data." },
    learningRate: { type: "number", exclusiveMinimum: 0, description: "Highest learning rate." },
    template: { type: "string", path: true, description: "A file." },
    adapters: {
      type: "object",
      additionalProperties: false,
      description: "Small matrices.",
      properties: { rank: { type: "integer", default: 16, description: "Their rank." } },
    },
  },
};

const trainer = (schema: object | null) => `export default {
  meta: { name: "t", apiVersion: 1, kind: "trainer", description: "t", options: { type: "object", additionalProperties: false, properties: {} } },
  setup(api) {
    const check = (settings, given) => {
      if (settings.epochs > 90) throw new Error("stages.sft: too long.");
      if (given.learningRate !== undefined && settings.epochs > 5) throw new Error(\`\${settings.epochs} epochs at \${given.learningRate}\`);
    };
    api.hooks.train.tapPromise({ stageName: "sft", settings: ${schema === null ? undefined : JSON.stringify(schema)}, check }, async () => undefined);
  },
};
`;

describe("the settings that a stage's trainer reads", () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Of the last training of the preset. */
  async function settingsIn(stages: string, schema: object | null = SCHEMA, wanted?: readonly string[]): Promise<JsonObject> {
    writeIn(folder, "trainer.mjs", trainer(schema));
    const head = `rollout: { policy: student }\nplugins:\n  student: { use: ${fixture("scripted-policy")} }\n  trainer: { use: ./trainer.mjs }\n`;
    writeIn(folder, "demo.yaml", `${head}${stages}`);
    const session = await Session.open(await resolvePreset("./demo.yaml", { cwd: folder }), { cacheDir: join(folder, "cache") });
    try {
      const last = chosenStages(session, wanted).at(-1);
      return last === undefined ? {} : backendSettings(last.plugin, last.backend, last.valid);
    } finally {
      await session.dispose();
    }
  }

  it("have the defaults of its schema, at all depths, and paths that mean from the file that names them", async () => {
    expect(await settingsIn("stages:\n  sft: { model: base, heldOut: 0.1, template: ./t.jinja, adapters: {} }\n")).to.deep.equal({
      epochs: 3,
      template: join(folder, "t.jinja"),
      adapters: { rank: 16 },
    });
  });

  it("may ask for what this machine has not, where the stage is not to be done", async () => {
    const stages = "stages:\n  sft: { model: base, epochs: 91 }\n";
    expect(await settingsIn(stages, SCHEMA, [])).to.include({ epochs: 91 });
    expect(await failureOf(settingsIn(stages, SCHEMA, ["sft"])))
      .to.have.property("message")
      .that.contains("stages.sft: too long.");
    // What the schema refuses is a mistake of the preset, whatever is to be done.
    expect(await failureOf(settingsIn("stages:\n  sft: { model: base, epochs: 0 }\n", SCHEMA, []))).to.have.property("code", "ATRAJ_STAGE_INPUT");
  });

  it("tell all that is wrong with them at once, with file and line", async () => {
    const wrong =
      "stages:\n  sft:\n    model: base\n    epoch: 2\n    epochs: 0\n    learningRate: fast\n    adapters:\n      rank: 1.5\n      colour: red\n";
    const { code, message } = await failureOf(settingsIn(wrong));
    expect(code).to.equal("ATRAJ_STAGE_INPUT");
    expect(message.replaceAll(folder, "…").split("\n")).to.have.members([
      "[ATRAJ_STAGE_INPUT] demo: 5 settings of stages are wrong.",
      '  stages.sft.epoch is not a setting of this stage. Did you mean "epochs"? (…/demo.yaml:8)',
      "  stages.sft.epochs must be at least 1, but is 0. (…/demo.yaml:9)",
      '  stages.sft.learningRate must be a number, but is "fast" (Highest learning rate). (…/demo.yaml:10)',
      "  stages.sft.adapters.rank must be an integer, but is 1.5 (Their rank). (…/demo.yaml:12)",
      "  stages.sft.adapters.colour is not a setting of this stage. Known: rank. (…/demo.yaml:13)",
      "  `autotraj plugin info PACKAGE` lists the settings of a stage, or of a trainer for it.",
    ]);
  });

  it("are an ablation's where it changes them", async () => {
    const error = await failureOf(
      settingsIn("stages: { sft: { model: base, epochs: 2 } }\nablations:\n  long:\n    stage: sft\n    settings: { epochs: many }\n"),
    );
    expect(error.message.replaceAll(folder, "…")).to.contain(
      '1 setting of a stage is wrong.\n  ablations.long.settings.epochs must be an integer, but is "many" (Passes over the data). (…/demo.yaml:9)',
    );
  });

  it("mean from the file of the stage where an ablation leaves them alone", async () => {
    const stage = "stages: { sft: { model: base, template: ./t.jinja } }\n";
    writeIn(folder, "below/base.yaml", stage);
    const settings = await settingsIn("extends: ./below/base.yaml\nablations: { long: { stage: sft, settings: { epochs: 9 } } }\n");
    expect(settings).to.deep.equal({ epochs: 9, template: join(folder, "below/t.jinja") });
  });

  it("are shown to its own check, with and without their defaults", async () => {
    expect((await failureOf(settingsIn("stages: { sft: { epochs: 6, learningRate: 1 } }\n"))).message).to.contain("stages.sft: 6 epochs at 1");
    expect(await settingsIn("stages: { sft: { epochs: 6 } }\n")).to.deep.equal({ epochs: 6 });
  });

  it("have their stage named once, by whoever names it", async () => {
    expect((await failureOf(settingsIn("stages: { sft: { epochs: 99 } }\n"))).message).to.contain("\n  stages.sft: too long.");
    const ablation = "stages: { sft: { epochs: 9 } }\nablations: { long: { stage: sft, settings: { epochs: 99 } } }\n";
    expect((await failureOf(settingsIn(ablation))).message).to.contain("\n  ablations.long: too long.");
  });

  it("are refused where it declares none", async () => {
    const { code, message } = await failureOf(settingsIn("stages: { sft: {} }\n", null));
    expect(code).to.equal("ATRAJ_PLUGIN_INVALID");
    expect(message).to.contain('trainer "trainer": its tap of "train" for the stage "sft" says of no settings what they are.');
  });

  it("are refused where its schema is open, or says nothing of one of them", async () => {
    const { code, message } = await failureOf(settingsIn("stages: { sft: {} }\n", { type: "object", properties: { epochs: { type: "integer" } } }));
    expect(code).to.equal("ATRAJ_PLUGIN_INVALID");
    expect(message).to.contain("the settings schema is not closed").and.contain("says nothing of epochs");
  });

  it("are told with the stages' own, of all stages and ablations, from all files of the preset", async () => {
    writeIn(
      folder,
      "base.yaml",
      `stages:
  sft:
    model: base
    heldOut: 1.5
    rows: good
    epochs: 0
  evaluate:
    samples: many
    limit: -1
`,
    );
    const { code, message } = await failureOf(
      settingsIn(`extends: ./base.yaml
stages:
  sft:
    learningRate: 0
    rank: 8
  evaluate:
    temprature: 1
ablations:
  short:
    stage: sft
    settings:
      epochs: few
      adapters: { ranks: 4 }
`),
    );
    expect(code).to.equal("ATRAJ_STAGE_INPUT");
    expect(message.replaceAll(folder, "…").split("\n")).to.have.members([
      "[ATRAJ_STAGE_INPUT] demo: 10 settings of stages are wrong.",
      "  stages.sft.heldOut must be less than 1, but is 1.5. (…/base.yaml:4)",
      '  stages.sft.rows must be one of all, kept, repaired, gained, but is "good". (…/base.yaml:5)',
      "  stages.sft.epochs must be at least 1, but is 0. (…/base.yaml:6)",
      "  stages.sft.learningRate must be greater than 0, but is 0. (…/demo.yaml:8)",
      "  stages.sft.rank is not a setting of this stage. Known: epochs, learningRate, template, adapters, seed, model, heldOut, rows, learns, see, sampling. (…/demo.yaml:9)",
      '  ablations.short.settings.epochs must be an integer, but is "few" (Passes over the data). (…/demo.yaml:16)',
      '  ablations.short.settings.adapters.ranks is not a setting of this stage. Did you mean "rank"? (…/demo.yaml:17)',
      '  stages.evaluate.samples must be an integer, but is "many" (Sampled trajectories per question, besides the greedy one). (…/base.yaml:8)',
      "  stages.evaluate.limit must be at least 0, but is -1. (…/base.yaml:9)",
      '  stages.evaluate.temprature is not a setting of this stage. Did you mean "temperature"? (…/demo.yaml:11)',
      "  `autotraj plugin info PACKAGE` lists the settings of a stage, or of a trainer for it.",
    ]);
  });
});
