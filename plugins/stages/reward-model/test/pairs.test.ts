import { dialects } from "@autotraj/core";
import type { Message, SftRow } from "@autotraj/core/plugin";
import { meanEstimate, mulberry32 } from "@autotraj/statistics/intervals";
import { expect } from "chai";
import { type DataSets, dataSets } from "../../../../test/data/sets.ts";
import type { PairKind, PairRow, ScoredPair } from "../src/pair-row.ts";
import { evaluatePairs as evaluated } from "../src/pairs.ts";
import { pair, type Side } from "./rows.ts";

const SEED = 3;
const evaluatePairs = (heldOut: readonly ScoredPair[], train: readonly PairRow[], seed: number) =>
  evaluated(heldOut, train, seed, (row) => dialects.text(row)).report;

const scored = (about: PairRow, chosenScore: number | undefined, rejectedScore: number | undefined): ScoredPair => ({
  ...about,
  chosenScore,
  rejectedScore,
});
const plain = (question: string) => pair(question, {}, {});
const values = (report: ReturnType<typeof evaluatePairs>) =>
  Object.fromEntries(Object.entries(report.baselines).map(([name, { value }]) => [name, value]));

describe("a reward model's accuracy on pairs", () => {
  it("counts the chosen side's higher score, a tie as half", () => {
    const report = evaluatePairs(
      [scored(plain("a"), 2, 1), scored(plain("b"), 0, 0), scored(plain("c"), -3, 1), scored(plain("d"), -1, -2)],
      [],
      SEED,
    );
    expect(report.accuracy).to.include({ value: 2.5 / 4, n: 4 });
    expect(report.pairs).to.equal(4);
  });

  it("leaves pairs out that lack a score, and counts them", () => {
    const pairs = [
      scored(plain("a"), 2, 1),
      scored(plain("b"), undefined, 1),
      scored(plain("c"), 1, undefined),
      scored(plain("d"), Number.NaN, 0),
      scored(plain("e"), Number.POSITIVE_INFINITY, 0),
    ];
    const report = evaluatePairs(pairs, [], SEED);
    expect(report).to.include({ pairs: 1, unscored: 4 });
    expect(report.accuracy).to.include({ value: 1, n: 1 });
    for (const baseline of Object.values(report.baselines)) expect(baseline.n).to.equal(1);
    // The finite scores: 2, 1; 1; 1; 0; 0.
    expect(report.scale.mean).to.be.closeTo(5 / 6, 1e-12);
    expect(report.scale.deviation).to.be.closeTo(Math.sqrt(17) / 6, 1e-12);
  });

  it("is told pair by pair, in their order, with what each rule prefers; of a pair that lacks a score, the scores there are", () => {
    const pairs = [
      scored(pair("a", { text: "a long one" }, { text: "short" }), 2, 1),
      scored(plain("b"), undefined, 1),
      scored(pair("c", { text: "short" }, { text: "a long one" }), -3, 1),
    ];
    const { report, judgements } = evaluated(pairs, [], SEED, (row) => dialects.text(row));
    expect(judgements.map(({ chosen, rejected }) => [chosen, rejected])).to.deep.equal(pairs.map(({ chosen, rejected }) => [chosen.id, rejected.id]));
    expect(judgements.map(({ chosenScore, rejectedScore }) => [chosenScore, rejectedScore])).to.deep.equal([
      [2, 1],
      [null, 1],
      [-3, 1],
    ]);
    expect(judgements.map(({ rules }) => rules?.["longer wins"] ?? null)).to.deep.equal([1, null, 0]);
    for (const [name, { value }] of Object.entries(report.baselines)) {
      const credits = judgements.flatMap(({ rules }) => (rules === null ? [] : [rules[name] ?? Number.NaN]));
      expect(credits.reduce((sum, credit) => sum + credit, 0) / credits.length, name).to.be.closeTo(value, 1e-12);
    }
    expect(JSON.parse(JSON.stringify(judgements))).to.deep.equal(judgements);
  });

  it("has an interval over questions, not over pairs", () => {
    const pairs = Array.from({ length: 40 }, (_, question) => question).flatMap((question) =>
      Array.from({ length: 10 }, () => scored(plain(`q${question}`), question % 4 === 0 ? 0 : 2, 1)),
    );
    const { low, high, n } = evaluatePairs(pairs, [], SEED).accuracy;
    const byQuestion = meanEstimate(
      Array.from({ length: 40 }, (_, question) => (question % 4 === 0 ? 0 : 1)),
      SEED,
    );
    expect(n).to.equal(400);
    expect(high - low).to.be.closeTo(byQuestion.high - byQuestion.low, 0.03);
  });

  it("says of no pairs that nothing is known and nothing beaten", () => {
    const report = evaluatePairs([], [pair("a", { text: "long and right" }, {})], SEED);
    expect(report).to.deep.include({ pairs: 0, unscored: 0, best: null, beatsBaselines: false, causes: {}, sameAuthor: null, calibration: [] });
    expect(report.scale).to.deep.equal({ mean: 0, deviation: 0 });
    for (const estimate of [report.accuracy, ...Object.values(report.baselines)]) expect(estimate).to.deep.equal({ value: 0, low: 0, high: 1, n: 0 });
    expect(JSON.parse(JSON.stringify(report))).to.deep.equal(report);
  });

  it("is told by what was wrong with the rejected side", () => {
    const report = evaluatePairs(
      [
        scored(pair("a", {}, { cause: "wrong" }), 2, 1),
        scored(pair("b", {}, { cause: "wrong" }), 1, 2),
        scored(pair("c", {}, { cause: "poor" }), 2, 1),
        scored(pair("d", { cause: "format" }, {}), 2, 1),
      ],
      [],
      SEED,
    );
    expect(Object.entries(report.causes).map(([cause, { value, n }]) => [cause, value, n])).to.deep.equal([
      ["wrong", 0.5, 2],
      ["poor", 1, 1],
    ]);
  });

  it("is told apart for sides of one author; unknown authors are not one", () => {
    const model = (name: string) => ({ author: { origin: "rollout", model: name } }) as const;
    const repairer = (name: string, by: string) => ({ author: { origin: "repair", repairer: name, model: by } }) as const;
    const report = evaluatePairs(
      [
        scored(pair("a", model("m"), model("m")), 1, 2),
        scored(pair("b", model("m"), model("n")), 2, 1),
        scored(pair("c", repairer("llm", "m"), model("m")), 2, 1),
        scored(pair("d", repairer("m", "m"), model("m")), 2, 1),
        scored(pair("e", { author: { origin: "rollout", policy: "p" } }, { author: { origin: "rollout", policy: "p" } }), 2, 1),
        scored(plain("f"), 2, 1),
      ],
      [],
      SEED,
    );
    expect(report.sameAuthor).to.include({ value: 0.5, n: 2 });
  });
});

