/**
 * Recorded trajectories as the candidates of a run: rows on the same question, wherever they stand in the files, become one query's group. They are kept
 * in a scratch database of the run's folder, so that memory does not grow with the logs; it can be made again from the files at any time.
 */
import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { AutoTrajError } from "../../kernel/errors.ts";
import type { Query, Trajectory } from "../../kernel/plugin.ts";
import { contentHash, trajectoryId } from "../../kernel/trajectory/identity.ts";
import { guarded, makeFolder, openDatabase } from "../database.ts";
import { parseJson } from "../exact-json.ts";
import type { ReadingRules } from "./conversation.ts";
import { idBeside } from "./question-ids.ts";
import type { ReadingFormat } from "./reading-format.ts";
import { type Recording, readRecords, spokenHash } from "./records.ts";

export interface RecordedSource {
  readonly file: string;
  readonly format: ReadingFormat;
  /** Changes when the format would read the same bytes otherwise: its package, version and options. */
  readonly identity: string;
  /** See {@link ReadingOptions}. */
  readonly groupBy?: string;
}

export interface RecordingRules {
  /** Leave out rows that cannot be read, instead of refusing all. */
  readonly skipBad: boolean;
  readonly reading: ReadingRules;
  /** All formats there are, for the advice where a row is refused. */
  readonly formats: ReadonlyMap<string, ReadingFormat>;
}

