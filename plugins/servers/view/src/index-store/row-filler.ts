/** Brings pairs and evaluated answers in the index up to what the run's files of rows hold now: a file that is another one than before is read anew, from its beginning. */

import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { isRight } from "@autotraj/core/plugin";
import { jsonOr } from "../run-folder.ts";
import { type PlacedLine, placedLines } from "./placed-lines.ts";
import { type RowFile, rowFilesIn, stampOfRowFile } from "./row-files.ts";

/** Rows read at a time; each chunk is one transaction. */
const CHUNK = 200;
const QUESTION_SHOWN = 200;
const ANSWER_SHOWN = 100;

export class RowFiller {
  readonly #index: DatabaseSync;
  readonly #folder: string;

  constructor(index: DatabaseSync, folder: string) {
    this.#index = index;
    this.#folder = folder;
  }

  /** In steps between which others may do something. */
  *pass(): Generator<void> {
    const files = rowFilesIn(this.#folder);
    this.#forgetAllBut(files);
    let changed = false;
    for (const file of files) {
      const stamp = stampOfRowFile(file);
      const known = this.#index.prepare("SELECT stamp, complete FROM row_files WHERE holds = ? AND name = ?").get(file.holds, file.name);
      if (known?.["stamp"] === stamp && known["complete"] === 1) continue;
      yield* this.#fill(file, stamp);
      changed = true;
    }
    if (changed) this.#spreadMargins();
  }

  #forgetAllBut(files: readonly RowFile[]): void {
    const known = this.#index.prepare("SELECT number, holds, name FROM row_files").all() as { number: number; holds: string; name: string }[];
    for (const { number, holds, name } of known)
      if (!files.some((file) => file.holds === holds && file.name === name)) {
        this.#forgetRows(number);
        this.#index.prepare("DELETE FROM row_files WHERE number = ?").run(number);
      }
  }

