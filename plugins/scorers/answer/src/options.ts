/** The plugin's options and their schema. */
import type { OptionsSchema } from "@autotraj/core/plugin";
import type { Method } from "./judge.ts";
import type { MathSettings } from "./math-verify.ts";
import type { PaperRules } from "./paper-judge.ts";

export interface AnswerOptions {
  /** How an answer is compared; `auto` looks at the gold answer. */
  readonly method: Method;
  /** The same, for the queries of one task. */
  readonly methods: Readonly<Record<string, Method>>;
  /** Token F1 from which a text answer is right (methods auto, text and f1). 1 asks for an exact match; the paper's lenient QA accuracy is 0.5. */
  readonly f1Threshold: number;
  /** How far a rounded number may be off: |Δ| ≤ tolerance · max(1, |gold|), within the limits of how gold is written. */
  readonly tolerance: number;
  /** `paper` and `paper-selection` judge as the paper's code does, in its evaluation and in its loop. */
  readonly rules: "strict" | PaperRules;
  /** Put after the dimensions' names, so that two entries of this plugin can stand side by side. */
  readonly suffix: string;
  readonly processes: number;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  readonly mathVerify: MathSettings;
}

const METHOD = { type: "string", enum: ["auto", "exact", "em", "f1", "text", "number", "math", "choice"] };

export const OPTIONS_SCHEMA: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    method: {
      ...METHOD,
      default: "auto",
      description:
        "How an answer is compared: exact text, em (HotpotQA's exact match), f1 (em or token F1), text (em that keeps signs and points), number, math (math-verify), choice (letters and option texts). auto: choice where gold is one of the question's options, number where it is a quantity, math where it is a formula, else text.",
    },
    methods: {
      type: "object",
      additionalProperties: METHOD,
      default: {},
      description: "The method by task name, where it differs: { hotpotqa: em }.",
    },
    f1Threshold: {
      type: "number",
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description:
        "Token F1 from which a text answer is right (methods auto, text and f1). 1 asks for an exact match; the paper's lenient QA accuracy is 0.5.",
    },
    tolerance: {
      type: "number",
      minimum: 0,
      maximum: 0.1,
      default: 1e-6,
      description: "How far a rounded number may be off, absolutely below 1 and relative to gold above; never more than gold's last place can hide.",
    },
    rules: {
      type: "string",
      enum: ["strict", "paper", "paper-selection"],
      default: "strict",
      description:
        "paper: accuracy as the paper's evaluation code counts it, for comparison with its tables. paper-selection: what its code takes for right when it selects and repairs trajectories. Both keep its faults.",
    },
    suffix: {
      type: "string",
      default: "",
      description: "Put after the dimensions' names, so that two entries of this plugin can stand side by side.",
    },
    processes: {
      type: "integer",
      minimum: 1,
      maximum: 64,
      default: 2,
      description: "math-verify processes at most; each is started when there is work for it.",
    },
    timeoutMs: { type: "integer", minimum: 100, maximum: 120000, default: 5000, description: "CPU time one formula may take." },
    memoryMiB: { type: "integer", minimum: 256, maximum: 65536, default: 1024, description: "Address space of one math-verify process." },
    mathVerify: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "math-verify's own settings.",
      properties: {
        precision: { type: "integer", minimum: 0, maximum: 15, default: 6, description: "Decimal places floats are rounded to." },
        variables: {
          type: "string",
          enum: ["by-name", "by-position"],
          default: "by-name",
          description: "by-position lets f(x) equal f(y) (its strict: false).",
        },
        targets: {
          type: "array",
          minItems: 1,
          items: { type: "string", enum: ["latex", "expr"] },
          default: ["latex", "expr"],
          description: "What is read out of a text.",
        },
        relationAsSet: {
          type: "string",
          enum: ["no", "yes"],
          default: "no",
          description: "Whether a predicted relation may match a gold set (its allow_set_relation_comp).",
        },
      },
    },
  },
};
