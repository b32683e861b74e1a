/** What a trajectory has been told so far: the numbers of everything the model did not invent, in all the forms they may be said again. */

import { absolute, compare, minus, over, plus, type Rational, times, whole } from "@autotraj/rationals/rational";
import { isClaim } from "./claims.ts";
import { KnownNumbers } from "./known-numbers.ts";
import { smallCount, wordNumbersIn } from "./number-words.ts";
import { numbersIn, type WrittenNumber } from "./numbers.ts";
import { readingsOf } from "./readings.ts";
import { conversions, everydayNumbers, smallerAmounts, together, type Unit, unitsIn, unitsOf } from "./units.ts";
import { roundingOf } from "./written-numbers.ts";

const EXACTLY: Rational = roundingOf(Number.POSITIVE_INFINITY);
const ONE = whole(1n);
const HUNDRED = whole(100n);
const ESCAPED = /\\u([\da-fA-F]{4})/g;

export class Evidence {
  readonly #numbers = new KnownNumbers();
  /** What has no value to compare, as written: numbers with very many digits, dates, versions. */
  readonly #written = new Set<string>();
  readonly #units = new Set<Unit>();
  /** Amounts of time and money as they would be in smaller units: 14 days for two weeks, 250 cents for $2.50. */
  readonly #inSmaller = new Map<Unit, KnownNumbers>();
  #version = 0;

  /** Grows with what is known. */
  get version(): number {
    return this.#version;
  }

  /** Everything that a text says. */
  add(text: string): void {
    const plain = text.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
    const numbers = numbersIn(plain);
    for (const [index, number] of numbers.entries()) {
      this.addNumber(number, plain);
      const before = numbers[index - 1];
      const amount = (before && amountTogether(plain, before, number)) ?? amountWithWord(plain, number);
      if (amount !== undefined) this.#addAmount(amount.value, amount.units);
    }
    for (const value of readingsOf(plain)) this.#numbers.add(value);
    for (const { value, end } of wordNumbersIn(plain)) this.#addAmount(value, unitsOf(plain, end, end));
    unitsIn(plain, this.#units);
    this.#version++;
  }

  addNumber(number: WrittenNumber, text: string): void {
    const { value, readings, mantissa, parts, percent, start, end } = number;
    this.#version++;
    for (const part of parts) this.addNumber(part, text);
    if (mantissa !== undefined) this.#numbers.add(mantissa);
    for (const reading of readings) this.#numbers.add(reading.value);
    if (value === undefined) this.#written.add(number.text);
    else this.#addAmount(value, percent ? ["percent"] : unitsOf(text, start, end));
  }

  /** Worked out, not written anywhere. */
  addValue(value: Rational): void {
    this.#numbers.add(absolute(value));
    this.#version++;
  }

  #addAmount(amount: Rational, units: readonly Unit[]): void {
    this.#numbers.add(amount);
    if (units.includes("percent")) for (const form of percentForms(amount)) this.#numbers.add(form);
    if (units.includes("cent")) this.#numbers.add(over(amount, HUNDRED));
    for (const { unit, factor } of smallerAmounts(units)) {
      const counted = this.#inSmaller.get(unit) ?? new KnownNumbers();
      this.#inSmaller.set(unit, counted);
      counted.add(times(amount, factor));
    }
  }

  /** Has this number of `text` been told, as it is, rounded, as a percentage or in another unit; or does everybody know it? */
  supports(number: WrittenNumber, text: string, around: ReadonlySet<Unit>): boolean {
    const { value, parts } = number;
    if (this.#knows(number)) return true;
    if (parts.length > 0 && parts.every((part) => !isClaim(part) || this.supports(part, text, around))) return true;
    if (value === undefined) return false;
    return this.#supportsInAnotherForm(number, value, text, around) || this.everyday(around).some((known) => compare(known, value) === 0);
  }

  /** Told, but in another form: said so it is known in this one too. */
  knowsOtherwise(number: WrittenNumber, text: string, around: ReadonlySet<Unit>): boolean {
    return number.value !== undefined && !this.#knows(number) && this.#supportsInAnotherForm(number, number.value, text, around);
  }

  #knows({ value, decimals, text }: WrittenNumber): boolean {
    return value === undefined ? this.#written.has(text) : this.#numbers.has(value, roundingOf(decimals));
  }

