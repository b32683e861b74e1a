import { basename } from "node:path";
import { resolvePreset } from "@autotraj/core";
import { expect } from "chai";
import { parse } from "yaml";
import { resolved, SMALL, scratch } from "../../../core/test/preset/scratch.ts";
import { explainPreset } from "../src/explained.ts";

const files = {
  "base.yaml": `plugins:
  student: { use: "@autotraj/policy-local" }
  judge: { use: ./judge.js }
rollout: { policy: student, candidates: 8 }
`,
  "demo.yaml": `description: "a: b"
extends: ./base.yaml
plugins:
  student:
    options:
      apiKey: { $env: KEY }
      "x.y": [1, two]
  judge: false
`,
};

describe("explaining a preset", () => {
  it("names files of elsewhere whole once, and by their ends in every line", async () => {
    const cwd = scratch({ ...files, "inner/demo.yaml": "extends: ../demo.yaml\nrollout: { wave: 4 }\n" });
    const preset = await resolvePreset("inner/demo.yaml", { cwd, env: { KEY: "x" } });
    const explained = explainPreset(preset, "/somewhere/else");
    const folder = basename(cwd);
    expect(explained).to.contain(`
#   base.yaml: ${cwd}/base.yaml
#   ${folder}/demo.yaml: ${cwd}/demo.yaml
#   inner/demo.yaml: ${cwd}/inner/demo.yaml
`);
    expect(explained).to.match(/^ {2}candidates: 8 +# base\.yaml:4$/m);
    expect(explained).to.match(/^ {2}wave: 4 +# inner\/demo\.yaml:2$/m);
  });

  it("shows every value with the place that set it", async () => {
    const cwd = scratch(files);
    const preset = await resolvePreset("demo.yaml", { cwd, set: ["rollout.wave=16"], env: { KEY: "secret-value" } });
    expect(explainPreset(preset, cwd)).to.equal(`# demo, made from (later ones win):
#   base.yaml
#   demo.yaml
description: "a: b"                # demo.yaml:1
queries: {}                        # default
plugins:
  student:
    use: "@autotraj/policy-local"  # base.yaml:2
    options:
      apiKey: "<from KEY>"         # demo.yaml:6
      "x.y": [1,"two"]             # demo.yaml:7
  judge: false                     # demo.yaml:8
rollout:
  policy: student                  # base.yaml:4
  dialect: tags                    # default
  candidates: 8                    # base.yaml:4
  temperature: 0.8                 # default
  topP: 1                          # default
  topK: 0                          # default
  maxTokens: 1024                  # default
  maxToolCalls: 3                  # default
  maxTurns: 10                     # default
  inFlight: 64                     # default
  wave: 16                         # --set rollout.wave
repair:
  enabled: true                    # default
  repeats: 0                       # default
  repeatTemperature: 0.7           # default
reward:
  combine: bounded                 # default
  weights: {}                      # default
stages: {}                         # default
ablations: {}                      # default
run:
  seed: 0                          # default
  rounds: 1                        # default
  onScorerError: record            # default
  hookTimeoutMs: 600000            # default
  startTimeoutMs: 900000           # default
  cache: run                       # default
  environment: []                  # default
`);
  });

  it("is YAML that reads back as the redacted preset", async () => {
    const text = {
      "demo.yaml": SMALL.replace('local" }', 'local", options: { a: "yes", b: "1", c: "", d: "x # y", e: "- z", f: null, "g:h": [] } }'),
    };
    const preset = await resolved(text);
    expect(parse(explainPreset(preset))).to.deep.equal(preset.redacted());
  });

  it("knows who set what, down to list items, and nothing of defaults", async () => {
    const cwd = scratch(files);
    const { originOf } = await resolvePreset("demo.yaml", { cwd, env: { KEY: "x" } });
    expect(originOf('plugins.student.options."x.y"[1]')).to.include({ file: `${cwd}/demo.yaml`, line: 7 });
    expect(originOf("rollout.candidates")).to.include({ file: `${cwd}/base.yaml`, line: 4 });
    expect(originOf("rollout.wave")).to.equal(undefined);
    expect(originOf("no..path")).to.equal(undefined);
  });
});

const EXTENDED = `plugins:
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

describe("what a preset takes back", () => {
  it("is shown with the place that says so, beside the default or where it stood", async () => {
    const text = `plugins: { judge: false, student: { options: { headers: { b: null } } } }
rollout: { candidates: null, tools: null }
reward: null
stages: { sft: { epochs: null, lora: null }, evaluate: false }
ablations: { short: false }
description: null
`;
    const cwd = scratch({ "base.yaml": EXTENDED, "demo.yaml": `extends: ./base.yaml\n${text}` });
    const lines = explainPreset(await resolvePreset("demo.yaml", { cwd, set: ["run.seed=null"] }), cwd).split("\n");
    expect(lines.filter((line) => /null|false|taken|ablations|stages|sft/.test(line)).map((line) => line.replace(/ {2,}#/, " #"))).to.deep.equal([
      "        b: null # demo.yaml:2",
      "  judge: false # demo.yaml:2",
      "  candidates: 4 # default (null: demo.yaml:3)",
      "  tools: null # demo.yaml:3",
      "reward: # null: demo.yaml:4",
      "stages:",
      "  sft:",
      "    epochs: null # demo.yaml:5",
      "    lora: null # demo.yaml:5",
      "  evaluate: false # demo.yaml:5",
      "ablations:",
      "  short: false # demo.yaml:6",
      "  seed: 0 # default (null: --set run.seed)",
      "description: null # demo.yaml:7",
    ]);
  });
});
