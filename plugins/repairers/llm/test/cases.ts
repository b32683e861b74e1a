/** Bad trajectories with what is known about them, and what the repairer shows, writes and offers for them. */
import { dialects } from "@autotraj/core";
import {
  DIALECTS,
  KEPT,
  POLICY,
  type Query,
  type Repair,
  type RepairCase,
  ROLLOUT,
  type RolloutOptions,
  type RolloutRequest,
  type ScoredTrajectory,
  type Scores,
  type Trajectory,
} from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { requestWith, trajectoryWith } from "../../../../test/trajectories.ts";
import plugin, { type LlmRepairerOptions } from "../src/index.ts";

export const QUERY: Query = { id: "q1", question: "How many apples are left?", answers: ["4711"] };
const REQUEST = requestWith({ query: QUERY, system: "Be exact." });

export function trajectory(overrides: Partial<Trajectory> = {}): Trajectory {
  const text = "<think>Half of them, perhaps.</think><answer>\\boxed{12}</answer>";
  return trajectoryWith({
    id: "t1",
    query: QUERY,
    messages: [
      { role: "system", content: "Be exact." },
      { role: "user", content: QUERY.question },
      { role: "assistant", content: "\\boxed{12}", reasoning: "Half of them, perhaps.", text },
    ],
    answer: "12",
    ...overrides,
  });
}

export const wrong = (scores: Scores = {}, overrides: Partial<Trajectory> = {}): ScoredTrajectory => ({
  trajectory: trajectory(overrides),
  scores: { correctness: { value: 0, reason: '"12" differs from "4711" literally' }, ...scores },
  verdict: { decision: "repair", cause: "wrong", reason: "wrong: expected 4711" },
});
export const poor = (scores: Scores = {}): ScoredTrajectory => ({
  trajectory: trajectory(),
  scores: { correctness: { value: 1 }, ...scores },
  verdict: { decision: "repair", cause: "poor", reason: "right, but S 0.60" },
});
export const judged = (
  cause: string | undefined,
  correctness: number | undefined,
  overrides: Partial<Trajectory> = {},
  scores: Scores = {},
): ScoredTrajectory => ({
  trajectory: trajectory(overrides),
  scores: { ...(correctness === undefined ? {} : { correctness: { value: correctness } }), ...scores },
  verdict: { decision: "repair", reason: "", ...(cause === undefined ? {} : { cause }) },
});
export const refused = (answer: string, cause: string): RepairCase["attempts"][number] => ({
  trajectory: trajectory({ answer }),
  scores: {},
  verdict: { decision: "repair", cause, reason: `not as good as 4711` },
  repairer: "repair",
});

export const caseOf = (original: ScoredTrajectory, overrides: Partial<RepairCase> = {}): RepairCase => ({
  request: { ...REQUEST, query: original.trajectory.query },
  original,
  siblings: [],
  attempts: [],
  attempt: 0,
  ...overrides,
});

/** What the repairer let the rollout write, one after the other (the last goes on for ever), what it offers and what the log says. */
export async function repaired(
  repairCase: RepairCase,
  options: Partial<LlmRepairerOptions> = {},
  writes: readonly Partial<Trajectory>[] = [{}],
  similar: readonly Trajectory[] = [],
) {
  const written: RolloutOptions[] = [];
  const write = async (_request: RolloutRequest, rolloutOptions: RolloutOptions) => {
    const next = writes[Math.min(written.length, writes.length - 1)];
    written.push(rolloutOptions);
    return trajectory({ id: `repaired ${written.length - 1}`, provenance: rolloutOptions.provenance, ...next });
  };
  const plugged = await setupPlugin(plugin, {
    id: "repair",
    options: { policy: "teacher", attempts: 9, ...options },
    services: [
      [POLICY, {}, "teacher"],
      [ROLLOUT, { write }],
      [KEPT, { similarTo: async (_case: RepairCase, k: number) => similar.slice(0, k) }],
      [DIALECTS, dialects],
    ],
  });
  const offered = await (plugged.taps[0]!.tap as Repair)(repairCase, testRun());
  return { offered, written, warnings: plugged.warnings };
}

/** What the rollout was asked to write. */
export async function asked(
  repairCase: RepairCase,
  options: Partial<LlmRepairerOptions> = {},
  similar: readonly Trajectory[] = [],
): Promise<RolloutOptions> {
  const { offered, written } = await repaired(repairCase, options, [{}], similar);
  expect(offered?.id).to.equal("repaired 0");
  return written[0]!;
}

export async function shown(repairCase: RepairCase, options: Partial<LlmRepairerOptions> = {}): Promise<string> {
  return (await asked(repairCase, options)).shown?.question ?? "";
}

/** A wrong trajectory for a question with this gold answer, whose scorer gave this reason. */
export const withGold = (gold: string, reason: string) =>
  caseOf(wrong({ faithfulness: { value: 0, reason } }, { query: { ...QUERY, answers: [gold] } }));
