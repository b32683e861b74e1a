import { expect } from "chai";
import { compareQuestions } from "../src/result.ts";

const answers = (values: Readonly<Record<string, number>>) => new Map(Object.entries(values));

describe("the questions of two runs", () => {
  it("are compared where both have them, the second minus the first, and named", () => {
    const compared = compareQuestions(answers({ q1: 1, q2: 0, q3: 1, old: 1 }), answers({ q3: 0, q2: 1, q1: 1, new: 0, newer: 1 }));
    expect(compared).to.deep.include({ common: 3, onlyA: 1, onlyB: 2, better: ["q2"], worse: ["q3"], p: 1 });
    expect([compared.meanA, compared.meanB].map((value) => value.toFixed(3))).to.deep.equal(["0.667", "0.667"]);
    expect(compared.difference).to.deep.include({ value: 0, n: 3 });
  });

  it("have an interval that leaves out no difference where one side always wins", () => {
    const ids = Array.from({ length: 40 }, (_, index) => `q${index}`);
    const side = (value: number) => new Map(ids.map((id, index) => [id, index < 30 ? value : 1]));
    const { difference, p } = compareQuestions(side(0), side(1));
    expect(difference.value).to.equal(0.75);
    expect(difference.low).to.be.greaterThan(0.5);
    expect(p).to.be.lessThan(1e-6);
  });

  it("may be others altogether: then nothing is known", () => {
    const compared = compareQuestions(answers({ a: 1 }), answers({ b: 0 }));
    expect(compared).to.deep.include({ common: 0, onlyA: 1, onlyB: 1, better: [], worse: [], meanA: 0 });
    expect(compared.difference.n).to.equal(0);
  });
});
