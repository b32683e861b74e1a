/** What is run for a stage, as data: the same job gives the same plan. */
import { join } from "node:path";
import type { JsonObject, JsonValue, LaunchPlan, TrainJob, TrainProgress } from "@autotraj/core/plugin";
import { fieldsIn, metricsIn } from "@autotraj/trainer-backend/progress";
import { warmupOf } from "@autotraj/trainer-backend/settings";
import type { GrpoSettings, SftSettings, StageSettings } from "./settings.ts";

/** A training job with everything found out that depends on the machine. */
export interface PlannedJob<Settings extends StageSettings = StageSettings> extends Pick<TrainJob, "dir" | "seed" | "service"> {
  readonly settings: Settings;
  readonly model: string;
  /** False for a hub's name: it may have to be downloaded. */
  readonly isLocal: boolean;
  readonly python: string;
  /** Steps of the whole training, earlier attempts included. */
  readonly total: number;
  /** Passes over the data that are enough for `total` steps: verl ends at whichever comes first, and saves nothing if that is the passes. */
  readonly epochs: number;
  readonly hasHeldOut: boolean;
  /** Which start of this training it is, from 1: verl empties its log at each. */
  readonly attempt: number;
  /** The Python that runs inside verl, by file name: all nodes find it in the job's folder. */
  readonly shims: Readonly<Record<string, string>>;
}

export const TRAIN_FILE = "dataset/train.parquet";
export const HELD_OUT_FILE = "dataset/held-out.parquet";
export const CHECKPOINTS = "checkpoints";
export const MODEL = "model";
/** Folder of the shims in the job's folder. */
const SHIMS = "python";
const AGENTS = "agents.yaml";
/** A step in its optimisation, then nothing: verl has no checkpoint on SIGTERM. What is lost are the steps since the last one. */
const GRACE_MS = 30_000;

export function progressFile(attempt: number): string {
  return `progress-${attempt}.jsonl`;
}

export function plan(job: PlannedJob): LaunchPlan {
  return isGrpo(job) ? grpoPlan(job) : sftPlan(job as PlannedJob<SftSettings>);
}

function isGrpo(job: PlannedJob): job is PlannedJob<GrpoSettings> {
  return job.settings.method === "grpo";
}

/** One node: torchrun. Several: verl's SFT trainer on Ray. */
function sftPlan(job: PlannedJob<SftSettings>): LaunchPlan {
  const { settings, python, dir } = job;
  const { batchSize, accumulation, gpus, nodes, maxLength } = settings;
  const overrides: Overrides = {
    "data.train_files": join(dir, TRAIN_FILE),
    "data.val_files": job.hasHeldOut ? join(dir, HELD_OUT_FILE) : null,
    "data.custom_cls.path": join(dir, SHIMS, "autotraj_verl.py"),
    "data.custom_cls.name": "TrajectoryDataset",
    ...(settings.template === null ? {} : { "+data.chat_template_path": settings.template }),
    "+data.order_seed": job.seed,
    "data.max_length": maxLength,
    "data.truncation": "error",
    "data.pad_mode": "no_padding",
    "data.train_batch_size": batchSize * accumulation * gpus * nodes,
    "data.micro_batch_size_per_gpu": batchSize,
    "data.use_dynamic_bsz": false,
    "model.path": job.model,
    "optim.lr": settings.learningRate,
    ...warmup("optim", warmupOf(settings.warmup, job.total)),
    "optim.lr_scheduler_type": "cosine",
    "engine.seed": job.seed,
    "trainer.max_ckpt_to_keep": settings.saveKeep,
    ...trainer(job),
    ...settings.native,
  };
  return {
    ...process(job),
    files: shims(job, ["autotraj_masks.py", "autotraj_tokens.py", "autotraj_verl.py"]),
    argv:
      nodes > 1
        ? [python, "-m", "verl.trainer.sft_trainer_ray", ...hydra(overrides)]
        : [python, "-m", "torch.distributed.run", "--standalone", `--nproc_per_node=${gpus}`, "-m", "verl.trainer.sft_trainer", ...hydra(overrides)],
  };
}

