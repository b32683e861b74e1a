/** Small honest values of the data model for tests. */
import type { AssistantMessage, Query, RolloutRequest, ScoredTrajectory, ToolDefinition, ToolMessage, Trajectory } from "../../src/kernel/plugin.ts";
import { trajectoryId } from "../../src/kernel/trajectory/identity.ts";

export const CODE: ToolDefinition = {
  name: "python",
  description: "Runs Python.",
  parameters: { type: "object", properties: { code: { type: "string" } }, required: ["code"] },
  tag: { name: "code", argument: "code" },
};
export const SEARCH: ToolDefinition = {
  name: "search",
  description: "Searches.",
  parameters: { type: "object", properties: { query: { type: "string" } }, required: ["query"] },
  tag: { name: "search", argument: "query" },
};

export function query(id = "q-1", answers: readonly string[] = ["7"]): Query {
  return { id, question: "What is 3 + 4?", answers };
}

export function request(overrides: Partial<RolloutRequest> = {}): RolloutRequest {
  return {
    query: query(),
    system: "Add.",
    examples: [],
    dialect: "tags",
    tools: [],
    sampling: { temperature: 0.8, topP: 1, topK: 0, maxTokens: 100 },
    maxToolCalls: 3,
    maxTurns: 10,
    ...overrides,
  };
}

export interface TrajectoryParts {
  readonly query?: Query;
  readonly turns?: readonly (AssistantMessage | ToolMessage)[];
  readonly dialect?: Trajectory["dialect"];
  readonly answer?: string;
  readonly provenance?: Trajectory["provenance"];
}

export function trajectory(parts: TrajectoryParts = {}): Trajectory {
  const { answer = "7", dialect = "tags", provenance = { origin: "rollout", candidate: 0 } } = parts;
  const about = parts.query ?? query();
  const content = {
    query: about,
    dialect,
    tools: [],
    messages: [
      { role: "system", content: "Add." } as const,
      { role: "user", content: about.question } as const,
      ...(parts.turns ?? [{ role: "assistant", content: answer, text: `<answer>${answer}</answer>` } as const]),
    ],
    answer,
    finish: "answer" as const,
    faults: [],
    provenance,
  };
  return { id: trajectoryId(content), ...content, usage: { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 1, toolCalls: 0 } };
}

export function scored(parts: TrajectoryParts = {}): ScoredTrajectory {
  return { trajectory: trajectory(parts), scores: {}, verdict: { decision: "repair", reason: "wrong" } };
}

/** Candidate number `candidate` of `query`. */
export function candidate(number: number, about: Query = query()): Trajectory {
  return trajectory({ query: about, provenance: { origin: "rollout", candidate: number } });
}
