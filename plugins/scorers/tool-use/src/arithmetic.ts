/** The exact value of text such as `(48/2 + 3.5) * 2`. */
import { exactValue, parse } from "@autotraj/rationals/expression";
import type { Rational } from "@autotraj/rationals/rational";

const LONGEST_EXPRESSION = 400;

/** The value of a purely arithmetic expression (numbers, + - * / % **, parentheses); undefined for anything else, a lone number among it. */
export function evaluate(text: string): Rational | undefined {
  // A double slash is no division where text is written for people.
  if (text.length > LONGEST_EXPRESSION || text.includes("//")) return undefined;
  const expression = parse(text, "thousands");
  return expression === undefined || expression.is === "number" ? undefined : exactValue(expression);
}
