/** Presets whose plugins, or whose presets below, are wrong: what people read, word for word. */
import { CHECK, rightPreset, saysInFull } from "./mistake.ts";

const right = rightPreset();
const but = (from: string | RegExp, to: string) => right.replace(from, to);
const more = (...lines: readonly string[]) => `${right}${lines.join("\n")}\n`;
const student = (entry: string) => but(/student: \{ use: (.*) \}/, `student: { use: $1, ${entry} }`);

saysInFull("plugins of a preset that are wrong:", [
  {
    mistake: "a list of them",
    preset: `${right.slice(0, right.indexOf("plugins:"))}plugins:\n  - use: ./mine.mjs\n`,
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  plugins must be an object, but is a list (Plugins by id, in the order in which they tap: judge: { use: …, options: … }). (demo.yaml:4)`,
  },
  {
    mistake: "a name in place of an entry",
    preset: more('  judge: "@autotraj/scorer-answer"'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  plugins.judge must be an object or a boolean, but is "@autotraj/scorer-answer" (A plugin as { use, options }, or false to remove an inherited one). (demo.yaml:9)`,
  },
  {
    mistake: "an option beside use",
    preset: student("rightPercent: 80"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  plugins.student.rightPercent is not a setting. An option of the plugin belongs in plugins.student.options.rightPercent. (demo.yaml:6)`,
  },
  {
    mistake: "a misspelt option",
    preset: student("options: { rightPercnt: 80 }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_OPTIONS_INVALID] demo: 1 option is wrong.
  plugins.student.options.rightPercnt is not an option of this plugin. Did you mean "rightPercent"? (demo.yaml:6)
  \`autotraj plugin info <plugins>/scripted-policy.mjs\` lists a plugin's options.`,
  },
  {
    mistake: "a variable of the environment that is not set",
    preset: student("options: { identity: { $env: NO_SUCH_VARIABLE } }"),
    command: CHECK,
    exit: 0,
    says: `demo is valid: 4 plugins, 2 dimensions.
Missing here, and needed by a run:
  plugins.student.options.identity takes its value from the environment variable NO_SUCH_VARIABLE, which is not set. Set it in the shell that starts the command (export NO_SUCH_VARIABLE=…). (demo.yaml:6)`,
  },
  {
    mistake: "a key that is written down",
    preset: more('  judge: { use: "@autotraj/policy-openai", options: { model: m, baseURL: "http://127.0.0.1:9/v1", apiKey: sk-123456789 } }'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_SECRET_LITERAL] demo: 1 option is wrong.
  plugins.judge.options.apiKey is a secret and must not be written in a preset: use { $env: NAME } or { $file: path }, without a default. (demo.yaml:9)
  \`autotraj plugin info @autotraj/policy-openai\` lists a plugin's options.`,
  },
  {
    mistake: "a scorer that is missing",
    preset: more('  strict: { use: "@autotraj/gate-paper" }').replace(/^ {2}gate: .*\n/m, ""),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_DIMENSION_MISSING] preset: some plugins cannot get the dimensions they need.
  "strict" needs "quality", which no scorer of the preset fills (<autotraj>/plugins/gates/paper/dist/index.js:48, named in demo.yaml:8)
  Dimensions there are: brevity, correctness. Add the scorer that fills the missing one (e.g. @autotraj/scorer-answer for "correctness").`,
  },
  {
    mistake: "no gate",
    preset: but(/^ {2}gate: .*\n/m, ""),
    command: CHECK,
    exit: 0,
    says: `No plugin of this preset is a gate: every trajectory will be discarded, and the data sets stay empty.
demo is valid: 3 plugins, 2 dimensions.`,
  },
  {
    mistake: "two gates that must agree",
    preset: but(/^ {2}gate: (.*)\n/m, "  gate: $1\n  strict: $1\n"),
    command: CHECK,
    exit: 0,
    says: `2 gates decide, and only what all of them keep is kept: gate, strict. To have one alone, take the others out (plugins.gate: false).
demo is valid: 5 plugins, 2 dimensions.`,
  },
]);

saysInFull("a preset that builds on others:", [
  {
    mistake: "a circle",
    preset: `extends: ./other.yaml\n${right}`,
    files: { "other.yaml": "extends: ./demo.yaml\n" },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_CYCLE] preset "./demo.yaml": 1 mistake.
  extends "./demo.yaml" closes a circle: demo.yaml → other.yaml → demo.yaml. Take it out, or move what they share into a preset that both extend. (other.yaml:1)`,
  },
  {
    mistake: "a package that is not there",
    preset: `extends: quikstart\n${right}`,
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_NOT_FOUND] preset "./demo.yaml": 1 mistake.
  extends "quikstart" could not be found. (demo.yaml:1)
    tried @autotraj/preset-quikstart, autotraj-preset-quikstart, quikstart from <folder> (not installed there)
    tried @autotraj/preset-quikstart, autotraj-preset-quikstart, quikstart from <autotraj>/core (not installed there)
    Did you mean "@autotraj/preset-quickstart"?`,
  },
  {
    mistake: "a file that is not there",
    preset: `extends: ./bse.yaml\n${right}`,
    files: { "base.yaml": "run: {}\n" },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_NOT_FOUND] preset "./demo.yaml": 1 mistake.
  extends "./bse.yaml" could not be found. (demo.yaml:1)
    tried <folder>/bse.yaml (no such file)
    Did you mean "base.yaml"?`,
  },
  {
    mistake: "not there itself",
    preset: right,
    command: ["config", "check", "./dmeo.yaml"],
    exit: 2,
    says: `[ATRAJ_PRESET_NOT_FOUND] preset "./dmeo.yaml": 1 mistake.
  the preset could not be found.
    tried <folder>/dmeo.yaml (no such file)
    Did you mean "demo.yaml"?`,
  },
]);