describe("the baselines", () => {
  const quality = (value: number) => ({ scores: { quality: { value } } });

  it("are rules that know nothing of a trajectory but its length, calls, score S and author", () => {
    const report = evaluatePairs(
      [
        scored(pair("a", { text: "three words here", calls: 1, ...quality(0.9) }, { text: "one", calls: 2, ...quality(0.8) }), 1, 0),
        scored(pair("b", { text: "two words", calls: 0, ...quality(0.5) }, { text: "now five words it is", calls: 0, ...quality(0.6) }), 1, 0),
        scored(pair("c", { text: "a tie", scores: { quality: { skipped: "wrong" } } }, { text: "so it", ...quality(1) }), 1, 0),
        scored(pair("d", { text: "longer than one" }, { text: "one" }), 1, 0),
      ],
      [],
      SEED,
    );
    // A call's result is text too: three words, tags included, each.
    expect(values(report)).to.deep.equal({
      "longer wins": (0 + 0 + 0.5 + 1) / 4,
      "shorter wins": (1 + 1 + 0.5 + 0) / 4,
      "fewer calls": (1 + 0.5 + 0.5 + 0.5) / 4,
      quality: (1 + 0 + 0.5 + 0.5) / 4,
      author: 0.5,
      format: 0.5,
      "answer = last result": 0.5,
      "bag of words": 0.5,
      "shuffled labels": 0.5,
    });
    expect(report.best).to.equal("shorter wins");
  });

  it("know the format by its score, else by the boxed answer and what was malformed", () => {
    const boxed = "so it is \\boxed{7}";
    const form = (value: number) => ({ scores: { format: { value } } });
    const report = evaluatePairs(
      [
        scored(pair("a", { ...form(1), text: "no" }, { ...form(0), text: boxed }), 1, 0),
        scored(pair("b", { text: boxed }, { text: "so it is 7" }), 1, 0),
        scored(pair("c", { ...form(0), text: boxed }, { text: "\\boxed{ }" }), 1, 0),
        scored(pair("d", { text: boxed }, { text: boxed, faults: ["text after </answer>"] }), 1, 0),
        scored(pair("e", { text: boxed, finish: "token-limit" }, { text: boxed }), 1, 0),
        scored(pair("f", { text: boxed }, { text: boxed }), 1, 0),
      ],
      [],
      SEED,
    );
    expect(values(report)["format"]).to.be.closeTo((1 + 1 + 1 + 1 + 0 + 0.5) / 6, 1e-9);
    expect(report.best).to.equal("format");
  });

  it("know whether the answer is what the last call that succeeded gave", () => {
    const given = (result: string, answer: string, more: Side = {}): Side => ({ results: [result], answer, ...more });
    const cases: readonly (readonly [Side, Side, number])[] = [
      [given("7", "7"), given("8", "7"), 1],
      [given("7.0", "7"), given("7", "-7"), 1],
      [given("7", "8"), given("9", "9"), 0],
      [given("7", "7"), { answer: "7" }, 1],
      [given("7", "7"), given("7", "7", { failed: true }), 1],
      [given("Ulm, on the Danube", "the Danube"), given("Ulm", "Danube"), 1],
      [given("7", "7"), given("8", "8"), 0.5],
    ];
    const report = evaluatePairs(
      cases.map(([chosen, rejected], at) => scored(pair(`q${at}`, chosen, rejected), 1, 0)),
      [],
      SEED,
    );
    expect(values(report)["answer = last result"]).to.be.closeTo(cases.reduce((sum, [, , value]) => sum + value, 0) / cases.length, 1e-9);
  });

  it("have the untrained model among them where the trainer says what it makes of the pairs; what it reaches, training has not taught", () => {
    const pairs = Array.from({ length: 60 }, (_, at) => ({
      ...scored(plain(`q${at}`), at % 10 === 0 ? 0 : 1, 0.5),
      untrainedMargin: at % 12 === 0 ? -1 : 2,
    }));
    const report = evaluatePairs(pairs, [], SEED);
    expect(values(report)["untrained model"]).to.be.closeTo(55 / 60, 1e-9);
    expect(report).to.include({ best: "untrained model", beatsBaselines: false });
    expect(report.accuracy.value).to.equal(0.9);
    expect(
      evaluatePairs(
        pairs.map(({ untrainedMargin: _, ...one }) => one),
        [],
        SEED,
      ),
    ).to.include({ beatsBaselines: true });
  });

  it("leave quality out where no pair has it on both sides", () => {
    expect(evaluatePairs([scored(pair("a", quality(1), {}), 1, 0)], [], SEED).baselines).to.not.have.property("quality");
  });

  it("learn who usually wins from the training pairs only", () => {
    const by = (model: string): Side => ({ author: { origin: "recorded", model } });
    const train = [pair("1", by("good"), by("bad")), pair("2", by("good"), by("bad")), pair("3", by("bad"), by("good"))];
    const heldOut = [
      scored(pair("4", by("good"), by("bad")), 1, 0),
      scored(pair("5", by("bad"), by("good")), 1, 0),
      // One never seen counts as even: below a frequent winner, above a frequent loser.
      scored(pair("6", by("good"), by("new")), 1, 0),
      scored(pair("7", by("new"), by("bad")), 1, 0),
    ];
    expect(values(evaluatePairs(heldOut, train, SEED))["author"]).to.equal(0.75);
    expect(values(evaluatePairs(heldOut, [], SEED))["author"]).to.equal(0.5);
  });

  it("reach 1 by author alone where only repairers are chosen; that says nothing of quality, is said, and is not what has to be beaten", () => {
    const repairs = Array.from({ length: 60 }, (_, index) =>
      pair(`q${index}`, { author: { origin: "repair", repairer: "llm", model: "m" } }, { author: { origin: "rollout", model: "m" } }),
    );
    const report = evaluatePairs(
      repairs.slice(30).map((one) => scored(one, 1, 0)),
      repairs.slice(0, 30),
      SEED,
    );
    expect(report).to.include({ authorsSeparated: true, beatsBaselines: true, sameAuthor: null });
    expect(report.best).not.to.equal("author");
    expect(report.baselines["author"]?.value).to.equal(1);
  });

  /** Pairs that one word tells apart, amid words that say nothing. */
  function telling(count: number, from: number): readonly PairRow[] {
    const random = mulberry32(from + 1);
    const noise = () => Array.from({ length: 12 }, () => `word${Math.floor(random() * 50)}`).join(" ");
    return Array.from({ length: count }, (_, index) => pair(`q${from + index}`, { text: `${noise()} therefore` }, { text: `${noise()} perhaps` }));
  }

  it("learn telling words, and nothing of shuffled labels", () => {
    const report = evaluatePairs(
      telling(300, 1000).map((one) => scored(one, 0, 0)),
      telling(300, 0),
      SEED,
    );
    expect(report.baselines["bag of words"]?.value).to.equal(1);
    expect(report.best).to.equal("bag of words");
    expect(report.baselines["shuffled labels"]?.value).to.be.below(1);
    expect(report.beatsBaselines).to.equal(false);
  });

  it("never let shuffled labels be the best", () => {
    // One training pair, turned round or not in each of five draws, and a held-out pair that goes against it.
    const reports = Array.from({ length: 8 }, (_, seed) =>
      evaluatePairs(
        [scored(pair("a", { text: "perhaps" }, { text: "therefore" }), 1, 0)],
        [pair("b", { text: "therefore" }, { text: "perhaps" })],
        seed,
      ),
    );
    const shuffled = reports.map((report) => report.baselines["shuffled labels"]?.value ?? 0);
    expect(Math.max(...shuffled)).to.be.above(0.5);
    for (const value of shuffled) expect((value * 5) % 1).to.be.closeTo(0, 1e-9);
    for (const report of reports) {
      expect(report.baselines["bag of words"]?.value).to.equal(0);
      expect(report.best).to.equal("longer wins");
    }
  });
});

