/** LangChain messages and LangSmith runs in, LangChain messages out. */
import { definePlugin, FORMAT } from "@autotraj/core/plugin";
import { gatherTraces } from "./gather.ts";
import { read, recognizes } from "./read.ts";
import { sftRow } from "./write.ts";

export default definePlugin({
  meta: {
    name: "@autotraj/format-langchain",
    apiVersion: 1,
    kind: "format",
    description: "LangChain messages and LangSmith runs in; LangChain messages out",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [FORMAT],
    supports: { read: true, sft: true },
  },
  setup(api) {
    api.provide(FORMAT, {
      description: "LangChain messages as `messages_to_dict` writes them, with tools",
      read,
      recognizes,
      gather: gatherTraces,
      sft: sftRow,
    });
  },
});
