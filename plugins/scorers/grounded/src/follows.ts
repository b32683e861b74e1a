/** Does the answer follow from the last result? Sign and digits count; the tool's float noise is not an answer. */

import type { FinalAnswer } from "@autotraj/computations/answer";
import { isAnswer, plain, standsIn } from "@autotraj/computations/answer";
import { type MadeCall, succeeded } from "@autotraj/computations/calls";
import { numbersIn } from "@autotraj/computations/written-number";
import type { Score } from "@autotraj/core/plugin";
import { fails, holds, shown } from "./check.ts";

/** More decimals than anybody writes. */
const NOISE_DECIMALS = 12;
/** What a check prints, not what was asked for. */
const TRUTHS = /^(?:true|false|none|ok)\.?$/i;
/** Formulas may be written in many ways: that two of them differ says nothing. */
const FORMULA = /\\(?!text|boxed)[a-zA-Z]+|[\^_=]|\p{L}\s*[+*/]|[+*/]\s*\p{L}/u;
const ASKS_TO_ROUND = /\b(?:round|nearest|approximat|about|estimate|whole|at least|at most|minimum|maximum|how many)\w*/i;

/** For computations; what was searched for is judged by whether it was found. */
export function follows(answer: FinalAnswer, calls: readonly MadeCall[], question: string): Score {
  if (calls.length === 0) return { skipped: "no tool was called" };
  const good = succeeded(calls);
  if (good.length === 0) return fails("no call succeeded, so nothing supports the answer", answer.place);
  if (answer.text.trim() === "") return { skipped: "there is no answer" };
  const telling = good.filter(({ result }) => !TRUTHS.test(result.content.trim()) || isTruth(answer.text));
  const last = telling.at(-1) ?? good.at(-1);
  if (last === undefined || last.kind === "search") return { skipped: "the last result was found, not computed" };
  const { content } = last.result;
  if (answer.number === undefined) {
    const words = plain(answer.text);
    if (standsIn(words, content) || (isTruth(answer.text) && TRUTHS.test(content.trim()) && isYes(answer.text) === isYes(content))) return holds;
    if (FORMULA.test(answer.text)) return { skipped: "the answer is a formula" };
    return fails(`the last result is ${brief(content)}, the answer ${brief(answer.text)}`, answer.place);
  }
  const { number } = answer;
  if (number.decimals >= NOISE_DECIMALS) return fails(`${brief(answer.text)} is copied with the floating-point noise of its result`, answer.place);
  const results = numbersIn(content, "words");
  if (results.some(({ value }) => isAnswer(number, value, ASKS_TO_ROUND.test(question)))) return holds;
  const near = results.find(({ value }) => value.numerator === -number.value.numerator && value.denominator === number.value.denominator);
  const how = near === undefined ? "" : ", which has the other sign";
  return fails(`the last result is ${brief(content)}, the answer ${shown(number.value)}${how}`, answer.place);
}

function isTruth(text: string): boolean {
  return /^\W*(?:yes|no|true|false)\W*$/i.test(text);
}

function isYes(text: string): boolean {
  return /^\W*(?:yes|true)/i.test(text);
}

function brief(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
