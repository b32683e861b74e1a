/** A gate decides what becomes of a scored trajectory: keep, repair or discard. */
import { definePlugin } from "@autotraj/core/plugin";

export default definePlugin({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "gate",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        dimension: {
          type: "string",
          minLength: 1,
          default: "correctness",
          description: "The dimension that is looked at.",
        },
        minimum: { type: "number", default: 1, description: "The value from which a trajectory is kept." },
      },
    },
    supports: { deterministic: true, network: false },
  },
  setup(api, { dimension, minimum }) {
    // `needs` is checked before anything is spent: a preset in which no scorer fills the dimension is refused.
    // One verdict for each item, in order. Of a repair, `keep` accepts it and `repair` lets the next attempt try.
    api.hooks.shouldRepair.tapPromise({ needs: [dimension] }, async ({ items }) =>
      items.map(({ scores }) => verdictOn(scores[dimension], dimension, minimum)),
    );
  },
});

function verdictOn(score, dimension, minimum) {
  if (score === undefined || !("value" in score)) return { decision: "discard", reason: `${dimension} has no value` };
  if (score.value >= minimum) return { decision: "keep", reason: `${dimension} is ${score.value}` };
  return { decision: "repair", reason: `${dimension} is ${score.value}, below ${minimum}`, cause: "poor" };
}
