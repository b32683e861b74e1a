/** The paper's quality score S and its three terms, each a dimension of its own. */
import { DIALECTS, definePlugin } from "@autotraj/core/plugin";
import { checkWeights, OPTIONS_SCHEMA, type QualityOptions } from "./options.ts";
import { qualityScorer } from "./quality.ts";

export type { QualityOptions } from "./options.ts";

export default definePlugin<QualityOptions>({
  meta: {
    name: "@autotraj/scorer-quality",
    apiVersion: 1,
    kind: "scorer",
    description: "The paper's quality score S: confidence, length, non-repetition",
    options: OPTIONS_SCHEMA,
    requires: [DIALECTS],
    supports: { deterministic: true, network: false },
  },
  setup(api, options) {
    checkWeights(options.weights);
    const scoreOf = qualityScorer(api.use(DIALECTS), options);
    api.hooks.score.tapPromise(
      {
        needs: ["correctness"],
        dimensions: {
          quality: { description: "The paper's S: weighted confidence, length and repetition of a right answer" },
          confidence: { description: "1: no hedging word in the thinking" },
          length: { description: "1: as short as the shortest right candidate of the question; falls off like a bell" },
          repetition: { description: "1 minus the share of word 3-grams that occur again" },
        },
      },
      async (batch) => batch.map(scoreOf),
    );
  },
});
