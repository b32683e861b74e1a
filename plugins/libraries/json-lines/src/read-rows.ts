/** Files of JSON rows that people write for a plugin: examples, rates, solutions. What is wrong is said of all rows at once. */
import { PluginError } from "@autotraj/core/plugin";
import { linesIn } from "@autotraj/core/rows";

/** What is wrong with a row, as the end of a sentence that begins with its place: `has no question.` */
export class RowProblem extends Error {}

export interface RowFile<Row> {
  readonly path: string;
  /** What people call it: `the examples file`. */
  readonly name: string;
  /** Codes of the errors: no such file, bad rows. */
  readonly codes: { readonly unreadable: string; readonly invalid: string };
  /** How a row has to be. */
  readonly hint: string;
  /** @throws RowProblem */
  readonly read: (value: unknown, place: RowPlace) => Row;
}

export interface RowPlace {
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

const MOST_PROBLEMS = 20;

/**
 * The good rows, one by one: memory does not grow with the file. Those that a caller takes before the end may be of a file that is refused there.
 * @throws PluginError where the file cannot be read, and at its end with the bad rows (twenty at most) and what is wrong with each
 */
export function* readRows<Row>({ path, name, codes, hint, read }: RowFile<Row>): Generator<Row> {
  const problems: string[] = [];
  let bad = 0;
  for (const { text, line } of linesOf(path, name, codes.unreadable)) {
    const row = rowOf(text, { path, line }, read);
    if (!(row instanceof RowProblem)) yield row;
    else if (++bad <= MOST_PROBLEMS) problems.push(`${path}:${line} ${row.message}`);
  }
  if (bad === 0) return;
  throw new PluginError(codes.invalid, [...problems, ...(bad > MOST_PROBLEMS ? [`and ${bad - MOST_PROBLEMS} more`] : [])].join("\n"), { hint });
}

function rowOf<Row>(text: string, place: RowPlace, read: RowFile<Row>["read"]): Row | RowProblem {
  let value: unknown;
  try {
    value = JSON.parse(place.line === 1 ? text.replace(/^\uFEFF/, "") : text);
  } catch {
    return new RowProblem("is not JSON.");
  }
  try {
    return read(value, place);
  } catch (error) {
    if (error instanceof RowProblem) return error;
    throw error;
  }
}

function* linesOf(path: string, name: string, code: string): ReturnType<typeof linesIn> {
  const lines = linesIn(path);
  try {
    yield* lines;
  } catch (error) {
    const { code: failure } = error as NodeJS.ErrnoException;
    if (failure === undefined || error instanceof PluginError) throw error;
    throw new PluginError(code, `${name} ${path} cannot be read (${failure}).`, {
      hint: "Paths are relative to the preset that names them.",
      cause: error,
    });
  }
}
