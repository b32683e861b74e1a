/** `judge` by itself: verdicts and the reasons for them, under all methods and rules. */
import { expect } from "chai";
import { type Finding, type JudgeRules, judge, methodFor } from "../../src/judge.ts";
import { quote } from "../../src/quote.ts";
import { readOptions } from "../../src/shown-options.ts";

const RULES: JudgeRules = { method: "auto", f1Threshold: 1, tolerance: 1e-6, rules: "strict" };

function found(gold: string, answer: string, rules: Partial<JudgeRules> = {}, question = ""): Finding {
  return judge(gold, answer, { ...RULES, ...rules }, readOptions(question));
}

const VERDICTS: readonly (readonly [gold: string, answer: string, verdict: Finding["verdict"], rules?: Partial<JudgeRules>])[] = [
  // Said loudly, or a factorial.
  ["42", "42!", "right"],
  ["42", "42!!!", "right"],
  ["-42", "-42!", "right"],
  ["18", "$18!", "right"],
  ["18%", "18%!", "right"],
  ["43", "42!", "ask"],
  ["5", "n!", "ask"],
  ["at least 42", "42!", "ask"],
  ["1 h 30 min", "1 h!", "ask"],
  // Units in dollars of their own, and money that is none of gold's.
  ["12 cm^2", "12 $cm^2$", "right"],
  ["$5", "$5 per hour", "right"],
  ["500", "Rs. 500", "right"],
  ["$5", "$5 US dollars", "right"],
  ["7/8", "seven eighths", "right"],
  ["7", "seven eighths", "wrong"],
  // Shapes at the end of a sentence.
  ["3:4", "The ratio is 3:4", "right"],
  ["3 : 4", "The ratio is 3:4", "right"],
  ["C++", "The language is C++", "right"],
  ["12/25/2020", "The date is 12/25/2020", "right"],
  ["v1.10", "It was v1.10", "right"],
  ["3:4", "Ratio: 3:4", "right"],
  ["3:4", "a ratio = 3:4", "right"],
  ["3:4", "is 3:4", "right"],
  ["3:4", "I saw 3:4", "wrong"],
  ["3:4", "The ratio is 4:3", "wrong"],
  ["3:4", "The ratio is 3:4 or so", "wrong"],
  // Words.
  ["Paris", "The capital is Paris", "wrong"],
  ["The Beatles", "Beatles", "right", { method: "em" }],
  ["A", "the", "wrong", { method: "em" }],
  ["A", "a", "right", { method: "em" }],
  ["A", "a.", "right", { method: "em" }],
  ["Paris", "the", "wrong", { method: "em" }],
  ["New York City", "New York", "wrong", { method: "em", f1Threshold: 0.5 }],
  ["New York City", "New York", "right", { method: "f1", f1Threshold: 0.5 }],
  ["New York City", "New York", "wrong", { method: "f1" }],
  ["New York", "York New", "wrong", { method: "f1" }],
  ["New York", "York New", "right", { method: "f1", f1Threshold: 0.99 }],
  ["New York", "York New", "wrong", { method: "text" }],
];

describe("judge finds", () => {
  for (const [gold, answer, verdict, rules] of VERDICTS) {
    it(`${JSON.stringify(answer)} for ${JSON.stringify(gold)} ${verdict === "ask" ? "worth asking" : verdict}${rules ? ` under ${JSON.stringify(rules)}` : ""}`, () =>
      expect(found(gold, answer, rules).verdict).to.equal(verdict));
  }

  it("no answer of more than 50,000 letters right, whatever it ends with", () => {
    const longest = `${" ".repeat(49_999)}5`;
    expect(found("5", longest).verdict).to.equal("right");
    expect(found("5", ` ${longest}`)).to.deep.equal({ verdict: "wrong", reason: "the answer has 50001 characters; more than 50000 are not read" });
  });
});

const ERAS = "In which era?\nA) AD\nB) BC";
const HALVES = "How much is 2/4?\nA) 1/2\nB) 0.5\nC) 2";
const MARKS = "Which mark ends a question?\nA) !\nB) ?\nC) .";
const VOWELS = "Which are vowels?\nA) A and E\nB) F and G";
const BLOOD = "Which blood type?\nA) A\nB) B\nC) AB\nD) O";
const CITIES = "Which are capitals?\nA) London\nB) Milan\nC) Rome";
const CHOICES: readonly (readonly [question: string, gold: string, answer: string, verdict: Finding["verdict"]])[] = [
  [ERAS, "A", "AD", "right"],
  [ERAS, "B", "BC", "right"],
  [ERAS, "A", "BC", "wrong"],
  [HALVES, "A", "A) 1/2", "right"],
  [HALVES, "A", "A) 2", "wrong"],
  [HALVES, "A", "A) 0.5", "right"],
  [HALVES, "C", "C) 0.5", "wrong"],
  [MARKS, "?", "B", "right"],
  [MARKS, "?", "A", "wrong"],
  [VOWELS, "A", "A and E", "right"],
  [VOWELS, "A", "F and G", "wrong"],
  [BLOOD, "C", "AB", "right"],
  [CITIES, "A", "A) Berlin", "right"],
  [CITIES, "AC", "AC", "right"],
  [CITIES, "A and C", "AC", "right"],
  [CITIES, "A and C", "C, A", "right"],
  [CITIES, "A and C", "A", "wrong"],
  [CITIES, "A and C", "A, B and C", "wrong"],
  [CITIES, "C", "D", "wrong"],
  ["", "C", "C", "right"],
  ["", "C", "Paris", "wrong"],
];

