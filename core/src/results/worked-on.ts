/** Whether a process works on a run, when something of it changed last, and how it ended: by its folder alone, for who watches from outside. Nothing is written. */
import { closeSync, fstatSync, globSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { isLocked } from "../data/database.ts";

/** The process that works on a run has its lock, through the loop and all stages. Other machines' locks may not be seen. */
export function isWorkedOn(runDir: string): boolean {
  return isLocked(join(runDir, "run.lock"));
}

const WORKED_ON = ["run.db", "run.db-wal", "log.jsonl", "{,rounds/*/}{models,stages}/*/*.{jsonl,log}", "{,rounds/*/}run.db-wal"];

/** In milliseconds since 1970; 0 where nothing is there. */
export function lastChange(runDir: string): number {
  const files = globSync(WORKED_ON, { cwd: runDir });
  return Math.max(0, ...files.map((file) => statSync(join(runDir, file), { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

/** What the run's log says last, by the event's name: `finish` where all that was asked for is done, `end` where it failed or was stopped. Undefined without a log. */
export function lastEvent(runDir: string): string | undefined {
  try {
    const { event } = JSON.parse(lastLine(join(runDir, "log.jsonl"))) as { readonly event?: unknown };
    return typeof event === "string" ? event : undefined;
  } catch {
    // None, or cut off in the middle of a line.
    return undefined;
  }
}

const TAIL_BYTES = 1 << 16;

function lastLine(file: string): string {
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8").trimEnd().split("\n").at(-1) ?? "";
  } finally {
    closeSync(handle);
  }
}
