/** Reads held-out questions from JSONL files, row by row, and says of each bad row what is wrong with it. */
import { basename } from "node:path";
import { PluginError } from "@autotraj/core/plugin";
import { RowProblem, readRows } from "@autotraj/json-lines/read-rows";

export interface HeldOutQuestion {
  readonly question: string;
  /** Id, where the row has one, file and line: for people. */
  readonly name: string;
}

/** @throws PluginError when a file cannot be read, holds no question, or (with the first twenty of them) has rows without one. */
export function* heldOutQuestions(path: string, field: string): Generator<HeldOutQuestion> {
  const rows = readRows({
    path,
    name: "the held-out questions",
    codes: { unreadable: "HELD_OUT_NOT_FOUND", invalid: "HELD_OUT_INVALID" },
    hint: "A line is one JSON object; `field` says where its question stands.",
    read: (value, { line }): HeldOutQuestion => {
      const { [field]: question, id } = (value ?? {}) as Record<string, unknown>;
      if (typeof question !== "string" || question.trim() === "") throw new RowProblem(`has no text in "${field}".`);
      const named = typeof id === "string" || typeof id === "number" ? `"${id}" ` : "";
      return { question, name: `${named}(${basename(path)}:${line})` };
    },
  });
  let count = 0;
  for (const row of rows) {
    count++;
    yield row;
  }
  if (count === 0) throw new PluginError("HELD_OUT_EMPTY", `${path} holds no questions: nothing would be held out.`, { hint: "Name another file." });
}
