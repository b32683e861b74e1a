/** Answers as they are compared: a number where it is one, otherwise its words. */
import type { Message, Span, Trajectory } from "@autotraj/core/plugin";
import { withDigits, withLeadingDigits } from "@autotraj/rationals/number-words";
import { compare, isWithin, negative, over, plus, type Rational, whole } from "@autotraj/rationals/rational";
import { placeOf } from "./calls.ts";
import { onlyFraction } from "./fraction.ts";
import { numbersIn, type WrittenNumber } from "./written-number.ts";

/** Longer texts around one number are sentences, not its unit. */
const LONGEST_UNIT = 24;

export interface Answer {
  readonly text: string;
  /** Where it is one number, with a unit or without. */
  readonly number: Pick<WrittenNumber, "value" | "decimals" | "percent" | "attached"> | undefined;
}

/** A trajectory's own, with its place in the last turn. */
export interface FinalAnswer extends Answer {
  readonly place: Span;
}

export function finalAnswer({ answer = "", messages }: Trajectory): FinalAnswer {
  const index = messages.findLastIndex(({ role }) => role === "assistant");
  const place = index < 0 ? { message: 0, start: 0, end: 0 } : placeOf(messages[index] as Message, index, answer);
  return { ...answerIn(answer), place };
}

/** Any answer as it is written: a trajectory's, or a gold one. */
export function answerIn(text: string): Answer {
  return { text, number: numberOf(text) };
}

/** Lower case, no articles, numbers in digits, no punctuation but what belongs to a number: as HotpotQA compares answers. */
export function plain(text: string): string {
  return withDigits(text.normalize("NFKC"))
    .toLowerCase()
    .replace(/(?<=\d),(?=\d{3})/g, "")
    .replace(/[^\p{L}\p{N}.%-]+|(?<!\d)\.|\.(?!\d)|-/gu, " ")
    .replace(/\b(?:a|an|the)\b/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

/** Whether the words stand in a text, as whole words. */
export function standsIn(words: string, text: string): boolean {
  return words !== "" && ` ${plain(text)} `.includes(` ${words} `);
}

/** One result's number against the answer's: equal, or rounded to as many decimals as the answer has. */
export function isAnswer({ value, decimals, percent }: NonNullable<Answer["number"]>, given: Rational, mayRound: boolean): boolean {
  const noise = { numerator: 1n, denominator: 10n ** 6n };
  const distance = decimals > 0 || mayRound ? over(whole(1n), whole(2n * 10n ** BigInt(Math.min(decimals, 9)))) : noise;
  const isNear = (other: Rational) => compare(other, value) === 0 || isWithin(other, value, distance);
  return isNear(given) || (percent && isNear({ numerator: given.numerator * 100n, denominator: given.denominator }));
}

/** An answer without what LaTeX puts around it. */
export function bare(answer: string): string {
  return answer
    .replace(/\\boxed\s*\{(.*)\}/s, "$1")
    .replace(/(?<=\d)\s*(?=\\[td]?frac\s*\{)/g, " ")
    .replace(/\\[td]?frac\s*\{\s*(-?\d+)\s*\}\s*\{\s*(\d+)\s*\}/g, "$1/$2")
    .replace(/\\(?:text|mathrm|textbf|mathbf)\s*\{([^{}]*)\}/g, " $1 ")
    .replace(/\\[,;!: ]/g, "")
    .replace(/\\?\$|[€£]/g, "")
    .trim();
}

function numberOf(answer: string): Answer["number"] {
  const text = withPlainUnit(withLeadingDigits(bare(answer)));
  const fraction = onlyFraction(text)?.value ?? mixed(text);
  if (fraction !== undefined) return { value: fraction, decimals: 9, percent: false, attached: "" };
  const [only, ...others] = numbersIn(text, "words");
  if (only === undefined || others.length > 0) return undefined;
  const around = `${text.slice(0, only.start)}${text.slice(only.end)}`.trim();
  return around.length > LONGEST_UNIT || /[=<>:^/*+(]/.test(around) ? undefined : only;
}

/** `2 1/2` and `-2 1/2`. */
function mixed(text: string): Rational | undefined {
  const [, sign, whole_, part = ""] = /^([-−]?)(\d{1,15})\s+(\d{1,6}\/\d{1,6})$/.exec(text) ?? [];
  const fraction = whole_ === undefined ? undefined : onlyFraction(part)?.value;
  if (whole_ === undefined || fraction === undefined) return undefined;
  const size = plus(whole(BigInt(whole_)), fraction);
  return sign === "" ? size : negative(size);
}

const UNIT_NAME = String.raw`(?:[\p{L}°]{2,12}|[mshgLlNJWVAKCF])\s?(?:[²³]|\^\s?\{?-?\d\}?)?`;
const COMPOUND_UNIT = new RegExp(String.raw`^([-−+]?[\d.,]*\d)\s*(${UNIT_NAME}(?:\s?[/·*]?\s?${UNIT_NAME}){0,4})$`, "u");

/** `16.67 m/s` and `9.8 m/s^2` are numbers; what divides and raises their units is nothing that was computed. */
function withPlainUnit(text: string): string {
  return text.replace(
    COMPOUND_UNIT,
    (_, number: string, unit: string) => `${number} ${unit.replace(/\^\s?\{?-?\d\}?|[²³]/g, "").replace(/[/·*]/g, " ")}`,
  );
}
