/** The autotraj command: parses arguments, runs a command, turns whatever happens into an exit code and one clear message. */
import { readFileSync } from "node:fs";
import { isAutoTrajError, messageOf } from "@autotraj/core";
import { COMPLETE, completions } from "@autotraj/inventory";
import yargs, { type CommandModule } from "yargs";
import { asTyped, program } from "./command-line.ts";
import { cacheCommand } from "./commands/cache.ts";
import { compareCommand } from "./commands/compare.ts";
import { configCommand } from "./commands/config.ts";
import { curateCommand } from "./commands/curate.ts";
import { diffCommand } from "./commands/diff.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { envCommand } from "./commands/env.ts";
import { evalCommand } from "./commands/eval.ts";
import { explainCommand } from "./commands/explain.ts";
import { exportCommand } from "./commands/export.ts";
import { importCommand } from "./commands/import.ts";
import { initCommand } from "./commands/init.ts";
import { modelCommand } from "./commands/model.ts";
import { planCommand } from "./commands/plan.ts";
import { pluginCommand } from "./commands/plugin.ts";
import { presetCommand } from "./commands/preset.ts";
import { reportCommand } from "./commands/report.ts";
import { resumeCommand, runCommand, trainCommand } from "./commands/run.ts";
import { runsCommand } from "./commands/runs.ts";
import { sandboxCommand } from "./commands/sandbox.ts";
import { schemaCommand } from "./commands/schema.ts";
import { serveCommand } from "./commands/serve.ts";
import { statsCommand } from "./commands/stats.ts";
import { studyCommand } from "./commands/study.ts";
import { viewCommand } from "./commands/view.ts";
import { watchCommand } from "./commands/watch.ts";
import { print, printVerbatim, say } from "./display/terminal.ts";
import { prepareEnvironment } from "./environment.ts";
import { misuse, WORDS } from "./misuse.ts";
import { checkGiven } from "./options.ts";
import { overview } from "./overview.ts";

const { version: VERSION } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string };

const COMMANDS: readonly CommandModule[] = [
  initCommand,
  runCommand,
  resumeCommand,
  trainCommand,
  evalCommand,
  studyCommand,
  planCommand,
  presetCommand,
  importCommand,
  exportCommand,
  runsCommand,
  watchCommand,
  statsCommand,
  reportCommand,
  explainCommand,
  diffCommand,
  compareCommand,
  curateCommand,
  configCommand,
  schemaCommand,
  pluginCommand,
  doctorCommand,
  modelCommand,
  envCommand,
  cacheCommand,
  sandboxCommand,
  serveCommand,
  viewCommand,
];

/** Lines longer than this are hard to read; a pipe gets what a small terminal does. */
const WIDEST = 100;
const PIPED = 80;

const completionHelp = () => `autotraj completion

Print a script by which bash or zsh completes commands, options, presets, runs,
rows and plugins. It is printed for the shell that $SHELL names.

  ${program()} completion >> ~/.bashrc      or ~/.zshrc; then open a new shell

It completes the word autotraj. Where you type npx autotraj, give it that name:

  autotraj() { npx autotraj "$@"; }`;

/** Runs one command line. Returns the exit code: 0 done, 1 the run failed, 2 bad configuration or usage, 130 interrupted and resumable. */
export async function cli(args: readonly string[]): Promise<number> {
  if (args.length === 0) {
    print(await overview(VERSION));
    return 0;
  }
  let misused = false;
  const parser = COMMANDS.reduce((program, command) => program.command(command), yargs([...args]).scriptName("autotraj"))
    .locale("en")
    .updateStrings(WORDS as Record<string, string>)
    .usage(asTyped("$0 <command>\n\nMakes, scores, repairs and learns from tool-use trajectories. `autotraj` alone says how to begin."))
    .demandCommand(1, "no command is named.")
    .strict()
    .recommendCommands()
    .completion("completion", "Print a completion script for the shell")
    .option("json", { type: "boolean", describe: "One JSON document on stdout, nothing else there", global: true })
    .group(["json", "help", "version"], "Everywhere:")
    // yargs also hands over how it understood the options, which its types leave out.
    .check((given, options) => checkGiven(given, options as unknown as Parameters<typeof checkGiven>[1]))
    .middleware((argv) => {
      argv["json"] ??= false;
      // For those who say how to go on.
      argv["given"] = args;
    })
    .middleware(prepareEnvironment)
    .version(VERSION)
    .help()
    .alias("help", "h")
    .wrap(Math.min(WIDEST, process.stdout.columns ?? PIPED))
    .exitProcess(false)
    .fail((message, error) => {
      // yargs's own complaints come with and without an error around them.
      if (error !== undefined && error !== null && error.name !== "YError") throw error;
      misused = true;
      throw misuse(message ?? error.message, args, signatures());
    });
  try {
    const names = args[0] === COMPLETE ? await completions(args.slice(1), signatures()) : undefined;
    // yargs would print the script itself.
    if (args[0] === "completion" && args.some((word) => word === "--help" || word === "-h")) {
      print(completionHelp());
      return 0;
    }
    if (names !== undefined) {
      printVerbatim(names.join("\n"));
      return 0;
    }
    await parser.parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const code = report(error);
    return misused ? 2 : code;
  }
}

function signatures(): ReadonlyMap<string, string> {
  return new Map(COMMANDS.map(({ command }) => [String(command).split(" ")[0] ?? "", String(command)]));
}

/** Says what went wrong and returns the exit code. */
export function report(error: unknown): number {
  say(describe(error));
  return isAutoTrajError(error) ? error.exitCode : 1;
}

/** Our own errors say all there is to say; a plugin's add their hint; anything else is a bug and shows its stack. */
function describe(error: unknown): string {
  if (isAutoTrajError(error)) return error.message;
  const { name, code, hint } = error as { name?: unknown; code?: unknown; hint?: unknown };
  if (name === "PluginError") return [`[${String(code)}] ${messageOf(error)}`, ...(typeof hint === "string" ? [`  ${hint}`] : [])].join("\n");
  return `[unexpected] ${error instanceof Error ? error.stack : messageOf(error)}`;
}
