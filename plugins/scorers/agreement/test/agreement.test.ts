import type { ScoredTrajectory, ScoreItem, ScoreTap, Trajectory } from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { dataSets } from "../../../../test/data/sets.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import plugin, { type AgreementOptions } from "../src/index.ts";

interface Sheet {
  readonly agreement: { readonly value?: number; readonly reason?: string; readonly skipped?: string };
  readonly majority: { readonly value?: number; readonly reason?: string; readonly skipped?: string };
}

function trajectory(answer: string | undefined, finish: Trajectory["finish"] = answer === undefined ? "no-answer" : "answer"): Trajectory {
  return trajectoryWith({ finish, ...(answer === undefined ? {} : { answer }) });
}

function candidates(...members: readonly Trajectory[]): readonly ScoreItem[] {
  const group: ScoreItem[] = [];
  for (const member of members) group.push({ trajectory: member, query: member.query, scores: {}, group });
  return group;
}

async function scorer(options: Partial<AgreementOptions> = {}): Promise<(batch: readonly ScoreItem[]) => Promise<readonly Sheet[]>> {
  const { taps } = await setupPlugin(plugin, { options });
  const tap = taps[0]?.tap as ScoreTap;
  return async (batch) => (await tap(batch, testRun())) as unknown as readonly Sheet[];
}

async function sheets(batch: readonly ScoreItem[], options?: Partial<AgreementOptions>): Promise<readonly Sheet[]> {
  return (await scorer(options))(batch);
}

const sheetsOf = (answers: readonly (string | undefined)[], options?: Partial<AgreementOptions>) =>
  sheets(candidates(...answers.map((answer) => trajectory(answer))), options);
const agreements = async (answers: readonly (string | undefined)[], options?: Partial<AgreementOptions>) =>
  (await sheetsOf(answers, options)).map(({ agreement }) => agreement.value);
const majorities = async (answers: readonly (string | undefined)[]) => (await sheetsOf(answers)).map(({ majority }) => majority.value);
/** Whether two answers are one, with others around them. */
const same = async (a: string, b: string, options?: Partial<AgreementOptions>, others: readonly string[] = []) => {
  const [first] = await agreements([a, b, ...others], options);
  return first === 2 / (2 + others.length);
};

describe("agreement", () => {
  it("is the share of the answers that are this one, itself included", async () => {
    expect(await agreements(["7", "7", "8", "7"])).to.deep.equal([0.75, 0.75, 0.25, 0.75]);
  });

  it("counts answers, not candidates: one without an answer agrees with nobody and takes nothing from the others", async () => {
    expect(await agreements(["7", undefined, "7", " "])).to.deep.equal([1, 0, 1, 0]);
  });

  it("does not depend on the candidates' order", async () => {
    const answers = ["50%", "50", "half", "0.50", "Half.", undefined, "$50"];
    const forward = await agreements(answers);
    expect((await agreements(answers.toReversed())).toReversed()).to.deep.equal(forward);
  });

  it("is skipped where there are too few answers, and where the policy failed", async () => {
    expect((await sheetsOf(["7", undefined]))[0]?.agreement).to.deep.equal({ skipped: "1 answer, and at least 2 are needed to compare" });
    expect((await sheetsOf(["7", "7"], { minAnswers: 3 }))[1]?.majority.skipped).to.match(/^2 answers, and at least 3/);
    const [, , broken] = await sheets(candidates(trajectory("7"), trajectory("7"), trajectory(undefined, "failed")));
    expect(broken?.agreement).to.deep.equal({ skipped: "the policy failed before there was an answer" });
  });

  it("never says what the others answered, since a repairer reads the reasons", async () => {
    const [odd, , , silent] = await sheetsOf(["1234", "5678", "5678", undefined]);
    expect(odd?.majority.reason).to.equal("1 of 3 answers is this one; the most is 2");
    expect(silent?.agreement.reason).to.equal("no answer; 3 answers among the others");
  });
});

