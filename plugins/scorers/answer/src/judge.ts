/** One answer against one gold answer: which method applies, and what it says. Pure; what needs the worker is handed back as a case for it. */
import { sameQualifier } from "./bounds.ts";
import { declaredLetters, goldLetters, lettersInOrder, mentionedOption, textBesideLetter } from "./choice.ts";
import { asCorrected } from "./corrections.ts";
import { finalAnswer, goldAnswer } from "./final-answer.ts";
import {
  asFormula,
  closingFormula,
  endsInSecondText,
  hasFormula,
  hasRelation,
  isCode,
  isFormula,
  isOtherShape,
  isSymbolic,
  shapeOf,
  withAllLettersKept,
  withLatexSigns,
  withLettersKept,
  withMarkedUnit,
} from "./formula.ts";
import type { MathText, WorkerCase } from "./math-verify.ts";
import { readNumber } from "./numbers.ts";
import { judgeAsPaper, type PaperRules } from "./paper-judge.ts";
import { compareQuantities, sameConverted } from "./quantity.ts";
import { quote } from "./quote.ts";
import type { ChoiceOption } from "./shown-options.ts";
import { statedFormula } from "./stated-formula.ts";
import { readAnswerNumber, readQuantity, type StatedNumber, withDecimalPoint } from "./stated-number.ts";
import { sameText, textF1 } from "./text.ts";
import { exactMatch, normalizeAnswer, tokenF1, withoutPunctuation } from "./tokens.ts";
import { plainCharacters } from "./unicode.ts";
import { isUnitAlone, pintUnits, readUnit, type Unit } from "./units.ts";
import { declaredAnswer, unwrap } from "./unwrap.ts";

export type Method = "auto" | "exact" | "em" | "f1" | "text" | "number" | "math" | "choice";

export interface JudgeRules {
  readonly method: Method;
  /** Token F1 from which a text answer is right; 1 asks for an exact match. */
  readonly f1Threshold: number;
  readonly tolerance: number;
  readonly rules: "strict" | PaperRules;
}

export type Finding =
  | { readonly verdict: "right" | "wrong"; readonly reason: string; readonly f1?: number }
  | {
      readonly verdict: "ask";
      readonly workerCase: WorkerCase;
      readonly reason: string;
      /** Whether a quantity, once gold is in its units, is the gold one. */
      readonly isConverted?: (goldInGivenUnits: string, given: string) => boolean;
    };

/** Longer answers are not answers; reading them would only cost time. */
const MAX_ANSWER_LENGTH = 50_000;

/** `options` are those that the question shows; empty where it shows none. */
export function judge(gold: string, prediction: string, rules: JudgeRules, options: readonly ChoiceOption[] = []): Finding {
  if (prediction.length > MAX_ANSWER_LENGTH) {
    return { verdict: "wrong", reason: `the answer has ${prediction.length} characters; more than ${MAX_ANSWER_LENGTH} are not read` };
  }
  const method = rules.method === "auto" ? methodFor(gold, options) : rules.method;
  if (rules.rules !== "strict") return judgeAsPaper(gold, prediction, rules.rules, paperKind(gold, method));
  const final = finalAnswer(prediction);
  if ("none" in final) return { verdict: "wrong", reason: final.none };
  const written = goldAnswer(gold);
  const [expected, given] = [written.text, final.text].map(unwrap) as [string, string];
  if (given === "") return { verdict: "wrong", reason: "the answer is empty" };
  if (method === "exact") return finding(expected === given, given, expected, "exactly");
  if (method === "em" || method === "f1") return byTokens(expected, given, rules);
  if (method === "choice") return byChoice(gold, plainCharacters(final.text), options, rules);
  const [goldSource, source] = [written.source, final.source].map(plainCharacters) as [string, string];
  const texts: Texts = { goldSource, source, expected: plainAnswer(expected, goldSource), given: plainAnswer(given, source) };
  if (texts.expected === texts.given) return finding(true, given, expected, "literally");
  return method === "text" ? byText(texts, rules) : byValue(texts, rules.tolerance);
}

function plainAnswer(text: string, source: string): string {
  return withMarkedUnit(unwrap(plainCharacters(text)), writingOf(source));
}

/** Both sides in plain characters: as they came, for math-verify to search, and unwrapped. */
interface Texts {
  readonly goldSource: string;
  readonly source: string;
  readonly expected: string;
  readonly given: string;
}

