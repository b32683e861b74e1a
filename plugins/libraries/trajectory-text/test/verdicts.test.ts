import { expect } from "chai";
import { meaningOf } from "../src/verdicts.ts";

describe("verdicts in words", () => {
  it("say of a candidate whether it is repaired, of a repair whether it is accepted", () => {
    const decisions = ["keep", "repair", "discard"] as const;
    expect(decisions.map((decision) => meaningOf({ origin: "rollout" }, { decision }))).to.deep.equal(["kept", "needs repair", "discarded"]);
    expect(decisions.map((decision) => meaningOf({ origin: "repair" }, { decision }))).to.deep.equal(["accepted", "refused", "refused"]);
  });
});
