/**
 * How many requests may be in flight: additive increase, multiplicative decrease, on refusals and on growing latency; and back in a few rounds to what was
 * borne before where refusals went on whatever was asked, since these say that the server was away, not how much it bears.
 * Every pause is timed by our own clock. A server's Retry-After delays only the request that got it: were it to freeze the limit
 * or the queue, one long answer would hold the whole run.
 */
import { backoffMs } from "@autotraj/http-attempts/backoff";
import type { ConcurrencyOptions } from "./options.ts";

/** Factor on the limit after a refusal, and the gentler one after grown latency. */
const REFUSED_FACTOR = 0.5;
const SLOW_FACTOR = 0.8;
/** Below what is known to be too much each answer adds this much: half as many again per round. Above, one per round. */
const EARLY_GAIN = 0.5;
/** From so many pauses in a row, with no answer between them, the server was away: the first answer is news to all that wait. */
const OUTAGE_CLOSINGS = 2;
/** Latency per token that is taken for queueing, as a multiple of the best seen. Batching alone costs servers a factor of two or so. */
const SLOW_RATIO = 3;
/** Below this nobody waits, and ratios are noise. */
const SLOW_FLOOR_MS = 200;
const SMALLEST_WINDOW = 8;
/** How fast the best latency seen is forgotten, per window. */
const BASELINE_DRIFT = 0.05;
/** One request every few seconds is no burden on a server that is away, and finds out soon when it is back. */
const LONGEST_PAUSE_MS = 5_000;

/** How an attempt went. `overloaded`: too much at once. `away`: no use asking anything for a moment. */
export type Outcome =
  | { readonly kind: "answered"; readonly units: number }
  | { readonly kind: "refused"; readonly overloaded: boolean; readonly away: boolean }
  | { readonly kind: "cancelled" };

export interface Lease {
  /** To be called exactly once. */
  end(outcome: Outcome): void;
}

interface Waiting {
  readonly ticket: number;
  readonly grant: () => void;
}

export class Limiter {
  #limit: number;
  #min: number;
  #max: number;
  readonly #pauseMs: number;
  readonly #now: () => number;
  readonly #queue: Waiting[] = [];
  #nextTicket = 0;
  #inFlight = 0;
  /** When the limit last held something back or was just reached: only then do answers speak for a higher one. */
  #reachedAt = Number.NEGATIVE_INFINITY;
  /** From here on the limit grows slowly. */
  #threshold = Number.POSITIVE_INFINITY;
  #decreasedAt = Number.NEGATIVE_INFINITY;
  /** The first of the decreases since which no later request was answered, and the limit before it. */
  #unanswered: { readonly since: number; readonly limit: number } | undefined;
  #closedAt = Number.NEGATIVE_INFINITY;
  #closedUntil = Number.NEGATIVE_INFINITY;
  #closings = 0;
  #reopening: NodeJS.Timeout | undefined;
  readonly #backingOff = new Set<() => void>();
  #window = { calls: 0, latencyMs: 0, msPerUnit: 0 };
  #bestMsPerUnit: number | undefined;

  /**
   * @param pauseMs first pause after a refusal, doubled while they go on; the limit grows again after four of it.
   * @param now the clock, in milliseconds; tests bring their own.
   */
  constructor({ start, min, max }: ConcurrencyOptions, pauseMs: number, now = () => performance.now()) {
    this.#min = Math.min(min, max);
    this.#max = max;
    this.#limit = Math.min(Math.max(start, min), max);
    this.#pauseMs = pauseMs;
    this.#now = now;
  }

  /** Another policy shares this limiter: the stricter bounds hold for both. */
  tighten({ min, max }: ConcurrencyOptions): void {
    this.#max = Math.min(this.#max, max);
    this.#min = Math.min(this.#min, min, this.#max);
    this.#limit = Math.min(this.#limit, this.#max);
  }

  get state(): { readonly limit: number; readonly inFlight: number; readonly queued: number } {
    return { limit: Math.floor(this.#limit), inFlight: this.#inFlight, queued: this.#queue.length };
  }

  /** A place in the queue, kept over all attempts of a request: a retry goes before whatever came later. */
  ticket(): number {
    return this.#nextTicket++;
  }

  acquire(ticket: number, signal: AbortSignal): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const index = this.#queue.indexOf(waiting);
        if (index >= 0) this.#queue.splice(index, 1);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        ticket,
        grant: () => {
          signal.removeEventListener("abort", leave);
          resolve(this.#lease());
        },
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      const before = this.#queue.findLastIndex((other) => other.ticket < ticket);
      this.#queue.splice(before + 1, 0, waiting);
      this.#grantNext();
    });
  }

