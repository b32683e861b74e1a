/** One run's memory: every call, trajectory, score and verdict is written once, as soon as it exists. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { damaged, guarded, guardedRows, lockRun, makeFolder, openDatabase, openReadOnly, storedJson } from "../../data/database.ts";
import { AutoTrajError, messageOf } from "../../kernel/errors.ts";
import { isJsonObject } from "../../kernel/json.ts";
import type { ScoredTrajectory, Scores, Trajectory, Verdict } from "../../kernel/plugin.ts";
import { withoutSecretsIn } from "../../kernel/redaction.ts";
import { CALLS_SCHEMA, type CallCache, callCache, checkCall, type StoredCall } from "./call-cache.ts";

const STORE_VERSION = "2";

const SCHEMA = `${CALLS_SCHEMA}
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS queries (
  position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL, reason TEXT
);
CREATE TABLE IF NOT EXISTS trajectories (
  position INTEGER NOT NULL, ordinal INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, origin TEXT NOT NULL, parent TEXT, repairer TEXT,
  fate TEXT NOT NULL, body TEXT NOT NULL, scores TEXT NOT NULL, verdict TEXT, PRIMARY KEY (position, ordinal)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_fate ON trajectories (fate, position);
CREATE INDEX IF NOT EXISTS by_parent ON trajectories (parent) WHERE parent IS NOT NULL;
CREATE TABLE IF NOT EXISTS seconds (part TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS incidents (at TEXT NOT NULL, position INTEGER, who TEXT NOT NULL, what TEXT NOT NULL);`;

/**
 * What became of a trajectory. Candidates: `kept`, `repaired` (a repair of it was accepted), `hard` (all repairs refused), `discarded`, `failed`,
 * `pending` while its repair is under way. Repairs: `accepted`, `refused`.
 */
export type Fate = "kept" | "repaired" | "hard" | "discarded" | "failed" | "pending" | "accepted" | "refused";
export type QueryStatus = "done" | "dropped" | "failed";

export interface StoredTrajectory extends ScoredTrajectory {
  readonly position: number;
  readonly ordinal: number;
  readonly fate: Fate;
}

/** What must be the same for a run to be continued. */
export interface RunIdentity {
  readonly runId: string;
  readonly preset: string;
  readonly presetHash: string;
  readonly queriesHash: string;
  /** The code of each plugin that the loop asks, by preset id. Undefined in runs of earlier releases. */
  readonly plugins?: Readonly<Record<string, PluginState>>;
}

export interface PluginState {
  readonly package: string;
  readonly version: string;
  /** Content hash, where it is no installed package. */
  readonly code?: string;
}

interface TrajectoryRow {
  position: number;
  ordinal: number;
  id: string;
  fate: Fate;
  body: string;
  scores: string;
  verdict: string | null;
}

export class RunStore {
  readonly file: string;
  readonly calls: CallCache;
  readonly isWritable: boolean;
  readonly #database: DatabaseSync;
  readonly #release: () => void;

  private constructor(file: string, database: DatabaseSync, release?: () => void) {
    this.file = file;
    this.isWritable = release !== undefined;
    this.#database = database;
    this.#release = release ?? (() => {});
    this.calls = callCache(file, database);
  }

  /**
   * Opens the run for writing, making it if it is new. Refuses a folder that holds another run, or one that another process is working on.
   * @param description what `meta` says of the run from its first moment on, whenever its process ends
   */
  static open(runDir: string, identity: RunIdentity, description: Readonly<Record<string, string>> = {}): RunStore {
    const file = join(runDir, "run.db");
    makeFolder(runDir, "Choose a writable folder with --out.");
    const release = lockRun(join(runDir, "run.lock"), runDir);
    let database: DatabaseSync | undefined;
    try {
      refuseForeign(file, runDir);
      database = openDatabase(file, SCHEMA);
      const store = new RunStore(file, database, release);
      store.#claim(runDir, identity, description);
      return store;
    } catch (error) {
      database?.close();
      release();
      throw error;
    }
  }

