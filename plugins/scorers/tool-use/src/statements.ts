/** Checks what one text states against what the model has been told. What holds becomes known: the text may build on it. */

import { compare, over, type Rational, whole } from "@autotraj/rationals/rational";
import { isClaim, type Lists, type Sentence, type StatedNumber, statedNumbers } from "./claims.ts";
import { algebraIn, type Equation, type WrittenAlgebra } from "./equations.ts";
import { amountTogether, type Evidence, percentForms } from "./evidence.ts";
import { wordNumbersIn } from "./number-words.ts";
import type { WrittenNumber } from "./numbers.ts";
import { isOneStep, isReciprocal, isRoot } from "./one-step.ts";
import { groupsIn, sharesIn, spacedThousandsIn } from "./readings.ts";
import { type ShownSum, shownSums } from "./shown-sums.ts";
import { type Unit, unitsIn } from "./units.ts";
import type { Variables } from "./variables.ts";
import { roundingOf } from "./written-numbers.ts";

export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly note: string;
}

export interface Checked {
  /** Sums shown, right or wrong. */
  readonly sums: number;
  readonly wrongSums: readonly Finding[];
  /** Numbers stated, but for the results of wrong sums. */
  readonly claims: number;
  readonly unfounded: readonly Finding[];
}

/** Numbers this near each other, in characters, have to do with each other. */
const REACH = 200;
/** Numbers looked at before and after one. */
const NEIGHBOURS = 8;
/** After so many numbers from nowhere a text is lost; what is left of it is only looked up. */
const MOST_LABOURED = 200;
const ROOT = /√|\\?sqrt\b|\bsquare root\b|\bsquared\b/i;
const SMALL = whole(10n);
const HUNDRED = whole(100n);

/** What the texts before this one leave to it. */
export interface Context {
  /** The end of the text before where it stops before a result: where this text begins with the right one, it goes on from there. */
  readonly openSum: string;
  readonly evidence: Evidence;
  readonly lists: Lists;
  readonly variables: Variables;
}

export function checkStatements(text: string, context: Context): Checked {
  return new Statements(text, context).check();
}

class Statements {
  /** With what it goes on from. */
  readonly #text: string;
  readonly #from: number;
  readonly #evidence: Evidence;
  readonly #variables: Variables;
  readonly #algebra: WrittenAlgebra;
  readonly #numbers: readonly StatedNumber[];
  readonly #numbered: ReadonlySet<number>;
  readonly #sums: readonly ShownSum[];
  readonly #sumByResult: ReadonlyMap<number, ShownSum>;
  readonly #indexByStart: ReadonlyMap<number, number>;
  readonly #units = new Map<Sentence, ReadonlySet<Unit>>();
  /** How much was known when a number was looked for in vain: it need not be looked for again before more is. */
  readonly #untold = new Map<number, number>();
  readonly #failed = new Map<number, number>();

  constructor(own: string, { openSum, evidence, lists, variables }: Context) {
    const before = closes(own, openSum) ? openSum : "";
    const text = before + own;
    this.#text = text;
    this.#from = before.length;
    this.#evidence = evidence;
    this.#variables = variables;
    this.#algebra = algebraIn(text);
    this.#numbers = statedNumbers(text);
    this.#numbered = new Set([...lists.numbered(own)].map((place) => before.length + place));
    this.#sums = shownSums(text).filter(({ outcome, start }) => outcome !== "unclear" && start >= before.length);
    this.#sumByResult = new Map(this.#sums.map((sum) => [sum.result.start, sum]));
    this.#indexByStart = new Map(this.#numbers.map(({ number }, index) => [number.start, index]));
  }

