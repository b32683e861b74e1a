import { expect } from "chai";
import { evaluate } from "../src/arithmetic.ts";

const shown = (text: string) => {
  const value = evaluate(text);
  return value === undefined ? undefined : `${value.numerator}/${value.denominator}`;
};

describe("exact arithmetic", () => {
  it("follows the usual precedence", () => {
    expect(shown("2+3*4")).to.equal("14/1");
    expect(shown("(2+3)*4")).to.equal("20/1");
    expect(shown("-2**2")).to.equal("-4/1");
    expect(shown("2**3**2")).to.equal("512/1");
    expect(shown("8/4/2")).to.equal("1/1");
    expect(shown("-7 % 3")).to.equal("2/1");
  });

  it("is exact where floating point is not", () => {
    expect(shown("0.1+0.2")).to.equal("3/10");
    expect(shown("1/3*3")).to.equal("1/1");
    expect(shown("1,000*3")).to.equal("3000/1");
  });

  it("leaves alone what is not arithmetic, or not finished, or has no value", () => {
    for (const text of ["x+1", "import os", "7", "5+2(3)", "1/0", "(1+2", "1+", "400-250 eggs", ""]) expect(evaluate(text), text).to.equal(undefined);
  });

  it("refuses hostile sizes without working on them", () => {
    expect(evaluate("9**9**9")).to.equal(undefined);
    expect(evaluate("((9**64)**64)**64 / ((7**64)**64)**63")).to.equal(undefined);
    expect(evaluate(`${"(".repeat(150)}1+1${")".repeat(150)}`)).to.equal(undefined);
    expect(evaluate("1+".repeat(100_000))).to.equal(undefined);
  });
});
