import { type OptionsSchema, PluginError } from "@autotraj/core/plugin";
import { HEDGE_WORDS } from "./confidence.ts";

export interface QualityOptions {
  /** Shares of the three terms in S; they add up to 1. Default: the paper's 0.4, 0.3, 0.3. */
  readonly weights: { readonly confidence: number; readonly length: number; readonly repetition: number };
  /** Words (or phrases) that make confidence 0 when they occur in thinking. */
  readonly hedgeWords: readonly string[];
  /** σ of the length term as a share of n*. */
  readonly sigma: number;
  /** `right`: S is for right answers only, as in the paper. `all`: every trajectory gets one. */
  readonly scope: "right" | "all";
  /** Minimums by dimension: n* is that of the candidates that reach them, where one does. */
  readonly among: Readonly<Record<string, number>>;
}

const weight = { type: "number", minimum: 0, maximum: 1 } as const;

export const OPTIONS_SCHEMA: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    weights: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "Shares of the terms in quality; they must add up to 1. The paper's are 0.4, 0.3 and 0.3.",
      properties: {
        confidence: { ...weight, default: 0.4, description: "Share of confidence." },
        length: { ...weight, default: 0.3, description: "Share of length." },
        repetition: { ...weight, default: 0.3, description: "Share of repetition." },
      },
    },
    hedgeWords: {
      type: "array",
      items: { type: "string", minLength: 1 },
      default: [...HEDGE_WORDS],
      description: "Words that make confidence 0 when thinking holds one of them, whatever its case. The paper's nine.",
    },
    sigma: {
      type: "number",
      exclusiveMinimum: 0,
      default: 0.5,
      description: "Width of the length term as a share of the shortest right candidate's length. The paper's is 0.5.",
    },
    scope: {
      enum: ["right", "all"],
      default: "right",
      description:
        "right: quality and length for right answers only, as in the paper. all: for every trajectory, also where there is no gold answer.",
    },
    among: {
      type: "object",
      additionalProperties: { type: "number" },
      default: {},
      description:
        "The value each named dimension must reach, e.g. { format: 1 }, for a candidate to be one that lengths are compared with: what no gate would keep pulls nobody down. Default: none.",
    },
  },
};

/** What this scorer fills. */
export const DIMENSIONS = {
  quality: { description: "The paper's S: weighted confidence, length and repetition of a right answer" },
  confidence: { description: "1: no hedging word in the thinking" },
  length: { description: "1: as short as the shortest right candidate of the question; falls off like a bell" },
  repetition: { description: "1 minus the share of word 3-grams that occur again" },
} as const;

/** @throws PluginError where lengths would wait for what is made of them. */
export function checkAmong(among: QualityOptions["among"]): void {
  const own = Object.keys(among).find((dimension) => Object.hasOwn(DIMENSIONS, dimension));
  if (own === undefined) return;
  throw new PluginError("AMONG", `among names "${own}", which this scorer fills itself.`, { hint: "Name dimensions of other scorers, e.g. format." });
}

/** @throws PluginError where the weights do not add up to 1. */
export function checkWeights({ confidence, length, repetition }: QualityOptions["weights"]): void {
  const sum = confidence + length + repetition;
  if (Math.abs(sum - 1) < 1e-9) return;
  throw new PluginError("WEIGHTS_SUM", `weights must add up to 1, but ${confidence} + ${length} + ${repetition} is ${Number(sum.toFixed(9))}.`, {
    hint: "Scale them, or leave weights out for the paper's 0.4, 0.3 and 0.3.",
  });
}
