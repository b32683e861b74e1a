import { expect } from "chai";
import { closed, completed, LORA, learningRate, length, lengthMistakes, paceOf, refuse, WARMUP, warmupOf } from "../src/settings.ts";

describe("the settings that trainers share", () => {
  const schema = closed({ ...length(3), learningRate: learningRate(5e-5, "it falls"), lora: LORA });

  it("are null where nobody says what they are, inside of others too", () => {
    expect(completed(schema, { steps: 5, lora: { rank: 8 } })).to.deep.equal({
      epochs: null,
      steps: 5,
      learningRate: null,
      lora: { rank: 8, alpha: null, dropout: null, targets: null },
    });
    expect(completed(schema, {})).to.deep.equal({ epochs: null, steps: null, learningRate: null, lora: null });
  });

  it("say their defaults where these depend on others", () => {
    expect(schema.properties["epochs"]?.["description"]).to.equal("Passes over the data. Not beside steps. Default: 3.");
    expect(schema.properties["learningRate"]?.["description"]).to.equal(
      "Highest learning rate; it falls. Default: 0.00005, ten times that with lora.",
    );
  });

  it("give passes or steps, and adapters ten times the rate, unless told otherwise", () => {
    const usual = { epochs: 3, learningRate: 1e-3 };
    expect(paceOf({}, usual)).to.deep.equal({ epochs: 3, steps: null, learningRate: 1e-3 });
    expect(paceOf({ epochs: 1, lora: {} }, usual)).to.deep.equal({ epochs: 1, steps: null, learningRate: 1e-2 });
    expect(paceOf({ steps: 7, lora: {}, learningRate: 1 }, usual)).to.deep.equal({ epochs: null, steps: 7, learningRate: 1 });
  });

  it("warm a training up that has steps for it, and a shorter one only where a preset says so", () => {
    expect([1, 12, 19, 20, 500].map((steps) => warmupOf(null, steps))).to.deep.equal([0, 0, 0, 0.05, 0.05]);
    expect([0, 0.1, 3].map((warmup) => [warmupOf(warmup, 12), warmupOf(warmup, 500)])).to.deep.equal([0, 0.1, 3].map((warmup) => [warmup, warmup]));
    expect(WARMUP["description"]).to.contain("Default: 0.05 of 20 steps or more, none of fewer.");
    expect(completed(closed({ warmup: WARMUP }), {})).to.deep.equal({ warmup: null });
  });

  it("are refused with all that is wrong across them, and what to do about it", () => {
    const wrong = [...lengthMistakes({ steps: 1, epochs: 1 }), { what: "gpus is 2", hint: "Leave it out." }];
    expect(() => refuse("sft", wrong, "it"))
      .to.throw("stages.sft: say steps or epochs, not both; gpus is 2.")
      .with.include({ code: "TRAIN_SETTINGS", hint: "Leave it out." });
    expect(() => refuse("rl", lengthMistakes({ steps: 1, epochs: 1 }), "it"))
      .to.throw()
      .with.property("hint", "Every setting is described in the README of it.");
    for (const fine of ["steps", "epochs", "gpus"]) refuse("sft", lengthMistakes({ [fine]: 1 }), "it");
  });
});
