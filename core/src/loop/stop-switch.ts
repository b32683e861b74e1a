/** How a run is asked to stop: softly, so that what is in flight finishes and is kept, or at once. */
import type { Stopper } from "../kernel/stop.ts";

export class StopSwitch implements Stopper {
  readonly #now = new AbortController();
  #stopping = false;

  get stopping(): boolean {
    return this.#stopping;
  }

  get signal(): AbortSignal {
    return this.#now.signal;
  }

  /** No new call is begun; calls in flight finish and are stored. */
  softly(): void {
    this.#stopping = true;
  }

  atOnce(reason: unknown): void {
    this.#stopping = true;
    this.#now.abort(reason);
  }
}
