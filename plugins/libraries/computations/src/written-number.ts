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
  /** Characters [start, end) without the sign. */
  readonly start: number;
  readonly end: number;
}

/** What is read: words, in which commas group thousands and `at -5 degrees` is below zero; or code, in which `n -5` is a difference. */
export type Writing = "words" | "code";

const NUMBER: Readonly<Record<Writing, RegExp>> = {
  words: /(?<![\w.])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:(?<=\d)\.\d+|\.\d+|(?<=\d))(?:[eE][+-]?\d+)?/g,
  code: /(?<![\w.])(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w)/g,
};

export function numbersIn(text: string, writing: Writing): readonly WrittenNumber[] {
  const found: WrittenNumber[] = [];
  for (const match of text.matchAll(NUMBER[writing])) {
    const [written] = match;
    const [digits = "", exponent = "0"] = written.replace(/[,_]/g, "").toLowerCase().split("e");
    if (digits.length > MOST_DIGITS || Math.abs(Number(exponent)) > LARGEST_EXPONENT) continue;
    const size = times(decimal(digits), power(whole(10n), BigInt(exponent)));
    const end = match.index + written.length;
    found.push({
      value: isNegative(text, match.index, writing) ? negative(size) : size,
      percent: /^\s*(?:\\?%|percent\b)/.test(text.slice(end, end + 12)),
      decimals: (digits.split(".")[1] ?? "").length,
      start: match.index,
      end,
    });
  }
  return found;
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
