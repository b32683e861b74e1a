/** Agreement with other people's verdicts. Each figure is what was measured; a fall below it is a failure. The README has the same table. */
import { expect } from "chai";
import { dataSets, sample } from "../../../../test/data/sets.ts";
import { exactMatch, normalizeAnswer, tokenF1 } from "../src/tokens.ts";
import { type AnswerCase, outcome } from "./scoring.ts";
import { score } from "./warm.ts";

interface MathRow extends AnswerCase {
  readonly gold: string;
  readonly pred: string;
  readonly equal: boolean;
  readonly precision: number;
  readonly strict: boolean;
  readonly match_types: readonly ("latex" | "expr")[];
  readonly allow_set_relation_comp: boolean;
  readonly note?: string;
}

interface Agreement {
  readonly onEqual: number;
  readonly onUnequal: number;
}

/** How many of the equal pairs were found right, and of the unequal ones wrong. */
async function agreement(cases: readonly AnswerCase[], equal: readonly boolean[], options: object = {}): Promise<Agreement> {
  const outcomes = (await score(cases, options)).map((found) => outcome(found["correctness"]));
  return {
    onEqual: outcomes.filter((found, index) => equal[index] && found === "right").length,
    onUnequal: outcomes.filter((found, index) => !equal[index] && found === "wrong").length,
  };
}

describe("the answer scorer agrees with math-verify's own tests", () => {
  /** One verdict is noted as a mistake that math-verify has mended since: 1 - 1/e does not equal 1 + 1/e. */
  const cases = () =>
    sample
      .rows<MathRow>("answer-checkers/math-verify-cases.jsonl")
      .map((row) => (row.note?.includes("known mistake") ? { ...row, equal: false } : row));

  for (const method of ["auto", "math"]) {
    it(`on 227 of 234 equal and 44 of 46 unequal pairs with default settings; 0.9.0 itself on 227 and 43 (method ${method})`, async () => {
      const all = cases();
      const found = await agreement(
        all,
        all.map(({ equal }) => equal),
        { method },
      );
      expect(found.onEqual).to.be.at.least(227);
      expect(found.onUnequal).to.be.at.least(44);
    });
  }

  it("on all 280 with each pair's own settings", async () => {
    const groups = Map.groupBy(cases(), (row) => JSON.stringify([row.precision, row.strict, row.match_types, row.allow_set_relation_comp]));
    let agreed = 0;
    for (const group of groups.values()) {
      const [{ precision, strict, match_types: targets, allow_set_relation_comp: relationAsSet }] = group as [MathRow];
      const mathVerify = { precision, variables: strict ? "by-name" : "by-position", targets, relationAsSet: relationAsSet ? "yes" : "no" };
      const equal = group.map((row) => row.equal);
      const found = await agreement(group, equal, { method: "math", tolerance: 0.5 * 10 ** -precision, mathVerify });
      agreed += found.onEqual + found.onUnequal;
    }
    expect(agreed).to.equal(280);
  });
});

describe("the answer scorer agrees with", () => {
  it("Qwen2.5-Math's verdicts on all 74 equal and 35 of 36 unequal answers of real models; the other one is 10{,}000 against 10000", async () => {
    const all = sample.rows<MathRow>("answer-checkers/qwen-math-real-answers.jsonl");
    const equal = all.map((row) => row.equal);
    const found = await agreement(all, equal);
    expect([found.onEqual, equal.filter(Boolean).length]).to.deep.equal([74, 74]);
    expect(found.onUnequal).to.be.at.least(equal.length - 74 - 1);
  });

  it("latex2sympy's values of 576 of 586 formulas", async () => {
    const all = sample.rows<{ latex: string; value: string | null }>("answer-checkers/latex2sympy.jsonl").filter(({ value }) => value !== null);
    const cases = all.map(({ latex, value }) => ({ gold: latex, pred: value as string }));
    const found = await agreement(
      cases,
      cases.map(() => true),
      { method: "math" },
    );
    expect(all).to.have.length(586);
    expect(found.onEqual).to.be.at.least(576);
  });

  it("HotpotQA's official script on normalisation, EM and F1 in all 225 cases", () => {
    const all = sample.rows<{ gold: string; pred: string; em: boolean; f1: number; norm_gold: string; norm_pred: string }>(
      "answer-checkers/hotpot-em-f1.jsonl",
    );
    for (const { gold, pred, em, f1, norm_gold, norm_pred } of all) {
      const found = {
        gold: normalizeAnswer(gold),
        pred: normalizeAnswer(pred),
        em: exactMatch(gold, pred),
        f1: Number(tokenF1(gold, pred).toFixed(6)),
      };
      expect(found, `${gold} / ${pred}`).to.deep.equal({ gold: norm_gold, pred: norm_pred, em, f1 });
    }
    expect(all).to.have.length(225);
  });

  it("that script's EM on all but the four pairs without words, which never match here", async () => {
    const all = sample.rows<AnswerCase & { em: boolean; norm_pred: string }>("answer-checkers/hotpot-em-f1.jsonl");
    const scores = await score(all, { method: "em" });
    const others = all.filter(({ em }, index) => (outcome(scores[index]?.["correctness"]) === "right") !== em);
    expect(others).to.have.length(4);
    for (const { norm_pred, em } of others) expect([norm_pred, em]).to.deep.equal(["", true]);
  });
});

const RECORDED_ANSWERS = { sample: 198, whole: 5265 };
for (const { size, rows } of dataSets) {
  describe(`the answer scorer agrees with (${size})`, () => {
    for (const field of ["pred", "final"] as const) {
      it(`GSM8K's verdicts on all recorded answers (field ${field})`, async () => {
        const all = rows<{ gold: string; pred: string | null; final: string; correct: boolean }>("gsm8k/gsm8k-calculator-models.jsonl");
        const answered = all.filter(({ pred }) => pred !== null);
        const cases = answered.map((row) => ({ gold: row.gold, pred: row[field] as string }));
        const found = await agreement(
          cases,
          answered.map(({ correct }) => correct),
        );
        expect([answered.length, found.onEqual + found.onUnequal]).to.deep.equal([RECORDED_ANSWERS[size], RECORDED_ANSWERS[size]]);
      });
    }

    it("every data set's gold answer, given back in a box", async () => {
      for (const file of ["eval-math/math500.jsonl", "eval-math/svamp.jsonl", "hotpotqa/questions.jsonl"]) {
        const golds = rows<{ answer?: string; answers?: string[] }>(file).flatMap(({ answer, answers = [] }) => answer ?? answers);
        const scores = await score(golds.map((gold) => ({ gold, pred: `\\boxed{${gold}}` })));
        expect(
          scores.filter((found) => outcome(found["correctness"]) !== "right"),
          file,
        ).to.deep.equal([]);
      }
    });
  });
}
