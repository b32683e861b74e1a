/** What a scorer or a reward term gave for one trajectory, checked: only known fields, only numbers that can be averaged and compared. */
import type { DimensionInfo, Score, Scores, Span } from "./plugin.ts";

/** A checked row, and what was wrong with it: every dimension that could not be read is a failed score, which is never treated as 0. */
export interface CheckedScores {
  readonly scores: Scores;
  /** The first fault; undefined where the row is as it should be. A scorer's own `failed` is no fault. */
  readonly fault?: string;
}

/** @param by the scorer's tap; a row of it may speak of `dimensions` only */
export function checkedScores(row: unknown, by: string, dimensions: Readonly<Record<string, DimensionInfo>>): CheckedScores {
  const names = Object.keys(dimensions);
  const given = typeof row === "object" && row !== null ? (row as Readonly<Record<string, unknown>>) : {};
  const foreign = Object.keys(given).find((name) => !names.includes(name));
  if (foreign !== undefined) {
    const fault = `"${by}" gave a score for "${foreign}", which it does not declare`;
    return { scores: failedScores(names, fault), fault };
  }
  let fault: string | undefined;
  const scores = names.map((name): [string, Score] => {
    const score = checkedScore(given[name], by, name, dimensions[name]?.range ?? [0, 1]);
    if (typeof score !== "string") return [name, score];
    fault ??= score;
    return [name, { failed: score }];
  });
  return { scores: Object.fromEntries(scores), ...(fault === undefined ? {} : { fault }) };
}

export function failedScores(names: readonly string[], why: string): Scores {
  return Object.fromEntries(names.map((name) => [name, { failed: why }]));
}

/** The score with its known fields only, or what is wrong with it. Without a range any finite number will do. */
export function checkedScore(given: unknown, by: string, name: string, range?: readonly [number, number]): Score | string {
  const gave = (what: string) => `"${by}" gave ${what} for "${name}"`;
  if (typeof given !== "object" || given === null) return gave("no score");
  const { failed, skipped, value, reason, spans } = given as Readonly<Record<string, unknown>>;
  if (failed !== undefined) return typeof failed === "string" ? { failed } : gave("no text as the reason of a failure");
  if (skipped !== undefined) return typeof skipped === "string" ? { skipped } : gave("no text as the reason of a skip");
  if (typeof value !== "number" || !Number.isFinite(value)) return gave(String(value));
  if (range !== undefined && (value < range[0] || value > range[1])) return `${gave(String(value))}, outside [${range[0]}, ${range[1]}]`;
  if (reason !== undefined && typeof reason !== "string") return gave("a reason that is no text");
  if (spans !== undefined && !(Array.isArray(spans) && spans.every(isSpan))) return gave("spans that are no list of { message, start, end }");
  return { value, ...(reason === undefined ? {} : { reason }), ...(spans === undefined ? {} : { spans: spans.map(spanOf) }) };
}

function isSpan(given: unknown): given is Span {
  const { message, start, end, note } = (given ?? {}) as Partial<Span>;
  return [message, start, end].every(Number.isSafeInteger) && (note === undefined || typeof note === "string");
}

function spanOf({ message, start, end, note }: Span): Span {
  return { message, start, end, ...(note === undefined ? {} : { note }) };
}
