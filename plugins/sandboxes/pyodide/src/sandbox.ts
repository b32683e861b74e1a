/** The sandbox: takes a started interpreter for each execution, throws it away afterwards, and keeps the next one ready. */
import { type ExecutionRequest, type ExecutionResult, type Logger, PluginError, type PythonEnvironments, type Sandbox } from "@autotraj/core/plugin";
import { type Command, findNamespaces, lockedNode, type Netns, PYODIDE_DIR, PYTHON_DIR } from "./command.ts";
import { type Image, Images, imageFor } from "./images.ts";
import { Interpreter, StartFailed } from "./interpreter.ts";
import { Places } from "./places.ts";
import { Pool } from "./pool.ts";
import type { InterpreterConfig } from "./protocol.ts";
import { provePromises } from "./self-test.ts";
import { Sessions } from "./sessions.ts";
import { SYMPY_PACKAGES, sympyWheels } from "./wheels.ts";

export interface SandboxSettings {
  readonly workers: number;
  readonly warm: number;
  readonly maxSessions: number;
  readonly netns: Netns;
  /** Where memory images and wheels are kept. */
  readonly cacheDir: string;
  /** Undefined: without SymPy. */
  readonly environments: PythonEnvironments | undefined;
  readonly log: Logger;
}

type SelfTest = Awaited<ReturnType<Sandbox["selfTest"]>>;

const SELF_TEST_MEMORY_MIB = 256;
const SELF_TEST_TIMEOUT_MS = 30_000;

export class PyodideSandbox implements Sandbox {
  readonly isolation = "pyodide";
  readonly strength = 1;
  readonly sessions = true;
  readonly #settings: SandboxSettings;
  readonly #images: Images;
  readonly #workers: Places;
  readonly #pools: Readonly<Record<Image, Pool>>;
  readonly #live: Sessions;
  /** Every process that has not ended yet. */
  readonly #processes = new Set<Interpreter>();
  #wheels: readonly string[] = [];
  #bwrap: string | undefined;
  #selfTest: Promise<SelfTest> | undefined;
  #disposed = false;

  constructor(settings: SandboxSettings) {
    this.#settings = settings;
    this.#images = new Images(settings.cacheDir, (message) => {
      // Its interpreters are killed at the end, and one may have been making an image.
      if (!this.#disposed) settings.log.warn(message);
    });
    this.#workers = new Places(settings.workers);
    const pool = (image: Image) => new Pool(() => this.#start(image), settings.warm);
    this.#pools = { stdlib: pool("stdlib"), sympy: pool("sympy") };
    // What a session will import is not known when it begins.
    this.#live = new Sessions(() => this.#pools[this.#wheels.length > 0 ? "sympy" : "stdlib"].take(), this.#workers, settings.maxSessions);
  }

  get packages(): readonly string[] {
    return this.#wheels.length > 0 ? SYMPY_PACKAGES : [];
  }

  selfTest(): Promise<SelfTest> {
    this.#selfTest ??= this.#prove();
    return this.#selfTest;
  }

  async execute(request: ExecutionRequest, { signal }: { readonly signal: AbortSignal }): Promise<ExecutionResult> {
    const proven = await this.selfTest();
    if (!proven.ok) {
      throw new PluginError("ISOLATION_UNAVAILABLE", `Pyodide cannot contain code here: ${proven.reason}`, {
        hint: "Use another sandbox, or see the reason.",
      });
    }
    if (request.session !== undefined) return this.#live.run(request.session, request, signal);
    const leave = await this.#workers.take(signal);
    try {
      return await this.#once(request, signal);
    } finally {
      leave();
    }
  }

  endSession(session: string): void {
    this.#live.end(session);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#processes].map((interpreter) => interpreter.kill()));
  }

  async #prove(): Promise<SelfTest> {
    try {
      this.#bwrap = await findNamespaces(this.#settings.netns);
      await this.#findWheels();
      const signal = AbortSignal.timeout(SELF_TEST_TIMEOUT_MS * 2);
      const limits = { timeoutMs: SELF_TEST_TIMEOUT_MS, memoryMiB: SELF_TEST_MEMORY_MIB };
      await provePromises(this.#bwrap, (code) => this.#once({ code, ...limits }, signal));
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async #findWheels(): Promise<void> {
    if (this.#settings.environments === undefined) return;
    try {
      this.#wheels = await sympyWheels(this.#settings.cacheDir, this.#settings.environments);
    } catch (error) {
      this.#settings.log.warn(`code runs without SymPy: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #once(request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
    const image = this.#wheels.length > 0 ? imageFor(request.code) : "stdlib";
    const interpreter = await this.#pools[image].take();
    try {
      return await interpreter.run(request, true, signal);
    } finally {
      void interpreter.kill();
    }
  }

  /** From the memory image where there is one, otherwise slowly. */
  async #start(image: Image): Promise<Interpreter> {
    const wheels = image === "sympy" ? this.#wheels : [];
    const config: InterpreterConfig = { image, pyodideDir: PYODIDE_DIR, pythonDir: PYTHON_DIR, wheels };
    const snapshot = await this.#images.file(image, wheels, () =>
      Interpreter.snapshot(this.#command({ ...config, makeSnapshot: true }), this.#track),
    );
    if (snapshot === undefined) return Interpreter.start(this.#command(config), this.#track);
    try {
      return await Interpreter.start(this.#command({ ...config, snapshot }), this.#track);
    } catch (error) {
      if (this.#disposed) throw error;
      if (error instanceof StartFailed && error.killed) return Interpreter.start(this.#command({ ...config, snapshot }), this.#track);
      await this.#images.discard(image, error);
      return Interpreter.start(this.#command(config), this.#track);
    }
  }

  /** @throws SANDBOX_DISPOSED */
  #command(config: InterpreterConfig): Command {
    if (this.#disposed) throw new PluginError("SANDBOX_DISPOSED", "the sandbox was asked to run code after the run had ended.");
    return lockedNode("interpreter", config, [...config.wheels, ...(config.snapshot === undefined ? [] : [config.snapshot])], this.#bwrap);
  }

  readonly #track = (interpreter: Interpreter): void => {
    this.#processes.add(interpreter);
    void interpreter.closed.then(() => this.#processes.delete(interpreter));
  };
}
