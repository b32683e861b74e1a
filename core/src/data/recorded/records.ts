/** Reads recorded trajectories: the rows of a log file, each turned into trajectories by a format. Bad rows are told apart, never guessed at. */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { AutoTrajError, messageOf } from "../../kernel/errors.ts";
import { exactDigits, isJsonObject } from "../../kernel/json.ts";
import type { Format, JsonValue, RecordedConversation, Trajectory } from "../../kernel/plugin.ts";
import { withoutSecretsIn } from "../../kernel/redaction.ts";
import { trajectoryId } from "../../kernel/trajectory/identity.ts";
import { NO_USAGE } from "../dataset-rows.ts";
import { parseJson } from "../exact-json.ts";
import { nonBlankLines, notUtf8 } from "../lines.ts";
import { textBytes } from "../text-files.ts";
import { checkTrajectory } from "../trajectory-schema.ts";
import { READING_RULES, type ReadingRules, readConversation } from "./conversation.ts";
import { outcomeOf } from "./outcome.ts";
import { PartPlaces } from "./part-places.ts";
import { type ReadingFormat, wouldRead } from "./reading-format.ts";

export interface RecordedRow {
  /** `logs.jsonl:12`, `logs.json[3]`. */
  readonly place: string;
  readonly recordings: readonly Recording[];
  /** Why the row cannot be used; it then has no recordings. */
  readonly problem?: string;
}

export interface Recording {
  readonly trajectory: Trajectory;
  /** The same for recordings that are candidates of one question. */
  readonly group: string;
}

export interface ReadingOptions {
  readonly rules?: ReadingRules;
  /** Path of the row's field that says which rows are candidates of one question: `instance_id`, `metadata.task`. Default: what was asked. */
  readonly groupBy?: string;
  /** Other formats by id, for the advice where a row is refused. */
  readonly others?: ReadonlyMap<string, ReadingFormat>;
  /** Sees the file's bytes. */
  readonly onBytes?: (chunk: Buffer) => void;
}

/** V8 holds no longer string. */
const LONGEST_TEXT = 500 * 2 ** 20;

/**
 * The rows of a .jsonl file one line at a time; of a .json file the elements of its array, or its one document; of any other file what the format's
 * `split` makes of it. Each may be packed with gzip. @throws ATRAJ_ROWS_INVALID, ATRAJ_TEXT_INVALID where the file as a whole cannot be read.
 */
export async function* readRecords(file: string, format: ReadingFormat, options: ReadingOptions = {}): AsyncGenerator<RecordedRow> {
  const { read } = format;
  if (read === undefined) throw invalid(file, "its format can only be written, not read.", "Name another format.");
  let index = 0;
  for await (const { row, place, problem, beginsAt } of rowsOf(file, format, options.onBytes)) {
    const told = problem === undefined ? readRow(read, row, index, place, options) : { place, recordings: [], problem };
    yield told.problem === undefined || beginsAt === undefined ? told : { ...told, place: beginsAt() };
    index++;
  }
}

interface RawRow {
  readonly row: JsonValue;
  readonly place: string;
  readonly problem?: string;
  /** Of a row that was made of several: where its first part stands. */
  readonly beginsAt?: () => string;
}

