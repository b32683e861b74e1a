/** The whole plan of typical jobs, compared with the files in golden/. `UPDATE_GOLDEN=1` writes them anew. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DIALECTS, dialects, type JsonObject, type TrainStage } from "@autotraj/core";
import { type PluginUnderTest, setupPlugin, stageSettings } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../../src/index.ts";
import { type PlannedJob, plan } from "../../src/training/plan.ts";
import { settingsOf } from "../../src/training/settings.ts";

const GOLDEN = new URL("golden/", import.meta.url);

let trl: PluginUnderTest;

function planned(stage: TrainStage, options: JsonObject, more: Partial<PlannedJob> = {}) {
  const dir = `/run/models/${stage}`;
  const rows = stage === "rl" && options["method"] !== "dpo" ? "jsonl" : "rows.jsonl";
  return plan({
    settings: { ...settingsOf(stage, stageSettings(trl, stage, options)), dtype: "bf16" },
    model: { path: "/models/base", isLocal: true },
    dialect: "tags",
    data: { train: `${dir}/data/train.${rows}`, heldOut: `${dir}/data/held-out.${rows}` },
    ...{ dir, seed: 7, python: "/envs/trl/bin/python", pythonPath: ["/plugin/python", "/library/python"] },
    ...(stage === "rl" ? { service: { url: "http://127.0.0.1:8090", token: "secret" } } : {}),
    ...more,
  });
}

const PLANS: Readonly<Record<string, () => ReturnType<typeof planned>>> = {
  "sft-cpu": () => planned("sft", { device: "cpu" }, { model: { path: "/cache/models/smollm2-135m-hf", gguf: "/site/SmolLM2.gguf", isLocal: true } }),
  "sft-cpu-lora": () => planned("sft", { device: "cpu", steps: 200, lora: { rank: 8, targets: ["q_proj", "v_proj"] }, threads: 2 }),
  "sft-8-gpus": () => planned("sft", { device: "cuda", gpus: 8 }, { model: { path: "Qwen/Qwen3-1.7B", isLocal: false }, dialect: "native" }),
  "sft-8-gpus-sharded": () =>
    planned(
      "sft",
      { device: "cuda", gpus: 8, shard: "full", schedule: "cosine", batchSize: 1, accumulation: 2 },
      { model: { path: "Qwen/Qwen2.5-7B-Instruct", isLocal: false } },
    ),
  "reward-model-cpu": () => planned("reward-model", { device: "cpu", trainLayers: 8, maxLength: 512 }),
  "dpo-cpu": () => planned("rl", { method: "dpo", device: "cpu", beta: 0.2 }),
  "grpo-cpu": () => planned("rl", { device: "cpu", steps: 40, batchSize: 8 }),
  "grpo-1-gpu-colocated-vllm": () => planned("rl", { device: "cuda", vllm: "colocate", vllmMemory: 0.4 }),
  "grpo-4-gpus-vllm-server": () =>
    planned("rl", { device: "cuda", gpus: 4, promptsPerStep: 16, group: 8, batchSize: 4, vllm: "server", onServiceLost: "drop" }),
};

describe("the plan", () => {
  before(async () => {
    trl = await setupPlugin(plugin, { services: [[DIALECTS, dialects]] });
  });

  for (const [name, make] of Object.entries(PLANS)) {
    it(`of ${name} is the golden one`, () => {
      const { files, ...rest } = make();
      const { "config.json": config, ...others } = files;
      const told = { ...rest, files: { "config.json": JSON.parse(config!), ...others } };
      const found = `${JSON.stringify(told, (key, value) => (key === "progress" ? undefined : value), 2)}\n`;
      const file = new URL(`${name}.json`, GOLDEN);
      if (process.env["UPDATE_GOLDEN"] === "1") {
        mkdirSync(GOLDEN, { recursive: true });
        writeFileSync(file, found);
      }
      expect(JSON.parse(found)).to.deep.equal(JSON.parse(readFileSync(file, "utf8")));
    });
  }

  it("is the same for the same job and keeps the service's token out of files", () => {
    const [one, other] = [PLANS["grpo-cpu"]!(), PLANS["grpo-cpu"]!()];
    expect(JSON.stringify(one)).to.equal(JSON.stringify(other));
    expect(JSON.stringify(one.files)).not.to.contain("secret");
    expect(one.env).to.include({ AUTOTRAJ_SERVICE_TOKEN: "secret" });
    expect(JSON.stringify(planned("rl", { method: "dpo" }))).not.to.contain("secret");
  });

  it("reports where it is told to, with the packages that this takes, and nowhere else", () => {
    const { files, env } = planned("sft", { reportTo: ["wandb", "trackio"] }, { reporting: "/envs/reporting/site" });
    expect(JSON.parse(files["config.json"] ?? "").reportTo).to.deep.equal(["wandb", "trackio"]);
    expect(env).to.include({ AUTOTRAJ_REPORTING: "/envs/reporting/site" });
    const silent = planned("sft", {});
    expect(silent.files["config.json"]).not.to.contain("reportTo");
    expect(silent.env).not.to.have.property("AUTOTRAJ_REPORTING");
  });

  it("quotes the model's name for the shell", () => {
    const { files } = planned("rl", { device: "cuda", vllm: "server" }, { model: { path: "/models/it's; rm", isLocal: true } });
    expect(files["vllm-server.sh"]).to.contain("vllm serve '/models/it'\\''s; rm' --port 8000");
  });

  it("reads progress, and nothing into a half line", () => {
    const { progress } = planned("sft", {});
    expect(progress('{"step": 3, "total": 9, "metrics": {"loss": 0.5}}')).to.deep.equal({ step: 3, total: 9, metrics: { loss: 0.5 } });
    for (const line of ['{"step": 3, "tot', "null", "3", '{"event": "begin"}', "Traceback"]) expect(progress(line)).to.equal(undefined);
  });
});
