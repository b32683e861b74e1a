/** What an answer is wrapped in, and what kind of text is inside. Everything here runs on hostile text: each pattern is anchored or has no nested repeats. */

const WRAPPERS = [
  /^\$\$([^$]*)\$\$$/,
  /^\$([^$]*)\$$/,
  /^\\\((.*)\\\)$/s,
  /^\\\[(.*)\\\]$/s,
  /^\\(?:text|textbf|textit|textnormal|mathrm|mathbf|mbox)\{([^{}]*)\}$/,
  /^\*\*([^*]*)\*\*$/,
  /^`([^`]*)`$/,
  /^####\s(.*)$/s,
  /^<answer>(.*)<\/answer>$/s,
];
const INTRODUCTION = /^(?:(?:so|thus|hence|therefore),?\s{1,3})?(?:the\s{1,3})?(?:(?:final|correct)\s{1,3})?answer(?:\s{0,3}(?:is|:|=)){1,2}\s{0,3}/i;

/** The answer without `\boxed{}`, dollars, `\text{}`, `The answer is` and the full stop at its end. Several boxes are left as they are: they are a list. */
export function unwrap(text: string): string {
  // What follows a chat template's own token (`<|im_start|>user …`) is no longer the answer.
  let inner = text.replace(/(?<=\S)\s*<\|[a-z_]{1,30}\|>.*$/s, "").trim();
  for (let depth = 0; depth < 6; depth++) {
    const before = inner;
    inner = onlyBoxed(inner) ?? inner;
    for (const wrapper of WRAPPERS) inner = (wrapper.exec(inner)?.[1] ?? inner).trim();
    inner = inner.replace(INTRODUCTION, "").trim();
    if (/[^.][.;,]$/.test(inner)) inner = inner.slice(0, -1).trimEnd();
    if (inner === before) break;
  }
  return inner;
}

/** What stands in the text's only `\boxed{…}`, braces balanced. */
function onlyBoxed(text: string): string | undefined {
  const start = text.indexOf("\\boxed{");
  if (start < 0 || text.lastIndexOf("\\boxed{") !== start) return undefined;
  let depth = 0;
  for (let i = start + "\\boxed".length; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return text.slice(start + "\\boxed{".length, i).trim();
  }
  return undefined;
}

/** True where math-verify finds a formula by itself: inside dollars (not those of `$5,$6`), `\(…\)`, `\[…\]` or `\boxed{}`. */
export function hasFormula(text: string): boolean {
  return /\$[^$]+\$(?!\d)|\\\(|\\\[|\\boxed/.test(text);
}

/** Letters that stand together in a formula: functions, constants, differentials, products of variables, names of segments. */
const FORMULA_WORD =
  /^(?:a?(?:sin|cos|tan)h?|arc(?:sin|cos|tan)|sec|csc|cot|log|ln|exp|sqrt|pi|inf|infinity|oo|max|min|gcd|lcm|mod|abs|or|and|[A-Z]{2,4}|d[a-z]|[xyzabcnkpqrt]{2})$/;
const LATEX_WORD = /\\(?:begin|end|text[a-z]*|mathrm|mathbf|mbox|operatorname)\s?\{[^{}]*\}|\\[a-zA-Z]+/g;

/** True for text that may be one formula as a whole: no words but those of a formula (`4a-2`, `sqrt(2)/2`, `[0, 1)`, `\frac{1}{2} \text{ cm}`). */
export function isFormula(text: string): boolean {
  if (/["?@#’]/.test(text)) return false;
  const words = text.replace(LATEX_WORD, " ").match(/\p{L}{2,}/gu) ?? [];
  return words.every((word) => FORMULA_WORD.test(word));
}

/**
 * True for a gold answer to be compared as mathematics. Dates, scores, names with digits and ranges (`12/25/2020`, `4:30`, `2-1`, `U2`, `1920s`) could be read as
 * formulas but are text to a reader, and `2-1` must not equal `3-2`.
 */
export function isSymbolic(gold: string): boolean {
  if (hasFormula(gold)) return true;
  if (/^[\d\s]+(?:[-–/:][\d\s]+)+$/.test(gold) || /^\p{L}+-?\d+$|^\d+s$/u.test(gold) || !isFormula(gold)) return false;
  return /\\[a-zA-Z]|\d/.test(gold) || (/\p{L}\s*[-+*/^=<>]\s*[\p{L}(]/u.test(gold) && !/\p{Lu}{2}/u.test(gold));
}

/** A formula as math-verify wants it: in dollars, with Python's spelling turned into LaTeX's. */
export function asFormula(text: string): string {
  const latex = text
    .replace(/(?<!\\)\$/g, "")
    .replaceAll("**", "^")
    .replaceAll("*", "\\cdot ")
    .replace(/(?<![\\\p{L}])(?:pi|sin|cos|tan|log|ln|exp)(?!\p{L})/gu, "\\$&")
    .replace(/(?<![\\\p{L}])(?:oo|inf|infinity)(?!\p{L})/gu, "\\infty");
  return `$${latex}$`;
}
