/**
 * The viewer's own index of one run: a narrow row per trajectory, per pair and per evaluated answer, and the words of all trajectories. It lies in the cache, never in the run, can be deleted at any
 * time, and is filled again.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { IndexedFigures, IndexProgress } from "../api.ts";

/** Another number: indexes of before are made anew. */
const VERSION = "4";

/** Room for a question's ordinals in `key`, which orders trajectories as the run does. */
export const ORDINALS = 2 ** 24;

/** Keeps the counts of pairs as the pairs are: nobody who looks has to wait until hundreds of thousands are counted. */
function counting(change: string): string {
  const add = (row: "NEW" | "OLD", by: number) =>
    `INSERT INTO pair_counts VALUES (${row}.file, ${row}.label, ${row}.told, ${by}) ON CONFLICT DO UPDATE SET count = count + ${by};`;
  const [gone, come] = [change === "INSERT" ? "" : add("OLD", -1), change === "DELETE" ? "" : add("NEW", 1)];
  return `CREATE TRIGGER IF NOT EXISTS "count pairs after ${change}" AFTER ${change} ON pairs BEGIN ${gone} ${come} END;`;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trajectories (
  key INTEGER PRIMARY KEY, id TEXT NOT NULL, origin TEXT NOT NULL, parent TEXT, repairer TEXT, fate TEXT NOT NULL, cause TEXT, task TEXT,
  question TEXT NOT NULL, answer TEXT, tools TEXT NOT NULL, calls INTEGER NOT NULL, words INTEGER NOT NULL, tokens INTEGER NOT NULL,
  policy TEXT, model_calls INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS tool_uses (tool TEXT NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (tool, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (key INTEGER NOT NULL, dimension TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (key, dimension)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS questions (position INTEGER PRIMARY KEY, status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dimensions (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS row_files (
  number INTEGER PRIMARY KEY, holds TEXT NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL, stamp TEXT NOT NULL, complete INTEGER NOT NULL,
  rows INTEGER NOT NULL DEFAULT 0, UNIQUE (holds, name)
);
CREATE TABLE IF NOT EXISTS pairs (
  file INTEGER NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL, kind TEXT NOT NULL, edit TEXT, query TEXT NOT NULL,
  question TEXT NOT NULL, task TEXT, chosen TEXT NOT NULL, rejected TEXT NOT NULL, chosen_score REAL, rejected_score REAL, margin REAL, rules TEXT, judge TEXT,
  label TEXT AS (coalesce('edit: ' || edit, kind)), told TEXT AS (CASE WHEN margin IS NULL THEN 'unscored' WHEN margin > 0 THEN 'right' ELSE 'wrong' END),
  PRIMARY KEY (file, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pairs_by_label ON pairs (file, label, place);
CREATE INDEX IF NOT EXISTS pairs_by_told ON pairs (file, told, place);
CREATE INDEX IF NOT EXISTS pairs_by_label_told ON pairs (file, label, told, place);
CREATE INDEX IF NOT EXISTS pairs_by_margin ON pairs (file, margin, place);
CREATE INDEX IF NOT EXISTS pairs_by_label_margin ON pairs (file, label, margin, place);
CREATE INDEX IF NOT EXISTS pairs_by_sides ON pairs (chosen, rejected);
CREATE TABLE IF NOT EXISTS pair_counts (
  file INTEGER NOT NULL, label TEXT NOT NULL, told TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (file, label, told)
) WITHOUT ROWID;
${["INSERT", "DELETE", "UPDATE OF margin"].map(counting).join("\n")}
CREATE TABLE IF NOT EXISTS answers (
  file INTEGER NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL, query TEXT NOT NULL, question TEXT NOT NULL, task TEXT,
  correct INTEGER NOT NULL, failed INTEGER NOT NULL, answer TEXT, calls INTEGER NOT NULL, samples INTEGER NOT NULL, samples_right INTEGER NOT NULL,
  PRIMARY KEY (file, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_query ON answers (file, query, failed, correct);
CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5 (question, text, answer, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');`;

export const NO_FIGURES: IndexedFigures = { dimensions: [], repairers: [], causes: [], tasks: [], tools: [], policies: [] };

export interface IndexPlace {
  readonly file: string;
  readonly lockFile: string;
}

/** @param cacheDir the plugins' cache */
export function indexPlace(cacheDir: string, runFolder: string): IndexPlace {
  const name = createHash("sha256").update(runFolder).digest("hex").slice(0, 24);
  const file = join(cacheDir, "view", `${name}.db`);
  return { file, lockFile: `${file}.lock` };
}

/** For whoever fills it. @param identity of the run: an index of another one in this folder is thrown away */
export function openIndex({ file }: IndexPlace, identity: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  // Never made, thrown away and made again: a reader of this process that found the first file would go on with the log of changes of the second.
  const known = existsSync(file) ? tryOpen(file) : undefined;
  if (known !== undefined && stateOf(known, "made of") === madeOf(identity)) return known;
  known?.close();
  // Readers look at any moment, and must find nothing or a whole index: while SQLite makes a file's tables, it can be read by nobody else.
  const draft = `${file}.draft`;
  removeIndex(draft);
  const fresh = open(draft);
  setState(fresh, "made of", madeOf(identity));
  fresh.close();
  removeIndex(file);
  renameSync(draft, file);
  return open(file);
}

function removeIndex(file: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${file}${end}`, { force: true });
}

function madeOf(identity: string): string {
  return `${VERSION} ${identity}`;
}

/** A file that is damaged is nothing that could not be made again. */
function tryOpen(file: string): DatabaseSync | undefined {
  try {
    return open(file);
  } catch {
    return undefined;
  }
}

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  try {
    // What a power cut takes is made again.
    database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;");
    database.exec(SCHEMA);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

export function stateOf(database: DatabaseSync, name: string): string | undefined {
  return (database.prepare("SELECT value FROM state WHERE name = ?").get(name) as { value: string } | undefined)?.value;
}

export function setState(database: DatabaseSync, name: string, value: string): void {
  database.prepare("INSERT OR REPLACE INTO state VALUES (?, ?)").run(name, value);
}

export function progressOf(database: DatabaseSync): Omit<IndexProgress, "problem"> {
  const { indexed = 0, total = 0, complete = false } = JSON.parse(stateOf(database, "progress") ?? "{}") as Partial<IndexProgress>;
  return { indexed, total, complete };
}

export function figuresOf(database: DatabaseSync): IndexedFigures {
  return JSON.parse(stateOf(database, "figures") ?? JSON.stringify(NO_FIGURES)) as IndexedFigures;
}

/** Column numbers by dimension: names are other people's, and never stand in SQL. */
export function dimensionsOf(database: DatabaseSync): ReadonlyMap<string, number> {
  const rows = database.prepare("SELECT name, number FROM dimensions ORDER BY number").all() as { name: string; number: number }[];
  return new Map(rows.map(({ name, number }) => [name, number]));
}

/** Every column that lists are narrowed or sorted by, in the run's order: looked through in place of the whole table, of which it is a tenth. */
export const NARROW = "narrow";
const NARROW_COLUMNS = ["origin", "fate", "cause", "task", "repairer", "tools", "calls", "words", "tokens"];

/** What is asked for by value or in order. Made when the first fill is complete: while there are none, filling is fast. */
export function makeIndexes(database: DatabaseSync): void {
  const columns = ["fate", "cause", "task", "repairer", "parent", "calls", "words", "tokens"];
  const scores = [...dimensionsOf(database).values()].map((number) => `s${number}`);
  for (const column of [...columns, ...scores]) database.exec(`CREATE INDEX IF NOT EXISTS by_${column} ON trajectories (${column}, key)`);
  database.exec("CREATE UNIQUE INDEX IF NOT EXISTS by_id ON trajectories (id)");
  database.exec(`DROP INDEX IF EXISTS ${NARROW}; CREATE INDEX ${NARROW} ON trajectories (key, ${[...NARROW_COLUMNS, ...scores].join(", ")})`);
  database.exec("PRAGMA analysis_limit=2000; ANALYZE;");
}
