/** One answer against one gold answer: which method applies, and what it says. Pure; what needs math-verify is handed back as a case for it. */
import type { MathCase, MathText } from "./math-verify.ts";
import { type PlainNumber, readNumber } from "./numbers.ts";
import { paperMathRule, paperTextRule } from "./paper-rules.ts";
import { sameNumber } from "./same-number.ts";
import { readAnswerNumber, withDecimalPoint } from "./stated-number.ts";
import { exactMatch, normalizeAnswer, tokenF1, withoutPunctuation } from "./tokens.ts";
import { asFormula, hasFormula, isFormula, isSymbolic, unwrap } from "./unwrap.ts";

export type Method = "auto" | "exact" | "em" | "f1" | "number" | "math";

export interface JudgeRules {
  readonly method: Method;
  /** Token F1 from which a text answer is right; 1 asks for an exact match. */
  readonly f1Threshold: number;
  readonly tolerance: number;
  readonly rules: "strict" | "paper";
}

export type Finding =
  | { readonly verdict: "right" | "wrong"; readonly reason: string; readonly f1?: number }
  | { readonly verdict: "ask"; readonly mathCase: MathCase; readonly reason: string };

/** Longer answers are not answers; reading them would only cost time. */
const MAX_ANSWER_LENGTH = 50_000;

export function judge(gold: string, prediction: string, rules: JudgeRules): Finding {
  if (prediction.length > MAX_ANSWER_LENGTH) {
    return { verdict: "wrong", reason: `the answer has ${prediction.length} characters; more than ${MAX_ANSWER_LENGTH} are not read` };
  }
  const [expected, given] = [unwrap(gold), unwrap(prediction)];
  if (given === "") return { verdict: "wrong", reason: "the answer is empty" };
  const method = rules.method === "auto" ? methodFor(expected) : rules.method;
  if (rules.rules === "paper") return byPaperRules(method, expected, given);
  if (method === "exact") return finding(expected === given, given, expected, "exactly");
  if (method === "em" || method === "f1") return byTokens(expected, given, rules);
  if (expected === given) return finding(true, given, expected, "literally");
  return byValue(gold, prediction, rules.tolerance);
}

/** What `auto` takes: a plain number is compared as a number, a formula as mathematics, anything else as text. */
export function methodFor(gold: string): Exclude<Method, "auto"> {
  const number = readGoldNumber(gold);
  if (number !== undefined) return number.unit === "" || hasFormula(gold) || gold.includes("\\") ? "number" : "em";
  return isSymbolic(gold) ? "math" : "em";
}

/** Numbers are compared here; formulas by math-verify. A sentence that states no number is not searched for one that would fit. */
function byValue(gold: string, prediction: string, tolerance: number): Finding {
  const [expected, given] = [unwrap(gold), unwrap(prediction)];
  const goldNumber = readGoldNumber(expected) ?? (readNumber(given)?.form === "decimal" ? readNumber(withDecimalPoint(expected)) : undefined);
  if (goldNumber !== undefined) {
    const number = readAnswerNumber(given) ?? (goldNumber.form === "decimal" ? readAnswerNumber(withDecimalPoint(given)) : undefined);
    if (number !== undefined) return finding(sameNumber(goldNumber, number, tolerance), given, expected, "as a number");
    if (!isFormula(given) && !hasFormula(prediction))
      return { verdict: "wrong", reason: `${quote(given)} states no single number; expected ${quote(expected)}` };
  }
  const mathCase = { gold: formulaOf(gold, expected), prediction: formulaOf(prediction, given) };
  return { verdict: "ask", mathCase, reason: `${quote(given)} against ${quote(expected)}` };
}

/** `2m` may be metres in an answer; in a gold answer it is a product. */
function readGoldNumber(gold: string): PlainNumber | undefined {
  const number = readNumber(gold);
  return number?.unit.length === 1 ? undefined : number;
}

/** A text that is one formula must be understood as a whole: math-verify would otherwise fall back to any number in it. */
function formulaOf(raw: string, unwrapped: string): MathText {
  const isWhole = !hasFormula(unwrapped) && isFormula(unwrapped);
  return isWhole ? { text: asFormula(unwrapped), reading: "whole" } : { text: raw, reading: "search" };
}

function byTokens(expected: string, given: string, { method, f1Threshold }: JudgeRules): Finding {
  const f1 = tokenF1(expected, given);
  // Normalised, an answer made of articles is empty and would match every other one: `A` against `the`.
  const empty = normalizeAnswer(expected) === "" || normalizeAnswer(given) === "";
  const matches = empty ? withoutPunctuation(expected) === withoutPunctuation(given) : exactMatch(expected, given);
  if (!matches && method !== "em" && f1Threshold < 1 && f1 >= f1Threshold) {
    return { verdict: "right", reason: `token F1 ${f1.toFixed(2)} of ${quote(given)} with ${quote(expected)} reaches ${f1Threshold}`, f1 };
  }
  return { ...finding(matches, given, expected, "once normalised"), f1 };
}

function byPaperRules(method: Exclude<Method, "auto">, expected: string, given: string): Finding {
  const isMath = method === "number" || method === "math";
  const rule = isMath ? paperMathRule(expected, given) : paperTextRule(expected, given);
  const f1 = isMath ? {} : { f1: tokenF1(expected, given) };
  return rule === undefined
    ? { verdict: "wrong", reason: `${quote(given)} matches ${quote(expected)} by none of the paper's rules`, ...f1 }
    : { verdict: "right", reason: `${quote(given)} and ${quote(expected)}: ${rule}`, ...f1 };
}

function finding(equal: boolean, given: string, expected: string, how: string): { verdict: "right" | "wrong"; reason: string } {
  return equal
    ? { verdict: "right", reason: `${quote(given)} equals ${quote(expected)} ${how}` }
    : { verdict: "wrong", reason: `${quote(given)} differs from ${quote(expected)} ${how}` };
}

/** Of any text, one short line. */
export function quote(text: string): string {
  const line = text.slice(0, 200).replace(/\s+/g, " ");
  return `"${line.length > 60 || text.length > 200 ? `${line.slice(0, 60)}…` : line}"`;
}
