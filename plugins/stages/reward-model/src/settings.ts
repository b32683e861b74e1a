/** What a preset may say of stage `reward-model`; its trainer's settings stand beside these. */
import type { JsonObject, OptionsSchema } from "@autotraj/core/plugin";
import { ROW_SETTINGS } from "@autotraj/training-rows/split";
import type { PairKind } from "./pair-row.ts";

export interface Settings {
  readonly heldOut: number;
  readonly pairs: readonly PairKind[];
  readonly edits: number;
  readonly match: "format-and-length" | "none";
  readonly lengthRatio: number;
  readonly labels: "judged" | "shuffled";
}

export const SETTINGS: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    model: ROW_SETTINGS.model,
    heldOut: { ...ROW_SETTINGS.heldOut, default: 0.2 },
    pairs: {
      type: "array",
      items: { type: "string", enum: ["repair", "sibling", "edit"] },
      minItems: 1,
      uniqueItems: true,
      default: ["repair", "sibling", "edit"],
      description:
        "What it learns from. repair: an accepted repair and what it repairs. sibling: a kept trajectory and a wrong one of the same author. edit: a kept or repaired trajectory and the same made wrong in one place by program.",
    },
    edits: { type: "integer", minimum: 1, maximum: 5, default: 1, description: "edit: different ones made of each trajectory, at most." },
    match: {
      type: "string",
      enum: ["format-and-length", "none"],
      default: "format-and-length",
      description:
        "repair and sibling: pairs of which one side alone keeps the format, or is longer than lengthRatio allows, are left out, since they teach style. Edits differ in neither.",
    },
    lengthRatio: { type: "number", minimum: 1, default: 1.5, description: "match: words of the longer side over those of the shorter one, at most." },
    labels: {
      type: "string",
      enum: ["judged", "shuffled"],
      default: "judged",
      description:
        "shuffled: half of the pairs to learn from are turned round by chance. A control: such a model has learnt nothing, so what RL makes of its term is not the term's merit.",
    },
  },
};

/** All but `model`, which decides by what it names. */
export const DECISIVE = ["heldOut", "pairs", "edits", "match", "lengthRatio", "labels"] as const;

export function settingsOf(valid: Readonly<JsonObject>): Settings {
  return valid as unknown as Settings;
}
