/** The paper's gate: keep what is right and good, repair the rest, accept a repair that is right and good enough; and what is required beside that. */
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
        require: {
          type: "object",
          additionalProperties: { type: "number" },
          default: {},
          description:
            "The value each named dimension must reach beside the paper's rule, e.g. { grounded: 1 }, for a candidate or repair to be kept or counted among the question's right ones. Default: none.",
        },
        whenSkipped: {
          enum: ["fail", "ignore"],
          default: "fail",
          description: "For a required dimension that a scorer skipped. fail: its minimum is not reached. ignore: it decides nothing.",
        },
        causes: {
          type: "object",
          additionalProperties: { type: "string", minLength: 1 },
          default: {},
          description:
            "The verdict's cause by the required dimension that falls short: repairers choose their prompt by it. Default: ungrounded for grounded, wrong for correctness, format for format, poor for all others.",
        },
      },
    },
    supports: { deterministic: true },
  },
  setup(api, options) {
    checkOptions(options);
    const needs = [...new Set(["correctness", "quality", ...Object.keys(options.require)])];
    api.hooks.shouldRepair.tapPromise({ needs }, async (gateCase) =>
      gateCase.subject === "candidates" ? judgeCandidates(gateCase, options) : judgeRepair(gateCase, options),
    );
  },
});

/** @throws PluginError where options contradict each other. */
function checkOptions({ keepAll, keepBest, require, causes }: PaperGateOptions): void {
  if (keepAll < keepBest) {
    throw new PluginError(
      "THRESHOLDS",
      `keepAll (${keepAll}) is below keepBest (${keepBest}): the best candidate would be asked more than all of them.`,
      { hint: "Set keepAll to at least keepBest." },
    );
  }
  const unknown = Object.keys(causes).find((dimension) => !Object.hasOwn(require, dimension));
  if (unknown !== undefined) {
    throw new PluginError("CAUSES", `causes names "${unknown}", which require does not.`, { hint: "Name in causes only dimensions of require." });
  }
}
