/**
 * What an interpreter has imported when code arrives, kept as a memory image in the cache. Booting takes 2-3 s and importing SymPy 3-12 s; from
 * an image it is 0.3-0.6 s (measured). Pyodide's snapshots are a private API, so every failure here falls back to booting.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PYODIDE_DIR, PYTHON_DIR } from "./command.ts";

export type Image = "stdlib" | "sympy";

const SYMPY = /\b(?:sympy|mpmath)\b/;

/** The image that holds what the code will import. Code that hides the name of what it imports does not find it. */
export function imageFor(code: string): Image {
  return SYMPY.test(code) ? "sympy" : "stdlib";
}

export class Images {
  readonly #dir: string;
  readonly #tell: (message: string) => void;
  readonly #made = new Map<Image, Promise<string | undefined>>();

  /** @param tell is given a sentence when an image cannot be used */
  constructor(dir: string, tell: (message: string) => void) {
    this.#dir = dir;
    this.#tell = tell;
  }

  /** The image's file, made with `make` where the cache has none; undefined where it could not be made. */
  file(image: Image, wheels: readonly string[], make: () => Promise<readonly Buffer[]>): Promise<string | undefined> {
    const made = this.#made.get(image) ?? this.#find(image, wheels, make);
    this.#made.set(image, made);
    return made;
  }

  /** After a start from the image failed: for this run it is not used any more, for the next one it is made anew. */
  async discard(image: Image, why: unknown): Promise<void> {
    const file = await this.#made.get(image);
    if (file === undefined) return;
    this.#made.set(image, Promise.resolve(undefined));
    await rm(file, { force: true });
    this.#warn(image, why);
  }

  async #find(image: Image, wheels: readonly string[], make: () => Promise<readonly Buffer[]>): Promise<string | undefined> {
    try {
      const file = join(this.#dir, `${image}-${await imageKey(wheels)}.snapshot`);
      if (existsSync(file)) return file;
      const parts = await make();
      await mkdir(this.#dir, { recursive: true });
      const unfinished = `${file}.${process.pid}`;
      await writeFile(unfinished, parts);
      await rename(unfinished, file);
      return file;
    } catch (error) {
      this.#warn(image, error);
      return undefined;
    }
  }

  #warn(image: Image, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#tell(`interpreters start slowly: the memory image "${image}" cannot be used (${why})`);
  }
}

/** An image fits one build of Pyodide, one V8 (it decides which of its features Pyodide uses) and what was imported into it. */
async function imageKey(wheels: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(process.versions.v8).update(process.arch);
  for (const file of [join(PYODIDE_DIR, "package.json"), join(PYTHON_DIR, "warm_sympy.py"), ...wheels]) hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}
