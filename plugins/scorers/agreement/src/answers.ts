/**
 * Which final answers of one question are the same: each answer becomes a key, and equal keys are equal answers. Keys make it an equivalence, which a
 * comparison of pairs would not be (50% is 50 to some and 0.5 to others). Answers are model-written: every pattern runs in linear time.
 */

import { decimal, inLowestTerms, negative, over, type Rational, times, whole } from "@autotraj/rationals/rational";

/** How answers are compared; see `equivalence` in the options. */
export type Equivalence = "auto" | "text" | "number";

interface ExactNumber {
  /** In lowest terms, as `numerator/denominator`. */
  readonly value: string;
  /** Set for `50%`, whose value is then 1/2: what it is without the sign, `50/1`. */
  readonly withoutPercent?: string;
}

/** No answer that is a number is longer; keeps exact arithmetic cheap. */
const LONGEST_NUMBER = 500;
const HUNDRED = whole(100n);
const CURRENCY = "[$€£¥₹]";
const WHOLE_NUMBER = new RegExp(String.raw`^\+?${numberPattern(", ")}\s?${CURRENCY}?\.?$`, "u");
/** Inside a sentence a minus sign belongs to the number only where nothing stands right before it (`3-5` holds 3 and 5), and a space parts two numbers. */
const STATED_NUMBER = new RegExp(String.raw`(?<![\p{L}\p{N}.])${numberPattern(",")}`, "gu");

function numberPattern(separators: string): string {
  const digits = String.raw`\d{1,3}(?:[${separators}]\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+`;
  const divided = String.raw`e(?<exponent>[-+]?\d{1,2})|\s?/\s?(?<bottom>${digits})`;
  return String.raw`(?<sign>-)?\s?${CURRENCY}?\s?(?<inner>-)?(?<top>${digits})(?:${divided})?\s?(?<percent>%|percent\b)?`;
}

/**
 * The class of each answer, in order; undefined where there is none. Equal strings are equal answers.
 * A percentage is its value (50% is 0.5), unless another answer of the question is the bare 50 and none is 0.5: then it is meant to be 50.
 */
export function answerClasses(answers: readonly (string | undefined)[], equivalence: Equivalence): readonly (string | undefined)[] {
  const read = answers.map((answer) => (answer === undefined || answer.trim() === "" ? undefined : readAnswer(answer, equivalence)));
  const plain = new Set(read.flatMap((answer) => (typeof answer === "object" && answer.withoutPercent === undefined ? [answer.value] : [])));
  return read.map((answer) => {
    if (answer === undefined) return undefined;
    if (typeof answer === "string") return `text ${answer}`;
    const { value, withoutPercent } = answer;
    const isBare = withoutPercent !== undefined && plain.has(withoutPercent) && !plain.has(value);
    return `number ${isBare ? withoutPercent : value}`;
  });
}

function readAnswer(answer: string, equivalence: Equivalence): ExactNumber | string {
  const plain = plainText(answer);
  const number = equivalence === "text" ? undefined : equivalence === "number" ? lastNumber(plain) : wholeNumber(plain);
  return number ?? normalizedText(plain);
}

/** Lower case, one kind of space and minus, without the LaTeX that only sets a value in type. */
function plainText(answer: string): string {
  return answer
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[−‐‑–]/gu, "-")
    .replaceAll("{,}", ",")
    .replace(/\\(?:left|right|!|,|;|displaystyle)(?![a-z])/g, "")
    .replace(/\\[dt]frac/g, "\\frac")
    .replace(/\\frac\s?\{(-?\d+)\}\s?\{(\d+)\}/g, "$1/$2")
    .replace(/\\(?:text|textbf|mathrm|mbox)\s?\{([^{}]*)\}/g, "$1")
    .replace(/\\([$%])/g, "$1")
    .replace(/\s+/gu, " ")
    .trim()
    .replace(/^\$([^$]*)\$$/, "$1")
    .trim();
}

function wholeNumber(text: string): ExactNumber | undefined {
  return text.length > LONGEST_NUMBER ? undefined : exactNumber(WHOLE_NUMBER.exec(text)?.groups);
}

/** The last number of a text is what it comes to, as GSM8K's graders have it. */
function lastNumber(text: string): ExactNumber | undefined {
  return exactNumber([...text.slice(-LONGEST_NUMBER).matchAll(STATED_NUMBER)].at(-1)?.groups);
}

function exactNumber(groups: Readonly<Record<string, string | undefined>> | undefined): ExactNumber | undefined {
  if (groups === undefined) return undefined;
  const part = (name: string) => decimal((groups[name] ?? "1").replace(/[ ,]/g, ""));
  const [top, bottom] = [part("top"), part("bottom")];
  if (bottom.numerator === 0n) return undefined;
  const exponent = Number(groups["exponent"] ?? 0);
  const isNegative = (groups["sign"] === undefined) !== (groups["inner"] === undefined);
  const power = whole(10n ** BigInt(Math.abs(exponent)));
  const size = exponent < 0 ? over(over(top, bottom), power) : times(over(top, bottom), power);
  const value = isNegative ? negative(size) : size;
  return groups["percent"] === undefined ? { value: shown(value) } : { value: shown(over(value, HUNDRED)), withoutPercent: shown(value) };
}

function shown(value: Rational): string {
  const { numerator, denominator } = inLowestTerms(value);
  return `${numerator}/${denominator}`;
}

/** Signs that mean something in a formula; a hyphen between words is none. */
const FORMULA = /[\\^=+*/<>{}[\]()|%~]|(?:^|[^\p{L}])-|-(?:[^\p{L}]|$)|(?<!\p{L})\p{L}-\p{L}(?!\p{L})/u;

/** Words without punctuation and articles, as SQuAD compares them; a formula keeps all but its spaces. `(A)`, `A.` and `A` are one choice. */
function normalizedText(text: string): string {
  const choice = /^\(?(\p{L})\)?[.:]?$/u.exec(text)?.[1];
  if (choice !== undefined) return choice;
  if (FORMULA.test(text)) return text.replaceAll(" ", "").replace(/\.$/, "");
  const words = (text.match(/[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}.,']*[\p{L}\p{N}\p{M}])?/gu) ?? []).filter((word) => !["a", "an", "the"].includes(word));
  return words.length === 0 ? text : words.join(" ").replace(/[',](?!\d)|\.(?!\d)/g, "");
}