  /** Opens a run for reading; it may be in progress. */
  static read(runDir: string): RunStore {
    const file = join(runDir, "run.db");
    if (!existsSync(file)) {
      throw noRunIn(runDir);
    }
    const database = openReadOnly(file);
    try {
      refuseIncomplete(file, database, tablesIn(file, database));
      if (!guarded(file, () => hasBegun(database))) throw notBegun(runDir);
      const store = new RunStore(file, database);
      store.#checkVersion(runDir);
      return store;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #claim(runDir: string, identity: RunIdentity, description: Readonly<Record<string, string>>): void {
    const known = this.identity();
    if (known !== undefined) this.#checkSame(runDir, known, identity);
    this.transaction(() => {
      if (known === undefined) {
        this.setMeta("store", STORE_VERSION);
        this.setMeta("identity", JSON.stringify(identity));
      }
      for (const [key, value] of Object.entries(description)) this.setMeta(key, value);
    });
  }

  #checkSame(runDir: string, known: RunIdentity, identity: RunIdentity): void {
    this.#checkVersion(runDir);
    const differences = [
      ...(known.presetHash === identity.presetHash ? [] : [`the preset: ${known.preset} then, ${identity.preset} now, or its settings`]),
      ...(known.queriesHash === identity.queriesHash ? [] : ["the questions"]),
    ];
    if (differences.length > 0) {
      throw new AutoTrajError("ATRAJ_RUN_MISMATCH", {
        who: runDir,
        what: "the folder holds a run with other settings.",
        details: differences.map((difference) => `changed: ${difference}`),
        hint: "Use another folder (--out), or run with the settings in its preset.resolved.yaml. Calls can be shared between runs with run.cache: shared.",
      });
    }
  }

