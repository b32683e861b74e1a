/** A tool that takes a while, whatever it is asked: what a search or a sandbox far away is like. */
import { setTimeout as sleep } from "node:timers/promises";
import { definePlugin, TOOL } from "@autotraj/core/plugin";

export default definePlugin({
  meta: {
    name: "slow-tool",
    apiVersion: 1,
    kind: "tool",
    description: "Answers RESULT-42 after a while",
    options: {
      type: "object",
      additionalProperties: false,
      properties: { latencyMs: { type: "integer", minimum: 0, default: 200, description: "How long one call takes." } },
    },
    provides: [TOOL],
  },
  setup(api, { latencyMs }) {
    api.provide(TOOL, {
      definition: {
        name: "python",
        description: "Runs code",
        parameters: { type: "object", properties: { code: { type: "string", description: "Python code" } }, required: ["code"] },
        tag: { name: "code", argument: "code" },
      },
      identity: "slow 1",
      async call() {
        await sleep(latencyMs);
        return { content: "RESULT-42", ok: true, durationMs: latencyMs };
      },
    });
  },
});
