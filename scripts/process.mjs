/** Child processes of the repository's scripts. Plain JavaScript without dependencies: it runs before anything is installed. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** A failure whose message says all there is to say: scripts print it without a stack. */
export class ScriptError extends Error {}

/**
 * Runs a command on this terminal and waits for its end, also through Ctrl-C: the child gets the signal too and stops in its own way.
 * @returns its exit code; 128 + n where signal n ended it, as shells count
 */
export function run(command, args, { cwd = root, env = process.env } = {}) {
  const child = spawn(command, args, { cwd, env, stdio: "inherit" });
  return ended(child);
}

/** Runs a command whose output appears on this terminal as it comes, and which finds none itself: it does the same wherever it is started. @returns as `run` */
export function runThroughPipes(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  return ended(child);
}

/** Ends a section of what a command prints, see `runBySections`. */
export const SECTION_END = "\u001e";

/**
 * Runs a command beside others on this terminal: what it prints appears section by section, each whole, and the rest at its end. Errors stand where they came.
 * @returns its exit code, as `run`
 */
export async function runBySections(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let held = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      const sections = (held + text).split(SECTION_END);
      held = sections.pop();
      process.stdout.write(sections.join(""));
    });
  const code = await ended(child);
  process.stdout.write(held);
  return code;
}

/** Runs a command silently and hands back its exit code and all it printed, in order. */
export async function capture(command, args, { cwd = root, env = process.env } = {}) {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
  const code = await ended(child);
  return { code, output: Buffer.concat(chunks).toString() };
}

/** Runs a script's main function: its number is the exit code, what it throws is printed and makes the code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(error instanceof ScriptError ? error.message : error);
    process.exitCode = 1;
  }
}

/** `1.2 s` */
export function secondsSince(startMs) {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

function ended(child) {
  const passOn = (signal) => child.kill(signal);
  // The terminal sends Ctrl-C to the whole process group; SIGTERM comes to this process alone.
  const stay = () => {};
  process.on("SIGINT", stay).on("SIGTERM", passOn);
  const done = () => process.off("SIGINT", stay).off("SIGTERM", passOn);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      done();
      reject(new ScriptError(`${child.spawnfile} could not be started: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      done();
      resolve(code ?? 128 + (SIGNAL_NUMBERS[signal] ?? 0));
    });
  });
}
