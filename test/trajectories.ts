/** Trajectories for tests: what a test does not say of one is plain. */
import type { Trajectory } from "@autotraj/core/plugin";

export const NO_USAGE: Trajectory["usage"] = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };

export function trajectoryWith(parts: Partial<Trajectory>): Trajectory {
  return {
    id: "t",
    query: { id: "q", question: "?", answers: [] },
    dialect: "tags",
    tools: [],
    messages: [],
    finish: "answer",
    faults: [],
    provenance: { origin: "rollout" },
    usage: NO_USAGE,
    ...parts,
  };
}
