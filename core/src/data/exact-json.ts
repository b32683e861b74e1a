/**
 * JSON without loss: a number that a double does not hold (an integer beyond 2^53, a decimal of more digits, 1e400, 1e-400) stays what was written, as
 * `JSON.rawJSON`, which `JSON.stringify` writes again digit by digit. Everything else is as `JSON.parse` has it.
 */
import type { JsonValue } from "../kernel/plugin.ts";

/** Not yet in TypeScript's library for the year we compile to. */
const json = JSON as unknown as {
  rawJSON(text: string): { readonly rawJSON: string };
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
};

/** Only such a text can hold a number that a double cannot: the reviver costs five times the parsing. */
const LONG_NUMBER = /\d{16}|\d[\d.]{16}|\d[eE][+-]?\d{3}/;
/** Of digits that a double's expansion is asked for. */
const LONGEST_EXPANSION = 100;

/** @throws SyntaxError as `JSON.parse` does */
export function parseJson(text: string): JsonValue {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as JsonValue;
  const exact = (_key: string, value: unknown, { source = "" }: { readonly source?: string }): unknown =>
    typeof value === "number" && isLossy(value, source) ? json.rawJSON(source) : value;
  return json.parse(text, exact) as JsonValue;
}

function isLossy(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  // Integers may be ids: what is written again must be the same text.
  if (/^-?\d+$/.test(source)) return !Number.isSafeInteger(value) && String(value) !== source;
  if (source.length > LONGEST_EXPANSION) return true;
  const { digits } = decimal(source);
  if (digits === "") return false;
  // A text may say of a double more digits than it takes to know it: the double, expanded to as many, is then the same.
  return value === 0 || written(decimal(value.toPrecision(digits.length))) !== written(decimal(source));
}

interface Decimal {
  /** Without zeros at either end; "" for zero. */
  readonly digits: string;
  /** Where the point stands, counted from the first digit. */
  readonly point: number;
}

function decimal(text: string): Decimal {
  const [, whole = "", fraction = "", exponent = "0"] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = `${whole}${fraction}`;
  const digits = all.replace(/^0+/, "");
  return { digits: digits.replace(/0+$/, ""), point: whole.length + Number(exponent) - (all.length - digits.length) };
}

function written({ digits, point }: Decimal): string {
  return `${digits}e${point}`;
}
