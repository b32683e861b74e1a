/** Plain numbers, read exactly: integers, decimals, thousands separators, fractions, percents, currency, units, powers of ten. */

export interface PlainNumber {
  /** Lowest terms are not needed; the denominator is positive. */
  readonly numerator: bigint;
  readonly denominator: bigint;
  /** How it was written, which says how far a rounded number may be off. */
  readonly form: "integer" | "decimal" | "fraction";
  /** The last written place of a decimal is 1/lastPlace: 100 for `12.50`. */
  readonly lastPlace: bigint;
  readonly percent: boolean;
  readonly currency: string;
  /** Words after the number; empty when there are none. */
  readonly unit: string;
}

/** No answer to a question is longer; a number of this size still costs microseconds. */
export const MAX_LENGTH = 2000;
const DIGITS = String.raw`(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?: \d{3})+|\d+)(?:\.\d*)?|\.\d+`;
const SIGNS = /^([-+])?\s*([$€£¥₹])?\s*(-)?\s*/;
const LATEX_FRACTION = new RegExp(
  String.raw`^(?:(\d{1,9})\s*)?\\frac(?:\s*\{\s*(-?(?:${DIGITS}))\s*\}\s*\{\s*(-?(?:${DIGITS}))\s*\}|\s*(\d)\s*(\d))`,
);
const FRACTION = new RegExp(String.raw`^(?:(\d{1,9})\s+)?(${DIGITS})\s*\/\s*(${DIGITS})`);
const DECIMAL = new RegExp(
  String.raw`^(${DIGITS})(?:[eE]([-+]?\d{1,3})(?!\d)|\s*(?:\\times|\\cdot|×|\*|x)\s*10\s*(?:\^|\*\*)\s*\{?([-+]?\d{1,3})\}?(?!\d))?`,
);
const SCALES: Readonly<Record<string, bigint>> = { hundred: 100n, thousand: 1000n, million: 10n ** 6n, billion: 10n ** 9n, trillion: 10n ** 12n };

const SHORT_UNIT = /^(?:[mgshlLVWJNKCF]|[mck]m|[mk]g|m[lLs]|cL|kW|Hz|lb|ft|in|oz|hr|am|pm|pt|GB|MB)$/;
/** Short words inside a unit: `18 a day`, `5 of the eggs`. Alone they are none: `4 a` is a product. */
const LINK_WORD = /^(?:of|at|on|by|an|per|a|the)$/;
const UNIT_WORD = /^\p{L}[\p{L}'’]*(?:[-/.][\p{L}'’]+){0,3}(?:\^?\{?[23]\}?|[²³])?\.?$/u;
/** Words after a number that make another value of it, or another statement. */
const NOT_A_UNIT =
  /^(?:pi|sqrt|sin|cos|tan|log|ln|exp|inf|mod|and|or|but|not|nor|plus|minus|times|to|than|over|half|halves|thirds?|quarters?|less|more|squared|cubed|factorial|choose|root|is|isn't|are|if|wrong|incorrect|recurring|repeating|hundreds?|thousands?|millions?|billions?|trillions?|one|two|three|four|five|six|seven|eight|nine|ten)$/i;

/** Reads a text that is one number and nothing else but its unit. */
export function readNumber(text: string): PlainNumber | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const bare = plainText(text);
  const signs = SIGNS.exec(bare);
  const body = bare.slice(signs?.[0].length ?? 0);
  const value = readFraction(body) ?? readDecimal(body);
  if (value === undefined) return undefined;
  const tail = readTail(body.slice(value.length));
  if (tail === undefined) return undefined;
  const negative = (signs?.[1] === "-") !== (signs?.[3] === "-");
  return {
    numerator: (negative ? -value.numerator : value.numerator) * tail.scale,
    denominator: value.denominator,
    form: value.form,
    lastPlace: value.lastPlace,
    percent: tail.percent,
    currency: signs?.[2] ?? tail.currency,
    unit: tail.unit,
  };
}

