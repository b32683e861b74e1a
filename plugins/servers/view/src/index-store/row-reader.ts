/** Reads pairs and evaluated answers from the index: pages, counts, and where a row stands in its file. */
import type { DatabaseSync } from "node:sqlite";
import type { GivenAnswer, Outcome, PairPage, PairRow, PairSet, QuestionRow, Told } from "../learning-api.ts";

const PAGE = 100;

/** A file of rows as the index has it. */
export interface IndexedFile {
  readonly number: number;
  readonly name: string;
  readonly file: string;
  readonly stamp: string;
  readonly complete: number;
  readonly rows: number;
}

export function fileOf(index: DatabaseSync, holds: "pairs" | "answers", name: string): IndexedFile | undefined {
  return index.prepare("SELECT * FROM row_files WHERE holds = ? AND name = ?").get(holds, name) as IndexedFile | undefined;
}

export function pairSets(index: DatabaseSync): readonly PairSet[] {
  const scored = "(SELECT total(count) FROM pair_counts WHERE file = number AND told <> 'unscored') scored";
  const files = index.prepare(`SELECT *, ${scored} FROM row_files WHERE holds = 'pairs' ORDER BY number`).all();
  return (files as unknown as (IndexedFile & { scored: number })[]).map((file) => ({
    ...{ name: file.name, pairs: file.rows, scored: file.scored, complete: file.complete === 1 },
  }));
}

export interface PairFilter {
  readonly kind: string | undefined;
  readonly told: Told | undefined;
  readonly sort: "place" | "margin";
  readonly descending: boolean;
}

/** Where they stand in the order by margin. */
const TOLD: Readonly<Record<Told, string>> = { right: "margin > 0", wrong: "margin <= 0", unscored: "margin IS NULL" };

interface Narrowed {
  /** The index that has them in order. It is named: without statistics SQLite takes the whole set for as good. */
  readonly by: string;
  readonly where: readonly string[];
  readonly values: readonly (string | number | null)[];
}

function narrowed({ number }: IndexedFile, { kind, told, sort }: PairFilter): Narrowed {
  const byMargin = sort === "margin";
  const columns = [...(kind === undefined ? [] : ["label"]), ...(byMargin ? ["margin"] : told === undefined ? [] : ["told"])];
  return {
    by: columns.length === 0 ? "" : `INDEXED BY pairs_by_${columns.join("_")}`,
    where: [
      "file = ?",
      ...(kind === undefined ? [] : ["label = ?"]),
      ...(told === undefined ? [] : [byMargin ? TOLD[told] : "told = ?"]),
      ...(byMargin ? ["margin IS NOT NULL"] : []),
    ],
    values: [number, ...(kind === undefined ? [] : [kind]), ...(told === undefined || byMargin ? [] : [told])],
  };
}

type PairPlace = Pick<StoredPair, "margin" | "place">;

interface Stretch extends Pick<PairFilter, "sort" | "descending"> {
  /** Behind it in this order; undefined: from the beginning. */
  readonly behind: PairPlace | undefined;
  readonly most: number;
}

function pairsIn(index: DatabaseSync, { by: indexed, where, values }: Narrowed, { sort, descending, behind, most }: Stretch): readonly StoredPair[] {
  const [direction, beyond] = descending ? ["DESC", "<"] : ["ASC", ">"];
  const byMargin = sort === "margin";
  const further = behind === undefined ? [] : [byMargin ? `(margin, place) ${beyond} (?, ?)` : `place ${beyond} ?`];
  const place = behind === undefined ? [] : byMargin ? [behind.margin, behind.place] : [behind.place];
  const by = `${byMargin ? `margin ${direction}, ` : ""}place ${direction}`;
  const sql = `SELECT * FROM pairs ${indexed} WHERE ${[...where, ...further].join(" AND ")} ORDER BY ${by} LIMIT ${most}`;
  return index.prepare(sql).all(...values, ...place) as unknown as StoredPair[];
}

/** @param after `[margin, place]` of the last row before */
export function pairPage(index: DatabaseSync, set: string | undefined, filter: PairFilter, after: string | undefined): PairPage {
  const sets = pairSets(index);
  const name = set ?? sets.find(({ scored }) => scored > 0)?.name ?? sets[0]?.name;
  const file = name === undefined ? undefined : fileOf(index, "pairs", name);
  if (file === undefined) return { sets, set: null, kinds: [], rows: [], next: null, count: 0 };
  const which = narrowed(file, filter);
  const [margin, place] = after === undefined ? [null, null] : (JSON.parse(after) as [number | null, number]);
  const found = pairsIn(index, which, { ...filter, behind: place === null ? undefined : { margin, place }, most: PAGE });
  const last = found.length < PAGE ? undefined : found.at(-1);
  return {
    ...{ sets, set: file.name, ...countsOf(index, file, filter), rows: found.map(shownPair) },
    next: last === undefined ? null : JSON.stringify([filter.sort === "margin" ? last.margin : null, last.place]),
  };
}

/** From what the index keeps counted: by kind, and by what the reward model makes of them. */
function countsOf(index: DatabaseSync, { number }: IndexedFile, { kind, told, sort }: PairFilter): Pick<PairPage, "kinds" | "count"> {
  const counts = index.prepare("SELECT label, told, count FROM pair_counts WHERE file = ? AND count > 0 ORDER BY label").all(number);
  const matching = (counts as { label: string; told: Told; count: number }[]).filter(
    (one) => one.label === (kind ?? one.label) && one.told === (told ?? one.told) && (sort === "place" || one.told !== "unscored"),
  );
  return { kinds: [...new Set(counts.map(({ label }) => String(label)))], count: matching.reduce((sum, { count }) => sum + count, 0) };
}

