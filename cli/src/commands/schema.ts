/** `schema`: the JSON Schema of presets with the options and settings of the plugins that are installed here, for editors. */
import { writeFile } from "node:fs/promises";
import { AutoTrajError, counted, resolvePreset } from "@autotraj/core";
import { closedSchema, knownPlugins } from "@autotraj/editor-schema";
import { print, printJson, say } from "../display/terminal.ts";
import { command, text } from "../options.ts";

/** No schema depends on the value of a variable, and a preset can be written before its keys are there. */
const ANY_ENVIRONMENT = new Proxy<NodeJS.ProcessEnv>({}, { get: () => "unread", has: () => true });

export const schemaCommand = command({
  command: "schema [preset]",
  describe: "The JSON Schema of presets with the options of all installed plugins, by which editors complete and check them",
  answers: [
    { when: "printed", fields: {}, others: "the JSON Schema itself, with or without --json" },
    { when: "--out", fields: { file: "that was written", plugins: "how many it describes" } },
  ],
  builder: (args) =>
    args
      .positional("preset", { type: "string", describe: "A preset whose own plugins are described too, and all by their ids" })
      .option("out", text("File to write (default: printed)")),
  async handler({ preset: ref, out, json }) {
    const preset = ref === undefined ? {} : { preset: await resolvePreset(ref, { cwd: process.cwd(), env: ANY_ENVIRONMENT }) };
    const plugins = await knownPlugins({ ...preset, warn: (message) => say(`warning: ${message}`) });
    const schema = closedSchema(plugins);
    if (out === undefined) return printJson(schema);
    await write(out, `${JSON.stringify(schema, null, 1)}\n`);
    if (json) printJson({ file: out, plugins: plugins.length });
    else
      print(`${out} describes ${counted(plugins.length, "plugin")}. Name it in the first line of a preset:\n# yaml-language-server: $schema=${out}`);
  },
});

async function write(file: string, content: string): Promise<void> {
  await writeFile(file, content).catch((error: NodeJS.ErrnoException) => {
    throw new AutoTrajError("ATRAJ_USAGE", {
      who: "schema",
      what: `${file} cannot be written (${error.code}).`,
      hint: "Name a file in a folder that exists and may be written.",
    });
  });
}
