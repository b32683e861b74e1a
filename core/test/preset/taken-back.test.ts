import { expect } from "chai";
import { validateOptions } from "../../src/config/options.ts";
import { type PresetInput, resolvePreset } from "../../src/config/preset/index.ts";
import type { OptionsSchema, Plugin } from "../../src/kernel/plugin.ts";
import { stagesOf } from "../../src/run/stages/wanted-stages.ts";
import { messageFor, resolved, scratch } from "./scratch.ts";

const BASE = `plugins:
  student: { use: "@x/policy", options: { model: small, headers: { a: 1, b: 2 } } }
  judge: { use: "@x/judge" }
  calculator: { use: "@x/calculator" }
rollout: { policy: student, candidates: 8, tools: [calculator], maxTokens: 90 }
queries: { train: train.jsonl, recorded: [{ file: log.jsonl, groupBy: task }] }
reward: { combine: sum, weights: { form: 2, outcome: 3 } }
stages:
  sft: { epochs: 3, lora: { rank: 8, alpha: 4 } }
  evaluate: { samples: 2 }
ablations:
  short: { stage: sft, settings: { epochs: 1, rows: kept } }
run: { seed: 7 }
`;

const files = (text: string) => ({ "base.yaml": BASE, "demo.yaml": `extends: ./base.yaml\n${text}` });

/** In place of what a preset holds where nothing was to be taken back: that it is a mistake. */
const NOBODYS = Symbol("nobody's");

/** Kind of place, what is written there, where to look, and what the preset then holds; also where nothing was to be taken back, if that is something else. */
const NULLS: readonly (readonly [what: string, text: string, path: string, holds: unknown, bare?: unknown])[] = [
  ["a number", "rollout: { candidates: null }", "rollout.candidates", 4],
  ["a choice", "reward: { combine: null }", "reward.combine", "bounded"],
  ["a text without a default", "queries: { train: null }", "queries.train", undefined],
  ["a list", "rollout: { tools: null }", "rollout.tools", undefined],
  ["a list of objects", "queries: { recorded: null }", "queries.recorded", undefined],
  ["a section", "reward: null", "reward", { combine: "bounded", weights: {} }],
  ["a section that is left empty", "run:", "run.seed", 0],
  ["one weight", "reward: { weights: { form: null } }", "reward.weights", { outcome: 3 }, {}],
  ["all weights", "reward: { weights: null }", "reward.weights", {}],
  ["a plugin", "plugins: { judge: null }", "plugins.judge", undefined, NOBODYS],
  ["a plugin's options", "plugins: { student: { options: null } }", "plugins.student.options", {}],
  ["a stage", "stages: { evaluate: null }", "stages.evaluate", undefined, NOBODYS],
  ["all stages", "stages: null\nablations: null", "stages", {}],
  ["a stage's setting", "stages: { sft: { epochs: null } }", "stages.sft", { lora: { rank: 8, alpha: 4 } }, {}],
  ["a stage's setting in another", "stages: { sft: { lora: { rank: null } } }", "stages.sft.lora", { alpha: 4 }, {}],
  ["an ablation", "ablations: { short: null }", "ablations", {}],
  ["an ablation's settings", "ablations: { short: { settings: null } }", "ablations.short", { stage: "sft", settings: {} }],
];

const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((holder, key) => (holder as Record<string, unknown>)?.[key], value);

