/** Brings the index up to what the run holds now: positions whose trajectories are other ones than it knows are read again, all others are left alone. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { IndexProgress } from "../api.ts";
import { metaJson, readRun } from "../run-folder.ts";
import { gatherFigures } from "./figures.ts";
import { indexedRow, type RunRow } from "./indexed-row.ts";
import { dimensionsOf, makeIndexes, ORDINALS, progressOf, setState, stateOf } from "./schema.ts";

/** Questions compared at a time; each chunk is one short look into the run, and one transaction here. */
const CHUNK = 1000;
/** The first is small, so that a list has something to show at once. */
const FIRST_CHUNK = 50;
const FATES = ["kept", "repaired", "hard", "discarded", "failed", "pending", "accepted", "refused"];
/** Columns that an SQLite table can have, less our own. */
const MOST_DIMENSIONS = 1500;

interface Place {
  readonly position: number;
  readonly ordinal: number;
  readonly fate: string;
}

export class Filler {
  readonly #index: DatabaseSync;
  readonly #folder: string;
  readonly #columns: Map<string, number>;
  readonly #statements = new Map<string, StatementSync>();
  /** Trajectories in the index: counted once, since counting reads the whole table. */
  #indexed: number;
  /** All questions before this one are done, and what they left is indexed. */
  #settled = 0;
  #figuresAt = 0;
  #figuresMs = 0;

  constructor(index: DatabaseSync, folder: string) {
    this.#index = index;
    this.#folder = folder;
    this.#columns = new Map(dimensionsOf(index));
    this.#indexed = (index.prepare("SELECT count(*) count FROM trajectories").get() as { count: number }).count;
    const declared = readRun(folder, (run) => metaJson(run, "dimensions"));
    if (Array.isArray(declared)) for (const name of declared) if (typeof name === "string") this.#columnOf(name);
  }

  /** One pass, in steps between which others may do something. Yields whenever a piece is there to be seen. */
  *pass(): Generator<void> {
    const { most, total } = this.#extent();
    // Less than before: something was done again, and may be anywhere.
    if (this.#indexed > total) this.#settled = 0;
    let settling = true;
    let size = this.#indexed === 0 ? FIRST_CHUNK : CHUNK;
    for (let from = this.#settled; from <= most; from += size, size = CHUNK) {
      const done = this.#chunk(from, Math.min(from + size - 1, most), total);
      settling &&= done;
      if (settling) this.#settled = Math.min(from + size, most + 1);
      yield;
    }
    this.#forgetBeyond(most);
    if (stateOf(this.#index, "indexes") !== "made") {
      makeIndexes(this.#index);
      setState(this.#index, "indexes", "made");
    }
    this.#gather(total, "at once");
    this.#tell({ indexed: this.#indexed, total, complete: true });
  }

  #extent(): { readonly most: number; readonly total: number } {
    const sql = `SELECT (SELECT count(*) FROM trajectories) total,
      max(coalesce((SELECT max(position) FROM trajectories), -1), coalesce((SELECT max(position) FROM queries), -1)) most`;
    return readRun(this.#folder, (run) => run.prepare(sql).get()) as { most: number; total: number };
  }

  /** Returns whether all questions from here to there are done. */
  #chunk(from: number, to: number, total: number): boolean {
    const { rows, statuses } = readRun(this.#folder, (run) => {
      const status = run.prepare("SELECT position, status FROM queries WHERE position BETWEEN ? AND ?");
      const statuses = new Map((status.all(from, to) as { position: number; status: string }[]).map((row) => [row.position, row.status]));
      const changed = this.#changed(run, from, to, statuses);
      const read = run.prepare("SELECT * FROM trajectories WHERE position = ? ORDER BY ordinal");
      return { statuses, rows: changed.map((position) => ({ position, found: read.all(position) as unknown as RunRow[] })) };
    });
    if (rows.length > 0) {
      for (const { found } of rows) this.#declareDimensions(found);
      this.#index.exec("BEGIN");
      for (const { position, found } of rows) this.#replace(position, found, statuses.get(position));
      this.#index.exec("COMMIT");
      this.#gather(total, "now and then");
      this.#tell({ indexed: this.#indexed, total, complete: progressOf(this.#index).complete });
    }
    return statuses.size === to - from + 1 && [...statuses.values()].every((status) => status !== "failed");
  }

  #changed(run: DatabaseSync, from: number, to: number, statuses: ReadonlyMap<number, string>): readonly number[] {
    const ofFate = run.prepare("SELECT position, ordinal, fate FROM trajectories INDEXED BY by_fate WHERE fate = ? AND position BETWEEN ? AND ?");
    const there = signatures(
      FATES.flatMap((fate) => ofFate.all(fate, from, to) as unknown as Place[]),
      statuses,
    );
    const ours = this.#index
      .prepare(`SELECT key / ${ORDINALS} position, key % ${ORDINALS} ordinal, fate FROM trajectories WHERE key >= ? AND key < ?`)
      .all(from * ORDINALS, (to + 1) * ORDINALS) as unknown as Place[];
    const known = this.#index.prepare("SELECT position, status FROM questions WHERE position BETWEEN ? AND ?").all(from, to);
    const here = signatures(ours, new Map((known as { position: number; status: string }[]).map((row) => [row.position, row.status])));
    const positions = new Set([...there.keys(), ...here.keys()]);
    return [...positions].filter((position) => there.get(position) !== here.get(position)).sort((a, b) => a - b);
  }

  #replace(position: number, rows: readonly RunRow[], status: string | undefined): void {
    const old = this.#sql("SELECT key FROM trajectories WHERE key >= ? AND key < ?").all(position * ORDINALS, (position + 1) * ORDINALS);
    for (const { key } of old as { key: number }[]) this.#forget(key);
    for (const row of rows) this.#add(row);
    if (status === undefined) this.#sql("DELETE FROM questions WHERE position = ?").run(position);
    else this.#sql("INSERT OR REPLACE INTO questions VALUES (?, ?)").run(position, status);
  }

