/** What kind of formula a text is, and how math-verify wants it written. */

/** True where math-verify finds a formula by itself: inside dollars (not those of `$5,$6`), `\(…\)`, `\[…\]` or `\boxed{}`. */
export function hasFormula(text: string): boolean {
  return /\$[^$]+\$(?!\d)|\\\(|\\\[|\\boxed/.test(text);
}

/** Letters that stand together in a formula: functions, constants, differentials, products of variables, names of segments. */
const FORMULA_WORD =
  /^(?:a?(?:sin|cos|tan)h?|arc(?:sin|cos|tan)|sec|csc|cot|log|ln|exp|sqrt|pi|inf|infinity|oo|max|min|gcd|lcm|mod|abs|or|and|[A-Z]{2,4}|d[a-z]|[xyzabcnkpqrt]{2})$/;
const LATEX_WORD = /\\(?:begin|end|text[a-z]*|mathrm|mathbf|mbox|operatorname)\s?\{[^{}]*\}|\\[a-zA-Z]+/g;

/** True for text that may be one formula as a whole: no words but those of a formula (`4a-2`, `sqrt(2)/2`, `[0, 1)`, `\frac{1}{2} \text{ cm}`), no two signs and no two numbers side by side. */
export function isFormula(text: string): boolean {
  if (/["?@#’]/.test(text) || /^[-+]\s?[-+]/.test(text) || (!text.includes("\\") && /\d\s+\d/.test(text))) return false;
  const words = text.replace(LATEX_WORD, " ").match(/\p{L}{2,}/gu) ?? [];
  return words.every((word) => FORMULA_WORD.test(word));
}

/**
 * True for a gold answer to be compared as mathematics. Dates, scores, names with digits and ranges (`12/25/2020`, `4:30`, `2-1`, `v1.10`, `U2`, `1920s`) could be read as
 * formulas but are text to a reader, and `2-1` must not equal `3-2`.
 */
export function isSymbolic(gold: string): boolean {
  if (hasFormula(gold)) return true;
  if (
    /^[\d\s]+(?:[-/:][\d\s]+)+$/.test(gold) ||
    /^\p{L}+-?\d+$|^\d+s$|^\d+(?:\.\d+){2,}$|^[vV]\.?\s?\d+(?:\.\d+)*$|^\d+(?::\d+)+\s|^(?:\p{Lu}\p{Ll}?_?\d{0,3}){2,}[-+]?$/u.test(gold) ||
    !isFormula(gold)
  )
    return false;
  return /\\[a-zA-Z]|\d|√|π|∞/.test(gold) || (/\p{L}\s*[-+*/^=<>≤≥]\s*[\p{L}(]/u.test(gold) && !/\p{Lu}{2}/u.test(gold));
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

/** A formula as math-verify wants it: in dollars, with Python's spelling turned into LaTeX's. */
export function asFormula(text: string): string {
  const latex = withLatexSigns(text)
    .replace(/(?<!\\)\$/g, "")
    .replace(/^([-+]?[\d.]{1,400})[eE]\+?(-?\d{1,4})$/, "$1 \\times 10^{$2}")
    .replace(/(?<![\\\p{L}])sqrt\s?\(([^()]*)\)/gu, "\\sqrt{$1}")
    .replaceAll("**", "^")
    .replace(/\^(-\d+)/g, "^{$1}")
    .replaceAll("*", "\\cdot ")
    .replace(/(?<![\\\p{L}])(?:pi|sin|cos|tan|log|ln|exp)(?!\p{L})/gu, "\\$&")
    .replace(/(?<![\\\p{L}])(?:oo|inf|infinity)(?!\p{L})/gu, "\\infty");
  return `$${latex}$`;
}
