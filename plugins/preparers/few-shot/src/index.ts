/** Worked examples between the system prompt and the question. They are shown, never trained on. */
import { resolve } from "node:path";
import { definePlugin, PluginError } from "@autotraj/core/plugin";
import { firstOnes, mostSimilar } from "./choose.ts";
import { readExamples } from "./examples.ts";

export interface FewShotOptions {
  /** JSONL file of `{question, task?, messages}` rows, relative to the file that names it. */
  readonly examples: string;
  /** How many are shown. */
  readonly count: number;
  /** `fixed`: the file's first ones, whatever is asked; a local policy evaluates them once. `similar`: those most like the question, same task first. */
  readonly choose: "fixed" | "similar";
}

export default definePlugin<FewShotOptions>({
  meta: {
    name: "@autotraj/preparer-few-shot",
    apiVersion: 1,
    kind: "preparer",
    description: "Worked examples before the question, fixed or the most similar",
    options: {
      type: "object",
      additionalProperties: false,
      required: ["examples"],
      properties: {
        examples: {
          type: "string",
          minLength: 1,
          path: true,
          description: "JSONL file of {question, task?, messages} rows, relative to the file that names it.",
        },
        count: { type: "integer", minimum: 1, default: 3, description: "How many examples are shown." },
        choose: {
          enum: ["fixed", "similar"],
          default: "fixed",
          description: "fixed: the file's first ones, the same for every question. similar: those most like the question, same task first.",
        },
      },
    },
    supports: { deterministic: true },
  },
  setup(api, options) {
    const examples = readExamples(resolve(api.baseDir, options.examples));
    if (examples.length < options.count) {
      throw new PluginError("EXAMPLES_TOO_FEW", `count is ${options.count}, but ${options.examples} holds ${examples.length} examples.`, {
        hint: "Lower count or add examples.",
      });
    }
    const choose = options.choose === "similar" ? mostSimilar : firstOnes;
    api.hooks.beforeRollout.tapPromise({}, async (request) => ({
      ...request,
      examples: [...request.examples, ...choose(examples, request.query, options.count).map(({ question, messages }) => ({ question, messages }))],
    }));
  },
});
