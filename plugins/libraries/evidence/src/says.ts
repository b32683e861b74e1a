/** Whether a result says an answer: the same number, rounded as it is written, or its words. */
import { type Answer, isAnswer, plain, standsIn } from "./answer.ts";
import { numbersIn } from "./written-number.ts";

/** What a check prints, not what was asked for. */
const TRUTHS = /^(?:true|false|none|ok)\.?$/i;

/** Whether a result is only a yes or a no to something. */
export function isVerdict(result: string): boolean {
  return TRUTHS.test(result.trim());
}

/** Whether an answer is only a yes or a no. */
export function isTruth(answer: string): boolean {
  return /^\W*(?:yes|no|true|false)\W*$/i.test(answer);
}

/** @param rounding `any`: a whole number may also have been rounded from the result; `written`: only decimals as it shows them. */
export function says(result: string, { number, text }: Answer, rounding: "any" | "written"): boolean {
  if (number !== undefined) return numbersIn(result, "words").some(({ value }) => isAnswer(number, value, rounding === "any"));
  return standsIn(plain(text), result) || (isTruth(text) && isVerdict(result) && isYes(text) === isYes(result));
}

function isYes(text: string): boolean {
  return /^\W*(?:yes|true)/i.test(text);
}
