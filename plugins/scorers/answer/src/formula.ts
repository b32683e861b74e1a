/** What kind of formula a text is, and how math-verify wants it written. */
import { unitsNamed } from "./unit-names.ts";

/** True where math-verify finds a formula by itself: inside dollars (not those of `$5,$6`), `\(…\)`, `\[…\]` or `\boxed{}`. */
export function hasFormula(text: string): boolean {
  return /\$[^$]+\$(?!\d)|\\\(|\\\[|\\boxed/.test(text);
}

/** Letters that stand together in a formula: functions, constants, differentials, products of variables, names of segments. */
const FORMULA_WORD =
  /^(?:a?(?:sin|cos|tan)h?|arc(?:sin|cos|tan)|sec|csc|cot|log|ln|exp|sqrt|pi|inf|[iI]nfinity|oo|max|min|gcd|lcm|mod|abs|or|and|[A-Z]{2,4}|d[a-z]|[xyzabcnkpqrt]{2})$/;
const LATEX_WORD = /\\(?:begin|end|text[a-z]*|mathrm|mathbf|mbox|operatorname)\s?\{[^{}]*\}|\\[a-zA-Z]+/g;

/** True for text that may be one formula as a whole: no words but those of a formula (`4a-2`, `sqrt(2)/2`, `[0, 1)`, `\frac{1}{2} \text{ cm}`), no two signs and no two numbers side by side. */
export function isFormula(text: string): boolean {
  if (/["?@#’]/.test(text) || /^[-+]\s?[-+]/.test(text) || (!text.includes("\\") && /\d\s+\d/.test(text))) return false;
  const words = text.replace(LATEX_WORD, " ").match(/\p{L}{2,}/gu) ?? [];
  return words.every((word) => FORMULA_WORD.test(word));
}

/** `3b7`, `0x2e`, `3x5`: a digit behind a letter is no factor, so these are digits of another base, codes, sizes. */
const CODE = /^[-+]?(?!\d+[eE]\d+$)(?!.*(?:sqrt|sin|cos|tan|log|ln|pi))(?:[\p{L}\d]*\p{L}\d[\p{L}\d]*|1\p{L})$/u;

export function isCode(text: string): boolean {
  return CODE.test(text);
}

/**
 * True for a gold answer to be compared as mathematics. Dates, scores, names with digits and ranges (`12/25/2020`, `4:30`, `2-1`, `v1.10`, `U2`, `1920s`) could be read as
 * formulas but are text to a reader, and `2-1` must not equal `3-2`.
 */
export function isSymbolic(gold: string): boolean {
  if (hasFormula(gold)) return true;
  if (
    /^[\d\s]+(?:[-/:][\d\s]+)+$/.test(gold) ||
    /^\p{L}+-\d+$|^\d+s$|^\d+(?:\.\d+){2,}$|^[vV]\.?\s?\d+(?:\.\d+)*$|^\d+(?::\d+)+\s|^\d+\s?(?:BCE?|AD|CE)$|^(?:\p{Lu}\p{Ll}?_?\d{0,3}){2,}[-+]?$/u.test(
      gold,
    ) ||
    isCode(gold) ||
    !isFormula(gold)
  )
    return false;
  return (
    /\\[a-zA-Z]|\d|√|π|∞|\binfinity\b|(?<!\p{L})\p{L}!(?!\p{L})|\|[^|]+\|/u.test(gold) ||
    (/\p{L}\s*[-+*/^=<>≤≥]\s*[\p{L}(]/u.test(gold) && !/\p{Lu}{2}/u.test(gold))
  );
}

/** How a text is bracketed as a whole, which math-verify takes lightly: `{2, 5}` and `(2, 5)` are one to it, and so are `1, 4` and `1 < x < 4`. */
const SHAPES = [
  ["set", /^(?:\\left\s?)?\\?\{[^{}]*,[^{}]*\\?\}$/],
  ["tuple", /^(?:\\left\s?)?\([^()[\]]*,[^()[\]]*\)$/],
  ["list", /^[^()[\]<>≤≥\\]*,[^()[\]<>≤≥\\]*$/],
] as const;

/** `set`, `tuple`, `list` or `relation`. In LaTeX braces alone only group. */
export function shapeOf(text: string, writing: "LaTeX" | "plain"): string | undefined {
  if (hasRelation(text)) return "relation";
  const ungrouped = writing === "LaTeX" ? text.replace(/^\{(.*)\}$/, "$1") : text;
  return SHAPES.find(([, shape]) => shape.test(ungrouped))?.[0];
}

/** True for a set against a tuple or an interval, and for a list against a relation. */
export function isOtherShape(gold: string | undefined, given: string | undefined): boolean {
  const isBracketed = (shape: string | undefined) => shape === "set" || shape === "tuple";
  return isBracketed(gold) && isBracketed(given) ? gold !== given : gold === "relation" && given === "list";
}

const TEXT = String.raw`\\(?:text|mbox|math(?:rm|it|bf))\s?\{[^{}]*\}`;
const ENDS_IN_SECOND_TEXT = new RegExp(String.raw`${TEXT}.*${TEXT}(?:\^\{?\d\}?)?$`, "s");

/** `10\\text{ cm} \\times 5\\text{ cm}`: of such, math-verify reads what stands before the first text. */
export function endsInSecondText(formula: string): boolean {
  return ENDS_IN_SECOND_TEXT.test(formula);
}

const RELATION = /[<>≤≥≠]|\\(?:[gl]eq?(?:slant)?|[gl]t|neq?|ll|gg)(?![a-z])/;

/** True for `x > 5` and `42 \leq n`. */
export function hasRelation(text: string): boolean {
  return RELATION.test(text);
}

/** The formula in dollars, `\(…\)` or `\[…\]` that a text ends with; empty where it ends otherwise. */
export function closingFormula(text: string): string {
  const found = [...text.matchAll(/\$\$?([^$]+)\$\$?|\\\(([^\n]*?)\\\)|\\\[(.*?)\\\]/gs)].at(-1);
  const isLast = found !== undefined && /^[\s.!*]*$/.test(text.slice(found.index + found[0].length));
  return isLast ? (found[1] ?? found[2] ?? found[3] ?? "") : "";
}

const LATEX: Readonly<Record<string, string>> = {
  π: "\\pi ",
  "∞": "\\infty ",
  "×": "\\times ",
  "·": "\\cdot ",
  "÷": "/",
  "≤": "\\le ",
  "≥": "\\ge ",
  "≠": "\\ne ",
  "±": "\\pm ",
  "∪": "\\cup ",
  "∩": "\\cap ",
  "∈": "\\in ",
  "∅": "\\emptyset ",
  "°": "^\\circ ",
  α: "\\alpha ",
  β: "\\beta ",
  γ: "\\gamma ",
  δ: "\\delta ",
  θ: "\\theta ",
  λ: "\\lambda ",
  μ: "\\mu ",
  σ: "\\sigma ",
  φ: "\\phi ",
  ω: "\\omega ",
  ℝ: "\\mathbb{R}",
};
const LATEX_SIGN = new RegExp(`[${Object.keys(LATEX).join("")}]`, "g");

/** LaTeX for signs that Unicode has too. */
export function withLatexSigns(text: string): string {
  return text.replace(LATEX_SIGN, (sign) => LATEX[sign] ?? sign);
}

/** What math-verify would take for a unit at a formula's end, and leave out: `2t` are two of t, no tons. A group is none. */
const LAST_LETTERS = /(?<=[\d})\]\s])([cdghlmost]|[a-zA-Z]\s?[a-zA-Z]s?)(?=\s*$)/;
const MARKED = /(\$\$?|\\\(|\\\[)([^$]+?)(\$\$?|\\\)|\\\])/g;

export function withLettersKept(formula: string): string {
  return formula.replace(LAST_LETTERS, (letters: string) => (letters.length > 1 && unitsNamed(letters).length > 0 ? letters : `{${letters}}`));
}

/** The same for each formula in a text. */
export function withAllLettersKept(text: string): string {
  return text.replace(MARKED, (_, start: string, formula: string, end: string) => `${start}${withLettersKept(formula)}${end}`);
}

/** `3\\sqrt{2} cm` and `2π m` with their units marked as such; in dollars, or beside other letters, one letter is a variable. */
export function withMarkedUnit(text: string, writing: "LaTeX" | "plain"): string {
  const [, rest = "", word = "", power = ""] = /^(.*[\d})\]πi])\s+([a-zA-Z]{2,12}|[mgshlL])(\^[23])?$/.exec(text) ?? [];
  const isNumber = !/\p{L}/u.test(rest.replace(LATEX_WORD, " ").replace(/[πei]|sqrt/g, ""));
  if (!/[\\√π]|sqrt|pi/.test(rest) || unitsNamed(word).length === 0 || (word.length === 1 && (writing === "LaTeX" || !isNumber))) return text;
  return `${rest}\\text{ ${word}}${power}`;
}

/** A formula as math-verify wants it: in dollars, with Python's spelling turned into LaTeX's. */
export function asFormula(text: string): string {
  const latex = withLatexSigns(text)
    .replaceAll("\\varnothing", "\\emptyset")
    .replace(/(?<!\\)\$/g, "")
    .replace(/^([-+]?[\d.]{1,400})[eE]\+?(-?\d{1,4})$/, "$1 \\times 10^{$2}")
    .replace(/\\pmod\s?(\w)/g, "\\pmod{$1}")
    .replace(/(?<![\\\p{L}])sqrt\s?\(([^()]*)\)/gu, "\\sqrt{$1}")
    .replaceAll("**", "^")
    .replace(/\^(-\d+)/g, "^{$1}")
    .replaceAll("*", "\\cdot ")
    .replace(/(?<![\\\p{L}])(?:pi|sin|cos|tan|log|ln|exp)(?!\p{L})/gu, "\\$&")
    .replace(/(?<![\\\p{L}])(?:oo|inf|[iI]nfinity)(?!\p{L})/gu, "\\infty");
  return `$${latex}$`;
}
