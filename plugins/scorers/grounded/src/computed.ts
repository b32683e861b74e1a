/** Was anything computed? A call that holds its own result proves nothing, and neither does one without an operation. */
import type { Score } from "@autotraj/core/plugin";
import { absolute, compare } from "@autotraj/rationals/rational";
import { type FinalAnswer, isAnswer, plain, standsIn } from "./answer.ts";
import { type MadeCall, succeeded, withoutComments } from "./calls.ts";
import { fails, holds, shown } from "./check.ts";
import { numbersIn, writingOf } from "./written-number.ts";

/** An operator between two things, a call of a function that makes more than another form of its argument, a loop, a condition. */
const OPERATION =
  /[\w)\]]\s*(?:\*\*|\/\/|[-+*/%×÷^<>])\s*[\w([{.-]|\b(?!(?:print|int|float|str|repr|list|tuple|set|round|Fraction|Decimal|abs)\b)[A-Za-z_]\w*\s*\(|\b(?:for|while|if|lambda)\b|[<>=!]=/;
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
  const good = succeeded(calls).filter(({ kind }) => kind === "computation");
  const last = good.at(-1);
  if (last === undefined) return { skipped: "nothing was computed" };
  const known = [question];
  for (const call of succeeded(calls)) {
    const fault = call.kind === "computation" && !isProven ? heldAnswer(answer, call, known.join("\n")) : undefined;
    if (fault !== undefined) return fails(fault, call.place);
    known.push(call.result.content);
  }
  // Some tools take no text, only numbers and a choice of what to do with them.
  const isProgram = last.program !== undefined;
  if (isProgram && !good.some(({ program = "" }) => OPERATION.test(withoutComments(program)))) return fails("no call has an operation", last.place);
  return holds;
}

/** Number words up to twenty in digits. */
function inDigits(text: string): string {
  return text.replace(/\p{L}+/gu, (word) => String(NUMBER_WORDS.get(word.toLowerCase()) ?? word));
}

function heldAnswer(answer: FinalAnswer, { program, text }: MadeCall, known: string): string | undefined {
  const code = withoutComments(program ?? text);
  const { number } = answer;
  if (number === undefined) {
    const words = plain(answer.text);
    const isHeld = words.length > 1 && standsIn(words, code) && !standsIn(words, known) && !/\b(?:if|else|for|while)\b|[<>=!]=|\[/.test(code);
    return isHeld ? `the call holds the answer ${JSON.stringify(answer.text)}` : undefined;
  }
  const size = absolute(number.value);
  if (size.denominator === 1n && EVERYDAY.has(Number(size.numerator)) && OPERATION.test(code)) return undefined;
  const isHeld = numbersIn(code, writingOf(code)).some(({ value }) => compare(absolute(value), size) === 0);
  const isGiven = numbersIn(inDigits(known), "words").some(({ value }) =>
    isAnswer({ value: size, decimals: number.decimals, percent: false }, absolute(value), false),
  );
  return isHeld && !isGiven ? `the call holds the answer ${shown(number.value)}, which the question does not give` : undefined;
}
