import type { Message, Trajectory } from "@autotraj/core";

const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
const PYTHON = { name: "python", description: "Runs code", parameters: { type: "object" }, tag: { name: "code", argument: "code" } };

export function trajectory(messages: readonly Message[], more: Partial<Trajectory> = {}): Trajectory {
  return {
    id: "t-1",
    query: { id: "q-1", question: "6*7?", answers: ["42", "forty-two"], task: "products" },
    dialect: "tags",
    tools: [PYTHON],
    messages,
    finish: "answer",
    faults: [],
    provenance: { origin: "rollout" },
    usage: USAGE,
    ...more,
  };
}

export const ASKED: readonly Message[] = [
  { role: "system", content: "Think." },
  { role: "user", content: "6*7?" },
];
export const RESULT: Message = { role: "tool", toolCallId: "c", name: "python", content: "42", ok: true };
export const CALL = { id: "c", name: "python", arguments: { code: "6*7" } };

export const IN_TAGS = trajectory([
  ...ASKED,
  { role: "assistant", content: "", text: "<code>6*7</code>" },
  RESULT,
  { role: "assistant", content: "", text: "<answer>42</answer>" },
]);
export const NATIVE = trajectory(
  [...ASKED, { role: "assistant", content: "", reasoning: "Calculate.", toolCalls: [CALL] }, RESULT, { role: "assistant", content: "42" }],
  { dialect: "native" },
);
