/** The two interpreters there are, plain and with SymPy, and the memory images that let them start in a fraction of a second. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PluginError, type PythonEnvironments } from "@autotraj/core/plugin";
import { Interpreter } from "./interpreter.ts";
import type { InterpreterConfig } from "./protocol.ts";

export type Image = "stdlib" | "sympy";

/** Pure wheels, the same versions as the other sandboxes have. */
export const SYMPY_WHEELS = ["sympy==1.14.0", "mpmath==1.3.0"] as const;

const PYODIDE_DIR = dirname(fileURLToPath(import.meta.resolve("pyodide")));
const PYTHON_DIR = fileURLToPath(new URL("../python", import.meta.url));
/** Snapshots belong to exactly one build of Pyodide and one warm-up. */
const SNAPSHOT_VERSION = "pyodide-314.0.7-1";

/** Code that imports SymPy needs the larger interpreter; anything else starts faster without it. */
export function imageFor(code: string): Image {
  return /^[ \t]*(?:import|from)[ \t]+(?:[\w., \t]*,[ \t]*)?(?:sympy|mpmath)\b/m.test(code) ? "sympy" : "stdlib";
}

/** How to start an interpreter of each image; made once per machine and per process. */
export class Images {
  readonly #cacheDir: string;
  readonly #python: PythonEnvironments;
  readonly #warn: (message: string) => void;
  readonly #configs = new Map<Image, Promise<InterpreterConfig>>();

  constructor(cacheDir: string, python: PythonEnvironments, warn: (message: string) => void) {
    this.#cacheDir = join(cacheDir, "pyodide");
    this.#python = python;
    this.#warn = warn;
  }

  config(image: Image): Promise<InterpreterConfig> {
    let config = this.#configs.get(image);
    if (config === undefined) {
      config = this.#make(image);
      config.catch(() => this.#configs.delete(image));
      this.#configs.set(image, config);
    }
    return config;
  }

  async #make(image: Image): Promise<InterpreterConfig> {
    const wheels = image === "sympy" ? await this.#wheels() : [];
    const plain: InterpreterConfig = { image, pyodideDir: PYODIDE_DIR, pythonDir: PYTHON_DIR, wheels };
    const snapshot = join(this.#cacheDir, `${SNAPSHOT_VERSION}-node${process.versions.modules}-${image}.snapshot`);
    try {
      if (!existsSync(snapshot)) {
        await mkdir(this.#cacheDir, { recursive: true });
        const draft = `${snapshot}.${process.pid}`;
        await writeFile(draft, await Interpreter.snapshot({ ...plain, makeSnapshot: true }));
        await rename(draft, snapshot);
      }
      const config = { ...plain, snapshot };
      // Memory images are a private feature of Pyodide: one that does not start is not used.
      const trial = await Interpreter.start(config);
      trial.kill();
      return config;
    } catch (error) {
      await rm(snapshot, { force: true });
      this.#warn(`interpreters start slowly, without a memory image (${error instanceof Error ? error.message : String(error)})`);
      return plain;
    }
  }

  async #wheels(): Promise<readonly string[]> {
    const folder = join(this.#cacheDir, "wheels");
    const there = async () => (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".whl")).map((name) => join(folder, name));
    const found = await there();
    if (found.length === SYMPY_WHEELS.length) return found.sort();
    const { basePython } = await this.#python.ensure("sandbox-pyodide", []);
    await mkdir(folder, { recursive: true });
    try {
      await promisify(execFile)(basePython, [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--dest",
        folder,
        ...SYMPY_WHEELS,
      ]);
    } catch (error) {
      throw new PluginError(
        "WHEELS_MISSING",
        `SymPy for Pyodide could not be downloaded: ${String((error as { stderr?: unknown }).stderr ?? error).trim()}`,
        {
          hint: "Connect once, or set `sympy: false`.",
        },
      );
    }
    return (await there()).sort();
  }
}
