/** Hands out a fixed number of slots, first come first served. A caller may insist on one slot; nobody behind it in the line for that slot overtakes. */
export class Slots {
  readonly #free: Set<number>;
  readonly #waiting: { readonly wanted: number | undefined; readonly grant: (slot: number) => void }[] = [];

  constructor(count: number) {
    this.#free = new Set(Array.from({ length: count }, (_, slot) => slot));
  }

  /** @throws the signal's reason when aborted while waiting. */
  take(signal: AbortSignal, wanted?: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter = {
        wanted,
        grant: (slot: number) => {
          signal.removeEventListener("abort", leave);
          resolve(slot);
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
      for (const slot of this.#free) if (this.#serve(slot)) break;
    });
  }

  give(slot: number): void {
    this.#free.add(slot);
    this.#serve(slot);
  }

  /** Gives a free slot to the first in line that can use it. */
  #serve(slot: number): boolean {
    const next = this.#waiting.findIndex(({ wanted }) => wanted === undefined || wanted === slot);
    if (next === -1) return false;
    this.#free.delete(slot);
    this.#waiting.splice(next, 1)[0]!.grant(slot);
    return true;
  }
}
