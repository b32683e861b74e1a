/** `config print|check`: what a preset resolves to and who set what; all that is wrong with it, and what it lacks here. */
import { counted } from "@autotraj/core";
import { type Examined, examine, explainPreset } from "@autotraj/planning";
import { absentLines, lackLines } from "../display/absent.ts";
import { print, printJson, printVerbatim, say } from "../display/terminal.ts";
import { command, PRESET, SET } from "../options.ts";

const NO_QUESTIONS = "It names no questions yet: set queries.train, or give them with --set queries.train=FILE.";

export const configCommand = command({
  command: "config <action> <preset>",
  describe: "Print a preset with the origin of every value, or check it with all its plugins; needs no keys, no GPU, no network",
  answers: [
    { when: "print", fields: {}, others: "the preset's settings as the run would have them, secrets taken out" },
    {
      when: "check",
      fields: {
        valid: "true; what is wrong ends the command with an error",
        preset: "its name",
        plugins: "how many",
        notices: "what is worth knowing",
        missing: "what it needs of the environment and does not find: path, from, text",
        lacks: "what this machine cannot do",
      },
    },
  ],
  builder: (args) =>
    args
      .positional("action", { choices: ["print", "check"] as const, demandOption: true, describe: "What to do" })
      .positional("preset", PRESET)
      .option("set", SET),
  async handler({ action, preset: ref, set, json }) {
    const examined = await examine(ref, { cwd: process.cwd(), set });
    try {
      if (action === "print") printed(examined, json);
      else checked(examined, json);
    } finally {
      await examined.dispose();
    }
  },
});

/** Printing asks no more of a preset than that its files can be read. */
function printed({ preset, error, absent }: Examined, json: boolean): void {
  if (preset === undefined) throw error;
  if (json) printJson(preset.redacted());
  else printVerbatim(explainPreset(preset).trimEnd());
  for (const line of absentLines(absent)) say(line);
  if (error !== undefined) throw error;
}

function checked({ session, error, absent, lacks }: Examined, json: boolean): void {
  if (session === undefined) throw error;
  const { name, plugins, lifecycle, settings } = session;
  const { train, recorded = [] } = settings.queries;
  const notices = [...session.notices, ...(train === undefined && recorded.length === 0 ? [NO_QUESTIONS] : [])];
  const missing = absent.map(({ path, from, text }) => ({ path, from, text }));
  if (json) {
    printJson({ valid: true, preset: name, plugins: plugins.length, notices, missing, lacks });
    return;
  }
  for (const told of notices) print(told);
  print(`${name} is valid: ${counted(plugins.length, "plugin")}, ${counted(lifecycle.scorePlan.dimensions.size, "dimension")}.`);
  for (const line of [...absentLines(absent), ...lackLines(lacks)]) print(line);
}
