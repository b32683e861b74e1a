import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type ResolvedPreset, resolvePreset } from "../../src/config/preset/index.ts";
import { type AutoTrajError, isAutoTrajError } from "../../src/kernel/errors.ts";
import { writeIn } from "../support/presets.ts";

export const CORE = resolve(import.meta.dirname, "../..");

/** A new folder with these files. */
export function scratch(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-preset-")));
  for (const [name, text] of Object.entries(files)) writeIn(folder, name, text);
  return folder;
}

export interface Given {
  readonly ref?: string;
  readonly set?: readonly string[];
  readonly env?: Record<string, string>;
}

/** Resolves `demo.yaml` (or `ref`) among these files. */
export async function resolved(
  files: Readonly<Record<string, string>>,
  { ref = "demo.yaml", set = [], env = {} }: Given = {},
): Promise<ResolvedPreset> {
  return resolvePreset(ref, { cwd: scratch(files), set, env });
}

/** The whole message of the error that resolving gives, with `<cwd>` and `<core>` for folders that differ from machine to machine. */
export async function messageFor(files: Readonly<Record<string, string>>, { ref = "demo.yaml", set = [], env = {} }: Given = {}): Promise<string> {
  const cwd = scratch(files);
  const error = await failure(resolvePreset(ref, { cwd, set, env }));
  return error.message.replaceAll(cwd, "<cwd>").replaceAll(CORE, "<core>");
}

export async function failure(work: Promise<unknown>): Promise<AutoTrajError> {
  try {
    await work;
  } catch (error) {
    if (isAutoTrajError(error)) return error;
    throw error;
  }
  throw new Error("expected an error, but it worked");
}

/** The smallest complete preset. */
export const SMALL = `plugins:
  student: { use: "@autotraj/policy-local" }
rollout: { policy: student }
`;
