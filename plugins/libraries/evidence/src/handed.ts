/**
 * Does a call hand itself the answer? A call that holds it before the question or a result has given it proves nothing: `print(27)`, `x = 27`, a search
 * for the answer. One rule for the scorer that says so and the repairers that offer no such trajectory.
 */
import { withDigits } from "@autotraj/rationals/number-words";
import { absolute, compare } from "@autotraj/rationals/rational";
import { type Answer, bare, isAnswer, plain, standsIn } from "./answer.ts";
import { type MadeCall, withoutComments } from "./calls.ts";
import { fractionsIn, onlyFraction } from "./fraction.ts";
import { numbersIn, writingOf } from "./written-number.ts";

/** An operator between two things, a call of a function that makes more than another form of its argument, a fraction or base of two numbers, a loop, a condition. */
const OPERATION =
  /[\w)\]]\s*(?:\*\*|\/\/|[-+*/%×÷^<>])\s*[\w([{.-]|\b(?!(?:print|int|float|str|repr|list|tuple|set|round|Fraction|Decimal|abs)\b)[A-Za-z_]\w*\s*\(|\b(?:Fraction|int)\s*\([^(),]*,|\b(?:for|while|if|lambda)\b|[<>=!]=/;
/** Constants that programs hold for other reasons: counters, halves, hours, months, percentages, … */
const EVERYDAY: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 7, 10, 12, 24, 30, 52, 60, 100, 365, 1000]);
/** Words that stand in queries for other reasons. */
const TRUTHS = /^(?:yes|no|true|false)$/;

/** Whatever was computed above it. */
const PRINTS_A_NUMBER = /\nprint\([ \t]*[-+]?[\d_.]+[ \t]*\)$/;

/** Whether what a program prints last is a number written into it, below other lines. */
export function printsWrittenNumber(program: string): boolean {
  return PRINTS_A_NUMBER.test(withoutComments(program).trimEnd());
}

/** Whether a program computes anything: one that only names, converts and prints does not. */
export function hasOperation(program: string): boolean {
  return OPERATION.test(withoutComments(program));
}

/**
 * The first call that holds the answer before the question or a result has given it. Signs are not told apart: `-27` hands itself 27.
 * @param calls in order; what a failed one gave counts for nothing
 * @param among `all`, or only computations: a scorer may judge queries by what they found
 */
export function handedBy(
  answer: Answer,
  calls: readonly MadeCall[],
  { question, among }: { readonly question: string; readonly among: "all" | "computations" },
): MadeCall | undefined {
  if (isGivenBy(answer, question)) return undefined;
  for (const call of calls) {
    if (call.kind === "computation" && isHeldBy(answer, withoutComments(call.program ?? call.text))) return call;
    if (call.kind === "search" && among === "all" && isAskedFor(answer, call.text)) return call;
    if (call.result?.ok === true && isGivenBy(answer, call.result.content)) return undefined;
  }
  return undefined;
}

function isGivenBy({ number, text }: Answer, words: string): boolean {
  if (holdsFraction(words, bare(text))) return true;
  if (number === undefined) return standsIn(plain(text), words);
  const size = { ...number, value: absolute(number.value), percent: false };
  return numbersIn(withDigits(words), "words").some(({ value }) => isAnswer(size, absolute(value), false));
}

function isHeldBy({ number, text }: Answer, code: string): boolean {
  if (holdsFraction(code, bare(text))) return true;
  if (number === undefined) {
    const words = plain(text);
    return words.length > 1 && standsIn(words, code) && !/\b(?:if|else|for|while)\b|[<>=!]=|\[/.test(code);
  }
  const size = absolute(number.value);
  if (isEveryday(number) && OPERATION.test(code)) return false;
  return numbersIn(code, writingOf(code)).some(({ value }) => compare(absolute(value), size) === 0);
}

/** As it is written: 825/4500 does not hold 11/60, which it is equal to. */
function holdsFraction(text: string, answer: string): boolean {
  const sought = onlyFraction(answer);
  return sought !== undefined && fractionsIn(text).some(({ above, below }) => above === sought.above && below === sought.below);
}

/** A query is words, in which small numbers and a yes stand for other reasons. */
function isAskedFor(answer: Answer, query: string): boolean {
  const words = plain(answer.text);
  const tells = answer.number === undefined ? words.length > 1 && !TRUTHS.test(words) : !isEveryday(answer.number);
  return tells && isGivenBy(answer, query);
}

function isEveryday({ value }: NonNullable<Answer["number"]>): boolean {
  const size = absolute(value);
  return size.denominator === 1n && EVERYDAY.has(Number(size.numerator));
}