  #checkVersion(runDir: string): void {
    const version = this.meta("store");
    if (version === STORE_VERSION) return;
    throw new AutoTrajError("ATRAJ_RUN_MISMATCH", {
      who: runDir,
      what: `the run's store has version ${version ?? "unknown"}; this AutoTraj reads version ${STORE_VERSION}.`,
      hint: "Use the AutoTraj that made it.",
    });
  }

  /** All of it, as it is now, in another file that is not there yet. */
  copyTo(file: string): void {
    guarded(file, () => void this.#database.prepare("VACUUM INTO ?").run(file));
  }

  identity(): RunIdentity | undefined {
    return this.metaJson<RunIdentity>("identity", (value) => isJsonObject(value) && typeof value["runId"] === "string");
  }

  renewIdentity(identity: RunIdentity): void {
    this.setMeta("identity", JSON.stringify(identity));
  }

  /** Whether the loop of so many questions has nothing left to do: those that failed are done again. */
  isComplete(questions: number): boolean {
    const { done } = this.one("SELECT count(*) done FROM queries WHERE status != 'failed'") as { done: number };
    return this.meta("finished") === "yes" && done >= questions;
  }

  /** Forgets every outcome, for the loop to be done again under this identity. Calls stay: they are paid for. */
  beginAnew(identity: RunIdentity): void {
    this.transaction(() => {
      this.forgetDerived();
      this.#run("DELETE FROM trajectories");
      this.#run("DELETE FROM queries");
      this.#run("DELETE FROM meta WHERE key = 'finished'");
      this.renewIdentity(identity);
    });
  }

  meta(key: string): string | undefined {
    return (this.one("SELECT value FROM meta WHERE key = ?", key) as { value: string } | undefined)?.value;
  }

  /** @throws ATRAJ_STORE_FAILED where it is no JSON, or `isRight` does not hold */
  metaJson<T>(key: string, isRight: (value: unknown) => boolean): T | undefined {
    const stored = this.meta(key);
    return stored === undefined ? undefined : storedJson<T>(this.file, `"${key}" in table meta`, stored, isRight);
  }

  setMeta(key: string, value: string): void {
    this.#run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value);
  }

  /** What was worked out from the trajectories and is remembered until one of them changes. */
  derived<T>(key: string): T | undefined {
    return this.metaJson<T>(`derived ${key}`, isJsonObject);
  }

  setDerived(key: string, value: object): void {
    this.setMeta(`derived ${key}`, JSON.stringify(value));
    this.#hasDerived = true;
  }

  /** False only where it is sure that nothing is remembered. */
  #hasDerived = true;

  forgetDerived(): void {
    if (!this.#hasDerived) return;
    this.#run("DELETE FROM meta WHERE key >= 'derived ' AND key < 'derived!'");
    this.#hasDerived = false;
  }

  /** A deleted file goes on taking writes, and loses them all when it is closed. @throws ATRAJ_STORE_FAILED */
  checkPresent(): void {
    if (existsSync(this.file)) return;
    throw new AutoTrajError("ATRAJ_STORE_FAILED", {
      who: this.file,
      what: "the file is gone, and with it what the run had stored.",
      hint: "Put the folder back if you moved it, then `autotraj resume` goes on from here.",
    });
  }

  transaction<T>(work: () => T): T {
    this.checkPresent();
    return guarded(this.file, () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        this.#database.exec("COMMIT");
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        this.#hasDerived = true;
        throw error;
      }
    });
  }

  queryStatus(position: number): QueryStatus | undefined {
    return (this.one("SELECT status FROM queries WHERE position = ?", position) as { status: QueryStatus } | undefined)?.status;
  }

  finishQuery(position: number, id: string, status: QueryStatus, reason?: string): void {
    this.forgetDerived();
    this.#run("INSERT OR REPLACE INTO queries VALUES (?, ?, ?, ?)", position, id, status, withoutSecretsIn(reason ?? null));
  }

  saveTrajectory(row: StoredTrajectory): void {
    const { trajectory, scores, verdict } = row;
    this.forgetDerived();
    this.#run(
      "INSERT OR REPLACE INTO trajectories VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row.position,
      row.ordinal,
      trajectory.id,
      trajectory.provenance.origin,
      trajectory.provenance.parent ?? null,
      trajectory.provenance.repairer ?? null,
      row.fate,
      JSON.stringify(trajectory),
      JSON.stringify(withoutSecretsIn(scores)),
      verdict === undefined ? null : JSON.stringify(withoutSecretsIn(verdict)),
    );
  }

  setFate(trajectoryId: string, fate: Fate): void {
    this.forgetDerived();
    this.#run("UPDATE trajectories SET fate = ? WHERE id = ?", fate, trajectoryId);
  }

  /** Removes a query's trajectories before they are written again. Its calls stay. */
  forgetQuery(position: number): void {
    this.forgetDerived();
    this.#run("DELETE FROM trajectories WHERE position = ?", position);
  }

  scoresOf(trajectoryId: string): Scores | undefined {
    const row = this.one("SELECT scores FROM trajectories WHERE id = ?", trajectoryId) as { scores: string } | undefined;
    return row === undefined ? undefined : storedJson<Scores>(this.file, `the scores of trajectory ${trajectoryId}`, row.scores, isJsonObject);
  }

  trajectory(id: string): StoredTrajectory | undefined {
    const row = this.one("SELECT * FROM trajectories WHERE id = ?", id) as TrajectoryRow | undefined;
    return row === undefined ? undefined : this.#fromRow(row);
  }

  /** Trajectories of one question: candidates, then repairs. */
  trajectoriesAt(position: number): readonly StoredTrajectory[] {
    return this.all("SELECT * FROM trajectories WHERE position = ? ORDER BY ordinal", position).map((row) => this.#fromRow(row as TrajectoryRow));
  }

  /** Calls first made for this place or below it (`<query id>/…`), in the order of their places. */
  callsFor(place: string): readonly StoredCall[] {
    const calls = this.all(
      "SELECT * FROM calls WHERE place = ?1 OR substr(place, 1, length(?1) + 1) = ?1 || '/' ORDER BY place",
      place,
    ) as unknown as StoredCall[];
    for (const { key, request, response } of calls) {
      checkCall(this.file, key, "request", request);
      checkCall(this.file, key, "response", response);
    }
    return calls;
  }

  /** Trajectories of these fates in the order of the questions, one at a time. */
  *trajectories(fates: readonly Fate[], from = 0): Generator<StoredTrajectory> {
    const marks = fates.map(() => "?").join(", ");
    // Of several fates the table itself is read, which is in this order: by the index, all their bodies would be sorted at once.
    const fate = fates.length > 1 ? "+fate" : "fate";
    const sql = `SELECT * FROM trajectories WHERE ${fate} IN (${marks}) AND position >= ? ORDER BY position, ordinal`;
    const rows = guarded(this.file, () => this.#database.prepare(sql).iterate(...fates, from));
    for (const row of guardedRows(this.file, rows)) yield this.#fromRow(row as TrajectoryRow);
  }

  /** Adds to the time a part of the loop has taken over all processes that worked on this run. */
  addSeconds(part: string, seconds: number): void {
    this.#run("INSERT INTO seconds VALUES (?, ?) ON CONFLICT (part) DO UPDATE SET value = value + excluded.value", part, seconds);
  }

  addIncident(who: string, what: string, position?: number): void {
    this.#run("INSERT INTO incidents VALUES (?, ?, ?, ?)", new Date().toISOString(), position ?? null, who, withoutSecretsIn(what));
  }

  one(sql: string, ...values: (string | number | null)[]): unknown {
    return this.#asked(() => this.#prepare(sql).get(...values));
  }

  all(sql: string, ...values: (string | number | null)[]): unknown[] {
    return this.#asked(() => this.#prepare(sql).all(...values));
  }

  /** SQLite says that some row it read has broken JSON, not which. */
  #asked<T>(ask: () => T): T {
    try {
      return guarded(this.file, ask);
    } catch (error) {
      if (messageOf(error).includes("malformed JSON")) this.#nameBroken();
      throw error;
    }
  }

  #nameBroken(): void {
    const sql = "SELECT * FROM trajectories WHERE NOT (json_valid(body) AND json_valid(scores) AND json_valid(coalesce(verdict, '{}'))) LIMIT 1";
    for (const row of this.#database.prepare(sql).iterate()) this.#fromRow(row as unknown as TrajectoryRow);
    for (const row of this.#database
      .prepare("SELECT key, request, response FROM calls WHERE NOT (json_valid(request) AND json_valid(response)) LIMIT 1")
      .iterate()) {
      const { key, request, response } = row as unknown as StoredCall;
      checkCall(this.file, key, "request", request);
      checkCall(this.file, key, "response", response);
    }
  }

  #fromRow({ position, ordinal, fate, id, body, scores, verdict }: TrajectoryRow): StoredTrajectory {
    const hint = makeAgain(this.file, position);
    const read = <T>(column: string, text: string, isRight = isJsonObject as (value: unknown) => boolean) =>
      storedJson<T>(this.file, `the ${column} of trajectory ${id} (#${position + 1})`, text, isRight, hint);
    return {
      position,
      ordinal,
      fate,
      trajectory: read<Trajectory>("body", body, (value) => isJsonObject(value) && value["id"] === id),
      scores: read<Scores>("scores", scores),
      ...(verdict === null ? {} : { verdict: read<Verdict>("verdict", verdict) }),
    };
  }

  /** Like {@link all}, one row at a time. */
  each(sql: string, ...values: (string | number | null)[]): Iterable<unknown> {
    return guardedRows(
      this.file,
      guarded(this.file, () => this.#database.prepare(sql).iterate(...values)),
    );
  }

  readonly #prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  #prepare(sql: string): ReturnType<DatabaseSync["prepare"]> {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    guarded(this.file, () => this.#prepare(sql).run(...values));
  }

  close(): void {
    this.#database.close();
    this.#release();
  }
}