function grpoPlan(job: PlannedJob<GrpoSettings>): LaunchPlan {
  const { settings, python, dir, service } = job;
  const overrides: Overrides = {
    "algorithm.adv_estimator": "grpo",
    "algorithm.use_kl_in_reward": false,
    "algorithm.norm_adv_by_std_in_grpo": settings.scaleRewards === "group",
    ...grpoData(job),
    "actor_rollout_ref.model.path": job.model,
    ...grpoActor(settings, job.total),
    ...grpoRollout(job),
    ...grpoTrainer(job),
    ...(settings.rayAddress === null ? {} : { "+ray_kwargs.ray_init.address": settings.rayAddress }),
    ...settings.native,
  };
  const { env, ...rest } = process(job);
  return {
    ...rest,
    files: {
      [AGENTS]: agents(settings),
      ...shims(job, ["autotraj_tokens.py", "autotraj_verl_agent.py", "autotraj_verl_rl.py", "autotraj_verl_sampler.py"]),
    },
    argv: [python, join(dir, SHIMS, "autotraj_verl_rl.py"), ...hydra(overrides)],
    env: {
      ...env,
      PYTHONPATH: join(dir, SHIMS),
      ...(service === undefined ? {} : { AUTOTRAJ_SERVICE_URL: service.url, AUTOTRAJ_SERVICE_TOKEN: service.token }),
    },
  };
}

function grpoData({ settings, dir, seed }: PlannedJob<GrpoSettings>): Overrides {
  return {
    "data.train_files": join(dir, TRAIN_FILE),
    // verl wants such a file. Nothing is evaluated here: AutoTraj does that with all models alike.
    "data.val_files": join(dir, TRAIN_FILE),
    "data.val_max_samples": 1,
    "data.train_batch_size": settings.promptsPerStep,
    "data.max_prompt_length": settings.maxPromptTokens,
    "data.max_response_length": settings.maxCompletionTokens,
    "data.truncation": "error",
    "data.seed": seed,
  };
}

const LOSSES = { dapo: "token-mean", grpo: "seq-mean-token-mean", dr_grpo: "seq-mean-token-sum-norm" } as const;

function grpoActor(settings: GrpoSettings, total: number): Overrides {
  const { promptsPerStep, batchSize, beta, learningRate, warmup: asked, lossType, clip, ...lengths } = settings;
  const actor = "actor_rollout_ref.actor";
  const passes: Overrides =
    batchSize === null
      ? { [`${actor}.use_dynamic_bsz`]: true, [`${actor}.ppo_max_token_len_per_gpu`]: 2 * longest(lengths) }
      : {
          [`${actor}.ppo_micro_batch_size_per_gpu`]: batchSize,
          "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu": batchSize,
          "actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu": batchSize,
        };
  return {
    [`${actor}.optim.lr`]: learningRate,
    ...warmup(`${actor}.optim`, warmupOf(asked, total)),
    [`${actor}.ppo_mini_batch_size`]: promptsPerStep,
    [`${actor}.loss_agg_mode`]: LOSSES[lossType],
    ...(clip === null ? {} : { [`${actor}.clip_ratio_low`]: clip.low, [`${actor}.clip_ratio_high`]: clip.high ?? clip.low }),
    ...passes,
    [`${actor}.use_kl_loss`]: beta > 0,
    ...(beta > 0 ? { [`${actor}.kl_loss_coef`]: beta } : {}),
  };
}

function grpoRollout({ settings, dir, seed }: PlannedJob<GrpoSettings>): Overrides {
  const rollout = "actor_rollout_ref.rollout";
  return {
    [`${rollout}.name`]: "vllm",
    [`${rollout}.n`]: settings.group,
    [`${rollout}.temperature`]: settings.temperature,
    [`${rollout}.tensor_model_parallel_size`]: settings.tensorParallel,
    [`${rollout}.gpu_memory_utilization`]: settings.vllmMemory,
    [`${rollout}.max_model_len`]: longest(settings),
    [`${rollout}.seed`]: seed,
    [`${rollout}.agent.default_agent_loop`]: "autotraj",
    [`${rollout}.agent.agent_loop_config_path`]: join(dir, AGENTS),
    [`${rollout}.multi_turn.format`]: settings.toolFormat,
  };
}

function grpoTrainer(job: PlannedJob<GrpoSettings>): Overrides {
  return {
    "trainer.use_v1": true,
    "trainer.v1.trainer_mode": "sync",
    // verl's own goes on without the questions whose episodes failed.
    "trainer.v1.sampler.custom_sampler.path": join(job.dir, SHIMS, "autotraj_verl_sampler.py"),
    "trainer.v1.sampler.custom_sampler.name": "StoppingReplayBuffer",
    "trainer.val_before_train": false,
    "trainer.max_actor_ckpt_to_keep": job.settings.saveKeep,
    ...trainer(job),
  };
}

/** Tokens of the longest trajectory, question included. */
function longest({ maxPromptTokens, maxCompletionTokens }: Pick<GrpoSettings, "maxPromptTokens" | "maxCompletionTokens">): number {
  return maxPromptTokens + maxCompletionTokens;
}

