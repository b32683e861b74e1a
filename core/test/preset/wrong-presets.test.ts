import { expect } from "chai";
import { messageFor, SMALL } from "./scratch.ts";

const message = (...lines: readonly string[]): string => lines.join("\n");

describe("a wrong preset", () => {
  it("with misspelt keys at every depth names each, its line, and what was meant", async () => {
    const files = {
      "demo.yaml": `plugin:
  student: { use: "@autotraj/policy-local" }
plugins:
  student:
    use: "@autotraj/policy-local"
    option: { model: x }
rollout:
  policy: student
  temprature: 1
  max_tokens: 5
run: { sed: 7 }
`,
    };
    expect(await messageFor(files)).to.equal(
      message(
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 5 mistakes.',
        '  plugin is not a setting. Did you mean "plugins"? (demo.yaml:1)',
        '  plugins.student.option is not a setting. Did you mean "options"? (demo.yaml:6)',
        '  rollout.temprature is not a setting. Did you mean "temperature"? (demo.yaml:9)',
        '  rollout.max_tokens is not a setting. Did you mean "maxTokens"? (demo.yaml:10)',
        '  run.sed is not a setting. Did you mean "seed"? (demo.yaml:11)',
      ),
    );
  });

  it("with a key in the wrong place is told the right place", async () => {
    const files = {
      "demo.yaml": `temperature: 1
plugins:
  student: { use: "@autotraj/policy-local", model: smollm2 }
rollout: { policy: student, colour: red }
`,
    };
    expect(await messageFor(files)).to.equal(
      message(
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 3 mistakes.',
        '  temperature is not a setting. Did you mean "rollout.temperature"? (demo.yaml:1)',
        "  plugins.student.model is not a setting. An option of the plugin belongs in plugins.student.options.model. (demo.yaml:3)",
        "  rollout.colour is not a setting. Known: policy, dialect, candidates, temperature, topP, topK, maxTokens, maxToolCalls, maxTurns, inFlight, wave, tools. (demo.yaml:4)",
      ),
    );
  });

  it("with values of the wrong type or range says what each must be", async () => {
    const files = {
      "demo.yaml": `queries: questions.jsonl
plugins:
  student: "@autotraj/policy-local"
  judge: true
rollout:
  policy: student
  candidates: four
  topP: 0
  dialect: tag
  tools: [python, python]
  maxToolCalls: 2.5
run: { hookTimeoutMs: 9999999999 }
`,
    };
    expect(await messageFor(files)).to.equal(
      message(
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 9 mistakes.',
        '  queries must be an object, but is "questions.jsonl" (The questions). (demo.yaml:1)',
        '  plugins.student must be an object or a boolean, but is "@autotraj/policy-local" (A plugin as { use, options }, or false to remove an inherited one). (demo.yaml:3)',
        "  plugins.judge must be false, but is true (A plugin is { use, options }; false removes an inherited one). (demo.yaml:4)",
        '  rollout.candidates must be an integer, but is "four" (Trajectories per question). (demo.yaml:7)',
        "  rollout.topP must be greater than 0, but is 0. (demo.yaml:8)",
        '  rollout.dialect must be one of tags, native, but is "tag". Did you mean "tags"? (demo.yaml:9)',
        "  rollout.tools holds the same item twice: [0] and [1]. (demo.yaml:10)",
        "  rollout.maxToolCalls must be an integer, but is 2.5 (Tool calls per trajectory, at most). (demo.yaml:11)",
        "  run.hookTimeoutMs must be at most 2147483647, but is 9999999999. (demo.yaml:12)",
      ),
    );
  });

  it("without plugins and policy is told what is missing", async () => {
    expect(await messageFor({ "demo.yaml": "name: nothing yet\n" })).to.equal(
      message(
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 2 mistakes.',
        "  plugins is missing (object: Plugins by id, in the order in which they tap: judge: { use: …, options: … }). (demo.yaml)",
        "  rollout.policy is missing (string: Plugin id of the policy that writes the candidates). Only a preset with queries.recorded does without. (demo.yaml)",
      ),
    );
  });

  it("whose ids name no plugin gets the ids there are", async () => {
    const files = {
      "demo.yaml": `plugins:
  student: { use: "@autotraj/policy-local" }
  python: { use: "@autotraj/tool-python" }
rollout:
  policy: studnet
  tools: [pyhton, browser]
  maxToolCalls: 10
`,
    };
    expect(await messageFor(files)).to.equal(
      message(
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 4 mistakes.',
        '  rollout.policy is "studnet", but no plugin has this id. Did you mean "student"? (demo.yaml:5)',
        '  rollout.tools[0] is "pyhton", but no plugin has this id. Did you mean "python"? (demo.yaml:6)',
        '  rollout.tools[1] is "browser", but no plugin has this id. Plugins: student, python. (demo.yaml:6)',
        "  rollout.maxTurns (10) must be greater than rollout.maxToolCalls (10): the last turn answers. (demo.yaml:7)",
      ),
    );
  });

  it("that changes or removes plugins nobody declared names them", async () => {
    const files = {
      "base.yaml": `${SMALL.replace("rollout", "  judge: { use: ./judge.js }\n  length: { use: ./length.js }\nrollout")}`,
      "middle.yaml": "extends: ./base.yaml\nplugins: { length: false }\n",
      "demo.yaml": `extends: ./middle.yaml
plugins:
  jugde: false
  gate: { options: { keepAll: 0.9 } }
  length: { options: { maxSteps: 3 } }
  2nd: { use: ./x.js }
`,
    };
    expect(await messageFor(files)).to.equal(
      message(
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 4 mistakes.',
        '  plugins.jugde is false, but no extended preset has a plugin "jugde". Did you mean "judge"? (demo.yaml:3)',
        '  plugins.gate has no "use", and no extended preset has a plugin "gate". (demo.yaml:4)',
        '  plugins.length has no "use", and the plugin it would inherit from was removed. Give it a "use" to bring it back. (demo.yaml:5)',
        "  plugins.2nd is not a possible name: a letter first, then letters, digits, - and _. (demo.yaml:6)",
      ),
    );
  });

  it("that extends what is not there lists every place tried and what to install", async () => {
    const files = { "demo.yaml": `extends: ["@acme/preset-strict", ./bse.yaml]\n${SMALL}`, "base.yaml": SMALL };
    expect(await messageFor(files)).to.equal(
      message(
        '[ATRAJ_PRESET_NOT_FOUND] preset "demo.yaml": 2 mistakes.',
        '  extends "@acme/preset-strict" could not be found. (demo.yaml:1)',
        "    tried @acme/preset-strict from <cwd> (not installed there)",
        "    tried @acme/preset-strict from <core> (not installed there)",
        "    Correct the name. AutoTraj has no package of this name; if somebody else has, see who it is before you install it.",
        '  extends "./bse.yaml" could not be found. (demo.yaml:1)',
        "    tried <cwd>/bse.yaml (no such file)",
        '    Did you mean "base.yaml"?',
      ),
    );
  });

  it("that is not there itself is looked for as a file, a folder and a package", async () => {
    expect(await messageFor({}, { ref: "quickstat" })).to.equal(
      message(
        '[ATRAJ_PRESET_NOT_FOUND] preset "quickstat": 1 mistake.',
        "  the preset could not be found.",
        "    tried <cwd>/quickstat (no file, and no folder with a preset.yaml)",
        "    tried @autotraj/preset-quickstat, autotraj-preset-quickstat, quickstat from <cwd> (not installed there)",
        "    tried @autotraj/preset-quickstat, autotraj-preset-quickstat, quickstat from <core> (not installed there)",
        '    Did you mean "@autotraj/preset-quickstart"?',
      ),
    );
  });

  it("in a package that offers no preset says so", async () => {
    const manifest = JSON.stringify({ name: "@acme/tools", exports: { "./x": "./x.js" } });
    expect(await messageFor({ "demo.yaml": `extends: "@acme/tools"\n${SMALL}`, "node_modules/@acme/tools/package.json": manifest })).to.equal(
      message(
        '[ATRAJ_PRESET_NOT_FOUND] preset "demo.yaml": 1 mistake.',
        '  extends "@acme/tools" could not be found. (demo.yaml:1)',
        '    tried @acme/tools from <cwd> (installed, but its "exports" do not offer this)',
        "    tried @acme/tools from <core> (not installed there)",
        "    Correct the name. AutoTraj has no package of this name; if somebody else has, see who it is before you install it.",
      ),
    );
  });

  it("that extends itself shows the circle and no more of it", async () => {
    const files = { "demo.yaml": "extends: ./a.yaml\n", "a.yaml": "extends: [./b.yaml]\n", "b.yaml": "extends:\n  - ./a.yaml\n" };
    expect(await messageFor(files)).to.equal(
      message(
        '[ATRAJ_PRESET_CYCLE] preset "demo.yaml": 1 mistake.',
        '  extends "./a.yaml" closes a circle: a.yaml → b.yaml → a.yaml. Take it out, or move what they share into a preset that both extend. (b.yaml:2)',
      ),
    );
  });

  it("that is no YAML is told line and column", async () => {
    expect(await messageFor({ "demo.yaml": "rollout:\n  candidates: 4\n  candidates: 8\n key: 1\n" })).to.equal(
      message(
        '[ATRAJ_PRESET_SYNTAX] preset "demo.yaml": 2 mistakes.',
        "  this key stands twice in one place; keep one of the two (demo.yaml:3:3)",
        "  this key is not indented like those beside it (demo.yaml:4:1)",
      ),
    );
  });

  for (const [what, text, told] of [
    ["lacks a colon", '{\n  // fine\n  "rollout": { "candidates" 4 }\n}\n', "Missing , or : between object items (demo.jsonc:3:29)"],
    ["lacks a comma between lines", '{\n  "name": "a"\n  "rollout": {}\n}\n', "Missing , between object items (demo.jsonc:3:3)"],
    ["lacks a comma after a number", '{ "run": {\n  "seed": 1\n  "rounds": 2\n} }', "comma expected after this value (demo.jsonc:2:11)"],
    ["lacks a comma between texts", '{ "extends": ["./a" "./b"] }', "Missing , or : between list items (demo.jsonc:1:21)"],
    ["lacks a value", '{ "name": , "rollout": {} }', "value expected (demo.jsonc:1:11)"],
    ["lacks the end of a text", '{\n  "name": "a,\n  "rollout": {}\n}\n', "this text has no end on its line (demo.jsonc:2:11)"],
    ["lacks a brace", '{\n  "rollout": {\n}\n', "object must end with a } (demo.jsonc:4:1)"],
    ["lacks a bracket", '{\n  "extends": ["./a"\n}\n', "list must end with a ] (demo.jsonc:3:1)"],
    ["has a brace too many", '{\n  "name": "a"\n}}\n', "nothing was expected here (demo.jsonc:3:2)"],
    ["has a text without quotes", '{ "name": demo }', "no number, true, false or null, and no text in double quotes (demo.jsonc:1:11)"],
    ["has a number that is none", '{ "run": { "seed": 0x10 } }', "no number, true, false or null, and no text in double quotes (demo.jsonc:1:20)"],
    ["has a key twice", '{ "run": {},\n  "run": {} }', "this key stands twice in one object (demo.jsonc:2:3)"],
  ] as const) {
    it(`whose JSON ${what} is told line and column`, async () => {
      expect(await messageFor({ "demo.jsonc": text }, { ref: "demo.jsonc" })).to.equal(
        message('[ATRAJ_PRESET_SYNTAX] preset "demo.jsonc": 1 mistake.', `  not JSON: ${told}`),
      );
    });
  }

  it("with a YAML tag it might have expected to work is refused", async () => {
    expect(await messageFor({ "demo.yaml": "name: !env NAME\n" })).to.equal(
      message(
        '[ATRAJ_PRESET_SYNTAX] preset "demo.yaml": 1 mistake.',
        "  the tag !env means nothing in a preset; write the plain value (demo.yaml:1:7)",
      ),
    );
  });

  for (const [what, text, is] of [
    ["nothing", "# only a comment\n", "empty"],
    ["a list", "- a\n", "a list"],
    ["text", "hello\n", '"hello"'],
  ] as const) {
    it(`that holds ${what} is told what a preset is`, async () => {
      expect(await messageFor({ "demo.yaml": text })).to.match(
        new RegExp(`the file must hold one object with keys such as extends, queries, plugins, but is ${is} \\(demo\\.yaml:\\d\\)$`),
      );
    });
  }

  it("with mistakes in several files and of several kinds gets them all at once, the user's own file first", async () => {
    const files = {
      "broken.yaml": "a: [\n",
      "base.yaml": "run: { seed: -1 }\n",
      "demo.yaml": `extends: [./broken.yaml, ./base.yaml, ./gone.yaml]
plugins:
  student: { use: "@autotraj/policy-local", options: { apiKey: { $env: KEY } } }
rollout: { policy: student, candidates: 0 }
`,
    };
    expect(await messageFor(files, { set: ["run.cach=shared"] })).to.equal(
      message(
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 6 mistakes.',
        '  run.cach is not a setting. Did you mean "cache"? (--set run.cach)',
        '  extends "./gone.yaml" could not be found. (demo.yaml:1)',
        "    tried <cwd>/gone.yaml (no such file)",
        "    A path means from the folder of the file that names it.",
        "  plugins.student.options.apiKey takes its value from the environment variable KEY, which is not set. Set it in the shell that starts the command (export KEY=…). (demo.yaml:3)",
        "  rollout.candidates must be at least 1, but is 0. (demo.yaml:4)",
        "  run.seed must be at least 0, but is -1. (base.yaml:1)",
        "  here a closing ] is missing (broken.yaml:2:1)",
        "    extended in demo.yaml:1",
      ),
    );
  });

  it("with ablations of what is not there, or under a taken name, says so", async () => {
    const files = {
      "demo.yaml": `extends: ./small.yaml
stages: { sft: { model: m } }
ablations:
  rl: { stage: sft }
  kept: { stage: sft, settings: { trainer: other } }
  plain: { stage: rl }
  judge: { stage: reward-model }
`,
      "small.yaml": SMALL,
    };
    expect(await messageFor(files)).to.equal(
      message(
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 4 mistakes.',
        "  ablations.rl has the name of a model that every run may have. Call it something else. (demo.yaml:4)",
        "  ablations.kept: an ablation is trained by its stage's trainer; leave settings.trainer out. (demo.yaml:5)",
        '  ablations.plain changes stage "rl", which the preset does not have. Add stages.rl, or remove the ablation with false. (demo.yaml:6)',
        '  ablations.judge changes stage "reward-model", which the preset does not have. Add stages.reward-model, or remove the ablation with false. (demo.yaml:7)',
      ),
    );
  });
});
