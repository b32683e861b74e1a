/** Rows and turns as the tests write them, and what they ask of what was read. */
import type { AssistantMessage, JsonObject, JsonValue, Trajectory } from "@autotraj/core/plugin";
import { read } from "./support.ts";

export const turn = (from: string, value: string, more: JsonObject = {}): JsonObject => ({ from, value, ...more });
export const CALL = '{"name": "python", "arguments": {"code": "print(6*7)"}}';
export const TOOL = { name: "python", description: "Runs code", parameters: { type: "object", properties: { code: { type: "string" } } } };
export const ROW: JsonObject = {
  system: "Use the tool.",
  tools: JSON.stringify([TOOL]),
  answer: 42,
  task: "products",
  model: "gpt-4",
  conversations: [
    turn("human", "6*7?"),
    turn("function_call", `<think>\nhm\n</think>\n\n${CALL}`),
    turn("observation", "42"),
    turn("gpt", "<think>\nso\n</think>\n\nIt is \\boxed{42}."),
  ],
};
export const conversation = (...conversations: JsonValue[]): JsonObject => ({ conversations });
export const rolesOf = ({ messages }: Pick<Trajectory, "messages">) => messages.map(({ role }) => role);
export const callsOf = ({ messages }: Pick<Trajectory, "messages">) =>
  messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
export const assistantOf = async (...turns: JsonValue[]): Promise<AssistantMessage> =>
  (await read(conversation(turn("human", "?"), ...turns))).messages[1] as AssistantMessage;
