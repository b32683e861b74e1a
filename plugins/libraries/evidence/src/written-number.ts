/** Numbers in text and in code, with their signs, exactly. */
import { decimal, negative, over, power, type Rational, times, whole } from "@autotraj/rationals/rational";

const MOST_DIGITS = 400;
const LARGEST_EXPONENT = 64;

export interface WrittenNumber {
  /** With its sign. */
  readonly value: Rational;
  /** A percent sign stands behind it. */
  readonly percent: boolean;
  /** Digits behind the point. */
  readonly decimals: number;
  /** Letters that follow without a space: `5km`, and the last digit of `92b`. */
  readonly attached: string;
  /** Characters [start, end) without the sign. */
  readonly start: number;
  readonly end: number;
}

/** What is read: words, in which commas group thousands and `at -5 degrees` is below zero; or code, in which `n -5` is a difference. */
export type Writing = "words" | "code";

/** `0x2f`, `0b101`, `0o17`: as Python reads and prints them. */
const BASED = "0(?:[xX][\\da-fA-F]+|[bB][01]+|[oO][0-7]+)(?!\\w)";
const NUMBER: Readonly<Record<Writing, RegExp>> = {
  words: new RegExp(`(?<![\\w.])(?:${BASED}|(?:\\d{1,3}(?:,\\d{3})+(?!\\d)|\\d+)?(?:(?<=\\d)\\.\\d+|\\.\\d+|(?<=\\d))(?:[eE][+-]?\\d+)?)`, "g"),
  code: new RegExp(`(?<![\\w.])(?:${BASED}|(?:\\d[\\d_]*\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?(?!\\w))`, "g"),
};
/** `3a0` is neither 3 nor 0; `4x5` is 4 by 5. */
const HALF_A_WORD = /^(?!x\d)[A-Za-z_]{1,40}\d/;

export function numbersIn(text: string, writing: Writing): readonly WrittenNumber[] {
  const found: WrittenNumber[] = [];
  for (const { 0: written, index: start } of text.matchAll(NUMBER[writing])) {
    const end = start + written.length;
    const behind = text.slice(end, end + 41);
    const size = HALF_A_WORD.test(behind) ? undefined : sizeOf(written.replace(/[,_]/g, "").toLowerCase());
    if (size === undefined) continue;
    found.push({
      value: isNegative(text, start, writing) ? negative(size) : size,
      percent: /^\s*(?:\\?%|percent\b)/.test(behind),
      decimals: (/\.(\d+)/.exec(written)?.[1] ?? "").length,
      attached: /^[A-Za-z]*/.exec(behind)?.[0] ?? "",
      ...{ start, end },
    });
  }
  return found;
}

/** Undefined for a number of a size that nobody means. */
function sizeOf(written: string): Rational | undefined {
  if (/^0[xbo]/.test(written)) return written.length > MOST_DIGITS ? undefined : whole(BigInt(written));
  const [digits = "", exponent = "0"] = written.split("e");
  if (digits.length > MOST_DIGITS || Math.abs(Number(exponent)) > LARGEST_EXPONENT) return undefined;
  return times(decimal(digits), power(whole(10n), BigInt(exponent)));
}

/** Text without a letter is an expression as people write it. */
export function writingOf(program: string): Writing {
  return /\p{L}/u.test(program) ? "code" : "words";
}

/** A hundredth of it. */
export function hundredth(value: Rational): Rational {
  return over(value, whole(100n));
}

/** A minus is a sign where nothing stands before it that something could be taken from. */
function isNegative(text: string, at: number, writing: Writing): boolean {
  const before = text.slice(Math.max(0, at - 40), at).replace(/\$$/, "");
  const sign = /[-−]\s*$/.exec(before);
  if (sign === null) return false;
  const left = before.slice(0, sign.index);
  if (left.trim() === "") return true;
  const attached = /[-−]$/.test(before);
  if (writing === "words" && attached && /[\p{L}:,;]\s+$/u.test(left)) return true;
  if (writing === "code" && /\b(?:return|and|or|not|in|if|else)\s*$/.test(left)) return true;
  return !/[\w)\]}%"'!?°]\s*$/.test(left);
}
