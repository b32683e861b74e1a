import { expect } from "chai";
import { compareModels, meanEstimate, mulberry32 } from "../src/intervals.ts";
import { differenceOverSeeds, meanOverSeeds } from "../src/seeds.ts";

const SEED = 7;
const answers = (values: readonly number[]) => new Map(values.map((value, index) => [`q${index}`, value]));
const same = (value: number, questions = 40) => answers(Array.from({ length: questions }, () => value));
const SHARES = [0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1];
const OTHERS = [0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0];

describe("several trainings on the same questions", () => {
  it("with one seed are one model: its own interval, and the paired bootstrap over questions", () => {
    expect(meanOverSeeds([answers(SHARES)], SEED)).to.deep.equal(meanEstimate(SHARES, SEED));
    const { difference } = compareModels(answers(SHARES), answers(OTHERS), SEED);
    expect(differenceOverSeeds([answers(SHARES)], [answers(OTHERS)], SEED)).to.deep.equal(difference);
  });

  it("without any difference between questions leave open what the seeds do", () => {
    // Means of three seeds drawn of 0.2, 0.5, 0.8: the outermost come with probability 1/27 = 3.7 % each, so that 2.5 % lie within them.
    const three = [same(0.2), same(0.5), same(0.8)];
    const found = meanOverSeeds(three, SEED);
    expect(found.n).to.equal(40);
    for (const [name, value] of [
      ["value", 0.5],
      ["low", 0.2],
      ["high", 0.8],
    ] as const)
      expect(found[name], name).to.be.closeTo(value, 1e-12);
    // Of five, the outermost come once in 3,125: by hand, 2.5 % of all means of five draws of 0, 0, 0, 0, 1 are 0.6 or more (5.8 % are), and 0.8 or more are 0.67 %.
    const five = meanOverSeeds([same(0), same(0), same(0), same(0), same(1)], SEED);
    expect([five.low, five.value, five.high].map((one) => Number(one.toFixed(9)))).to.deep.equal([0, 0.2, 0.6]);
  });

  it("without any difference between seeds leave open what the questions do, however many seeds there are", () => {
    const alone = differenceOverSeeds([answers(SHARES)], [answers(OTHERS)], SEED);
    const copies = differenceOverSeeds(Array(6).fill(answers(SHARES)), Array(6).fill(answers(OTHERS)), SEED);
    expect(copies).to.include({ value: alone.value, n: alone.n });
    expect(copies.low).to.be.closeTo(alone.low, 0.051);
    expect(copies.high).to.be.closeTo(alone.high, 0.051);
  });

  it("are compared seed by seed and question by question, over the questions that all of them have", () => {
    const a = [new Map([["x", 1], ["y", 1], ["only one", 0]]), new Map([["y", 1], ["x", 0]])]; // biome-ignore format: one line each
    const b = [new Map([["x", 0], ["y", 1], ["only one", 1]]), new Map([["x", 0], ["y", 0]])]; // biome-ignore format: one line each
    // Differences: seed 1: x 1, y 0; seed 2: x 0, y 1.
    expect(differenceOverSeeds(a, b, SEED)).to.include({ value: 0.5, n: 2 });
    // Where every seed moves alike, pairing leaves nothing open that the seeds have in common.
    const [up, down] = [
      [same(0.1), same(0.9)],
      [same(0), same(0.8)],
    ];
    const paired = differenceOverSeeds(up, down, SEED);
    expect(paired.low).to.be.closeTo(0.1, 1e-12);
    expect(paired.high).to.be.closeTo(0.1, 1e-12);
  });

  it("are the mirror image of themselves, and the same for the same seed", () => {
    const [a, b] = [
      [answers(SHARES), answers(OTHERS)],
      [answers(OTHERS.toReversed()), answers(OTHERS)],
    ] as const;
    const [forth, back] = [differenceOverSeeds(a, b, SEED), differenceOverSeeds(b, a, SEED)];
    expect(back.low).to.be.closeTo(-forth.high, 1e-12);
    expect(back.high).to.be.closeTo(-forth.low, 1e-12);
    expect(differenceOverSeeds(a, b, SEED)).to.deep.equal(forth);
  });

  it("claim no certainty where all agree, and say when there is nothing to compare", () => {
    const { low, high } = differenceOverSeeds([same(1, 5), same(1, 5)], [same(1, 5), same(1, 5)], SEED);
    expect(low).to.be.below(-0.3);
    expect(high).to.be.above(0.3);
    const nothing = { value: 0, low: -1, high: 1, n: 0 };
    expect(differenceOverSeeds([], [], SEED)).to.deep.equal(nothing);
    expect(differenceOverSeeds([same(1)], [new Map()], SEED)).to.deep.equal(nothing);
    expect(meanOverSeeds([], SEED)).to.deep.equal({ value: 0, low: 0, high: 1, n: 0 });
    expect(() => differenceOverSeeds([same(1)], [], SEED)).to.throw(RangeError, "1 seeds cannot be paired with 0");
  });

  it("cover the truth at least about 95 times in 100, where questions drawn anew for each seed would not", () => {
    const random = mulberry32(3);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const runs = 60;
    let [covered, byRow] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const hard = Array.from({ length: 20 }, () => 0.1 * normal());
      const trainings = Array.from({ length: 3 }, () => {
        const luck = 0.01 * normal();
        return answers(hard.map((one) => 0.5 + one + luck + 0.05 * normal()));
      });
      const found = meanOverSeeds(trainings, run);
      if (found.low <= 0.5 && 0.5 <= found.high) covered++;
      const rows = meanEstimate(
        trainings.flatMap((one) => [...one.values()]),
        run,
      );
      if (rows.low <= 0.5 && 0.5 <= rows.high) byRow++;
    }
    expect(covered / runs).to.be.within(0.9, 1);
    expect(byRow / runs).to.be.below(0.85);
  });
});
