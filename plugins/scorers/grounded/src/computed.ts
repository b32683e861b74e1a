/** Was anything computed? A call that holds its own result proves nothing, and neither does one without an operation. */

import { type FinalAnswer, isAnswer, plain, standsIn } from "@autotraj/computations/answer";
import { type MadeCall, succeeded, withoutComments } from "@autotraj/computations/calls";
import { numbersIn, writingOf } from "@autotraj/computations/written-number";
import type { Score } from "@autotraj/core/plugin";
import { absolute, compare } from "@autotraj/rationals/rational";
import { fails, holds, shown } from "./check.ts";

/** An operator between two things, a call of a function that makes more than another form of its argument, a loop, a condition. */
const OPERATION =
  /[\w)\]]\s*(?:\*\*|\/\/|[-+*/%×÷^<>])\s*[\w([{.-]|\b(?!(?:print|int|float|str|repr|list|tuple|set|round|Fraction|Decimal|abs)\b)[A-Za-z_]\w*\s*\(|\b(?:for|while|if|lambda)\b|[<>=!]=/;
/** Whatever was computed above it. */
const PRINTS_A_NUMBER = /\nprint\([ \t]*[-+]?[\d_.]+[ \t]*\)$/;
/** Constants that programs hold for other reasons: counters, halves, hours, months, percentages, … */
const EVERYDAY: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 7, 10, 12, 24, 30, 52, 60, 100, 365, 1000]);

const NUMBER_WORDS: ReadonlyMap<string, number> = new Map(
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
    .split(" ")
    .map((word, value) => [word, value]),
);

/** @param isProven the result is known to move with the question's quantities: a number like the answer is then in the call by chance */
export function computed(
  answer: FinalAnswer,
  calls: readonly MadeCall[],
  { question, isProven }: { readonly question: string; readonly isProven: boolean },
): Score {
  const good = succeeded(calls);
  const computations = good.filter(({ kind }) => kind === "computation");
  const last = computations.at(-1);
  if (last === undefined) return { skipped: "nothing was computed" };
  const holder = isProven ? undefined : holderOf(answer, good, question);
  if (holder !== undefined) return fails(`the call holds the answer ${shownAnswer(answer)}, which the question does not give`, holder.place);
  // Some tools take no text, only numbers and a choice of what to do with them.
  const isProgram = last.program !== undefined;
  if (PRINTS_A_NUMBER.test(withoutComments(last.program ?? "").trimEnd()))
    return fails("what the call prints is a number written into it", last.place);
  if (isProgram && !computations.some(({ program = "" }) => OPERATION.test(withoutComments(program))))
    return fails("no call has an operation", last.place);
  return holds;
}

/** The first call that holds the answer before the question or a result has given it. */
function holderOf(answer: FinalAnswer, good: readonly MadeCall[], question: string): MadeCall | undefined {
  if (isGivenBy(answer, question)) return undefined;
  for (const call of good) {
    if (call.kind === "computation" && isHeldBy(answer, withoutComments(call.program ?? call.text))) return call;
    if (isGivenBy(answer, call.result?.content ?? "")) return undefined;
  }
  return undefined;
}

function isGivenBy({ number, text }: FinalAnswer, words: string): boolean {
  if (number === undefined) return standsIn(plain(text), words);
  const size = { ...number, value: absolute(number.value), percent: false };
  return numbersIn(inDigits(words), "words").some(({ value }) => isAnswer(size, absolute(value), false));
}

function isHeldBy({ number, text }: FinalAnswer, code: string): boolean {
  if (number === undefined) {
    const words = plain(text);
    return words.length > 1 && standsIn(words, code) && !/\b(?:if|else|for|while)\b|[<>=!]=|\[/.test(code);
  }
  const size = absolute(number.value);
  if (size.denominator === 1n && EVERYDAY.has(Number(size.numerator)) && OPERATION.test(code)) return false;
  return numbersIn(code, writingOf(code)).some(({ value }) => compare(absolute(value), size) === 0);
}

/** Number words up to twenty in digits. */
function inDigits(text: string): string {
  return text.replace(/\p{L}+/gu, (word) => String(NUMBER_WORDS.get(word.toLowerCase()) ?? word));
}

function shownAnswer({ number, text }: FinalAnswer): string {
  return number === undefined ? JSON.stringify(text) : shown(number.value);
}
