/** Bare answers, scored by scorers that stay: their processes take a second to start. */
import type { ScoreTap } from "@autotraj/core";
import type { PluginUnderTest } from "@autotraj/testkit";
import { type AnswerCase, outcome, scoreWith, setUp } from "./scoring.ts";

/** As many as one table compares side by side; each may hold processes of its own. */
const MOST_KEPT = 3;

/** By their options, the one that was asked last at the end. */
const kept = new Map<string, Promise<PluginUnderTest>>();

export async function score(cases: readonly AnswerCase[], options: object = {}): ReturnType<ScoreTap> {
  const asked = JSON.stringify(options);
  const scorer = kept.get(asked) ?? setUp(options);
  kept.delete(asked);
  kept.set(asked, scorer);
  await keepOnly(MOST_KEPT);
  return scoreWith(await scorer, cases);
}

export async function outcomeOf(gold: string | readonly string[], pred: string | undefined, options: object = {}): Promise<string> {
  const [scores] = await score([{ gold, pred }], options);
  return outcome(scores?.["correctness"]);
}

/** Ends the processes that are kept. */
export function letGo(): Promise<void> {
  return keepOnly(0);
}

async function keepOnly(count: number): Promise<void> {
  for (const [options, scorer] of [...kept].slice(0, kept.size - count)) {
    kept.delete(options);
    await (await scorer).dispose();
  }
}

after(letGo);
