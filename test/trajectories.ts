/** Trajectories, and requests for some, for tests: what a test does not say is plain. */
import type { RolloutRequest, Trajectory } from "@autotraj/core/plugin";

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

export function requestWith(parts: Partial<RolloutRequest>): RolloutRequest {
  return {
    query: { id: "q", question: "?", answers: [] },
    system: "",
    examples: [],
    dialect: "tags",
    tools: [],
    sampling: { temperature: 0, topP: 1, topK: 0, maxTokens: 10 },
    maxToolCalls: 3,
    maxTurns: 4,
    ...parts,
  };
}
