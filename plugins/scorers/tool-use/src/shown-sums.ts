/** Sums that a text shows: `3 + 4 = 7`, `$15 + $6 = $21`, `20 minutes - 5 minutes = 15 minutes`, `20% of 60 = 12`, `3 \times 4 = 12`. */

import { absolute, compare, minus, over, type Rational, times, whole } from "@autotraj/rationals/rational";
import { evaluate } from "./arithmetic.ts";
import { numbersIn } from "./numbers.ts";
import { roundingOf } from "./written-numbers.ts";

export interface ShownSum {
  readonly start: number;
  /** Where the numbers it is made of stand. */
  readonly operands: readonly number[];
  /** Where its result stands. */
  readonly result: { readonly start: number; readonly end: number };
  /** The sum and its result as written. */
  readonly text: string;
  /** `wrong` only where the text cannot mean anything else. */
  readonly outcome: "right" | "wrong" | "unclear";
}

const LONGEST_SUM = 240;
const MOST_TERMS = 24;
const MOST_UNIT_WORDS = 4;
const HUNDRED = whole(100n);
const EQUALS = /(?<![=<>!:≠+\-*/])[=≈](?![=>])/g;
const RESULT = /[\s*_`~(]{0,8}(?:approximately |about |roughly )?[-−]?\s?[$€£]?\s?(?=\.?\d)/y;
/** After a result: it goes on as a sum, as a variable, or counts in another way. */
const NOT_THE_RESULT = /\s*[-+*/×÷·^−]\s*[\d($€£\p{L}]|\s*[–xX]\s?[\d($€£]|[\p{L}_]|\s*[(]?\s*(?:mod|remainder|[rR]\b|o'clock|[ap]\.?m\b)/uy;

export function shownSums(text: string): readonly ShownSum[] {
  const plain = withoutMarkup(text);
  const sums: ShownSum[] = [];
  let from = 0;
  for (const { 0: sign, index } of plain.matchAll(EQUALS)) {
    const reach = Math.max(from, index - LONGEST_SUM);
    const sum = sumBefore(plain, reach + plain.slice(reach, index).lastIndexOf("\n") + 1, index, sign);
    if (sum !== undefined) sums.push({ ...sum, text: text.slice(sum.start, sum.result.end) });
    from = index + 1;
  }
  return sums;
}

/** LaTeX and Markdown as plain signs, every character in its place. */
function withoutMarkup(text: string): string {
  if (!/[\\*`]/.test(text)) return text;
  return text
    .replace(/\\[dt]?frac\{([\d., ]{1,20})\}\{([\d., ]{1,20})\}/g, (all, above: string, below: string) =>
      `(${above})/(${below})`.padStart(all.length),
    )
    .replace(/\\(?:times|cdot)(?![A-Za-z])/g, (all) => "*".padEnd(all.length))
    .replace(/\\div(?![A-Za-z])/g, (all) => "/".padEnd(all.length))
    .replace(/\\approx(?![A-Za-z])/g, (all) => "≈".padEnd(all.length))
    .replace(/\\(?:left|right|boxed|text|mathrm|mathbf|textbf|quad|,|;|!|\(|\)|\[|\]|\$|%)/g, (all) =>
      /[$%]$/.test(all) ? ` ${all.at(-1)}` : " ".repeat(all.length),
    )
    .replace(/(?<![\d\s)])\*\*(?=[\d$(])|(?<=[\d)])\*\*(?![\d(])/g, "  ")
    .replace(/[{}`]/g, " ");
}

function sumBefore(text: string, from: number, equals: number, sign: string): Omit<ShownSum, "text"> | undefined {
  RESULT.lastIndex = equals + 1;
  const gap = RESULT.exec(text);
  if (gap === null) return undefined;
  const start = equals + 1 + gap[0].length;
  const [number] = numbersIn(text.slice(start, start + 60));
  if (number?.start !== 0 || number.value === undefined) return undefined;
  const result = { start, end: start + number.end };
  const tokens = tokensOf(text, from, equals);
  const atLineStart = from === 0 || text[from - 1] === "\n";
  const [longest, ...others] = readBackwards(tokens, atLineStart);
  if (longest === undefined) return undefined;
  const values = number.percent ? [number.value, over(number.value, HUNDRED)] : [number.value];
  // `3 / 21 * 100% = 14.28`: the percent sign is the result's.
  if (tokens.at(-1)?.kind === "percent" && tokens.at(-2)?.text === "100" && !number.percent) values.push(over(number.value, HUNDRED));
  const decimals = Math.max(0, number.decimals);
  // Last, because `60 / 3/4` is the unusual reading of the two.
  const readings = [longest, ...others, ...readBackwards(withTightDivisors(tokens), atLineStart)];
  const fitting = readings.find(({ value }) => values.some((stated, index) => isNear(value, stated, decimals + 2 * index)));
  NOT_THE_RESULT.lastIndex = result.end;
  const isResult = !NOT_THE_RESULT.test(text) && number.decimals >= 0 && !gap[0].includes("(");
  if (fitting !== undefined) return { start: fitting.start, operands: fitting.operands, result, outcome: "right" };
  const isCut = equals - from >= LONGEST_SUM;
  const wrong = isResult && sign === "=" && longest.plain && !number.percent && !isCut;
  return { start: longest.start, operands: longest.operands, result, outcome: wrong ? "wrong" : "unclear" };
}

/** Less than one unit of the last decimal apart, so that rounding down counts too. Signs are not compared. */
function isNear(exact: Rational, stated: Rational, decimals: number): boolean {
  return compare(absolute(minus(absolute(exact), stated)), times(roundingOf(decimals), whole(2n))) < 0;
}

interface Token {
  readonly kind: "number" | "word" | "operator" | "open" | "close" | "percent" | "other";
  readonly at: number;
  readonly text: string;
  /** Cannot mean anything else, as a number with a letter glued to it can, `1.234`, a time (`0730`) or a percentage (`100 + 10%`). */
  readonly plain: boolean;
}

const TOKEN =
  /(?<mixed>\d{1,4}\s(?:and\s)?\d{1,4}\/\d{1,4}(?![\d/]))|(?<number>(?:\d{1,3}(?:[, \u00a0\u202f]\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)|(?<word>\p{L}[\p{L}'’]*)|(?<operator>\*\*|[-+*/×÷·−–^])|(?<open>\()|(?<close>\))|(?<percent>%)|(?<money>[$€£])|(?<other>\S)/gu;
const OPERATORS = new Map(
  [..."×·xX"]
    .map((sign) => [sign, "*"])
    .concat([
      ["÷", "/"],
      ["−", "-"],
      ["–", "-"],
      ["^", "**"],
      ["times", "*"],
    ]) as [string, string][],
);

function tokensOf(text: string, from: number, to: number): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of text.slice(from, to).matchAll(TOKEN)) {
    const [written] = match;
    const at = from + match.index;
    const { mixed, number, word, operator, open, close, percent, money } = match.groups ?? {};
    const letterBefore = /[\p{L}_]/u.test(text[at - 1] ?? "");
    const lettersAround = letterBefore || /[\p{L}_\d]/u.test(text[at + written.length] ?? "");
    if (money !== undefined) continue;
    if (number !== undefined)
      tokens.push({ kind: "number", at, text: number.replace(/[^\d.]/g, ""), plain: !letterBefore && !/^0\d|^\d{1,3}\.\d{3}$/.test(number) });
    else if (mixed !== undefined) tokens.push({ kind: "number", at, text: `(${mixed.replace(/\s(?:and\s)?/, "+")})`, plain: false });
    else if (word !== undefined && OPERATORS.has(word)) tokens.push({ kind: "operator", at, text: "*", plain: !lettersAround });
    else if (word === "of" && tokens.at(-1)?.kind === "percent") tokens.push({ kind: "operator", at, text: "*", plain: true });
    else if (word !== undefined) tokens.push({ kind: "word", at, text: word.toLowerCase(), plain: true });
    else if (operator !== undefined) tokens.push({ kind: "operator", at, text: OPERATORS.get(operator) ?? operator, plain: true });
    else if (open !== undefined) tokens.push({ kind: "open", at, text: open, plain: !letterBefore });
    else if (close !== undefined) tokens.push({ kind: "close", at, text: close, plain: true });
    else tokens.push({ kind: percent === undefined ? "other" : "percent", at, text: written, plain: percent === undefined });
  }
  return tokens;
}

/** `60 / 3/4` with the divisor as one fraction: the tight slash binds. */
function withTightDivisors(tokens: readonly Token[]): readonly Token[] {
  const isSlash = (token: Token | undefined) => token?.text === "/";
  const isTight = (index: number) =>
    isSlash(tokens[index]) &&
    tokens[index - 1]?.kind === "number" &&
    tokens[index + 1]?.kind === "number" &&
    tokens[index + 1]?.at === (tokens[index]?.at ?? 0) + 1;
  return tokens.flatMap((token, index) => {
    const parentheses = (text: string, kind: Token["kind"]) => ({ kind, at: token.at, text, plain: false });
    if (token.kind === "number" && isSlash(tokens[index - 1]) && !isTight(index - 1) && isTight(index + 1)) return [parentheses("(", "open"), token];
    if (token.kind === "number" && isTight(index - 1) && isSlash(tokens[index - 3]) && !isTight(index - 3)) return [token, parentheses(")", "close")];
    return [token];
  });
}

interface Reading {
  readonly start: number;
  readonly value: Rational;
  readonly operands: readonly number[];
  readonly plain: boolean;
}

/** Words before a sum that change nothing about it. */
const HARMLESS = new Set(
  "is are was were be have has had so then thus therefore hence gives give get gets got makes make made that we he she it they you i".split(" "),
);

/** The sums that end where the tokens end, the longest first: words after a number are its unit, `/hour` too. */
function readBackwards(tokens: readonly Token[], atLineStart: boolean): readonly Reading[] {
  const readings: Reading[] = [];
  const reversed: string[] = [];
  const operands: number[] = [];
  let [depth, words, plain, percent, wantsOperand] = [0, 0, true, false, true];
  let index = tokens.length - 1;
  const say = () => {
    const value = depth === 0 ? evaluate(reversed.toReversed().join(" ")) : undefined;
    if (value !== undefined) readings.unshift({ start: tokens[index]?.at ?? 0, value, operands: operands.toReversed(), plain });
  };
  for (; index >= 0 && operands.length < MOST_TERMS; index--) {
    const { kind, at, text, plain: clear } = tokens[index] as Token;
    plain &&= clear;
    if (wantsOperand) {
      if (kind === "number") {
        reversed.push(percent ? `(${text}/100)` : text);
        operands.push(at);
        [words, percent, wantsOperand] = [0, false, false];
        say();
      } else if (kind === "close" && words === 0 && !percent) {
        reversed.push(")");
        depth++;
      } else if (kind === "percent" && !percent) percent = true;
      else if ((kind === "word" && ++words <= MOST_UNIT_WORDS) || (text === "/" && words > 0)) plain = false;
      else break;
    } else if (kind === "operator") {
      reversed.push(text);
      wantsOperand = true;
    } else if (kind === "open" && depth > 0) {
      reversed.push("(");
      depth--;
      say();
    } else if (kind === "number" && reversed.at(-1) === "(") {
      // `1/2 (68)`
      reversed.push("*", text);
      operands.push(at);
      plain = false;
      say();
    } else if (kind === "close") {
      // `(1/2) 68`
      reversed.push("*", ")");
      depth++;
      [wantsOperand, plain] = [true, false];
    } else break;
  }
  const [longest, ...others] = readings;
  if (longest === undefined) return [];
  return [{ ...longest, plain: longest.plain && plain && standsAlone(tokens, index, wantsOperand, atLineStart) }, ...others];
}

/** Nothing before the sum has a part in it. */
function standsAlone(tokens: readonly Token[], index: number, wantsOperand: boolean, atLineStart: boolean): boolean {
  const before = tokens[index];
  // `- 3 + 4 = 7`: a list's dash.
  if (wantsOperand) return before === undefined && atLineStart;
  if (before === undefined) return true;
  if (before.kind === "word") return HARMLESS.has(before.text);
  if (before.kind === "open") return before.plain && (tokens[index - 1]?.kind ?? "other") !== "operator";
  return before.kind === "other" && /[:;,.!?]/.test(before.text) && before.at + 1 < (tokens[index + 1]?.at ?? 0);
}
