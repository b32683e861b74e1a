/** What a text's digits say together: fractions, times of day, dates without separators, numbers written in groups of digits. */
import { compare, minus, over, plus, type Rational, whole } from "@autotraj/rationals/rational";
import { rational } from "./written-numbers.ts";

const ONE = whole(1n);
const FRACTION = /(?<![\d.,/])(?:(\d{1,4})[\s-])?(\d{1,6}(?:\.\d{1,6})?)\s?[/⁄]\s?(\d{1,6})(?![\d/]|\.\d)/g;
const LATEX_FRACTION = /\\[dt]?frac\s?\{(\d{1,6})\}\s?\{(\d{1,6})\}/g;
const VULGAR_FRACTION = /(?:(\d{1,4})\s?)?([¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])/g;
const TIME = /(?<![\d:])(\d{1,2})(?::(\d{2}))?(?::\d{2})?(?:\s?([ap])\.?m\b)?/gi;
const COMPACT_DATE = /(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?!\d)/g;
const GROUPS = /(?<![\d.,])\d{1,6}(?:[ -]\d{2,6}){1,8}(?!\d)/g;

const SPACED_THOUSANDS = /(?<![\d.,])\d{1,3}(?:, \d{3}){1,4}(?![\d,])/g;

export interface Group {
  readonly start: number;
  readonly end: number;
  readonly value: Rational;
}

/** Numbers that stand in the text in another form than digits without a break. */
export function readingsOf(text: string): readonly Rational[] {
  return [...fractionsIn(text), ...hoursIn(text), ...datesIn(text), ...groupsIn(text).map(({ value }) => value)];
}

/** Shares of one, `7/10`; what is more may be a division. */
export function sharesIn(text: string): readonly Group[] {
  return [...text.matchAll(FRACTION)].flatMap(({ 0: written, index, 2: above = "", 3: below = "" }) => {
    const [value] = fraction(undefined, above, below);
    return value === undefined || compare(value, ONE) >= 0 ? [] : [{ start: index, end: index + written.length, value }];
  });
}

/** Thousands with a space after the comma: `14, 400`. In a list of numbers they mean nothing. */
export function spacedThousandsIn(text: string): readonly Group[] {
  return groups(text, SPACED_THOUSANDS);
}

/** Digits in groups that may be one number: `10 000`, `5519 0042`, `555-123-4567`. */
export function groupsIn(text: string): readonly Group[] {
  return groups(text, GROUPS);
}

function groups(text: string, pattern: RegExp): readonly Group[] {
  return [...text.matchAll(pattern)].flatMap(({ 0: written, index }) => {
    const value = rational(written.replace(/\D/g, ""));
    return value === undefined ? [] : [{ start: index, end: index + written.length, value }];
  });
}

/** With the whole before it, and what it leaves of a whole: `1 3/4`, `½`, `\frac{2}{3}`. */
function fractionsIn(text: string): readonly Rational[] {
  const written: (readonly [string | undefined, string, string])[] = [];
  for (const [, whole, above = "", below = ""] of text.matchAll(FRACTION)) written.push([whole, above, below]);
  for (const [, above = "", below = ""] of text.matchAll(LATEX_FRACTION)) written.push([undefined, above, below]);
  for (const [, whole, sign = ""] of text.matchAll(VULGAR_FRACTION)) {
    const [above = "", below = ""] = sign.normalize("NFKD").split("⁄");
    written.push([whole, above, below]);
  }
  return written.flatMap(([before, above, below]) => fraction(before, above, below));
}

function fraction(before: string | undefined, above: string, below: string): readonly Rational[] {
  const [numerator, denominator] = [rational(above), rational(below)];
  if (numerator === undefined || denominator === undefined || denominator.numerator === 0n) return [];
  const value = over(numerator, denominator);
  const mixed = before === undefined ? undefined : rational(before);
  return [value, ...(compare(value, ONE) < 0 ? [minus(ONE, value)] : []), ...(mixed === undefined ? [] : [plus(mixed, value)])];
}

/** Hours told by the other clock: 14 for `2:30 pm`, 2 for `14:30`. */
function hoursIn(text: string): readonly Rational[] {
  return [...text.matchAll(TIME)].flatMap(([, hour, minutes, half]) => {
    if (minutes === undefined && half === undefined) return [];
    const other = (Number(hour) + 12) % 24;
    return [whole(BigInt(other)), ...(other === 0 ? [whole(12n)] : [])];
  });
}

function datesIn(text: string): readonly Rational[] {
  return [...text.matchAll(COMPACT_DATE)].flatMap((match) => match.slice(1).flatMap((part) => rational(part) ?? []));
}