/** Tables of this name only: anything else was made by somebody else, and is left as it is. */
const TABLES: readonly string[] = ["calls", "meta", "queries", "trajectories", "seconds", "incidents"];

/** Between making the file and claiming it, which writes all of `meta` at once, a process may end. */
function hasBegun(database: DatabaseSync): boolean {
  const hasTables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'").get() !== undefined;
  return hasTables && database.prepare("SELECT 1 FROM meta").get() !== undefined;
}

export function noRunIn(folder: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_RUN_NOT_FOUND", {
    who: folder,
    what: existsSync(folder) ? "this folder holds no run (no run.db)." : "there is no such folder.",
    hint: "Name a run's folder: `autotraj runs list` shows those below this one.",
  });
}

export function notBegun(runDir: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_RUN_NOT_FOUND", {
    who: runDir,
    what: "the run in this folder was ended before it began.",
    hint: "Start it again: `autotraj run` with its preset, and this folder as --out.",
  });
}

function tablesIn(file: string, database: DatabaseSync): readonly string[] {
  const tables = guarded(file, () => database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all());
  return (tables as { name: string }[]).map(({ name }) => name);
}

function refuseForeign(file: string, runDir: string): void {
  if (!existsSync(file)) return;
  const database = openReadOnly(file);
  try {
    const names = tablesIn(file, database);
    if (names.every((name) => TABLES.includes(name))) {
      refuseIncomplete(file, database, names);
      return;
    }
  } finally {
    database.close();
  }
  throw new AutoTrajError("ATRAJ_RUN_MISMATCH", {
    who: runDir,
    what: "its run.db is a database that AutoTraj did not make.",
    hint: "Use another folder (--out).",
  });
}

/** A table that is gone would be made anew, empty, and the run would seem to have found nothing. One that was killed while making its tables holds no row yet. */
function refuseIncomplete(file: string, database: DatabaseSync, names: readonly string[]): void {
  const missing = TABLES.filter((name) => !names.includes(name));
  const holdsRows = (name: string) => guarded(file, () => database.prepare(`SELECT 1 FROM ${name} LIMIT 1`).get()) !== undefined;
  if (missing.length > 0 && names.some(holdsRows)) throw damaged(file, `it has no table ${missing.join(", ")}`);
}

/** How a question is done again: its calls are still there, so it costs nothing but time. */
export function makeAgain(file: string, position: number): string {
  return `Put a copy of the file back, or have this question done again from the calls that are stored: sqlite3 ${JSON.stringify(file)} "DELETE FROM queries WHERE position = ${position}", then \`autotraj resume\`.`;
}
