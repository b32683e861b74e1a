/**
 * Python programs in forks of one process that has loaded torch, transformers and TRL (`python/forks.py`). Whoever needs a program to begin as it does in
 * a run starts it anew instead.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const FORKS = fileURLToPath(new URL("python/forks.py", import.meta.url));

export interface Program {
  /** What stands behind `python`: `-m` and a module, or a file, and its arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Files that are written to behind what they hold. */
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way, a process group of its own. */
export interface Running {
  readonly pid: number;
  /** Exit code or signal. */
  readonly ended: Promise<string>;
}

interface Told {
  readonly id: number;
  readonly pid?: number;
  readonly ended?: string;
}

export class Forks {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { readonly begun: (running: Running) => void; readonly ended: PromiseWithResolvers<string> }>();
  #started = 0;

  /** It ends with this process; until then nothing waits for it. */
  constructor(python: string, env: Program["env"]) {
    this.#process = spawn(python, ["-u", FORKS], { env, stdio: ["pipe", "pipe", "inherit"] });
    const { stdin, stdout } = this.#process;
    for (const handle of [this.#process, stdin as Socket, stdout as Socket]) handle.unref();
    createInterface(stdout!).on("line", (line) => this.#read(JSON.parse(line) as Told));
    this.#process.once("close", (code, signal) => {
      for (const { ended } of this.#waiting.values()) ended.reject(new Error(`the process that forks has ended: ${signal ?? code}`));
    });
  }

  async run(program: Program): Promise<Running> {
    const id = ++this.#started;
    const ended = Promise.withResolvers<string>();
    const running = new Promise<Running>((begun) => this.#waiting.set(id, { begun, ended }));
    this.#process.stdin!.write(`${JSON.stringify({ id, ...program })}\n`);
    return Promise.race([running, ended.promise.then(() => running)]);
  }

  #read({ id, pid, ended }: Told): void {
    const waiting = this.#waiting.get(id)!;
    if (pid !== undefined) waiting.begun({ pid, ended: waiting.ended.promise });
    if (ended === undefined) return;
    this.#waiting.delete(id);
    waiting.ended.resolve(ended);
  }
}
