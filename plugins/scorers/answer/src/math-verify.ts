/** math-verify in warm worker processes: batched, each case bounded, a worker that dies replaced. Model-written text is parsed there, never here. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { PythonEnvironments } from "@autotraj/core/plugin";
import { nestingOf } from "./nesting.ts";

/** math-verify 0.9.0, pint 0.25.3 and all they need, locked. */
export const REQUIREMENTS = [
  "math-verify==0.9.0",
  "latex2sympy2_extended==1.11.0",
  "sympy==1.14.0",
  "mpmath==1.3.0",
  "antlr4-python3-runtime==4.13.2",
  "pint==0.25.3",
  "flexcache==0.3",
  "flexparser==0.4",
  "platformdirs==4.14.8",
  "typing_extensions==4.16.0",
];
const WORKER = fileURLToPath(new URL("../python/worker.py", import.meta.url));
/** Cases written to a worker ahead of its verdicts: enough to hide the pipe, few enough to share the queue among workers. */
const AHEAD = 8;
/** A worker stops a case by itself after `timeoutMs` of CPU time. One that still hasn't answered after this much wall time is killed. */
const killAfterMs = (timeoutMs: number) => 3 * timeoutMs + 2_000;
/** Importing SymPy takes a second; on a machine that is busy or reads a cold disk, much longer. */
const START_LIMIT_MS = 120_000;
/** A case whose worker died is tried once more in a fresh one, since something else may have killed the first. */
const MAX_ATTEMPTS = 2;

/** The worker's whole environment. SymPy walks sets, so some verdicts hang on the hash seed; -I would keep it random, and with nothing else here -s and -P isolate as well. */
const ENVIRONMENT = { LANG: "C.UTF-8", PYTHONHASHSEED: "0" };

/** math-verify's own settings. */
export interface MathSettings {
  /** Decimal places that floats are rounded to. */
  readonly precision: number;
  /** `by-name`: x and y differ. `by-position`: f(x) equals f(y). */
  readonly variables: "by-name" | "by-position";
  /** What is read out of a text: LaTeX, plain arithmetic, or both. */
  readonly targets: readonly ("latex" | "expr")[];
  /** Whether a predicted relation may match a gold set (`1 < x < 2`, `(1, 2)`); the other way round it always may. */
  readonly relationAsSet: "yes" | "no";
}

/** `whole`: one formula in dollars, to be parsed as it stands. `search`: a text in which math-verify looks for the answer. */
export interface MathText {
  readonly text: string;
  readonly reading: "whole" | "search";
}
/** A unit as pint has it, apart from the money in it. */
interface PintUnit {
  readonly money: string;
  readonly unit: string;
}
export interface Measured {
  /** A fraction. */
  readonly value: string;
  /** All that the unit may mean. */
  readonly units: readonly PintUnit[];
}
export type WorkerCase =
  | {
      readonly kind: "formula";
      readonly gold: MathText;
      readonly prediction: MathText;
      /** Where both end in a unit: what the prediction must be converted from and to. */
      readonly units?: { readonly gold: readonly PintUnit[]; readonly prediction: readonly PintUnit[] };
    }
  /** Two quantities in units of their own; each is the sum of its parts. */
  | { readonly kind: "convert"; readonly gold: readonly Measured[]; readonly given: readonly Measured[] };
/** `converted`: gold in the given units, beside the given value, once for each way to read the units that converts. */
export type WorkerVerdict =
  | { readonly equal: boolean }
  | { readonly converted: readonly (readonly [string, string])[] }
  | { readonly failed: string };

export interface MathVerifyOptions {
  readonly processes: number;
  /** CPU time per case. */
  readonly timeoutMs: number;
  /** Address space per process. */
  readonly memoryMiB: number;
  readonly settings: MathSettings;
}

interface Pending {
  readonly id: number;
  readonly line: string;
  attempts: number;
  readonly settle: (verdict: WorkerVerdict) => void;
}