  #forgetRows(number: number): void {
    for (const table of ["pairs", "answers"]) this.#index.prepare(`DELETE FROM ${table} WHERE file = ?`).run(number);
  }

  *#fill(file: RowFile, stamp: string): Generator<void> {
    const number = this.#begin(file, stamp);
    const lines = placedLines(file.file);
    const judged = file.judged !== undefined && existsSync(file.judged) ? placedLines(file.judged) : undefined;
    try {
      for (let place = 0, ended = false; !ended; ) {
        this.#index.exec("BEGIN");
        for (const end = place + CHUNK; place < end; place++) {
          const line = lines.next();
          if (line.done === true) {
            ended = true;
            break;
          }
          const verdict = judged?.next().value as PlacedLine | undefined;
          if (file.holds === "pairs") this.#addPair(number, place, line.value, verdict?.text, file.judge);
          else this.#addAnswer(number, place, line.value);
        }
        this.#index.prepare("UPDATE row_files SET rows = ? WHERE number = ?").run(place, number);
        this.#index.exec("COMMIT");
        yield;
      }
    } finally {
      lines.return(undefined);
      judged?.return(undefined);
    }
    this.#index.prepare("UPDATE row_files SET complete = 1 WHERE number = ?").run(number);
  }

  #begin({ holds, name, file }: RowFile, stamp: string): number {
    this.#index
      .prepare(
        `INSERT INTO row_files (holds, name, file, stamp, complete) VALUES (?1, ?2, ?3, ?4, 0)
         ON CONFLICT (holds, name) DO UPDATE SET file = ?3, stamp = ?4, complete = 0, rows = 0`,
      )
      .run(holds, name, file, stamp);
    const { number } = this.#index.prepare("SELECT number FROM row_files WHERE holds = ? AND name = ?").get(holds, name) as { number: number };
    this.#forgetRows(number);
    return number;
  }

  #addPair(file: number, place: number, { text, at, bytes }: PlacedLine, verdict: string | undefined, judge: string | undefined): void {
    const { query, kind, edit, chosen, rejected } = fieldsOf(parsed(text));
    const { id, question, task } = fieldsOf(query);
    const [won, lost] = [chosen, rejected].map((side) => textOf(fieldsOf(side)["id"]) ?? "") as [string, string];
    const judgement = verdict === undefined ? undefined : judgementOf(fieldsOf(parsed(verdict)), won, lost);
    const { chosenScore = null, rejectedScore = null, rules } = judgement ?? {};
    const margin = chosenScore === null || rejectedScore === null ? null : chosenScore - rejectedScore;
    this.#insert("pairs", [
      ...[file, place, at, bytes, textOf(kind) ?? "repair", textOf(edit)],
      ...[textOf(id) ?? "", textOf(question)?.slice(0, QUESTION_SHOWN) ?? "", textOf(task)],
      ...[won, lost, chosenScore, rejectedScore, margin],
      ...[rules === undefined ? null : JSON.stringify(rules), judgement === undefined ? null : (judge ?? null)],
    ]);
  }

  #addAnswer(file: number, place: number, { text, at, bytes }: PlacedLine): void {
    const row = fieldsOf(parsed(text));
    const greedy = fieldsOf(row["greedy"]);
    const { question, task } = fieldsOf(greedy["query"]);
    const samples = listOf(row["samples"]);
    this.#insert("answers", [
      ...[file, place, at, bytes, textOf(row["id"]) ?? "", textOf(question)?.slice(0, QUESTION_SHOWN) ?? "", textOf(task)],
      ...[rightness(greedy), greedy["finish"] === undefined || greedy["finish"] === "failed" ? 1 : 0],
      ...[textOf(greedy["answer"])?.slice(0, ANSWER_SHOWN) ?? null, listOf(greedy["messages"]).filter(isResult).length],
      ...[samples.length, samples.reduce<number>((sum, sample) => sum + rightness(fieldsOf(sample)), 0)],
    ]);
  }

  #insert(table: "pairs" | "answers", values: readonly (string | number | null)[]): void {
    this.#index.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join(", ")})`).run(...values);
  }

  /** A pair of a data set that was held out has the margin that it was given there. Several reward models: the first one's. */
  #spreadMargins(): void {
    this.#index.exec("BEGIN");
    this.#index.exec(`
      UPDATE pairs SET (chosen_score, rejected_score, margin, rules, judge) = (NULL, NULL, NULL, NULL, NULL)
      WHERE file IN (SELECT number FROM row_files WHERE name NOT LIKE 'held out: %') AND judge IS NOT NULL`);
    const judged = this.#index
      .prepare("SELECT number FROM row_files WHERE holds = 'pairs' AND name LIKE 'held out: %' ORDER BY number DESC")
      .all() as { number: number }[];
    for (const { number } of judged)
      this.#index
        .prepare(
          `UPDATE pairs SET (chosen_score, rejected_score, margin, rules, judge) = (known.chosen_score, known.rejected_score, known.margin, known.rules, known.judge)
           FROM (SELECT * FROM pairs WHERE file = ?) known
           WHERE pairs.file NOT IN (SELECT number FROM row_files WHERE name LIKE 'held out: %')
             AND pairs.chosen = known.chosen AND pairs.rejected = known.rejected AND known.judge IS NOT NULL`,
        )
        .run(number);
    this.#index.exec("COMMIT");
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Files of rows are other people's too: what is not there, or is something else, is empty, never an error. */
function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function parsed(text: string): unknown {
  return jsonOr(text, undefined);
}

function isResult(message: unknown): boolean {
  return fieldsOf(message)["role"] === "tool";
}

function rightness({ scores }: Fields): number {
  const { value } = fieldsOf(fieldsOf(scores)["correctness"]);
  return typeof value === "number" && isRight({ value }) === true ? 1 : 0;
}

interface Judgement {
  readonly chosenScore: number | null;
  readonly rejectedScore: number | null;
  readonly rules?: Readonly<Record<string, number>>;
}

/** Undefined where the line is of another pair: the rows were written anew since. */
function judgementOf({ chosen, rejected, chosenScore, rejectedScore, rules }: Fields, won: string, lost: string): Judgement | undefined {
  if (chosen !== won || rejected !== lost) return undefined;
  const known = Object.entries(fieldsOf(rules)).filter((rule): rule is [string, number] => typeof rule[1] === "number");
  return {
    chosenScore: typeof chosenScore === "number" ? chosenScore : null,
    rejectedScore: typeof rejectedScore === "number" ? rejectedScore : null,
    ...(rules === null || rules === undefined ? {} : { rules: Object.fromEntries(known) }),
  };
}