/** What `auto` takes: one of the question's options is compared as a choice, a quantity as a number, a formula as mathematics, anything else as text. */
export function methodFor(gold: string, options: readonly ChoiceOption[] = []): Exclude<Method, "auto"> {
  if (options.length > 0 ? goldOption(gold, options) !== undefined : goldLetters(gold)?.length === 1) return "choice";
  const written = goldAnswer(gold);
  const source = plainCharacters(written.source);
  const expected = plainAnswer(written.text, source);
  const number = readQuantity(expected);
  if (number !== undefined && !number.parts[0].unit.isName && !mayBeProduct(number, expected, source)) return "number";
  // Words are words in dollars too.
  return isSymbolic(expected) || (hasFormula(source) && !/\p{L}{3}|^\p{L}+$/u.test(expected)) ? "math" : "text";
}

/** The paper's code is told by data set which of its two rules to take; here the method says so. */
function paperKind(gold: string, method: Exclude<Method, "auto">): "mathematics" | "words" {
  if (method !== "number") return method === "math" ? "mathematics" : "words";
  // `125 miles` is a question in words there.
  const expected = unwrap(goldAnswer(gold).text);
  const isPlain =
    expected.includes("\\") || hasFormula(expected) || !/\p{L}/u.test(expected.replace(/\b(?:thousand|million|billion|trillion)$/i, ""));
  return isPlain ? "mathematics" : "words";
}

/** `2m` and `$2 m$` are metres or a product; `2 m` and `2\text{ m}` are metres. */
function mayBeProduct({ parts: [number] }: StatedNumber, gold: string, source: string): boolean {
  return number.unit.isLetter && !/\\(?:text|mathrm|mbox)/.test(gold) && (number.attached || hasFormula(source));
}

/** Quantities are compared here; formulas by math-verify. A sentence that states no number is not searched for one that would fit. */
function byValue(texts: Texts, tolerance: number): Finding {
  const { expected, given, source, goldSource } = texts;
  const isDecimal = readNumber(given)?.form === "decimal";
  const gold = readQuantity(expected) ?? (isDecimal ? readQuantity(withDecimalPoint(expected)) : undefined);
  if (gold !== undefined) {
    const answer = statedAnswer(texts, gold);
    const isProduct = mayBeProduct(gold, expected, goldSource);
    if (answer !== undefined && (!isProduct || answer.parts[0].unit.readings.length > 0)) return byQuantity(gold, answer, texts, tolerance);
    if (isExclaimed(given, gold)) return finding(true, given, expected, "as a number");
    const formula = isFormula(given) ? given : hasFormula(source) ? closingFormula(source) : undefined;
    if (!isProduct && (formula === undefined || hasRelation(formula)))
      return { verdict: "wrong", reason: `${quote(given)} states no single number; expected ${quote(expected)}` };
  }
  return byFormula(gold === undefined ? texts : { ...texts, ...exactTexts(texts, gold) });
}

/** A number that is a product or less to math-verify (`2 1/3`, `3 million`), as a fraction. */
function exactTexts(
  { expected, goldSource }: Texts,
  { parts: [number, ...others], qualifier }: StatedNumber,
): Pick<Texts, "expected" | "goldSource"> {
  const isPlain = others.length === 0 && qualifier === undefined && number.base === undefined && !number.percent;
  if (!isPlain || number.unit.readings.length > 0 || number.form === "decimal") return { expected, goldSource };
  const exact = exactFormula(number);
  return { expected: exact, goldSource: exact };
}

function exactFormula({ numerator, denominator }: StatedNumber["parts"][0]): string {
  return denominator === 1n ? String(numerator) : `\\frac{${numerator}}{${denominator}}`;
}

function statedAnswer({ given, source }: Texts, { parts: [gold] }: StatedNumber): StatedNumber | undefined {
  const readings = gold.form === "decimal" ? [given, withDecimalPoint(given)] : [given];
  for (const text of readings) {
    const answer = readAnswerNumber(text);
    if (answer !== undefined) return answer;
  }
  const declared = declaredAnswer(source);
  return declared === undefined ? undefined : readAnswerNumber(declared);
}

/** `42!` for 42 and `$18!` for 18: said loudly. For any other gold answer it is a factorial, which is math-verify's business. */
function isExclaimed(given: string, gold: StatedNumber): boolean {
  if (!given.endsWith("!") || gold.qualifier !== undefined || gold.parts.length > 1) return false;
  const number = readNumber(given.replace(/!+$/, ""));
  return number !== undefined && compareQuantities(gold.parts[0], number, 0) === "same";
}

