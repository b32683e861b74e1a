/** Was the answer found? It must stand in a result whose query did not hold it already. */
import type { Score } from "@autotraj/core/plugin";
import { type FinalAnswer, plain, standsIn } from "@autotraj/evidence/answer";
import { type MadeCall, succeeded } from "@autotraj/evidence/calls";
import { holdsNumbersOf } from "@autotraj/evidence/says";
import { fails, holds } from "./check.ts";

export function found(answer: FinalAnswer, calls: readonly MadeCall[], question: string): Score {
  const searches = succeeded(calls).filter(({ kind }) => kind === "search");
  if (searches.length === 0)
    return calls.some(({ kind }) => kind === "search")
      ? fails("no search succeeded, so nothing supports the answer", answer.place)
      : { skipped: "nothing was searched for" };
  if (succeeded(calls).at(-1)?.kind === "computation") return { skipped: "the answer was computed from what was found" };
  const words = plain(answer.text);
  if (words === "") return { skipped: "there is no answer" };
  if (/^(?:yes|no|true|false)$/.test(words)) return { skipped: "yes and no stand in no result" };
  const sizes = answer.number === undefined ? "" : answer.text;
  const telling = searches.filter(({ result }) => holdsWords(words, result.content) && holdsNumbersOf(sizes, result.content));
  const isOffered = standsIn(words, question);
  if (telling.length === 0) return isOffered ? { skipped: "the question offers the answer" } : fails("the answer stands in no result", answer.place);
  return isOffered || telling.some((call) => !isAskedFor(words, call, calls)) ? holds : fails(ASKED_FOR, (telling[0] as MadeCall).place);
}

const ASKED_FOR = "the answer stands only in results of queries that held it already";

/** The query holds the answer, and not because an earlier result named it. */
function isAskedFor(words: string, call: MadeCall, calls: readonly MadeCall[]): boolean {
  if (!standsIn(words, call.text)) return false;
  const earlier = calls.slice(
    0,
    calls.findIndex(({ result }) => result === call.result),
  );
  return !earlier.some(({ result }) => standsIn(words, result?.content ?? ""));
}

/** Word for word, or all of its words in one result: "from 1986 to 2013" for "(1986–2013)". */
function holdsWords(words: string, text: string): boolean {
  if (standsIn(words, text)) return true;
  const there = new Set(plain(text).split(" "));
  const telling = words.split(" ").filter((word) => !FILLERS.has(word));
  return telling.length > 0 && telling.every((word) => there.has(word));
}

const FILLERS: ReadonlySet<string> = new Set([
  "of",
  "in",
  "on",
  "at",
  "to",
  "from",
  "and",
  "or",
  "by",
  "for",
  "with",
  "is",
  "was",
  "are",
  "were",
  "it",
  "he",
  "she",
  "they",
]);
