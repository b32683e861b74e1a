/** Does a trajectory keep the format? The paper's validity check, as a score with the first violation as its reason. */
import { DIALECTS, type Dialects, definePlugin, type Score, type Trajectory } from "@autotraj/core/plugin";
import { checkNative } from "./native.ts";
import { checkTags } from "./tags.ts";
import type { FormatRules } from "./violation.ts";

export interface FormatOptions {
  /** `tags`: exactly one `<answer>` (Tool-Star's rule), or at least one (the paper's code). Whatever is chosen, nothing may follow the last. */
  readonly answers: "one" | "atLeastOne";
  /** The final answer must stand in a closed, non-empty `\boxed{}`. */
  readonly requireBoxed: boolean;
  /** `tags`: text between the blocks. The paper's check allows it; Search-R1's strict machine does not. */
  readonly outsideText: "allow" | "forbid";
  /** `native`: many servers keep the thinking to themselves, so it is only asked for where it is known to come. */
  readonly nativeReasoning: "optional" | "required";
}

export default definePlugin<FormatOptions>({
  meta: {
    name: "@autotraj/scorer-format",
    apiVersion: 1,
    kind: "scorer",
    description: "Does the trajectory keep the format? The paper's state machine",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        answers: {
          enum: ["one", "atLeastOne"],
          default: "one",
          description: "tags: exactly one <answer>, or at least one as the paper's reward has it. Nothing may follow the last one.",
        },
        requireBoxed: { type: "boolean", default: true, description: "The final answer must stand in a closed, non-empty \\boxed{}. Both dialects." },
        outsideText: {
          enum: ["allow", "forbid"],
          default: "allow",
          description: "tags: text between the blocks, before the answer. The paper allows it.",
        },
        nativeReasoning: {
          enum: ["optional", "required"],
          default: "optional",
          description: "native: whether at least one turn must carry reasoning. Many servers return none.",
        },
      },
    },
    requires: [DIALECTS],
    supports: { deterministic: true, network: false },
  },
  setup(api, options) {
    const dialects = api.use(DIALECTS);
    api.hooks.score.tapPromise(
      { dimensions: { format: { description: "1: the trajectory keeps the format; 0: the reason says where it first does not" } } },
      async (batch) => batch.map(({ trajectory }) => ({ format: formatScore(trajectory, dialects, options) })),
    );
  },
});

function formatScore(trajectory: Trajectory, dialects: Dialects, rules: FormatRules): Score {
  if (trajectory.finish === "failed") return { skipped: "the policy failed before the trajectory was over" };
  const violation = trajectory.dialect === "tags" ? checkTags(trajectory, dialects.get("tags"), rules) : checkNative(trajectory, rules);
  if (violation === undefined) return { value: 1 };
  const { what, span } = violation;
  if (span === undefined) return { value: 0, reason: what };
  return { value: 0, reason: `${what}, message ${span.message}, character ${span.start}`, spans: [span] };
}
