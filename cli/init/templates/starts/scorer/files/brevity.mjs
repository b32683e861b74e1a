/** A scorer of your own, with nothing to install or build: 1 where what the agent said at the end is short, less where it is long. */
export default {
  meta: {
    name: "brevity",
    apiVersion: 1,
    kind: "scorer",
    description: "Short last words score high",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        longest: { type: "integer", minimum: 1, default: 120, description: "Characters up to which they score 1." },
      },
    },
  },
  setup(api, { longest }) {
    const dimensions = { brevity: { description: "the last words are short" } };
    api.hooks.score.tapPromise({ dimensions }, async (batch) =>
      batch.map(({ trajectory }) => {
        const last = trajectory.messages.findLast(({ role }) => role === "assistant");
        if (last === undefined) return { brevity: { skipped: "it says nothing" } };
        const { length } = last.content;
        return { brevity: { value: Math.min(1, longest / Math.max(1, length)), reason: `${length} characters` } };
      }),
    );
  },
};