describe("the report by kind of pair", () => {
  it("has each kind, and each edit, with the rule that does best on it", () => {
    const of = (kind: PairKind, about: PairRow, right: boolean, edit?: string) =>
      scored({ ...about, kind, ...(edit === undefined ? {} : { edit }) }, right ? 1 : 0, right ? 0 : 1);
    const longer = (question: string) => pair(question, { text: "so it is 7 again" }, { text: "7" });
    const { kinds = {} } = evaluatePairs(
      [
        of("repair", longer("a"), true),
        of("repair", longer("b"), false),
        of("sibling", pair("c", { calls: 1 }, { calls: 2 }), true),
        of("edit", plain("d"), true, "flipped-sign"),
        of("edit", plain("e"), true, "hard-coded"),
        of("edit", plain("f"), false, "hard-coded"),
        scored(longer("g"), 1, 0),
      ],
      [],
      SEED,
    );
    expect(
      Object.entries(kinds).map(([name, { accuracy, best, bestAccuracy }]) => [name, accuracy.n, accuracy.value, best, bestAccuracy?.value]),
    ).to.deep.equal([
      ["edit", 3, 2 / 3, "longer wins", 0.5],
      ["edit: flipped-sign", 1, 1, "longer wins", 0.5],
      ["edit: hard-coded", 2, 0.5, "longer wins", 0.5],
      ["repair", 3, 2 / 3, "longer wins", 1],
      ["sibling", 1, 1, "shorter wins", 1],
    ]);
  });
});

