/** Presets made for one test, in a folder of their own. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type ResolvedPreset, resolvePreset } from "../../src/config/preset/index.ts";
import type { JsonObject, JsonValue } from "../../src/kernel/plugin.ts";

/** The path of a fixture plugin: `scripted-policy`, `broken/webpack`. */
export function fixture(name: string): string {
  return resolve(import.meta.dirname, "../fixtures/plugins", `${name}.mjs`);
}

export function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "autotraj-core-")));
}

/** Writes a file below a folder, with the folders on the way. @returns its path */
export function writeIn(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A plugin entry with its options. */
export type Entry = readonly [use: string, options?: JsonObject];

/** Resolves a preset with these plugins, written to `demo.json` in `folder`. A policy named `student` is added where none is there. */
export async function presetOf(folder: string, plugins: Readonly<Record<string, Entry>>, settings: JsonObject = {}): Promise<ResolvedPreset> {
  const all: Record<string, Entry> = "student" in plugins ? plugins : { ...plugins, student: [fixture("scripted-policy")] };
  const entries = Object.entries(all).map(([id, [use, options = {}]]): [string, JsonValue] => [id, { use, options }]);
  const { rollout = {}, ...others } = settings;
  const preset = { rollout: { policy: "student", ...(rollout as JsonObject) }, ...others, plugins: Object.fromEntries(entries) };
  writeFileSync(join(folder, "demo.json"), JSON.stringify(preset, null, 1));
  return resolvePreset("./demo.json", { cwd: folder });
}
