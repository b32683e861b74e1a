/** The paper's two rules for a right answer by themselves, worked by hand: method notes §1.3 (selection), §1.9 (evaluation), §1.7 (F1), and the faults of §1.8.4. */
import type { Message, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { trajectoryWith } from "../../../../../test/trajectories.ts";
import { bracedBehind } from "../../src/paper-braces.ts";
import { answerBody, judgeAsPaper } from "../../src/paper-judge.ts";
import { paperMathRule, paperTextRule } from "../../src/paper-rules.ts";
import { selectionRule } from "../../src/paper-selection.ts";

type Row = readonly [gold: string, given: string, rule: string | undefined];

const LATEX = "equal once LaTeX is stripped";
const MATH: readonly Row[] = [
  ["\\sqrt{2}", "$\\boxed{2}$", LATEX],
  // Gold's first braces hold 1; the box ends at its first `}`: `\frac{1`, which is 1 without LaTeX. So any half is any third.
  ["\\frac{1}{2}", "\\boxed{\\frac{1}{3}}", LATEX],
  ["5 \\pi", "5\\pi", LATEX],
  ["X", "x", "no numbers in either, which count as the same"],
  // Only the last box is read.
  ["2", "\\boxed{1} or \\boxed{2}", LATEX],
  ["(1, 2)", "2 and 1", "the same numbers"],
  ["1.5", "1.5000009", "the same numbers"],
  ["1.5", "1.5000011", undefined],
  ["1, 2", "1", undefined],
  ["-3", "3", undefined],
  ["٣", "3", "the same numbers"],
  // Two words hold no numbers, as many as each other: a fault that makes every word right for every other one.
  ["Evelyn", "Unable to determine.", "no numbers in either, which count as the same"],
  ["Evelyn", "", "no numbers in either, which count as the same"],
  ["x1", "y", undefined],
  ["1a, 1b, 2", "2 1B 1a", "the same numbers"],
  ["1a, 2a", "2A 1a 1a", "the same set between commas"],
  ["1a, 2a", "1a", undefined],
  ["18", "", undefined],
];
const TEXT: readonly Row[] = [
  ["The Beatles ", "\\boxed{the beatles}", "equal but for case"],
  ["the", " THE", "equal but for case"],
  ["The Beatles", "Beatles!", "token F1 1.00"],
  // 2 of 2 words given, 2 of 3 expected: 2 · 1 · ⅔ / (1 + ⅔) = 0.8.
  ["New York City", "New York", "token F1 0.80"],
  // 1 of 3, 1 of 1: 2 · ⅓ · 1 / (⅓ + 1) = 0.5, which counts; 1 of 4, 1 of 1: 0.4, which does not. `yes` is a word like any other.
  ["yes", "yes it is", "token F1 0.50"],
  ["yes", "yes it surely is", undefined],
  // Articles go before punctuation does: `-team` is one of two words, which SQuAD's order would call `ateam`: 2 · 1 · ½ / 1½ = 0.67.
  ["team b", "a-team", "token F1 0.67"],
  // Both have nothing left but articles: nothing is in common.
  ["the", "a", undefined],
  ["a b c d e f", "f g h i j k", undefined],
  ["Paris", "Rome", undefined],
  ["Paris", "", undefined],
  // First braces of both sides, whatever stands around.
  ["\\text{Paris} is it", "\\text{paris}", "equal but for case"],
];
const SELECTION: readonly Row[] = [
  ["The answer is \\(\\boxed{175}\\).", "final is \\boxed{175}", "the same number"],
  ["175", "\\boxed{170}", undefined],
  // |Δ| < 1e-6, with what is neither digit, point nor sign struck out.
  ["1.5", "1.5000009", "the same number"],
  ["1.5", "1.500002", undefined],
  ["$1,234 million", "1234", "the same number"],
  ["x=2", "2 apples", "the same number"],
  ["٧", "7", "the same number"],
  // The last braces hold 2, of three halves as of four halves; two to the third is 8, and read as 3.
  ["\\frac{3}{2}", "\\boxed{\\frac{4}{2}}", "the same number"],
  ["2^{3}", "3", "the same number"],
  // `{…}` ends at the first `}`: `9^{2` is 92, and gold's 2 is not.
  ["9^{2}", "\\boxed{9^{2}}", undefined],
  // Numbers on one side only are texts on both.
  ["1-2", "1-2", "equal"],
  ["1-2", "2", "a part of the gold answer"],
  ["Paris", "Paris", "equal"],
  ["Paris, France", "\\boxed{Paris}", "a part of the gold answer"],
  ["Paris", "Paris, France", undefined],
  ["Paris", "paris", undefined],
  ["Paris", "a", "a part of the gold answer"],
  ["Paris", "", "empty, and so a part of any gold answer"],
  ["18", "\\boxed{}", "empty, and so a part of any gold answer"],
  // Braces do not reach over a line's end.
  ["7", "\\boxed{7\n}", "the same number"],
  ["{7\n} or {8", "8", undefined],
];

describe("the paper's evaluation finds", () => {
  for (const [gold, given, rule] of MATH) {
    it(`mathematics, ${JSON.stringify(given)} for ${JSON.stringify(gold)}: ${rule ?? "unequal"}`, () =>
      expect(paperMathRule(gold, given)).to.equal(rule));
  }
  for (const [gold, given, rule] of TEXT) {
    it(`words, ${JSON.stringify(given)} for ${JSON.stringify(gold)}: ${rule ?? "unequal"}`, () => expect(paperTextRule(gold, given)).to.equal(rule));
  }
});

describe("the paper's selection finds", () => {
  for (const [gold, given, rule] of SELECTION) {
    it(`${JSON.stringify(given)} for ${JSON.stringify(gold)}: ${rule ?? "unequal"}`, () => expect(selectionRule(gold, given)).to.equal(rule));
  }
});

describe("the paper's rules", () => {
  const long = {
    "open braces": "{".repeat(50_000),
    "open boxes": "\\boxed{".repeat(7_000),
    "braces on lines of their own": "{\n".repeat(25_000),
    "empty braces": "{}".repeat(25_000),
    backslashes: "\\".repeat(50_000),
    digits: "1".repeat(50_000),
    "signs and points": "-.".repeat(25_000),
    commas: "1,".repeat(25_000),
    articles: "a ".repeat(25_000),
    "lone surrogates and control characters": "\ud800\u0000{\u001b}".repeat(10_000),
  };
  for (const [name, text] of Object.entries(long)) {
    it(`take ${name} for no number and no word, and are done with them at once`, () => {
      for (const gold of ["4 km", "Paris"]) {
        for (const rule of [paperMathRule, paperTextRule, selectionRule])
          expect(rule(gold, `\\boxed{x}${text}?!`), rule.name).to.be.oneOf([
            undefined,
            "no numbers in either, which count as the same",
            "empty, and so a part of any gold answer",
          ]);
        expect(judgeAsPaper(gold, text, "paper", "words").f1).to.equal(0);
      }
    });
  }
});

describe("token F1 beside the paper's rules", () => {
  const f1 = (gold: string, answer: string) => judgeAsPaper(gold, answer, "paper-selection", "mathematics").f1;

  it("is that of the boxed answer with gold, normalised as SQuAD does", () => {
    // 1 of 2 given and 1 of 3 expected words: 2 · ½ · ⅓ / (½ + ⅓) = 0.4.
    expect(f1("the big red apple", "So \\boxed{An apple, peeled}.")).to.be.closeTo(0.4, 1e-12);
    // As often as in both: 2 of 3 given, 2 of 2 expected: 2 · ⅔ · 1 / (⅔ + 1) = 0.8.
    expect(f1("big big", "\\boxed{big big big}")).to.be.closeTo(0.8, 1e-12);
    expect(f1("Paris", "\\boxed{London}")).to.equal(0);
  });

  it("is 0 for yes and no that are not the whole answer, on either side", () => {
    expect(f1("yes", "\\boxed{Yes.}")).to.equal(1);
    expect(f1("yes", "\\boxed{yes it is}")).to.equal(0);
    expect(f1("yes it is", "\\boxed{yes}")).to.equal(0);
    expect(f1("no", "\\boxed{yes}")).to.equal(0);
  });

  it("is there for mathematics too, where numbers are words without their punctuation", () => {
    expect(f1("18", "\\boxed{18}")).to.equal(1);
    expect(f1("18", "\\boxed{18.0}")).to.equal(0);
    expect(f1("1/2", "\\boxed{12}")).to.equal(1);
    expect(f1("\\frac{1}{2}", "\\boxed{\\frac{1}{2}}")).to.equal(1);
  });
});

describe("what the paper's rules read", () => {
  const ending = (message: Partial<Extract<Message, { role: "assistant" }>>, rest: Partial<Trajectory> = {}) =>
    trajectoryWith({
      messages: [
        { role: "user", content: "?" },
        { role: "assistant", content: "", ...message },
      ],
      ...rest,
    });

  it("is the body of the answer as it was written, box and all", () => {
    expect(answerBody(ending({ content: "It is \\boxed{7}." }, { answer: "7" }))).to.equal("It is \\boxed{7}.");
  });

  it("is the bare answer where no message holds it", () => {
    expect(answerBody(trajectoryWith({ answer: "7" }))).to.equal("7");
    expect(answerBody(ending({ content: "as above" }, { answer: "7" }))).to.equal("7");
  });

  it("is an empty text where the model answered nothing, and nothing where it did not answer", () => {
    expect(answerBody(ending({ text: "<think>7</think> <answer> </answer>" }))).to.equal("");
    expect(answerBody(ending({ text: "<answer>\\boxed{}</answer>", content: "\\boxed{}" }))).to.equal("\\boxed{}");
    expect(answerBody(ending({ text: "<think>7</think>" }))).to.equal(undefined);
    expect(answerBody(ending({ text: "<answer>7" }))).to.equal(undefined);
    expect(answerBody(ending({ content: "" }, { dialect: "native" }))).to.equal(undefined);
    expect(answerBody(trajectoryWith({}))).to.equal(undefined);
  });

  it("is no answer of a turn that called a tool", () => {
    expect(answerBody(ending({ content: "7", toolCalls: [{ id: "c", name: "python", arguments: {} }] }))).to.equal(undefined);
  });

  it("of braces is the shortest, from left to right, over lines or within one", () => {
    expect(bracedBehind("{", "{a{b}c}{d}", "text")).to.deep.equal(["a{b", "d"]);
    expect(bracedBehind("{", "{a\n} {b} {c", "text")).to.deep.equal(["a\n", "b"]);
    expect(bracedBehind("{", "{a\n{b} c} {}", "line")).to.deep.equal(["b", ""]);
    expect(bracedBehind("ed{", "red{1} {2} \\boxed{3}", "text")).to.deep.equal(["1", "3"]);
  });
});
