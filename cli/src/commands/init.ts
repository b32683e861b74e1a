/** `init`: a first preset with data to try; `init plugin`: a plugin's whole package. On a terminal it asks for what is not given. */
import { relative } from "node:path";
import {
  askForPlugin,
  askForPreset,
  LANGUAGES,
  type Language,
  PLUGIN_TEMPLATES,
  type PluginTemplate,
  STARTS,
  type StartName,
  writePlugin,
  writePreset,
} from "@autotraj/init";
import type { Argv } from "yargs";
import { continued, shellWord } from "../command-line.ts";
import { terminalColumns } from "../display/lines.ts";
import { print, printJson, say } from "../display/terminal.ts";
import { command, type Given, text, usage } from "../options.ts";

const STARTS_NAMED = Object.keys(STARTS) as StartName[];
const LANGUAGES_NAMED = Object.keys(LANGUAGES) as Language[];

/** Not those of `init plugin`, whose help would list them. */
const OWN = { global: false } as const;

const pluginOptions = (args: Argv<Given>) =>
  args
    // That of `init` itself, which yargs hands down.
    .hide("folder")
    .positional("kind", { choices: PLUGIN_TEMPLATES, describe: "What it is" })
    .positional("name", { type: "string", describe: "Its name, behind autotraj-<kind>-" })
    .option("language", { choices: LANGUAGES_NAMED, requiresArg: true, describe: "TypeScript, or plain JavaScript without a build (default ts)" })
    .option("to", text("Its folder (default: the package's name)"));

const initPlugin = command({
  command: "plugin [kind] [name]",
  describe: "A package of your own: source, tests, README, licence, CI",
  answers: [{ fields: { package: "its name", folder: "that was written to", files: "whole paths", next: "commands to go on with, line by line" } }],
  builder: pluginOptions,
  async handler({ kind, name, language, to, json }) {
    const complete = kind !== undefined && name !== undefined;
    if (!complete && !canAsk(json)) throw usage("init plugin", "it needs a kind and a name.", `Kinds are: ${PLUGIN_TEMPLATES.join(", ")}.`);
    const chosen = complete
      ? { kind: kind as PluginTemplate, name, language: language ?? "ts" }
      : await askForPlugin({ kind: kind as PluginTemplate | undefined, name, language });
    if (chosen === undefined) return brokenOff();
    const { folder, files, ...written } = writePlugin({ ...chosen, ...(to === undefined ? {} : { folder: to }), cwd: process.cwd() });
    const next = [...changingTo(folder), "npm install", "npm test"];
    if (json) printJson({ package: written.package, folder, files, next });
    else print(account(files, next));
  },
});

export const initCommand = command({
  command: "init [folder]",
  describe: "Write a first preset with data to try, or a plugin's package (init plugin)",
  answers: [{ fields: { folder: "that was written to", files: "whole paths", next: "commands to go on with, line by line" } }],
  builder: (args) =>
    args
      .command(initPlugin)
      .positional("folder", { type: "string", describe: "Where it is written (default: here)" })
      .options({
        start: { ...OWN, choices: STARTS_NAMED, requiresArg: true, describe: "What you begin with" },
        questions: { ...OWN, ...text("Your questions, JSONL of {question, answer} (default: samples)") },
        logs: { ...OWN, ...text("Your recorded conversations, for --start logs and scorer (default: samples)") },
        endpoint: { ...OWN, ...text("API root of the server that is asked") },
        model: { ...OWN, ...text("The model's name there") },
        yes: { ...OWN, alias: "y", type: "boolean", default: false, describe: "Ask nothing: the usual for all that is not given" },
      }),
  async handler({ folder, start, questions, logs, endpoint, model, yes, json }) {
    const given = { folder, start, questions, logs, endpoint, model, cwd: process.cwd() };
    const asks = !yes && canAsk(json);
    if (!asks && start === undefined) throw usage("init", "it cannot ask what you begin with.", `Name it with --start: ${STARTS_NAMED.join(", ")}.`);
    const wanted = asks ? await askForPreset(given) : { ...given, folder: folder ?? ".", start: start as StartName };
    if (wanted === undefined) return brokenOff();
    const { folder: written, files, missing } = writePreset(wanted);
    const install = missing.length === 0 ? [] : [["npm install", ...missing].join(" ")];
    const next = [...changingTo(written), ...install, "npx autotraj plan preset.yaml", "npx autotraj run preset.yaml"];
    if (json) printJson({ folder: written, files, next });
    else print(account(files, next));
  },
});

/** Questions need somebody who reads them and types. */
function canAsk(json: boolean): boolean {
  return !json && process.stdin.isTTY === true && process.stdout.isTTY === true;
}

function brokenOff(): void {
  say("Nothing was written.");
  process.exitCode = 130;
}

function changingTo(folder: string): readonly string[] {
  const path = relative(process.cwd(), folder);
  return path === "" ? [] : [`cd ${shellWord(path)}`];
}

const NEXT_INDENT = "  ";

function account(files: readonly string[], next: readonly string[]): string {
  const written = files.map((file) => `  ${relative(process.cwd(), file)}`);
  const shown = next.flatMap((line) => continued(line, terminalColumns() - NEXT_INDENT.length).split("\n"));
  return ["Wrote", ...written, "", "Next:", ...shown.map((line) => `${NEXT_INDENT}${line}`)].join("\n");
}
