/** The paper's gate: keep what is right and good, repair the rest, accept a repair that is right and good enough. */
import { definePlugin, PluginError } from "@autotraj/core/plugin";
import type { PaperGateOptions } from "./options.ts";
import { judgeCandidates, judgeRepair } from "./rules.ts";

const threshold = (value: number, description: string) => ({ type: "number", minimum: 0, maximum: 1, default: value, description }) as const;

export default definePlugin<PaperGateOptions>({
  meta: {
    name: "@autotraj/gate-paper",
    apiVersion: 1,
    kind: "gate",
    description: "The paper's keep and acceptance rules",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        keepAll: threshold(0.9, "All right candidates of a question are kept when the lowest S among them reaches this."),
        keepBest: threshold(0.86, "Otherwise only the best right candidate is kept, when its S reaches this."),
        acceptPoor: threshold(0.86, "A repair of a right but poor trajectory is accepted when its S is above this and above its parent's."),
        acceptWrong: threshold(0.8, "A repair of a wrong trajectory is accepted when it is right and its S is above this."),
        format: {
          enum: ["require", "ignore"],
          default: "require",
          description:
            "require: a trajectory that breaks the format is never kept (where a scorer fills `format`). ignore: the format decides nothing.",
        },
      },
    },
    supports: { deterministic: true },
  },
  setup(api, options) {
    if (options.keepAll < options.keepBest) {
      throw new PluginError(
        "THRESHOLDS",
        `keepAll (${options.keepAll}) is below keepBest (${options.keepBest}): the best candidate would be asked more than all of them.`,
        {
          hint: "Set keepAll to at least keepBest.",
        },
      );
    }
    api.hooks.shouldRepair.tapPromise({ needs: ["correctness", "quality"] }, async (gateCase) =>
      gateCase.subject === "candidates" ? judgeCandidates(gateCase, options) : judgeRepair(gateCase, options),
    );
  },
});
