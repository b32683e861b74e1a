/** Sessions: an interpreter of its own for each, kept until the session ends or its interpreter does. */
import { type ExecutionRequest, type ExecutionResult, PluginError } from "@autotraj/core/plugin";
import type { Interpreter } from "./interpreter.ts";
import { Places } from "./places.ts";

interface Session {
  readonly interpreter: Interpreter;
  readonly leave: () => void;
}

export class Sessions {
  readonly #start: () => Promise<Interpreter>;
  readonly #places: Places;
  readonly #live = new Map<string, Session>();
  /** The last call of each session: calls of one session run one after the other. */
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(start: () => Promise<Interpreter>, maxSessions: number) {
    this.#start = start;
    this.#places = new Places(maxSessions);
  }

  /**
   * @throws SESSION_ENDED when the interpreter ended between two calls: nothing of this call has run
   * @throws the signal's reason when aborted
   */
  async run(name: string, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
    const before = this.#tails.get(name);
    const call = (before ?? Promise.resolve()).catch(() => {}).then(() => this.#run(name, request, signal));
    this.#tails.set(name, call);
    try {
      return await call;
    } finally {
      if (this.#tails.get(name) === call) this.#tails.delete(name);
    }
  }

  end(name: string): void {
    const session = this.#live.get(name);
    if (session === undefined) return;
    this.#live.delete(name);
    session.leave();
    void session.interpreter.kill();
  }

  async #run(name: string, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
    const { interpreter } = this.#live.get(name) ?? (await this.#open(name, signal));
    if (!interpreter.alive) {
      this.end(name);
      throw new PluginError("SESSION_ENDED", `session ${name} is gone: its interpreter ended between two calls.`, {
        hint: "Run its earlier calls again, then this one.",
      });
    }
    try {
      const result = await interpreter.run(request, false, signal);
      return interpreter.alive ? result : { ...result, sessionLost: true };
    } finally {
      if (!interpreter.alive) this.end(name);
    }
  }

  async #open(name: string, signal: AbortSignal): Promise<Session> {
    const leave = await this.#places.take(signal);
    try {
      const session = { interpreter: await this.#start(), leave };
      this.#live.set(name, session);
      return session;
    } catch (error) {
      leave();
      throw error;
    }
  }
}