describe("calibration", () => {
  it("has ten bins of equally many pairs by the size of the difference", () => {
    const random = mulberry32(2);
    const pairs = Array.from({ length: 1003 }, (_, index) => {
      // A calibrated model: the higher side is the chosen one as often as the logistic function of the difference says.
      const size = 4 * random();
      const right = random() < 1 / (1 + Math.exp(-size));
      return scored(plain(`q${index}`), right ? size : 0, right ? 0 : size);
    });
    const { calibration } = evaluatePairs(pairs, [], SEED);
    expect(calibration.map(({ pairs: count }) => count).sort()).to.deep.equal([100, 100, 100, 100, 100, 100, 100, 101, 101, 101]);
    expect(calibration.map(({ difference }) => difference)).to.deep.equal(calibration.map(({ difference }) => difference).sort((a, b) => a - b));
    // Three standard errors of a share of 100 are at most 0.15.
    for (const { predicted, observed } of calibration) expect(observed).to.be.closeTo(predicted, 0.15);
  });

  it("shows a model that is too sure of itself", () => {
    const pairs = Array.from({ length: 100 }, (_, index) => scored(plain(`q${index}`), index % 2 === 0 ? 9 : -9, 0));
    for (const { predicted, observed, difference } of evaluatePairs(pairs, [], SEED).calibration) {
      expect(difference).to.equal(9);
      expect(predicted).to.be.above(0.999);
      expect(observed).to.equal(0.5);
    }
  });

  it("has a bin for each pair where there are fewer than ten", () => {
    const { calibration } = evaluatePairs([scored(plain("a"), 0, 2), scored(plain("b"), 1, 1), scored(plain("c"), 1, 0)], [], SEED);
    expect(calibration).to.deep.equal([
      { difference: 0, predicted: 0.5, observed: 0.5, pairs: 1 },
      { difference: 1, predicted: 1 / (1 + Math.exp(-1)), observed: 1, pairs: 1 },
      { difference: 2, predicted: 1 / (1 + Math.exp(-2)), observed: 0, pairs: 1 },
    ]);
  });
});

