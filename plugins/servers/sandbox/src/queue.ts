/** A bounded queue: so many run, so many wait, everybody else hears at once that there is no room. */

/** There is no room, or there will be none any more. */
export class NoRoom extends Error {
  readonly stopping: boolean;
  constructor(message: string, options: { stopping: boolean }) {
    super(message);
    this.name = "NoRoom";
    this.stopping = options.stopping;
  }
}

interface Waiting {
  readonly start: () => void;
  readonly fail: (error: unknown) => void;
}

export class BoundedQueue {
  readonly #concurrency: number;
  readonly #length: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #stopping = false;

  constructor(concurrency: number, length: number) {
    this.#concurrency = concurrency;
    this.#length = length;
  }

  get state(): { readonly running: number; readonly waiting: number; readonly stopping: boolean } {
    return { running: this.#running, waiting: this.#waiting.length, stopping: this.#stopping };
  }

  /** @throws NoRoom, also to those that wait when the queue is stopped. @throws the signal's reason when aborted while waiting. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#running--;
      this.#startNext();
    }
  }

  /** What runs goes on to its end; nothing else begins. */
  stop(): void {
    this.#stopping = true;
    for (const { fail } of this.#waiting.splice(0)) fail(stopping());
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#stopping) return reject(stopping());
      if (this.#running >= this.#concurrency && this.#waiting.length >= this.#length) {
        return reject(new NoRoom(`${this.#running} run and ${this.#waiting.length} wait already`, { stopping: false }));
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        start: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
        fail: (error) => {
          signal.removeEventListener("abort", leave);
          reject(error);
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      this.#startNext();
    });
  }

  #startNext(): void {
    while (this.#running < this.#concurrency) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running++;
      next.start();
    }
  }
}

function stopping(): NoRoom {
  return new NoRoom("this server is stopping", { stopping: true });
}
