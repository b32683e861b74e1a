/** Does the answer follow from the last result? Sign and digits count; the tool's float noise is not an answer. */

import type { Score } from "@autotraj/core/plugin";
import { bare, type FinalAnswer } from "@autotraj/evidence/answer";
import { type MadeCall, succeeded } from "@autotraj/evidence/calls";
import { isTruth, isVerdict, says } from "@autotraj/evidence/says";
import { numbersIn } from "@autotraj/evidence/written-number";
import { brief } from "@autotraj/trajectory-text/brief";
import { fails, holds } from "./check.ts";

/** More decimals than anybody writes. */
const NOISE_DECIMALS = 12;
/** Formulas may be written in many ways: that two of them differ says nothing. */
const FORMULA = /\\(?!text|boxed)[a-zA-Z]+|[\^_=]|\p{L}\s*[+*/]|[+*/]\s*\p{L}/u;
const ASKS_TO_ROUND = /\b(?:round|nearest|approximat|about|estimate|whole|at least|at most|minimum|maximum|how many)\w*/i;

/** For computations; what was searched for is judged by whether it was found. */
export function follows(answer: FinalAnswer, calls: readonly MadeCall[], question: string): Score {
  if (calls.length === 0) return { skipped: "no tool was called" };
  const good = succeeded(calls);
  if (good.length === 0) return fails("no call succeeded, so nothing supports the answer", answer.place);
  if (answer.text.trim() === "") return { skipped: "there is no answer" };
  const telling = good.filter(({ result }) => !isVerdict(result.content) || isTruth(answer.text));
  const last = telling.at(-1) ?? good.at(-1);
  if (last === undefined || last.kind === "search") return { skipped: "the last result was found, not computed" };
  const { content } = last.result;
  if (answer.number === undefined) {
    if (says(content, answer, "written")) return holds;
    if (FORMULA.test(answer.text)) return { skipped: "the answer is a formula" };
    return fails(`the last result is ${short(content)}, the answer ${short(answer.text)}`, answer.place);
  }
  const { number } = answer;
  if (number.decimals >= NOISE_DECIMALS) return fails(`${short(answer.text)} is copied with the floating-point noise of its result`, answer.place);
  if (says(content, answer, ASKS_TO_ROUND.test(question) ? "any" : "written")) return holds;
  const near = numbersIn(content, "words").find(
    ({ value }) => value.numerator === -number.value.numerator && value.denominator === number.value.denominator,
  );
  const how = near === undefined ? "" : ", which has the other sign";
  return fails(`the last result is ${short(content)}, the answer ${short(bare(answer.text))}${how}`, answer.place);
}

function short(text: string): string {
  return brief(text, 60);
}
