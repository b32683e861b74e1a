/** `config print|check`: what a preset resolves to and who set what. */
import { explainPreset, resolvePreset, Session } from "@autotraj/core";
import type { Argv } from "yargs";
import { print, printJson } from "../display/terminal.ts";

interface ConfigArguments {
  action: "print" | "check";
  preset: string;
  set: string[];
  json: boolean;
}

export const configCommand = {
  command: "config <action> <preset>",
  describe: "Print a preset with the origin of every value, or check it with all its plugins",
  builder: (args: Argv) =>
    args
      .positional("action", { choices: ["print", "check"] as const, demandOption: true, describe: "What to do" })
      .positional("preset", { type: "string", demandOption: true, describe: "A preset's name, package, file or folder" })
      .option("set", { type: "string", array: true, default: [], describe: "Override a setting", requiresArg: true }),
  async handler({ action, preset: ref, set, json }: ConfigArguments): Promise<void> {
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
};
