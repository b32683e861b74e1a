/** The autotraj command: parses arguments, runs a command, turns whatever happens into an exit code and one clear message. */
import { isAutoTrajError, messageOf } from "@autotraj/core";
import yargs from "yargs";
import { configCommand } from "./commands/config.ts";
import { diffCommand } from "./commands/diff.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { envCommand } from "./commands/env.ts";
import { evalCommand } from "./commands/eval.ts";
import { explainCommand } from "./commands/explain.ts";
import { exportCommand } from "./commands/export.ts";
import { importCommand } from "./commands/import.ts";
import { modelCommand } from "./commands/model.ts";
import { planCommand } from "./commands/plan.ts";
import { pluginCommand } from "./commands/plugin.ts";
import { resumeCommand, runCommand, trainCommand } from "./commands/run.ts";
import { sandboxCommand } from "./commands/sandbox.ts";
import { serveCommand } from "./commands/serve.ts";
import { statsCommand } from "./commands/stats.ts";
import { studyCommand } from "./commands/study.ts";
import { say } from "./display/terminal.ts";
import { checkGiven, usage } from "./options.ts";

/** Runs one command line. Returns the exit code: 0 done, 1 the run failed, 2 bad configuration or usage, 130 interrupted and resumable. */
export async function cli(args: readonly string[]): Promise<number> {
  let misuse: string | undefined;
  const commands = [
    runCommand,
    resumeCommand,
    trainCommand,
    evalCommand,
    studyCommand,
    planCommand,
    importCommand,
    exportCommand,
    statsCommand,
    explainCommand,
    diffCommand,
    configCommand,
    pluginCommand,
    doctorCommand,
    modelCommand,
    envCommand,
    sandboxCommand,
    serveCommand,
  ];
  const parser = commands
    .reduce((program, command) => program.command(command), yargs([...args]).scriptName("autotraj"))
    .usage("$0 <command>\n\nMakes, scores, repairs and learns from tool-use trajectories.")
    .demandCommand(1, "Name a command.")
    .strict()
    .recommendCommands()
    .completion("completion", "Print a completion script for the shell")
    .option("json", { type: "boolean", default: false, describe: "Print one JSON document on stdout and nothing else there", global: true })
    // yargs also hands over how it understood the options, which its types leave out.
    .check((args, options) => checkGiven(args, options as unknown as Parameters<typeof checkGiven>[1]))
    // For those who say how to go on.
    .middleware((argv) => {
      argv["given"] = args;
    })
    .version(false)
    .help()
    .alias("help", "h")
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      // yargs's own complaints come with and without an error around them.
      if (error !== undefined && error !== null && error.name !== "YError") throw error;
      misuse = message ?? error.message;
      throw usage("autotraj", misuse.trim(), "`autotraj --help` lists the commands, `autotraj <command> --help` its options.");
    });
  try {
    await parser.parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const code = report(error);
    return misuse === undefined ? code : 2;
  }
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