/** What stands before and after a pair in a list. */
export function neighbours(
  index: DatabaseSync,
  file: IndexedFile,
  filter: PairFilter,
  pair: PairPlace,
): { previous: number | null; next: number | null } {
  const one = (descending: boolean) =>
    pairsIn(index, narrowed(file, filter), { sort: filter.sort, descending, behind: pair, most: 1 })[0]?.place ?? null;
  return { previous: one(!filter.descending), next: one(filter.descending) };
}

/** As the table has it. */
export interface StoredPair {
  readonly place: number;
  readonly at: number;
  readonly bytes: number;
  readonly kind: string;
  readonly edit: string | null;
  readonly question: string;
  readonly task: string | null;
  readonly chosen_score: number | null;
  readonly rejected_score: number | null;
  readonly margin: number | null;
  readonly rules: string | null;
  readonly judge: string | null;
}

export function pairAt(index: DatabaseSync, file: IndexedFile, place: number): StoredPair | undefined {
  return index.prepare("SELECT * FROM pairs WHERE file = ? AND place = ?").get(file.number, place) as StoredPair | undefined;
}

export function shownPair({ place, kind, edit, task, question, margin, rules }: StoredPair): PairRow {
  return { place, kind, edit, task, question, margin, rules: rules === null ? null : (JSON.parse(rules) as Record<string, number>) };
}

/** Of two models, on the questions that both could be judged on. */
const BOTH = `FROM answers a JOIN answers b INDEXED BY answers_by_query ON b.file = ?2 AND b.query = a.query WHERE a.file = ?1 AND a.failed = 0 AND b.failed = 0`;
const OUTCOMES: Readonly<Record<Outcome, string>> = {
  a: "a.correct = 1 AND b.correct = 0",
  b: "a.correct = 0 AND b.correct = 1",
  both: "a.correct = 1 AND b.correct = 1",
  neither: "a.correct = 0 AND b.correct = 0",
};

export function outcomes(index: DatabaseSync, a: IndexedFile, b: IndexedFile): Readonly<Record<Outcome, number>> {
  const sums = Object.entries(OUTCOMES).map(([name, holds]) => `total(${holds}) "${name}"`);
  return { ...index.prepare(`SELECT ${sums.join(", ")} ${BOTH}`).get(a.number, b.number) } as Record<Outcome, number>;
}

interface AnsweredQuestion {
  readonly place: number;
  readonly query: string;
  readonly question: string;
  readonly task: string | null;
  readonly [column: string]: string | number | null;
}

export function questionPage(
  index: DatabaseSync,
  [a, b]: readonly [IndexedFile, IndexedFile],
  outcome: Outcome | undefined,
  after: number,
): { readonly rows: readonly QuestionRow[]; readonly next: string | null } {
  const sides = ["a", "b"].map((side) =>
    ["correct", "answer", "calls", "samples", "samples_right"].map((column) => `${side}.${column} ${side}_${column}`).join(", "),
  );
  const narrowed = outcome === undefined ? "" : `AND ${OUTCOMES[outcome]}`;
  const found = index
    .prepare(`SELECT a.place, a.query, a.question, a.task, ${sides.join(", ")} ${BOTH} ${narrowed} AND a.place > ?3 ORDER BY a.place LIMIT ${PAGE}`)
    .all(a.number, b.number, after) as unknown as AnsweredQuestion[];
  const last = found.length < PAGE ? undefined : found.at(-1);
  return {
    rows: found.map((row) => ({
      ...{ place: row.place, id: row.query, question: row.question, task: row.task },
      a: given(row, "a"),
      b: given(row, "b"),
    })),
    next: last === undefined ? null : String(last.place),
  };
}

function given(row: AnsweredQuestion, side: "a" | "b"): GivenAnswer {
  const of = (column: string) => row[`${side}_${column}`];
  return {
    right: of("correct") === 1,
    answer: of("answer") === null ? null : String(of("answer")),
    calls: Number(of("calls")),
    samples: Number(of("samples")),
    samplesRight: Number(of("samples_right")),
  };
}

/** Which of them each has right: query id → 1 or 0. */
export function rightAnswers(index: DatabaseSync, file: IndexedFile): ReadonlyMap<string, number> {
  const rows = index.prepare("SELECT query, correct FROM answers WHERE file = ? AND failed = 0 ORDER BY place").all(file.number);
  return new Map((rows as { query: string; correct: number }[]).map(({ query, correct }) => [query, correct]));
}

export function answerPlace(index: DatabaseSync, file: IndexedFile, query: string): { readonly at: number; readonly bytes: number } | undefined {
  return index.prepare("SELECT at, bytes FROM answers WHERE file = ? AND query = ?").get(file.number, query) as
    | { at: number; bytes: number }
    | undefined;
}

export function answeredModels(index: DatabaseSync): readonly { readonly model: string; readonly questions: number; readonly complete: boolean }[] {
  const files = index.prepare("SELECT * FROM row_files WHERE holds = 'answers' ORDER BY number").all() as unknown as IndexedFile[];
  return files.map(({ name, rows, complete }) => ({ model: name, questions: rows, complete: complete === 1 }));
}
