/** Rules that tell pairs apart without any judgement of a trajectory: what a reward model must beat. */

import type { SftRow } from "@autotraj/core/plugin";
import { trajectoryOf } from "@autotraj/core/rows";
import { finalAnswer, isAnswer, plain, standsIn } from "@autotraj/evidence/answer";
import { madeCalls, succeeded } from "@autotraj/evidence/calls";
import { numbersIn } from "@autotraj/evidence/written-number";
import { mulberry32 } from "@autotraj/statistics/intervals";
import { bagOfWordsMargins, turned, wordDifference } from "./bag-of-words.ts";
import { wellFormed } from "./format.ts";
import { type PairRow, type ToldPair, wordCount } from "./pair-row.ts";

/** 1 where the chosen side is preferred, ½ where neither is. */
export function credit(margin: number): number {
  return margin > 0 ? 1 : margin < 0 ? 0 : 0.5;
}

export const SHUFFLED = "shuffled labels";
export const AUTHOR = "author";
/** One draw alone can be 0.1 off: pairs share a style, and random weights lean one way. */
const SHUFFLES = 5;

/** What each baseline gives the chosen side of each pair, in order. */
export function baselineCredits(judged: readonly ToldPair[], train: readonly ToldPair[], seed: number): ReadonlyMap<string, readonly number[]> {
  const longer = judged.map(({ chosen, rejected }) => credit(wordCount(chosen.text) - wordCount(rejected.text)));
  const qualities = judged.map(qualityDifference);
  const author = authorRule(train);
  const words = ({ chosen, rejected }: ToldPair) => wordDifference(chosen.text, rejected.text);
  const [learnt, asked] = [train.map(words), judged.map(words)];
  const untrained = judged.map(({ untrainedMargin }) => untrainedMargin);
  const random = mulberry32(seed);
  const shuffled = Array.from({ length: SHUFFLES }, () =>
    bagOfWordsMargins(
      learnt.map((difference) => (random() < 0.5 ? difference : turned(difference))),
      asked,
    ).map(credit),
  );
  return new Map([
    ["longer wins", longer],
    ["shorter wins", longer.map((value) => 1 - value)],
    ["fewer calls", judged.map(({ chosen, rejected }) => credit(callCount(rejected) - callCount(chosen)))],
    ...(qualities.every((difference) => difference === undefined)
      ? []
      : [["quality", qualities.map((difference) => credit(difference ?? 0))] as const]),
    [AUTHOR, judged.map((pair) => credit(author(pair)))],
    ["format", judged.map((pair) => credit(difference(wellFormed(pair))))],
    ["answer = last result", judged.map(({ chosen, rejected }) => credit(difference([isLastResult(chosen), isLastResult(rejected)])))],
    ["bag of words", bagOfWordsMargins(learnt, asked).map(credit)],
    ...(untrained.some((margin) => margin !== undefined) ? [["untrained model", untrained.map((margin) => credit(margin ?? 0))] as const] : []),
    [SHUFFLED, judged.map((_, index) => shuffled.reduce((sum, credits) => sum + (credits[index] as number), 0) / SHUFFLES)],
  ]);
}

function difference([chosen, rejected]: readonly [boolean, boolean]): number {
  return Number(chosen) - Number(rejected);
}

/** Whether the answer is what the last call that did not fail has given: its number, or its words. */
function isLastResult(row: SftRow): boolean {
  const trajectory = trajectoryOf(row);
  const content = succeeded(madeCalls(trajectory, [])).at(-1)?.result.content;
  const { number, text } = finalAnswer(trajectory);
  if (content === undefined || text.trim() === "") return false;
  return number === undefined ? standsIn(plain(text), content) : numbersIn(content, "words").some(({ value }) => isAnswer(number, value, false));
}

function callCount({ messages }: SftRow): number {
  return messages.filter(({ role }) => role === "tool").length;
}

function qualityDifference({ chosen, rejected }: ToldPair): number | undefined {
  const [a, b] = [chosen.scores["quality"], rejected.scores["quality"]];
  return a !== undefined && b !== undefined && "value" in a && "value" in b ? a.value - b.value : undefined;
}

/** The repairer of a repair, else the model, else the policy that wrote it; undefined where none is known. */
export function authorOf({ provenance: { origin, repairer, model, policy } }: SftRow): string | undefined {
  return origin === "repair" && repairer !== undefined ? `repairer ${repairer}` : (model ?? policy);
}

/** Every chosen side by authors that wrote no rejected one, as where all chosen sides are a repairer's. */
export function authorsAreSeparated(pairs: readonly PairRow[]): boolean {
  const rejected = new Set(pairs.map((pair) => authorOf(pair.rejected)));
  return pairs.length > 0 && pairs.every(({ chosen }) => !rejected.has(authorOf(chosen)));
}

/** Prefers the author with the larger share of won training pairs, (won + 1) / (pairs + 2); one who is in none of them has ½. */
function authorRule(train: readonly ToldPair[]): (pair: PairRow) => number {
  const records = new Map<string, { won: number; pairs: number }>();
  const count = (row: SftRow, won: number) => {
    const author = authorOf(row);
    if (author === undefined) return;
    const record = records.get(author) ?? { won: 0, pairs: 0 };
    records.set(author, { won: record.won + won, pairs: record.pairs + 1 });
  };
  for (const { chosen, rejected } of train) {
    count(chosen, 1);
    count(rejected, 0);
  }
  const rate = (row: SftRow) => {
    const { won, pairs } = records.get(authorOf(row) ?? "") ?? { won: 0, pairs: 0 };
    return (won + 1) / (pairs + 2);
  };
  return ({ chosen, rejected }) => rate(chosen) - rate(rejected);
}
