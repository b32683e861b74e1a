/** Right for the right reason: does the answer follow from what the tools said? Decides nothing by itself; a gate may require `grounded`. */
import { definePlugin } from "@autotraj/core/plugin";
import { groundedScores } from "./grounded.ts";
import { type GroundedOptions, OPTIONS } from "./options.ts";

export type { GroundedOptions } from "./options.ts";

export default definePlugin<GroundedOptions>({
  meta: {
    name: "@autotraj/scorer-grounded",
    apiVersion: 1,
    kind: "scorer",
    description: "Right for the right reason: does the answer follow from what the tools said?",
    options: OPTIONS,
    supports: { deterministic: true, network: false },
  },
  setup(api, options) {
    api.hooks.score.tapPromise(
      {
        dimensions: {
          grounded: { description: "1: no check below that could be made fails" },
          follows: { description: "the answer is what the last successful result says" },
          computed: { description: "no call holds the answer, and one has an operation" },
          operands: { description: "share of the question's quantities that reach the calls, signs included" },
          counterfactual: { description: "under other quantities the computation gives what would be asked for" },
          found: { description: "the answer stands in a result whose query did not hold it" },
        },
      },
      async (batch) => batch.map(({ trajectory }) => groundedScores(trajectory, options)),
    );
  },
});
