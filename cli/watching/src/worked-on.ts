/** Whether a process of this machine works on a run, and when something of it changed last. Neither writes, nor takes a lock that anybody would miss. */
import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The process that works on a run holds the lock of this file (`lockRun` in core); a reader is refused while it does. Other machines' locks may not be seen. */
export function isHeld(runDir: string): boolean {
  const file = join(runDir, "run.lock");
  if (!existsSync(file)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    database.prepare("SELECT count(*) FROM sqlite_master").get();
    return false;
  } catch (error) {
    return /locked|busy/i.test(String(error));
  } finally {
    database?.close();
  }
}

const WORKED_ON = ["run.db", "run.db-wal", "log.jsonl", "{,rounds/*/}{models,stages}/*/*.{jsonl,log}", "{,rounds/*/}run.db-wal"];

/** In milliseconds since 1970. */
export function lastChange(runDir: string): number {
  const files = globSync(WORKED_ON, { cwd: runDir });
  return Math.max(0, ...files.map((file) => statSync(join(runDir, file), { throwIfNoEntry: false })?.mtimeMs ?? 0));
}