describe("majority", () => {
  it("is 1 for the answer that more candidates give than any other", async () => {
    expect(await majorities(["7", "8", "7", undefined])).to.deep.equal([1, 0, 1, 0]);
  });

  it("is nobody's where answers tie for the most", async () => {
    expect(await majorities(["7", "8", "7", "8", "9"])).to.deep.equal([0, 0, 0, 0, 0]);
    expect(await majorities(["1", "2", "3"])).to.deep.equal([0, 0, 0]);
    expect((await sheetsOf(["7", "8"]))[0]?.majority.reason).to.equal("1 of 2 answers is this one; 2 answers tie for the most");
  });
});

describe("agreement of a repair", () => {
  const scored = (answer: string | undefined): ScoredTrajectory => ({ trajectory: trajectory(answer), scores: {} });
  const repaired = async (answer: string | undefined, original: string, others: readonly (string | undefined)[]) => {
    const repair = trajectory(answer);
    const item: ScoreItem = {
      trajectory: repair,
      query: repair.query,
      scores: {},
      group: [],
      parent: scored(original),
      siblings: others.map(scored),
    };
    const [sheet] = await sheets([item]);
    return [sheet?.agreement.value, sheet?.majority.value];
  };

  it("is taken in its original's place: the original has no vote", async () => {
    expect(await repaired("7", "8", ["7", "7", "9"])).to.deep.equal([0.75, 1]);
    expect(await repaired("8", "8", ["7", "7", "9"])).to.deep.equal([0.25, 0]);
  });

  it("that answers as before scores as before", async () => {
    const before = await sheetsOf(["8", "7", "8", "9"]);
    expect(await repaired("8", "8", ["7", "8", "9"])).to.deep.equal([before[0]?.agreement.value, before[0]?.majority.value]);
  });

  it("is 0 without an answer, and skipped where no sibling answered", async () => {
    expect(await repaired(undefined, "8", ["7", "7"])).to.deep.equal([0, 0]);
    expect(await repaired("7", "8", [undefined])).to.deep.equal([undefined, undefined]);
  });
});

describe("two answers", () => {
  it("are one where they have the same value", async () => {
    const pairs = [
      ["1,000", "1000"],
      ["1000", "1000.0"],
      ["10{,}000", "10 000"],
      ["$18", "18.00"],
      ["18€", "18."],
      ["-$5", "$-5"],
      ["−5", "-5"],
      ["1/2", "0.5"],
      ["\\frac{1}{2}", "\\dfrac{2}{4}"],
      ["50%", "0.5"],
      ["50 percent", "50\\%"],
      ["1.5e3", "1,500"],
      ["$\\text{18}$", "18"],
      [".5", "0.5"],
    ] as const;
    for (const [a, b] of pairs) expect(await same(a, b), `${a} and ${b}`).to.equal(true);
  });

  it("are two where the value differs, however alike they look", async () => {
    const pairs = [
      ["1,00", "100"],
      ["1.000", "1000"],
      ["5", "-5"],
      ["1/3", "0.333"],
      ["3-5", "35"],
      ["5/0", "5"],
      ["2 + 3", "23"],
      ["x-1", "x1"],
      ["(1, 2)", "12"],
      ["1.5 km", "15 km"],
      ["12:30", "1230"],
    ] as const;
    for (const [a, b] of pairs) expect(await same(a, b), `${a} and ${b}`).to.equal(false);
  });

  it("are one as text without case, articles, punctuation at the edges and spacing", async () => {
    const pairs = [
      ["The Beatles", "beatles."],
      ["New  York\nCity", "new york city"],
      ["(A)", "a."],
      ["well-known", "Well known"],
      ["(1, 2)", "(1,2)"],
      ["x = 2", "x=2."],
      ["U.S.", "US"],
      ["ﬁve", "five"],
    ] as const;
    for (const [a, b] of pairs) expect(await same(a, b), `${a} and ${b}`).to.equal(true);
    for (const [a, b] of [
      ["yes", "no"],
      ["Ann", "Anne"],
      ["?", "!"],
    ] as const)
      expect(await same(a, b), `${a} and ${b}`).to.equal(false);
  });

  it("with a percent sign on one are compared with what the others wrote", async () => {
    expect(await agreements(["50%", "50"])).to.deep.equal([1, 1]);
    expect(await agreements(["50%", "50", "0.5"])).to.deep.equal([2 / 3, 1 / 3, 2 / 3]);
    expect(await agreements(["50%", "1/2", "50 %"])).to.deep.equal([1, 1, 1]);
  });

  it("are compared by their last number, or as text only, where the options say so", async () => {
    const number = { equivalence: "number" } as const;
    expect(await same("18", "18 dollars")).to.equal(false);
    for (const [a, b] of [
      ["18", "18 dollars"],
      ["9 eggs at $2 make $18.00 a day", "18"],
      ["from 3-5", "5"],
      ["None", "none"],
    ] as const)
      expect(await same(a, b, number), `${a} and ${b}`).to.equal(true);
    expect(await same("it is 3", "it is 4", number)).to.equal(false);
    expect(await same("1000", "1000.0", { equivalence: "text" })).to.equal(false);
    expect(await same("1000", "1000.", { equivalence: "text" })).to.equal(true);
  });

  it("may be hostile: nothing is thrown and equal texts stay equal", async () => {
    const hostile = [
      "9".repeat(200_000),
      "a.".repeat(100_000),
      "\\text{".repeat(50_000),
      "\uD800",
      "1e99",
      "{{{{",
      `${".".repeat(200_000)}(x`,
      `a${",".repeat(200_000)}`,
      "- ".repeat(100_000),
      "1,".repeat(100_000),
    ];
    for (const equivalence of ["auto", "text", "number"] as const) {
      for (const text of hostile) expect(await same(text, text, { equivalence }, ["other words"]), text.slice(0, 10)).to.equal(true);
    }
  });
});

