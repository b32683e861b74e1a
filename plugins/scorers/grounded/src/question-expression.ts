/** The expression that a question is about: `Calculate -( -17 + -391 ).` */
import { type Expression, parse } from "@autotraj/rationals/expression";
import type { Rational } from "@autotraj/rationals/rational";

/** More words around an expression tell a story in which it is one quantity of several. */
const MOST_WORDS_AROUND = 16;
const LONGEST_QUESTION = 4000;
/** Stretches that may be an expression. */
const STRETCH = /[-−(\d.][-−+*/×÷%()\d.,\s]*[\d)]/g;

/** Undefined where the question shows none, or more than one, holds other numbers beside it, or has many words around it. */
export function expressionIn(question: string): Expression | undefined {
  if (question.length > LONGEST_QUESTION) return undefined;
  const [found, ...others] = [...question.matchAll(STRETCH)].flatMap((match) => {
    const expression = parse(match[0].trim(), "thousands");
    return expression !== undefined && hasOperation(expression) ? [{ expression, text: match[0] }] : [];
  });
  if (found === undefined || others.length > 0) return undefined;
  const around = question.replace(found.text, " ");
  const isAboutIt = !/\d/.test(around) && (around.match(/\p{L}+/gu) ?? []).length <= MOST_WORDS_AROUND;
  return isAboutIt ? found.expression : undefined;
}

/** Its numbers, without their signs. */
export function quantitiesOf(expression: Expression): readonly Rational[] {
  switch (expression.is) {
    case "number":
      return [expression.value];
    case "negative":
      return quantitiesOf(expression.of);
    case "operation":
      return [...quantitiesOf(expression.left), ...quantitiesOf(expression.right)];
    default:
      return [];
  }
}

function hasOperation(expression: Expression): boolean {
  return expression.is === "operation" || (expression.is === "negative" && hasOperation(expression.of));
}
