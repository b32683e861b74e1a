import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv } from "ajv";
import { expect } from "chai";
import { parse } from "yaml";
import { STANDARD_STAGES } from "../../src/config/standard-stages.ts";
import { CORE } from "./scratch.ts";

interface Settings {
  readonly properties: Readonly<Record<string, { readonly description: string; readonly default?: unknown }>>;
}

const FILE = resolve(CORE, "schema/preset.schema.json");
const PRESETS = resolve(CORE, "../presets");

describe("the schema that editors check presets by", () => {
  const schema = JSON.parse(readFileSync(FILE, "utf8")) as { readonly definitions: Readonly<Record<string, Settings>> };
  const validate = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(schema);
  const settingsOf = (stage: string) => schema.definitions[`${stage}-settings`]?.properties ?? {};
  /** Where it sees a mistake. */
  const wrongAt = (preset: object) => (validate(preset) ? [] : [...new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))]);

  for (const file of globSync("*/preset.yaml", { cwd: PRESETS })) {
    it(`finds nothing wrong with ${file}`, () => {
      expect(wrongAt(parse(readFileSync(resolve(PRESETS, file), "utf8")))).to.deep.equal([]);
    });
  }

  it("describes the settings of every stage that comes with AutoTraj, and those of every trainer for it", () => {
    for (const { name } of STANDARD_STAGES) {
      expect(settingsOf(name), name).not.to.be.empty;
      for (const [setting, { description }] of Object.entries(settingsOf(name)))
        expect(description, `${name}.${setting}`).to.be.a("string").and.not.empty;
    }
    expect(settingsOf("sft")).to.include.all.keys("heldOut", "rows", "lora", "nodes", "template");
    expect(settingsOf("rl")).to.include.all.keys("trajectoryTerm", "group", "vllm", "onInvalid");
  });

  it("says who reads a setting, where not all do or their defaults differ", () => {
    expect(settingsOf("sft")["nodes"]?.description).to.match(/^verl: Nodes\./);
    expect(settingsOf("sft")["batchSize"]).to.deep.include({ description: "Trajectories in one forward pass, per GPU.", default: 8 });
    expect(settingsOf("rl")["saveSteps"]?.description)
      .to.contain("verl: Steps between checkpoints. The last step is always saved. Default: 20.")
      .and.to.contain("\n\ntrl: ");
    expect(settingsOf("rl")["saveSteps"]).not.to.have.property("default");
  });

  it("refuses what no trainer takes, in stages and in their ablations, and takes null back", () => {
    const stages = { sft: { epochs: 0, rows: "some", batchSize: null }, rl: { method: "ppo", lora: { rank: "high" } }, evaluate: { samples: -1 } };
    expect(wrongAt({ stages: { sft: { epochs: null, rows: null, lora: { rank: null } } } })).to.deep.equal([]);
    for (const [stage, settings] of Object.entries(stages)) {
      for (const [setting, value] of Object.entries(settings).filter(([, given]) => given !== null)) {
        const given = { [setting]: value };
        expect(wrongAt({ stages: { [stage]: given } }).join(), setting).to.contain(`/stages/${stage}/${setting}`);
        expect(wrongAt({ ablations: { a: { stage, settings: given } } }).join(), setting).to.contain(`/ablations/a/settings/${setting}`);
      }
    }
  });

  it("takes null in place of anything but an item, and false in place of what has a name", () => {
    const sections = { queries: null, rollout: { tools: null, dialect: null }, reward: { weights: { form: null } }, run: null, description: null };
    expect(wrongAt(sections)).to.deep.equal([]);
    for (const none of [null, false])
      expect(wrongAt({ plugins: { a: none }, stages: { sft: none, distil: none }, ablations: { b: none } }), String(none)).to.deep.equal([]);
    for (const [preset, at] of [
      [{ plugins: { a: true } }, "/plugins/a"],
      [{ stages: { sft: true } }, "/stages/sft"],
      [{ ablations: { b: true } }, "/ablations/b"],
      [{ rollout: false }, "/rollout"],
      [{ queries: { recorded: [null] } }, "/queries/recorded/0"],
    ] as const)
      expect(wrongAt(preset), at).to.include(at);
  });

  it("takes what any of the trainers takes", () => {
    for (const method of ["grpo", "dpo"]) expect(wrongAt({ stages: { rl: { method } } }), method).to.deep.equal([]);
    for (const epochs of [0.5, 2]) expect(wrongAt({ stages: { sft: { epochs } } }), String(epochs)).to.deep.equal([]);
  });

  it("leaves alone what plugins of others may know", () => {
    expect(wrongAt({ stages: { sft: { curriculum: "hard", lora: { r: 4 } }, distil: { most: 3 } } })).to.deep.equal([]);
    expect(wrongAt({ ablations: { a: { stage: "distil", settings: { most: 3 } } } })).to.deep.equal([]);
  });

  it("takes a file that leaves everything to those that it extends", () => {
    expect(wrongAt({ extends: "quickstart", ablations: { a: { settings: {} } } })).to.deep.equal([]);
  });
});
