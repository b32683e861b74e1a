import type { OptionsSchema } from "@autotraj/core/plugin";

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
  /** What the repairer sees besides the question. `[]` regenerates without having seen anything, as the paper's published code does. */
  readonly see: readonly ("trajectory" | "diagnosis")[];
  /** `shown` tells it the gold answer; marked in the provenance as sawGold. */
  readonly gold: "never" | "shown";
  /** Own instructions in place of the built-in ones. */
  readonly prompts: { readonly wrong: string; readonly poor: string };
}

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
        wrong: { type: "string", default: "", description: "For trajectories whose answer is wrong. Empty: the built-in text." },
        poor: { type: "string", default: "", description: "For right trajectories of poor quality. Empty: the built-in text." },
      },
    },
  },
};
