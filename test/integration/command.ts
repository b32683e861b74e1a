/** The command line as users have it: a process of its own, with what it printed and how it ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";

export const MAIN = resolve(import.meta.dirname, "../../cli/dist/main.js");

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts `autotraj …` in this folder. */
export function start(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): Command {
  const command = ["--disable-warning=ExperimentalWarning", MAIN, ...args];
  const child = spawn(process.execPath, command, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    printed.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    printed.stderr += chunk;
  });
  const ended = new Promise<Ended>((done) => child.once("close", (code, signal) => done({ code, signal, ...printed })));
  return { child, ended };
}

export function autotraj(args: readonly string[], cwd: string, env?: NodeJS.ProcessEnv): Promise<Ended> {
  return start(args, cwd, env).ended;
}

/** Ends a command that may still be going on, and waits for its end. */
export async function kill({ child, ended }: Command): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}

/** `start` for the tests of a suite: what still goes on when a test is over is ended. */
export function startUntilEndOfTest(): typeof start {
  const commands: Command[] = [];
  afterEach(async () => {
    await Promise.all(commands.splice(0).map(kill));
  });
  return (args, cwd, env) => {
    const command = start(args, cwd, env);
    commands.push(command);
    return command;
  };
}
