/** A fixed number of places, first come first served. */
export class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** @returns gives the place back. @throws the signal's reason when aborted while waiting */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener("abort", leave);
        this.#free -= 1;
        resolve(() => this.#give());
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(enter);
      this.#serve();
    });
  }

  #give(): void {
    this.#free += 1;
    this.#serve();
  }

  #serve(): void {
    if (this.#free > 0) this.#waiting.shift()?.();
  }
}
