/**
 * The command line without a process of its own: starting one for each test would take most of the time. As it is built: from the sources, what it starts
 * in turn would strip its types anew.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { cli } from "../../cli/dist/cli.js";
import { setNpmCommand } from "../npm-command.ts";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the command has printed in whose course something is written; what mocha says meanwhile, of a test that ran out of time, is its own. */
const saying = new AsyncLocalStorage<{ stdout: string; stderr: string }>();
for (const name of ["stdout", "stderr"] as const) {
  const stream = process[name];
  const write = stream.write.bind(stream) as (...all: readonly unknown[]) => boolean;
  stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]) => {
    const said = saying.getStore();
    if (said === undefined) return write(chunk, ...rest);
    said[name] += String(chunk);
    const done = rest.at(-1);
    if (typeof done === "function") done();
    return true;
  };
}

/** What a command finds itself in. */
export interface Surroundings {
  /** A person's terminal of so many columns; default: pipes. */
  readonly columns?: number;
  /** By `npx autotraj`; default: by its own name, also where these tests were started by npx. */
  readonly isStartedByNpx?: boolean;
}

/** Runs `autotraj …` in this folder, for commands that end by themselves and set no signal handler. */
export async function inThisProcess(args: readonly string[], folder: string, surroundings: Surroundings = {}): Promise<Said> {
  const here = process.cwd();
  const said = { stdout: "", stderr: "" };
  process.chdir(folder);
  const leave = enter(surroundings);
  try {
    const code = await saying.run(said, () => cli(args));
    return { code, ...said };
  } finally {
    leave();
    process.chdir(here);
    process.exitCode = undefined;
  }
}

/** @returns what puts things back */
function enter({ columns, isStartedByNpx = false }: Surroundings): () => void {
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, isTTY: stream.isTTY, columns: stream.columns }));
  const restore = setNpmCommand(isStartedByNpx ? "exec" : undefined);
  for (const { stream } of streams) Object.assign(stream, { isTTY: columns !== undefined, columns });
  return () => {
    for (const { stream, ...before } of streams) Object.assign(stream, before);
    restore();
  };
}
