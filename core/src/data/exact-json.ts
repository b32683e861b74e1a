/**
 * JSON without loss: a number whose digits a double cannot hold (an integer beyond 2^53, 1e400) stays what was written, as `JSON.rawJSON`, which
 * `JSON.stringify` writes again digit by digit. Everything else is as `JSON.parse` has it.
 */
import type { JsonValue } from "../kernel/plugin.ts";

/** Not yet in TypeScript's library for the year we compile to. */
const json = JSON as unknown as {
  rawJSON(text: string): { readonly rawJSON: string };
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
};

/** Only such a text can hold a number that a double cannot: the reviver costs five times the parsing. */
const LONG_NUMBER = /\d{16}|\d[eE]\+?\d{2}/;

/** @throws SyntaxError as `JSON.parse` does */
export function parseJson(text: string): JsonValue {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as JsonValue;
  const exact = (_key: string, value: unknown, { source = "" }: { readonly source?: string }): unknown =>
    typeof value === "number" && isLossy(value, source) ? json.rawJSON(source) : value;
  return json.parse(text, exact) as JsonValue;
}

function isLossy(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) && String(value) !== source;
}
