import { expect } from "chai";
import { changeText } from "../src/figures/stages.ts";

describe("what a training changed", () => {
  it("is said in a line, where its trainer measured it", () => {
    expect(changeText({ weightsChanged: 0.3123, kl: 0.01234 })).to.equal("changed 31 % of weights, KL 0.012 nats a token");
    expect(changeText({ weightsChanged: 0 })).to.equal("changed 0 % of weights");
    expect(changeText({ weightsChanged: 0.0000152, kl: 0 })).to.equal("changed 0.0015 % of weights, KL 0.0 nats a token");
    expect(changeText({ loss: 1 })).to.equal(undefined);
  });
});