interface Recorded {
  readonly id: string;
  readonly model: string;
  readonly question: string;
  readonly gold: string;
  readonly steps: readonly { readonly thought: string; readonly input: string; readonly observation: string }[];
  readonly final: string;
  readonly pred: string | null;
}

function recordedRow({ id, model, question, gold, steps, final, pred }: Recorded, index: number): SftRow {
  const query = { id: `gsm8k-${index}`, question, answers: [gold] };
  const turns = steps.flatMap(({ thought, input, observation }, step): Message[] => [
    {
      role: "assistant",
      content: "",
      reasoning: thought,
      toolCalls: [{ id: `c${step}`, name: "calculator", arguments: { expression: input } }],
      train: true,
    },
    { role: "tool", toolCallId: `c${step}`, name: "calculator", content: observation, ok: true },
  ]);
  return {
    id,
    query,
    dialect: "tags",
    tools: [],
    messages: [{ role: "user", content: question }, ...turns, { role: "assistant", content: final, train: true }],
    answer: pred,
    finish: "answer",
    faults: [],
    provenance: { origin: "recorded", model },
    scores: {},
    verdict: null,
  };
}

interface Split {
  readonly all: readonly PairRow[];
  readonly heldOut: readonly PairRow[];
  readonly train: readonly PairRow[];
}

/** Recorded pairs, a share of the questions held out. */
function split({ rows }: DataSets, heldOutShare: number): Split {
  const models = new Map(rows<Recorded>("gsm8k/gsm8k-calculator-models.jsonl").map((one) => [one.id, one]));
  const all = rows<{ question_index: number; chosen: string; rejected: string }>("gsm8k/gsm8k-calculator-pairs.jsonl").map(
    ({ question_index, chosen, rejected }): PairRow => {
      const [won, lost] = [models.get(chosen) as Recorded, models.get(rejected) as Recorded];
      const rows = [recordedRow(won, question_index), recordedRow(lost, question_index)] as const;
      return { query: rows[0].query, chosen: rows[0], rejected: rows[1] };
    },
  );
  const isHeldOut = ({ query }: PairRow) => mulberry32(Number(query.id.slice(6)))() < heldOutShare;
  return { all, heldOut: all.filter(isHeldOut), train: all.filter((one) => !isHeldOut(one)) };
}

/** Gives the chosen side 1 more than the rejected one, and both sides noise: of a wide enough one half the pairs come out wrong. */
function oracle(pairs: readonly PairRow[], noise: number): readonly ScoredPair[] {
  const random = mulberry32(9);
  return pairs.map((one) => scored(one, 1 + noise * random(), noise * random()));
}