  /** The numbers that the units spoken of bring along. */
  everyday(around: ReadonlySet<Unit>): readonly Rational[] {
    return everydayNumbers((unit) => this.#units.has(unit) || around.has(unit));
  }

  hasInAnyUnit(value: Rational, units: readonly Unit[], around: ReadonlySet<Unit>): boolean {
    return [ONE, ...this.#conversions(units, around)].some((factor) => this.#numbers.has(times(value, factor), EXACTLY));
  }

  #supportsInAnotherForm(number: WrittenNumber, value: Rational, text: string, around: ReadonlySet<Unit>): boolean {
    const { readings, mantissa, percent, start, end } = number;
    if (readings.some((reading) => this.#numbers.has(reading.value, roundingOf(reading.decimals)))) return true;
    const distance = roundedDistance(number, value, text);
    if (distance !== undefined && this.#numbers.has(value, distance)) return true;
    const rounding = roundingOf(number.decimals);
    const units = unitsOf(text, start, end);
    // Asked for cents or percent, an answer may leave the word out: 25 for 0.25.
    const asked = units.length === 0 && compare(value, HUNDRED) < 0 && (this.#units.has("cent") || this.#units.has("percent"));
    if ((percent || asked) && this.#numbers.has(over(value, HUNDRED), percent ? over(rounding, HUNDRED) : EXACTLY)) return true;
    // What was asked in millions was computed without them.
    if (mantissa !== undefined && this.#units.has("magnitude") && this.#numbers.has(mantissa, EXACTLY)) return true;
    for (const [unit, counted] of this.#inSmaller) {
      const isMeant = units.length === 0 ? this.#units.has(unit) || around.has(unit) : units.includes(unit);
      if (isMeant && counted.has(value, EXACTLY)) return true;
    }
    // A whole number of hours is so many seconds to the second.
    if (number.decimals <= 0) return this.hasInAnyUnit(value, units, around);
    return this.#conversions(units, around).some((factor) => this.#numbers.has(times(value, factor), times(rounding, factor)));
  }

  #conversions(units: readonly Unit[], around: ReadonlySet<Unit>): readonly Rational[] {
    return conversions(units, (unit) => this.#units.has(unit) || around.has(unit));
  }
}

const LONGEST_UNIT = 16;

interface Amount {
  readonly value: Rational;
  readonly units: readonly Unit[];
}

/** Two numbers that say one amount, in the smaller unit: 165 minutes for `2 hours 45 minutes`. */
export function amountTogether(text: string, large: WrittenNumber, small: WrittenNumber): Amount | undefined {
  if (large.value === undefined || small.value === undefined || small.start - large.end > LONGEST_UNIT) return undefined;
  const units = unitsOf(text, small.start, small.end);
  const value = together(large.value, unitsOf(text, large.start, large.end), small.value, units);
  return value === undefined ? undefined : { value, units };
}

const COUNTED_IN_A_WORD = /(?<!\p{L})(\p{L}{1,8})\s\p{L}{1,12}\s(?:and\s)?$/u;
const LONGEST_COUNTED = 28;

/** The same where the first is a word: `an hour and 45 minutes`. */
function amountWithWord(text: string, { value, start, end }: WrittenNumber): Amount | undefined {
  const before = text.slice(Math.max(0, start - LONGEST_COUNTED), start);
  const [written, word = ""] = COUNTED_IN_A_WORD.exec(before) ?? [];
  const count = written === undefined ? undefined : smallCount(word);
  if (written === undefined || count === undefined || value === undefined) return undefined;
  const at = start - written.length + word.length;
  const units = unitsOf(text, start, end);
  const all = together(count, unitsOf(text, at, at), value, units);
  return all && { value: all, units };
}

/** 40 % is 0.4; 40 % less leaves 0.6, 40 % more makes 1.4. */
export function percentForms(percent: Rational): readonly Rational[] {
  const share = over(percent, HUNDRED);
  return [share, minus(ONE, share), plus(ONE, share)];
}

const ROUGHLY = /(?:\b(?:about|around|approximately|approx\.|roughly|nearly|almost|over|under|more than|less than|some|circa)|[~≈])\s?[$€£]?$/i;
const LONGEST_ROUGHLY = 16;

/** How far a number may be from what it stands for where the text says that it is rounded: half of its last digit before the zeros, a tenth at most. */
function roundedDistance({ start, decimals }: WrittenNumber, value: Rational, text: string): Rational | undefined {
  if (decimals > 0 || !ROUGHLY.test(text.slice(Math.max(0, start - LONGEST_ROUGHLY), start))) return undefined;
  const zeros = /0*$/.exec(String(value.numerator))?.[0].length ?? 0;
  const [half, tenth] = [roundingOf(-zeros), over(value, whole(10n))];
  return compare(half, tenth) < 0 ? half : tenth;
}
