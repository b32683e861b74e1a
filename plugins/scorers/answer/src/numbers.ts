/** Plain numbers, read exactly: integers, decimals, thousands separators, fractions, percents, powers of ten, number bases, and what stands behind them. */
import { decimal, isWhole, over, plus, type Rational, times, whole } from "@autotraj/rationals/rational";
import { CURRENCY_CODE, CURRENCY_SIGN, unitsNamed, withKnownPhrases } from "./unit-names.ts";
import { readUnit, type Unit } from "./units.ts";

export interface PlainNumber extends Rational {
  /** How it was written, which says how far a rounded number may be off. */
  readonly form: "integer" | "decimal" | "fraction";
  /** The last written place of a decimal is 1/lastPlace: 100 for `12.50`. */
  readonly lastPlace: bigint;
  readonly percent: boolean;
  readonly unit: Unit;
  /** What it is written to, where it says so: 2 for `1010_2`. */
  readonly base: number | undefined;
  /** Nothing stands between the number and its unit: `2m` may be a product. */
  readonly attached: boolean;
}

/** No answer to a question is longer; a number of this size still costs microseconds. */
export const MAX_LENGTH = 2000;
const CENTS = new RegExp(String.raw`(?<=${CURRENCY_SIGN}\s?)(\d+),(\d\d)$|^(\d+),(\d\d)(?=\s?(?:${CURRENCY_SIGN}|${CURRENCY_CODE}|euros?|dollars?))`);
const CODE = new RegExp(`^${CURRENCY_CODE}$`);
const WHOLE = String.raw`[1-9]\d{0,2}(?:,\d{3})+(?!\d)|[1-9]\d{0,2}(?: \d{3})+(?!\d)|\d+`;
const DIGITS = String.raw`(?:${WHOLE})(?:\.\d*)?|\.\d+`;
/** Matches every text, if only its empty beginning. */
const SIGNS = new RegExp(String.raw`^([-+])? {0,3}(?:((?:US|CA?|AU?|HK|NZ)?${CURRENCY_SIGN}|${CURRENCY_CODE}(?=[ \d]))\s{0,3}(-)?)?\s{0,3}`);
const LATEX_FRACTION = new RegExp(
  String.raw`^(?:(?<whole>\d{1,9}) {0,3})?\\frac(?:\s*\{\s*(?<top>-?(?:${DIGITS}))\s*\}\s*\{\s*(?<bottom>-?(?:${DIGITS}))\s*\}|\s*(?<top>\d)\s*(?<bottom>\d))`,
);
const MIXED = /^([1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?: \d{3})+|\d{1,15}) {1,3}(?:and )?(\d{1,6})\/(\d{1,6})(?![\d/])/;
const REPEATING = /^(\d{1,50})\.(\d{0,50})(?:\\overline\s?\{(\d{1,50})\}|\((\d{1,50})\))/;
const FRACTION = new RegExp(String.raw`^(?<top>${DIGITS}) {0,3}\/ {0,3}(?<bottom>${DIGITS})(?![\d/])`);
const DECIMAL = new RegExp(
  String.raw`^(${DIGITS})(?:[eE]([-+]?\d{1,3})(?!\d)|\s*(?:\\times|\\cdot|×|·|\*|x)\s*10\s*(?:\^|\*\*)\s*\{?([-+]?\d{1,3})\}?(?!\d))?`,
);
const BASED =
  /^\(?(?=[a-zA-Z]*\d|[A-F]{1,200}\)?\s?(?:_\s?\{?\s?|\s{1,3}\(?(?:in )?base )(?:16|sixteen))([\da-zA-Z]{1,200})\)?(?:\s?_\s?\{?\s?([\da-z]{1,12})\s?\}?|\s{1,3}\(?(?:in )?base[- ]([\da-z]{1,12})\)?)$/;
const BASES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split(" ");
/** `$3M`, `3M dollars`: with money these letters are no units. */
const LETTER_BEHIND_MONEY = /^(?:[kmb]|m[ln]n?|bn|tn)(?![\p{L}\d/^])/iu;
const MONEY_LETTER = new RegExp(
  String.raw`^(?:[kmb]|m[ln]n?|bn|tn)\s?(?=${CURRENCY_SIGN}|${CURRENCY_CODE}(?!\p{L})|dollars?(?!\p{L})|euros?(?!\p{L}))`,
  "iu",
);
const SCALES: Readonly<Record<string, bigint>> = {
  k: 1000n,
  m: 10n ** 6n,
  mn: 10n ** 6n,
  mln: 10n ** 6n,
  b: 10n ** 9n,
  bn: 10n ** 9n,
  tn: 10n ** 12n,
  hundred: 100n,
  thousand: 1000n,
  million: 10n ** 6n,
  billion: 10n ** 9n,
  trillion: 10n ** 12n,
};

/** Reads a text that is one number and nothing else but what stands behind it. */
export function readNumber(text: string): PlainNumber | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const plain = withPlainGrouping(plainText(text));
  const [opening, sign, currency, signBehind] = SIGNS.exec(plain) as RegExpExecArray;
  const body = plain.slice(opening.length);
  if (sign !== undefined && signBehind !== undefined) return undefined;
  const negative = sign === "-" || signBehind === "-";
  const based = readBased(body);
  if (based !== undefined) return { ...based, numerator: negative ? -based.numerator : based.numerator };
  const value = readRepeating(body) ?? readFraction(body) ?? readDecimal(body);
  if (value === undefined) return undefined;
  const tail = readTail(body.slice(value.length), currency);
  if (tail === undefined) return undefined;
  return {
    ...times(value, whole(negative ? -tail.scale : tail.scale)),
    form: value.form,
    lastPlace: value.lastPlace,
    percent: tail.percent,
    unit: tail.unit,
    base: undefined,
    attached: !/^\s/.test(body.slice(value.length)),
  };
}

