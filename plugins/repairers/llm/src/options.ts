import type { OptionsSchema } from "@autotraj/core/plugin";
import type { AttemptCase } from "@autotraj/repair-prompt/cases";

export interface LlmRepairerOptions {
  /** Preset id of the policy that repairs. */
  readonly policy: string;
  /** Repairs tried per trajectory before the next repairer's turn. */
  readonly attempts: number;
  /** Temperature of the first attempt; later ones use `retryTemperature`, since greedy would only repeat itself. */
  readonly temperature: number;
  readonly retryTemperature: number;
  /** How many of the most similar kept trajectories are shown as worked examples, in place of the rollout's own. */
  readonly exemplars: number;
  /** `none`: no worked example is shown where there are no exemplars, as to a model that was trained to repair without any. */
  readonly examples: "rollout" | "none";
  /** What the repairer sees besides the question. `[]` regenerates without having seen anything, as the paper's published code does. */
  readonly see: readonly ("trajectory" | "diagnosis")[];
  /** `shown` tells it the gold answer; marked in the provenance as sawGold. */
  readonly gold: "never" | "shown";
  /** Own instructions in place of the built-in ones, by what is wrong with the attempt. */
  readonly prompts: Readonly<Record<AttemptCase, string>>;
}

const prompt = (description: string) => ({ type: "string", default: "", description: `${description} Empty: the built-in text.` }) as const;

export const OPTIONS: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  required: ["policy"],
  properties: {
    policy: { type: "string", minLength: 1, description: "Preset id of the policy that writes the repairs." },
    attempts: { type: "integer", minimum: 1, maximum: 100, default: 1, description: "Repairs tried per trajectory before the next repairer's turn." },
    temperature: {
      type: "number",
      minimum: 0,
      maximum: 2,
      default: 0,
      description: "Temperature of the first attempt (the paper's repairer is greedy).",
    },
    retryTemperature: { type: "number", minimum: 0, maximum: 2, default: 0.8, description: "Temperature of the attempts after the first." },
    exemplars: {
      type: "integer",
      minimum: 0,
      maximum: 32,
      default: 0,
      description: "How many of the most similar trajectories already kept in this run are shown as worked examples, in place of the rollout's own.",
    },
    examples: {
      enum: ["rollout", "none"],
      default: "rollout",
      description:
        "Which worked examples are shown where there are no exemplars: the rollout's own, or none, as to a model that was trained to repair.",
    },
    see: {
      type: "array",
      items: { enum: ["trajectory", "diagnosis"] },
      uniqueItems: true,
      default: ["trajectory", "diagnosis"],
      description: "What the repairer sees besides the question. An empty list regenerates without having seen anything.",
    },
    gold: {
      enum: ["never", "shown"],
      default: "never",
      description: "Whether the repairer is told the gold answer; shown is marked in the provenance.",
    },
    prompts: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "Own instructions in place of the built-in ones.",
      properties: {
        wrong: prompt("For trajectories whose answer is wrong."),
        malformed: prompt("For trajectories that break the form, whose answer may be right, and for those that gave no answer."),
        ungrounded: prompt("For trajectories whose answer does not follow from what the tools returned (the gate's cause is ungrounded)."),
        poor: prompt("For right trajectories of poor quality."),
        other: prompt("For trajectories that a gate refused for any other cause."),
      },
    },
  },
};
