/** How the tools were used. Decides nothing by itself: a gate or a report may look at it, and repairers read its reasons. */
import { definePlugin } from "@autotraj/core/plugin";
import { efficiency, executability, necessity, redundancy } from "./calls.ts";
import { faithfulness } from "./faithfulness.ts";

export default definePlugin({
  meta: {
    name: "@autotraj/scorer-tool-use",
    apiVersion: 1,
    kind: "scorer",
    description: "How the tools were used: executability, redundancy, necessity, efficiency, faithfulness",
    options: { type: "object", additionalProperties: false, properties: {} },
    supports: { deterministic: true, network: false },
  },
  setup(api) {
    api.hooks.score.tapPromise(
      {
        needs: ["correctness"],
        dimensions: {
          executability: { description: "the calls ran without a failure" },
          redundancy: { description: "no call repeats an earlier one" },
          necessity: { description: "candidates with fewer calls were wrong" },
          efficiency: { description: "right with few calls" },
          faithfulness: { description: "the text agrees with what the tools said" },
        },
      },
      async (batch) =>
        batch.map((item) => ({
          executability: executability(item.trajectory),
          redundancy: redundancy(item.trajectory),
          necessity: necessity(item),
          efficiency: efficiency(item),
          faithfulness: faithfulness(item.trajectory),
        })),
    );
  },
});
