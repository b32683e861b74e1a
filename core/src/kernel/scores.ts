/** What a scorer or a reward term gave for one trajectory, checked: only known fields, only numbers that can be averaged and compared. */
import { instead } from "../messages/nearest.ts";
import { shown } from "../messages/shown.ts";
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
  if (typeof row !== "object" || row === null || row instanceof Promise) {
    const fault = `"${by}" gave ${shown(row)} for a trajectory. A row names its dimensions: { ${names.map((name) => `${name}: { value }`).join(", ")} }`;
    return { scores: failedScores(names, fault), fault };
  }
  const given = row as Readonly<Record<string, unknown>>;
  const foreign = Object.keys(given).find((name) => !names.includes(name));
  if (foreign !== undefined) {
    const fault = `"${by}" gave a score for "${foreign}", which it does not declare. ${instead(foreign, names, "It declares")}`;
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
  const gave = (what: string, expected = "") => `"${by}" gave ${what} for "${name}"${expected}`;
  const number = `a number${range === undefined ? "" : ` from ${range[0]} to ${range[1]}`}`;
  const orElse = `A value is ${number}; where there is none, give { skipped: "why" } or { failed: "why" }`;
  if (typeof given === "number") return gave(`the bare number ${given}`, `. A score is an object: { value: ${given} }`);
  if (typeof given !== "object" || given === null) return gave(given === undefined ? "no score" : shown(given), `. ${orElse}`);
  const { failed, skipped, value, reason, spans } = given as Readonly<Record<string, unknown>>;
  if (failed !== undefined) return typeof failed === "string" ? { failed } : gave("no text as the reason of a failure");
  if (skipped !== undefined) return typeof skipped === "string" ? { skipped } : gave("no text as the reason of a skip");
  if (typeof value !== "number" || !Number.isFinite(value)) return gave(shown(value), `. ${orElse}`);
  if (range !== undefined && (value < range[0] || value > range[1]))
    return gave(String(value), `. A value is ${number}; a dimension that has another range declares it: { description, range: [least, most] }`);
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
