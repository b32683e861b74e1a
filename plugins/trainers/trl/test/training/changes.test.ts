import { expect } from "chai";
import { unseenChange } from "../../src/training/changes.ts";
import { python } from "./jobs.ts";

describe("what a training changed", function () {
  this.timeout(600_000);
  let found: Readonly<Record<string, Readonly<Record<string, number>>>>;
  before(async () => {
    found = JSON.parse(await python("check_changes.py"));
  });

  it("is how many weights are others, how far, and what 16 bits leave of it", () => {
    const { seen } = found;
    // Of four weights, by .5 and by less than half of the distance between two 16-bit numbers at 4.
    expect(seen).to.include({ weightsChanged: 0.5, weightsChangedF16: 0.25, largestChange: 0.5, changeSeenInF16: 1 });
    expect(seen!["relativeChange"]).to.be.closeTo(0.5 / Math.sqrt(30), 1e-6);
    expect(found["unseen"]).to.deep.include({ weightsChanged: 1, weightsChangedF16: 0, changeSeenInF16: 0 });
    expect(found["same"]).to.deep.equal({ weightsChanged: 0, weightsChangedF16: 0, largestChange: 0, relativeChange: 0, changeSeenInF16: 0 });
    expect(found["nothing"]).to.deep.equal({});
  });

  it("is how differently the model writes, per token that a model wrote and from where it started", () => {
    // The first token of a row has nothing to be predicted from.
    expect(found["divergence"]).to.deep.equal({ kl: found["byHand"], klTokens: 2 });
    expect(found["other"]!["kl"]).to.be.closeTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 1e-5);
    expect(found["itself"]).to.deep.equal({ kl: 0, klTokens: 2 });
    expect(found["long"]).to.deep.equal({});
    expect(found["many"]).to.equal(8);
  });

  it("is not asked of a reward model", () => expect(found["rewardModel"]).to.deep.equal({}));

  it("is said where evaluation can hardly see it", () => {
    const tiny = { weightsChanged: 1, weightsChangedF16: 0.02, largestChange: 1.4e-6, changeSeenInF16: 0.1 };
    expect(unseenChange("rl", tiny)).to.equal(
      "stage rl changed weights so little (0.0000014 at most) that in 16 bits the change is mostly rounding (cosine to the real one 0.10): evaluation will show hardly anything of it. Train for more steps or at a higher learningRate.",
    );
    expect(unseenChange("rl", { ...tiny, weightsChangedF16: 0, changeSeenInF16: 0 })).to.contain("changed no weight that can be told in 16 bits");
    expect(unseenChange("sft", { ...tiny, changeSeenInF16: 0.9 })).to.equal(undefined);
    expect(unseenChange("reward-model", { steps: 3 })).to.equal(undefined);
  });
});
