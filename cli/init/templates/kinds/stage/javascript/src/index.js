/** A stage is what a run does behind its data sets, once, until something that decides its result changes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { definePlugin, STAGE } from "@autotraj/core/plugin";

export default definePlugin({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "stage",
    description: "{{description}}",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [STAGE],
  },
  setup(api) {
    api.provide(STAGE, stage);
  },
});

const stage = {
  name: "{{name}}",
  settings: {
    type: "object",
    additionalProperties: false,
    properties: { rows: { type: "integer", minimum: 1, default: 20, description: "Rows that are drawn." } },
  },
  /** Finds out what decides the result, and spends nothing. */
  async prepare({ settings, dir, datasets, contentOf, random }) {
    return {
      // Beside the settings. When a part is another one, the stage is done again, and its name is said.
      parts: { "the rows": await contentOf(datasets.sft) },
      madeFrom: { files: [datasets.sft] },
      async run() {
        const lines = readFileSync(datasets.sft, "utf8").split("\n").filter(Boolean);
        const rows = lines.map((line) => JSON.parse(line));
        const shuffled = rows.map((row) => ({ row, place: random(row.id) })).sort((a, b) => a.place - b.place);
        const drawn = shuffled.slice(0, Number(settings["rows"])).map(({ row }) => row);
        writeFileSync(join(dir, "review.md"), drawn.map(sectionOf).join("\n"));
        return { metrics: { rows: drawn.length } };
      },
    };
  },
};

function sectionOf({ query, answer, verdict }) {
  return `## ${query.question}\n\nAnswered ${answer ?? "nothing"}. Kept, since ${verdict?.reason ?? "no gate refused it"}.\n`;
}
