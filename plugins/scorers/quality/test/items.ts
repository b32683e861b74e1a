import type { Message, Score, ScoredTrajectory, ScoreItem, Scores, Trajectory } from "@autotraj/core/plugin";
import { trajectoryWith } from "../../../../test/trajectories.ts";

export function trajectory(messages: readonly Message[], overrides: Partial<Trajectory> = {}): Trajectory {
  return trajectoryWith({
    query: { id: "q", question: "How much is 3 + 4?", answers: ["7"] },
    messages: [{ role: "user", content: "maybe maybe maybe" }, ...messages],
    ...overrides,
  });
}

/** One turn as it was sampled. */
export function turn(text: string): Trajectory {
  return trajectory([{ role: "assistant", content: "", text }]);
}

/** A turn of `n` different words. */
export function ofWords(n: number): Trajectory {
  return turn(Array.from({ length: n }, (_, index) => `w${index}`).join(" "));
}

export const RIGHT: Score = { value: 1 };
export const WRONG: Score = { value: 0 };

/** Candidates of one query, each with its correctness. */
export function group(...members: readonly (readonly [Trajectory, Score])[]): readonly ScoreItem[] {
  const items: ScoreItem[] = [];
  for (const [candidate, correctness] of members) {
    items.push({ trajectory: candidate, query: candidate.query, scores: { correctness }, group: items });
  }
  return items;
}

/** A repaired trajectory and the one it repairs. */
export function repaired(candidate: Trajectory, correctness: Score, parent: Trajectory, parentScores: Scores): ScoreItem {
  const original: ScoredTrajectory = { trajectory: parent, scores: parentScores };
  const items: ScoreItem[] = [];
  items.push({ trajectory: candidate, query: candidate.query, scores: { correctness }, group: items, parent: original });
  return items[0] as ScoreItem;
}