  /** Prepared once: there are a few million to be run. */
  #sql(text: string): StatementSync {
    const known = this.#statements.get(text) ?? this.#index.prepare(text);
    this.#statements.set(text, known);
    return known;
  }

  #forget(key: number): void {
    for (const sql of [
      "DELETE FROM trajectories WHERE key = ?",
      "DELETE FROM texts WHERE rowid = ?",
      "DELETE FROM failures WHERE key = ?",
      "DELETE FROM tool_uses WHERE key = ?",
    ])
      this.#sql(sql).run(key);
    this.#indexed--;
  }

  #forgetBeyond(most: number): void {
    const beyond = this.#index.prepare("SELECT key FROM trajectories WHERE key >= ?").all((most + 1) * ORDINALS) as { key: number }[];
    for (const { key } of beyond) this.#forget(key);
  }

  #declareDimensions(rows: readonly RunRow[]): void {
    for (const row of rows) for (const dimension of indexedScores(row)) this.#columnOf(dimension);
  }

  #add(row: RunRow): void {
    const key = row.position * ORDINALS + row.ordinal;
    const { cause, task, question, answer, tools, calls, words, tokens, policy, modelCalls, promptTokens, searched, scores, failures } =
      indexedRow(row);
    const values: (string | number | null)[] = [key, row.id, row.origin, row.parent, row.repairer, row.fate, cause, task, question, answer];
    values.push(JSON.stringify(tools), calls, words, tokens, policy, modelCalls, promptTokens);
    for (const name of this.#columns.keys()) values.push(scores.get(name) ?? null);
    this.#sql(`INSERT INTO trajectories VALUES (${values.map(() => "?").join(", ")})`).run(...values);
    this.#sql("INSERT INTO texts (rowid, question, text, answer) VALUES (?, ?, ?, ?)").run(key, searched.question, searched.text, searched.answer);
    for (const tool of tools) this.#sql("INSERT OR IGNORE INTO tool_uses VALUES (?, ?)").run(tool, key);
    for (const [dimension, reason] of failures) this.#sql("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)").run(key, dimension, reason);
    this.#indexed++;
  }

  #columnOf(dimension: string): void {
    if (this.#columns.has(dimension) || this.#columns.size >= MOST_DIMENSIONS) return;
    const number = this.#columns.size;
    this.#index.exec(`ALTER TABLE trajectories ADD COLUMN s${number} REAL`);
    this.#index.prepare("INSERT INTO dimensions VALUES (?, ?)").run(dimension, number);
    this.#columns.set(dimension, number);
    if (stateOf(this.#index, "indexes") === "made") setState(this.#index, "indexes", "one is missing");
  }

  /** Figures are counted over the whole index: on the way only as often as costs a tenth of the time. */
  #gather(total: number, when: "at once" | "now and then"): void {
    const begun = performance.now();
    if (total === 0 || (when === "now and then" && begun - this.#figuresAt < 10 * this.#figuresMs)) return;
    setState(this.#index, "figures", JSON.stringify(gatherFigures(this.#index)));
    this.#figuresAt = performance.now();
    this.#figuresMs = this.#figuresAt - begun;
  }

  #tell(progress: Omit<IndexProgress, "problem">): void {
    setState(this.#index, "progress", JSON.stringify(progress));
  }
}

function indexedScores({ scores }: RunRow): readonly string[] {
  try {
    return Object.keys(JSON.parse(scores) as object);
  } catch {
    return [];
  }
}

/** By position: what changes when its trajectories do. */
function signatures(places: readonly Place[], statuses: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
  const byPosition = new Map<number, string[]>();
  for (const { position, ordinal, fate } of places) {
    const at = byPosition.get(position);
    if (at === undefined) byPosition.set(position, [`${ordinal}${fate}`]);
    else at.push(`${ordinal}${fate}`);
  }
  return new Map(
    [...new Set([...byPosition.keys(), ...statuses.keys()])].map((position) => [
      position,
      `${statuses.get(position) ?? ""} ${(byPosition.get(position) ?? []).sort().join(" ")}`,
    ]),
  );
}
