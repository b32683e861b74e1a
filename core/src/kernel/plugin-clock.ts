/** How long a plugin may take for an answer, or to start. What it asks of the host meanwhile (a rollout, the end of a wave, a Python environment) is not its own time. */
import { AsyncLocalStorage } from "node:async_hooks";

const running = new AsyncLocalStorage<PluginClock>();

export class PluginClock {
  readonly #onOver: () => void;
  #leftMs: number;
  #since = 0;
  #waits = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, onOver: () => void) {
    this.#leftMs = limitMs;
    this.#onOver = onOver;
    this.#go();
  }

  /** Runs the plugin's work: `offTheClock` finds this clock in all that it does. */
  run<T>(work: () => T): T {
    return running.run(this, work);
  }

  /** Stands still until as many `go` as `pause` have come: a plugin may ask for several things at once. */
  pause(): void {
    if (this.#waits++ > 0) return;
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#since;
  }

  go(): void {
    if (--this.#waits === 0) this.#go();
  }

  /** For good, also where something asked for comes back later. */
  stop(): void {
    this.#waits = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
  }

  #go(): void {
    this.#since = performance.now();
    this.#timer = setTimeout(this.#onOver, Math.max(this.#leftMs, 0));
  }
}

/** Work of the host for a plugin. It has limits of its own, and queueing behind other questions must not decide what becomes of this one. */
export async function offTheClock<T>(work: () => Promise<T>): Promise<T> {
  const clock = running.getStore();
  clock?.pause();
  try {
    return await work();
  } finally {
    clock?.go();
  }
}
