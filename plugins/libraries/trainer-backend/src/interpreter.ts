/** Which Python runs a backend. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PluginError, type PythonEnvironments } from "@autotraj/core/plugin";

/** The plugin's options that say where its backend is. */
export interface BackendOptions {
  /** An interpreter, or the folder of the virtual environment that it belongs to. */
  readonly python?: string;
  /** Without `python`: whether to make an environment in the cache. Undefined for backends that pip alone cannot install. */
  readonly install?: boolean;
}

/** @throws PluginError TRAIN_PYTHON where nothing says which interpreter, or it is not there; ATRAJ_PYTHON from pip */
export async function interpreterOf(
  { python, install }: BackendOptions,
  backend: { readonly name: string; readonly requirements?: URL; readonly environments?: () => PythonEnvironments },
): Promise<string> {
  if (python !== undefined) return interpreterIn(python, backend.name);
  const { name, requirements, environments } = backend;
  if (install !== true || requirements === undefined || environments === undefined) {
    throw new PluginError("TRAIN_PYTHON", `nothing says where ${name} is installed.`, {
      hint: `Name its environment's folder or interpreter in the plugin's option python${install === undefined ? "" : ", or set install: true (gigabytes)"}.`,
    });
  }
  return (await environments().ensure(name, requirementsIn(requirements))).python;
}

function interpreterIn(place: string, backend: string): string {
  const file = existsSync(place) && statSync(place).isDirectory() ? join(place, "bin", "python") : place;
  if (existsSync(file)) return file;
  throw new PluginError("TRAIN_PYTHON", `there is no interpreter at ${file}.`, {
    hint: `Give the interpreter of the environment that ${backend} is installed in, or the environment's folder.`,
  });
}

/** The requirements that a file in pip's format lists. */
export function requirementsIn(file: URL): readonly string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}
