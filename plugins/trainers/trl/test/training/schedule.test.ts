import { expect } from "chai";
import { python } from "./jobs.ts";

describe("the learning rate of a training", function () {
  this.timeout(600_000);
  let rates: Readonly<Record<string, readonly number[]>>;
  before(async () => {
    rates = JSON.parse(await python("rates.py"));
  });

  it("is the highest from the first step on where there are fewer than twenty", () => {
    expect(rates["12 linear"]).to.deep.equal(Array.from({ length: 12 }, (_, step) => (12 - step) / 12));
  });

  it("rises over a twentieth of twenty steps or more, and is never 0", () => {
    expect(rates["20 linear"]!.slice(0, 3)).to.deep.equal([1 / 2, 1, 18 / 19]);
    expect(rates["60 linear"]!.slice(0, 5)).to.deep.equal([1 / 4, 2 / 4, 3 / 4, 1, 56 / 57]);
    for (const all of Object.values(rates)) for (const rate of all) expect(rate).to.be.greaterThan(0).and.at.most(1);
  });

  it("rises as the preset says, however few the steps", () => {
    expect(rates["8 linear 0.25"]!.slice(0, 4)).to.deep.equal([1 / 3, 2 / 3, 1, 5 / 6]);
    expect(rates["8 linear 1"]!.slice(0, 3)).to.deep.equal([1 / 2, 1, 6 / 7]);
    expect(rates["20 linear 0"]![0]).to.equal(1);
  });

  it("falls as a cosine where that is asked for", () => {
    const [first, , third] = rates["4 cosine"]!;
    expect(first).to.equal(1);
    expect(third).to.be.closeTo(0.5, 1e-12);
  });
});
