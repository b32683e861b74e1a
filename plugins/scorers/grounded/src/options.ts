/** What its user may choose. */
import type { OptionsSchema } from "@autotraj/core/plugin";

export interface GroundedOptions {
  /** Names of tools whose results are found, not computed. */
  readonly searches: readonly string[];
  /** The share of the question's quantities that must reach the calls. */
  readonly operands: number;
}

export const OPTIONS: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    searches: {
      type: "array",
      items: { type: "string", minLength: 1 },
      default: [],
      description:
        "Tools whose results are found, not computed, beside those whose name says so (search, lookup, retrieve, browse, fetch, wiki, open, read, find, query).",
    },
    operands: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description:
        "The share of the question's quantities that must reach the calls for `grounded`; stories also tell quantities that are not needed.",
    },
  },
};
