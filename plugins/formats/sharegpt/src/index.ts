/** ShareGPT conversations, in and out, in LLaMA-Factory's form. */
import { basename } from "node:path";
import { DIALECTS, definePlugin, FORMAT, type Format, type JsonObject } from "@autotraj/core/plugin";
import { readRow, recognizes } from "./read.ts";
import { firstDifferenceRow, refuses, sftRow, wholeRunRow } from "./write.ts";

export default definePlugin({
  meta: {
    name: "@autotraj/format-sharegpt",
    apiVersion: 1,
    kind: "format",
    description: "ShareGPT conversations in and out, as LLaMA-Factory takes them",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [FORMAT],
    supports: { read: true, sft: true, preference: true },
  },
  setup(api) {
    const dialects = api.use(DIALECTS);
    const base = {
      read: readRow,
      recognizes,
      refuses,
      pairsByPosition: true,
      sft: (trajectory) => sftRow(trajectory, dialects),
      companions: datasetRegistry,
    } satisfies Partial<Format>;
    api.provide(FORMAT, {
      ...base,
      description: "LLaMA-Factory's ShareGPT rows and dataset_info.json; a pair's sides are whole runs",
      preference: (pair) => wholeRunRow(pair, dialects),
      variants: {
        turn: {
          ...base,
          description: "the same, but a pair's sides are the first turn in which they differ",
          preference: (pair) => firstDifferenceRow(pair, dialects),
        },
      },
    });
  },
});

/** LLaMA-Factory finds data sets by this file in its `dataset_dir`. */
function datasetRegistry(written: Parameters<NonNullable<Format["companions"]>>[0]): Record<string, string> {
  const entries: JsonObject = {};
  for (const [name, { file }] of Object.entries(written)) {
    const columns: JsonObject = { messages: "conversations", system: "system", tools: "tools" };
    const pairs = name === "preferences";
    if (pairs) Object.assign(columns, { chosen: "chosen", rejected: "rejected" });
    entries[`autotraj_${name}`] = { file_name: basename(file), formatting: "sharegpt", ...(pairs ? { ranking: true } : {}), columns };
  }
  return { "dataset_info.json": `${JSON.stringify(entries, null, 2)}\n` };
}
