/** One zygote: a bubblewrap process with a supervisor in it and a Python that forks a child per execution. Runs one execution at a time. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { ExecutionRequest, ExecutionResult } from "@autotraj/core/plugin";
import { type Interpreter, zygoteArguments } from "./command.ts";
import { onFrame, writeFrame } from "./frames.ts";
import type { Image } from "./images.ts";
import { GRACE_MS, START_TIMEOUT_MS } from "./limits.ts";
import { CANARY } from "./self-test.ts";

/** The zygote is gone. `started` tells whether the code may have run. */
export class ZygoteDied extends Error {
  readonly started: boolean;
  constructor(message: string, started: boolean) {
    super(message);
    this.name = "ZygoteDied";
    this.started = started;
  }
}

type Reply =
  | { readonly ready: true }
  | { readonly started: true }
  | ({ readonly done: ExecutionResult["status"]; readonly sessionLost: boolean; readonly heldBytes: number } & Omit<
      ExecutionResult,
      "status" | "sessionLost"
    >);

/** What came of a run, and the memory that its session holds from now on (0 without one). */
export interface Run {
  readonly result: ExecutionResult;
  readonly heldBytes: number;
}

interface Waiter {
  readonly receive: (reply: Reply) => void;
  readonly died: (message: string) => void;
}

const STDERR_KEPT = 4_000;

export class Zygote {
  /** False once the process has ended. */
  alive = true;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  #waiter: Waiter | undefined;
  #stderr = "";

  private constructor(bwrap: string, interpreter: Interpreter, image: Image, onDeath: (zygote: Zygote) => void) {
    // Nothing of this process's environment is passed on: bubblewrap's own could be read by whoever leaves the inner namespaces.
    this.#process = spawn(bwrap, zygoteArguments(interpreter, image), { stdio: ["pipe", "pipe", "pipe"], env: CANARY });
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    // Writing to a process that has just died: its end is reported by `close`.
    this.#process.stdin.on("error", () => {});
    // What still comes after the end was written by somebody who was being killed.
    onFrame(this.#process.stdout, (message) => this.alive && this.#waiter?.receive(message as Reply));
    const end = () => {
      if (!this.alive) return;
      this.alive = false;
      onDeath(this);
    };
    this.#process.once("exit", end);
    this.#process.once("error", (error) => {
      end();
      this.#waiter?.died(error.message);
    });
    this.#process.once("close", (code, signal) => this.#waiter?.died(this.#stderr.trim() || `it ended with ${signal ?? `exit code ${code}`}`));
  }

  /** @throws ZygoteDied with bubblewrap's or Python's last words. */
  static async start(bwrap: string, interpreter: Interpreter, image: Image, onDeath: (zygote: Zygote) => void): Promise<Zygote> {
    const zygote = new Zygote(bwrap, interpreter, image, onDeath);
    await zygote.#wait(
      START_TIMEOUT_MS,
      () => {},
      (reply) => ("ready" in reply ? reply : undefined),
    );
    return zygote;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * @throws ZygoteDied
   * @throws the signal's reason when aborted; the zygote is then free again.
   */
  async run(request: ExecutionRequest, signal: AbortSignal): Promise<Run> {
    let started = false;
    const cancel = () => writeFrame(this.#process.stdin, { op: "cancel" });
    signal.addEventListener("abort", cancel);
    try {
      const { done, heldBytes, ...rest } = await this.#wait(
        request.timeoutMs + GRACE_MS,
        () => writeFrame(this.#process.stdin, { op: "run", ...request, session: request.session ?? null }),
        (reply) => {
          if ("started" in reply) started = true;
          return "done" in reply ? reply : undefined;
        },
      ).catch((error: unknown) => {
        throw error instanceof Error ? new ZygoteDied(error.message, started) : error;
      });
      return { result: { status: done, ...rest }, heldBytes };
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  endSession(session: string): void {
    if (this.alive) writeFrame(this.#process.stdin, { op: "end", session });
  }

  /** All its children go with it: they live in its process namespace. */
  async kill(): Promise<void> {
    if (!this.alive) return;
    const closed = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.kill("SIGKILL");
    await closed;
  }

  /** Sends, then waits for the reply that `pick` takes. A zygote that says nothing for too long is killed. */
  #wait<T>(limitMs: number, send: () => void, pick: (reply: Reply) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#stderr += `\nit did not answer within ${limitMs / 1000} s`;
        this.#process.kill("SIGKILL");
      }, limitMs);
      const finish = () => {
        clearTimeout(timer);
        this.#waiter = undefined;
      };
      this.#waiter = {
        receive: (reply) => {
          const picked = pick(reply);
          if (picked === undefined) return;
          finish();
          resolve(picked);
        },
        died: (message) => {
          finish();
          reject(new ZygoteDied(message, false));
        },
      };
      if (this.alive) send();
      else this.#waiter.died("it has ended");
    });
  }
}
