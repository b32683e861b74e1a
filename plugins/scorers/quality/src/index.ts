/** The paper's quality score S and its three terms, each a dimension of its own. */
import { DIALECTS, definePlugin } from "@autotraj/core/plugin";
import { checkAmong, checkWeights, DIMENSIONS, OPTIONS_SCHEMA, type QualityOptions } from "./options.ts";
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
    checkAmong(options.among);
    const scoreOf = qualityScorer(api.use(DIALECTS), options);
    const needs = [...new Set(["correctness", ...Object.keys(options.among)])];
    api.hooks.score.tapPromise({ needs, dimensions: DIMENSIONS }, async (batch) => batch.map(scoreOf));
  },
});
