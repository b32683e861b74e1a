import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  DIALECTS,
  dialects,
  type JsonObject,
  type LaunchPlan,
  type Message,
  PluginError,
  type TrainJob,
  type TrainResult,
  type TrainStage,
  type Trajectory,
} from "@autotraj/core";
import { setupPlugin, stageSettings, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { expectGolden } from "../../../libraries/trainer-backend/test/support/golden.ts";
import plugin from "../src/index.ts";
import { conversionPlan, type PlannedJob, plan, progress } from "../src/training/plan.ts";
import { type StageSettings, settingsOf } from "../src/training/settings.ts";

const USER: Message = { role: "user", content: "6*7?" };
const RESULT: Message = { role: "tool", toolCallId: "c", name: "python", content: "42", ok: true };
const CALL: Message = { role: "assistant", content: "", toolCalls: [{ id: "c", name: "python", arguments: { code: "6*7" } }] };
const tag = (text: string): Message => ({ role: "assistant", content: "", text });
const IN_TAGS = [USER, tag("<code>6*7</code>"), RESULT, tag("<answer>42</answer>")];
const WRONG_IN_TAGS = [USER, tag("<answer>41</answer>")];
const NATIVE: readonly Message[] = [USER, CALL, RESULT, { role: "assistant", content: "42" }];

function row(messages: readonly Message[], dialect: "tags" | "native", more: Partial<Trajectory> = {}): JsonObject {
  return {
    id: "t-1",
    query: { id: "q-1", question: "6*7?", answers: ["42"] },
    dialect,
    tools: [{ name: "python", description: "Runs code", parameters: { type: "object" }, tag: { name: "code", argument: "code" } }],
    messages: [{ role: "system", content: "Think." }, ...messages],
    answer: null,
    finish: "answer",
    faults: [],
    provenance: { origin: "rollout" },
    scores: {},
    verdict: null,
    ...more,
  } as unknown as JsonObject;
}
const PAIR = (better: readonly Message[], worse: readonly Message[], dialect: "tags" | "native"): JsonObject => ({
  query: { id: "q-1", question: "6*7?", answers: ["42"] },
  chosen: row(better, dialect),
  rejected: row(worse, dialect, { id: "t-2" }),
});

/** As the kernel hands them over, read. */
async function settings(stage: TrainStage, given: JsonObject): Promise<StageSettings> {
  const set = await setupPlugin(plugin, { services: [[DIALECTS, dialects]] });
  return settingsOf(stage, stageSettings(set, stage, given));
}

async function planned(stage: TrainStage, given: JsonObject, more: Partial<PlannedJob> = {}): Promise<PlannedJob> {
  const found = await settings(stage, given);
  return {
    settings: {
      ...found,
      device: found.device === "auto" ? "cuda" : found.device,
      dtype: found.dtype === "auto" ? "bf16" : found.dtype,
      template: found.template ?? "empty",
    },
    model: "/models/base",
    isLocal: true,
    rows: { train: 320, heldOut: 0 },
    python: "/env/bin/python",
    seed: 7,
    ...more,
  };
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

function golden(name: string, plans: readonly LaunchPlan[]): void {
  expectGolden(new URL(`golden/${name}.txt`, import.meta.url), plans);
}

describe("LLaMA-Factory's plans", async () => {
  const both = (job: PlannedJob): LaunchPlan[] => [
    plan(job),
    ...[conversionPlan(job, "/plugin/python/autotraj_value_head.py")].filter((it) => it !== undefined),
  ];

  it("are, for SFT on a CPU", async () => golden("sft-cpu", both(await planned("sft", { device: "cpu", threads: 2, steps: 20, dtype: "fp32" }))));
  it("are, for SFT with adapters of a hub's model on two GPUs", async () =>
    golden(
      "sft-lora",
      both(
        await planned(
          "sft",
          {
            lora: { rank: 8, targets: ["q_proj", "v_proj"] },
            gpus: 2,
            template: "qwen3_nothink",
            native: { neftune_noise_alpha: 5, save_steps: 10, deepspeed: "ds.json" },
          },
          { model: "owner/model", isLocal: false, rows: { train: 320, heldOut: 40 } },
        ),
      ),
    ));
  it("are, for a reward model", async () => golden("reward-model", both(await planned("reward-model", {}, { rows: { train: 320, heldOut: 40 } }))));
  it("are, for a reward model with adapters", async () => golden("reward-model-lora", both(await planned("reward-model", { lora: {} }))));
  it("report where they are told to", async () => {
    const yamlOf = async (given: JsonObject) => plan(await planned("sft", given)).files["train.yaml"];
    expect(await yamlOf({})).to.contain('report_to: "none"');
    expect(await yamlOf({ reportTo: ["wandb", "trackio"] })).to.contain('report_to: ["wandb","trackio"]');
  });
  it("warm up only what has twenty steps, as transformers counts them, or what is told to", async () => {
    const warmed = async (given: JsonObject, train: number) =>
      /^warmup_steps: (.*)$/m.exec(plan(await planned("sft", given, { rows: { train, heldOut: 0 } })).files["train.yaml"]!)![1];
    const three = { epochs: 3, batchSize: 2, accumulation: 2, gpus: 2 };
    expect(await warmed(three, 48)).to.equal("0");
    expect(await warmed(three, 49)).to.equal("0.05");
    expect(await warmed({ ...three, warmup: 0.1 }, 8)).to.equal("0.1");
  });
  it("are, for DPO", async () => golden("dpo", both(await planned("rl", { method: "dpo", beta: 0.2, learningRate: 5e-7, warmup: 10 }))));
});

describe("LLaMA-Factory's settings", () => {
  const mistakeIn = (stage: TrainStage, given: JsonObject) =>
    settings(stage, given).then(
      () => expect.fail("nothing was found wrong"),
      (error: Error) => error.message,
    );

  it("tell all mistakes at once, each with the nearest name", async () => {
    const wrong = await mistakeIn("sft", { epoch: 2, batchSize: 0, dtype: "fp16", lora: { rang: 4 }, colour: "red" });
    expect(wrong.replace(/Known: .*/, "Known: …").split("\n")).to.have.members([
      'stages.sft.epoch is not a setting of this stage. Did you mean "epochs"?',
      "stages.sft.colour is not a setting of this stage. Known: …",
      "stages.sft.batchSize must be at least 1, but is 0.",
      'stages.sft.dtype must be one of auto, bf16, fp32, but is "fp16".',
      'stages.sft.lora.rang is not a setting of this stage. Did you mean "rank"?',
    ]);
  });

  it("refuse both lengths, and native arguments that are not free", async () => {
    expect(await mistakeIn("sft", { steps: 2, epochs: 1, native: { output_dir: "/elsewhere", lr: 1 } })).to.equal(
      "stages.sft: say steps or epochs, not both; native: output_dir cannot be set: AutoTraj decides them.",
    );
  });

  it("say who can do RL that samples", async () => {
    const who =
      "(LLaMA-Factory has no RL that samples with tools: dpo learns from the run's preference pairs, and @autotraj/trainer-trl and @autotraj/trainer-verl have GRPO)";
    expect(await mistakeIn("rl", { steps: 10 })).to.equal(`stages.rl.method is missing ${who.replace("(", "(string: ")}.`);
    expect(await mistakeIn("rl", { method: "grpo" })).to.equal(`stages.rl.method must be "dpo", but is "grpo" ${who}.`);
  });

  it("learn ten times as fast with adapters, unless told how fast", async () => {
    expect((await settings("sft", { lora: {} })).learningRate).to.equal(5e-4);
    expect((await settings("sft", { lora: {}, learningRate: 1e-5 })).learningRate).to.equal(1e-5);
  });

  it("have defaults", async () => {
    expect(await settings("rl", { method: "dpo" })).to.deep.equal({
      ...{ method: "dpo", epochs: 1, steps: null, batchSize: 4, accumulation: 1, maxLength: 2048, learningRate: 1e-6, warmup: null, beta: 0.1 },
      ...{
        saveSteps: 50,
        saveKeep: 2,
        keepCheckpoints: false,
        device: "auto",
        gpus: 1,
        dtype: "auto",
        threads: 0,
        lora: null,
        template: null,
        reportTo: [],
        native: {},
      },
    });
  });
});

describe("LLaMA-Factory's log", () => {
  it("is read line by line, cut-off lines too", () => {
    // As LLaMA-Factory 0.9.5 wrote them.
    const line =
      '{"current_steps": 2, "total_steps": 4, "loss": 0.6931471824645996, "accuracy": 0.0, "lr": 0.001, "epoch": 0.5, "percentage": 50.0, "elapsed_time": "0:00:01", "remaining_time": "0:00:01"}';
    expect(progress(line)).to.deep.equal({ step: 2, total: 4, metrics: { loss: 0.6931471824645996, accuracy: 0, learningRate: 0.001, epoch: 0.5 } });
    const last = '{"current_steps": 4, "total_steps": 4, "epoch": 1.0, "percentage": 100.0, "elapsed_time": "0:00:03", "remaining_time": "0:00:00"}';
    expect(progress(last)).to.deep.equal({ step: 4, total: 4, metrics: { epoch: 1 } });
    for (const other of [line.slice(0, 40), "null", "", "{}", "[1]"]) expect(progress(other)).to.equal(undefined);
  });
});

describe("training with LLaMA-Factory", () => {
  let folder: string;
  let launched: LaunchPlan[];
  let warnings: readonly string[];
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-llamafactory-")));
    mkdirSync(join(folder, "base"));
    writeFileSync(join(folder, "base", "config.json"), "{}");
    launched = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const dir = () => join(folder, "run", "models", "stage");
  const dataset = (name: string) => readFileSync(join(dir(), "dataset", name), "utf8");

  /** What a backend leaves of a model. */
  function model(name: string, architecture = "LlamaForCausalLM"): void {
    mkdirSync(join(dir(), name), { recursive: true });
    writeFileSync(join(dir(), name, "config.json"), JSON.stringify({ architectures: [architecture] }));
    writeFileSync(join(dir(), name, "tokenizer.json"), "{}");
    const header = Buffer.from(JSON.stringify({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(join(dir(), name, "model.safetensors"), Buffer.concat([length, header, Buffer.alloc(4)]));
  }

  interface Asked {
    readonly options?: JsonObject;
    readonly rows?: readonly JsonObject[];
    readonly heldOut?: readonly JsonObject[];
    readonly pairs?: readonly JsonObject[];
    readonly python?: string;
    readonly model?: string;
    readonly leave?: (count: number) => void;
  }
  async function train(stage: TrainStage, asked: Asked = {}): Promise<TrainResult> {
    const { options = {}, rows = [row(IN_TAGS, "tags")], heldOut = [], pairs, python = process.execPath, leave = () => model("output") } = asked;
    mkdirSync(join(dir(), "data"), { recursive: true });
    const lines = (name: string, all: readonly JsonObject[]) => {
      writeFileSync(join(dir(), "data", name), all.map((one) => `${JSON.stringify(one)}\n`).join(""));
      return join(dir(), "data", name);
    };
    const set = await setupPlugin(plugin, { services: [[DIALECTS, dialects]], baseDir: folder, options: python === "" ? {} : { python } });
    const job: TrainJob = {
      stage,
      options: stageSettings(set, stage, { device: "cpu", dtype: "bf16", ...options }),
      model: asked.model ?? "base",
      data: {
        train: lines("train.jsonl", rows),
        heldOut: lines("held-out.jsonl", heldOut),
        ...(pairs === undefined ? {} : { pairs: lines("pairs.jsonl", pairs) }),
      },
      dir: dir(),
      seed: 7,
      launch: async (it) => {
        launched.push(it);
        leave(launched.length);
      },
    };
    warnings = set.warnings;
    return set.taps.find(({ options: tap }) => tap["stageName"] === stage)!.tap(job, testRun());
  }

  it("leaves out and counts what the model's own tokenizer would read as a mark, and nothing else", async () => {
    const added = [
      { id: 0, content: "<repo_name>", special: true },
      { id: 1, content: "<|fim_prefix|>", special: false },
      { id: 2, content: "<tool_call>", special: false },
    ];
    writeFileSync(join(folder, "base", "tokenizer.json"), JSON.stringify({ added_tokens: added }));
    const asking = (content: string) => row([{ role: "user", content }, tag("<answer>42</answer>")], "tags");
    const kept = ["6*7?", "<s>struck</s>", "<tool_call>"];
    await train("sft", { rows: [...kept, "a <repo_name> b", "<|fim_prefix|>"].map(asking) });
    expect(dataset("train.jsonl").trim().split("\n")).to.have.length(kept.length);
    expect(warnings).to.deep.equal([
      "stage sft: 2 rows that LLaMA-Factory cannot learn exactly (2 because they spell one of the tokenizer's control tokens, which it would read as a mark) are left out.",
    ]);
    writeFileSync(join(folder, "base", "tokenizer.json"), "<html>");
    expect(await failureOf(() => train("sft"))).to.include({ code: "TRAIN_MODEL", message: `${join(folder, "base", "tokenizer.json")} is no JSON.` });
  });

  it("writes the rows and their registry, and checks what was left", async () => {
    const found = await train("sft", {
      heldOut: [row(IN_TAGS, "tags")],
      rows: [row(IN_TAGS, "tags"), row([USER, { ...tag("kept"), train: false } as Message], "tags")],
      leave: () => {
        model("output");
        writeFileSync(join(dir(), "output", "all_results.json"), '{"train_loss": 1.5, "eval_loss": 2.5, "eval_runtime": 9}');
        writeFileSync(join(dir(), "output", "trainer_state.json"), '{"global_step": 4, "log_history": []}');
      },
    });
    expect(found).to.deep.equal({ modelPath: join(dir(), "output"), kind: "causal", metrics: { steps: 4, loss: 1.5, heldOutLoss: 2.5 } });
    expect(Object.keys(JSON.parse(dataset("dataset_info.json")))).to.deep.equal(["autotraj_train", "autotraj_held_out"]);
    expect(dataset("train.jsonl").trim().split("\n")).to.have.length(1);
    expect(warnings).to.deep.equal(["stage sft: 1 row that LLaMA-Factory cannot learn exactly is left out."]);
    expect(launched).to.have.length(1);
    expect(launched[0]!.files["train.yaml"])
      .to.contain(`model_name_or_path: "${join(folder, "base")}"`)
      .and.to.contain('template: "empty"');
  });

  it("goes on from whole checkpoints only, and does not train again what is trained", async () => {
    const checkpoint = (name: string, state: string) => {
      mkdirSync(join(dir(), "output", name), { recursive: true });
      writeFileSync(join(dir(), "output", name, "trainer_state.json"), state);
    };
    checkpoint("checkpoint-2", '{"global_step": 2}');
    checkpoint("checkpoint-4", '{"global_st');
    mkdirSync(join(dir(), "output", "checkpoint-6"));
    const there = () => ["checkpoint-2", "checkpoint-4", "checkpoint-6"].filter((name) => existsSync(join(dir(), "output", name)));
    let atLaunch: readonly string[] = [];
    await train("sft", {
      options: { keepCheckpoints: true },
      leave: () => {
        atLaunch = there();
        model("output");
      },
    });
    expect([atLaunch, there()]).to.deep.equal([["checkpoint-2"], ["checkpoint-2"]]);
    // Nothing goes on from them once the model is there.
    await train("sft");
    expect(launched).to.have.length(1);
    expect(there()).to.deep.equal([]);
  });

  it("starts a reward model anew, since LLaMA-Factory cannot go on with one, and says how to read it", async () => {
    mkdirSync(join(dir(), "output", "checkpoint-2"), { recursive: true });
    writeFileSync(join(dir(), "output", "checkpoint-2", "trainer_state.json"), '{"global_step": 2}');
    const found = await train("reward-model", {
      rows: [PAIR(IN_TAGS, WRONG_IN_TAGS, "tags")],
      leave: (count) => {
        expect(existsSync(join(dir(), "output", "checkpoint-2"))).to.equal(false);
        if (count === 2) model("model", "LlamaForSequenceClassification");
      },
    });
    expect(found).to.deep.include({ kind: "reward", modelPath: join(dir(), "model") });
    expect(JSON.parse(readFileSync(join(dir(), "model", "render.json"), "utf8"))).to.deep.include({ version: 1, dialect: "tags", maxLength: 2048 });
    expect(launched[1]!.argv.slice(1)).to.deep.equal([
      fileURLToPath(new URL("../python/autotraj_value_head.py", import.meta.url)),
      "output",
      "model",
    ]);
  });

  it("shows a reward model whole trajectories, native ones as ChatML text too", async () => {
    await train("reward-model", {
      rows: [PAIR(NATIVE, [USER, { role: "assistant", content: "41" }], "native")],
      leave: () => model("model", "AForSequenceClassification"),
    });
    const [written] = dataset("train.jsonl")
      .split("\n")
      .map((line) => line !== "" && JSON.parse(line));
    expect(written.conversations[0].value).to.equal(
      "<|im_start|>system\nThink.<|im_end|>\n<|im_start|>user\n6*7?<|im_end|>\n<|im_start|>assistant\n",
    );
    expect(written.chosen.value).to.match(/^<code>6\*7<\/code>\n<result>\n42\n<\/result>\n.*42.*<\|im_end\|>$/s);
    expect(written.rejected.value).to.match(/41.*<\|im_end\|>$/s);
  });

  it("learns by DPO from the pairs that it is given", async () => {
    const dpo = { options: { method: "dpo" } };
    expect((await failureOf(() => train("rl", dpo))).message).to.equal("method dpo learns from preference pairs, and the run has none.");
    const native = [PAIR(NATIVE, [USER, { role: "assistant", content: "41" }], "native")];
    expect(await failureOf(() => train("rl", { ...dpo, pairs: native }))).to.deep.include({ code: "LLAMAFACTORY_TEMPLATE" });
    await train("rl", { options: { method: "dpo", template: "qwen3_nothink" }, pairs: native });
    expect(JSON.parse(dataset("train.jsonl"))).to.deep.include({
      chosen: { from: "function_call", value: '{"name":"python","arguments":{"code":"6*7"}}' },
    });
    rmSync(join(dir(), "trained.json"));
    await train("rl", { ...dpo, pairs: [PAIR(IN_TAGS, WRONG_IN_TAGS, "tags")] });
    expect(launched.at(-1)!.files["train.yaml"]).to.contain('template: "empty"');
  });

  const failures: Readonly<Record<string, readonly [code: string, stage: TrainStage, asked: Asked]>> = {
    "no interpreter is named": ["TRAIN_PYTHON", "sft", { python: "" }],
    "the interpreter is not there": ["TRAIN_PYTHON", "sft", { python: "/nowhere/python" }],
    "the model is not there": ["TRAIN_MODEL", "sft", { model: "./nowhere" }],
    "a template is put around ChatML": ["LLAMAFACTORY_TEMPLATE", "sft", { options: { template: "qwen3" } }],
    "nothing can be learnt": ["TRAIN_DATA", "sft", { rows: [row([USER], "tags")] }],
    "no model is left": ["TRAIN_ARTIFACT", "sft", { leave: () => {} }],
    "a cut-off model is left": [
      "TRAIN_ARTIFACT",
      "sft",
      {
        leave: () => {
          model("output");
          writeFileSync(join(dir(), "output", "model.safetensors"), readFileSync(join(dir(), "output", "model.safetensors")).subarray(0, -2));
        },
      },
    ],
    "a reward model is left that gives no score": [
      "TRAIN_ARTIFACT",
      "reward-model",
      { rows: [PAIR(IN_TAGS, WRONG_IN_TAGS, "tags")], leave: () => model("model") },
    ],
  };
  for (const [when, [code, stage, asked]] of Object.entries(failures)) {
    it(`fails when ${when}`, async () => {
      expect(await failureOf(() => train(stage, asked))).to.deep.include({ code });
    });
  }

  it("ships Python that compiles", () => {
    execFileSync("python3", [
      "-c",
      "import sys; compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')",
      fileURLToPath(new URL("../python/autotraj_value_head.py", import.meta.url)),
    ]);
  });
});
