/** `config print|check`: what a preset resolves to and who set what. */
import { explainPreset, resolvePreset, Session } from "@autotraj/core";
import { print, printJson } from "../display/terminal.ts";
import { command, PRESET, SET } from "../options.ts";

export const configCommand = command({
  command: "config <action> <preset>",
  describe: "Print a preset with the origin of every value, or check it with all its plugins",
  builder: (args) =>
    args
      .positional("action", { choices: ["print", "check"] as const, demandOption: true, describe: "What to do" })
      .positional("preset", PRESET)
      .option("set", SET),
  async handler({ action, preset: ref, set, json }) {
    const preset = await resolvePreset(ref, { cwd: process.cwd(), set });
    if (action === "print") {
      if (json) printJson(preset.redacted());
      else print(explainPreset(preset).trimEnd());
      return;
    }
    const session = await Session.open(preset);
    await session.dispose();
    if (json) printJson({ valid: true, preset: preset.name, plugins: session.plugins.length });
    else print(`${preset.name} is valid: ${session.plugins.length} plugins, ${session.lifecycle.scorePlan.dimensions.size} dimensions.`);
  },
});
