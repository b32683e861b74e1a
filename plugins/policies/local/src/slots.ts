/** Hands out the sequences: whose state fits best, on the worker that has least to do. */
import type { Sequence } from "./llama.ts";

export interface Slot {
  readonly sequence: Sequence;
  readonly worker: number;
  /** The finished state it still holds for a session between two turns. */
  held: { readonly key: string; readonly session: string } | undefined;
}

interface Place extends Slot {
  busy: boolean;
  usedAt: number;
}

export class Slots {
  readonly #places: readonly Place[];
  readonly #waiting: { readonly keys: readonly string[]; readonly take: (place: Place) => void }[] = [];
  #clock = 0;

  constructor(workers: readonly (readonly Sequence[])[]) {
    this.#places = workers.flatMap((sequences, worker) =>
      sequences.map((sequence): Place => ({ sequence, worker, held: undefined, busy: false, usedAt: 0 })),
    );
  }

  /** `keys`: states it could go on from, the best one last. Waits its turn when every sequence is busy. */
  async acquire(keys: readonly string[], signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    const place = this.#choose(keys);
    if (place !== undefined) return take(place);
    return await new Promise<Slot>((resolve, reject) => {
      const waiter = {
        keys,
        take: (free: Place) => {
          signal.removeEventListener("abort", giveUp);
          resolve(take(free));
        },
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(waiter);
    });
  }

  release(slot: Slot): void {
    const place = slot as Place;
    place.busy = false;
    place.usedAt = ++this.#clock;
    const next = this.#waiting.shift();
    if (next !== undefined) next.take(this.#choose(next.keys) ?? place);
  }

  endSession(session: string): void {
    for (const place of this.#places) if (!place.busy && place.held?.session === session) place.held = undefined;
  }

  #choose(keys: readonly string[]): Place | undefined {
    const idle = this.#places.filter((place) => !place.busy);
    const fit = (place: Place) => (place.held === undefined ? -1 : keys.lastIndexOf(place.held.key));
    const load = (worker: number) => this.#places.filter((place) => place.worker === worker && place.busy).length;
    const order = (a: Place, b: Place) =>
      fit(b) - fit(a) ||
      load(a.worker) - load(b.worker) ||
      Number(a.held !== undefined) - Number(b.held !== undefined) ||
      (a.held === undefined ? 0 : a.usedAt - b.usedAt);
    return idle.sort(order)[0];
  }
}

function take(place: Place): Slot {
  place.busy = true;
  return place;
}
