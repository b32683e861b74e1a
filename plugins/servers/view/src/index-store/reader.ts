/** Reads the index: pages of a list, and counts. */
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { CountAnswer, Fate, IndexedFigures, IndexProgress, SortKey, TrajectoryFilter, TrajectoryPage, TrajectoryRow } from "../api.ts";
import { dimensionsOf, figuresOf, NARROW, NO_FIGURES, ORDINALS, progressOf, stateOf } from "./schema.ts";

const PAGE = 100;
/** A count stops here: further on only "more than" is of interest, and each match costs. */
const COUNTED = 10_000;

type Value = string | number | null;

interface Sql {
  readonly from: string;
  /** What the run's own order is told by: of a search, that in which matches are found. */
  readonly key: string;
  readonly where: readonly string[];
  readonly values: readonly Value[];
}

/** What a list is of. */
export interface Wanted {
  readonly filter: TrajectoryFilter;
  /** Ids: it is of these trajectories alone. Undefined: of all. */
  readonly among?: readonly string[] | undefined;
}

interface Cursor {
  /** The last row's value of the sorted column; null among those that have none, which come last. */
  readonly value: number | null;
  readonly key: number;
}

interface IndexRow {
  readonly key: number;
  readonly id: string;
  readonly origin: TrajectoryRow["origin"];
  readonly parent: string | null;
  readonly repairer: string | null;
  readonly fate: Fate;
  readonly cause: string | null;
  readonly task: string | null;
  readonly question: string;
  readonly answer: string | null;
  readonly tools: string;
  readonly calls: number;
  readonly words: number;
  readonly tokens: number;
  readonly [column: `s${number}`]: number | null;
}

