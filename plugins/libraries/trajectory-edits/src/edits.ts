/**
 * Minimal-edit negatives: a good trajectory made wrong in one place, and consistent with itself everywhere else, as long and as well-formed as it was. Two
 * sides that differ in nothing but what is wrong leave a reward model no style to learn. What cannot be read exactly is not edited.
 */

import type { Trajectory } from "@autotraj/core/plugin";
import { textOrJson } from "@autotraj/core/rows";
import { finalAnswer, isAnswer } from "@autotraj/evidence/answer";
import { compare, decimal, negative, type Rational } from "@autotraj/rationals/rational";
import { changed, withAnswer, withProgram } from "./changes.ts";
import { written } from "./numbers.ts";
import { PRINTERS } from "./printed.ts";
import { droppedTerms, flippedSigns, hardCoded, repeatedTerms, type Variants, wordsIn } from "./programs.ts";
import { type Random, shuffled } from "./random.ts";
import { type Run, readRun } from "./run.ts";

/** What is wrong with the edited side. */
export type Edit = "flipped-sign" | "dropped-term" | "repeated-term" | "hard-coded" | "contradicted" | "failed-result";

type Make = (run: Run, random: Random) => Trajectory | undefined;

const EDITS: Readonly<Record<Edit, Make>> = {
  /** A number of the last call has the other sign; result and answer are what the call then gives. */
  "flipped-sign": computedAnew(flippedSigns),
  /** A term or factor of it is missing, or there twice. */
  "dropped-term": computedAnew(droppedTerms),
  "repeated-term": computedAnew(repeatedTerms),
  /** The last call holds its own result: the answer is right for the wrong reason. */
  "hard-coded": heldAnswer,
  /** One digit of the answer, wherever the last turn names it, is not that of the result. */
  contradicted,
  /** The last call failed, and the answer is given all the same. */
  "failed-result": failedResult,
};

/** All of them. */
export const EDIT_NAMES = Object.keys(EDITS) as readonly Edit[];

/** Drawn one from each: what makes trajectories shorter and what makes them longer as often. */
const DRAWN: readonly (readonly Edit[])[] = [
  ["flipped-sign"],
  ["dropped-term", "repeated-term"],
  ["hard-coded"],
  ["contradicted"],
  ["failed-result"],
];

/** Words that a side may have more or less than the other. */
const MOST_WORDS_APART = 4;

/** Undefined where this edit cannot be made of it. Id, scores and provenance are for the caller to change. */
export function edited(trajectory: Trajectory, edit: Edit, random: Random): Trajectory | undefined {
  const run = readRun(trajectory);
  const made = run === undefined ? undefined : EDITS[edit](run, random);
  return made !== undefined && Math.abs(wordsOf(made) - wordsOf(trajectory)) <= MOST_WORDS_APART ? made : undefined;
}

/** At most `count` different ones, drawn. */
export function drawnEdits(
  trajectory: Trajectory,
  count: number,
  random: Random,
): readonly { readonly edit: Edit; readonly trajectory: Trajectory }[] {
  const made: { edit: Edit; trajectory: Trajectory }[] = [];
  for (const edit of shuffled(DRAWN, random).map((edits) => shuffled(edits, random)[0] as Edit)) {
    const found = made.length < count ? edited(trajectory, edit, random) : undefined;
    if (found !== undefined) made.push({ edit, trajectory: found });
  }
  return made;
}

const MOST_TRIED = 40;

function computedAnew(variantsOf: Variants): Make {
  return (run, random) => {
    const { program, given, result, answer, turn } = run;
    const shown = result.content.trim();
    // Only of a program whose result is known here to the last digit can it be said what another one gives.
    const print = PRINTERS[run.language].find((printer) => printer(program)?.text === shown);
    if (print === undefined) return undefined;
    for (const other of variantsOf(program, random).slice(0, MOST_TRIED)) {
      const printed = print(other);
      if (printed === undefined || printed.text === shown || isGold(printed.value, run)) continue;
      const swaps = [
        { from: given, to: printed.value },
        ...(compare(answer.value, given) === 0 ? [] : [{ from: answer.value, to: printed.value, decimals: answer.decimals }]),
      ];
      const called = withCall(run, other, printed.text);
      const made = called && withAnswer(called, turn, swaps);
      if (made !== undefined) return made;
    }
    return undefined;
  };
}

function heldAnswer(run: Run, random: Random): Trajectory | undefined {
  const { program, language, result } = run;
  const held = hardCoded({ program, language, value: result.content.trim() }, random);
  return held === undefined ? undefined : withCall(run, held, result.content.trim());
}

function contradicted(run: Run, random: Random): Trajectory | undefined {
  const { trajectory, answer, turn } = run;
  const digits = written(answer.value, "where needed");
  if (digits === undefined) return undefined;
  const places = [...digits].flatMap((digit, at) => (/\d/.test(digit) ? [at] : []));
  for (const at of shuffled(places, random)) {
    const other = String((Number(digits[at]) + 1 + Math.floor(9 * random())) % 10);
    const text = `${digits.slice(0, at)}${other}${digits.slice(at + 1)}`;
    const size = decimal(text.replace("-", ""));
    const value = text.startsWith("-") ? negative(size) : size;
    if (/^-?0\d/.test(text) || /\..*0$/.test(text) || isGold(value, run) || isAnswer({ ...answer, value }, run.given, false)) continue;
    return withAnswer(trajectory, turn, [{ from: answer.value, to: value }]);
  }
  return undefined;
}

/** In few words, since a result has one. */
const FAILURES: Readonly<Record<Run["language"], readonly string[]>> = {
  python: ["MemoryError", "KeyboardInterrupt", "[memory limit]"],
  calculator: ["error", "[timeout]", "[division by zero]"],
};

function failedResult({ trajectory, result, language }: Run, random: Random): Trajectory | undefined {
  const [content = ""] = shuffled(FAILURES[language], random);
  return changed(trajectory, (message) => (message === result ? { ...result, content, ok: false } : message));
}

function withCall(run: Run, program: string, result: string): Trajectory | undefined {
  return changed(run.trajectory, (message, index) => {
    if (message.role === "assistant" && index === run.turn) return withProgram(message, run, program);
    return message === run.result ? { ...run.result, content: run.result.content.replace(run.result.content.trim(), result) } : message;
  });
}

function isGold(value: Rational, { trajectory }: Run): boolean {
  return trajectory.query.answers.some((gold) => {
    const { number } = finalAnswer({ ...trajectory, answer: gold });
    return number !== undefined && isAnswer(number, value, false);
  });
}

/** What is read of it: turns as they were sampled, otherwise their parts. */
function wordsOf({ messages }: Trajectory): number {
  return messages.reduce((sum, message) => {
    if (message.role !== "assistant" || message.text !== undefined) return sum + wordsIn((message as { text?: string }).text ?? message.content);
    const programs = (message.toolCalls ?? []).flatMap((call) => Object.values(call.arguments)).map(textOrJson);
    return sum + [message.reasoning ?? "", message.content, ...programs].reduce((words, text) => words + wordsIn(text), 0);
  }, 0);
}
