/** Bare answers, scored by a scorer that stays: its processes take a second to start. */
import type { ScoreTap } from "@autotraj/core";
import type { PluginUnderTest } from "@autotraj/testkit";
import { type AnswerCase, outcome, scoreWith, setUp } from "./scoring.ts";

/** The one that was asked last; other options are another scorer's. */
let last: { readonly options: string; readonly scorer: Promise<PluginUnderTest> } | undefined;

export async function score(cases: readonly AnswerCase[], options: object = {}): ReturnType<ScoreTap> {
  const asked = JSON.stringify(options);
  if (last?.options !== asked) {
    await letGo();
    last = { options: asked, scorer: setUp(options) };
  }
  return scoreWith(await last.scorer, cases);
}

export async function outcomeOf(gold: string | readonly string[], pred: string | undefined, options: object = {}): Promise<string> {
  const [scores] = await score([{ gold, pred }], options);
  return outcome(scores?.["correctness"]);
}

/** Ends the processes that are kept. */
export async function letGo(): Promise<void> {
  const scorer = last?.scorer;
  last = undefined;
  await (await scorer)?.dispose();
}

after(letGo);
