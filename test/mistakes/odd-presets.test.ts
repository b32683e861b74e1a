/** Presets that are not what they seem: files of another kind, signs that only look right, values that nobody could mean. What people read, word for word. */
import { fixture } from "../../core/test/support/presets.ts";
import { CHECK, rightPreset, saysInFull } from "./mistake.ts";

const right = rightPreset();
const but = (from: string | RegExp, to: string) => right.replace(from, to);
const more = (...lines: readonly string[]) => `${right}${lines.join("\n")}\n`;
const student = (entry: string) => but(/student: \{ use: (.*) \}/, `student: { use: $1, ${entry} }`);
const other = (name: string): readonly string[] => ["config", "check", name];

saysInFull("a file that is no preset:", [
  {
    mistake: "TOML",
    preset: right,
    files: { "demo.toml": "[queries]\n" },
    command: other("./demo.toml"),
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.toml": 1 mistake.
  the file ends in .toml; a preset ends in .yaml, .yml, .json, .jsonc, .ts, .mts, .mjs, .js (demo.toml)`,
  },
  {
    mistake: "its questions",
    preset: right,
    command: other("./questions.jsonl"),
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./questions.jsonl": 1 mistake.
  the file ends in .jsonl; a preset ends in .yaml, .yml, .json, .jsonc, .ts, .mts, .mjs, .js (questions.jsonl)`,
  },
  {
    mistake: "a run's folder",
    preset: right,
    files: { "runs/a/preset.resolved.yaml": right },
    command: other("runs/a"),
    exit: 2,
    says: `[ATRAJ_PRESET_NOT_FOUND] preset "runs/a": 1 mistake.
  the preset could not be found.
    tried <folder>/runs/a (a run's folder)
    A run goes on with \`autotraj resume\`, and is read by \`autotraj stats\` and \`explain\`; a new one takes the preset it was made from.`,
  },
  {
    mistake: "a folder with presets of other names",
    preset: right,
    files: { "sub/base.yaml": right },
    command: other("./sub"),
    exit: 2,
    says: `[ATRAJ_PRESET_NOT_FOUND] preset "./sub": 1 mistake.
  the preset could not be found.
    tried <folder>/sub (a folder without a preset.yaml)
    Name one of its files: base.yaml.`,
  },
  {
    mistake: "a plugin",
    preset: `extends: ${fixture("adder")}\n${right}`,
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  this is a plugin, not a preset: a preset names it under plugins, as { use: … } (<plugins>/adder.mjs)
    extended in demo.yaml:1`,
  },
  {
    mistake: "an address",
    preset: `extends: https://example.com/p.yaml\n${right}`,
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_NOT_FOUND] preset "./demo.yaml": 1 mistake.
  extends "https://example.com/p.yaml" could not be found. (demo.yaml:1)
    tried https://example.com/p.yaml from <folder> (an address)
    tried https://example.com/p.yaml from <autotraj>/core (an address)
    Name an installed package, or a file of this machine that begins with ./ or /; no address.`,
  },
  {
    mistake: "a promise of one",
    preset: right,
    files: { "demo.mjs": "export default Promise.resolve({});" },
    command: other("./demo.mjs"),
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.mjs": 1 mistake.
  the preset is a Promise; a preset holds plain data only: await it (demo.mjs)`,
  },
]);

