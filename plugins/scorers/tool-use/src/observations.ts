/** A call that is plain arithmetic has one right observation. */
import type { JsonObject, ToolMessage } from "@autotraj/core/plugin";
import { evaluate } from "./arithmetic.ts";
import { agrees, decimals, FLOAT_DECIMALS, rational } from "./written-numbers.ts";

/** What is wrong with an arithmetic call's observation; "" when it is right; undefined when the call is not arithmetic that can be checked. */
export function checkObservation(args: JsonObject, { content, ok }: Pick<ToolMessage, "content" | "ok">): string | undefined {
  const [argument, ...others] = Object.values(args).filter((value) => typeof value === "string");
  if (!ok || argument === undefined || others.length > 0) return undefined;
  const expression = /^\s*print\((.*)\)\s*$/s.exec(argument)?.[1] ?? argument;
  const exact = evaluate(expression);
  const written = content.trim();
  const observed = rational(written);
  if (exact === undefined || observed === undefined) return undefined;
  // A whole number is never the tool's own rounding.
  const precision = decimals(written) === 0 ? FLOAT_DECIMALS : decimals(written);
  return agrees(exact, observed, precision) ? "" : `${expression.trim()} is not ${written}`;
}
