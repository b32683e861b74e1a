/** OpenAI chat messages, in and out, and the paper's Alpaca rows. */
import { DIALECTS, definePlugin, FORMAT } from "@autotraj/core/plugin";
import { alpacaPreference, alpacaSft, type Results } from "./alpaca.ts";
import { readConversation, recognizes } from "./read.ts";
import { preferenceRow, sftRow } from "./write.ts";

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
    const alpaca = (results: Results, description: string) => ({
      description,
      sft: (trajectory: Parameters<typeof alpacaSft>[0]) => alpacaSft(trajectory, dialects, results),
      preference: (pair: Parameters<typeof alpacaPreference>[0]) => alpacaPreference(pair, dialects, results),
    });
    api.provide(FORMAT, {
      description: "OpenAI chat messages with tool calls; loss mask in `weight` or `segments`",
      read: readConversation,
      recognizes,
      sft: (trajectory) => sftRow(trajectory, dialects),
      preference: (pair) => preferenceRow(pair, dialects),
      variants: {
        alpaca: alpaca("kept", "instruction, input, output in the tag dialect, real results"),
        "alpaca-masked": alpaca("blanked", "as the paper's published code has them: results blanked in the text"),
      },
    });
  },
});
