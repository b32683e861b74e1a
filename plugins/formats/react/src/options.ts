/** The plugin's options and their schema. */
import type { OptionsSchema } from "@autotraj/core/plugin";

export interface ReactOptions {
  /** Argument that an action's text fills, by the tool's name; `input` for all others. */
  readonly arguments: Readonly<Record<string, string>>;
  /** How actions are written. Both are read. */
  readonly style: "bracket" | "input";
  readonly system: string;
  readonly task: string;
}

export const OPTIONS: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    arguments: {
      type: "object",
      additionalProperties: { type: "string", minLength: 1 },
      default: { calculator: "expression", python: "code", search: "query", lookup: "keyword" },
      description: "The argument that an action's text fills, by tool; input for all others.",
    },
    style: {
      type: "string",
      enum: ["bracket", "input"],
      default: "bracket",
      description:
        "How actions are written. bracket: Action 1: Search[x] and Finish[answer]. input: Action, Action Input and Final Answer (LangChain).",
    },
    system: {
      type: "string",
      default: "",
      description: "Written before the question in place of the trajectory's own system message, which may explain another form. Empty: its own.",
    },
    task: { type: "string", default: "", description: "The task of rows that name none. Empty: none." },
  },
};
