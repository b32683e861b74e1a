/** What one execution may use, besides the time and the memory of its request. Measured to hold against the hostile snippets. */
export const LIMITS = {
  /** Kept of stdout and of stderr, each. */
  keepBytes: 64 * 1024,
  /** Printed on both together before the code is ended. */
  killBytes: 1024 * 1024,
  /** One file in the in-memory file system. */
  fileMiB: 16,
  /** All that an interpreter may write to files in its life; what it deletes is not given back. */
  filesMiB: 32,
  /** V8's own heap: objects of the runtime, not the WebAssembly memory. */
  javascriptHeapMiB: 256,
  /** What a session may hold between two calls, on average: where all together hold more, the longest unused end. */
  idleSessionMiB: 512,
  /** Resident memory above what the interpreter had when idle plus `memoryMiB`: files, compiled code. */
  residentSlackMiB: 128,
} as const;

/** An interpreter that has not started by then never will. Importing SymPy without a memory image takes 3-12 s (measured). */
export const START_TIMEOUT_MS = 120_000;
export const WATCH_MEMORY_EVERY_MS = 100;
/** The heap may always grow by this much: an image may already be larger than a small `memoryMiB`. */
export const LEAST_GROWTH_MIB = 16;
