/** What has to be understood of a good trajectory before anything in it can be changed. */

import type { ToolCall, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { type FinalAnswer, finalAnswer, isAnswer } from "@autotraj/evidence/answer";
import { type MadeCall, madeCalls, succeeded } from "@autotraj/evidence/calls";
import { numbersIn, writingOf } from "@autotraj/evidence/written-number";
import { absolute, compare, type Rational } from "@autotraj/rationals/rational";
import { callsByResult } from "@autotraj/trajectory-text/pairing";

/** A trajectory whose answer is the one number that its last call gave. */
export interface Run {
  readonly trajectory: Trajectory;
  /** Of the last call: its program, the name of the argument that holds it, and the message it stands in. */
  readonly program: string;
  readonly argument: string;
  readonly call: ToolCall;
  readonly turn: number;
  readonly result: ToolMessage;
  /** What the last call gave, and the answer, which may be that rounded. */
  readonly given: Rational;
  readonly answer: NonNullable<FinalAnswer["number"]>;
  /** Python's floats have a point (`2.0`); a calculator's numbers mostly where they need one. */
  readonly language: "python" | "calculator";
}

/** Longer ones are read by nobody in one sitting, and would be tried again for each of their numbers. */
const LONGEST_PROGRAM = 2000;
const ONE_NUMBER = /^-?\d+(?:\.\d+)?$/;

/** Undefined where the trajectory is another one: not well-formed, without a computation at its end, with an answer in words or one that something else gave. */
export function readRun(trajectory: Trajectory): Run | undefined {
  const { messages, finish, faults, query } = trajectory;
  const end = messages.at(-1);
  if (finish !== "answer" || faults.length > 0 || end?.role !== "assistant" || (end.toolCalls ?? []).length > 0) return undefined;
  const calls = madeCalls(trajectory, []);
  const last = calls.at(-1);
  const answer = finalAnswer(trajectory).number;
  if (last?.kind !== "computation" || last.program === undefined || last.result?.ok !== true || answer === undefined) return undefined;
  const { result, program, place } = last;
  if (program.length > LONGEST_PROGRAM) return undefined;
  const call = callsByResult(messages).get(result);
  const [given] = ONE_NUMBER.test(result.content.trim()) ? numbersIn(result.content, "words") : [];
  if (call === undefined || given === undefined || !isAnswer(answer, given.value, false)) return undefined;
  // Of a number that the question or another call gave as well nobody could say which of them a sentence speaks of.
  if (isIn(given.value, query.question) || isIn(answer.value, query.question) || isGivenBefore(answer, calls, last)) return undefined;
  const [argument = ""] = Object.keys(call.arguments);
  const language = writingOf(program) === "code" ? "python" : "calculator";
  return { trajectory, program, argument, call, turn: place.message, result, given: given.value, answer, language };
}

function isIn(value: Rational, text: string): boolean {
  return numbersIn(text, "words").some((other) => compare(absolute(other.value), absolute(value)) === 0);
}

function isGivenBefore(answer: Run["answer"], calls: readonly MadeCall[], last: MadeCall): boolean {
  return succeeded(calls.filter((call) => call !== last)).some(({ result }) =>
    numbersIn(result.content, "words").some(({ value }) => isAnswer(answer, value, false)),
  );
}
