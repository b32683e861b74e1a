/** What the sandbox and its interpreter process say to each other. */
import type { Image } from "./images.ts";

/** How an interpreter process is set up: its only command line argument, as JSON. */
export interface InterpreterConfig {
  readonly image: Image;
  /** Folder of the npm package `pyodide`. */
  readonly pyodideDir: string;
  /** Python sources of this package. */
  readonly pythonDir: string;
  /** Wheels put on Python's path, as they are. */
  readonly wheels: readonly string[];
  /** Memory image to start from; without one the interpreter boots and imports what the image is made of. */
  readonly snapshot?: string;
  /** Send a memory image and end, instead of waiting for code. */
  readonly makeSnapshot?: true;
}

/** Sandbox → interpreter. */
export interface RunMessage {
  readonly code: string;
  /** Name of the code in tracebacks. */
  readonly filename: string;
  /** Ceiling of the WebAssembly heap, the interpreter included. */
  readonly memoryMiB: number;
  /** Exit handlers run after the last code of an interpreter. */
  readonly last: boolean;
}

/** How code may end without the sandbox's doing. */
const ENDINGS = ["ok", "error", "memory-limit", "killed"] as const;

/** Interpreter → sandbox. `usable` is false when the interpreter ended or crashed. */
export type InterpreterMessage = { readonly ready: true } | { readonly done: (typeof ENDINGS)[number]; readonly usable: boolean };

/** Undefined where it is none: code that gets hold of the interpreter's own names can make it say anything. */
export function readMessage(body: string): InterpreterMessage | undefined {
  const { ready, done, usable } = (parsed(body) ?? {}) as Record<string, unknown>;
  if (ready === true) return { ready };
  const ending = ENDINGS.find((one) => one === done);
  return ending === undefined || typeof usable !== "boolean" ? undefined : { done: ending, usable };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
