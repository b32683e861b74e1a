/** A stage that another run has done, decided by the very same: its folder becomes this run's too, and nothing is trained twice. */
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { artifactOf } from "./artifact.ts";

/** Weights are not written again, only replaced by new files, and may be one file for several runs; logs and tables are written on. In bytes. */
const LINKED_FROM = 2 ** 20;

/**
 * Replaces `dir`, a folder whose job has this very key too. It appears whole or not at all.
 * @param runs folders of runs, or of one round of them
 * @returns the run that it was taken from; undefined where none has it
 */
export function takeOver(
  runs: readonly string[],
  { name, key, dir }: { readonly name: string; readonly key: string; readonly dir: string },
): string | undefined {
  for (const run of runs) {
    const there = artifactOf(run, name);
    const isWhole = there?.modelPath === undefined || existsSync(there.modelPath);
    if (there?.key !== key || there.dir === dir || !isWhole) continue;
    const draft = `${dir}.part`;
    rmSync(draft, { recursive: true, force: true });
    copy(there.dir, draft);
    rmSync(dir, { recursive: true, force: true });
    renameSync(draft, dir);
    return run;
  }
  return undefined;
}

function copy(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copy(source, target);
    else if (entry.isFile()) copyFile(source, target);
  }
}

function copyFile(source: string, target: string): void {
  try {
    if (statSync(source).size < LINKED_FROM) copyFileSync(source, target);
    else linkSync(source, target);
  } catch {
    // Not every file system links, nor between all folders.
    copyFileSync(source, target);
  }
}