function byQuantity(gold: StatedNumber, answer: StatedNumber, { expected, given }: Texts, tolerance: number): Finding {
  const [expectedNumber, givenNumber] = [gold.parts[0], answer.parts[0]];
  if (!sameQualifier(gold.qualifier, answer.qualifier, expectedNumber.form === "integer"))
    return {
      verdict: "wrong",
      reason: `${quote(given)} ${answer.qualifier === undefined ? "states a value" : "states a bound or an estimate"}; expected ${quote(expected)}`,
    };
  if (gold.parts.length === 1 && answer.parts.length === 1) {
    const sameness = compareQuantities(expectedNumber, givenNumber, tolerance);
    if (sameness !== "convert") return finding(sameness === "same", given, expected, "as a number");
  }
  return {
    verdict: "ask",
    workerCase: { kind: "convert", gold: gold.parts.map(measured), given: answer.parts.map(measured) },
    reason: `${quote(given)} against ${quote(expected)}`,
    isConverted: (goldInGivenUnits, value) =>
      sameConverted(exactly(goldInGivenUnits), answer.parts.length === 1 ? { ...givenNumber, ...fractionOf(value) } : exactly(value), tolerance),
  };
}

function measured({ numerator, denominator, unit }: StatedNumber["parts"][0]) {
  return { value: `${numerator}/${denominator}`, units: pintUnits(unit) };
}

const ZERO = readNumber("0") as StatedNumber["parts"][0];

function exactly(fraction: string): StatedNumber["parts"][0] {
  return { ...ZERO, ...fractionOf(fraction), form: "fraction" };
}

function fractionOf(fraction: string): { numerator: bigint; denominator: bigint } {
  const [numerator = "0", denominator = "1"] = fraction.split("/");
  return { numerator: BigInt(numerator), denominator: BigInt(denominator) };
}

function byFormula(texts: Texts): Finding {
  const { goldSource, source, expected } = texts;
  const given = formulaGiven(texts);
  if (given === undefined) return { verdict: "wrong", reason: `${quote(texts.given)} states no single value; expected ${quote(expected)}` };
  if (isCode(expected) || isCode(given) || endsInSecondText(expected) || endsInSecondText(given))
    return finding(sameText(expected, given) || withoutSpaces(expected) === withoutSpaces(given), given, expected, "letter by letter");
  const [goldShape, shape] = [shapeOf(expected, writingOf(goldSource)), shapeOf(given, writingOf(source))];
  if (isOtherShape(goldShape, shape)) return { verdict: "wrong", reason: `${quote(given)} is of another kind than ${quote(expected)}` };
  const [goldUnit, givenUnit] = [unitOfFormula(expected), unitOfFormula(given)];
  const areMeasured = goldUnit !== undefined && givenUnit !== undefined;
  const workerCase: WorkerCase = {
    kind: "formula",
    gold: formulaOf(goldSource, expected),
    prediction: formulaOf(source, given),
    ...(areMeasured ? { units: { gold: pintUnits(goldUnit), prediction: pintUnits(givenUnit) } } : {}),
  };
  return { verdict: "ask", workerCase, reason: `${quote(given)} against ${quote(expected)}` };
}

function withoutSpaces(text: string): string {
  return text.replace(/\s/g, "");
}

/** In words, only what they state: math-verify would take any number out of them, `x is not 3` for `x = 3`. */
function formulaGiven({ goldSource, expected, source, given }: Texts): string | undefined {
  if (hasFormula(source) || !(hasFormula(goldSource) || isFormula(expected))) return given;
  const corrected = asCorrected(given);
  if (isFormula(corrected) || !/\p{L}{2}/u.test(corrected)) return corrected;
  if (given.includes("\\")) return statedFormula(source) ?? given;
  const number = readAnswerNumber(given);
  return statedFormula(source) ?? (number?.qualifier === undefined && number?.parts.length === 1 ? exactFormula(number.parts[0]) : undefined);
}

function writingOf(source: string): "LaTeX" | "plain" {
  return hasFormula(source) ? "LaTeX" : "plain";
}

/** The unit that stands in `\text{}` at a formula's end, where it converts. */
function unitOfFormula(formula: string): Unit | undefined {
  const written = /\\(?:text|mathrm|mbox)\s?\{([^{}]*)\}\s?((?:\^\s?\{?\d\}?)?)$/.exec(formula);
  const text = written === null ? "" : `${written[1]}${written[2]}`;
  const unit = isUnitAlone(text) ? readUnit(text, false) : undefined;
  return unit !== undefined && unit.readings.length > 0 ? unit : undefined;
}

/** A text that is one formula must be understood as a whole: math-verify would otherwise fall back to any number in it. */
function formulaOf(source: string, unwrapped: string): MathText {
  if (hasFormula(unwrapped) || !isFormula(unwrapped))
    return { text: hasFormula(source) ? withAllLettersKept(withLatexSigns(source)) : source, reading: "search" };
  return { text: asFormula(withLettersKept(unwrapped)), reading: "whole" };
}