interface Worker {
  readonly process: ChildProcess;
  ready: boolean;
  /** Cases written and not yet answered, oldest first: the first is the one it works on. */
  readonly inFlight: Pending[];
  timer?: NodeJS.Timeout;
  stderrTail: string;
  /** Killed by us over the case that took too long, which has its verdict: none that waited behind it is to blame. */
  isOverdue: boolean;
}

type WorkerLine = { ready: true } | { id: number; equal?: boolean; converted?: [string, string][]; timeout?: true; error?: string };

/** Brackets in each other: ten take math-verify a second, twenty three, forty more than five. So many it would not read in the longest `timeoutMs`. */
const DEEPEST = 200;
const TOO_DEEP: WorkerVerdict = { failed: `brackets stand in each other more than ${DEEPEST} deep, which math-verify cannot read` };

function isTooDeep(mathCase: WorkerCase): boolean {
  return (
    mathCase.kind === "formula" && [mathCase.gold, mathCase.prediction].some(({ text, reading }) => reading === "whole" && nestingOf(text) > DEEPEST)
  );
}

export class MathVerify {
  readonly #environments: PythonEnvironments;
  readonly #options: MathVerifyOptions;
  readonly #workers = new Set<Worker>();
  #queue: Pending[] = [];
  #nextId = 0;
  #closing: Promise<void> | undefined;
  #closed = () => {};

  constructor(environments: PythonEnvironments, options: MathVerifyOptions) {
    this.#environments = environments;
    this.#options = options;
  }

