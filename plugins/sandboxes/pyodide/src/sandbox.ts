/** Fresh interpreters for single executions, kept ones for sessions, and a warm one waiting so that the model does not. */
import { availableParallelism } from "node:os";
import type { ExecutionRequest, ExecutionResult, Sandbox } from "@autotraj/core/plugin";
import { type Image, type Images, imageFor, SYMPY_WHEELS } from "./images.ts";
import { Interpreter } from "./interpreter.ts";
import { selfTest } from "./self-test.ts";

export interface PyodideOptions {
  /** Interpreters that wait, started, for the next execution. */
  readonly warm: number;
  /** Executions side by side. Default: as many as the machine has cores. */
  readonly workers?: number;
  readonly sympy: boolean;
}

export class PyodideSandbox implements Sandbox {
  readonly isolation = "pyodide";
  readonly strength = 1;
  readonly sessions = true;
  readonly packages: readonly string[];
  readonly #options: PyodideOptions;
  readonly #images: Images;
  readonly #warm: Promise<Interpreter>[] = [];
  readonly #sessions = new Map<string, { image: Image; interpreter: Promise<Interpreter> }>();
  readonly #alive = new Set<Interpreter>();
  readonly #queue: (() => void)[] = [];
  #free: number;
  #tested: ReturnType<Sandbox["selfTest"]> | undefined;
  #disposed = false;

  constructor(options: PyodideOptions, images: Images) {
    this.#options = options;
    this.#images = images;
    this.#free = options.workers ?? availableParallelism();
    this.packages = options.sympy ? SYMPY_WHEELS : [];
  }

  selfTest(): ReturnType<Sandbox["selfTest"]> {
    this.#tested ??= selfTest((code) => this.execute({ code, timeoutMs: 60_000, memoryMiB: 256 }, { signal: new AbortController().signal }));
    return this.#tested;
  }

  async execute(request: ExecutionRequest, { signal }: { readonly signal: AbortSignal }): Promise<ExecutionResult> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return request.session === undefined ? await this.#once(request, signal) : await this.#inSession(request, request.session, signal);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  endSession(session: string): void {
    const entry = this.#sessions.get(session);
    this.#sessions.delete(session);
    entry?.interpreter.then((interpreter) => this.#drop(interpreter)).catch(() => {});
  }

  dispose(): void {
    this.#disposed = true;
    for (const interpreter of this.#alive) interpreter.kill();
    for (const waiting of this.#warm.splice(0)) waiting.then((interpreter) => interpreter.kill()).catch(() => {});
    this.#sessions.clear();
  }

  /** A fresh interpreter is the only isolation between two executions: it is thrown away afterwards. */
  async #once(request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
    const interpreter = await this.#fresh(this.#imageFor(request.code));
    try {
      const { usable: _usable, ...result } = await interpreter.run(request, true, signal);
      return result;
    } finally {
      this.#drop(interpreter);
    }
  }

  async #inSession(request: ExecutionRequest, session: string, signal: AbortSignal): Promise<ExecutionResult> {
    let entry = this.#sessions.get(session);
    // A session may import SymPy at any time, so it gets the interpreter that has it.
    const image: Image = this.#options.sympy ? "sympy" : "stdlib";
    if (entry === undefined) {
      entry = { image, interpreter: this.#fresh(image) };
      this.#sessions.set(session, entry);
    }
    const interpreter = await entry.interpreter;
    const { usable, ...result } = await interpreter.run(request, false, signal);
    if (usable) return result;
    this.#drop(interpreter);
    this.#sessions.delete(session);
    return { ...result, sessionLost: true };
  }

  #imageFor(code: string): Image {
    return this.#options.sympy ? imageFor(code) : "stdlib";
  }

  /** Takes a waiting plain interpreter, or starts one; the place of a taken one is filled again. */
  async #fresh(image: Image): Promise<Interpreter> {
    const waiting = image === "stdlib" ? this.#warm.shift() : undefined;
    const starting = waiting ?? this.#start(image);
    while (image === "stdlib" && this.#warm.length < this.#options.warm && !this.#disposed) {
      const next = this.#start("stdlib");
      next.catch(() => {});
      this.#warm.push(next);
    }
    const interpreter = await starting;
    return interpreter.usable || waiting === undefined ? interpreter : this.#start(image);
  }

  async #start(image: Image): Promise<Interpreter> {
    const interpreter = await Interpreter.start(await this.#images.config(image));
    if (this.#disposed) interpreter.kill();
    this.#alive.add(interpreter);
    return interpreter;
  }

  #drop(interpreter: Interpreter): void {
    this.#alive.delete(interpreter);
    interpreter.kill();
  }
}
