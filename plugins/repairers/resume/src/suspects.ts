/** The calls that a bad trajectory's answer rests on: nobody goes on from what they gave. */
import { isRight, type Message, type ScoredTrajectory } from "@autotraj/core/plugin";
import { type FinalAnswer, finalAnswer } from "@autotraj/evidence/answer";
import { type MadeCall, madeCalls, succeeded } from "@autotraj/evidence/calls";
import { isTruth, says } from "@autotraj/evidence/says";
import { handingCall } from "@autotraj/repair-offers/handed-answer";
import { withWhatTheyRestOn } from "./dependence.ts";

/** The dimension whose shortfall gates call `ungrounded`. */
const GROUNDED = "grounded";

/**
 * The messages that make one of these calls:
 * 1. calls that a wrong or ungrounded answer was read off (`suspectedBy`),
 * 2. calls that the dimension `grounded` marked, whatever the verdict says,
 * 3. a call that hands itself the gold answer,
 * 4. and all computations that those rest on.
 */
export function suspectMessages(original: ScoredTrajectory): ReadonlySet<Message> {
  const { trajectory, scores } = original;
  const calls = madeCalls(trajectory, []);
  const good = succeeded(calls);
  const marked = new Set(placesIn(original));
  const handing = handingCall(trajectory)?.place.message;
  const faulty = [
    ...suspectedBy(original.verdict?.cause, {
      answer: finalAnswer(trajectory),
      good,
      wasRight: isRight(scores["correctness"]),
      isPlaced: marked.size > 0,
    }),
    ...calls.filter(({ place: { message } }) => marked.has(message) || message === handing),
  ];
  const suspects = withWhatTheyRestOn(faulty, good, trajectory.query.question);
  return new Set([...suspects].flatMap(({ place: { message } }) => trajectory.messages[message] ?? []));
}

interface Evidence {
  readonly answer: FinalAnswer;
  readonly good: readonly (MadeCall & { readonly result: { readonly content: string } })[];
  /** Undefined where it was not judged. */
  readonly wasRight: boolean | undefined;
  /** The dimension `grounded` says where the fault is. */
  readonly isPlaced: boolean;
}

/**
 * Of a wrong answer: every computation whose result says it, and the last search in whose result it stands. Where no result says it, it contradicts its tools and
 * the fault is behind them: none. Of an ungrounded one the same, unless a scorer marked a place; where it is right and no result says it, the last computation, which
 * did not lead to it.
 */
function suspectedBy(cause: string | undefined, { answer, good, wasRight, isPlaced }: Evidence): readonly MadeCall[] {
  if ((cause !== "wrong" && cause !== "ungrounded") || answer.text.trim() === "") return [];
  const computations = good.filter(({ kind }) => kind === "computation");
  const telling = computations.filter(({ result }) => says(result.content, answer, "any"));
  // A passage holds a yes or a no by chance.
  const search = isTruth(answer.text) ? undefined : good.findLast(({ kind, result }) => kind === "search" && says(result.content, answer, "written"));
  const found = search === undefined ? telling : [...telling, search];
  if (cause === "wrong") return found;
  if (found.length > 0) return isPlaced ? [] : found;
  return wasRight === false ? [] : computations.slice(-1);
}

function placesIn({ scores }: ScoredTrajectory): readonly number[] {
  const score = scores[GROUNDED];
  return score !== undefined && "value" in score ? (score.spans ?? []).map(({ message }) => message) : [];
}
