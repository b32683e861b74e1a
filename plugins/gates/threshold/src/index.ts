/** Minimums, maximums and a weighted score over any dimensions: also the gate for questions without a gold answer. */
import { definePlugin } from "@autotraj/core/plugin";
import { checkOptions, namedDimensions, OPTIONS, type ThresholdGateOptions } from "./options.ts";
import { judgeCandidates, judgeRepair } from "./verdicts.ts";

export type { ThresholdGateOptions } from "./options.ts";

export default definePlugin<ThresholdGateOptions>({
  meta: {
    name: "@autotraj/gate-threshold",
    apiVersion: 1,
    kind: "gate",
    description: "Minimums, maximums and weights over any dimensions",
    options: OPTIONS,
    supports: { deterministic: true },
  },
  setup(api, options) {
    checkOptions(options);
    api.hooks.shouldRepair.tapPromise({ needs: namedDimensions(options) }, async (gateCase) => {
      const { answers, task } = gateCase.query;
      if (options.questions !== "all" && (options.questions === "withAnswers") !== answers.length > 0) return undefined;
      if (options.tasks.length > 0 && !(task !== undefined && options.tasks.includes(task))) return undefined;
      return gateCase.subject === "candidates" ? judgeCandidates(gateCase, options) : judgeRepair(gateCase, options);
    });
  },
});
