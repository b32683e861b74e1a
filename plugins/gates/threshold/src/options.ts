/** The gate's options: their types, their schema, and what no schema can say about them. */
import { type OptionsSchema, PluginError } from "@autotraj/core/plugin";

/** A number for each of some dimensions. */
export type ByDimension = Readonly<Record<string, number>>;

export interface ThresholdGateOptions {
  /** The value a dimension must reach; all must hold. */
  readonly minimums: ByDimension;
  /** The value a dimension must not exceed; all must hold. */
  readonly maximums: ByDimension;
  /** Weights of the weighted score: the mean of these dimensions. */
  readonly weights: ByDimension;
  /** What the weighted score must reach. Undefined: it is no rule. */
  readonly weightedMinimum?: number;
  /** A candidate whose weighted score is below this is not worth a repair. */
  readonly discardBelow?: number;
  /** Candidates kept per question, best weighted score first. Undefined: all that pass. */
  readonly keepAtMost?: number;
  /** What a skipped dimension does to the rules that name it. */
  readonly whenSkipped: "fail" | "ignore" | "abstain";
  /** The questions this gate decides on. */
  readonly questions: "all" | "withAnswers" | "withoutAnswers";
  /** The tasks this gate decides on; empty: every one. */
  readonly tasks: readonly string[];
  /** The verdict's cause by the dimension whose rule is not met. */
  readonly causes: Readonly<Record<string, string>>;
  readonly repair: RepairRules;
}

/** What a repair must meet instead of, or beside, the rules for candidates. */
export interface RepairRules {
  /** Override `minimums`, dimension by dimension. */
  readonly minimums: ByDimension;
  /** Replaces `weightedMinimum`. */
  readonly weightedMinimum?: number;
  /** A repair's weighted score must be above its parent's, by at least this. Undefined: they are not compared. */
  readonly improveBy?: number;
}

const numbers = (description: string) => ({ type: "object", additionalProperties: { type: "number" }, default: {}, description }) as const;

export const OPTIONS: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    minimums: numbers("The value each named dimension must reach, e.g. { agreement: 0.5 }; all must hold. Default: none."),
    maximums: numbers("The value each named dimension must not exceed; all must hold. Default: none."),
    weights: {
      type: "object",
      additionalProperties: { type: "number", exclusiveMinimum: 0 },
      default: {},
      description: "Weights of the weighted score, the mean of the named dimensions: only their ratios matter. Default: none.",
    },
    weightedMinimum: { type: "number", description: "What the weighted score must reach. Default: nothing is asked of it." },
    discardBelow: {
      type: "number",
      description: "A candidate whose weighted score is below this is discarded, not repaired. Default: whatever fails is repaired.",
    },
    keepAtMost: {
      type: "integer",
      minimum: 1,
      description: "Keeps so many of a question's passing candidates, best weighted score first, and discards the others. Default: all are kept.",
    },
    whenSkipped: {
      enum: ["fail", "ignore", "abstain"],
      default: "fail",
      description:
        "For a dimension that a scorer skipped. fail: its rule is not met. ignore: its rule is left out and the mean is over the others. abstain: this gate leaves the question to the others.",
    },
    questions: {
      enum: ["all", "withAnswers", "withoutAnswers"],
      default: "all",
      description: "The questions this gate decides on, by whether they have a gold answer; it abstains on the others.",
    },
    tasks: {
      type: "array",
      items: { type: "string" },
      default: [],
      description: "The tasks this gate decides on; it abstains on questions of others. Default: every task.",
    },
    causes: {
      type: "object",
      additionalProperties: { type: "string", minLength: 1 },
      default: {},
      description:
        "The verdict's cause by the dimension that falls short: repairers choose their prompt by it. Default: wrong for correctness, ungrounded for grounded, format for format, poor for all others.",
    },
    repair: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "What is asked of a repair. Default: the same as of a candidate.",
      properties: {
        minimums: numbers("Override `minimums` for repairs, dimension by dimension. Default: none."),
        weightedMinimum: { type: "number", description: "Replaces `weightedMinimum` for repairs. Default: the same." },
        improveBy: {
          type: "number",
          minimum: 0,
          description: "A repair's weighted score must be above its parent's, and by at least this. Default: they are not compared.",
        },
      },
    },
  },
};

/** @throws PluginError with every contradiction, one a line. */
export function checkOptions(options: ThresholdGateOptions): void {
  const { minimums, maximums, weights, weightedMinimum, discardBelow, keepAtMost, repair } = options;
  const needWeights = {
    weightedMinimum,
    discardBelow,
    keepAtMost,
    "repair.weightedMinimum": repair.weightedMinimum,
    "repair.improveBy": repair.improveBy,
  };
  const problems: string[] = [];
  if (isEmpty(minimums) && isEmpty(maximums) && [weightedMinimum, discardBelow, keepAtMost].every((rule) => rule === undefined))
    problems.push("there is no rule for candidates: without minimums, maximums or a use of weights everything would be kept.");
  for (const [name, value] of Object.entries(needWeights)) {
    if (value !== undefined && isEmpty(weights)) problems.push(`${name} needs weights: without them there is no weighted score.`);
  }
  for (const [name, lowest] of Object.entries({ minimums, "repair.minimums": repair.minimums })) {
    for (const [dimension, minimum] of Object.entries(lowest)) {
      const maximum = Object.hasOwn(maximums, dimension) ? maximums[dimension] : undefined;
      if (maximum !== undefined && minimum > maximum)
        problems.push(`${name}.${dimension} (${minimum}) is above maximums.${dimension} (${maximum}): nothing could pass.`);
    }
  }
  if (discardBelow !== undefined && weightedMinimum !== undefined && discardBelow > weightedMinimum)
    problems.push(`discardBelow (${discardBelow}) is above weightedMinimum (${weightedMinimum}): what passes would be discarded.`);
  if (problems.length > 0) throw new PluginError("THRESHOLDS", problems.join("\n"), { hint: "Correct the options of this gate." });
}

function isEmpty(byDimension: ByDimension): boolean {
  return Object.keys(byDimension).length === 0;
}

/** The dimensions the options name: without a scorer that fills them the preset is wrong. */
export function namedDimensions({ minimums, maximums, weights, causes, repair }: ThresholdGateOptions): readonly string[] {
  return [...new Set([minimums, maximums, weights, causes, repair.minimums].flatMap((dimensions) => Object.keys(dimensions)))];
}
