/** ATIF, Harbor's Agent Trajectory Interchange Format: documents in and out. */
import { definePlugin, FORMAT } from "@autotraj/core/plugin";
import { readDocument, recognizes } from "./read.ts";
import { document } from "./write.ts";

export default definePlugin({
  meta: {
    name: "@autotraj/format-atif",
    apiVersion: 1,
    kind: "format",
    description: "ATIF trajectories (Harbor's interchange format) in and out",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [FORMAT],
    supports: { read: true, sft: true, preference: false },
  },
  setup(api) {
    api.provide(FORMAT, {
      description: "ATIF 1.7 documents, one trajectory each, with everything it holds",
      read: (row) => readDocument(row),
      recognizes,
      sft: document,
    });
  },
});
