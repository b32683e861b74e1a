/** What one execution may use, besides the time and the memory of its request. Measured to hold against the hostile snippets. */
export const LIMITS = {
  /** The private `/work` (also `/tmp`), in memory, gone with the execution. */
  workMiB: 32,
  workFiles: 1024,
  fileMiB: 16,
  openFiles: 64,
  /** Alive at the same time; those that ask at the same moment may go beyond it, to twice as many at the most. */
  threads: 64,
  /** Kept of stdout and of stderr, each. */
  keepBytes: 64 * 1024,
  /** Printed on both together before the code is ended. */
  killBytes: 1024 * 1024,
} as const;

/** How long a sandbox may take beyond a request's own time before it counts as broken. */
export const GRACE_MS = 10_000;
/** A zygote that has not imported its packages by then never will. */
export const START_TIMEOUT_MS = 120_000;
