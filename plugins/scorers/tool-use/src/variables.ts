/** What the variables of a trajectory stand for. */

import { compare, plus, type Rational, times } from "@autotraj/rationals/rational";
import type { Linear } from "./equations.ts";

const MOST_KEPT = 64;

/** Knows what equations whose numbers have been told say, and the expressions in the same letters. */
export class Variables {
  readonly #values = new Map<string, Rational[]>();
  readonly #expressions = new Map<string, Linear[]>();

  has(variable: string, value: Rational): boolean {
    return (this.#values.get(variable) ?? []).some((known) => compare(known, value) === 0);
  }

  /** Solved for: what the expressions noted before come to. */
  solve(variable: string, value: Rational): readonly Rational[] {
    if (this.has(variable, value) || !keep(this.#values, variable, value)) return [];
    return (this.#expressions.get(variable) ?? []).map((expression) => valueAt(expression, value));
  }

  /** What the expression comes to, as far as its variable is known. */
  note(variable: string, expression: Linear): readonly Rational[] {
    keep(this.#expressions, variable, expression);
    return (this.#values.get(variable) ?? []).map((value) => valueAt(expression, value));
  }
}

function keep<Kept>(lists: Map<string, Kept[]>, variable: string, kept: Kept): boolean {
  const list = lists.get(variable) ?? [];
  lists.set(variable, list);
  return list.length < MOST_KEPT && list.push(kept) > 0;
}

function valueAt({ slope, rest }: Linear, variable: Rational): Rational {
  return plus(times(slope, variable), rest);
}
