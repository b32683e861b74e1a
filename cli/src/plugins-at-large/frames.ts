/** Whose code a stack leads to. */
import { dirname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { UsedPlugin } from "@autotraj/core";
// Not from all of core: the watchdog's thread, which every command starts, would load that a second time.
import { framesOf, placeText } from "@autotraj/core/places";

export { framesOf };

export interface Frame {
  readonly file: string;
  readonly line: number;
}

/** What is said of a plugin. */
export type KnownPlugin = Pick<UsedPlugin, "id" | "packageName" | "origin">;

/** Core's and the command's own folders: what fails there is a fault of ours. */
const OURS = [fileURLToPath(import.meta.resolve("@autotraj/core/plugin")), import.meta.dirname].map((path) => resolve(path, "../..") + sep);

export interface Found {
  /** `mine.mjs:6` */
  readonly place: string;
  /** Undefined where the plugin is not known yet. */
  readonly plugin: KnownPlugin | undefined;
}

/** The innermost frame that is a plugin's; before plugins are known, one that is not ours. */
export function at(frames: readonly Frame[], plugins: readonly KnownPlugin[]): Found | undefined {
  for (const frame of frames) {
    const plugin = plugins.find(({ origin }) => origin?.module !== undefined && isBeside(frame.file, origin.module));
    if (plugin !== undefined) return { place: placeText(frame), plugin };
  }
  const foreign = frames.find(({ file }) => !OURS.some((folder) => file.startsWith(folder)) && !isPackage(file));
  return foreign === undefined ? undefined : { place: placeText(foreign), plugin: undefined };
}

/** `mine.mjs:6, named in demo.yaml:9` */
export function whereOf({ place, plugin }: Found): string {
  return plugin?.origin?.namedAt === undefined ? place : `${place}, named in ${plugin.origin.namedAt}`;
}

/** `plugin "mine" (mine)` */
export function whoOf({ plugin }: Found): string {
  return plugin === undefined ? "plugin" : `plugin "${plugin.id}" (${plugin.packageName})`;
}

function isBeside(file: string, module: string): boolean {
  const folder = dirname(module) + sep;
  return file.startsWith(folder) && !isPackage(file.slice(folder.length));
}

function isPackage(path: string): boolean {
  return path.split(sep).includes("node_modules");
}
