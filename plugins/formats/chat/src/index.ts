/** OpenAI chat messages, in and out, and the paper's Alpaca rows. */
import { DIALECTS, definePlugin, FORMAT, type Format } from "@autotraj/core/plugin";
import { alpacaPreference, alpacaRefuses, alpacaSft, type Results } from "./alpaca.ts";
import { readRow, recognizes } from "./read.ts";
import { type ArgumentStyle, preferenceRow, refuses, sftRow } from "./write.ts";

export default definePlugin({
  meta: {
    name: "@autotraj/format-chat",
    apiVersion: 1,
    kind: "format",
    description: "OpenAI chat messages in and out with a loss mask; the paper's Alpaca rows",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [FORMAT],
    supports: { read: true, sft: true, preference: true },
  },
  setup(api) {
    const dialects = api.use(DIALECTS);
    const chat = (args: ArgumentStyle) =>
      ({
        read: readRow,
        recognizes,
        refuses,
        sft: (trajectory) => sftRow(trajectory, { dialects, args }),
        preference: (pair) => preferenceRow(pair, { dialects, args }),
      }) satisfies Partial<Format>;
    const alpaca = (results: Results, description: string) =>
      ({
        description,
        refuses: alpacaRefuses,
        sft: (trajectory) => alpacaSft(trajectory, dialects, results),
        preference: (pair) => alpacaPreference(pair, dialects, results),
        // The results of a run stand in one text, in their order.
        pairsByPosition: true,
      }) satisfies Format;
    api.provide(FORMAT, {
      ...chat("object"),
      description: "OpenAI chat messages with tool calls, as chat templates take them; loss mask in `weight` or `segments`",
      variants: {
        openai: { ...chat("text"), description: "the same with arguments as JSON text, as OpenAI's API and what speaks it take them" },
        alpaca: alpaca("kept", "instruction, input, output in the tag dialect, real results"),
        "alpaca-masked": alpaca("blanked", "as the paper's published code has them: results blanked in the text"),
      },
    });
  },
});