/** Other countries' separators, where they can be nothing else: `1.234,50`, `1 234,5`, `1.000.000`, `1_000_000`, and cents: `3,50 €`. */
function withPlainGrouping(text: string): string {
  return text
    .replace(
      /(?<![\d.,_])([1-9]\d{0,2})((?:[._]\d{3}){2,}|(?:_\d{3})+)(?![\d.,_])/g,
      (_, first: string, rest: string) => first + rest.replace(/[._]/g, ""),
    )
    .replace(
      /(?<![\d.,])([1-9]\d{0,2}(?:[. ]\d{3})+),(\d+)(?![\d,.])/g,
      (_, whole: string, places: string) => `${whole.replace(/[. ]/g, "")}.${places}`,
    )
    .replace(CENTS, (_, whole?: string, places?: string, first?: string, last?: string) => `${whole ?? first}.${places ?? last}`);
}

function plainText(text: string): string {
  return text
    .replace(/\\(?:left|right|!)\s?/g, "")
    .replaceAll("{,}", ",")
    .replace(/\\[,;: ]|(?<=[\d}])~/g, " ")
    .replace(/\\[dtc]frac/g, "\\frac")
    .replace(/\\(?:text|textbf|textnormal|textrm|mathrm|mbox|operatorname)\s?\{([^{}]*)\}/g, " $1")
    .replace(/\s?\^\s?(?:\{\s?\\circ\s?\}|\\circ)|\\(?:degree|textdegree)(?![a-z])/g, "°")
    .replace(/\\([$%])/g, "$1")
    .replace(/\$([^$]*)\$(?!\d)/g, "$1")
    .trim();
}

type Value = Pick<PlainNumber, "numerator" | "denominator" | "form" | "lastPlace"> & { readonly length: number };

/** `0.1\overline{6}` and `0.1(6)`. */
function readRepeating(body: string): Value | undefined {
  const match = REPEATING.exec(body);
  if (match === null) return undefined;
  const [written, whole = "", places = "", round = match[4] ?? ""] = match;
  const nines = 10n ** BigInt(round.length) - 1n;
  const numerator = BigInt(`${whole}${places}`) * nines + BigInt(round);
  return { numerator, denominator: nines * 10n ** BigInt(places.length), form: "fraction", lastPlace: 1n, length: written.length };
}

