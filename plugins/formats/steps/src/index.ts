/** Recorded agent logs: JSON rows of steps, each a thought, a tool, its input and what it answered. */
import { definePlugin, FORMAT } from "@autotraj/core/plugin";
import { OPTIONS, type StepsOptions } from "./options.ts";
import { readRow, recognizes } from "./read.ts";
import { ToolBook } from "./tools.ts";

export default definePlugin<StepsOptions>({
  meta: {
    name: "@autotraj/format-steps",
    apiVersion: 1,
    kind: "format",
    description: "Recorded agent logs: rows of thought, tool, input, observation",
    options: OPTIONS,
    provides: [FORMAT],
    supports: { read: true, sft: false, preference: false },
  },
  setup(api, options) {
    const reader = { options, tools: new ToolBook(options.tools) };
    api.provide(FORMAT, {
      description: "recorded agent logs: rows of steps with thought, tool, input, observation",
      read: (row) => readRow(row, reader),
      recognizes: (row) => recognizes(row, options),
    });
  },
});
