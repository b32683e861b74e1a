/** A reward gives RL one term for each trajectory. */
import { definePlugin } from "@autotraj/core/plugin";

export default definePlugin({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "reward",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        free: { type: "integer", minimum: 0, default: 2, description: "Tool calls that cost nothing." },
        perCall: { type: "number", minimum: 0, default: 0.1, description: "What each further call takes off." },
      },
    },
    supports: { deterministic: true, network: false },
  },
  setup(api, options) {
    // `outcome` terms are added up with their weights; a `gate` replaces the whole reward where it is below 0.
    api.hooks.reward.tapPromise({ role: "outcome" }, async (batch) =>
      batch.map(({ trajectory }) => termOf(trajectory, options)),
    );
  },
});

function termOf({ finish, usage }, { free, perCall }) {
  // `failed` drops the sample. A policy that could not be reached has done nothing that could be rewarded.
  if (finish === "failed") return { failed: "the policy failed" };
  return { value: 0 - perCall * Math.max(0, usage.toolCalls - free), reason: `${usage.toolCalls} tool calls` };
}
