/** What an assistant states in numbers: its words without its calls, sentence by sentence, without what only numbers a list. */

import { compare, whole } from "@autotraj/rationals/rational";
import { numbersIn, type WrittenNumber } from "./numbers.ts";

/** Small whole numbers are words more often than claims ("step 2", "both"). */
const SMALLEST_CLAIM = whole(10n);
/** No tag is longer; keeps a `>` far away from making a long copy for every `<` before it. */
const LONGEST_TAG = 64;
const SENTENCE_END = /\n|[.!?;](?=\s)/g;
const LISTED = /(?:(?:^|\n)[ \t#>*_(-]{0,12}|\b(?:step|part|day|item|question|section|chapter|point)[ \t]?)(\d{1,4})(?=([.):\]](?:\s|$))?)/giu;

/** Is this number more than a small word? Nothing (0.00) needs no source. */
export function isClaim({ value, decimals }: WrittenNumber): boolean {
  return value === undefined || compare(value, SMALLEST_CLAIM) >= 0 || (decimals > 0 && value.numerator !== 0n);
}

/** A stretch of the text, from one sentence's first character to the next one's. */
export interface Sentence {
  readonly start: number;
  readonly end: number;
  /** The one before it. */
  readonly before: Sentence | undefined;
}

export interface StatedNumber {
  readonly number: WrittenNumber;
  readonly sentence: Sentence;
}

/** All numbers of the text, each with the sentence it stands in. */
export function statedNumbers(text: string): readonly StatedNumber[] {
  const ends = [...Array.from(text.matchAll(SENTENCE_END), ({ index }) => index + 1), text.length];
  let sentence: Sentence = { start: 0, end: ends[0] ?? 0, before: undefined };
  let next = 1;
  return numbersIn(text).map((number) => {
    for (; number.start >= sentence.end && next < ends.length; next++) {
      const end = ends[next] ?? text.length;
      // A blank line or a list's number is no sentence; a number that a text begins with is one.
      const words = text.slice(sentence.start, sentence.end);
      const before = /\p{L}/u.test(words) ? sentence : (sentence.before ?? (/\d/.test(words) ? sentence : undefined));
      sentence = { start: sentence.end, end, before };
    }
    return { number, sentence };
  });
}

/** Numbers of lists and steps: each follows its predecessor, in this text or an earlier one. */
export class Lists {
  readonly #seen = new Set<number>([0]);

  /** Where in the text they stand. */
  numbered(text: string): ReadonlySet<number> {
    const places = new Set<number>();
    for (const match of text.matchAll(LISTED)) {
      const [all, digits = "", after] = match;
      const number = Number(digits);
      const isNamed = /[a-z#]/i.test(all.slice(0, -digits.length));
      if ((!isNamed && after === undefined) || !(this.#seen.has(number) || this.#seen.has(number - 1))) continue;
      this.#seen.add(number);
      places.add(match.index + all.length - digits.length);
    }
    return places;
  }
}

/** The bodies of calls are blanked, so that places in the text stay true. */
export function withoutCalls(text: string, tags: ReadonlySet<string>): string {
  const parts: string[] = [];
  let [at, close] = [0, -1];
  for (let open = text.indexOf("<"); open >= 0; open = text.indexOf("<", Math.max(open + 1, at))) {
    if (close < open) close = text.indexOf(">", open);
    if (close < 0) break;
    if (close - open > LONGEST_TAG || !tags.has(text.slice(open + 1, close))) continue;
    const found = text.indexOf(`</${text.slice(open + 1, close)}>`, close);
    const end = found < 0 ? text.length : found;
    parts.push(text.slice(at, close + 1), " ".repeat(end - close - 1));
    at = end;
  }
  return parts.join("") + text.slice(at);
}

const LONGEST_OPEN = 200;

/** The end of a text that stops before a result ("24 - 12 ="), from the start of a word; "" for any other text. */
export function openSum(text: string): string {
  const end = text.trimEnd();
  if (!/=\s?[$€£]?$/.test(end)) return "";
  return `${end.length <= LONGEST_OPEN ? end : end.slice(-LONGEST_OPEN).replace(/^\S*/, "")} `;
}
