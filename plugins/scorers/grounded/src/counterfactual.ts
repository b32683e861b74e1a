/**
 * Under other quantities the computation must give another answer, and the one that the question asks for. Where the question shows its expression
 * (`What is -( -17 + -391 )?`) both are computed anew; where it tells a story, the quantities that the call holds must matter for what it gives.
 */
import type { Score } from "@autotraj/core/plugin";
import { type Expression, exactValue, parse } from "@autotraj/rationals/expression";
import { absolute, compare, isWithin, negative, plus, type Rational, whole } from "@autotraj/rationals/rational";
import { type MadeCall, succeeded } from "./calls.ts";
import { fails, holds, shown } from "./check.ts";
import { type Program, readProgram, run } from "./program.ts";
import { numbersIn } from "./written-number.ts";

/** Whole, so that a quantity keeps its decimals; different for each quantity, so that no two changes cancel out. */
const CHANGES: readonly (readonly bigint[])[] = [
  [13n, 29n, 47n, 71n, 101n, 137n, 173n, 211n, 251n, 293n],
  [5n, 7n, 17n, 31n, 53n, 83n, 127n, 167n, 223n, 271n],
];
const STORY_CHANGES: readonly bigint[] = [13n, 29n, 1009n];
const NONE: ReadonlySet<number> = new Set();
/** Minutes, hours, months, percent: a program may hold them whatever was computed before. */
const CONSTANTS: ReadonlySet<number> = new Set([7, 12, 24, 60, 100, 365, 1000]);
/** Floating point, and results shown with few decimals. */
const NEAR: Rational = { numerator: 1n, denominator: 10n ** 6n };
/** More words around an expression tell a story in which it is one quantity of several. */
const MOST_WORDS_AROUND = 16;
/** Stretches of a question that may be an expression. */
const STRETCH = /[-−(\d.][-−+*/×÷%()\d.,\s]*[\d)]/g;

export function counterfactual(question: string, calls: readonly MadeCall[]): Score {
  const good = succeeded(calls);
  const last = good.findLast(({ kind }) => kind === "computation");
  if (last === undefined) return { skipped: "nothing was computed" };
  const program = wholeProgram(good, last, NONE);
  const careful = wholeProgram(good, last, CONSTANTS);
  if (program === undefined || careful === undefined) return { skipped: "the computation could not be read" };
  const own = run(program.program, program.inline);
  const [said, ...others] = numbersIn(last.result.content, "words");
  if (own === undefined || said === undefined || others.length > 0 || !isWithin(own, said.value, roundingOf(said.decimals)))
    return { skipped: "the computation could not be repeated" };
  const asked = expressionIn(question);
  if (asked !== undefined) return computesWhatIsAsked(asked, program, own, last);
  const found = anyQuantityMatters(question, program, own, last);
  // 60 / 60 may be minutes that were computed over the minutes of an hour.
  return "value" in found && found.value === 0 ? anyQuantityMatters(question, careful, own, last) : found;
}

/** What the last call computes, with the results of earlier calls in place of the numbers that it took from them. */
interface Inlined {
  readonly program: Program;
  /** A number of the program as it is. */
  readonly inline: (value: Rational) => Rational;
  /** A number of the program where the question's quantities are others. */
  readonly changed: (change: Change) => (value: Rational) => Rational;
}

type Change = (quantity: Rational) => Rational | undefined;

/** @param constants numbers that are themselves also where an earlier call gave them */
function wholeProgram(good: readonly MadeCall[], last: MadeCall, constants: ReadonlySet<number>): Inlined | undefined {
  const program = readProgram(last.program ?? "");
  if (program === undefined) return undefined;
  const earlier = good.slice(0, good.indexOf(last)).filter(({ kind }) => kind === "computation");
  const changed =
    (change: Change) =>
    (value: Rational): Rational => {
      const quantity = change(value);
      if (quantity !== undefined) return quantity;
      // A number that the question does not give may be what an earlier call gave, where only one gave it.
      const sources = earlier.flatMap(({ result }, index) => {
        const [only, ...more] = numbersIn(result?.content ?? "", "words");
        return only !== undefined && more.length === 0 && compare(only.value, value) === 0 ? [index] : [];
      });
      const at = sources.length === 1 && !constants.has(Number(value.numerator / value.denominator)) ? (sources[0] as number) : -1;
      const source = at < 0 ? undefined : wholeProgram(earlier.slice(0, at + 1), earlier[at] as MadeCall, constants);
      return (source && run(source.program, source.changed(change))) ?? value;
    };
  return { program, inline: (value) => value, changed };
}

