/** Which format a log is written in: every format says how surely it knows the first rows. */
import { AutoTrajError } from "../../kernel/errors.ts";
import { isJsonObject } from "../../kernel/json.ts";
import type { Format, JsonValue } from "../../kernel/plugin.ts";
import { type ReadingFormat, SURE } from "./reading-format.ts";
import { rowsOf } from "./records.ts";

const ROWS_LOOKED_AT = 20;

/**
 * The id of the format that knows the file's first rows best; the first of equals.
 * @throws ATRAJ_ROWS_INVALID where none does, with the fields of the first row; what {@link rowsOf} throws
 */
export async function detectFormat(file: string, formats: ReadonlyMap<string, ReadingFormat>): Promise<string> {
  const readers = [...formats].filter(([, { read }]) => read !== undefined);
  const { rows: lines, problem } = await firstRows(file, {});
  const known: (Knowledge & { readonly id: string })[] = [];
  for (const [id, { recognizes = () => 0, split }] of readers) {
    known.push({ id, ...knowledgeOf(split === undefined ? lines : (await firstRows(file, { split })).rows, recognizes) });
  }
  const [best] = known.sort((a, b) => b.mean - a.mean);
  if (best !== undefined && best.share >= 0.5) return best.id;
  const isUnread = known.every(({ rows }) => rows === 0);
  if (isUnread && problem === undefined)
    throw new AutoTrajError("ATRAJ_ROWS_INVALID", { who: file, what: "it has no rows.", hint: "Name a file with a recorded conversation a line." });
  throw new AutoTrajError("ATRAJ_ROWS_INVALID", {
    who: file,
    ...(isUnread && problem !== undefined ? { details: [problem] } : {}),
    what: `no format knows its first rows${fieldsOf(lines[0])}.`,
    hint: `Name one with --format (${readers.map(([id]) => id).join(", ") || "none is installed"}), or turn the rows into OpenAI messages: {"messages": [{"role", "content"}, …]}.`,
  });
}

function fieldsOf(row: JsonValue | undefined): string {
  if (row === undefined) return "";
  return isJsonObject(row)
    ? ` (the first one has: ${Object.keys(row).slice(0, 12).join(", ") || "nothing"})`
    : ` (the first one is ${Array.isArray(row) ? "a list: rows in a list belong into a .json file" : "no object"})`;
}

interface Knowledge {
  readonly rows: number;
  /** How surely it knows a row, on average. */
  readonly mean: number;
  /** The share of rows that it would read. */
  readonly share: number;
}

interface FirstRows {
  /** Those that are JSON at all, as they lie in the file. */
  readonly rows: readonly JsonValue[];
  /** Why the first one that is none cannot be read. */
  readonly problem?: string;
}

async function firstRows(file: string, format: Pick<Format, "split">): Promise<FirstRows> {
  const rows: JsonValue[] = [];
  let first: string | undefined;
  for await (const { row, place, problem } of rowsOf(file, format)) {
    if (problem === undefined) rows.push(row);
    else first ??= `${place} ${problem}`;
    if (rows.length >= ROWS_LOOKED_AT) break;
  }
  return first === undefined ? { rows } : { rows, problem: first };
}

/** One odd row among good ones decides nothing. */
function knowledgeOf(first: readonly JsonValue[], recognizes: (row: JsonValue) => number): Knowledge {
  const sure = first.map(recognizes);
  const rows = Math.max(sure.length, 1);
  return { rows: first.length, mean: sure.reduce((sum, one) => sum + one, 0) / rows, share: sure.filter((one) => one >= SURE).length / rows };
}
