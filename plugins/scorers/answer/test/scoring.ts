/** Sets the scorer up with its real Python side and scores bare answers. */
import { type JsonObject, PYTHON, pythonEnvironments, type Query, type Score, type ScoreItem, type ScoreTap } from "@autotraj/core";
import { defaultCacheDir, type PluginUnderTest, setupPlugin, testRun } from "@autotraj/testkit";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import plugin from "../src/index.ts";

export const environments = pythonEnvironments(defaultCacheDir());

export interface AnswerCase {
  readonly gold: string | readonly string[];
  readonly pred: string | undefined;
  readonly task?: string;
  readonly question?: string;
  readonly meta?: JsonObject;
}

export function setUp(options: object = {}, python: object = environments): Promise<PluginUnderTest> {
  return setupPlugin(plugin, { options, services: [[PYTHON, python]] });
}

export function scoreWith(scorer: PluginUnderTest, cases: readonly AnswerCase[], signal?: AbortSignal): ReturnType<ScoreTap> {
  const tap = scorer.taps[0]?.tap as ScoreTap;
  return tap(cases.map(item), testRun(signal === undefined ? {} : { signal }));
}

/** Sets a scorer up, hands it out and shuts it down, whatever happens in between. */
export async function withScorer<T>(options: object, use: (scorer: PluginUnderTest) => Promise<T>, python?: object): Promise<T> {
  const scorer = await setUp(options, python);
  try {
    return await use(scorer);
  } finally {
    await scorer.dispose();
  }
}

/** `right`, `wrong`, `failed` or `skipped`. */
export function outcome(found: Score | undefined): string {
  if (found === undefined) return "missing";
  if ("value" in found) return found.value === 1 ? "right" : "wrong";
  return "failed" in found ? "failed" : "skipped";
}

function item({ gold, pred, task, question = "?", meta }: AnswerCase): ScoreItem {
  const query: Query = {
    id: "q",
    question,
    answers: typeof gold === "string" ? [gold] : gold,
    ...(task === undefined ? {} : { task }),
    ...(meta === undefined ? {} : { meta }),
  };
  const trajectory = trajectoryWith({
    query,
    ...(pred === undefined ? { finish: "no-answer" } : { answer: pred }),
    provenance: { origin: "recorded" },
  });
  return { trajectory, query, scores: {}, group: [] };
}
