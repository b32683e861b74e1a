/** Writes files that are not there yet. Nothing is overwritten, and where one file stands in the way none is written. */
import { lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AutoTrajError } from "@autotraj/core";
import type { NewFile } from "./templates.ts";

/** @returns their paths. @throws ATRAJ_USAGE with all that is in the way; the system's error where a folder cannot be written */
export function writeNewFiles(folder: string, files: readonly NewFile[]): readonly string[] {
  const taken = files.filter(({ path }) => isThere(join(folder, path)));
  if (taken.length > 0) {
    throw new AutoTrajError("ATRAJ_USAGE", {
      who: "init",
      what: `${folder} holds ${taken.length === 1 ? "a file" : "files"} of the same name already. Nothing was written.`,
      details: taken.map(({ path }) => path),
      hint: "Name another folder, or move them away.",
    });
  }
  return files.map(({ path, text }) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    // Not over one that somebody has made meanwhile.
    writeFileSync(file, text, { flag: "wx" });
    return file;
  });
}

/** A link that leads nowhere is there too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
