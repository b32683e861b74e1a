/** What is run for a stage, as data: the same job gives the same plan. */
import { delimiter, relative } from "node:path";
import type { JsonObject, LaunchPlan, TrainJob, TrainProgress } from "@autotraj/core/plugin";
import type { Dtype } from "@autotraj/trainer-backend/precision";
import { fieldsIn } from "@autotraj/trainer-backend/progress";
import type { StartingModel } from "./model.ts";
import type { Method } from "./schemas.ts";
import { type GrpoSettings, isSharded, type StageSettings } from "./settings.ts";

/** A training job with everything found out that depends on the machine. */
export interface PlannedJob extends Pick<TrainJob, "dir" | "seed" | "service"> {
  /** `device` and `dtype` are decided: never `auto`. */
  readonly settings: StageSettings & { readonly dtype: Dtype };
  readonly model: StartingModel;
  /** How the rows are written. */
  readonly dialect: "tags" | "native";
  /** Rows as the Python side reads them; absolute paths. */
  readonly data: TrainJob["data"];
  readonly python: string;
  /** Folder of the packages of services that are reported to. */
  readonly reporting?: string;
  /** Folders of the Python that is run: `autotraj_training` and what it imports. */
  readonly pythonPath: readonly string[];
}

export const CONFIG_FILE = "config.json";
const PROGRESS_FILE = "progress.jsonl";
/** A step of RL that is in its optimisation when it is stopped still takes a while on a CPU. */
const RL_GRACE_MS = 300_000;

const MODULES: Readonly<Record<Method, string>> = { sft: "sft", "reward-model": "reward", dpo: "dpo", grpo: "grpo" };

export function plan(job: PlannedJob): LaunchPlan {
  const { settings, service } = job;
  const onCpu = settings.device === "cpu";
  const usesVllmServer = settings.method === "grpo" && settings.vllm === "server";
  return {
    files: {
      [CONFIG_FILE]: `${JSON.stringify(configOf(job), null, 2)}\n`,
      ...(usesVllmServer ? { "vllm-server.sh": vllmServer(job.model.path, settings) } : {}),
    },
    argv: [
      job.python,
      ...(settings.gpus > 1 && !onCpu ? accelerate(settings) : []),
      "-m",
      `autotraj_training.${MODULES[settings.method]}`,
      CONFIG_FILE,
    ],
    env: {
      PYTHONPATH: job.pythonPath.join(delimiter),
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONUNBUFFERED: "1",
      // Threads that wait for one another would otherwise spin on the cores the others need.
      OMP_WAIT_POLICY: "PASSIVE",
      TOKENIZERS_PARALLELISM: "false",
      // Progress is in a file of its own; bars would fill the log.
      TQDM_DISABLE: "1",
      TRL_EXPERIMENTAL_SILENCE: "1",
      ...(job.reporting === undefined ? {} : { AUTOTRAJ_REPORTING: job.reporting }),
      ...(job.model.isLocal ? { HF_HUB_OFFLINE: "1" } : {}),
      ...(onCpu ? { CUDA_VISIBLE_DEVICES: "" } : {}),
      ...(service === undefined || settings.method !== "grpo" ? {} : { AUTOTRAJ_SERVICE_URL: service.url, AUTOTRAJ_SERVICE_TOKEN: service.token }),
    },
    progressFile: PROGRESS_FILE,
    progress,
    exclusive: onCpu,
    ...(settings.method === "grpo" ? { graceMs: RL_GRACE_MS } : {}),
  };
}

function configOf({ settings, model, dialect, data, dir, seed }: PlannedJob): JsonObject {
  const { gpus: _gpus, keepCheckpoints: _keepCheckpoints, reportTo, ...told } = settings;
  return {
    ...(told as unknown as JsonObject),
    // TRL's own SFT trainer on GPUs; on a CPU it is a quarter slower than transformers' for the same losses.
    ...(settings.method === "sft" ? { trainer: settings.device === "cpu" ? "plain" : "trl" } : {}),
    model: { path: model.path, ...(model.gguf === undefined ? {} : { gguf: model.gguf }) },
    dialect,
    data: { train: relative(dir, data.train), heldOut: relative(dir, data.heldOut) },
    progressFile: PROGRESS_FILE,
    ...(reportTo.length === 0 ? {} : { reportTo: [...reportTo] }),
    seed,
  };
}

const FSDP = [
  ...["--use_fsdp", "--fsdp_version", "2", "--fsdp_reshard_after_forward", "true"],
  ...["--fsdp_auto_wrap_policy", "TRANSFORMER_BASED_WRAP", "--fsdp_state_dict_type", "SHARDED_STATE_DICT"],
];

function accelerate(settings: StageSettings): readonly string[] {
  const { gpus, dtype } = settings;
  return [
    ...[
      "-m",
      "accelerate.commands.launch",
      ...(isSharded(settings) ? FSDP : ["--multi_gpu"]),
      "--num_machines",
      "1",
      "--num_processes",
      String(gpus),
    ],
    ...["--mixed_precision", dtype === "bf16" ? "bf16" : "no", "--dynamo_backend", "no"],
  ];
}

/** TRL sends the weights of each step to a plain vLLM server. It wants GPUs that the trainer does not use. */
function vllmServer(model: string, { vllmUrl }: GrpoSettings): string {
  const { port } = new URL(vllmUrl);
  return [
    "#!/bin/sh",
    "# Start this before the stage, on GPUs that it does not train on: CUDA_VISIBLE_DEVICES=7 sh vllm-server.sh",
    `VLLM_SERVER_DEV_MODE=1 exec vllm serve ${shellQuoted(model)} --port ${port === "" ? "80" : port} \\`,
    `  --weight-transfer-config '{"backend":"nccl"}' --logprobs-mode processed_logprobs --max-logprobs -1`,
    "",
  ].join("\n");
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function progress(line: string): TrainProgress | undefined {
  const { step, total, metrics = {} } = (fieldsIn(line) ?? {}) as Partial<TrainProgress>;
  return typeof step === "number" && typeof total === "number" ? { step, total, metrics } : undefined;
}
