/** `preset list`: the presets that are installed here. What one of them says is `config print`'s to show. */
import { installedPackages } from "@autotraj/core";
import { spokenPresets } from "@autotraj/inventory";
import { paragraph } from "../display/lines.ts";
import { table } from "../display/table.ts";
import { print, printJson } from "../display/terminal.ts";
import { command } from "../options.ts";

const NOTHING = "No preset is installed here. `npm install @autotraj/preset-quickstart` brings one to begin with.";
const USE =
  "`autotraj plan NAME` says what a run would do, `autotraj config print NAME` shows all of it; `extends: NAME` builds one of your own on it.";

export const presetCommand = command({
  command: "preset <action>",
  describe: "List the presets that are installed here",
  answers: [
    { isList: true, fields: { name: "by which commands know it", package: "its package", version: "the package's", description: "in words" } },
  ],
  builder: (args) => args.positional("action", { choices: ["list"] as const, demandOption: true, describe: "What to do" }),
  async handler({ json }) {
    const presets = await installedPackages("autotraj-preset");
    const names = spokenPresets(presets.map(({ name }) => name));
    const rows = presets.map(({ name, version, description }, index) => ({ name: names[index] ?? name, package: name, version, description }));
    if (json) printJson(rows);
    else if (rows.length === 0) print(NOTHING);
    else print(`${table(["preset", "version", "what it is for"], rows.map((row) => [row.name, row.version, row.description]))}\n\n${paragraph(USE, 0)}`); // biome-ignore format: one thing
  },
});