  /** Waits before another attempt: so long, or until an outage is over. @throws the signal's reason */
  backOff(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (settle: () => void) => {
        clearTimeout(timer);
        this.#backingOff.delete(wake);
        signal.removeEventListener("abort", stop);
        settle();
      };
      const wake = () => leave(resolve);
      const stop = () => leave(() => reject(signal.reason));
      const timer = setTimeout(wake, ms);
      this.#backingOff.add(wake);
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
    });
  }

  #lease(): Lease {
    this.#inFlight++;
    const startedAt = this.#now();
    if (this.#inFlight >= Math.floor(this.#limit)) this.#reachedAt = startedAt;
    return {
      end: (outcome) => {
        const now = this.#now();
        if (outcome.kind === "answered") this.#answered(startedAt, now, outcome.units);
        if (outcome.kind === "refused" && outcome.overloaded) this.#decrease(startedAt, now, REFUSED_FACTOR);
        if (outcome.kind === "refused" && outcome.away) this.#close(startedAt, now);
        this.#inFlight--;
        this.#grantNext();
      },
    };
  }

  #grantNext(): void {
    const wait = this.#closedUntil - this.#now();
    if (wait > 0) {
      this.#reopening ??= setTimeout(() => {
        this.#reopening = undefined;
        this.#grantNext();
      }, wait);
      return;
    }
    while (this.#inFlight < Math.floor(this.#limit)) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      next.grant();
    }
  }

  #answered(startedAt: number, now: number, units: number): void {
    if (startedAt > this.#closedAt) this.#reopened();
    if (this.#unanswered !== undefined && startedAt > this.#unanswered.since) this.#unanswered = undefined;
    if (startedAt <= this.#decreasedAt) return;
    this.#watchLatency(startedAt, now, units);
    if (this.#reachedAt < startedAt || now - this.#decreasedAt < 4 * this.#pauseMs) return;
    this.#limit = Math.min(this.#max, this.#limit + (this.#limit < this.#threshold ? EARLY_GAIN : 1 / this.#limit));
  }

  /** Compares whole windows of calls, per unit of work, so that long answers are not taken for a slow server. */
  #watchLatency(startedAt: number, now: number, units: number): void {
    const window = this.#window;
    window.calls++;
    window.latencyMs += now - startedAt;
    window.msPerUnit += (now - startedAt) / units;
    if (window.calls < Math.max(SMALLEST_WINDOW, this.#limit)) return;
    this.#window = { calls: 0, latencyMs: 0, msPerUnit: 0 };
    const msPerUnit = window.msPerUnit / window.calls;
    const best = Math.min(this.#bestMsPerUnit ?? msPerUnit, msPerUnit);
    this.#bestMsPerUnit = best + BASELINE_DRIFT * (msPerUnit - best);
    if (msPerUnit > SLOW_RATIO * best && window.latencyMs / window.calls > SLOW_FLOOR_MS) this.#decrease(startedAt, now, SLOW_FACTOR);
  }

  /** Once per round: calls that were sent before the last decrease say nothing about the limit that holds now. */
  #decrease(startedAt: number, now: number, factor: number): void {
    if (startedAt <= this.#decreasedAt) return;
    const lower = Math.max(this.#min, this.#limit * factor);
    this.#threshold = this.#unanswered?.limit ?? lower;
    this.#unanswered ??= { since: now, limit: this.#limit };
    this.#limit = lower;
    this.#decreasedAt = now;
    this.#window = { calls: 0, latencyMs: 0, msPerUnit: 0 };
  }

  #reopened(): void {
    if (this.#closings >= OUTAGE_CLOSINGS) for (const wake of this.#backingOff) wake();
    this.#closings = 0;
  }

  /** Holds everything back for a moment, so that a server that is away does not eat up every request's retries. */
  #close(startedAt: number, now: number): void {
    if (startedAt <= this.#closedAt) return;
    this.#closedUntil = now + backoffMs(this.#closings++, this.#pauseMs, LONGEST_PAUSE_MS);
    this.#closedAt = now;
  }
}

const shared = new Map<string, { readonly limiter: Limiter; users: number }>();

/** The limiter for this server and model, shared within the process until its last user leaves. */
export function joinLimiter(key: string, concurrency: ConcurrencyOptions, pauseMs: number): { readonly limiter: Limiter; leave(): void } {
  let entry = shared.get(key);
  if (entry === undefined) {
    entry = { limiter: new Limiter(concurrency, pauseMs), users: 0 };
    shared.set(key, entry);
  } else entry.limiter.tighten(concurrency);
  entry.users++;
  const joined = entry;
  let left = false;
  return {
    limiter: joined.limiter,
    leave() {
      if (left) return;
      left = true;
      if (--joined.users === 0) shared.delete(key);
    },
  };
}