function computesWhatIsAsked(asked: Expression, { program, changed }: Inlined, own: Rational, last: MadeCall): Score {
  const wanted = exactValue(asked);
  if (wanted === undefined) return { skipped: "the question's expression has no value" };
  if (!isWithin(own, wanted, NEAR)) return fails(`the call computes ${shown(own)}, the question's expression is ${shown(wanted)}`, last.place);
  const quantities = quantitiesOf(asked);
  for (const changes of CHANGES) {
    const change = changeOf(quantities, changes);
    const should = exactValue(asked, { number: (value) => change(value) ?? value });
    const would = run(program, changed(change));
    if (should === undefined || would === undefined || isWithin(would, should, NEAR)) continue;
    return fails(`right with these quantities only: with others it would give ${shown(would)} where ${shown(should)} is asked for`, last.place);
  }
  return holds;
}

/** A program may hold quantities that it does not need; one whose result moves with none of them computes nothing. */
function anyQuantityMatters(question: string, { program, changed }: Inlined, own: Rational, last: MadeCall): Score {
  const held: Rational[] = [];
  const told = numbersIn(question, "words").map(({ value }) => absolute(value));
  for (const quantity of distinct(told)) {
    // Of two equal ones nobody can say which is which, and changed together they may cancel out.
    if (told.filter((other) => compare(other, quantity) === 0).length > 1) continue;
    let isHeld = false;
    const moves = STORY_CHANGES.some((by) => {
      const result = run(
        program,
        changed((value) => {
          if (compare(value, quantity) !== 0) return undefined;
          isHeld = true;
          return plus(value, whole(by));
        }),
      );
      return isHeld && (result === undefined || compare(result, own) !== 0);
    });
    if (moves) return holds;
    if (isHeld) held.push(quantity);
  }
  // One quantity may be held and not needed.
  if (held.length < 2) return { skipped: "too few quantities of the question are in the computation" };
  return fails(`the result is ${shown(own)} whatever is put for ${held.map(shown).join(", ")}`, last.place);
}

/** The expression that the question is about: it shows one, holds no other number, and has few words around it. */
export function expressionIn(question: string): Expression | undefined {
  const [found, ...others] = [...question.matchAll(STRETCH)].flatMap((match) => {
    const expression = parse(match[0].trim(), "thousands");
    return expression !== undefined && hasOperation(expression) ? [{ expression, text: match[0] }] : [];
  });
  if (found === undefined || others.length > 0) return undefined;
  const around = question.replace(found.text, " ");
  const isAboutIt = !/\d/.test(around) && (around.match(/\p{L}+/gu) ?? []).length <= MOST_WORDS_AROUND;
  return isAboutIt ? found.expression : undefined;
}

function hasOperation(expression: Expression): boolean {
  return expression.is === "operation" || (expression.is === "negative" && hasOperation(expression.of));
}

function quantitiesOf(expression: Expression): readonly Rational[] {
  switch (expression.is) {
    case "number":
      return [expression.value];
    case "negative":
      return quantitiesOf(expression.of);
    case "operation":
      return distinct([...quantitiesOf(expression.left), ...quantitiesOf(expression.right)]);
    default:
      return [];
  }
}

function changeOf(quantities: readonly Rational[], changes: readonly bigint[]): Change {
  return (value) => {
    const at = quantities.findIndex((quantity) => compare(quantity, absolute(value)) === 0);
    if (at < 0) return undefined;
    const by = whole((changes[at % changes.length] as bigint) * BigInt(1 + Math.floor(at / changes.length)));
    return compare(value, whole(0n)) < 0 ? negative(plus(absolute(value), by)) : plus(value, by);
  };
}

function distinct(values: readonly Rational[]): readonly Rational[] {
  return values.filter((one, index) => values.findIndex((other) => compare(other, one) === 0) === index);
}

function roundingOf(decimals: number): Rational {
  return decimals === 0 ? NEAR : { numerator: 1n, denominator: 2n * 10n ** BigInt(Math.min(decimals, 9)) };
}
