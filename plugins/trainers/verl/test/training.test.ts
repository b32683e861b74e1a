import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DIALECTS, dialects, type JsonObject, type LaunchPlan, PluginError, type TrainJob, type TrainResult, type TrainStage } from "@autotraj/core";
import { setupPlugin, stageSettings, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { expectGolden } from "../../../libraries/trainer-backend/test/support/golden.ts";
import plugin from "../src/index.ts";
import { mergePlan, type PlannedJob, plan, progress } from "../src/training/plan.ts";
import type { VerlStage } from "../src/training/schemas.ts";
import { type StageSettings, settingsOf } from "../src/training/settings.ts";
import { shims } from "../src/training/train.ts";

/** As the kernel hands them over, read. */
async function settings(stage: VerlStage, given: JsonObject): Promise<StageSettings> {
  return settingsOf(stage, stageSettings(await setupPlugin(plugin, { services: [[DIALECTS, dialects]] }), stage, given));
}

async function planned(stage: VerlStage, given: JsonObject, more: Partial<PlannedJob> = {}): Promise<PlannedJob> {
  return {
    settings: await settings(stage, given),
    model: "/models/base",
    isLocal: true,
    python: "/env/bin/python",
    total: 30,
    epochs: 3,
    hasHeldOut: false,
    dir: "/runs/a/models/stage",
    seed: 7,
    attempt: 1,
    shims: shims(),
    ...more,
  };
}
const SERVICE = { service: { url: "http://10.0.0.5:8090", token: "secret" } };
const SHIMS = Object.keys(shims()).map((name) => `python/${name}`);

function golden(name: string, plans: readonly LaunchPlan[]): void {
  expectGolden(new URL(`golden/${name}.txt`, import.meta.url), plans, SHIMS);
}

async function failureOf(work: () => unknown): Promise<PluginError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

describe("verl's plans", () => {
  it("are, for SFT on one GPU", async () => {
    const job = await planned("sft", {}, { hasHeldOut: true });
    golden("sft", [plan(job), mergePlan(job, "checkpoints/global_step_30")]);
  });
  it("are, for SFT on two nodes", async () =>
    golden("sft-ray", [
      plan(
        await planned(
          "sft",
          {
            nodes: 2,
            gpus: 8,
            batchSize: 2,
            accumulation: 4,
            template: "/templates/it's.jinja",
            warmup: 10,
            native: { "model.lora_rank": 8, "data.num_workers": 2 },
          },
          { model: "owner/model", isLocal: false, attempt: 3 },
        ),
      ),
    ]));
  it("are, for GRPO on one GPU", async () => {
    const job = await planned("rl", { steps: 30 }, SERVICE);
    golden("grpo", [plan(job), mergePlan(job, "checkpoints/global_step_30/actor")]);
  });
  it("are, for GRPO on a Ray cluster", async () =>
    golden("grpo-cluster", [
      plan(
        await planned(
          "rl",
          {
            ...{ steps: 30, group: 8, promptsPerStep: 64, gpus: 8, nodes: 2, tensorParallel: 2, batchSize: 4, beta: 0.01, rayAddress: "auto" },
            ...{ maxNewTokens: 256, onInvalid: "fallback", fallbackReward: -1, native: { "actor_rollout_ref.actor.entropy_coeff": 0.001 } },
          },
          SERVICE,
        ),
      ),
    ]));

  it("know of rewards, losses and clips what the settings say", async () => {
    const actor = "actor_rollout_ref.actor";
    const argv = async (given: JsonObject) => plan(await planned("rl", given, SERVICE)).argv;
    expect(await argv({})).to.include.members(["algorithm.norm_adv_by_std_in_grpo=false", `${actor}.loss_agg_mode=token-mean`]);
    expect(await argv({ scaleRewards: "group", lossType: "dr_grpo", clip: { high: 0.28 } })).to.include.members([
      "algorithm.norm_adv_by_std_in_grpo=true",
      `${actor}.loss_agg_mode=seq-mean-token-sum-norm`,
      `${actor}.clip_ratio_low=0.2`,
      `${actor}.clip_ratio_high=0.28`,
    ]);
    expect(await argv({ clip: {} })).to.include.members([`${actor}.clip_ratio_low=0.2`, `${actor}.clip_ratio_high=0.2`]);
  });

  it("report where they are told to, beside the file that progress is read from", async () => {
    const logger = async (stage: "sft" | "rl", given: JsonObject) =>
      plan(await planned(stage, given, SERVICE)).argv.find((one) => one.includes("trainer.logger"));
    for (const stage of ["sft", "rl"] as const) {
      expect(await logger(stage, {})).to.equal("trainer.logger=[console,file]");
      expect(await logger(stage, { reportTo: ["wandb"] })).to.equal("trainer.logger=[console,file,wandb]");
    }
  });
  it("hold no token outside the environment", async () => {
    const { env, ...rest } = plan(await planned("rl", {}, SERVICE));
    expect(env["AUTOTRAJ_SERVICE_TOKEN"]).to.equal("secret");
    expect(JSON.stringify(rest)).not.to.contain("secret");
  });

  it("quote for Hydra what would read as something else", async () => {
    const native = {
      "+a": "x y",
      "+b": "it's",
      "+c": "null",
      "+d": "1e5",
      "+e": ["a b", 2],
      "+f": { key: "v:w" },
      "+g": true,
      "+h": "tail\\",
      "~i": null,
    };
    const { argv } = plan(await planned("sft", { native }));
    expect(argv.slice(-11, -2)).to.deep.equal([
      ...["+a='x y'", "+b='it\\'s'", "+c='null'", "+d='1e5'", "+e=['a b',2]", "+f={key:'v:w'}", "+g=true", "+h='tail\\\\'", "~i"],
    ]);
  });
});

describe("verl's settings", () => {
  const mistakeIn = (given: JsonObject) =>
    settings("rl", given).then(
      () => expect.fail("nothing was found wrong"),
      (error: Error) => error.message,
    );

  it("tell all mistakes at once, each with the nearest name", async () => {
    expect((await mistakeIn({ grop: 4, temperature: 0, onInvalid: "zero" })).split("\n")).to.have.members([
      'stages.rl.grop is not a setting of this stage. Did you mean "group"?',
      "stages.rl.temperature must be greater than 0, but is 0.",
      'stages.rl.onInvalid must be one of raise, drop, fallback, but is "zero".',
    ]);
  });

  const wrong: Readonly<Record<string, readonly [JsonObject, string]>> = {
    "a fallback without a reward": [{ onInvalid: "fallback" }, "stages.rl: fallbackReward goes with onInvalid: fallback, and only with it."],
    "a reward without a fallback": [{ fallbackReward: 0 }, "stages.rl: fallbackReward goes with onInvalid: fallback, and only with it."],
    "batches that do not divide": [
      { gpus: 3 },
      "stages.rl: 4 questions × 4 trajectories do not divide among 3 GPUs (promptsPerStep × group, gpus × nodes).",
    ],
    "engines that do not divide": [{ gpus: 2, tensorParallel: 4 }, "stages.rl: 2 GPUs do not divide into engines of tensorParallel 4."],
    "overrides of what the job decides": [
      { native: { "+data.train_files": "x", "trainer.save_freq": 0, "trainer.balance_batch": false } },
      "stages.rl: native: +data.train_files, trainer.save_freq cannot be set: AutoTraj decides them.",
    ],
  };
  for (const [what, [given, message]] of Object.entries(wrong)) it(`refuse ${what}`, async () => expect(await mistakeIn(given)).to.equal(message));

  it("refuse all of these at once", async () => {
    expect(await mistakeIn({ gpus: 3, tensorParallel: 2, fallbackReward: 1 })).to.equal(
      "stages.rl: fallbackReward goes with onInvalid: fallback, and only with it; 4 questions × 4 trajectories do not divide among 3 GPUs " +
        "(promptsPerStep × group, gpus × nodes); 3 GPUs do not divide into engines of tensorParallel 2.",
    );
  });

  it("say who can do DPO", async () => {
    expect(await mistakeIn({ method: "dpo" })).to.equal(
      'stages.rl.method must be "grpo", but is "dpo" (verl samples and is rewarded (GRPO); @autotraj/trainer-trl and @autotraj/trainer-llamafactory have DPO).',
    );
  });

  it("say who plays another question in place of a group without variance, and take the setting where it asks for none", async () => {
    expect(await mistakeIn({ resample: 2 })).to.equal(
      "stages.rl.resample must be 0, but is 2 (0 or left out: verl plays no other question in place of a group without variance, @autotraj/trainer-trl does).",
    );
    expect(await settings("rl", { resample: 0 })).to.include({ method: "grpo" });
  });

  it("count epochs unless steps are given", async () => {
    expect(await settings("sft", {})).to.include({ method: "sft", epochs: 3, steps: null, template: null });
    expect(await settings("sft", { steps: 4 })).to.include({ epochs: null, steps: 4 });
    expect((await failureOf(() => settings("sft", { steps: 4, epochs: 1 }))).message).to.equal("stages.sft: say steps or epochs, not both.");
  });
});

describe("verl's log", () => {
  it("is read line by line, of SFT and of RL", () => {
    // The keys are those of verl 0.9.1: sft_trainer.py, ppo/metric_utils.py.
    expect(progress('{"step":3,"data":{"train/loss":1.5,"train/grad_norm":0.25,"train/lr":5e-05,"train/global_tokens":512}}', 30)).to.deep.equal({
      step: 3,
      total: 30,
      metrics: { loss: 1.5, gradNorm: 0.25, learningRate: 5e-5 },
    });
    const rl =
      '{"step":1,"data":{"critic/rewards/mean":0.5,"critic/rewards/max":1.0,"response_length/mean":120.5,"actor/pg_loss":0.01,"perf/throughput":900.0}}';
    expect(progress(rl, 9)).to.deep.equal({ step: 1, total: 9, metrics: { reward: 0.5, completionTokens: 120.5, loss: 0.01, tokensPerSecond: 900 } });
    for (const other of [rl.slice(0, 30), "null", "", "{}", '{"step":1}', '{"step":1,"data":null}']) expect(progress(other, 9)).to.equal(undefined);
  });
});

describe("training with verl", () => {
  let folder: string;
  let launched: LaunchPlan[];
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-verl-training-")));
    mkdirSync(join(folder, "base"));
    writeFileSync(join(folder, "base", "config.json"), "{}");
    launched = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const dir = () => join(folder, "job");

  const sftRow = (n: number): JsonObject => ({
    id: `t-${n}`,
    query: { id: `q-${n}`, question: "6*7?", answers: ["42"] },
    dialect: "tags",
    tools: [],
    messages: [
      { role: "user", content: "6*7?" },
      { role: "assistant", content: "", text: "<answer>42</answer>" },
    ],
    answer: "42",
    finish: "answer",
    faults: [],
    provenance: { origin: "rollout" },
    scores: {},
    verdict: null,
  });
  const task = (n: number): JsonObject => ({
    id: `q-${n}`,
    query: { id: `q-${n}`, question: "6*7?", answers: [] },
    messages: [
      { role: "system", content: "" },
      { role: "user", content: "6*7?" },
    ],
    dialect: "native",
    tools: [{ name: "python", description: "Runs code", parameters: { type: "object" }, tag: { name: "code", argument: "code" } }],
    stop: ["</code>"],
    sampling: { temperature: 1, topP: 1, topK: 0, maxTokens: 256 },
    maxToolCalls: 3,
    maxTurns: 4,
  });

  function checkpoint(step: number): void {
    mkdirSync(join(dir(), "checkpoints", `global_step_${step}`), { recursive: true });
    writeFileSync(join(dir(), "checkpoints", "latest_checkpointed_iteration.txt"), String(step));
  }
  function model(): void {
    mkdirSync(join(dir(), "model"), { recursive: true });
    writeFileSync(join(dir(), "model", "config.json"), '{"architectures": ["LlamaForCausalLM"]}');
    writeFileSync(join(dir(), "model", "tokenizer.json"), "{}");
    const header = Buffer.from("{}");
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(join(dir(), "model", "model.safetensors"), Buffer.concat([length, header]));
  }

  async function train(
    stage: TrainStage,
    options: JsonObject,
    rows: readonly JsonObject[],
    leave: (plan: LaunchPlan) => void,
    python = process.execPath,
  ): Promise<TrainResult> {
    mkdirSync(join(dir(), "data"), { recursive: true });
    const data = { train: join(dir(), "data", "train.jsonl"), heldOut: join(dir(), "data", "held-out.jsonl") };
    writeFileSync(data.train, rows.map((row) => JSON.stringify(row)).join("\n"));
    writeFileSync(data.heldOut, stage === "sft" ? `${JSON.stringify(sftRow(99))}\n` : "");
    const set = await setupPlugin(plugin, { services: [[DIALECTS, dialects]], baseDir: folder, options: python === "" ? {} : { python } });
    const job: TrainJob = {
      ...{ stage, options: stageSettings(set, stage, options), model: "base", data, dir: dir(), seed: 7, ...SERVICE },
      launch: async (it) => {
        launched.push(it);
        leave(it);
      },
    };
    return set.taps.find(({ options: tap }) => tap["stageName"] === stage)!.tap(job, testRun());
  }
  const isMerge = ({ argv }: LaunchPlan) => argv.includes("verl.model_merger");
  const rows = (count: number, make: (n: number) => JsonObject) => Array.from({ length: count }, (_, n) => make(n));

  it("writes the rows, trains for as many steps as they fill, and merges the last checkpoint", async () => {
    const found = await train("sft", { batchSize: 4, epochs: 2 }, rows(11, sftRow), (it) => {
      if (isMerge(it)) return model();
      writeFileSync(
        join(dir(), it.progressFile),
        '{"step":3,"data":{"train/loss":2.0}}\n{"step":4,"data":{"train/loss":1.0}}\n{"step":4,"data":{"val/loss":1.5}}\n',
      );
      checkpoint(4);
    });
    expect(found).to.deep.equal({ modelPath: join(dir(), "model"), kind: "causal", metrics: { steps: 4, loss: 1, heldOutLoss: 1.5 } });
    expect(launched[0]!.argv).to.include.members([
      "trainer.total_training_steps=4",
      "trainer.total_epochs=2",
      `data.val_files=${join(dir(), "dataset/held-out.parquet")}`,
    ]);
    expect(launched[1]!.argv).to.include.members(["--local_dir", "checkpoints/global_step_4"]);
    expect(await parquetReadObjects({ file: await asyncBufferFromFile(join(dir(), "dataset", "train.parquet")) })).to.have.length(11);
  });

  it("goes on where it was cut off, with a log of its own, and does not train again what is trained", async () => {
    checkpoint(1);
    const stop = () =>
      train("sft", { batchSize: 4, epochs: 1 }, rows(8, sftRow), (it) =>
        writeFileSync(join(dir(), it.progressFile), '{"step":1,"data":{"train/loss":3.0}}\n'),
      );
    expect(await failureOf(stop)).to.deep.include({ code: "TRAIN_ARTIFACT" });
    const { metrics } = await train("sft", { batchSize: 4, epochs: 1 }, rows(8, sftRow), (it) => (isMerge(it) ? model() : checkpoint(2)));
    expect(launched.map(({ progressFile }) => progressFile)).to.deep.equal(["progress-1.jsonl", "progress-2.jsonl", "progress-2.jsonl"]);
    expect(metrics).to.deep.equal({ steps: 2, loss: 3 });
    await train("sft", { batchSize: 4, epochs: 1 }, rows(8, sftRow), model);
    expect(launched).to.have.length(3);
    expect(readdirSync(join(dir(), "checkpoints"))).to.deep.equal(["latest_checkpointed_iteration.txt"]);
  });

  it("trains again where the model is gone, and keeps its checkpoints where it is told to", async () => {
    const settings = { batchSize: 4, epochs: 1, keepCheckpoints: true };
    const leave = (it: LaunchPlan) => (isMerge(it) ? model() : checkpoint(2));
    await train("sft", settings, rows(8, sftRow), leave);
    expect(readdirSync(join(dir(), "checkpoints"))).to.include("global_step_2");
    await train("sft", { ...settings, keepCheckpoints: false }, rows(8, sftRow), leave);
    rmSync(join(dir(), "model"), { recursive: true });
    launched.splice(0);
    await train("sft", settings, rows(8, sftRow), leave);
    expect(launched.map(isMerge)).to.deep.equal([false, true]);
  });

  it("hands GRPO the questions with what the service and the agent loop must know", async () => {
    await train("rl", { steps: 5, promptsPerStep: 2 }, rows(5, task), (it) => (isMerge(it) ? model() : checkpoint(5)));
    expect(launched[0]!.argv).to.include.members(["trainer.total_training_steps=5", "trainer.total_epochs=3"]);
    expect(launched[1]!.argv).to.include("checkpoints/global_step_5/actor");
    const [first] = await parquetReadObjects({ file: await asyncBufferFromFile(join(dir(), "dataset", "train.parquet")) });
    const tools = [{ type: "function", function: { name: "python", description: "Runs code", parameters: { type: "object" } } }];
    expect(first).to.deep.equal({
      id: "q-0",
      data_source: "autotraj",
      prompt: [{ role: "user", content: "6*7?" }],
      reward_model: { style: "rule", ground_truth: "" },
      extra_info: { task_id: "q-0", dialect: "native", stop: ["</code>"], max_new_tokens: 256, tool_definitions: JSON.stringify(tools) },
    });
    for (const name of Object.keys(launched[0]!.files)) expect(launched[0]!.files[name], name).to.match(/\S/);
    expect(existsSync(join(dir(), "dataset", "held-out.parquet"))).to.equal(false);
  });

  it("refuses data that would train for no step, and leave no model", async () => {
    expect((await failureOf(() => train("rl", { promptsPerStep: 8 }, rows(5, task), () => {}))).message).to.equal(
      "5 rows do not fill one step of 8 (promptsPerStep).",
    );
    expect(await failureOf(() => train("sft", {}, [], () => {}))).to.deep.include({ code: "TRAIN_DATA" });
    expect(launched).to.have.length(0);
  });

  it("fails where verl is nowhere, or a merge left nothing", async () => {
    const error = await failureOf(() => train("sft", { batchSize: 1 }, rows(1, sftRow), () => {}, ""));
    expect(error).to.deep.include({ code: "TRAIN_PYTHON", hint: "Name its environment's folder or interpreter in the plugin's option python." });
    expect(await failureOf(() => train("sft", { batchSize: 1, epochs: 1 }, rows(1, sftRow), () => checkpoint(1)))).to.deep.include({
      code: "TRAIN_ARTIFACT",
    });
    expect(readFileSync(join(dir(), "checkpoints", "latest_checkpointed_iteration.txt"), "utf8")).to.equal("1");
  });
});