describe("null in a preset", () => {
  for (const [what, text, path, holds, bare = holds] of NULLS) {
    it(`takes back ${what}: the default holds again`, async () => {
      const { settings, removed } = await resolved(files(text));
      expect(at(settings, path)).to.deep.equal(holds);
      expect(removed.map(({ by, at: { file, line } }) => [by, file.split("/").at(-1), line])[0]).to.deep.equal([null, "demo.yaml", 2]);
    });

    if (bare === NOBODYS)
      it(`is a mistake where there is no such thing as ${what} to take back: an entry that is left empty would be no entry`, async () => {
        const small = 'plugins: { student: { use: "@x/policy" } }\nrollout: { policy: student }\n';
        const { message } = await resolved({ "small.yaml": small, "demo.yaml": `extends: ./small.yaml\n${text}` }).then(
          () => new Error("it was taken"),
          (error: Error) => error,
        );
        expect(message)
          .to.contain(`  ${path} is empty, which takes back what an extended preset says, but no extended preset has ${what} "`)
          .and.to.contain("(demo.yaml:2)");
      });
    else
      it(`is no mistake where there is no such thing as ${what} to take back`, async () => {
        const small =
          'plugins: { student: { use: "@x/policy" } }\nrollout: { policy: student }\nablations: { short: { stage: sft } }\nstages: { sft: {} }\n';
        const { settings } = await resolved({ "small.yaml": small, "demo.yaml": `extends: ./small.yaml\n${text}` });
        expect(at(settings, path)).to.deep.equal(bare);
      });
  }

  it("takes back from the command line, and what was taken back can be set again", async () => {
    const { settings, originOf } = await resolved(files("rollout: { candidates: null }\nstages: { sft: null }"), {
      set: ["rollout.maxTokens=null", "run.seed=null", "rollout.candidates=2", "stages.sft.rows=kept"],
    });
    expect(settings.rollout).to.include({ candidates: 2, maxTokens: 1024 });
    expect(settings.run.seed).to.equal(0);
    expect(settings.stages["sft"]).to.deep.equal({ rows: "kept" });
    expect(originOf("rollout.maxTokens")).to.equal(undefined);
  });

  it("takes a section back before what a later preset says of it", async () => {
    const middle = { ...files("rollout: null"), "top.yaml": "extends: ./demo.yaml\nrollout: { policy: student, wave: 3 }\n" };
    const { settings } = await resolved(middle, { ref: "top.yaml" });
    expect(settings.rollout).to.include({ policy: "student", wave: 3, candidates: 4, maxTokens: 1024 });
  });

  it("leaves a stage that is brought back where it first stood", async () => {
    const middle = { ...files("stages: { sft: null, mine: {} }"), "top.yaml": "extends: ./demo.yaml\nstages: { sft: {} }\n" };
    expect(Object.keys((await resolved(middle, { ref: "top.yaml" })).settings.stages)).to.deep.equal(["sft", "evaluate", "mine"]);
  });

  it("in an ablation takes back what its stage says", async () => {
    const { settings } = await resolved(files("ablations: { short: { settings: { epochs: null, lora: null } } }"));
    expect(stagesOf(settings).map(({ name, settings: given }) => [name, given])).to.deep.equal([
      ["sft", { epochs: 3, lora: { rank: 8, alpha: 4 } }],
      ["short", { rows: "kept" }],
      ["evaluate", { samples: 2 }],
    ]);
  });

  it("changes nothing of what a run is known by but what it takes back", async () => {
    const plain = BASE.replace(", candidates: 8", "");
    const { identity } = await resolved({ "demo.yaml": plain });
    expect((await resolved(files("rollout: { candidates: null }"))).identity()).to.equal(identity());
    expect((await resolved(files("rollout: { candidates: null }\nstages: { sft: { epochs: null } }"))).identity()).to.equal(identity());
    expect((await resolved(files(""))).identity()).not.to.equal(identity());
  });

  it("of what a run cannot do without is told with its place", async () => {
    const text = `rollout: { policy: null }
queries: { recorded: null }
ablations:
  short:
    stage: null
plugins:
  judge: { use: null }
`;
    expect(await messageFor(files(text))).to.equal(
      [
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 3 mistakes.',
        "  rollout.policy is missing (string: Plugin id of the policy that writes the candidates). Only a preset with queries.recorded does without. (demo.yaml:2)",
        "  ablations.short.stage is missing (string: Which stage). (demo.yaml:6)",
        '  plugins.judge takes its "use" back. Give it another one, or remove the plugin with false. (demo.yaml:8)',
      ].join("\n"),
    );
    expect(await messageFor(files("plugins: null")))
      .to.contain("plugins is missing")
      .and.contain("(demo.yaml:2)");
  });

  it("is no item of a list, and excuses no misspelt key", async () => {
    expect(await messageFor(files("rollout: { temprature: null, tools: [null] }\nstages: { 2nd: null }"))).to.equal(
      [
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 3 mistakes.',
        '  rollout.temprature is not a setting. Did you mean "temperature"? (demo.yaml:2)',
        "  rollout.tools[0] must be a string, but is null. (demo.yaml:2)",
        "  stages.2nd is not a possible name: a letter first, then letters, digits, - and _. (demo.yaml:3)",
      ].join("\n"),
    );
  });

  it("is known to those who write presets in code", async () => {
    const preset: PresetInput = {
      rollout: { candidates: null },
      reward: { weights: { form: null } },
      plugins: { judge: false, student: { options: null } },
      stages: { sft: { epochs: null }, evaluate: false },
      ablations: { short: null },
      run: null,
    };
    const given = { "base.yaml": BASE, "demo.mjs": `export default ${JSON.stringify({ extends: "./base.yaml", ...preset })};` };
    const { settings } = await resolved(given, { ref: "demo.mjs" });
    expect(Object.keys(settings.plugins)).to.deep.equal(["student", "calculator"]);
    expect(Object.keys(settings.stages)).to.deep.equal(["sft"]);
  });
});