describe("judge finds among options", () => {
  for (const [question, gold, answer, verdict] of CHOICES) {
    it(`${answer} for ${gold} ${verdict}: ${question.replaceAll("\n", " ")}`, () =>
      expect(found(gold, answer, {}, question).verdict).to.equal(verdict));
  }
});

describe("judge says why", () => {
  const reasons: readonly (readonly [gold: string, answer: string, reason: string, rules?: Partial<JudgeRules>, question?: string])[] = [
    ["42", "at least 42", '"at least 42" states a bound or an estimate; expected "42"'],
    ["at least 42", "42", '"42" states a value; expected "at least 42"'],
    ["A and C", "Paris", '"Paris" differs from "AC" as a choice', {}, CITIES],
    ["A and C", "C, A", '"C, A" equals "AC" as a choice', {}, CITIES],
    ["A", "A) Rome", '"A) Rome" names A and says what C says', {}, CITIES],
    ["New York", "new york", '"new york" equals "New York" once normalised', { f1Threshold: 0.5 }],
    ["New York", "new york", '"new york" equals "New York" once normalised', { method: "f1", f1Threshold: 0.5 }],
    ["New York City", "York", 'token F1 0.50 of "York" with "New York City" reaches 0.5', { f1Threshold: 0.5 }],
    ["5", "6", '"6" matches "5" by none of the paper\'s rules', { rules: "paper" }],
    ["5", "\\text{5}", '"\\text{5}" and "5": equal once LaTeX is stripped', { rules: "paper" }],
    ["Paris", "paris", '"paris" and "Paris": equal but for case', { rules: "paper" }],
    ["5 million", "5million", '"5million" and "5 million": equal once LaTeX is stripped', { rules: "paper" }],
    ["Paris", "\\boxed{London}", '"\\boxed{London}" matches "Paris" by none of the paper\'s rules', { rules: "paper-selection" }],
    ["Paris, France", "Paris", '"Paris" and "Paris, France": a part of the gold answer', { rules: "paper-selection" }],
    ["5", "", "the answer is empty"],
    ["5", "<think>5", "the thinking is never closed"],
  ];
  for (const [gold, answer, reason, rules, question] of reasons) {
    it(`for ${JSON.stringify(answer)} against ${JSON.stringify(gold)}: ${reason}`, () =>
      expect(found(gold, answer, rules, question).reason).to.equal(reason));
  }
});

describe("judge asks to convert", () => {
  const isConverted = (gold: string, answer: string, goldInGivenUnits: string, given: string) => {
    const finding = found(gold, answer);
    return finding.verdict === "ask" && finding.isConverted?.(goldInGivenUnits, given);
  };
  it("and takes one rounded quantity, not a rounded sum", () => {
    expect(isConverted("5 miles", "8.05 km", "8046720/1000000", "805/100")).to.equal(true);
    expect(isConverted("93.3 min", "1.50 h 3 min", "1555/1000", "155/100")).to.equal(false);
    expect(isConverted("93 min", "1.50 h 3 min", "155/100", "155/100")).to.equal(true);
  });

  const UNITS: readonly (readonly [formula: string, unit: string | undefined])[] = [
    ["\\sqrt{2}\\text{ cm}", "centimeter ** 1"],
    ["\\sqrt{2}\\text {cm}", "centimeter ** 1"],
    ["\\sqrt{2} \\mathrm{cm}^2", "centimeter ** 2"],
    ["\\sqrt{2}\\text{ cm}^{2}", "centimeter ** 2"],
    ["\\sqrt{2}\\text{ cm} ^ 2", "centimeter ** 2"],
    ["\\sqrt{2}\\text{ A}", "ampere ** 1"],
    ["\\sqrt{2}\\text{ percent}", undefined],
    ["\\sqrt{2}\\text{ eggs}", undefined],
    ["\\sqrt{2}", undefined],
  ];
  for (const [formula, unit] of UNITS) {
    it(`${formula} from ${unit ?? "no unit"}`, () => {
      const finding = found("\\sqrt{3}\\text{ m}", formula);
      const units = finding.verdict === "ask" && finding.workerCase.kind === "formula" ? finding.workerCase.units : undefined;
      expect(units?.prediction.map((reading) => reading.unit)).to.deep.equal(unit && [unit]);
    });
  }
});

describe("the method auto takes", () => {
  it("words in dollars for words, letters in formulas for formulas", () =>
    expect(["$Al$", "$x$", "$Paris$", "$f(x)$", "$4a$"].map((gold) => methodFor(gold))).to.deep.equal(["text", "text", "text", "math", "math"]));
});

describe("quote", () => {
  const letters = (count: number) => "x".repeat(count);
  it("puts a short text on one line", () => expect(quote("a \n\n b")).to.equal('"a b"'));
  it("cuts a long one", () => {
    expect(quote(letters(60))).to.equal(`"${letters(60)}"`);
    expect(quote(letters(61))).to.equal(`"${letters(60)}…"`);
    expect(quote(`a${" ".repeat(199)}`)).to.equal('"a"');
    expect(quote(`a${" ".repeat(240)}b`)).to.equal('"a …"');
  });
});