  /** One verdict per case, in order. Cases of several calls share the workers. @throws the signal's reason when it is aborted, and where Python can't be set up. */
  async compare(cases: readonly WorkerCase[], signal: AbortSignal): Promise<readonly WorkerVerdict[]> {
    if (cases.length === 0) return [];
    signal.throwIfAborted();
    const { python } = await this.#environments.ensure("math-verify", REQUIREMENTS);
    signal.throwIfAborted();
    if (this.#closing !== undefined) return cases.map(() => ({ failed: "the plugin has been shut down" }));
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const asked = cases.map((mathCase) => (isTooDeep(mathCase) ? { id: -1, verdict: Promise.resolve(TOO_DEEP) } : this.#enqueue(mathCase)));
    const abort = () => {
      const ids = new Set(asked.map(({ id }) => id));
      this.#queue = this.#queue.filter(({ id }) => !ids.has(id));
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      this.#distribute(python);
      return await Promise.race([Promise.all(asked.map(({ verdict }) => verdict)), aborted]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Kills the workers and waits until they are gone. */
  async dispose(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = resolve;
    });
    for (const pending of this.#queue.splice(0)) pending.settle({ failed: "the plugin has been shut down" });
    for (const worker of this.#workers) worker.process.kill("SIGKILL");
    if (this.#workers.size === 0) this.#closed();
    await this.#closing;
  }

  #enqueue(workerCase: WorkerCase): { id: number; verdict: Promise<WorkerVerdict> } {
    const { promise: verdict, resolve: settle } = Promise.withResolvers<WorkerVerdict>();
    const id = this.#nextId++;
    const line = JSON.stringify({ id, timeoutMs: this.#options.timeoutMs, ...this.#request(workerCase) });
    this.#queue.push({ id, line: `${line}\n`, attempts: 0, settle });
    return { id, verdict };
  }

  #request(workerCase: WorkerCase): object {
    if (workerCase.kind === "convert") return workerCase;
    const { precision, variables, targets, relationAsSet } = this.#options.settings;
    const readable = ({ text, reading }: MathText) => ({ text, targets: reading === "whole" && targets.includes("latex") ? ["latex"] : targets });
    const [gold, prediction] = [readable(workerCase.gold), readable(workerCase.prediction)];
    return { ...workerCase, gold, prediction, precision, strict: variables === "by-name", relationAsSet: relationAsSet === "yes" };
  }

  /** Gives every worker its share of the queue, and starts another worker while there is more than the present ones can hold. */
  #distribute(python: string): void {
    for (const worker of this.#workers) {
      if (!worker.ready || worker.inFlight.length > AHEAD / 2) continue;
      const share = Math.min(AHEAD - worker.inFlight.length, Math.ceil(this.#queue.length / this.#workers.size));
      const taken = this.#queue.splice(0, share);
      if (taken.length === 0) continue;
      worker.inFlight.push(...taken);
      worker.process.stdin?.write(taken.map(({ line }) => line).join(""));
      if (worker.timer === undefined) this.#watch(worker);
    }
    const starting = [...this.#workers].filter(({ ready }) => !ready).length;
    const missing = Math.min(this.#options.processes - this.#workers.size, Math.ceil(this.#queue.length / AHEAD) - starting);
    if (this.#closing === undefined) for (let i = 0; i < missing; i++) this.#start(python);
  }

  #start(python: string): void {
    const { memoryMiB } = this.#options;
    const child = spawn(python, ["-s", "-P", WORKER, String(memoryMiB)], { stdio: ["pipe", "pipe", "pipe"], env: ENVIRONMENT });
    const worker: Worker = { process: child, ready: false, inFlight: [], stderrTail: "", isOverdue: false };
    this.#workers.add(worker);
    worker.timer = setTimeout(() => child.kill("SIGKILL"), START_LIMIT_MS);
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#receive(worker, JSON.parse(line) as WorkerLine);
      this.#distribute(python);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      worker.stderrTail = (worker.stderrTail + chunk.toString()).slice(-500);
    });
    // A dead worker's pipe breaks before `close` tells why; `close` deals with its cases.
    child.stdin.on("error", () => {});
    child.on("error", (error) => {
      worker.stderrTail = error.message;
    });
    child.on("close", (code, signal) => this.#bury(worker, signal ?? `exit code ${code}`, python));
  }

  #receive(worker: Worker, line: WorkerLine): void {
    clearTimeout(worker.timer);
    delete worker.timer;
    if ("ready" in line) {
      worker.ready = true;
      return;
    }
    // Not always the first: a verdict may still come in from a worker that has just been killed over this very case.
    const answered = worker.inFlight.findIndex(({ id }) => id === line.id);
    if (answered >= 0) worker.inFlight.splice(answered, 1)[0]?.settle(this.#verdict(line));
    if (worker.inFlight.length > 0) this.#watch(worker);
  }

  #verdict({ equal, converted, timeout, error }: Exclude<WorkerLine, { ready: true }>): WorkerVerdict {
    if (equal !== undefined) return { equal };
    if (converted !== undefined) return { converted };
    return { failed: timeout ? this.#tooSlow() : `math-verify failed: ${error}` };
  }

  #tooSlow(): string {
    return `math-verify needed more than ${this.#options.timeoutMs} ms`;
  }

  #watch(worker: Worker): void {
    worker.timer = setTimeout(() => {
      worker.inFlight.shift()?.settle({ failed: this.#tooSlow() });
      worker.isOverdue = true;
      worker.process.kill("SIGKILL");
    }, killAfterMs(this.#options.timeoutMs));
  }

  /** A worker is gone: the case it worked on gets another try or its verdict, the others go back to the queue. */
  #bury(worker: Worker, how: string, python: string): void {
    clearTimeout(worker.timer);
    this.#workers.delete(worker);
    if (this.#closing !== undefined) {
      for (const pending of worker.inFlight) pending.settle({ failed: "the plugin has been shut down" });
      if (this.#workers.size === 0) this.#closed();
      return;
    }
    const why = `the math-verify worker died (${how})${worker.stderrTail === "" ? "" : `: ${worker.stderrTail.trim().split("\n").at(-1)}`}`;
    // One that never got ready is held against all that waits, or a broken environment would be started for ever.
    const suspects = worker.isOverdue ? [] : worker.ready ? worker.inFlight.splice(0, 1) : this.#queue.splice(0);
    this.#queue.unshift(...worker.inFlight);
    for (const suspect of suspects) {
      suspect.attempts++;
      if (how === "SIGXCPU") suspect.settle({ failed: this.#tooSlow() });
      else if (suspect.attempts < MAX_ATTEMPTS) this.#queue.unshift(suspect);
      else suspect.settle({ failed: why });
    }
    this.#distribute(python);
  }
}
