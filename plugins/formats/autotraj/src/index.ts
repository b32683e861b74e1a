/** AutoTraj's own trajectories and the rows of its data sets, in and out: nothing is lost either way. */
import { definePlugin, FORMAT } from "@autotraj/core/plugin";
import { readRow, recognizes } from "./read.ts";
import { preferenceRow, sftRow } from "./write.ts";

export default definePlugin({
  meta: {
    name: "@autotraj/format-autotraj",
    apiVersion: 1,
    kind: "format",
    description: "AutoTraj's own trajectories and data-set rows, in and out",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [FORMAT],
    supports: { read: true, sft: true, preference: true },
  },
  setup(api) {
    api.provide(FORMAT, {
      description: "AutoTraj's own rows, whole",
      read: readRow,
      recognizes,
      sft: sftRow,
      preference: preferenceRow,
    });
  },
});
