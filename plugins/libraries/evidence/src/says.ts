/** Whether a result says an answer: the same number, rounded as it is written, or its words. */
import { compare } from "@autotraj/rationals/rational";
import { type Answer, isAnswer, plain, standsIn } from "./answer.ts";
import { complexIn, equalComplex } from "./complex-number.ts";
import { fractionsIn, onlyFraction } from "./fraction.ts";
import { numbersIn, type WrittenNumber } from "./written-number.ts";

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
export function says(result: string, answer: Answer, rounding: "any" | "written"): boolean {
  const { number, text } = answer;
  if (number !== undefined) return numbersSaid(result, number).some(({ value }) => isAnswer(number, value, rounding === "any"));
  const [complex] = complexIn(text);
  if (complex !== undefined) return complexIn(result).some((other) => equalComplex(complex, other));
  if (isTruth(text) && isVerdict(result)) return isYes(text) === isYes(result);
  return standsIn(plain(text), result) && holdsNumbersOf(text, result);
}

/** What stands above a fraction is no result of its own, and 92b is not 92c. */
function numbersSaid(result: string, { attached }: NonNullable<Answer["number"]>): readonly Pick<WrittenNumber, "value">[] {
  const whole = onlyFraction(result);
  if (whole !== undefined) return [whole];
  const isOther = (unit: string) => attached !== "" && unit !== "" && unit.toLowerCase() !== attached.toLowerCase();
  return [...numbersIn(result, "words").filter((number) => !isOther(number.attached)), ...fractionsIn(result)];
}

/** With their signs, of which words know nothing. */
function holdsNumbersOf(text: string, result: string): boolean {
  const given = numbersIn(result, "words");
  return numbersIn(text, "words").every(({ value }) => given.some((other) => compare(other.value, value) === 0));
}

function isYes(text: string): boolean {
  return /^\W*(?:yes|true)/i.test(text);
}
