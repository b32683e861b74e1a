/** OpenTelemetry's GenAI spans, in and out. */
import { definePlugin, FORMAT } from "@autotraj/core/plugin";
import { gatherTraces } from "./gather.ts";
import { read, recognizes } from "./read.ts";
import { sftRow } from "./write.ts";

export default definePlugin({
  meta: {
    name: "@autotraj/format-otel",
    apiVersion: 1,
    kind: "format",
    description: "OpenTelemetry GenAI spans (OTLP JSON) in and out; OpenLLMetry, OpenInference and AI SDK spans in",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [FORMAT],
    supports: { read: true, sft: true },
  },
  setup(api) {
    api.provide(FORMAT, {
      description: "OTLP JSON, a trace a line: one `chat` span with the messages, an `execute_tool` span per result",
      read,
      recognizes,
      gather: gatherTraces,
      sft: sftRow,
    });
  },
});