type Range = readonly [low: number, high: number];
interface Figures {
  readonly heldOutShare: number;
  readonly pairs: number;
  readonly heldOut: number;
  readonly longerWins: number;
  readonly author: number;
  readonly bagOfWords: Range;
  readonly shuffled: Range;
  /** A model that beats the baselines, and one that is ahead of the best of them only by chance. */
  readonly good: { readonly noise: number; readonly accuracy: number };
  readonly lucky: { readonly noise: number; readonly ahead: Range };
}
const FIGURES: Readonly<Record<DataSets["size"], Figures>> = {
  // Of so few pairs only a model that is always right is surely better than the best baseline.
  sample: {
    ...{ heldOutShare: 0.5, pairs: 111, heldOut: 57, longerWins: 0.65, author: 0.75, bagOfWords: [0.3, 0.4], shuffled: [0.4, 0.6] },
    ...{ good: { noise: 0, accuracy: 1 }, lucky: { noise: 2.1, ahead: [0, 0.1] } },
  },
  // Measured before with the same pairs: longer wins 0.54, author 0.80 (on the held-out questions of one split).
  whole: {
    ...{ heldOutShare: 0.2, pairs: 2429, heldOut: 482, longerWins: 0.54, author: 0.8, bagOfWords: [0.54, 0.7], shuffled: [0.4, 0.6] },
    // P(1 + 1.8u > 1.8v) = 1 − (0.8/1.8)²/2 = 0.90, and with 2.5 1 − (1.5/2.5)²/2 = 0.82.
    ...{ good: { noise: 1.8, accuracy: 0.9 }, lucky: { noise: 2.5, ahead: [0.005, 0.04] } },
  },
};

for (const sets of dataSets) {
  describe(`recorded pairs of GSM8K (${sets.size})`, () => {
    const figures = FIGURES[sets.size];
    let recorded: Split;
    before(() => {
      recorded = split(sets, figures.heldOutShare);
    });

    it("have the known author and length baselines", () => {
      const { all, heldOut, train } = recorded;
      expect([all.length, heldOut.length]).to.deep.equal([figures.pairs, figures.heldOut]);
      const overAll = values(evaluatePairs(oracle(all, 0), train, SEED));
      expect(overAll["longer wins"]).to.be.closeTo(figures.longerWins, 0.03);
      expect(overAll["longer wins"] as number).to.be.closeTo(1 - (overAll["shorter wins"] as number), 1e-12);
      const held = values(evaluatePairs(oracle(heldOut, 0), train, SEED));
      expect(held["author"]).to.be.closeTo(figures.author, 0.03);
      expect(held["bag of words"]).to.be.within(...figures.bagOfWords);
      expect(held["shuffled labels"]).to.be.within(...figures.shuffled);
    });

    it("are beaten by a model that is right often enough", () => {
      const { heldOut, train } = recorded;
      const { noise, accuracy } = figures.good;
      const report = evaluatePairs(oracle(heldOut, noise), train, SEED);
      expect(report.accuracy.value).to.be.closeTo(accuracy, 0.03);
      expect(report).to.include({ best: "author", beatsBaselines: true, sameAuthor: null, unscored: 0 });
      expect(evaluatePairs(oracle(heldOut, noise), train, SEED)).to.deep.equal(report);
    });

    it("are not beaten by one that is only by chance ahead of the best of them", () => {
      const { heldOut, train } = recorded;
      const report = evaluatePairs(oracle(heldOut, figures.lucky.noise), train, SEED);
      expect(report.accuracy.value - (report.baselines["author"]?.value ?? 1)).to.be.within(...figures.lucky.ahead);
      expect(report).to.include({ best: "author", beatsBaselines: false });
    });

    it("are not beaten by one that is right seven times in ten, though that is no chance", () => {
      const { heldOut, train } = recorded;
      // P(1 + 4.4u > 4.4v) = 1 − (3.4/4.4)²/2 = 0.70.
      const report = evaluatePairs(oracle(heldOut, 4.4), train, SEED);
      expect(report.accuracy.value).to.be.closeTo(0.7, 0.05);
      expect(report.accuracy.low).to.be.above(0.5);
      expect(report).to.include({ best: "author", beatsBaselines: false });
    });

    it("are not beaten by one that has learnt nothing but whose style wins", () => {
      const { heldOut, train } = recorded;
      const rank = (row: SftRow) => ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"].indexOf(row.provenance.model ?? "");
      const report = evaluatePairs(
        heldOut.map((one) => scored(one, rank(one.chosen), rank(one.rejected))),
        train,
        SEED,
      );
      expect(report.accuracy.value).to.be.above(0.75);
      expect(report.beatsBaselines).to.equal(false);
    });
  });
}