/** The file's rows, whole but unread. @throws as {@link readRecords} */
export async function* rowsOf(file: string, format: Pick<Format, "split" | "gather">, onBytes?: (chunk: Buffer) => void): AsyncGenerator<RawRow> {
  try {
    const rows = isLines(file, format) ? lineRows(file, onBytes) : wholeRows(file, format, onBytes);
    yield* format.gather === undefined ? rows : gathered(rows, format.gather, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof AutoTrajError || code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    throw invalid(file, code === "ENOENT" ? "there is no such file." : `it cannot be read (${code}).`, "Name a .jsonl, .json or text file.");
  }
}

/** A row that is no JSON stays one of its own; the others become whole ones. */
async function* gathered(rows: AsyncIterable<RawRow>, gather: NonNullable<Format["gather"]>, file: string): AsyncGenerator<RawRow> {
  const parts: RawRow[] = [];
  for await (const raw of rows) {
    if (raw.problem === undefined) parts.push(raw);
    else yield raw;
  }
  const places = new PartPlaces(parts);
  for (const [number, row] of gather(parts.map(({ row }) => row)).entries()) {
    const place = `${file}[${number}]`;
    yield { row, place, beginsAt: () => places.of(row) ?? place };
  }
}

function isLines(file: string, format: Pick<Format, "split">): boolean {
  const kind = kindOf(file);
  return kind !== ".json" && (format.split === undefined || kind === ".jsonl" || kind === ".ndjson");
}

/** The ending that tells how a file is cut into rows: `logs.jsonl.gz` is JSONL. */
function kindOf(file: string): string {
  const ending = extname(file).toLowerCase();
  return ending === ".gz" ? extname(file.slice(0, -ending.length)).toLowerCase() : ending;
}

async function* lineRows(file: string, onBytes?: (chunk: Buffer) => void): AsyncGenerator<RawRow> {
  let isFirst = true;
  for await (const { text, line, problem } of nonBlankLines(file, onBytes)) {
    if (isFirst && /^\s*[[{][\s[{]*$/.test(text))
      throw invalid(file, "it is one JSON document over many lines, and not a row a line.", "Name it .json, or write each row on a line of its own.");
    isFirst = false;
    const place = `${file}:${line}`;
    yield problem === undefined ? parsed(text, place) : { row: null, place, problem };
  }
}

async function* wholeRows(file: string, format: Pick<Format, "split">, onBytes?: (chunk: Buffer) => void): AsyncGenerator<RawRow> {
  if ((await stat(file)).size > LONGEST_TEXT) throw invalid(file, "it is too large to be read in one piece.", "Turn it into JSONL, one row a line.");
  const chunks: Buffer[] = [];
  for await (const chunk of textBytes(file, onBytes)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) throw invalid(file, `it is ${notUtf8(bytes)}.`, "All text is read as UTF-8 (or UTF-16).");
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  if (kindOf(file) !== ".json") {
    for (const [number, row] of (format.split?.(text) ?? []).entries()) yield { row, place: `${file}[${number}]` };
    return;
  }
  const { row, problem } = parsed(text, file);
  if (problem !== undefined) {
    throw invalid(file, `it is ${problem}.`, "A .json file holds one document or an array of rows; JSONL files are called .jsonl.");
  }
  if (!Array.isArray(row)) yield { row, place: file };
  else for (const [number, element] of row.entries()) yield { row: element, place: `${file}[${number}]` };
}

function parsed(text: string, place: string): RawRow {
  try {
    return { row: parseJson(text), place };
  } catch (error) {
    const advice = /[:[,]\s*-?(?:NaN|Infinity)\b/.test(text) ? "; NaN and Infinity, as Python writes them, are no JSON: write null" : "";
    return { row: null, place, problem: `not JSON: ${messageOf(error).slice(0, 100)}${advice}` };
  }
}

function readRow(read: NonNullable<Format["read"]>, row: JsonValue, index: number, place: string, options: ReadingOptions): RecordedRow {
  const refused = (problem: string): RecordedRow => {
    const other = wouldRead(row, options.others ?? new Map());
    return { place, recordings: [], problem: other === undefined ? problem : `${problem} The format "${other}" would read it.` };
  };
  try {
    const found = withoutSecretsIn(read(row, index));
    const conversations = Array.isArray(found) ? (found as readonly RecordedConversation[]) : [found as RecordedConversation];
    const outcome = outcomeOf(row);
    const named = options.groupBy === undefined ? undefined : fieldAt(row, options.groupBy);
    const recordings = conversations.map((conversation): Recording => {
      const { trajectory, group } = readConversation(conversation, options.rules ?? READING_RULES, outcome);
      return { trajectory: { id: trajectoryId(trajectory), ...trajectory, usage: trajectory.usage ?? NO_USAGE }, group: named ?? group };
    });
    const problem = recordings.map(({ trajectory }) => checkTrajectory(trajectory)).find((one) => one !== undefined);
    return problem === undefined ? { place, recordings } : refused(problem);
  } catch (error) {
    return refused(messageOf(error));
  }
}

/** @throws where the row has no such field */
function fieldAt(row: JsonValue, path: string): string {
  let value: JsonValue | undefined = row;
  for (const name of path.split(".")) value = isJsonObject(value) ? value[name] : undefined;
  const text = typeof value === "string" || typeof value === "number" ? String(value) : exactDigits(value);
  if (text === undefined || text === "") throw new Error(`${path}, by which rows are grouped, is missing.`);
  return `by ${path}: ${text}`;
}

/** What was asked, said and answered, whoever said it: two recordings of this hash are the same trajectory. */
export function spokenHash({ messages, answer, tools }: Trajectory): string {
  return createHash("sha256")
    .update(JSON.stringify([messages, answer ?? null, tools]))
    .digest("base64");
}

function invalid(file: string, what: string, hint: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_ROWS_INVALID", { who: file, what, hint });
}
