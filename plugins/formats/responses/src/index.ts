/** OpenAI's Responses API in and out, and Codex rollouts in. */
import { definePlugin, FORMAT } from "@autotraj/core/plugin";
import { gatherResponseBatches } from "./batches.ts";
import { gatherChains } from "./chains.ts";
import { readConversation } from "./read.ts";
import { recognizes } from "./recognize.ts";
import { gatherRollouts } from "./rollouts.ts";
import { preferenceRow, promptRow, refuses, sftRow } from "./write.ts";

export default definePlugin({
  meta: {
    name: "@autotraj/format-responses",
    apiVersion: 1,
    kind: "format",
    description: "OpenAI Responses requests, responses and lists of items in and out; Codex rollouts in",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [FORMAT],
    supports: { read: true, sft: true, preference: true },
  },
  setup(api) {
    api.provide(FORMAT, {
      description: "OpenAI Responses rows: instructions, tools, input and output items",
      read: readConversation,
      recognizes,
      gather: (rows) => gatherChains(gatherRollouts(gatherResponseBatches(rows))),
      refuses,
      sft: sftRow,
      preference: preferenceRow,
      prompt: promptRow,
    });
  },
});