function plainText(text: string): string {
  return text
    .replace(/[−﹣－]/g, "-")
    .replace(/\\(?:left|right|!)\s?/g, "")
    .replaceAll("{,}", ",")
    .replace(/\\[,;: ]|~(?=\d)/g, " ")
    .replace(/\\[dtc]frac/g, "\\frac")
    .replace(/\\(?:text|textbf|textnormal|mathrm|mbox)\s?\{([^{}]*)\}/g, " $1")
    .replace(/\^\{?\\circ\}?|°(?![CF])|\\degree/g, "")
    .replace(/\\([$%])/g, "$1")
    .replace(/^\$([^$]*)\$/, "$1")
    .trim();
}

type Value = Pick<PlainNumber, "numerator" | "denominator" | "form" | "lastPlace"> & { readonly length: number };

function readFraction(body: string): Value | undefined {
  const match = LATEX_FRACTION.exec(body) ?? FRACTION.exec(body);
  if (match === null) return undefined;
  const top = decimal(match[2] ?? match[4] ?? "");
  const bottom = decimal(match[3] ?? match[5] ?? "");
  if (bottom.numerator === 0n) return undefined;
  const sign = bottom.numerator < 0n ? -1n : 1n;
  const denominator = top.denominator * bottom.numerator * sign;
  const numerator = top.numerator * bottom.denominator * sign + BigInt(match[1] ?? 0) * denominator;
  return { numerator, denominator, form: "fraction", lastPlace: 1n, length: match[0].length };
}

function readDecimal(body: string): Value | undefined {
  const match = DECIMAL.exec(body);
  if (match === null) return undefined;
  const { numerator, denominator, lastPlace } = decimal(match[1] ?? "");
  const exponent = Number(match[2] ?? match[3] ?? 0);
  const power = 10n ** BigInt(Math.abs(exponent));
  const form = denominator === 1n && exponent >= 0 ? "integer" : "decimal";
  const shrink = exponent < 0 ? power : 1n;
  return {
    numerator: exponent > 0 ? numerator * power : numerator,
    denominator: denominator * shrink,
    form,
    lastPlace: lastPlace * shrink,
    length: match[0].length,
  };
}

function decimal(digits: string): Pick<PlainNumber, "numerator" | "denominator" | "lastPlace"> {
  const [whole = "", places = ""] = digits.replace(/[ ,]/g, "").split(".");
  const significant = places.replace(/0+$/, "");
  return {
    numerator: BigInt(`${whole}${significant}` || "0"),
    denominator: 10n ** BigInt(significant.length),
    lastPlace: 10n ** BigInt(places.length),
  };
}

function readTail(text: string): { scale: bigint; percent: boolean; currency: string; unit: string } | undefined {
  const attached = !/^\s/.test(text);
  let rest = text.trim();
  const percent = /^(?:%|percent(?:age)?\b|pct\b)(?:\s+points?\b)?/i.exec(rest);
  rest = rest.slice(percent?.[0].length ?? 0).trim();
  const scale = /^(?:hundred|thousand|million|billion|trillion)\b/i.exec(rest)?.[0] ?? "";
  rest = rest.slice(scale.length).trim();
  const currency = /^[$€£¥₹]/.exec(rest)?.[0] ?? "";
  rest = rest.slice(currency.length).trim();
  const isBare = percent === null && scale === "" && currency === "";
  if (rest !== "" && ((isBare && LINK_WORD.test(rest)) || !isUnit(rest, attached && isBare))) return undefined;
  return { scale: SCALES[scale.toLowerCase()] ?? 1n, percent: percent !== null, currency, unit: rest };
}

/** Up to eight words. One- and two-letter words must be known units, since `2x` and `3ab` are products; so must a short word written without a space. */
function isUnit(text: string, attached: boolean): boolean {
  const words = text.split(/\s+/, 9);
  return (
    words.length <= 8 &&
    words.every((word, index) => {
      if (!UNIT_WORD.test(word) || NOT_A_UNIT.test(word)) return false;
      const isAttached = attached && index === 0;
      if (LINK_WORD.test(word)) return !isAttached;
      const parts = word.match(/[\p{L}'’]+/gu) ?? [];
      return parts.every((part) => part.length > (isAttached ? 3 : 2) || SHORT_UNIT.test(part));
    })
  );
}