/** The checkpoint's shards as one model in Hugging Face's layout. */
export function mergePlan(job: PlannedJob, checkpoint: string): LaunchPlan {
  return {
    ...process(job),
    files: {},
    argv: [job.python, "-m", "verl.model_merger", "merge", "--backend", "fsdp", "--local_dir", checkpoint, "--target_dir", MODEL],
    progress: () => undefined,
  };
}

type Overrides = Readonly<Record<string, JsonValue>>;

function trainer({ settings, dir, total, epochs }: PlannedJob): Overrides {
  return {
    "trainer.project_name": "autotraj",
    "trainer.experiment_name": settings.method,
    "trainer.logger": ["console", "file", ...settings.reportTo],
    "trainer.n_gpus_per_node": settings.gpus,
    "trainer.nnodes": settings.nodes,
    "trainer.total_epochs": epochs,
    "trainer.total_training_steps": total,
    "trainer.save_freq": settings.saveSteps,
    "trainer.test_freq": -1,
    "trainer.default_local_dir": join(dir, CHECKPOINTS),
    "trainer.resume_mode": "auto",
  };
}

function warmup(optimiser: string, steps: number): Overrides {
  return steps < 1 ? { [`${optimiser}.lr_warmup_steps_ratio`]: steps } : { [`${optimiser}.lr_warmup_steps`]: Math.round(steps) };
}

function process({ isLocal, attempt, dir, total }: PlannedJob): Omit<LaunchPlan, "files" | "argv"> {
  return {
    env: {
      PYTHONUNBUFFERED: "1",
      HYDRA_FULL_ERROR: "1",
      RAY_USAGE_STATS_ENABLED: "0",
      VERL_FILE_LOGGER_PATH: join(dir, progressFile(attempt)),
      ...(isLocal ? { HF_HUB_OFFLINE: "1" } : {}),
    },
    progressFile: progressFile(attempt),
    progress: (line) => progress(line, total),
    exclusive: false,
    graceMs: GRACE_MS,
  };
}

function shims({ shims }: PlannedJob, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [`${SHIMS}/${name}`, shims[name] ?? ""]));
}

/** The agent loop that plays our episodes. Everything below `_target_` is handed to its constructor. */
function agents({ maxNewTokens, serviceTimeoutMs, onInvalid, fallbackReward }: GrpoSettings): string {
  const entry: JsonObject = {
    name: "autotraj",
    _target_: "autotraj_verl_agent.EpisodeLoop",
    max_new_tokens: maxNewTokens,
    service_timeout_s: serviceTimeoutMs / 1000,
    on_invalid: onInvalid,
    fallback_reward: fallbackReward,
  };
  const lines = Object.entries(entry).map(([key, value], index) => `${index === 0 ? "- " : "  "}${key}: ${JSON.stringify(value)}`);
  return `${lines.join("\n")}\n`;
}

/** Hydra's own grammar: texts are quoted wherever they hold more than a plain name. Its working folder stays the job's. */
function hydra(overrides: Overrides): readonly string[] {
  const own = { "hydra.run.dir": ".", "hydra.output_subdir": null };
  return Object.entries({ ...overrides, ...own }).map(([key, value]) => (key.startsWith("~") ? key : `${key}=${hydraValue(value)}`));
}

function hydraValue(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(hydraValue).join(",")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}:${hydraValue(item)}`)
      .join(",")}}`;
  }
  if (typeof value !== "string") return JSON.stringify(value);
  // A text that reads as another kind of value must stay a text.
  if (/^[A-Za-z_/.][\w/.-]*$/.test(value) && !/^(null|true|false|nan|inf|\.\d.*)$/i.test(value)) return value;
  return `'${value.replaceAll(/\\(?=\\*')|\\$/g, "\\\\").replaceAll("'", "\\'")}'`;
}

/** What is shown of verl's many figures. */
const METRICS: Readonly<Record<string, string>> = {
  "train/loss": "loss",
  "train/lr": "learningRate",
  "train/grad_norm": "gradNorm",
  "val/loss": "heldOutLoss",
  "critic/rewards/mean": "reward",
  "actor/pg_loss": "loss",
  "actor/lr": "learningRate",
  "actor/grad_norm": "gradNorm",
  "actor/kl_loss": "kl",
  "actor/entropy": "entropy",
  "response_length/mean": "completionTokens",
  "num_turns/mean": "turns",
  "perf/throughput": "tokensPerSecond",
};

/** Reads a line of verl's file logger. */
export function progress(line: string, total: number): TrainProgress | undefined {
  const { step, data } = fieldsIn(line) ?? {};
  if (typeof step !== "number" || typeof data !== "object" || data === null) return undefined;
  return { step, total, metrics: metricsIn(data as JsonObject, METRICS) };
}
