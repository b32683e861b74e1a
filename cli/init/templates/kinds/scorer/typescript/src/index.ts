/** A scorer fills dimensions: one score for each trajectory of a batch, in the batch's order. */
import { definePlugin, type Score } from "@autotraj/core/plugin";

interface Options {
  readonly longest: number;
}

export default definePlugin<Options>({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "scorer",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        longest: {
          type: "integer",
          minimum: 1,
          default: 40,
          description: "Characters up to which an answer scores 1.",
        },
      },
    },
    supports: { deterministic: true, network: false },
  },
  setup(api, { longest }) {
    // A value lies in [0, 1] unless the dimension says another `range`; a scorer that reads the scores of others names them in `needs`.
    const dimensions = { "{{name}}": { description: "the answer is short" } };
    api.hooks.score.tapPromise({ dimensions }, async (batch) =>
      batch.map(({ trajectory }) => ({ "{{name}}": scoreOf(trajectory.answer, longest) })),
    );
  },
});

/** `skipped` says that the dimension does not apply, `failed` that it could not be judged. Neither counts as 0. */
function scoreOf(answer: string | undefined, longest: number): Score {
  if (answer === undefined) return { skipped: "there is no answer" };
  return { value: Math.min(1, longest / Math.max(1, answer.length)), reason: `${answer.length} characters` };
}
