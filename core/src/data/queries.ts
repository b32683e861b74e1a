/** Reads the questions: JSONL, one row at a time, in memory that does not grow with the file. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { AutoTrajError, isAutoTrajError, messageOf } from "../kernel/errors.ts";
import { exactDigits, isJsonObject } from "../kernel/json.ts";
import type { JsonObject, JsonValue, Query } from "../kernel/plugin.ts";
import { withoutSecretsIn } from "../kernel/redaction.ts";
import { nearest } from "../messages/nearest.ts";
import { placeText } from "../messages/place.ts";
import { whyUnreadable } from "../messages/unreadable.ts";
import { parseJson } from "./exact-json.ts";
import { nonBlankLines, type TextLine } from "./lines.ts";
import { RowIndex } from "./row-index.ts";

export interface QueriesSummary {
  readonly count: number;
  /** SHA-256 (hex) of the file's bytes. */
  readonly sha256: string;
}

const MOST_PROBLEMS = 20;

/**
 * Reads the whole file once and keeps nothing of it.
 * @throws ATRAJ_QUERIES_INVALID with the first 20 rows that are no questions or repeat an id.
 */
export async function checkQueries(file: string): Promise<QueriesSummary> {
  const hash = createHash("sha256");
  const ids = new RowIndex();
  const problems: string[] = [];
  let count = 0;
  let bad = 0;
  for await (const row of questionLines(file, (chunk) => hash.update(chunk))) {
    const { line } = row;
    count += 1;
    const { query, problem } = parseQuery(row);
    const earlier = query === undefined ? undefined : ids.add(query.id, line);
    if (earlier === undefined && problem === undefined) continue;
    bad += 1;
    if (problems.length < MOST_PROBLEMS)
      problems.push(`${problem ?? `the id "${query?.id}" is taken by line ${earlier} already`} (${placeText({ file, line })})`);
  }
  if (count > 0 && bad === 0) return { count, sha256: hash.digest("hex") };
  const more = bad > problems.length ? [`and ${bad - problems.length} more`] : [];
  throw invalid(file, `${count === 0 ? "it has no questions" : `${bad} of ${count} rows cannot be used`}.`, [...problems, ...more]);
}

/**
 * The questions, in the file's order.
 * @throws ATRAJ_QUERIES_INVALID at the first row that is no question. Repeated ids are found by {@link checkQueries} only.
 */
export async function* readQueries(file: string): AsyncGenerator<Query> {
  for await (const row of questionLines(file)) {
    const { query, problem } = parseQuery(row);
    if (query === undefined) throw invalid(file, "a row cannot be used.", [`${problem} (${placeText({ file, line: row.line })})`]);
    yield query;
  }
}

const KNOWN_FIELDS = ["id", "question", "answer", "answers", "task", "solution", "meta", "metadata"] as const;

type Parsed = { readonly query: Query; readonly problem?: undefined } | { readonly query?: undefined; readonly problem: string };

function parseQuery({ text, problem: unreadable }: TextLine): Parsed {
  if (unreadable !== undefined) return { problem: unreadable };
  let row: JsonValue;
  try {
    row = withoutSecretsIn(parseJson(text));
  } catch (error) {
    if (/^\[\s*$/.test(text))
      return { problem: "the file is one JSON list; write each question as an object in a line of its own, without the brackets" };
    if (!/^\s*[{["]/.test(text)) return { problem: "not JSON: a row begins with { and ends with }" };
    return { problem: `not JSON: ${messageOf(error).slice(0, 100)}` };
  }
  if (!isJsonObject(row)) return { problem: "not a JSON object" };
  const { id, question, answer, answers, task, solution, meta, metadata } = row;
  if (question === undefined || question === null) return { problem: noQuestion(Object.keys(row)) };
  if (typeof question !== "string") return { problem: '"question" is not a string' };
  if (question.trim() === "") return { problem: '"question" is empty' };
  if (id !== undefined && !isName(id)) return { problem: '"id" is neither a non-empty string nor a whole number' };
  for (const [name, value] of Object.entries({ task, solution })) {
    if (value !== undefined && value !== null && typeof value !== "string") return { problem: `"${name}" is not a string` };
  }
  for (const [name, value] of Object.entries({ meta, metadata })) {
    if (value !== undefined && value !== null && (typeof value !== "object" || Array.isArray(value)))
      return { problem: `"${name}" is not an object` };
  }
  const gold = readAnswers(answer, answers);
  if (typeof gold === "string") return { problem: gold };

  const others = Object.entries(row).filter(([key]) => !(KNOWN_FIELDS as readonly string[]).includes(key));
  const travelling: JsonObject = { ...Object.fromEntries(others), ...(metadata as JsonObject | null), ...(meta as JsonObject | null) };
  const query: Query = {
    id: id === undefined ? idOf(question, gold) : (exactDigits(id) ?? String(id)),
    question,
    answers: gold,
    ...(typeof task === "string" ? { task } : {}),
    ...(typeof solution === "string" ? { solution } : {}),
    ...(Object.keys(travelling).length > 0 ? { meta: travelling } : {}),
  };
  return { query };
}

/** `answer` and `answers` together, each once; or what is wrong with them. No gold answer is fine. */
function readAnswers(answer: JsonValue | undefined, answers: JsonValue | undefined): readonly string[] | string {
  const given = [answer ?? [], answers ?? []].flat() as JsonValue[];
  const texts = new Set<string>();
  for (const value of given) {
    const text = typeof value === "string" || typeof value === "number" ? String(value) : exactDigits(value);
    if (text === undefined) return "an answer is neither a string nor a number";
    texts.add(text);
  }
  return [...texts];
}

function isName(id: JsonValue): boolean {
  return (typeof id === "string" && id !== "") || Number.isSafeInteger(id) || /^-?\d+$/.test(exactDigits(id) ?? "");
}

function idOf(question: string, answers: readonly string[]): string {
  return `q-${createHash("sha256")
    .update(JSON.stringify([question, answers]))
    .digest("hex")
    .slice(0, 12)}`;
}

function noQuestion(keys: readonly string[]): string {
  const near = nearest("question", keys);
  return `no "question"${near === undefined ? ` (the row has: ${keys.slice(0, 8).join(", ") || "nothing"})` : `; "${near}" is most likely meant to be it`}`;
}

async function* questionLines(file: string, onBytes?: (chunk: Buffer) => void): AsyncGenerator<TextLine> {
  try {
    yield* nonBlankLines(file, onBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || isAutoTrajError(error)) throw error;
    throw invalid(file, code === "ENOENT" ? missing(file) : `${whyUnreadable(error)}.`, []);
  }
}

function missing(file: string): string {
  const near = existsSync(dirname(file)) ? nearest(basename(file), readdirSync(dirname(file))) : undefined;
  return `there is no such file.${near === undefined ? "" : ` Did you mean "${near}"?`}`;
}

function invalid(file: string, what: string, details: readonly string[]): AutoTrajError {
  const hint = `A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.`;
  return new AutoTrajError("ATRAJ_QUERIES_INVALID", { who: placeText({ file, line: 0 }), what, details, hint });
}
