/** Whether a result says an answer: the same number, rounded as it is written, or its words. */
import { withDigits } from "@autotraj/rationals/number-words";
import { compare } from "@autotraj/rationals/rational";
import { type Answer, bare, isAnswer, plain, standsIn } from "./answer.ts";
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
export function says(given: string, answer: Answer, rounding: "any" | "written"): boolean {
  const { number, text } = answer;
  const result = withoutStatus(given);
  if (number !== undefined) return numbersSaid(result, number).some(({ value }) => isAnswer(number, value, rounding === "any"));
  const [complex] = complexIn(text);
  if (complex !== undefined) return complexIn(result).some((other) => equalComplex(complex, other));
  if (isTruth(text) && isVerdict(result)) return isYes(text) === isYes(result);
  return (standsIn(plain(text), result) && holdsNumbersOf(text, result)) || isListOf(text, result);
}

/** What a tool tells of itself is no result: an exit code, how long it took. */
function withoutStatus(result: string): string {
  return result
    .replace(/["'](?:exit_?code|return_?code|exit_?status|status(?:_?code)?|(?:duration|elapsed|time)(?:_?\w{1,12})?)["']\s*:\s*"?-?[\d.]+"?/gi, "")
    .replace(
      /^\W{0,3}(?:process |command )?(?:finished with )?(?:exit(?:ed)?|return(?:ed)?)(?: with)?[ _](?:code|status)[:= ]{1,3}-?\d+\W{0,3}$/gim,
      "",
    );
}

/** Numbers and nothing else, in any order: `\{3, 2\}` for `[2, 3]`. */
function isListOf(text: string, result: string): boolean {
  const list = /^(?:\\?\{)?\s*([-−\d.,;\s]*?(?:,?\sand\s[-−\d.]+)?)\s*(?:\\?\})?$/.exec(bare(text))?.[1];
  const sought = list === undefined ? [] : numbersIn(list, "words");
  const given = numbersIn(result, "words");
  const isIn = (one: readonly WrittenNumber[], other: readonly WrittenNumber[]) =>
    one.every(({ value }) => other.some((number) => compare(number.value, value) === 0));
  return sought.length > 1 && given.length === sought.length && isIn(sought, given) && isIn(given, sought);
}

/** What stands above a fraction is no result of its own, and 92b is not 92c. */
function numbersSaid(result: string, { attached }: NonNullable<Answer["number"]>): readonly Pick<WrittenNumber, "value">[] {
  const whole = onlyFraction(result);
  if (whole !== undefined) return [whole];
  const isOther = (unit: string) => attached !== "" && unit !== "" && unit.toLowerCase() !== attached.toLowerCase();
  return [...numbersIn(result, "words").filter((number) => !isOther(number.attached)), ...fractionsIn(result)];
}

/** With their signs, of which words know nothing. */
export function holdsNumbersOf(text: string, result: string): boolean {
  const given = numbersIn(withDigits(result), "words");
  return numbersIn(text, "words").every(({ value }) => given.some((other) => compare(other.value, value) === 0));
}

function isYes(text: string): boolean {
  return /^\W*(?:yes|true)/i.test(text);
}
