/** The number an answer gives, however it is put. */
import { MAX_LENGTH, type PlainNumber, readNumber } from "./numbers.ts";

const ASSIGNMENT = /^[a-zA-Z](?:_\{?\w{1,8}\}?)?\s*(?:=|≈|\\approx)\s*/;
const LEAD = /^(?:approximately|approx\.?|about|around|roughly|exactly|only|just|≈|~|\\approx)\s*/i;

/** The number an answer gives: written plainly, as the value of one unknown (`x = 2`; neither `2x` nor `x - 2` is 2), or stated in a sentence. */
export function readAnswerNumber(answer: string): PlainNumber | undefined {
  const text = answer.replaceAll("−", "-");
  return readNumber(text.replace(ASSIGNMENT, "").replace(LEAD, "")) ?? readStatedNumber(text);
}

/** `2,74` with a decimal point, where the comma can be no thousands separator. One digit after it (`1,2`) is left alone: that is a pair. */
export function withDecimalPoint(text: string): string {
  return text.replace(/(?<![\d.,])(\d+),(\d+)(?![\d.,]*\d)/g, (written, whole: string, places: string) => {
    const isDecimal = whole === "0" || places.length === 2 || places.length > 3 || (whole.length > 3 && places.length > 1);
    return isDecimal ? `${whole}.${places}` : written;
  });
}

const INTRODUCES = /(?:\b(?:is|are|was|equals|of|total|makes?|costs?)|['’]s|[:=≈])\s*[$€£¥]?$/i;
const DENIES = /(?:\bnot|n't|\bnever|\bthan|\bor|\bto|\band)\s*[$€£¥]?$/i;
/** `July 1999`, `Apollo 11`: a number that is part of a name. */
const NAME =
  /^(?!(?:Answer|Total|Result|Sum|About|Around|In|Only|Just|Exactly|Approximately|Roughly|Nearly|Almost|So|Thus)\b)(?:\p{Lu}[\p{L}.]{0,30}\s{1,3}){1,4}$/u;
const CALCULATES = /[+*^<>≤≥≠±√×÷_|]|\s-\s|\d!|\p{L}\(\s?\d|\p{L}\d|\d(?!(?:[mgshlL]|[mck]m|[mk]g)(?!\p{L}))\p{L}/u;

/**
 * The number a text states: its only number, or the last one if its last sentence introduces it as the result (`… = 18`, `… which is 18 eggs`).
 * Undefined where it offers several (`5 or 6`), denies one (`not 18`) or holds a formula.
 */
function readStatedNumber(text: string): PlainNumber | undefined {
  if (text.includes("\\")) return undefined;
  const sentence =
    text
      .slice(-MAX_LENGTH)
      .split(/[.!?]\s+(?=\S)|\n/)
      .at(-1) ?? "";
  const firstEquals = sentence.search(/[=≈]/);
  const lastEquals = Math.max(sentence.lastIndexOf("="), sentence.lastIndexOf("≈"));
  if (CALCULATES.test(sentence.slice(lastEquals + 1))) return undefined;
  const start = [...sentence.matchAll(/(?<=^|[\s(:=≈$€£¥])-?[$€£¥]?\d[\d,.]*/g)].filter(({ index }) => index > lastEquals).at(-1)?.index;
  if (start === undefined) return undefined;
  const before = sentence.slice(0, start);
  const isListed = /[=≈]\s*$/.test(before) && /[,;]|\b(?:or|and)\b/i.test(sentence.slice(firstEquals, lastEquals));
  if (isListed || DENIES.test(before) || NAME.test(before)) return undefined;
  if (/\d/.test(text.slice(0, text.length - sentence.length + start)) && !INTRODUCES.test(before)) return undefined;
  return readNumber(
    sentence
      .slice(start)
      .replace(/[.,;!?)]+$/, "")
      .replace(/(?<=\s)\$\s?$/, ""),
  );
}
