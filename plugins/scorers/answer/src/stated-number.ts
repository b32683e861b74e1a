/** The quantity an answer gives, however it is put. */
import { withDigits, withLeadingDigits } from "@autotraj/rationals/number-words";
import { type Qualifier, qualifierBefore, withoutQualifier } from "./bounds.ts";
import { asCorrected } from "./corrections.ts";
import { MAX_LENGTH, type PlainNumber, readNumber } from "./numbers.ts";
import { compareQuantities } from "./quantity.ts";

/** One quantity, or several that make one: `1 h 30 min`, `5 ft 3 in`. */
export interface StatedNumber {
  readonly parts: readonly [PlainNumber, ...PlainNumber[]];
  /** `at least 42` states no 42. */
  readonly qualifier: Qualifier | undefined;
}

/** `x ≈ 11` gives the value of an unknown, as far as it was computed; `≈ 11` and `x ~ 11` estimate. */
const VALUE_OF = /^[a-zA-Z](?:_\{?\w{1,8}\}?)?\s*(?:=|≈|\\approx(?![a-z])|(?=[<>≤≥~]|\\(?:sim|[gl]eq?|[gl]t)(?![a-z])))\s*/;

/** The quantity of a text that gives it and nothing else, plainly or under a bound. */
export function readQuantity(written: string): StatedNumber | undefined {
  const [sign, size] = /^(?:minus|negative) (?=\S)/i.test(written) ? ["-", written.replace(/^\S+ /, "")] : ["", written];
  const inDigits = withLeadingDigits(size).replace(/(?<=^\d{1,4})\s(?:A\.?D\.?|C\.?E\.?)$/, "");
  const text = sign === "" ? inDigits : /^[\d$€£¥]/.test(inDigits) ? `-${inDigits}` : written;
  const plain = readParts(text);
  if (plain !== undefined) return { parts: plain, qualifier: undefined };
  const { qualifier, rest } = withoutQualifier(text);
  const parts = readParts(rest);
  return parts && { parts, qualifier };
}

/** The quantity an answer gives, also as the value of one unknown (`x = 2`; neither `2x` nor `x - 2` is 2), or states in a sentence. */
export function readAnswerNumber(answer: string): StatedNumber | undefined {
  const corrected = asCorrected(answer);
  const value = corrected.replace(VALUE_OF, "");
  return readQuantity(value) ?? readQuantity(withoutRestatement(value)) ?? readStatedNumber(corrected);
}

/** `42` for `42 (forty-two)`, `1/2` for `1/2 (0.5)`. */
function withoutRestatement(text: string): string {
  const [, said = "", again = ""] = /^([^()]{1,60})\s\(([^()]{1,60})\)$/.exec(text) ?? [];
  const [one, other] = [said, again].map(readQuantity);
  if (one === undefined || other === undefined || one.qualifier !== other.qualifier || one.parts.length + other.parts.length > 2) return text;
  return compareQuantities(one.parts[0], other.parts[0], 0) === "same" ? said : text;
}

/** `2,74` with a decimal point, where the comma can be no thousands separator. One digit after it (`1,2`) is left alone: that is a pair. */
export function withDecimalPoint(text: string): string {
  return text.replace(/(?<![\d.,])(\d+),(\d+)(?![\d.,]*\d)/g, (written, whole: string, places: string) => {
    const isDecimal = whole === "0" || places.length === 2 || places.length > 3 || (whole.length > 3 && places.length > 1);
    return isDecimal ? `${whole}.${places}` : written;
  });
}

const FEET_AND_INCHES = /^(\d{1,3})\s?'\s?(\d{1,2}(?:\.\d+)?)\s?(?:"|''|in\b)?$/;
const MAX_PARTS = 4;

