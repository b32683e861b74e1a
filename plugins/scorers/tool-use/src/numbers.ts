/** Numbers written in digits, wherever they stand in a text, in the ways people and programs write them. */
import { over, type Rational, times, whole } from "@autotraj/rationals/rational";
import { decimals, rational } from "./written-numbers.ts";

/** A number and how many decimals it was written with; below 0 where it was written in thousands, millions, powers of ten. */
export interface Reading {
  readonly value: Rational;
  readonly decimals: number;
}

export interface WrittenNumber {
  /** As written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** What it says, without a sign; undefined for more digits than are worked with, and for what only looks like a number: `12.05.2024`. */
  readonly value: Rational | undefined;
  readonly decimals: number;
  /** What it may say as well: `1.234` is 1,234 in half of Europe, `5M` may be five million. */
  readonly readings: readonly Reading[];
  /** What it says where the separators separate numbers: `[100,200]` is two. */
  readonly parts: readonly WrittenNumber[];
  /** Its digits alone: 1.2 of `1.2 million`. */
  readonly mantissa: Rational | undefined;
  /** Written with a percent sign or word, or as so many `/100`. */
  readonly percent: boolean;
}

const SPACES = " \\u00a0\\u2009\\u202f";
/** Thousands: `1,234`, `1 234`, `1{,}234`, `1\,234`, `1'234`, `1_234`. */
const THOUSANDS = `\\d{1,3}(?:(?:,|\\{,\\}|\\\\,|['’_${SPACES}])\\d{3})+(?!\\d)`;
const POINTED_THOUSANDS = "\\d{1,3}(?:\\.\\d{3}){2,8}(?![.,]?\\d)|\\d{1,3}(?:\\.\\d{3}){1,8},\\d{1,6}(?![,\\d])";
/** Dates, versions, addresses: `12.05.2024`. */
const DOTTED = "\\d{1,4}(?:\\.\\d{1,4}){2,8}(?![.]?\\d)";
const DECIMAL_COMMA = "\\d+,\\d{1,2}(?![,.]?\\d)";
const EXPONENT = "(?:[eE][-+]?\\d{1,3}(?![\\p{L}\\d])|\\s?(?:[×x*·]|\\\\times|\\\\cdot)\\s?10(?:\\^|\\*\\*)\\{?-?\\d{1,3}\\}?)?";
const NUMBER = new RegExp(
  `(${POINTED_THOUSANDS})|(${DOTTED})|(${DECIMAL_COMMA})|((?:${THOUSANDS}|\\d+)(?:\\.\\d+)?|(?<![\\d.])\\.\\d+)(${EXPONENT})`,
  "gu",
);
const DIGITS = /\d+(?:\.\d+)?/g;
const PERCENT = /(?:\.{3}|…)?\s{0,2}(?:\\?(?:%|percent\b|per cent\b)|\/\s?100(?![.,]?\d))/y;
const MAGNITUDE_WORD = /[\s-]?(?:(thousand|million|billion|trillion)s?\b|(k|K|bn)(?![\p{L}\d]))/uy;
/** Millions after an amount of money; elsewhere perhaps a unit, a variable, a name. */
const MAGNITUDE_LETTER = /\s?([mMBT])(?![\p{L}\d])/uy;
const MONEY_BEFORE = /[$€£]\s?$/;
const POWERS = new Map<string, number>();
for (const [names, power] of [
  ["thousand k K", 3],
  ["million m M", 6],
  ["billion bn B", 9],
  ["trillion T", 12],
] as const) {
  for (const name of names.split(" ")) POWERS.set(name, power);
}
const LARGEST_EXPONENT = 400;

export function numbersIn(text: string): readonly WrittenNumber[] {
  return Array.from(text.matchAll(NUMBER), (match) => read(text, match));
}

function read(text: string, match: RegExpExecArray): WrittenNumber {
  const [written, pointed, dotted, comma, plain = "", exponent = ""] = match;
  if (dotted !== undefined) return dottedNumber(written, match.index);
  const start = match.index;
  const end = start + written.length;
  const digits = plain === "" ? (pointed ?? comma ?? "").replaceAll(".", "").replace(",", ".") : plain.replace(/[^\d.]/g, "");
  const mantissa = rational(digits);
  const isMoney = MONEY_BEFORE.test(text.slice(Math.max(0, start - 2), start));
  const [shift, possible] = exponent === "" ? magnitudeAfter(text, end, isMoney ? "surely" : "perhaps") : [exponentOf(exponent), 0];
  const readings: Reading[] = [];
  if (mantissa !== undefined && /^\d{1,3}\.\d{3}$/.test(digits)) readings.push({ value: times(mantissa, whole(1000n)), decimals: 0 });
  if (mantissa !== undefined && possible > 0) readings.push({ value: shifted(mantissa, possible), decimals: decimals(digits) - possible });
  PERCENT.lastIndex = end;
  return {
    text: written,
    start,
    end,
    value: mantissa === undefined ? undefined : shifted(mantissa, shift),
    decimals: decimals(digits) - shift,
    readings,
    parts: pointed !== undefined || comma !== undefined || exponent !== "" || /[^\d.]/.test(plain) ? partsOf(written, start) : [],
    mantissa,
    percent: PERCENT.test(text),
  };
}

function dottedNumber(text: string, start: number): WrittenNumber {
  const parts = partsOf(text, start, /\d+/g);
  return { text, start, end: start + text.length, value: undefined, decimals: 0, readings: [], parts, mantissa: undefined, percent: false };
}

function partsOf(written: string, start: number, pattern: RegExp = DIGITS): readonly WrittenNumber[] {
  return [...written.matchAll(pattern)].map((match) => ({
    text: match[0],
    start: start + match.index,
    end: start + match.index + match[0].length,
    value: rational(match[0]),
    decimals: decimals(match[0]),
    readings: [],
    parts: [],
    mantissa: undefined,
    percent: false,
  }));
}

/** The powers of ten that a word or letter after a number stands for (`1.2 million`, `5k`), and may stand for (`5M`). */
function magnitudeAfter(text: string, end: number, letters: "surely" | "perhaps"): readonly [shift: number, possible: number] {
  MAGNITUDE_WORD.lastIndex = end;
  const [, word, letter] = MAGNITUDE_WORD.exec(text) ?? [];
  if (word !== undefined || letter !== undefined) return [POWERS.get(word ?? letter ?? "") ?? 0, 0];
  MAGNITUDE_LETTER.lastIndex = end;
  const power = POWERS.get(MAGNITUDE_LETTER.exec(text)?.[1] ?? "") ?? 0;
  return letters === "surely" ? [power, 0] : [0, power];
}

function exponentOf(exponent: string): number {
  return Number(/-?\d{1,3}(?=\D*$)/.exec(exponent)?.[0] ?? 0);
}

/** Past what is worked with the power is left out. */
function shifted(value: Rational, places: number): Rational {
  if (Math.abs(places) > LARGEST_EXPONENT) return value;
  const scale = whole(10n ** BigInt(Math.abs(places)));
  return places < 0 ? over(value, scale) : times(value, scale);
}
