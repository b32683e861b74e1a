import { expect } from "chai";
import { clusteredDifference, clusteredMean, compareModels, majorityIndex, meanEstimate, mulberry32 } from "../src/intervals.ts";

const SEED = 7;
const zerosAndOnes = (right: number, n: number) => Array.from({ length: n }, (_, index) => (index < right ? 1 : 0));

describe("the mean of values", () => {
  /** statsmodels 0.15.0, proportion_confint(k, n, method="wilson"). 81 of 263 and 15 of 148 are those of Newcombe, Stat. Med. 17 (1998), table I. */
  const WILSON = [
    [0, 10, 0, 0.27753279986288926],
    [10, 10, 0.7224672001371106, 1],
    [7, 8, 0.5291118177871466, 0.9775825085499434],
    [1, 1, 0.2065493143772374, 1],
    [1, 29, 0.006113214292762667, 0.17175521879320294],
    [81, 263, 0.2552885198782742, 0.36620957698280004],
    [15, 148, 0.06238639953073628, 0.16048724172330803],
    [1000, 1319, 0.7343131251145444, 0.7804877948740895],
  ] as const;
  for (const [right, n, low, high] of WILSON) {
    it(`has Wilson's interval for ${right} right of ${n}`, () => {
      const found = meanEstimate(zerosAndOnes(right, n), SEED);
      expect(found.value).to.be.closeTo(right / n, 1e-12);
      expect(found.low).to.be.closeTo(low, 1e-12);
      expect(found.high).to.be.closeTo(high, 1e-12);
      expect(found.n).to.equal(n);
    });
  }

  const SHARES = [0, 0.25, 0.25, 0.5, 0.75, 1, 1, 0.5, 0, 0.75, 0.25, 1, 0.5, 0.5, 0, 1, 0.75, 0.25, 0, 0.5];

  it("has scipy's percentile bootstrap for other shares", () => {
    // scipy 1.16.3, stats.bootstrap(method="percentile", n_resamples=200000): [0.3375, 0.6375] for three seeds; means lie on a grid of 0.0125.
    const found = meanEstimate(SHARES, SEED);
    expect(found.value).to.equal(0.4875);
    expect(found.low).to.be.closeTo(0.3375, 0.0126);
    expect(found.high).to.be.closeTo(0.6375, 0.0126);
  });

  it("is the same for the same seed, and hardly another for another", () => {
    expect(meanEstimate(SHARES, 1)).to.deep.equal(meanEstimate(SHARES, 1));
    const fine = Array.from({ length: 50 }, (_, index) => (index * 37) % 101).map((value) => value / 101);
    expect(meanEstimate(fine, 1).low).to.not.equal(meanEstimate(fine, 2).low);
    expect(meanEstimate(fine, 1).low).to.be.closeTo(meanEstimate(fine, 2).low, 0.01);
  });

  it("of nothing says that anything is possible, and that it is of nothing", () => {
    expect(meanEstimate([], SEED)).to.deep.equal({ value: 0, low: 0, high: 1, n: 0 });
    expect(clusteredDifference([], [], SEED)).to.deep.equal({ value: 0, low: -1, high: 1, n: 0 });
  });

  it("claims no certainty from equal values that are neither 0 nor 1", () => {
    const { value, low, high } = meanEstimate([0.5, 0.5, 0.5], SEED);
    expect(value).to.equal(0.5);
    expect(low).to.be.within(0.1, 0.3);
    expect(high).to.be.closeTo(1 - low, 1e-12);
  });

  it("covers the truth about 95 times in 100 (zeros and ones, n = 30)", () => {
    const random = mulberry32(11);
    for (const p of [0.1, 0.5, 0.85]) {
      const runs = 3000;
      let covered = 0;
      for (let run = 0; run < runs; run++) {
        const { low, high } = meanEstimate(
          Array.from({ length: 30 }, () => (random() < p ? 1 : 0)),
          run,
        );
        if (low <= p && p <= high) covered++;
      }
      expect(covered / runs, `p = ${p}`).to.be.within(0.935, 0.98);
    }
  });
});

describe("the mean over questions with several pairs", () => {
  it("draws questions: four copies of each pair tell no more than one", () => {
    const values = zerosAndOnes(60, 100);
    const questions = values.map((_, index) => `q${index}`);
    const once = clusteredMean(values, questions, SEED);
    const copies = clusteredMean(
      values.flatMap((value) => [value, value, value, value]),
      questions.flatMap((question) => [question, question, question, question]),
      SEED,
    );
    expect(copies).to.include({ value: once.value, n: 400 });
    expect(copies.high - copies.low).to.be.closeTo(once.high - once.low, 0.02);
  });

  it("is Wilson's interval over questions where every pair is right", () => {
    const found = clusteredMean([1, 1, 1, 1, 1, 1], ["a", "a", "b", "b", "c", "c"], SEED);
    expect(found.low).to.be.closeTo(meanEstimate([1, 1, 1], SEED).low, 1e-12);
    expect(found.n).to.equal(6);
  });

  it("covers the truth about 95 times in 100, where intervals over pairs do not", () => {
    // A question's pairs are right with its own probability, 0.2 or 0.9: the mean is 0.55 for any number of pairs that does not depend on it.
    const random = mulberry32(5);
    const runs = 200;
    const covered = { questions: 0, pairs: 0 };
    for (let run = 0; run < runs; run++) {
      const values: number[] = [];
      const questions: string[] = [];
      for (let question = 0; question < 60; question++) {
        const p = random() < 0.5 ? 0.2 : 0.9;
        for (let pair = 0; pair < 1 + (question % 6); pair++) {
          values.push(random() < p ? 1 : 0);
          questions.push(`q${question}`);
        }
      }
      const [byQuestion, byPair] = [clusteredMean(values, questions, run), meanEstimate(values, run)];
      if (byQuestion.low <= 0.55 && 0.55 <= byQuestion.high) covered.questions++;
      if (byPair.low <= 0.55 && 0.55 <= byPair.high) covered.pairs++;
    }
    expect(covered.questions / runs).to.be.within(0.91, 0.98);
    expect(covered.pairs / runs).to.be.below(0.85);
  });
});