function readParts(written: string): StatedNumber["parts"] | undefined {
  const one = readNumber(written);
  if (one !== undefined) return [one];
  const text = written.includes("\\") ? withoutTextCommands(written) : written;
  if (text.length > 100) return undefined;
  const pieces = text
    .replace(FEET_AND_INCHES, "$1 ft $2 in")
    .replace(/(?<=\d\s?h)\s?(\d+)\s?m?$/, " $1 min")
    .split(/(?<=[\p{L}°'"])(?:\s*,\s*|\s+)(?:and\s+)?(?=\d)|(?<=°)(?=\d)/u);
  if (pieces.length > MAX_PARTS) return undefined;
  const numbers = pieces.map((piece) => readNumber(piece));
  const isSum = numbers.every(
    (number) => number !== undefined && number.unit.readings.length > 0 && number.unit.noun.length === 0 && !number.percent,
  );
  return isSum ? (numbers as [PlainNumber, ...PlainNumber[]]) : undefined;
}

/** `5\\text{ ft } 3\\text{ in}` as `5 ft 3 in`. */
function withoutTextCommands(text: string): string {
  return text
    .replace(/\\(?:text|mathrm|mbox)\s?\{([^{}]*)\}/g, " $1 ")
    .replace(/\\[,;: ]|\s{1,9}/g, " ")
    .replace(/ {2,}/g, " ")
    .trim();
}

const INTRODUCES = /(?:\b(?:is|are|was|were|be|equals|of|total|totals|makes?|costs?|gives?|gets?|have|has|answer|result)|['’]s|[:=≈])\s*[$€£¥]?$/i;
const DENIES =
  /(?:\b(?:not|never|than|or|to|and|minus|negative|plus|times|mod|log|ln|lg|sin|cos|tan|exp|sqrt|twice|double|triple|(?:half|root|third|quarter|percent) of)|n't|±|% of|(?:opposite|inverse|reciprocal|negation|square|cube|factorial|multiples?|divisors?|complement|successor|predecessor) of|anything but|all but|except|without|excluding|(?:\b(?:not|never|cannot)|n['’]t)\s(?:be|equal|have|reach|find|determine|say|exactly|quite|really|just|only|actually|necessarily)(?: to)?)\s*[$€£¥]?$/i;
/** `July 1999`, `Apollo 11`: a number that is part of a name. */
const NAME =
  /^(?!(?:Answer|Total|Result|Sum|About|Around|In|Only|Just|Actually|Exactly|Approximately|Roughly|Nearly|Almost|So|Thus|Hence|Therefore|Finally|Over|Under|Some|Final)\b)(?:\p{Lu}[\p{L}.]{0,30}\s{1,3}){1,4}$/u;
const CALCULATES = /[+*^<>≤≥≠±√×÷_|]|\s-\s|\d!|\p{L}\(\s?\d|\p{L}\d|\d(?!(?:[mgshlL]|[mck]m|[mk]g)(?!\p{L}))\p{L}/u;
const START = /(?<=^|[\s(:=≈~<>≤≥$€£¥"“'‘])[-+]?(?:[$€£¥₹]\s?-?)?(?:\d[\d,.]*|\.\d+)/g;

/**
 * The number a text states: its only number, or the last one if its last sentence introduces it as the result (`… = 18`, `… which is 18 eggs`).
 * Undefined where it offers several (`5 or 6`), denies one (`not 18`) or holds a formula.
 */
function readStatedNumber(answer: string): StatedNumber | undefined {
  const plain = withoutDollars(answer);
  if (plain.includes("\\")) return undefined;
  // `one` is a pronoun in sentences.
  const text = /\d/.test(plain) ? plain : withDigits(plain.replace(/\bone\b(?![-\s](?:hundred|thousand|million|billion|trillion)\b)/gi, "a"));
  const written =
    text
      .slice(-MAX_LENGTH)
      .split(/[.!?]\s+(?=\S)|\n/)
      .at(-1) ?? "";
  const sentence = written.replace(/["“‘'](-?[$€£]?\d[\d.,]*%?)["”’']/g, "$1");
  const firstEquals = sentence.search(/[=≈]/);
  const lastEquals = Math.max(sentence.lastIndexOf("="), sentence.lastIndexOf("≈"));
  const number = lastNumber(sentence, lastEquals);
  if (number === undefined) return undefined;
  const { start, parts, qualifier } = number;
  const before = sentence.slice(0, start);
  const bound = qualifierBefore(before) ?? qualifier;
  if (CALCULATES.test(`${sentence.slice(lastEquals + 1, start).replace(/[<>≤≥]=?\s*$/, "")}1`)) return undefined;
  const isListed = /[=≈]\s*$/.test(before) && /[,;]|\b(?:or|and)\b/i.test(sentence.slice(firstEquals, lastEquals));
  if (isListed || (bound === undefined && DENIES.test(before)) || NAME.test(before)) return undefined;
  const earlier = text.slice(0, text.length - written.length);
  const isOnly = !/\d/.test(before) && !/\d/.test(earlier);
  const isOnItsLine = before.trim() === "" && /\p{L}{3}/u.test(earlier);
  if (!isOnly && !isOnItsLine && bound === undefined && !INTRODUCES.test(before)) return undefined;
  return { parts, qualifier: bound };
}

/** The last number of a sentence with all that stands behind it; `1 h 30 min` begins at its first part, `12 1/2` at its whole. */
function lastNumber(sentence: string, lastEquals: number): (StatedNumber & { readonly start: number }) | undefined {
  const starts = [...sentence.matchAll(START)].filter(({ index }) => index > lastEquals).map(({ index }) => index);
  const read = (start: number | undefined) => {
    if (start === undefined) return undefined;
    const found = readQuantity(
      sentence
        .slice(start)
        .replace(/\p{L}{2}/u.test(sentence.slice(0, start)) ? /[.,;!)"”'’]+$/ : /[.,;)"”'’]+$/, "")
        .replace(/(?<=\s)\$\s?$/, ""),
    );
    return found && { ...found, start };
  };
  for (const count of [4, 3, 2]) {
    const found = starts.length >= count ? read(starts.at(-count)) : undefined;
    if (found !== undefined) return found;
  }
  return read(starts.at(-1));
}

/** `$18$` and `\(18\)` without what marks them as mathematics. */
function withoutDollars(text: string): string {
  return text.replace(/\$ ?(-?[\d,.]*\d(?:\\?%)?) ?\$(?!\d)|\\\( ?(-?[\d,.]*\d(?:\\?%)?) ?\\\)/g, (_, inDollars?: string, inParentheses?: string) =>
    (inDollars ?? inParentheses ?? "").replace("\\%", "%"),
  );
}
