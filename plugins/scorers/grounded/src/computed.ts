/** Was anything computed? A call that holds its own result proves nothing, and neither does one without an operation. */
import type { Score } from "@autotraj/core/plugin";
import type { Answer, FinalAnswer } from "@autotraj/evidence/answer";
import { type MadeCall, succeeded } from "@autotraj/evidence/calls";
import { handedBy, hasOperation, printsWrittenNumber } from "@autotraj/evidence/handed";
import { fails, holds, shown } from "./check.ts";

/** @param isProven the result is known to move with the question's quantities: a number like the answer is then in the call by chance */
export function computed(
  answer: FinalAnswer,
  calls: readonly MadeCall[],
  { question, isProven }: { readonly question: string; readonly isProven: boolean },
): Score {
  const good = succeeded(calls);
  const computations = good.filter(({ kind }) => kind === "computation");
  const last = computations.at(-1);
  if (last === undefined) return { skipped: "nothing was computed" };
  const holder = isProven ? undefined : handedBy(answer, good, { question, among: "computations" });
  if (holder !== undefined) return fails(`the call holds the answer ${shownAnswer(answer)}, which the question does not give`, holder.place);
  // Some tools take no text, only numbers and a choice of what to do with them.
  const isProgram = last.program !== undefined;
  if (printsWrittenNumber(last.program ?? "")) return fails("what the call prints is a number written into it", last.place);
  if (isProgram && !computations.some(({ program = "" }) => hasOperation(program))) return fails("no call has an operation", last.place);
  return holds;
}

function shownAnswer({ number, text }: Answer): string {
  return number === undefined ? JSON.stringify(text) : shown(number.value);
}
