/** Whether a text gives an answer away that nobody is to be told. */
import { answerIn, isAnswer } from "@autotraj/evidence/answer";
import { numbersIn } from "@autotraj/evidence/written-number";
import { absolute } from "@autotraj/rationals/rational";

/** A text that contains one of the answers does, even where it is there by chance; so does a number equal to one, however it is written. */
export function givesAway(text: string, answers: readonly string[]): boolean {
  const shown = normalized(text);
  return answers.some((answer) => {
    const gold = normalized(answer);
    if (gold === "" ? answer !== "" && text.includes(answer) : shown.includes(gold)) return true;
    const { number } = answerIn(answer);
    if (number === undefined) return false;
    const size = { ...number, value: absolute(number.value) };
    return numbersIn(text, "words").some(({ value }) => isAnswer(size, absolute(value), false));
  });
}

/** `1,234`, `Paris.` and `\frac{1}{2}` are found however they are capitalised, spaced and punctuated. */
function normalized(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}.]/gu, "");
}
