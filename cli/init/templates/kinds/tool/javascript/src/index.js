/** A tool is a service: what the model is told of it, and what it answers. */
import { definePlugin, TOOL } from "@autotraj/core/plugin";

export default definePlugin({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "tool",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        longest: {
          type: "integer",
          minimum: 1,
          default: 100_000,
          description: "Characters; a longer text is refused.",
        },
      },
    },
    provides: [TOOL],
    supports: { sessions: false, network: false },
  },
  setup(api, { longest }) {
    api.provide(TOOL, counter(longest));
  },
});

function counter(longest) {
  return {
    definition: {
      name: "{{name}}",
      description: "counts the characters and words of a text.",
      parameters: {
        type: "object",
        properties: { text: { type: "string", description: "The text to count in, e.g. strawberry" } },
        required: ["text"],
        additionalProperties: false,
      },
      // How the `tags` dialect writes a call. A tool without it can be called in `native` only.
      tag: { name: "{{name}}", argument: "text" },
    },
    // All that decides its answers besides the arguments. Change it when the same call would be answered differently: stored answers are then asked for anew.
    identity: `{{name}} 1, at most ${longest} characters`,
    async call({ text }) {
      const started = performance.now();
      const answer = countIn(text, longest);
      return { ...answer, durationMs: performance.now() - started };
    },
  };
}

/** A mistake of the model's is a result with `ok: false`, which it can read; only a broken tool throws. */
function countIn(text, longest) {
  if (typeof text !== "string") return { content: "[the argument text is missing]", ok: false };
  if (text.length > longest) return { content: `[the text is longer than ${longest} characters]`, ok: false };
  const words = text.split(/\s+/).filter(Boolean).length;
  return { content: `${[...text].length} characters, ${words} words`, ok: true };
}
