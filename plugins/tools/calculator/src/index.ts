/** A calculator for models: exact, without any code of theirs being run, and with results as GSM8K writes them. */
import { definePlugin, type JsonObject, type OptionsSchema, TOOL, type Tool, type ToolDefinition, type ToolResult } from "@autotraj/core/plugin";
import { CalculationError } from "./bounded.ts";
import { toDecimal } from "./decimal.ts";
import { evaluate } from "./expression.ts";

export interface CalculatorOptions {
  /** Of results that are no whole numbers. */
  readonly significantDigits: number;
  /** The tool's name and its tag. */
  readonly name: string;
}

const OPTIONS: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    significantDigits: {
      type: "integer",
      minimum: 1,
      maximum: 100,
      default: 16,
      description: "Digits of a result that is no whole number; whole numbers are always shown in full.",
    },
    name: {
      type: "string",
      pattern: "^[A-Za-z][A-Za-z0-9_-]*$",
      default: "calculator",
      description: "The tool's name, and its tag in the tags dialect.",
    },
  },
};

/** Part of the identity: raise it when the same expression gives another answer than before. */
const ARITHMETIC_VERSION = 1;

export default definePlugin<CalculatorOptions>({
  meta: {
    name: "@autotraj/tool-calculator",
    apiVersion: 1,
    kind: "tool",
    description: "A calculator tool with exact arithmetic",
    options: OPTIONS,
    provides: [TOOL],
    supports: { sessions: false, network: false },
  },
  setup(api, options) {
    api.provide(TOOL, calculator(options));
  },
});

function calculator({ name, significantDigits }: CalculatorOptions): Tool {
  const definition: ToolDefinition = {
    name,
    description: "calculates an arithmetic expression exactly: numbers, + - * / ^, parentheses and percent, e.g. (12.50 - 3) * 20%.",
    parameters: {
      type: "object",
      properties: { expression: { type: "string", description: "The expression, e.g. 48/2" } },
      required: ["expression"],
      additionalProperties: false,
    },
    tag: { name, argument: "expression" },
  };
  return {
    definition,
    identity: `calculator ${ARITHMETIC_VERSION}, ${significantDigits} digits`,
    async call({ expression }: JsonObject): Promise<ToolResult> {
      const started = performance.now();
      const answer = calculate(expression, significantDigits);
      return { ...answer, durationMs: performance.now() - started };
    },
  };
}

function calculate(expression: JsonObject[string] | undefined, significantDigits: number): Pick<ToolResult, "content" | "ok"> {
  // Some models send a plain number in place of an expression.
  if (typeof expression !== "string" && typeof expression !== "number") return { content: "[no expression]", ok: false };
  try {
    return { content: toDecimal(evaluate(String(expression)), significantDigits), ok: true };
  } catch (error) {
    if (!(error instanceof CalculationError)) throw error;
    return { content: `[${error.message}]`, ok: false };
  }
}
