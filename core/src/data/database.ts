/** Opens SQLite files the way every part of the store needs them, and turns SQLite's failures into ours. */
import { existsSync, mkdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { AutoTrajError, messageOf } from "../kernel/errors.ts";
import { parseJson } from "./exact-json.ts";

/** WAL with NORMAL: a killed process loses nothing that was committed; only a power cut may lose the last moments. */
const PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000; PRAGMA temp_store=MEMORY;";

export function openDatabase(file: string, schema: string): DatabaseSync {
  return guarded(file, () => {
    const database = new DatabaseSync(file);
    database.exec(PRAGMAS);
    database.exec(schema);
    return database;
  });
}

/** @throws ATRAJ_STORE_FAILED with this hint where the folder cannot be made. */
export function makeFolder(folder: string, hint: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const what = `the folder cannot be made (${(error as NodeJS.ErrnoException).code}).`;
    throw new AutoTrajError("ATRAJ_STORE_FAILED", { who: folder, what, hint, cause: error });
  }
}

export function openReadOnly(file: string): DatabaseSync {
  return guarded(file, () => {
    const database = new DatabaseSync(file, { readOnly: true });
    database.exec("PRAGMA busy_timeout=10000;");
    return database;
  });
}

export function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(file, error);
  }
}

const DAMAGED =
  "The file is damaged, or was changed by something else. Put a copy of it back, or save what can be read (sqlite3 run.db .recover); otherwise start again in another folder (--out).";

/** What SQLite takes for sound, and is not what was written. @param what ends "the file is damaged: …" */
export function damaged(file: string, what: string, hint: string = DAMAGED): AutoTrajError {
  return new AutoTrajError("ATRAJ_STORE_FAILED", { who: file, what: `the file is damaged: ${what}.`, hint });
}

/** JSON from a column, of which `isRight` holds. @param where the row and column, for the error. @throws ATRAJ_STORE_FAILED */
export function storedJson<T>(file: string, where: string, text: unknown, isRight: (value: unknown) => boolean, hint?: string): T {
  let value: unknown;
  try {
    value = typeof text === "string" ? parseJson(text) : undefined;
  } catch {
    throw damaged(file, `${where} is no JSON`, hint);
  }
  if (!isRight(value)) throw damaged(file, `${where} is not what AutoTraj writes there`, hint);
  return value as T;
}

/** The rows of a statement one at a time, with SQLite's failures turned into ours. */
export function* guardedRows(file: string, rows: Iterable<unknown>): Generator<unknown> {
  const iterator = rows[Symbol.iterator]();
  try {
    for (let next = guarded(file, () => iterator.next()); next.done !== true; next = guarded(file, () => iterator.next())) yield next.value;
  } finally {
    iterator.return?.();
  }
}

function storeError(file: string, error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (code !== "ERR_SQLITE_ERROR") return error;
  const message = messageOf(error);
  const hint = /full/i.test(message)
    ? "Free some disk space, then `autotraj resume` goes on from here."
    : /not a database|malformed|no such (?:table|column)|file is encrypted/i.test(message)
      ? DAMAGED
      : "Check that the folder is still there and writable, then `autotraj resume` goes on from here.";
  return new AutoTrajError("ATRAJ_STORE_FAILED", { who: file, what: message, hint, cause: error });
}

/**
 * Holds a run for this process. The lock is SQLite's own file lock on a file of its own, so the system releases it however the process dies
 * and readers of the run are not shut out.
 */
export function lockRun(lockFile: string, runDir: string): () => void {
  const release = tryLock(lockFile);
  if (release !== undefined) return release;
  throw new AutoTrajError("ATRAJ_RUN_LOCKED", {
    who: runDir,
    what: "another process is working on this run.",
    hint: "Wait for it, stop it, or use another folder (--out).",
  });
}

/** Takes the lock and returns how to let go of it, or undefined while another process has it. */
export function tryLock(lockFile: string): (() => void) | undefined {
  const database = guarded(lockFile, () => new DatabaseSync(lockFile));
  try {
    database.exec("PRAGMA busy_timeout=0; BEGIN EXCLUSIVE;");
  } catch (error) {
    database.close();
    if (!saysLocked(error)) throw storeError(lockFile, error);
    return undefined;
  }
  return () => database.close();
}

/** Whether a process of this machine has the lock. Asking takes nothing, so nobody who wants it is refused meanwhile. Other machines' locks may not be seen. */
export function isLocked(lockFile: string): boolean {
  if (!existsSync(lockFile)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lockFile, { readOnly: true, timeout: 0 });
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    return saysLocked(error);
  } finally {
    database?.close();
  }
}

function saysLocked(error: unknown): boolean {
  return /locked|busy/i.test(messageOf(error));
}
