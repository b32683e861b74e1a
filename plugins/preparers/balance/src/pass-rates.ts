/** Where pass rates come from: a JSONL file, or the questions themselves. */

import { PluginError, type Query } from "@autotraj/core/plugin";
import { RowProblem, readRows } from "@autotraj/json-lines/read-rows";
import { brief } from "@autotraj/trajectory-text/brief";

/** Shares of right answers in [0, 1]; undefined where none is known. */
export interface PassRates {
  of(query: Query): number | undefined;
  /** Rows that no question asked for; 0 without a file. */
  unused(): number;
  readonly rows: number;
}

/** Rates in the questions' own `meta`. */
export function metaPassRates(field: string): PassRates {
  return {
    rows: 0,
    unused: () => 0,
    of: ({ id, meta }) => {
      const value = meta?.[field];
      if (value === undefined || value === null) return undefined;
      if (isRate(value)) return value;
      throw new PluginError("PASS_RATE_INVALID", `the question "${id}" has ${JSON.stringify(value)} for a pass rate in its field "${field}".`, {
        hint: "A pass rate is a number from 0 to 1.",
      });
    },
  };
}

/** @throws PluginError when the file cannot be read, or with every row (the first twenty) that gives no question's rate or repeats one. */
export function readPassRates(path: string, field: string): PassRates {
  const byId = new Map<string, number>();
  const byQuestion = new Map<string, number>();
  const file = readRows({
    path,
    name: "the pass rates",
    codes: { unreadable: "PASS_RATES_NOT_FOUND", invalid: "PASS_RATES_INVALID" },
    hint: rowHint(field),
    read: (value) => {
      const { rate, id, question } = readRow(value, field);
      const [rates, key] = id === undefined ? [byQuestion, question] : [byId, id];
      if (rates.has(key)) throw new RowProblem(`is the second row of "${brief(key, 60)}".`);
      rates.set(key, rate);
    },
  });
  for (const _ of file);
  const rows = byId.size + byQuestion.size;
  if (rows === 0) throw new PluginError("PASS_RATES_INVALID", `${path} has no rows.`, { hint: rowHint(field) });
  const used = new Set<string>();
  return {
    rows,
    unused: () => rows - used.size,
    of: ({ id, question }) => {
      const rate = byId.get(id) ?? byQuestion.get(question.trim());
      if (rate !== undefined) used.add(byId.has(id) ? `id ${id}` : `question ${question.trim()}`);
      return rate;
    },
  };
}

type Row = { readonly rate: number } & (
  | { readonly id: string; readonly question?: undefined }
  | { readonly id?: undefined; readonly question: string }
);

function readRow(value: unknown, field: string): Row {
  if (typeof value !== "object" || value === null) throw new RowProblem("is not an object.");
  const { [field]: rate, id, question } = value as Record<string, unknown>;
  if (!isRate(rate)) throw new RowProblem(`has ${rate === undefined ? "nothing" : JSON.stringify(rate)} in "${field}", not a number from 0 to 1.`);
  if (typeof id === "string" || typeof id === "number") return { rate, id: String(id) };
  if (typeof question === "string" && question.trim() !== "") return { rate, question: question.trim() };
  throw new RowProblem("has neither an id nor a question.");
}

function rowHint(field: string): string {
  return `A row is {"id": …, "${field}": 0 to 1}, or has "question" in place of "id"; one row a question.`;
}

function isRate(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}
