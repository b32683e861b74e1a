import type { JsonObject, TrainStage } from "@autotraj/core";
import { expect } from "chai";
import { readSettings } from "../../src/training/read-settings.ts";
import { type Method, SETTINGS } from "../../src/training/settings.ts";

function mistakeIn(stage: TrainStage, options: JsonObject): string {
  try {
    readSettings(stage, options);
  } catch (error) {
    expect(error).to.include({ code: "TRAIN_SETTINGS" });
    return (error as Error).message;
  }
  throw new Error("nothing was found wrong");
}

describe("the settings of a stage", () => {
  it("have defaults, ten times the learning rate with adapters", () => {
    expect(readSettings("sft", {})).to.deep.equal({
      ...{ method: "sft", epochs: 3, steps: null, learningRate: 5e-5, warmup: 0.05, batchSize: 8, accumulation: 1, maxLength: 2048 },
      ...{ lora: null, device: "auto", gpus: 1, dtype: "bf16", threads: 0, saveSteps: 50, saveKeep: 2, schedule: "linear", shard: "none" },
    });
    const adapted = readSettings("sft", { lora: { rank: 8 } });
    expect(adapted.lora).to.deep.equal({ rank: 8, alpha: 32, dropout: 0, targets: null });
    expect(adapted.learningRate).to.be.closeTo(5e-4, 1e-12);
    expect(readSettings("sft", { lora: {}, learningRate: 1e-4 }).learningRate).to.equal(1e-4);
  });

  it("say how long in steps or in epochs", () => {
    expect(readSettings("reward-model", { steps: 5 })).to.include({ steps: 5, epochs: null });
    expect(mistakeIn("reward-model", { steps: 5, epochs: 1 })).to.equal("stages.reward-model: say steps or epochs, not both.");
  });

  it("that do not exist are named, with the nearest that does", () => {
    expect(mistakeIn("sft", { learningrate: 1, lora: { rnak: 2 } })).to.equal(
      "stages.sft.learningrate is no setting (did you mean learningRate?); stages.sft.lora.rnak is no setting (did you mean rank?).",
    );
    expect(mistakeIn("sft", { temperature: 1 })).to.match(/^stages\.sft\.temperature is no setting; there are epochs, steps, /);
    expect(mistakeIn("rl", { method: "dpo", group: 4 })).to.equal("stages.rl.group is no setting of method dpo (it is one of grpo).");
    expect(mistakeIn("rl", { epochs: 1 })).to.contain("stages.rl.epochs is no setting of method grpo (it is one of dpo)");
  });

  it("that do not fit say what would", () => {
    const wrong = { batchSize: 1.5, learningRate: 0, saveKeep: 1, device: "gpu", lora: { dropout: 2, targets: [] }, maxLength: "long" };
    expect(mistakeIn("sft", wrong)).to.equal(
      [
        "stages.sft.batchSize is 1.5, not a whole number of 1 or more",
        'stages.sft.maxLength is "long", not a whole number of 16 or more',
        "stages.sft.learningRate is 0, not a number above 0",
        "stages.sft.saveKeep is 1, not a whole number of 2 or more",
        'stages.sft.device is "gpu", not one of auto, cpu, cuda',
        "stages.sft.lora.dropout is 2, not a number of 0 or more up to 1",
        "stages.sft.lora.targets is [], not a list of names.",
      ].join("; "),
    );
    expect(mistakeIn("rl", { method: "ppo" })).to.contain('stages.rl.method is "ppo", not one of grpo, dpo');
    expect(mistakeIn("sft", { lora: 3 })).to.contain("stages.sft.lora is 3, not a map");
  });

  it("cut a step of RL into whole passes", () => {
    expect(readSettings("rl", { group: 4, promptsPerStep: 4, batchSize: 8 })).to.include({ batchSize: 8, accumulation: 2 });
    expect(readSettings("rl", {})).to.include({ group: 4, promptsPerStep: 4, batchSize: 4, accumulation: 4, method: "grpo" });
    expect(mistakeIn("rl", { group: 4, promptsPerStep: 3, batchSize: 8 })).to.equal(
      "stages.rl: 3 questions × 4 trajectories do not divide into passes of batchSize 8 on 1 GPU.",
    );
  });

  it("are all described", () => {
    for (const method of Object.keys(SETTINGS) as Method[])
      for (const [key, { description }] of Object.entries(SETTINGS[method])) expect(description, `${method}.${key}`).to.match(/^\S.{10,}\.$/);
  });
});