function byChoice(gold: string, answer: string, options: readonly ChoiceOption[], rules: JudgeRules): Finding {
  const expected = goldOption(gold, options) ?? { letters: goldLetters(gold), text: unwrap(gold) };
  const given = unwrap(answer);
  const several = (expected.letters?.length ?? 0) > 1 ? lettersInOrder(given) : undefined;
  const said = several ?? declaredLetters(answer) ?? mentionedOption(answer, options);
  const isShown = (letter: string) => options.length === 0 || options.some((option) => option.letter === letter);
  const letters = [...(said ?? "")].every(isShown) ? said : undefined;
  if (letters !== undefined && expected.letters !== undefined) {
    const contradicted = otherOptionSaid(given, letters, options);
    if (contradicted !== undefined) return { verdict: "wrong", reason: `${quote(given)} names ${letters} and says what ${contradicted} says` };
    return finding(letters === expected.letters, given, expected.letters, "as a choice");
  }
  if (expected.text === "") return finding(false, given, expected.letters ?? gold, "as a choice");
  return judge(expected.text, answer, { ...rules, method: rules.method === "choice" || methodFor(expected.text) === "choice" ? "text" : "auto" });
}

/** The option that a gold answer is, by its letter or its text. */
function goldOption(gold: string, options: readonly ChoiceOption[]): { letters: string; text: string } | undefined {
  const letters = goldLetters(gold) ?? lettersInOrder(gold);
  const byLetter = options.filter(({ letter }) => letters?.includes(letter));
  if (letters !== undefined && byLetter.length === letters.length)
    return { letters, text: byLetter.length === 1 ? (byLetter[0] as ChoiceOption).text : "" };
  const text = unwrap(gold);
  const beside = textBesideLetter(gold);
  const said = options.filter((option) => saysSame(option.text, text) || (beside !== undefined && saysSame(option.text, beside)));
  return said.length === 1 ? { letters: (said[0] as ChoiceOption).letter, text: (said[0] as ChoiceOption).text } : undefined;
}

function otherOptionSaid(given: string, letter: string, options: readonly ChoiceOption[]): string | undefined {
  const beside = textBesideLetter(given);
  if (beside === undefined || options.some((option) => option.letter === letter && saysSame(option.text, beside))) return undefined;
  return options.find((option) => saysSame(option.text, beside))?.letter;
}

function saysSame(one: string, other: string): boolean {
  const [number, value] = [readNumber(plainCharacters(one)), readNumber(plainCharacters(other))];
  if (number !== undefined && value !== undefined) return compareQuantities(number, value, 0) === "same";
  return one === other || sameText(one, other);
}

/** `3:4`, `12/25/2020`, `C++`: what looks like nothing else is read out of a sentence that ends with it. */
function isShaped(gold: string): boolean {
  return /[-+:/#.]/.test(gold) && /\d|\p{L}[-+#]/u.test(gold);
}
const CLOSING_VALUE = /(?:^|\s)(?:is|are|was|were|equals|[^\s]{0,40}[:=])\s(\S{2,40})$/;

function byText({ expected, given, source }: Texts, { f1Threshold }: JudgeRules): Finding {
  const declared = declaredAnswer(source);
  const f1 = tokenF1(expected, given);
  const closing = isShaped(expected) ? CLOSING_VALUE.exec(given)?.[1] : undefined;
  const matched = [given, declared, closing].find((text) => text !== undefined && sameText(expected, text));
  const closeness = textF1(expected, given);
  if (matched === undefined && f1Threshold < 1 && closeness >= f1Threshold)
    return { verdict: "right", reason: `token F1 ${closeness.toFixed(2)} of ${quote(given)} with ${quote(expected)} reaches ${f1Threshold}`, f1 };
  return { ...finding(matched !== undefined, given, expected, "once normalised"), f1 };
}

function byTokens(expected: string, given: string, { method, f1Threshold }: JudgeRules): Finding {
  const f1 = tokenF1(expected, given);
  // Normalised, an answer made of articles is empty and would match every other one: `A` against `the`.
  const isEmpty = normalizeAnswer(expected) === "";
  const matches = isEmpty ? withoutPunctuation(expected) === withoutPunctuation(given) : exactMatch(expected, given);
  if (!matches && method !== "em" && f1Threshold < 1 && f1 >= f1Threshold) {
    return { verdict: "right", reason: `token F1 ${f1.toFixed(2)} of ${quote(given)} with ${quote(expected)} reaches ${f1Threshold}`, f1 };
  }
  return { ...finding(matches, given, expected, "once normalised"), f1 };
}

function finding(equal: boolean, given: string, expected: string, how: string): { verdict: "right" | "wrong"; reason: string } {
  return equal
    ? { verdict: "right", reason: `${quote(given)} equals ${quote(expected)} ${how}` }
    : { verdict: "wrong", reason: `${quote(given)} differs from ${quote(expected)} ${how}` };
}
