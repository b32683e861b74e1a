import { expect } from "chai";
import { evaluateModels } from "../src/evaluate.ts";

describe("models to be evaluated", () => {
  it("are told apart before the first answer is paid for, whatever a file system makes of capitals", async () => {
    const contestant = (model: string) => ({ model, path: "/models/m", examples: false, against: [] });
    // Reaching anything of the run would fail otherwise.
    const nothing = {} as Parameters<typeof evaluateModels>[1];
    const error = await evaluateModels([contestant("Base"), contestant("base")], nothing).catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain('two models are called "base".');
  });
});
