import { DIALECTS, dialects, ENVIRONMENT, type JsonObject, type TrainStage } from "@autotraj/core";
import { type PluginUnderTest, setupPlugin, stageSettings } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../../src/index.ts";
import { type StageSettings, settingsOf } from "../../src/training/settings.ts";

describe("the settings of a stage that TRL trains", () => {
  let trl: PluginUnderTest;
  before(async () => {
    trl = await setupPlugin(plugin, { services: [[DIALECTS, dialects]] });
  });

  const read = (stage: TrainStage, given: JsonObject): StageSettings => settingsOf(stage, stageSettings(trl, stage, given));
  function mistakeIn(stage: TrainStage, given: JsonObject): string {
    try {
      stageSettings(trl, stage, given);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("nothing was found wrong");
  }

  it("are trained by an interpreter of one's own where the plugin names one: nothing is installed ahead of them", async () => {
    const own = await setupPlugin(plugin, { options: { python: "/envs/mine/bin/python" }, services: [[DIALECTS, dialects]] });
    expect(await own.provided(ENVIRONMENT).install()).to.equal("/envs/mine/bin/python");
  });

  it("have defaults, ten times the learning rate with adapters", () => {
    expect(read("sft", {})).to.deep.equal({
      ...{ method: "sft", epochs: 3, steps: null, learningRate: 5e-5, warmup: null, batchSize: 8, accumulation: 1, maxLength: 2048 },
      ...{
        lora: null,
        device: "auto",
        gpus: 1,
        dtype: "auto",
        threads: 0,
        saveSteps: 50,
        saveKeep: 2,
        keepCheckpoints: false,
        schedule: "linear",
        shard: "none",
        reportTo: [],
        native: {},
      },
    });
    const adapted = read("sft", { lora: { rank: 8 } });
    expect(adapted.lora).to.deep.equal({ rank: 8, alpha: 32, dropout: 0, targets: null });
    expect(adapted.learningRate).to.be.closeTo(5e-4, 1e-12);
    expect(read("sft", { lora: {}, learningRate: 1e-4 }).learningRate).to.equal(1e-4);
    expect(read("sft", { lora: { targets: null } }).lora?.targets).to.equal(null);
  });

  it("have those of the method in stage rl, and none of the other one", () => {
    expect(read("rl", { method: "dpo" })).to.deep.equal({
      ...{ method: "dpo", epochs: 1, steps: null, learningRate: 1e-6, warmup: null, batchSize: 4, accumulation: 1, maxLength: 2048, beta: 0.1 },
      ...{
        lora: null,
        device: "auto",
        gpus: 1,
        dtype: "auto",
        threads: 0,
        saveSteps: 50,
        saveKeep: 2,
        keepCheckpoints: false,
        schedule: "linear",
        reportTo: [],
        native: {},
      },
    });
    expect(read("rl", {})).to.deep.equal({
      ...{ method: "grpo", epochs: null, steps: 100, learningRate: 1e-6, warmup: null, batchSize: 4, accumulation: 4, maxLength: null, beta: 0 },
      ...{
        lora: null,
        device: "auto",
        gpus: 1,
        dtype: "auto",
        threads: 0,
        saveSteps: 5,
        saveKeep: 2,
        keepCheckpoints: false,
        schedule: "linear",
        reportTo: [],
        native: {},
      },
      ...{ scaleRewards: "none", lossType: "dapo", clip: null, resample: 2 },
      ...{ group: 4, promptsPerStep: 4, temperature: 1, maxNewTokens: null, maxCompletionTokens: 1024 },
      ...{ serviceTimeoutMs: 300_000, onServiceLost: "pause", vllm: "none", vllmUrl: "http://127.0.0.1:8000", vllmMemory: 0.3 },
    });
    expect(mistakeIn("rl", { method: "dpo", group: 4, vllm: "none" })).to.equal(
      "stages.rl: group is no setting of method dpo (it is one of grpo); vllm is no setting of method dpo (it is one of grpo).",
    );
    expect(mistakeIn("rl", { epochs: 1 })).to.equal("stages.rl: epochs is no setting of method grpo (it is one of dpo).");
    expect(mistakeIn("rl", { method: "dpo", beta: 0 })).to.equal("stages.rl: beta is 0, and method dpo needs it above 0.");
  });

  it("say how long in steps or in epochs", () => {
    expect(read("reward-model", { steps: 5 })).to.include({ steps: 5, epochs: null });
    expect(mistakeIn("reward-model", { steps: 5, epochs: 1 })).to.equal("stages.reward-model: say steps or epochs, not both.");
    expect(mistakeIn("rl", { method: "dpo", steps: 5, epochs: 1 })).to.equal("stages.rl: say steps or epochs, not both.");
  });

  it("that do not exist are named, with the nearest that does", () => {
    expect(mistakeIn("sft", { learningrate: 1, lora: { rang: 2 } })).to.equal(
      'stages.sft.learningrate is not a setting of this stage. Did you mean "learningRate"?\nstages.sft.lora.rang is not a setting of this stage. Did you mean "rank"?',
    );
    expect(mistakeIn("sft", { temperature: 1 })).to.match(/^stages\.sft\.temperature is not a setting of this stage\. Known: epochs, steps, /);
  });

  it("that do not fit say what would", () => {
    const wrong = { batchSize: 1.5, learningRate: 0, saveKeep: 1, device: "gpu", lora: { dropout: 2, targets: [] }, maxLength: "long" };
    expect(mistakeIn("sft", wrong).split("\n")).to.have.members([
      "stages.sft.batchSize must be an integer, but is 1.5 (Trajectories in one forward pass, per GPU).",
      'stages.sft.maxLength must be an integer, but is "long" (Tokens).',
      "stages.sft.learningRate must be greater than 0, but is 0.",
      "stages.sft.saveKeep must be at least 2, but is 1.",
      'stages.sft.device must be one of auto, cpu, cuda, but is "gpu". Did you mean "cpu"?',
      "stages.sft.lora.dropout must be at most 1, but is 2.",
      "stages.sft.lora.targets must have at least 1 item.",
    ]);
    expect(mistakeIn("rl", { method: "ppo" })).to.equal('stages.rl.method must be one of grpo, dpo, but is "ppo". Did you mean "dpo"?');
    expect(mistakeIn("sft", { lora: 3 })).to.match(/^stages\.sft\.lora must be an object, but is 3 \(Train adapters/);
  });

  it("take TRL's own options, and say of all others why not", () => {
    expect(read("sft", { native: { weight_decay: 0.1, max_grad_norm: 0.5 } }).native).to.deep.equal({ weight_decay: 0.1, max_grad_norm: 0.5 });
    expect(mistakeIn("rl", { native: { learning_rate: 1, loss_type: "grpo", output_dir: "/x", wait_decay: 0, num_iterations: 2 } })).to.equal(
      "stages.rl: native.learning_rate cannot be set: it is what the setting learningRate says; native.loss_type cannot be set: it is what the setting lossType says; " +
        "native.output_dir cannot be set: AutoTraj decides it; native.wait_decay is no option of GRPOConfig in TRL 1.16.",
    );
    expect(read("rl", { method: "dpo", native: { loss_type: "ipo" } }).native).to.deep.equal({ loss_type: "ipo" });
    // On a CPU transformers' own trainer does it.
    expect(read("sft", { device: "cuda", native: { loss_type: "nll" } }).native).to.deep.equal({ loss_type: "nll" });
    expect(mistakeIn("sft", { device: "cpu", native: { loss_type: "nll" } })).to.contain("is no option of TrainingArguments in TRL 1.16");
    expect(mistakeIn("rl", { native: { toString: 1 } })).to.contain("native.toString is no option of GRPOConfig");
  });

  it("clip alike both ways unless told otherwise", () => {
    expect(read("rl", { clip: { low: 0.1 } })).to.deep.include({ clip: { low: 0.1, high: null } });
    expect(read("rl", { clip: { high: 0.28 } })).to.deep.include({ clip: { low: 0.2, high: 0.28 } });
    expect(mistakeIn("rl", { scaleRewards: "std" })).to.contain("stages.rl.scaleRewards must be one of none, batch, group");
  });

  it("cut a step of RL into whole passes", () => {
    expect(read("rl", { group: 4, promptsPerStep: 4, batchSize: 8 })).to.include({ batchSize: 8, accumulation: 2 });
    expect(mistakeIn("rl", { group: 4, promptsPerStep: 3, batchSize: 8 })).to.equal(
      "stages.rl: 3 questions × 4 trajectories do not divide into passes of batchSize 8 on 1 GPU.",
    );
  });

  it("ask of the machine what it has, all at once", () => {
    expect(mistakeIn("sft", { device: "cpu", gpus: 2, shard: "full", lora: {} })).to.equal(
      "stages.sft: shard is full, which spreads a whole model's training over several GPUs; gpus is 2, and the device is the CPU.",
    );
    expect(mistakeIn("rl", { device: "cpu", vllm: "colocate" })).to.equal("stages.rl: vllm is colocate, and the device is the CPU.");
    expect(read("sft", { device: "cuda", gpus: 2, shard: "full" })).to.include({ shard: "full" });
  });
});
