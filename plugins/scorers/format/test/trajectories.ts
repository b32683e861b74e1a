import type { Message, Trajectory } from "@autotraj/core/plugin";
import { trajectoryWith } from "../../../../test/trajectories.ts";

export const PYTHON = { name: "python", description: "", parameters: { type: "object" }, tag: { name: "code", argument: "code" } } as const;
export const SEARCH = { name: "search", description: "", parameters: { type: "object" }, tag: { name: "search", argument: "query" } } as const;

export function trajectory(messages: readonly Message[], overrides: Partial<Trajectory> = {}): Trajectory {
  return trajectoryWith({
    query: { id: "q", question: "How much is 3 + 4?", answers: ["7"] },
    tools: [PYTHON, SEARCH],
    messages: [{ role: "system", content: "Use <think> and <answer>." }, { role: "user", content: "How much is 3 + 4?" }, ...messages],
    answer: "7",
    ...overrides,
  });
}

/** Turns and results by turns: `tags("<think>…</think><code>…</code>", "7", "<think>…</think><answer>…</answer>")`. */
export function tags(...texts: readonly string[]): Trajectory {
  return trajectory(
    texts.map((text, index) => (index % 2 === 0 ? { role: "assistant", content: "", text } : result(text, `call-${(index - 1) / 2}`))),
  );
}

export function result(content: string, toolCallId = "call-0"): Message {
  return { role: "tool", toolCallId, name: "python", content, ok: true };
}
