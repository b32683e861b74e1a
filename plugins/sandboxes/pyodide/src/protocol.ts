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

/** Interpreter → sandbox. `usable` is false when the interpreter ended or crashed. */
export type InterpreterMessage = { readonly ready: true } | { readonly done: "ok" | "error" | "memory-limit" | "killed"; readonly usable: boolean };