  check(): Checked {
    const stated = [...this.#numbers.keys()].filter((index) => this.#isStated(this.#at(index).number));
    const own = ({ start, end }: { readonly start: number; readonly end: number }) => ({ start: start - this.#from, end: end - this.#from });
    // Twice: what is stated first may be worked out afterwards ("300 miles, because 12 x 25 = 300").
    this.#solve();
    const open = stated.filter((index) => !this.#holds(index));
    this.#solve();
    const unfounded = open.filter((index) => !this.#holds(index)).map((index) => this.#at(index).number);
    return {
      sums: this.#sums.length,
      wrongSums: this.#sums.filter(({ outcome }) => outcome === "wrong").map(({ result, text }) => ({ ...own(result), note: `${text} is wrong` })),
      claims: stated.filter((index) => isClaim(this.#at(index).number)).length,
      unfounded: unfounded.filter(isClaim).map((number) => ({ ...own(number), note: `${number.text} comes from nowhere` })),
    };
  }

  #at(index: number): StatedNumber {
    return this.#numbers[index] as StatedNumber;
  }

  /** A claim, or the result of a right sum, however small. */
  #isStated(number: WrittenNumber): boolean {
    if (number.start < this.#from) return false;
    const outcome = this.#sumByResult.get(number.start)?.outcome;
    return outcome === "right" || (outcome !== "wrong" && isClaim(number) && !this.#numbered.has(number.start));
  }

  #holds(index: number): boolean {
    const failedAt = this.#failed.get(index);
    if (failedAt === this.#evidence.version) return false;
    const { number } = this.#at(index);
    if (this.#isTold(index)) return true;
    const isWorthWork = this.#failed.size < MOST_LABOURED;
    if (this.#isShown(number) || (isWorthWork && (this.#isSaidInParts(index) || this.#isWorkedOut(index)))) {
      this.#evidence.addNumber(number, this.#text);
      return true;
    }
    this.#failed.set(index, this.#evidence.version);
    return false;
  }

  #isTold(index: number): boolean {
    if (this.#untold.get(index) === this.#evidence.version) return false;
    const { number, sentence } = this.#at(index);
    const isTold = this.#evidence.supports(number, this.#text, this.#unitsAround(sentence));
    if (!isTold) this.#untold.set(index, this.#evidence.version);
    else if (this.#evidence.knowsOtherwise(number, this.#text, this.#unitsAround(sentence))) this.#evidence.addNumber(number, this.#text);
    return isTold;
  }

  /** Equations of told numbers tell what their variable is; others that hold then, or hold in any case, tell the one number that had not been told. */
  #solve(): void {
    for (const equation of this.#algebra.equations) {
      // What a call made of a number does not tell the number.
      if (equation.places.some((place) => place < this.#from)) continue;
      const numbers = equation.places.flatMap((place) => this.#indexByStart.get(place) ?? []);
      const [untold, ...others] = numbers.filter((index) => !this.#isFounded(index));
      if (others.length > 0) continue;
      if (untold !== undefined && this.#holdsKnown(equation, numbers)) this.#evidence.addNumber(this.#at(untold).number, this.#text);
      const { variable, solution } = equation;
      // Small numbers need no source, so what they make of a variable has none.
      const isTold = untold === undefined && numbers.some((index) => isClaim(this.#at(index).number));
      if (variable === undefined || solution === undefined || !isTold) continue;
      for (const value of this.#variables.solve(variable, solution)) this.#evidence.addValue(value);
    }
    for (const { variable, ...expression } of this.#algebra.expressions) {
      if (variable === undefined || !expression.places.every((place) => this.#isFoundedAt(place))) continue;
      for (const value of this.#variables.note(variable, expression)) this.#evidence.addValue(value);
    }
  }

  #holdsKnown({ variable, solution }: Equation, numbers: readonly number[]): boolean {
    if (solution !== undefined) return variable !== undefined && this.#variables.has(variable, solution);
    // What is multiplied by nothing may be anything.
    return !numbers.some((index) => this.#at(index).number.value?.numerator === 0n);
  }

  /** Told, or too small to need it. */
  #isFounded(index: number): boolean {
    return !isClaim(this.#at(index).number) || this.#isTold(index);
  }

  #isFoundedAt(place: number): boolean {
    const index = this.#indexByStart.get(place);
    // Where no number starts it is inside of one that is judged by itself.
    return index === undefined || this.#isFounded(index);
  }

  /** The result of a right sum of numbers that have been told. */
  #isShown({ start }: WrittenNumber): boolean {
    const sum = this.#sumByResult.get(start);
    if (sum?.outcome !== "right") return false;
    return sum.operands.every((place) => this.#isFoundedAt(place));
  }

  /** `2 hours 45 minutes` of 165 minutes, `5519 0042` of 55190042, `7/10` of seven tenths. */
  #isSaidInParts(index: number): boolean {
    const { number, sentence } = this.#at(index);
    const around = this.#unitsAround(sentence);
    for (const [large, small] of [this.#numbers.slice(Math.max(0, index - 1), index + 1), this.#numbers.slice(index, index + 2)]) {
      const amount = large === undefined || small === undefined ? undefined : amountTogether(this.#text, large.number, small.number);
      if (amount !== undefined && this.#evidence.hasInAnyUnit(amount.value, amount.units, around)) return true;
    }
    const from = Math.max(sentence.start, number.start - REACH);
    const near = this.#text.slice(from, Math.min(sentence.end, number.end + REACH));
    return [...groupsIn(near), ...spacedThousandsIn(near), ...sharesIn(near)].some(
      ({ start, end, value }) => from + start <= number.start && number.end <= from + end && this.#evidence.hasInAnyUnit(value, [], around),
    );
  }

  /** In one step from two numbers that have been told and stand by it: "12 of the 30 are red, so 18 are blue". They may stand in the sentence before. */
  #isWorkedOut(index: number): boolean {
    const { number, sentence } = this.#at(index);
    const { value } = number;
    if (value === undefined) return false;
    const [from, to] = [Math.max((sentence.before ?? sentence).start, number.start - REACH), Math.min(sentence.end, number.end + REACH)];
    const near: WrittenNumber[] = [];
    for (let other = Math.max(0, index - NEIGHBOURS); other <= Math.min(index + NEIGHBOURS, this.#numbers.length - 1); other++) {
      const { number: neighbour } = this.#at(other);
      if (other !== index && neighbour.start >= from && neighbour.end <= to && this.#isFounded(other)) near.push(neighbour);
    }
    const around = this.#unitsAround(sentence);
    const words = wordNumbersIn(this.#text.slice(from, to))
      .map((word) => word.value)
      .filter((word) => compare(word, SMALL) < 0 || this.#evidence.hasInAnyUnit(word, [], around));
    const operands = [...near.flatMap(formsOf), ...words.slice(0, 2 * NEIGHBOURS)];
    const rounding = roundingOf(number.decimals);
    if (operands.some((operand) => isReciprocal(value, operand, rounding))) return true;
    if (words.some((word) => compare(word, value) === 0)) return true;
    if (isOneStep(value, operands, rounding)) return true;
    if (ROOT.test(this.#text.slice(from, to)) && isRoot(value, operands, rounding)) return true;
    return number.percent && isOneStep(over(value, HUNDRED), operands, over(rounding, HUNDRED));
  }

  #unitsAround(sentence: Sentence): ReadonlySet<Unit> {
    const units = this.#units.get(sentence) ?? unitsIn(this.#text.slice(sentence.start, sentence.end));
    this.#units.set(sentence, units);
    return units;
  }
}

const LONGEST_RESULT = 64;

function closes(text: string, openSum: string): boolean {
  if (openSum === "" || !/^\s*[$€£]?\s*\.?\d/.test(text)) return false;
  const last = shownSums(openSum + text.slice(0, LONGEST_RESULT)).find(({ result }) => result.start >= openSum.length);
  return last?.outcome === "right" && /^[\s$€£]*$/.test(text.slice(0, last.result.start - openSum.length));
}

function formsOf({ value, percent }: WrittenNumber): readonly Rational[] {
  if (value === undefined) return [];
  return percent ? [value, ...percentForms(value)] : [value];
}