describe("false in a preset", () => {
  for (const [section, name] of [
    ["plugins", "judge"],
    ["stages", "evaluate"],
    ["ablations", "short"],
  ] as const) {
    it(`removes what an extended preset has in ${section}`, async () => {
      const { settings, removed } = await resolved(files(`${section}: { ${name}: false }`));
      expect(settings[section]).not.to.have.property(name);
      expect(removed.map(({ path, by, at: { line } }) => [path, by, line])).to.deep.equal([[[section, name], false, 2]]);
    });
  }

  it("removes nothing that is not there, and means nothing elsewhere", async () => {
    const text = `plugins: { jugde: false }
stages: { evalute: false, sft: true }
ablations: { long: false, shrt: false }
rollout: { tools: false }
reward: { weights: { form: false } }
`;
    expect(await messageFor(files(text))).to.equal(
      [
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 7 mistakes.',
        '  plugins.jugde is false, but no extended preset has a plugin "jugde". Did you mean "judge"? (demo.yaml:2)',
        "  stages.sft must be false, but is true (A stage is an object of its settings; false removes an inherited one). (demo.yaml:3)",
        '  stages.evalute is false, but no extended preset has a stage "evalute". Did you mean "evaluate"? (demo.yaml:3)',
        '  ablations.long is false, but no extended preset has an ablation "long". (demo.yaml:4)',
        '  ablations.shrt is false, but no extended preset has an ablation "shrt". Did you mean "short"? (demo.yaml:4)',
        "  rollout.tools must be a list, but is false (Plugin ids of the tools on offer). (demo.yaml:5)",
        "  reward.weights.form must be a number, but is false. (demo.yaml:6)",
      ].join("\n"),
    );
  });

  it("of a stage asks for its ablations", async () => {
    expect(await messageFor(files("stages: { sft: false }"))).to.contain(
      'ablations.short changes stage "sft", which the preset does not have. Add stages.sft, or remove the ablation with false. (base.yaml:12)',
    );
    expect(stagesOf((await resolved(files("stages: { sft: false }\nablations: { short: false }"))).settings)).to.have.length(1);
  });
});

describe("null in place of a plugin's option", () => {
  const schema: OptionsSchema = {
    type: "object",
    additionalProperties: false,
    required: ["model"],
    properties: {
      model: { type: "string", description: "Which model." },
      size: { type: "integer", default: 5, description: "A size." },
      limit: { type: "integer", nullable: true, default: 9, description: "A limit; null is none." },
      headers: { type: "object", additionalProperties: { type: "integer" }, description: "Headers." },
      stop: { type: "array", items: { type: "string" }, description: "Stop words." },
    },
  };
  const plugin: Pick<Plugin, "meta"> = { meta: { name: "@x/policy", apiVersion: 1, kind: "policy", description: "", options: schema } };

  async function outcome(options: string) {
    const cwd = scratch(files(`plugins:\n  student:\n    options: { ${options} }\n`));
    const { plugins, originOf } = await resolvePreset("demo.yaml", { cwd, set: ["plugins.judge=false"] });
    const [entry] = plugins;
    if (entry === undefined) throw new Error("no plugin");
    const result = validateOptions(plugin, entry, originOf);
    return "options" in result ? result.options : result.problems.map((problem) => problem.replaceAll(cwd, "<cwd>"));
  }

  for (const [what, options, holds] of [
    ["takes it back where its schema knows no null", "headers: null", { model: "small", size: 5, limit: 9 }],
    ["takes an inner one back", "headers: { a: null }", { model: "small", size: 5, limit: 9, headers: { b: 2 } }],
    ["leaves its default where nothing is inherited", "size: null", { model: "small", size: 5, limit: 9, headers: { a: 1, b: 2 } }],
    ["is its value where its schema knows null", "limit: null", { model: "small", size: 5, limit: null, headers: { a: 1, b: 2 } }],
  ] as const) {
    it(what, async () => {
      expect(await outcome(options)).to.deep.equal(holds);
    });
  }

  it("is told with its place where the plugin cannot do without, beside all that is wrong", async () => {
    const [model, colour, stop, ...others] = (await outcome("model: null, colour: null, stop: [null]")) as readonly string[];
    expect(others).to.deep.equal([]);
    expect(model).to.match(/^plugins\.student\.options\.model is missing \(string: Which model\)\. \(.*demo\.yaml:4\)$/);
    expect(colour).to.match(/^plugins\.student\.options\.colour is not an option of this plugin\. Known: .*demo\.yaml:4\)$/);
    expect(stop).to.match(/^plugins\.student\.options\.stop\[0\] must be a string, but is null\. \(.*demo\.yaml:4\)$/);
  });
});