export interface RecordedCounts {
  readonly rows: number;
  readonly bad: number;
  /** Rows left out because they say the same as another on the same question. */
  readonly duplicates: number;
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS questions (position INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, id TEXT NOT NULL UNIQUE, query TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS recordings (
  position INTEGER NOT NULL, ordinal INTEGER NOT NULL, spoken TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (position, ordinal), UNIQUE (position, spoken)
) WITHOUT ROWID;`;
const ROWS_PER_TRANSACTION = 500;
const MOST_PROBLEMS = 20;
/** Rows may be read and hold none: spans of programs without a model, say. */
const NOTHING_RECORDED = "the files hold no conversation with a model.";

export class Recordings {
  readonly counts: RecordedCounts;
  /** Distinct questions. */
  readonly count: number;
  /** SHA-256 (hex) over the files' bytes and how they were read. */
  readonly sha256: string;
  readonly #file: string;
  readonly #database: DatabaseSync;

  private constructor(file: string, database: DatabaseSync, state: { counts: RecordedCounts; sha256: string }) {
    this.#file = file;
    this.#database = database;
    this.counts = state.counts;
    this.sha256 = state.sha256;
    this.count = guarded(file, () => (database.prepare("SELECT count(*) AS n FROM questions").get() as { n: number }).n);
  }

  /**
   * Reads all files into the run's folder.
   * @throws ATRAJ_ROWS_INVALID with the first 20 bad rows, unless `skipBad`; or when nothing is left.
   */
  static async read(runDir: string, sources: readonly RecordedSource[], rules: RecordingRules): Promise<Recordings> {
    makeFolder(runDir, "Choose a writable folder with --out.");
    // Under a name of its own: whether another process holds this run is known only later.
    const file = join(runDir, `recordings-${process.pid}.db`);
    rmSync(file, { force: true });
    const database = openDatabase(file, SCHEMA);
    try {
      const state = await new Reader(file, database).readAll(sources, rules);
      return new Recordings(file, database, state);
    } catch (error) {
      database.close();
      removeScratch(runDir, `recordings-${process.pid}.`);
      throw error;
    }
  }

  async *queries(): AsyncGenerator<Query> {
    const statement = this.#database.prepare("SELECT query FROM questions WHERE position = ?");
    for (let position = 0; position < this.count; position++) {
      yield parseJson((guarded(this.#file, () => statement.get(position)) as { query: string }).query) as unknown as Query;
    }
  }

  /** The trajectories recorded on the question at this position, in the order of the files. */
  candidates(position: number): readonly Trajectory[] {
    const rows = guarded(this.#file, () => this.#database.prepare("SELECT body FROM recordings WHERE position = ? ORDER BY ordinal").all(position));
    return (rows as { body: string }[]).map(({ body }) => parseJson(body) as unknown as Trajectory);
  }

  /** Lets go of the scratch database; it is no part of the run's results. */
  close(): void {
    this.#database.close();
    // Also what a killed process left behind.
    removeScratch(dirname(this.#file), "recordings-");
  }
}

function removeScratch(folder: string, prefix: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith(prefix)) rmSync(join(folder, name), { force: true });
}

class Reader {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #problems: string[] = [];
  #rows = 0;
  #bad = 0;
  #duplicates = 0;
  #recordings = 0;
  #pending = 0;

  constructor(file: string, database: DatabaseSync) {
    this.#file = file;
    this.#database = database;
  }

  async readAll(
    sources: readonly RecordedSource[],
    { skipBad, reading, formats }: RecordingRules,
  ): Promise<{ counts: RecordedCounts; sha256: string }> {
    const hash = createHash("sha256");
    for (const { file, format, identity, groupBy } of sources) {
      hash.update(identity);
      const others = new Map([...formats].filter(([, other]) => other !== format));
      const options = { rules: reading, others, onBytes: (chunk: Buffer) => void hash.update(chunk), ...(groupBy === undefined ? {} : { groupBy }) };
      for await (const { place, recordings, problem } of readRecords(file, format, options)) {
        this.#rows++;
        if (problem === undefined) for (const recording of recordings) this.#add(recording);
        else this.#note(`${problem} (${place})`);
      }
    }
    this.#commit();
    if ((this.#bad > 0 && !skipBad) || this.#recordings === 0) {
      throw new AutoTrajError("ATRAJ_ROWS_INVALID", {
        who: "queries.recorded",
        what:
          this.#rows === 0 ? "the files have no rows." : this.#bad === 0 ? NOTHING_RECORDED : `${this.#bad} of ${this.#rows} rows cannot be read.`,
        details: this.#bad > this.#problems.length ? [...this.#problems, `and ${this.#bad - this.#problems.length} more`] : this.#problems,
        hint: "Correct them or their format's options, or leave them out with queries.skipBad: true.",
      });
    }
    return { counts: { rows: this.#rows, bad: this.#bad, duplicates: this.#duplicates }, sha256: hash.digest("hex") };
  }

  #note(problem: string): void {
    this.#bad++;
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(problem);
  }

  #add({ trajectory, group }: Recording): void {
    this.#recordings++;
    guarded(this.#file, () => {
      if (this.#pending++ === 0) this.#database.exec("BEGIN IMMEDIATE");
      const { position, query } = this.#question(trajectory.query, group);
      const ordinal = (this.#get("SELECT count(*) AS n FROM recordings WHERE position = ?", position) as { n: number }).n;
      const content = { ...trajectory, query, provenance: { ...trajectory.provenance, candidate: ordinal } };
      const body = JSON.stringify({ ...content, id: trajectoryId(content) });
      const { changes } = this.#database
        .prepare("INSERT OR IGNORE INTO recordings VALUES (?, ?, ?, ?)")
        .run(position, ordinal, spokenHash(trajectory), body);
      if (Number(changes) === 0) this.#duplicates++;
      if (this.#pending >= ROWS_PER_TRANSACTION) this.#commit();
    });
  }

  /** What was asked in the same way is one query, whatever ids the rows give it; the first row's stands. */
  #question(query: Query, group: string): { position: number; query: Query } {
    const hash = contentHash(group);
    const known = this.#get("SELECT position, query FROM questions WHERE hash = ?", hash) as { position: number; query: string } | undefined;
    if (known !== undefined) return { position: known.position, query: parseJson(known.query) as unknown as Query };
    const taken = this.#get("SELECT 1 FROM questions WHERE id = ?", query.id) !== undefined;
    const first = taken ? { ...query, id: idBeside(query.id, group) } : query;
    const position = (this.#get("SELECT count(*) AS n FROM questions") as { n: number }).n;
    this.#database.prepare("INSERT INTO questions VALUES (?, ?, ?, ?)").run(position, hash, first.id, JSON.stringify(first));
    return { position, query: first };
  }

  #commit(): void {
    if (this.#pending > 0) guarded(this.#file, () => this.#database.exec("COMMIT"));
    this.#pending = 0;
  }

  readonly #prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  #get(sql: string, ...values: (string | number)[]): unknown {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement.get(...values);
  }
}