const FIGURES = {
  sample: { judged: [200, 77, 123], right: ["0.405", "0.870", "0.114"], byShare: ["0.113", "0.643", "1.000", "1.000"] },
  whole: { judged: [5276, 2153, 3123], right: ["0.379", "0.765", "0.113"], byShare: ["0.098", "0.509", "0.837", "0.957"] },
} as const;

for (const { size, rows } of dataSets) {
  describe(`agreement of four models on GSM8K (${size})`, () => {
    const expected = FIGURES[size];
    interface Row {
      readonly question: string;
      readonly pred: string | null;
      readonly correct: boolean;
    }
    const judged: { agreement: number; majority: number; correct: boolean }[] = [];
    before(async () => {
      const sheetsFor = await scorer();
      for (const answers of Map.groupBy(rows<Row>("gsm8k/gsm8k-calculator-models.jsonl"), ({ question }) => question).values()) {
        const batch = candidates(...answers.map(({ pred }) => trajectory(pred ?? undefined)));
        for (const [index, { agreement, majority }] of (await sheetsFor(batch)).entries()) {
          if (agreement.value === undefined || majority.value === undefined) continue;
          judged.push({ agreement: agreement.value, majority: majority.value, correct: answers[index]?.correct === true });
        }
      }
    });
    const rightAmong = (rows: readonly { correct: boolean }[]) => (rows.filter(({ correct }) => correct).length / rows.length).toFixed(3);

    it("tells right answers from wrong ones, as the README says", () => {
      const major = judged.filter(({ majority }) => majority === 1);
      const minor = judged.filter(({ majority }) => majority === 0);
      expect([judged.length, major.length, minor.length]).to.deep.equal(expected.judged);
      expect([judged, major, minor].map(rightAmong)).to.deep.equal(expected.right);
    });

    it("rises with the share of models that agree", () => {
      const shares = [0.25, 0.5, 0.75, 1].map((share) => rightAmong(judged.filter(({ agreement }) => agreement === share)));
      expect(shares).to.deep.equal(expected.byShare);
    });
  });
}
