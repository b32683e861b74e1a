/** A scripted model for the sample questions of a start. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FakeAnswer } from "../../../test/fake-openai/server.ts";

const CALCULATOR = { name: "calculator", arguments: '{"expression":"6*7"}' };

/** Asks a tool first, the calculator if no other is named. Right from the second time on that it is told of an attempt; wrong about trains until then. */
export function answerTo(
  messages: readonly { role: string; content?: string }[],
  tool: { name: string; arguments: string } = CALCULATOR,
): FakeAnswer | string {
  const asked = messages.find(({ role }) => role === "user")?.content ?? "";
  if (messages.at(-1)?.role !== "tool") return { text: "", toolCalls: [tool] };
  const known = QUESTIONS.find(({ question }) => asked.includes(question));
  const isRepair = asked !== known?.question;
  return `The final answer is \\boxed{${known?.id === "train" && !isRepair ? "41" : known?.answer}}`;
}

const QUESTIONS: readonly { id: string; question: string; answer: string }[] = readFileSync(
  join(import.meta.dirname, "../templates/starts/model/files/questions.jsonl"),
  "utf8",
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
