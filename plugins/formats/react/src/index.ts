/** ReAct text: logs in, rows with a loss mask out. */
import { definePlugin, FORMAT } from "@autotraj/core/plugin";
import { ActionText } from "./actions.ts";
import { OPTIONS, type ReactOptions } from "./options.ts";
import { readRow, recognizes, splitEpisodes } from "./read.ts";
import { preferenceRow, promptRow, refuses, sftRow } from "./write.ts";

export default definePlugin<ReactOptions>({
  meta: {
    name: "@autotraj/format-react",
    apiVersion: 1,
    kind: "format",
    description: "ReAct text logs in (Thought, Action, Observation), ReAct text with a loss mask out",
    options: OPTIONS,
    provides: [FORMAT],
    supports: { read: true, sft: true, preference: true },
  },
  setup(api, options) {
    const actions = new ActionText(options.arguments);
    const reader = { actions, task: options.task };
    const writer = { actions, style: options.style, system: options.system };
    api.provide(FORMAT, {
      description: "ReAct text: prompt, completion and its loss mask in segments",
      read: (row) => readRow(row, reader),
      recognizes,
      split: splitEpisodes,
      refuses: (trajectory) => refuses(trajectory, writer),
      // An observation stands right after its action.
      pairsByPosition: true,
      sft: (trajectory) => sftRow(trajectory, writer),
      preference: (pair) => preferenceRow(pair, writer),
      prompt: (trajectory) => promptRow(trajectory, writer),
    });
  },
});
