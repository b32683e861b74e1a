/** The sandbox: slots of zygotes, one execution at a time in each, started when first needed and again when one dies. */
import { type ExecutionRequest, type ExecutionResult, PluginError, type PythonEnvironments, type Sandbox } from "@autotraj/core/plugin";
import { type Interpreter, locateInterpreter } from "./command.ts";
import { type Image, imageFor, PACKAGES } from "./images.ts";
import { explainFailure, findBubblewrap, provePackages, provePromises, type SelfTest } from "./self-test.ts";
import { type Session, type SessionLimits, Sessions, sessionEnded } from "./sessions.ts";
import { Slots } from "./slots.ts";
import { type Run, Zygote, ZygoteDied } from "./zygote.ts";

export interface SandboxSettings extends SessionLimits {
  readonly packages: boolean;
}

const SELF_TEST_MEMORY_MIB = 1024;

export class BubblewrapSandbox implements Sandbox {
  readonly isolation = "bwrap";
  readonly strength = 2;
  readonly sessions = true;
  readonly packages: readonly string[];
  readonly #environments: PythonEnvironments;
  readonly #slots: Slots;
  readonly #zygotes: readonly Map<Image, Promise<Zygote>>[];
  readonly #sessions: Sessions;
  #tools: { readonly bwrap: string; readonly interpreter: Interpreter } | undefined;
  #selfTest: Promise<SelfTest> | undefined;
  #disposed = false;

  constructor(settings: SandboxSettings, environments: PythonEnvironments) {
    this.#environments = environments;
    this.packages = settings.packages ? PACKAGES : [];
    this.#slots = new Slots(settings.workers);
    this.#zygotes = Array.from({ length: settings.workers }, () => new Map());
    this.#sessions = new Sessions(settings);
  }

  selfTest(): Promise<SelfTest> {
    this.#selfTest ??= this.#prove();
    return this.#selfTest;
  }

  async execute(request: ExecutionRequest, { signal }: { readonly signal: AbortSignal }): Promise<ExecutionResult> {
    const proven = await this.selfTest();
    if (!proven.ok) throw new PluginError("ISOLATION_UNAVAILABLE", `bubblewrap cannot isolate code here: ${proven.reason}`);
    return request.session === undefined ? this.#once(request, signal) : this.#inSession(request, request.session, signal);
  }

  endSession(session: string): void {
    this.#sessions.close(session);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const started = await Promise.allSettled(this.#zygotes.flatMap((images) => [...images.values()]));
    await Promise.all(started.map((zygote) => (zygote.status === "fulfilled" ? zygote.value.kill() : undefined)));
  }

  async #prove(): Promise<SelfTest> {
    try {
      const bwrap = findBubblewrap();
      const environment = await this.#environments.ensure("sandbox", this.packages);
      this.#tools = { bwrap, interpreter: await locateInterpreter(environment) };
      const { signal } = new AbortController();
      const run = (code: string, timeoutMs: number) => this.#once({ code, timeoutMs, memoryMiB: SELF_TEST_MEMORY_MIB }, signal);
      await provePromises(run);
      if (this.packages.length > 0) await provePackages(run);
      return { ok: true };
    } catch (error) {
      await this.#stop();
      return { ok: false, reason: explainFailure(error) };
    }
  }

  async #once(request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
    const slot = await this.#slots.take(signal);
    const image = this.packages.length > 0 ? imageFor(request.code) : "stdlib";
    try {
      return await this.#runFresh(slot, image, request, signal);
    } finally {
      this.#slots.give(slot);
    }
  }

  /** A zygote that died before the code began is replaced, once. */
  async #runFresh(slot: number, image: Image, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
    try {
      return (await this.#run(await this.#zygote(slot, image), request, signal)).result;
    } catch (error) {
      if (!(error instanceof ZygoteDied)) throw error;
    }
    try {
      return (await this.#run(await this.#zygote(slot, image), request, signal)).result;
    } catch (error) {
      if (!(error instanceof ZygoteDied)) throw error;
      throw new PluginError("SANDBOX_FAILED", `the sandbox's worker died twice before it could run the code: ${error.message}`, { cause: error });
    }
  }

  async #inSession(request: ExecutionRequest, name: string, signal: AbortSignal): Promise<ExecutionResult> {
    const session = this.#sessions.find(name);
    session.calls += 1;
    const slot = await this.#slots.take(signal, session.slot).catch((reason: unknown) => {
      session.calls -= 1;
      this.#sessions.close(name);
      throw reason;
    });
    try {
      const { result, heldBytes } = await this.#runInSession(request, name, session, signal);
      session.heldBytes = heldBytes;
      if (result.sessionLost) this.#sessions.close(name);
      return result;
    } catch (error) {
      this.#sessions.close(name);
      throw error instanceof ZygoteDied ? sessionEnded(name, "its worker died") : error;
    } finally {
      session.calls -= 1;
      this.#sessions.leave(name, session);
      this.#slots.give(slot);
    }
  }

  async #runInSession(request: ExecutionRequest, name: string, session: Session, signal: AbortSignal): Promise<Run> {
    if (this.#sessions.find(name) !== session) throw sessionEnded(name, "it was closed");
    const zygote = session.zygote ?? (await this.#zygote(session.slot, this.packages.length > 0 ? "scientific" : "stdlib"));
    this.#sessions.enter(name, session, zygote);
    return this.#run(zygote, request, signal);
  }

  /** @throws ZygoteDied when the code has provably not run. */
  async #run(zygote: Zygote, request: ExecutionRequest, signal: AbortSignal): Promise<Run> {
    signal.throwIfAborted();
    const start = performance.now();
    try {
      const run = await zygote.run(request, signal);
      signal.throwIfAborted();
      return run;
    } catch (error) {
      if (!(error instanceof ZygoteDied && error.started)) throw error;
      const stderr = `[the sandbox's worker died: ${error.message}]\n`;
      const durationMs = performance.now() - start;
      const sessionLost = request.session !== undefined;
      return { result: { status: "killed", stdout: "", stderr, durationMs, truncatedBytes: 0, sessionLost }, heldBytes: 0 };
    }
  }

  #zygote(slot: number, image: Image): Promise<Zygote> {
    if (this.#disposed || this.#tools === undefined) throw new PluginError("SANDBOX_CLOSED", "the sandbox has been closed.");
    const images = this.#zygotes[slot]!;
    let zygote = images.get(image);
    if (zygote === undefined) {
      const { bwrap, interpreter } = this.#tools;
      zygote = Zygote.start(bwrap, interpreter, image, (dead) => {
        images.delete(image);
        this.#sessions.closeAllOf(dead);
      });
      images.set(image, zygote);
    }
    return zygote;
  }
}