saysInFull("a sign that only looks right:", [
  {
    mistake: "a Cyrillic letter",
    preset: but("rollout:", "r\u043Ellout:"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rоllout is not a setting. Did you mean "rollout"? What stands there holds the sign "о" (U+043E), which only looks right. (demo.yaml:2)`,
  },
  {
    mistake: "a no-break space behind a key",
    preset: but("candidates:", "candidates\u00A0:"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout."candidates " is not a setting. Did you mean "candidates"? What stands there holds the sign " " (U+00A0), which only looks right. (demo.yaml:2)`,
  },
  {
    mistake: "a no-break space that indents",
    preset: but("  student: {", "\u00A0 student: {"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  this line is indented with a blank that only looks like a space; YAML takes plain spaces (demo.yaml:6:1)`,
  },
  {
    mistake: "quotes of a word processor",
    preset: more("  judge: { use: “@autotraj/scorer-answer” }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "judge": no package "“@autotraj/scorer-answer”" is installed for <folder>.
  in demo.yaml:9
  Did you mean "@autotraj/scorer-answer"? What stands there holds the sign "“" (U+201C), which only looks right.`,
  },
]);

saysInFull("YAML that means something else:", [
  {
    mistake: "a tag of Python",
    preset: but("candidates: 2", "candidates: !!python/int 2"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  the tag !!python/int means nothing in a preset; write the plain value (demo.yaml:2:41)`,
  },
  {
    mistake: "a key that is an object",
    preset: more("  ? {a: 1}", "  : { use: ./mine.mjs }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  a key is a text, as in "key: value"; a list or an object cannot be one (demo.yaml:9:5)`,
  },
  {
    mistake: "a path of Windows in double quotes",
    preset: but("questions.jsonl", '"C:\\data\\q.jsonl"'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  in double quotes a backslash stands twice, as in "C:\\\\data"; in single quotes it stands once (demo.yaml:1:22)`,
  },
  {
    mistake: "a plugin without anything",
    preset: more("  judge:"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  plugins.judge is empty, which takes back what an extended preset says, but no extended preset has a plugin "judge". Write what it is, or take it out. (demo.yaml:9)`,
  },
  {
    mistake: "a stage without anything",
    preset: more("stages: { evaluate: }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  stages.evaluate is empty, which takes back what an extended preset says, but no extended preset has a stage "evaluate". Write {} for its defaults, or take it out. (demo.yaml:9)`,
  },
]);

saysInFull("a value that nobody could mean:", [
  {
    mistake: "infinity",
    preset: but("candidates: 2", "temperature: 1e400"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  rollout.temperature is Infinity, and has to be a number with an end (demo.yaml:2)`,
  },
  {
    mistake: "a number that is not kept exactly",
    preset: but("run: {  }", "run: { seed: 12345678901234567890 }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  run.seed is 12345678901234567000; whole numbers go up to 9007199254740991, beyond they are not kept exactly (demo.yaml:3)`,
  },
  {
    mistake: "a number written in groups",
    preset: but("candidates: 2", "maxTokens: 1_000"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.maxTokens must be an integer, but is "1_000" (New tokens per turn, at most). Write 1000. (demo.yaml:2)`,
  },
  {
    mistake: "a shell's variable",
    preset: student(`options: { identity: "\${IDENTITY}" }`),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  plugins.student.options.identity is the text "\${IDENTITY}". A variable of the environment is written { $env: IDENTITY }. (demo.yaml:6)`,
  },
  {
    mistake: "a shell's variable without quotes",
    // Before `use`: behind it the column would depend on where this repository lies.
    preset: but("student: {", `student: { options: { identity: \${IDENTITY} },`),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  a variable of the environment is written { $env: NAME }, and a text with braces stands in quotes (demo.yaml:6:36)`,
  },
  {
    mistake: "$Env for $env",
    preset: student("options: { identity: { $Env: IDENTITY } }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  plugins.student.options.identity has "$Env"; write $env. (demo.yaml:6)`,
  },
  {
    mistake: "a secret's file that is not there",
    preset: student("options: { identity: { $file: key.txt } }"),
    command: CHECK,
    exit: 0,
    says: `demo is valid: 4 plugins, 2 dimensions.
Missing here, and needed by a run:
  plugins.student.options.identity takes its value from the file key.txt, which is not there: <folder>/key.txt. Write the secret there, or correct the path. (demo.yaml:6)`,
  },
  {
    mistake: "questions in a folder",
    preset: but("questions.jsonl", "sub"),
    files: { "sub/q.jsonl": "" },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_QUERIES_INVALID] sub: it is a folder.
  in demo.yaml:1
  A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.`,
  },
  {
    mistake: "questions in CSV",
    preset: right,
    files: { "questions.jsonl": "question,answer\n1+1,2\n" },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_QUERIES_INVALID] questions.jsonl: 2 of 2 rows cannot be used.
  not JSON: a row begins with { and ends with } (questions.jsonl:1)
  not JSON: a row begins with { and ends with } (questions.jsonl:2)
  in demo.yaml:1
  A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.`,
  },
]);
