import { expect } from "chai";
import { fieldsIn, metricsIn } from "../src/progress.ts";

describe("a line of a backend's log", () => {
  it("gives its fields, and nothing where it is half a line or no object", () => {
    expect(fieldsIn('{"step": 3, "loss": 0.5}')).to.deep.equal({ step: 3, loss: 0.5 });
    for (const line of ['{"step": 3, "lo', "", "null", "3", "[1]", "Traceback"]) expect(fieldsIn(line), line).to.equal(undefined);
  });

  it("gives the figures that people are shown, under their names", () => {
    const fields = { "train/loss": 0.5, "train/lr": 1e-5, elapsed: "0:01", other: 7 };
    expect(metricsIn(fields, { "train/loss": "loss", "train/lr": "learningRate", elapsed: "seconds", missing: "none" })).to.deep.equal({
      loss: 0.5,
      learningRate: 1e-5,
    });
  });
});
