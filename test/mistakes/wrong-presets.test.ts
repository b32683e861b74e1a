/** Presets with a mistake that people make: what they read, word for word. */
import { CHECK, rightPreset, saysInFull } from "./mistake.ts";

const right = rightPreset();
const but = (from: string | RegExp, to: string) => right.replace(from, to);
const more = (...lines: readonly string[]) => `${right}${lines.join("\n")}\n`;

saysInFull("a preset that is not written as YAML is:", [
  {
    mistake: "a tab",
    preset: but("  plus:", "\tplus:"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  this line is indented with a tab; YAML takes spaces only (demo.yaml:5:1)`,
  },
  {
    mistake: "a line that is not indented like the others",
    preset: but("  student: {", " student: {"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  this key is not indented like those beside it (demo.yaml:6:1)`,
  },
  {
    mistake: "no space behind a colon",
    preset: but("run: {  }", "run:\n  seed:3"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  run must be an object, but is "seed:3" (The run as a whole). A space is missing behind the colon. (demo.yaml:3)`,
  },
  {
    mistake: "an @ without quotes",
    preset: more("  judge: { use: @autotraj/scorer-answer }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  a text that begins with @ stands in quotes, as in "@…" (demo.yaml:9:17)`,
  },
  {
    mistake: "a colon in a text without quotes",
    preset: `description: Runs: the first\n${right}`,
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  a text with a colon and a space in it stands in quotes, as in "one: two"; a key begins its line (demo.yaml:1:14)`,
  },
  {
    mistake: "a brace that is not closed",
    preset: but("candidates: 2, wave: 4 }", "candidates: 2, wave: 4"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  here a closing } is missing (demo.yaml:3:1)`,
  },
  {
    mistake: "a key twice",
    preset: more("  gate: { use: ./strict.mjs }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  this key stands twice in one place; keep one of the two (demo.yaml:9:3)`,
  },
  {
    mistake: "an empty file",
    preset: "",
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  the file must hold one object with keys such as extends, queries, plugins, but is empty (demo.yaml:1)`,
  },
  {
    mistake: "Latin-1",
    preset: Buffer.from(`${right}# für alle\n`, "latin1"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  the file is not UTF-8 text from this line on; save it as UTF-8 (demo.yaml:9)`,
  },
  {
    mistake: "UTF-16 without a mark of its order",
    preset: Buffer.from(right, "utf16le"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_SYNTAX] preset "./demo.yaml": 1 mistake.
  the file is not UTF-8 text from this line on; save it as UTF-8 (demo.yaml:1)`,
  },
]);

saysInFull("a preset in another form that is right all the same:", [
  {
    mistake: "UTF-16",
    preset: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(right, "utf16le")]),
    command: CHECK,
    exit: 0,
    says: `demo is valid: 4 plugins, 2 dimensions.`,
  },
  { mistake: "a byte order mark", preset: `\uFEFF${right}`, command: CHECK, exit: 0, says: `demo is valid: 4 plugins, 2 dimensions.` },
  {
    mistake: "line ends of Windows",
    preset: right.replaceAll("\n", "\r\n"),
    command: CHECK,
    exit: 0,
    says: `demo is valid: 4 plugins, 2 dimensions.`,
  },
]);

saysInFull("a setting that is wrong:", [
  {
    mistake: "an unknown key",
    preset: but("candidates: 2", "candidate: 2"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.candidate is not a setting. Did you mean "candidates"? (demo.yaml:2)`,
  },
  {
    mistake: "an unknown section",
    preset: `rolout: { candidates: 3 }\n${right}`,
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rolout is not a setting. Did you mean "rollout"? (demo.yaml:1)`,
  },
  {
    mistake: "a list in place of a number",
    preset: but("candidates: 2", "candidates: [2]"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.candidates must be an integer, but is a list (Trajectories per question). (demo.yaml:2)`,
  },
  {
    mistake: "a number in quotes",
    preset: but("candidates: 2", 'candidates: "2"'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.candidates must be an integer, but is "2" (Trajectories per question). Write it without quotes. (demo.yaml:2)`,
  },
  {
    mistake: "yes for true",
    preset: `repair: { enabled: yes }\n${right}`,
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  repair.enabled must be true or false, but is "yes" (False only scores and gates). Write true. (demo.yaml:1)`,
  },
  {
    mistake: "null in a list",
    preset: but("candidates: 2", "tools: [null]"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.tools[0] must be a string, but is null. (demo.yaml:2)`,
  },
  {
    mistake: "null where something is needed",
    preset: but("policy: student", "policy: null"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.policy is missing (string: Plugin id of the policy that writes the candidates). Only a preset with queries.recorded does without. (demo.yaml:2)`,
  },
  {
    mistake: "no policy",
    preset: but("policy: student, ", ""),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.policy is missing (string: Plugin id of the policy that writes the candidates). Only a preset with queries.recorded does without. (demo.yaml)`,
  },
  {
    mistake: "an unknown policy",
    preset: but("policy: student", "policy: studnet"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.policy is "studnet", but no plugin has this id. Did you mean "student"? (demo.yaml:2)`,
  },
  {
    mistake: "a scorer as the policy",
    preset: but("policy: student", "policy: exact"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] demo: rollout.policy is "exact", which is a scorer and no policy.
  in demo.yaml:2
  Of kind policy there are: student.`,
  },
  {
    mistake: "a scorer as a tool",
    preset: but("candidates: 2", "tools: [exact]"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] demo: rollout.tools[0] is "exact", which is a scorer and no tool.
  in demo.yaml:2
  Of kind tool there are: plus.`,
  },
  {
    mistake: "fewer turns than tool calls",
    preset: but("candidates: 2", "maxTurns: 3, maxToolCalls: 3"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.maxTurns (3) must be greater than rollout.maxToolCalls (3): the last turn answers. (demo.yaml:2)`,
  },
  {
    mistake: "an unknown stage",
    preset: more("stages: { stf: {} }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] demo: no plugin offers the stage "stf".
  in demo.yaml:9
  Did you mean "sft"? A stage of another kind needs its plugin (kind stage) in the preset.`,
  },
  {
    mistake: "a stage that nobody trains",
    preset: more("stages: { sft: {} }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_TRAINER_MISSING] stage "sft": no plugin of the preset trains it.
  Add one of kind trainer (\`autotraj plugin list\` shows the installed ones), or take stages.sft out.`,
  },
  {
    mistake: "an ablation of a stage that is not there",
    preset: more("ablations: { short: { stage: sft, settings: { epochs: 1 } } }"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  ablations.short changes stage "sft", which the preset does not have. Add stages.sft, or remove the ablation with false. (demo.yaml:9)`,
  },
  {
    mistake: "a misspelt --set",
    preset: right,
    command: [...CHECK, "--set", "rollout.candidats=3"],
    exit: 2,
    says: `[ATRAJ_PRESET_INVALID] preset "./demo.yaml": 1 mistake.
  rollout.candidats is not a setting. Did you mean "candidates"? (--set rollout.candidats)`,
  },
]);
