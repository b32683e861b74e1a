/** Interpreters that have started before they are asked for: one execution each, so a start costs no one's time. */
import type { Interpreter } from "./interpreter.ts";

export class Pool {
  readonly #start: () => Promise<Interpreter>;
  readonly #warm: number;
  readonly #ready: Promise<Interpreter>[] = [];

  /** @param warm how many are kept ready */
  constructor(start: () => Promise<Interpreter>, warm: number) {
    this.#start = start;
    this.#warm = warm;
  }

  /** An interpreter that has run nothing yet. @throws when none can be started */
  async take(): Promise<Interpreter> {
    const early = this.#ready.shift();
    this.fill();
    // One that did not start, or ended while it waited, is replaced by one started now.
    const ready = await early?.catch(() => undefined);
    return ready?.alive ? ready : this.#start();
  }

  fill(): void {
    while (this.#ready.length < this.#warm) {
      const starting = this.#start();
      starting.catch(() => {});
      this.#ready.push(starting);
    }
  }
}