export class IndexReader {
  readonly #file: string;
  #database: DatabaseSync | undefined;
  #inode: number | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Undefined until there is an index. One that was thrown away and made anew is another file. */
  #open(): DatabaseSync | undefined {
    const inode = statSync(this.#file, { throwIfNoEntry: false })?.ino;
    if (inode !== this.#inode) this.close();
    this.#inode = inode;
    if (this.#database === undefined && inode !== undefined) {
      this.#database = new DatabaseSync(this.#file, { readOnly: true, timeout: 5000 });
      this.#database.exec("PRAGMA cache_size=-131072; PRAGMA temp_store=MEMORY; SELECT 1 FROM sqlite_schema;");
    }
    return this.#database;
  }

  /** What `ask` finds; `otherwise` where there is no index, or one that is just being made: it is looked for again the next time. */
  ask<T>(otherwise: T, ask: (database: DatabaseSync) => T): T {
    try {
      const database = this.#open();
      return database === undefined ? otherwise : ask(database);
    } catch (error) {
      this.close();
      if (/no such (?:table|column)|unable to open|disk I\/O|malformed/i.test(String(error))) return otherwise;
      throw error;
    }
  }

  progress(): Omit<IndexProgress, "problem"> {
    return this.ask({ indexed: 0, total: 0, complete: false }, progressOf);
  }

  figures(): IndexedFigures {
    return this.ask(NO_FIGURES, figuresOf);
  }

  count(wanted: Wanted): CountAnswer {
    return this.ask({ count: 0, atLeast: false }, (database) => {
      const { from, where, values } = filtered(database, { ...wanted, dimensions: dimensionsOf(database), column: undefined });
      const sql = `SELECT count(*) count FROM (SELECT 1 FROM ${from} ${whereOf(where)} LIMIT ${COUNTED + 1})`;
      const { count } = database.prepare(sql).get(...values) as { count: number };
      return { count: Math.min(count, COUNTED), atLeast: count > COUNTED };
    });
  }

  page(wanted: Wanted, after: string | undefined): Omit<TrajectoryPage, "index"> {
    return this.ask<Omit<TrajectoryPage, "index">>({ rows: [], next: null }, (database) => {
      const dimensions = dimensionsOf(database);
      const column = columnOf(wanted.filter.sort, dimensions);
      const rows = pageRows(database, { ...wanted, dimensions, column }, cursorOf(after));
      const last = rows.length < PAGE ? undefined : rows.at(-1);
      return { rows: rows.map((row) => shownRow(row, dimensions)), next: last === undefined ? null : cursorText(last, column) };
    });
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }
}

interface PageQuery extends Wanted {
  readonly dimensions: ReadonlyMap<string, number>;
  /** What is sorted by; undefined: the run's own order. */
  readonly column: string | undefined;
}

function pageRows(database: DatabaseSync, query: PageQuery, after: Cursor | undefined): IndexRow[] {
  const { filter, column } = query;
  const [order, beyond] = filter.descending === true ? ["DESC", "<"] : ["ASC", ">"];
  const { from, key, where, values } = filtered(database, query);
  // Which rows these are is found out from what is narrow; only they are read whole.
  const ask = (more: readonly string[], by: string, moreValues: readonly Value[], limit: number) =>
    database
      .prepare(
        `SELECT t.* FROM trajectories t WHERE t.key IN (SELECT ${key} FROM ${from} ${whereOf([...where, ...more])} ORDER BY ${by} LIMIT ${limit})
         ORDER BY ${by.replace(key, "t.key")}`,
      )
      .all(...values, ...moreValues) as unknown as IndexRow[];
  if (column === undefined)
    return ask(after === undefined ? [] : [`${key} ${beyond} ?`], `${key} ${order}`, after === undefined ? [] : [after.key], PAGE);
  const rows: IndexRow[] = [];
  if (after === undefined) rows.push(...ask([`t.${column} IS NOT NULL`], `t.${column} ${order}, t.key`, [], PAGE));
  else if (after.value !== null)
    rows.push(
      ...ask(
        [`(t.${column} ${beyond} ? OR (t.${column} = ? AND t.key > ?))`, `t.${column} ${beyond}= ?`],
        `t.${column} ${order}, t.key`,
        [after.value, after.value, after.key, after.value],
        PAGE,
      ),
    );
  if (rows.length === PAGE) return rows;
  const from0 = after?.value === null ? after.key : -1;
  return [...rows, ...ask([`t.${column} IS NULL`, "t.key > ?"], "t.key", [from0], PAGE - rows.length)];
}

function filtered(database: DatabaseSync, { filter, among, dimensions, column }: PageQuery): Sql {
  const { text, fates = [], tool, ranges = [] } = filter;
  const where: string[] = [];
  const values: Value[] = [];
  const holds = (condition: string, ...bound: readonly Value[]) => {
    where.push(condition);
    values.push(...bound);
  };
  if (among !== undefined) holds("t.key IN (SELECT key FROM trajectories WHERE id IN (SELECT value FROM json_each(?)))", JSON.stringify(among));
  if (fates.length > 0) holds(`t.fate IN (${fates.map(() => "?").join(", ")})`, ...fates);
  for (const name of ["task", "repairer", "cause"] as const) if (filter[name] !== undefined) holds(`t.${name} = ?`, filter[name]);
  if (tool !== undefined) holds("instr(t.tools, ?)", JSON.stringify(tool));
  for (const { dimension, from, to } of ranges) {
    const number = dimensions.get(dimension);
    if (number === undefined) holds("0");
    else holds(`t.s${number} BETWEEN ? AND ?`, from ?? -Number.MAX_VALUE, to ?? Number.MAX_VALUE);
  }
  const match = text === undefined ? undefined : matchOf(text);
  const isOneValue = where.length === 1 && fates.length < 2 && tool === undefined && ranges.length === 0;
  // Rows of one value, all rows, and matches of a text come in order by themselves; others are looked for.
  const inOrder = column === undefined ? where.length === 0 || isOneValue : where.length === 0 && match === undefined;
  const trajectories = inOrder || stateOf(database, "indexes") !== "made" ? "trajectories t" : `trajectories t INDEXED BY ${NARROW}`;
  if (match === undefined) return { from: trajectories, key: "t.key", where, values };
  return {
    from: `texts JOIN ${trajectories} ON t.key = texts.rowid`,
    key: "texts.rowid",
    where: ["texts MATCH ?", ...where],
    values: [match, ...values],
  };
}

/** Words that must all be there; what stands in quotes is one phrase, and the last word may be a beginning. */
export function matchOf(text: string): string | undefined {
  const parts = [...text.replaceAll("\0", " ").matchAll(/"([^"]+)"|([^\s"]+)/g)].map(([, phrase, word]) => ({
    words: phrase ?? word ?? "",
    whole: phrase !== undefined,
  }));
  const searched = parts.filter(({ words }) => /[\p{L}\p{N}\p{Co}]/u.test(words));
  if (searched.length === 0) return undefined;
  return searched.map(({ words, whole }, at) => `"${words}"${at === searched.length - 1 && !whole ? "*" : ""}`).join(" ");
}

function whereOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
}

function columnOf(sort: SortKey | undefined, dimensions: ReadonlyMap<string, number>): string | undefined {
  if (sort === undefined || sort === "position") return undefined;
  if (typeof sort === "string") return sort;
  const number = dimensions.get(sort.dimension);
  return number === undefined ? undefined : `s${number}`;
}

function cursorText(row: IndexRow, column: string | undefined): string {
  const value = column === undefined ? null : ((row as unknown as Record<string, number | null>)[column] ?? null);
  return JSON.stringify([value, row.key]);
}

function cursorOf(after: string | undefined): Cursor | undefined {
  if (after === undefined) return undefined;
  const [value, key] = JSON.parse(after) as [number | null, number];
  return { value, key };
}

function shownRow(row: IndexRow, dimensions: ReadonlyMap<string, number>): TrajectoryRow {
  const { key, id, origin, fate, cause, repairer, parent, task, question, answer, tools, calls, words, tokens } = row;
  const scores = [...dimensions].flatMap(([name, number]): [string, number][] => {
    const value = row[`s${number}`];
    return value === null || value === undefined ? [] : [[name, value]];
  });
  return {
    ...{ id, origin, fate, cause, repairer, parent, task, question, answer, words, tokens },
    position: Math.floor(key / ORDINALS),
    ordinal: key % ORDINALS,
    tools: JSON.parse(tools) as string[],
    toolCalls: calls,
    scores: Object.fromEntries(scores),
  };
}
