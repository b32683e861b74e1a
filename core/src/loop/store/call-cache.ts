/** Model and tool calls by content: what was asked once is never asked again. */
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { guarded, makeFolder, openDatabase, storedJson } from "../../data/database.ts";

export type CallKind = "model" | "tool";

export interface CallCache {
  get(key: string): string | undefined;
  put(call: StoredCall): void;
}

export interface StoredCall {
  readonly key: string;
  readonly kind: CallKind;
  /** Preset id of the policy or tool. */
  readonly by: string;
  /** Who asked first: `<query id>/<writer>/<candidate or attempt>/<turn>`, or a judge's own key. */
  readonly place: string;
  readonly request: string;
  readonly response: string;
  readonly milliseconds: number;
}

export const CALLS_SCHEMA = `CREATE TABLE IF NOT EXISTS calls (
  key TEXT PRIMARY KEY, kind TEXT NOT NULL, by TEXT NOT NULL, place TEXT NOT NULL, request TEXT NOT NULL, response TEXT NOT NULL, milliseconds REAL NOT NULL
) WITHOUT ROWID;`;

export function callCache(file: string, database: DatabaseSync): CallCache {
  const prepare = (sql: string): StatementSync => guarded(file, () => database.prepare(sql));
  const select = prepare("SELECT response FROM calls WHERE key = ?");
  const insert = prepare("INSERT OR IGNORE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)");
  return {
    get(key) {
      const stored = guarded(file, () => select.get(key)) as { response: string } | undefined;
      if (stored !== undefined) checkCall(file, key, "response", stored.response);
      return stored?.response;
    },
    put: (call) => guarded(file, () => void insert.run(call.key, call.kind, call.by, call.place, call.request, call.response, call.milliseconds)),
  };
}

/** Whoever gets a call may count on JSON in it. @throws ATRAJ_STORE_FAILED */
export function checkCall(file: string, key: string, column: "request" | "response", text: unknown): void {
  const again = `Have it made again: sqlite3 ${JSON.stringify(file)} "DELETE FROM calls WHERE key = '${key}'", then \`autotraj resume\`.`;
  storedJson(file, `the ${column} of call ${key}`, text, (value) => value !== undefined, again);
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
