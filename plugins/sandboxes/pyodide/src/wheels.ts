/** SymPy as the pure-Python wheels that its authors publish; Python imports from them as they are. */
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PluginError, type PythonEnvironments } from "@autotraj/core/plugin";

export const SYMPY_PACKAGES = ["sympy==1.14.0", "mpmath==1.3.0"] as const;

/** @returns paths of the wheels. @throws SYMPY_UNAVAILABLE with pip's last words */
export async function sympyWheels(dir: string, environments: PythonEnvironments): Promise<readonly string[]> {
  const files = SYMPY_PACKAGES.map((name) => join(dir, `${name.replace("==", "-")}-py3-none-any.whl`));
  if (!files.every((file) => existsSync(file))) await download(dir, environments);
  return files.map((file) => realpathSync(file));
}

async function download(dir: string, environments: PythonEnvironments): Promise<void> {
  const { basePython } = await environments.ensure("sandbox-pyodide", []);
  await mkdir(dir, { recursive: true });
  const options = ["--quiet", "--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--dest", dir];
  try {
    await promisify(execFile)(basePython, ["-m", "pip", "download", ...options, ...SYMPY_PACKAGES]);
  } catch (error) {
    const words = (error as { stderr?: string }).stderr?.trim().split("\n").slice(-3).join("\n") || String(error);
    throw new PluginError("SYMPY_UNAVAILABLE", `SymPy's wheels could not be downloaded: ${words}`, {
      hint: "Give pip a way to its package index, or set the option sympy to false.",
    });
  }
}
