/** Model and tool calls by content: what was asked once is never asked again. */
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { guarded, makeFolder, openDatabase } from "./database.ts";

export type CallKind = "model" | "tool";

export interface CallCache {
  get(key: string): string | undefined;
  put(call: { key: string; kind: CallKind; by: string; request: string; response: string; milliseconds: number }): void;
}

export const CALLS_SCHEMA = `CREATE TABLE IF NOT EXISTS calls (
  key TEXT PRIMARY KEY, kind TEXT NOT NULL, by TEXT NOT NULL, request TEXT NOT NULL, response TEXT NOT NULL, milliseconds REAL NOT NULL
) WITHOUT ROWID;`;

export function callCache(file: string, database: DatabaseSync): CallCache {
  const select: StatementSync = database.prepare("SELECT response FROM calls WHERE key = ?");
  const insert: StatementSync = database.prepare("INSERT OR IGNORE INTO calls VALUES (?, ?, ?, ?, ?, ?)");
  return {
    get: (key) => guarded(file, () => (select.get(key) as { response: string } | undefined)?.response),
    put: (call) => guarded(file, () => void insert.run(call.key, call.kind, call.by, call.request, call.response, call.milliseconds)),
  };
}

/** A cache that outlives runs (`run.cache: shared`). */
export function openSharedCache(file: string): { cache: CallCache; close(): void } {
  makeFolder(dirname(file), "Choose a writable folder with AUTOTRAJ_CACHE.");
  const database = openDatabase(file, CALLS_SCHEMA);
  return { cache: callCache(file, database), close: () => database.close() };
}

/** Looks in the first, then in the second; writes to both. */
export function layeredCache(own: CallCache, shared: CallCache): CallCache {
  return {
    get: (key) => own.get(key) ?? shared.get(key),
    put(call) {
      own.put(call);
      shared.put(call);
    },
  };
}