describe("two models on the same questions", () => {
  const answers = (values: readonly number[]) => new Map(values.map((value, index) => [`q${index}`, value]));
  /** `better` questions that only the first has right, `worse` that only the second has, `both` that both have. */
  function two(better: number, worse: number, both = 0) {
    const [a, b]: [number[], number[]] = [[], []];
    const add = (count: number, right: readonly [number, number]) => {
      for (let index = 0; index < count; index++) {
        a.push(right[0]);
        b.push(right[1]);
      }
    };
    add(better, [1, 0]);
    add(worse, [0, 1]);
    add(both, [1, 1]);
    return [answers(a), answers(b)] as const;
  }

  /** statsmodels 0.15.0, mcnemar(exact=True), and scipy 1.16.3, binomtest(b, b + c, 0.5): the same figures. */
  const MCNEMAR = [
    [0, 0, 1],
    [1, 1, 1],
    [5, 0, 0.0625],
    [10, 2, 0.03857421875],
    [25, 11, 0.028816719655878845],
    [121, 59, 4.4344492637551645e-6],
    [1600, 1500, 0.0753716970753287],
    [2600, 2400, 0.004883649737517572],
    [3000, 2700, 7.457315554470353e-5],
  ] as const;
  for (const [better, worse, p] of MCNEMAR) {
    it(`has McNemar's exact p for ${better} better and ${worse} worse`, () => {
      const found = compareModels(...two(better, worse), SEED);
      expect(found).to.include({ better, worse });
      expect(found.p / p).to.be.closeTo(1, 1e-9);
      expect(compareModels(...two(worse, better), SEED).p).to.equal(found.p);
    });
  }

  it("takes the difference over the questions that both have", () => {
    const a = new Map([
      ["shared", 1],
      ["only a", 0],
      ["also shared", 1],
    ]);
    const b = new Map([
      ["also shared", 0],
      ["only b", 1],
      ["shared", 1],
    ]);
    const { difference, better, worse } = compareModels(a, b, SEED);
    expect(difference).to.include({ value: 0.5, n: 2 });
    expect([better, worse]).to.deep.equal([1, 0]);
  });

  it("finds a difference of ten points in 300 questions, and is the mirror image of itself", () => {
    const [a, b] = two(50, 20, 230);
    const [forth, back] = [compareModels(a, b, SEED).difference, compareModels(b, a, SEED).difference];
    expect(forth.value).to.be.closeTo(0.1, 1e-12);
    // Normal theory: 0.1 ± 1.96·√((70/300 − 0.01)/300) = [0.0465, 0.1535].
    expect(forth.low).to.be.closeTo(0.0465, 0.007);
    expect(forth.high).to.be.closeTo(0.1535, 0.007);
    expect([back.low, back.high]).to.deep.equal([-forth.high, -forth.low]);
  });

  it("resamples differences that are never below 0, too", () => {
    // 3 of 10: no difference is drawn with probability 0.7^10 = 0.028, so the interval begins at 0. Wilson's would begin at 0.108.
    expect(compareModels(...two(3, 0, 7), SEED).difference.low).to.equal(0);
  });

  it("claims no certainty where two models agree on a few questions", () => {
    const { difference, p } = compareModels(...two(0, 0, 5), SEED);
    expect(difference.value).to.equal(0);
    expect(difference.low).to.be.below(-0.3);
    expect(difference.high).to.be.above(0.3);
    expect(p).to.equal(1);
  });

  it("without a common question says so", () => {
    const found = compareModels(new Map([["a", 1]]), new Map([["b", 1]]), SEED);
    expect(found).to.deep.equal({ difference: { value: 0, low: -1, high: 1, n: 0 }, better: 0, worse: 0, p: 1 });
  });
});

describe("the most frequent answer", () => {
  const CASES: readonly (readonly [string, readonly (string | undefined)[], number | undefined])[] = [
    ["is the majority's, by its first sample", ["5", "7", "7", "5", "7"], 1],
    ["is the one that came first where two are equally frequent", ["8", "7", "7", "8"], 0],
    ["takes spellings of a number for one", ["3", "1,000", "3", "1000.0", " 1000 "], 1],
    ["takes signs, leading zeros and a bare point for what they mean", ["2", "+.50", "00.5", "0.500"], 1],
    ["keeps a number and its negative apart", ["-4", "4", "-4.0"], 0],
    ["knows one zero only", ["1", "-0", "0.00"], 1],
    ["keeps long whole numbers apart", ["9007199254740993", "9007199254740992", "9007199254740992.0"], 1],
    ["does not take commas in other places for thousands", ["1,2", "12", "12", "1,2", "1,2"], 0],
    ["ignores case and outer blanks", ["London", "Paris ", "paris"], 1],
    ["never lets missing or blank answers win", [undefined, undefined, "", " ", "3"], 4],
    ["is nobody's where none was given", [undefined, undefined], undefined],
    ["is nobody's without samples", [], undefined],
    ["survives what a model may write", ["__proto__", "constructor", "constructor"], 1],
  ];
  for (const [name, answers, index] of CASES) it(name, () => expect(majorityIndex(answers)).to.equal(index));
});

describe("mulberry32", () => {
  it("gives the reference implementation's numbers", () => {
    const random = mulberry32(1);
    expect([random(), random(), random()]).to.deep.equal([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  });
});
