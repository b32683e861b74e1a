/** Reads worked examples from a JSONL file and says, row by row, what is wrong with it. */
import { readFileSync } from "node:fs";
import { type Example, PluginError } from "@autotraj/core/plugin";

export interface WorkedExample extends Example {
  readonly task: string | undefined;
}

/** @throws PluginError with every bad row and what is wrong with it. */
export function readExamples(file: string): readonly WorkedExample[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new PluginError("EXAMPLES_NOT_FOUND", `the examples file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, {
      hint: "Paths are relative to the preset that names them.",
    });
  }
  const examples: WorkedExample[] = [];
  const problems: string[] = [];
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const outcome = readExample(line);
    if (typeof outcome === "string") problems.push(`${file}:${index + 1} ${outcome}`);
    else examples.push(outcome);
  });
  if (problems.length > 0)
    throw new PluginError("EXAMPLES_INVALID", problems.join("\n"), { hint: "A row is {question, task?, messages: [assistant and tool messages]}." });
  return examples;
}

function readExample(line: string): WorkedExample | string {
  let row: Partial<WorkedExample> | null;
  try {
    row = JSON.parse(line) as Partial<WorkedExample> | null;
  } catch {
    return "is not JSON.";
  }
  if (row === null || typeof row.question !== "string" || row.question === "") return "has no question.";
  if (!Array.isArray(row.messages) || row.messages.length === 0) return "has no messages.";
  const misplaced = row.messages.findIndex((message) => message?.role !== "assistant" && message?.role !== "tool");
  if (misplaced >= 0) return `has a message (number ${misplaced + 1}) that is neither the assistant's nor a tool's.`;
  const textless = row.messages.findIndex((message) => typeof message.content !== "string");
  if (textless >= 0) return `has a message (number ${textless + 1}) whose content is not text.`;
  const foreign = row.messages.findIndex((message) => "tool_calls" in message || "function_call" in message);
  if (foreign >= 0)
    return `has a message (number ${foreign + 1}) with tool calls in the chat API's shape; expected toolCalls: [{id, name, arguments}].`;
  if (row.messages.at(-1)?.role !== "assistant") return "does not end with an assistant message that answers.";
  return { question: row.question, messages: row.messages, task: row.task };
}
