/**
 * Under other quantities the computation must give another answer, and the one that the question asks for. Where the question shows its expression
 * (`What is -( -17 + -391 )?`) both are computed anew; where it tells a story, the quantities that the calls hold must matter for the result.
 */

import { type MadeCall, succeeded } from "@autotraj/computations/calls";
import { numbersIn } from "@autotraj/computations/written-number";
import type { Score } from "@autotraj/core/plugin";
import { type Expression, exactValue } from "@autotraj/rationals/expression";
import { absolute, compare, isWithin, plus, type Rational, whole } from "@autotraj/rationals/rational";
import { fails, holds, shown } from "./check.ts";
import { type Change, Computation, keyOf } from "./computation.ts";
import { expressionIn, quantitiesOf } from "./question-expression.ts";

/** Whole, so that a quantity keeps its decimals; different for each quantity, so that no two changes cancel out. */
const CHANGES: readonly (readonly bigint[])[] = [
  [13n, 29n, 47n, 71n, 101n, 137n, 173n, 211n, 251n, 293n],
  [5n, 7n, 17n, 31n, 53n, 83n, 127n, 167n, 223n, 271n],
];
const STORY_CHANGES: readonly bigint[] = [13n, 29n, 1009n];
/** Work is bounded whatever a log holds. */
const MOST_CALLS = 200;
const MOST_QUANTITIES = 100;
const NONE: ReadonlySet<string> = new Set();
/** Minutes, hours, months, percent: a program may hold them whatever was computed before. */
const CONSTANTS: ReadonlySet<string> = new Set([7n, 12n, 24n, 60n, 100n, 365n, 1000n].map((value) => keyOf(whole(value))));
/** Floating point, and results shown with few decimals. */
const NEAR: Rational = { numerator: 1n, denominator: 10n ** 6n };

export function counterfactual(question: string, calls: readonly MadeCall[]): Score {
  const computations = succeeded(calls).filter(({ kind }) => kind === "computation");
  const last = computations.at(-1);
  if (last === undefined) return { skipped: "nothing was computed" };
  if (computations.length > MOST_CALLS) return { skipped: `there are more than ${MOST_CALLS} calls` };
  const computation = new Computation(computations);
  if (!computation.isRead) return { skipped: "the computation could not be read" };
  const own = computation.under((value) => value, NONE);
  const [said, ...others] = numbersIn(last.result.content, "words");
  if (own === undefined || said === undefined || others.length > 0 || !isWithin(own, said.value, roundingOf(said.decimals)))
    return { skipped: "the computation could not be repeated" };
  const asked = expressionIn(question);
  if (asked !== undefined) return computesWhatIsAsked(asked, computation, { own, last });
  const found = anyQuantityMatters(question, (change) => computation.under(change, NONE), { own, last });
  // 60 / 60 may be minutes that were computed over the minutes of an hour.
  if (!("value" in found) || found.value === 1) return found;
  return anyQuantityMatters(question, (change) => computation.under(change, CONSTANTS), { own, last });
}

/** The last call, and what it gives as it is. */
interface Given {
  readonly own: Rational;
  readonly last: MadeCall;
}

function computesWhatIsAsked(asked: Expression, computation: Computation, { own, last }: Given): Score {
  const wanted = exactValue(asked);
  if (wanted === undefined) return { skipped: "the question's expression has no value" };
  if (!isWithin(own, wanted, NEAR)) return fails(`the call computes ${shown(own)}, the question's expression is ${shown(wanted)}`, last.place);
  const quantities = distinct(quantitiesOf(asked));
  for (const changes of CHANGES) {
    const change = changeOf(quantities, changes);
    const should = exactValue(asked, { number: (value) => change(value) ?? value });
    const would = computation.under(change, NONE);
    if (should === undefined || would === undefined || isWithin(would, should, NEAR)) continue;
    return fails(`right with these quantities only: with others it would give ${shown(would)} where ${shown(should)} is asked for`, last.place);
  }
  return holds;
}

/** A program may hold quantities that it does not need; one whose result moves with none of them computes nothing. */
function anyQuantityMatters(question: string, under: (change: Change) => Rational | undefined, { own, last }: Given): Score {
  const held: Rational[] = [];
  const told = numbersIn(question, "words")
    .slice(0, MOST_QUANTITIES)
    .map(({ value }) => absolute(value));
  for (const quantity of distinct(told)) {
    // Of two equal ones nobody can say which is which, and changed together they may cancel out.
    if (told.filter((other) => compare(other, quantity) === 0).length > 1) continue;
    let isHeld = false;
    const moves = STORY_CHANGES.some((by) => {
      const result = under((value) => {
        if (compare(value, quantity) !== 0) return undefined;
        isHeld = true;
        return plus(value, whole(by));
      });
      return isHeld && (result === undefined || compare(result, own) !== 0);
    });
    if (moves) return holds;
    if (isHeld) held.push(quantity);
  }
  // One quantity may be held and not needed.
  if (held.length < 2) return { skipped: "too few quantities of the question are in the computation" };
  return fails(`the result is ${shown(own)} whatever is put for ${held.map(shown).join(", ")}`, last.place);
}

/** Numbers in programs have no sign: a minus is an operation. */
function changeOf(quantities: readonly Rational[], changes: readonly bigint[]): Change {
  return (value) => {
    const at = quantities.findIndex((quantity) => compare(quantity, value) === 0);
    if (at < 0) return undefined;
    return plus(value, whole((changes[at % changes.length] as bigint) * BigInt(1 + Math.floor(at / changes.length))));
  };
}

function distinct(values: readonly Rational[]): readonly Rational[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()];
}

/** A result shown with decimals was rounded to them; a whole one is no rounding. */
function roundingOf(decimals: number): Rational {
  return decimals === 0 ? NEAR : { numerator: 1n, denominator: 2n * 10n ** BigInt(Math.min(decimals, 9)) };
}
