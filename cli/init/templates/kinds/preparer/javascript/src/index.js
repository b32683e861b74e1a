/** A preparer sees each question before it is asked: it changes the request, or drops it. */
import { definePlugin } from "@autotraj/core/plugin";

export default definePlugin({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "preparer",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        note: {
          type: "string",
          default: "Give the final answer without its unit.",
          description: "Added to the system prompt as a line of its own.",
        },
        longest: {
          type: "integer",
          minimum: 1,
          default: 4000,
          description: "Characters; a longer question is dropped.",
        },
      },
    },
    supports: { deterministic: true, network: false },
  },
  setup(api, { note, longest }) {
    // What a tap is given is frozen: it returns a new request, or undefined where there is nothing to change.
    api.hooks.beforeRollout.tapPromise({}, async (request) => {
      if (request.query.question.length > longest) return { drop: `the question is longer than ${longest} characters` };
      return { ...request, system: `${request.system}\n${note}`.trim() };
    });
  },
});
