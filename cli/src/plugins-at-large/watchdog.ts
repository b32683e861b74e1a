/**
 * Notices code that does not let go: a loop without an `await` stops everything else in the process, timers and Ctrl-C too. Another thread watches the main one's
 * pulse, asks the engine where it is when the pulse is missing, and says so; after the limit of a tap it ends the process, which `resume` survives.
 */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { KnownPlugin } from "./frames.ts";

const PULSE_MS = 500;
/** As `run.hookTimeoutMs` by default. */
const LIMIT_MS = 600_000;

export interface WatchdogData {
  /** The pulse, then the limit in milliseconds. */
  readonly shared: Int32Array;
}

let thread: Worker | undefined;
const shared = new Int32Array(new SharedArrayBuffer(8));

/** Keeps nothing alive. */
export function startWatchdog(): void {
  limitBusy(LIMIT_MS);
  setInterval(() => Atomics.add(shared, 0, 1), PULSE_MS).unref();
  const data: WatchdogData = { shared };
  const file = new URL(`./watchdog-thread${extname(import.meta.filename)}`, import.meta.url);
  // Who cannot be watched runs all the same.
  thread = new Worker(file, { workerData: data }).on("error", () => {});
  thread.unref();
}

/** Whom to name: whoever is set up. */
export function knowPlugins(plugins: readonly KnownPlugin[]): void {
  thread?.postMessage(plugins.map(({ id, packageName, origin }) => ({ id, packageName, origin })));
}

/** How long the process may be kept busy before it is ended, in milliseconds. */
export function limitBusy(limitMs: number): void {
  Atomics.store(shared, 1, limitMs);
}
