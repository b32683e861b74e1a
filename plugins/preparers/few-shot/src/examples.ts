/** Reads worked examples from a JSONL file and says, row by row, what is wrong with it. */
import type { Example } from "@autotraj/core/plugin";
import { RowProblem, readRows } from "@autotraj/json-lines/read-rows";

export interface WorkedExample extends Example {
  readonly task: string | undefined;
}

/** @throws PluginError with every bad row and what is wrong with it. */
export function readExamples(path: string): readonly WorkedExample[] {
  const rows = readRows({
    path,
    name: "the examples file",
    codes: { unreadable: "EXAMPLES_NOT_FOUND", invalid: "EXAMPLES_INVALID" },
    hint: "A row is {question, task?, messages: [assistant and tool messages]}.",
    read: readExample,
  });
  return [...rows];
}

function readExample(value: unknown): WorkedExample {
  const row = value as Partial<WorkedExample> | null;
  if (row === null || typeof row.question !== "string" || row.question === "") throw new RowProblem("has no question.");
  const { question, messages, task } = row;
  if (!Array.isArray(messages) || messages.length === 0) throw new RowProblem("has no messages.");
  const refuse = (isBad: (message: Example["messages"][number] | null) => boolean, what: string) => {
    const index = messages.findIndex(isBad);
    if (index >= 0) throw new RowProblem(`has a message (number ${index + 1}) ${what}`);
  };
  refuse((message) => message?.role !== "assistant" && message?.role !== "tool", "that is neither the assistant's nor a tool's.");
  refuse((message) => typeof message?.content !== "string", "whose content is not text.");
  refuse(
    (message) => message !== null && ("tool_calls" in message || "function_call" in message),
    "with tool calls in the chat API's shape; expected toolCalls: [{id, name, arguments}].",
  );
  if (messages.at(-1)?.role !== "assistant") throw new RowProblem("does not end with an assistant message that answers.");
  return { question, messages, task };
}
