/** What a log says of its own outcome, as a dimension. */
import { definePlugin, PluginError } from "@autotraj/core/plugin";
import { type RecordedOptions, recordedScore } from "./outcome.ts";

export default definePlugin<RecordedOptions>({
  meta: {
    name: "@autotraj/scorer-recorded",
    apiVersion: 1,
    kind: "scorer",
    description: "What a log says of its own outcome: reward, success, score",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        fields: {
          type: "array",
          items: { type: "string", minLength: 1 },
          minItems: 1,
          default: [
            "reward",
            "final_reward",
            "success",
            "is_success",
            "resolved",
            "solved",
            "is_solved",
            "passed",
            "correct",
            "is_correct",
            "score",
            "outcome",
          ],
          description: "Fields of the log's outcome; the first that a log has counts.",
        },
        range: {
          type: "array",
          items: { type: "number" },
          minItems: 2,
          maxItems: 2,
          default: [0, 1],
          description: "The numbers that stand for failure and for success: [-1, 1], [0, 100]. What lies outside is skipped.",
        },
      },
    },
    supports: { deterministic: true, network: false },
  },
  setup(api, options) {
    const [worst, best] = options.range;
    if (worst === best) {
      throw new PluginError("RECORDED_RANGE_EMPTY", `range is [${options.range.join(", ")}]: failure and success are the same number.`, {
        hint: "Name two different numbers, as [0, 1].",
      });
    }
    api.hooks.score.tapPromise({ dimensions: { recorded: { description: "the log itself says that the run succeeded" } } }, async (batch) =>
      batch.map(({ trajectory }) => ({ recorded: recordedScore(trajectory, options) })),
    );
  },
});
