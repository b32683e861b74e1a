import { expect } from "chai";
import { ksUpTo, passAtK } from "../src/pass-at-k.ts";

/** All choices of k of n samples, the first `right` of which are right. */
function counted(n: number, right: number, k: number): number {
  let [some, all] = [0, 0];
  for (let choice = 0; choice < 2 ** n; choice++) {
    const chosen = Array.from({ length: n }, (_, sample) => sample).filter((sample) => (choice >> sample) & 1);
    if (chosen.length !== k) continue;
    all++;
    if (chosen.some((sample) => sample < right)) some++;
  }
  return some / all;
}

describe("pass@k of n samples", () => {
  /** By hand: C(4,2) = 6, C(3,2) = 3, C(2,2) = 1; C(8,4) = 70, C(6,4) = 15, C(5,4) = 5. */
  const BY_HAND = [
    [4, 1, 1, 1 / 4],
    [4, 1, 2, 1 - 3 / 6],
    [4, 2, 2, 1 - 1 / 6],
    [4, 3, 2, 1],
    [8, 2, 4, 1 - 15 / 70],
    [8, 3, 4, 1 - 5 / 70],
    [8, 0, 8, 0],
    [8, 1, 8, 1],
  ] as const;
  for (const [n, right, k, value] of BY_HAND) {
    it(`is ${value.toFixed(4)} for k = ${k}, ${right} right of ${n}`, () => expect(passAtK(n, right, k)).to.be.closeTo(value, 1e-15));
  }

  it("is the share of all choices of k samples with a right one among them", () => {
    for (let n = 1; n <= 9; n++)
      for (let right = 0; right <= n; right++)
        for (let k = 1; k <= n; k++) expect(passAtK(n, right, k), `${n} ${right} ${k}`).to.be.closeTo(counted(n, right, k), 1e-12);
  });

  it("neither over- nor underflows with thousands of samples", () => {
    expect(passAtK(10_000, 1, 5000)).to.be.closeTo(0.5, 1e-9);
    expect(passAtK(10_000, 5000, 5000)).to.equal(1);
    expect(passAtK(10_000, 0, 10_000)).to.equal(0);
  });

  it("is refused where there is none", () => {
    for (const [n, right, k] of [
      [4, 1, 5],
      [4, 1, 0],
      [4, 5, 1],
      [4, -1, 1],
      [4, 1, 1.5],
    ] as const)
      expect(() => passAtK(n, right, k), `${n} ${right} ${k}`).to.throw(RangeError, `there is no pass@${k} of ${n} samples with ${right} right`);
  });

  it("is shown for powers of two, and for n", () => {
    expect([0, 1, 2, 6, 8].map(ksUpTo)).to.deep.equal([[], [1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8]]);
  });
});
