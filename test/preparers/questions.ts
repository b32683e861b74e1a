/** Questions of a run, and what a preparer that may drop them does with each. */
import type { BeforeRollout, Queries, Query } from "@autotraj/core/plugin";
import { type PluginUnderTest, testRun } from "@autotraj/testkit";
import { requestWith } from "../trajectories.ts";

export async function* streamOf(questions: readonly Query[]): AsyncGenerator<Query> {
  yield* questions;
}

export function queriesOf(train: readonly Query[], evaluate?: readonly Query[]): Queries {
  return { train: () => streamOf(train), evaluate: () => (evaluate === undefined ? undefined : streamOf(evaluate)) };
}

/** Why the preparer drops the question; undefined where it takes it. */
export async function dropReason({ taps }: PluginUnderTest, query: Query): Promise<string | undefined> {
  const result = await (taps[0]!.tap as BeforeRollout)(requestWith({ query }), testRun());
  return result !== undefined && "drop" in result ? result.drop : undefined;
}