/** A mixed number's fraction is a proper one; `12 345/678` could be two things, and is none. */
function readFraction(body: string): Value | undefined {
  const mixed = MIXED.exec(body);
  if (mixed !== null) {
    const [written, before = "", top = "", bottom = ""] = mixed;
    const isAmbiguous = top.length === 3 && /^\d{1,3}(?: \d{3})*$/.test(before);
    if (isAmbiguous || BigInt(top) >= BigInt(bottom)) return undefined;
    const part = over(decimal(top), decimal(bottom));
    return { ...plus(decimal(bare(before)), part), form: "fraction", lastPlace: 1n, length: written.length };
  }
  const fraction = LATEX_FRACTION.exec(body) ?? FRACTION.exec(body);
  if (fraction === null) return undefined;
  const { whole: before = "0", top = "", bottom = "" } = fraction.groups ?? {};
  const [above, below] = [decimal(bare(top)), decimal(bare(bottom))];
  if (below.numerator === 0n) return undefined;
  return { ...plus(over(above, below), decimal(before)), form: "fraction", lastPlace: 1n, length: fraction[0].length };
}

function readDecimal(body: string): Value | undefined {
  const match = DECIMAL.exec(body);
  if (match === null) return undefined;
  const mantissa = decimal(bare(match[1] ?? ""));
  const exponent = Number(match[2] ?? match[3] ?? 0);
  const power = whole(10n ** BigInt(Math.abs(exponent)));
  return {
    ...(exponent < 0 ? over(mantissa, power) : times(mantissa, power)),
    form: isWhole(mantissa) && exponent >= 0 ? "integer" : "decimal",
    lastPlace: mantissa.denominator * (exponent < 0 ? power.numerator : 1n),
    length: match[0].length,
  };
}

/** Without what separates thousands. */
function bare(digits: string): string {
  return digits.replace(/[ ,]/g, "");
}

/** `1010_2`, `5A3_{16}`, `1010 (base two)`; also `42_3`, which is no number to base 3 but no 42 either. */
function readBased(body: string): PlainNumber | undefined {
  const match = BASED.exec(body);
  if (match === null) return undefined;
  const named = match[2] ?? match[3] ?? "";
  const base = /^\d/.test(named) ? Number(named) : BASES.indexOf(named);
  const digits = [...(match[1] ?? "")].map((digit) => Number.parseInt(digit, 36));
  if (!(base >= 2 && base <= 36) || digits.some((digit) => digit >= Math.max(base, 10))) return undefined;
  const numerator = digits.reduce((sum, digit) => sum * BigInt(base) + BigInt(digit), 0n);
  const unit = readUnit("", false) as Unit;
  return { numerator, denominator: 1n, form: "integer", lastPlace: 1n, percent: false, unit, base, attached: false };
}

function readTail(text: string, currency: string | undefined): { scale: bigint; percent: boolean; unit: Unit } | undefined {
  let rest = text.trim();
  const percent = /^(?:%|percent(?:age)?\b|pct\b)(?:\s+points?\b)?/i.exec(rest);
  rest = rest.slice(percent?.[0].length ?? 0);
  const named = /^(?:hundred|thousand|million|billion|trillion)\b/i.exec(rest)?.[0];
  const scale = named ?? (currency === undefined ? MONEY_LETTER : LETTER_BEHIND_MONEY).exec(rest)?.[0] ?? "";
  rest = withKnownPhrases(rest.slice(scale.length).trim());
  const isAttached = percent === null && scale === "" && !/^\s/.test(text);
  // Money is named before the number and may be named again behind it: `$5 USD`.
  const again = /^\p{L}+/u.exec(rest)?.[0] ?? "";
  const isNamedAgain = CODE.test(again) || unitsNamed(again).some((name) => unitsNamed(currency?.at(-1) ?? "").includes(name));
  const unit = readUnit(currency === undefined || isNamedAgain ? rest : `${currency} ${rest}`, isAttached);
  return unit && { scale: SCALES[scale.trim().toLowerCase()] ?? 1n, percent: percent !== null, unit };
}
