/** Do the question's quantities reach the calls, with their signs? */

import { type MadeCall, succeeded, withoutComments } from "@autotraj/computations/calls";
import { hundredth, numbersIn, type WrittenNumber, writingOf } from "@autotraj/computations/written-number";
import type { Score } from "@autotraj/core/plugin";
import { absolute, compare, minus, plus, type Rational, whole } from "@autotraj/rationals/rational";
import { fails, holds, shown } from "./check.ts";
import { keyOf } from "./computation.ts";

/** @param signs `count`: -57 is not met by 57. `ignore`: where it is known from elsewhere that the signs are right. */
export function operands(question: string, calls: readonly MadeCall[], signs: "count" | "ignore"): Score {
  const good = succeeded(calls);
  const computations = good.filter(({ kind }) => kind === "computation");
  const last = computations.at(-1);
  if (last === undefined) return { skipped: "nothing was computed" };
  if (good.length > computations.length) return { skipped: "quantities may also come from what was found" };
  const asked = distinct(numbersIn(question, "words"));
  if (asked.length === 0) return { skipped: "the question has no quantity in digits" };
  const held = computations.flatMap(({ program, text }) => {
    const code = codeOf(program ?? text);
    return numbersIn(code, writingOf(code)).map(({ value }) => value);
  });
  const same =
    signs === "count" ? (a: Rational, b: Rational) => compare(a, b) === 0 : (a: Rational, b: Rational) => compare(absolute(a), absolute(b)) === 0;
  const missing = asked.filter((quantity) => !formsOf(quantity).some((form) => held.some((value) => same(form, value))));
  if (missing.length === 0) return holds;
  const list = missing.map(({ value, percent }) => `${shown(value)}${percent ? "%" : ""}`).join(", ");
  return fails(`of the question's quantities no call holds ${list}`, last.place, (asked.length - missing.length) / asked.length);
}

/** 20% may be 0.2 or 20 in a program; 20 % less is 0.8, 20 % more 1.2. */
function formsOf({ value, percent }: WrittenNumber): readonly Rational[] {
  if (!percent) return [value];
  const share = hundredth(value);
  return [value, share, minus(whole(1n), share), plus(whole(1n), share), minus(whole(100n), value), plus(whole(100n), value)];
}

function distinct(numbers: readonly WrittenNumber[]): readonly WrittenNumber[] {
  return [...new Map(numbers.map((number) => [`${keyOf(number.value)}${number.percent ? "%" : ""}`, number])).values()];
}

/** Without comments and texts: what only stands in words was not computed with. Numbers in short texts are (`int("27")`). */
function codeOf(program: string): string {
  return withoutComments(program).replace(/"([^"\n]*)"|'([^'\n]*)'/g, (_all, a: string | undefined, b: string | undefined) => {
    const inner = a ?? b ?? "";
    return /^[\d\s.,+*/()%-]*$/.test(inner) ? ` ${inner} ` : " ";
  });
}
