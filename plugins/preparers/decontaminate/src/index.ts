/** Drops questions that repeat an earlier one or that leak a held-out one. */
import { resolve } from "node:path";
import { definePlugin, PluginError, QUERIES } from "@autotraj/core/plugin";
import { type Decision, decide } from "./decide.ts";
import type { DecontaminateOptions } from "./options.ts";

export default definePlugin<DecontaminateOptions>({
  meta: {
    name: "@autotraj/preparer-decontaminate",
    apiVersion: 1,
    kind: "preparer",
    description: "Drops questions that repeat an earlier one or a held-out one",
    requires: [QUERIES],
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        against: {
          type: "array",
          items: { type: "string", minLength: 1, path: true },
          default: [],
          description: "JSONL files with held-out questions, relative to the file that names them. Default: none.",
        },
        field: { type: "string", minLength: 1, default: "question", description: "The field of a row of `against` that holds its question." },
        evaluate: { type: "boolean", default: true, description: "Compares with the preset's own held-out questions (queries.evaluate) too." },
        dropDuplicates: { type: "boolean", default: true, description: "Drops questions with the same words as an earlier one of the run." },
        ngram: { type: "integer", minimum: 2, default: 5, description: "Words per n-gram." },
        threshold: {
          type: "number",
          exclusiveMinimum: 0,
          maximum: 1,
          default: 0.5,
          description: "Two questions overlap when they share at least this part of the n-grams of the shorter one.",
        },
        minWords: {
          type: "integer",
          minimum: 1,
          default: 12,
          description: "Questions with fewer words, common phrases not counted, are compared by their whole text only.",
        },
        ignoreNumbers: {
          type: "boolean",
          default: false,
          description: "true: questions that differ only in their numbers are the same. false: they are two questions.",
        },
      },
    },
    supports: { deterministic: true },
  },
  setup(api, options) {
    if (options.minWords < options.ngram) {
      throw new PluginError("MIN_WORDS", `minWords (${options.minWords}) is below ngram (${options.ngram}): such a question has no n-gram at all.`, {
        hint: "Set minWords to at least ngram.",
      });
    }
    let decision: Decision | undefined;
    api.onStart(async () => {
      const files = options.against.map((file) => resolve(api.baseDir, file));
      decision = await decide(api.use(QUERIES), files, options);
      api.log.info(decision.report);
    });
    api.hooks.beforeRollout.tapPromise({}, async ({ query }) => {
      const drop = decision?.drops.get(query.id);
      return drop === undefined ? undefined : { drop };
    });
  },
});
