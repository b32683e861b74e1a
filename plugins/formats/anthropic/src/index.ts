/** Anthropic's Messages API in and out, and Claude Code transcripts in. */
import { definePlugin, FORMAT } from "@autotraj/core/plugin";
import { gatherMessageBatches } from "./batches.ts";
import { gatherMessages } from "./messages.ts";
import { readConversation } from "./read.ts";
import { recognizes } from "./recognize.ts";
import { gatherTranscripts } from "./transcripts.ts";
import { preferenceRow, promptRow, refuses, sftRow } from "./write.ts";

export default definePlugin({
  meta: {
    name: "@autotraj/format-anthropic",
    apiVersion: 1,
    kind: "format",
    description: "Anthropic Messages requests, responses and batches in and out; Claude Code transcripts in",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [FORMAT],
    supports: { read: true, sft: true, preference: true },
  },
  setup(api) {
    api.provide(FORMAT, {
      description: "Anthropic Messages rows: system, tools, messages of content blocks",
      read: readConversation,
      recognizes,
      gather: (rows) => gatherMessages(gatherMessageBatches(gatherTranscripts(rows))),
      refuses,
      sft: sftRow,
      preference: preferenceRow,
      prompt: promptRow,
    });
  },
});
