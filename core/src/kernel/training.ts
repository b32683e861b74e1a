/** The contract of training: jobs for backends, episodes for trainers that sample by themselves, and what serves trained models. */
import type { OptionsSchema, RunContext } from "./hook-types.ts";
import { type Served, type ServingPlace, type Token, type Turn, token } from "./services.ts";
import type {
  AssistantMessage,
  DialectName,
  Finish,
  JsonObject,
  Message,
  Query,
  Sampling,
  Scores,
  ToolDefinition,
  ToolMessage,
  Trajectory,
  Verdict,
} from "./trajectory/model.ts";

export interface TrainTapOptions {
  /** Which stage's work it does: {@link Stage.trains}. */
  readonly stageName: string;
  /**
   * JSON Schema of the stage's settings that the backend reads: closed, every property described, defaults inside; validated with file and line before
   * anything is spent. The job gets them with their defaults filled in.
   */
  readonly settings: OptionsSchema;
  /** Settings that change nothing of what is trained, such as where progress is reported: no part of a key. */
  readonly notDecisive?: readonly string[];
  /**
   * For what a schema cannot say: rules across settings. Gets the settings as the job will, and as the preset gives them, without defaults; called
   * before anything is spent, and in the way of nothing where the stage is not to be done: a machine may play the loop only. @throws what is wrong with them;
   * a PluginError {@link MACHINE_LACKS} where another machine could do as they say
   */
  readonly check?: (settings: Readonly<JsonObject>, given: Readonly<JsonObject>) => void;
}

/** The `code` of the PluginError for settings that ask for what this machine has not (GPUs): who only looks at a preset goes on. */
export const MACHINE_LACKS = "MACHINE_LACKS";

/** What AutoTraj's own stages ask of a trainer; stages of others may ask for more. */
export type TrainStage = "sft" | "reward-model" | "rl";

/** One training stage to be done by a backend. */
export interface TrainJob<Stage extends string = string> {
  readonly stage: Stage;
  /** The settings that the backend declared for the stage, valid and with their defaults. */
  readonly options: Readonly<JsonObject>;
  /** Model to start from: a folder in Hugging Face's layout, or a name that the backend can resolve (a hub's, a model source's). */
  readonly model: string;
  /**
   * What to train on, JSONL. `sft`: {@link SftRow}s; `reward-model`: {@link PreferencePair}s; `rl`: {@link RlTask}s. Held-out rows are of other questions
   * than the training rows; the file may be empty. `pairs`, for stage `rl` where there are any: {@link PreferencePair}s for methods that learn from pairs (DPO).
   */
  readonly data: { readonly train: string; readonly heldOut: string; readonly pairs?: string };
  /** The job's own folder: data sets, logs, checkpoints, the model. The same job is given the same folder, with all that a killed process left there. */
  readonly dir: string;
  readonly seed: number;
  /** Stage `rl`: where episodes are played and rewarded while the backend trains, over HTTP (docs/guide/serve.md). */
  readonly service?: { readonly url: string; readonly token: string };
  /**
   * Runs the backend's process to its end. The kernel owns the process: its group, its log (`<dir>/process.log`), the machine-wide lock that keeps two
   * trainings apart, SIGTERM with time for a checkpoint when the run is stopped.
   * @throws ATRAJ_TRAINER_FAILED with the last lines that matter; ATRAJ_INTERRUPTED.
   */
  launch(plan: LaunchPlan): Promise<void>;
}

/** A process to be run, as data: the same job gives the same plan, so that plans can be shown and compared without running anything. */
export interface LaunchPlan {
  /** Written before the start: path relative to the job's folder → content. The kernel's own names are refused: job.json, artifact.json, process.log, data/. */
  readonly files: Readonly<Record<string, string>>;
  /** Program and arguments; run in the job's folder. */
  readonly argv: readonly string[];
  /** Added to what processes are given of the environment (docs/guide/environment.md). */
  readonly env: Readonly<Record<string, string>>;
  /** Names of more variables that its process is given where they are set; `MINE_*` for all that begin so. */
  readonly inherit?: readonly string[];
  /** The backend's own log of its progress, relative to the job's folder. Appended to while it trains; after a resume, later lines overrule earlier ones. */
  readonly progressFile: string;
  /** Reads one line of that log; undefined for lines that say nothing about progress. */
  readonly progress: (line: string) => TrainProgress | undefined;
  /** True where a second training at the same time would slow both down more than twice (a CPU): the kernel then keeps them apart on this machine. */
  readonly exclusive: boolean;
  /** Milliseconds between SIGTERM and SIGKILL: what a checkpoint takes. Default 120,000. */
  readonly graceMs?: number;
}

export interface TrainProgress {
  readonly step: number;
  readonly total: number;
  /** `loss`, `reward`, `tokensPerSecond`, … as the backend logs them. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** A backend may leave more, which the stage's artifact then has: stage `reward-model` reads `untrainedMargins` (its README). */
export interface TrainResult {
  /** Folder of the trained model in Hugging Face's layout; checked to be complete by the backend. */
  readonly modelPath: string;
  /** `causal`: writes text. `reward`: sequence classification with one score. */
  readonly kind: "causal" | "reward";
  /** Final figures: `steps`, `loss`, `accuracy`, … */
  readonly metrics: Readonly<Record<string, number>>;
}

export type Train = (job: TrainJob, run: RunContext) => Promise<TrainResult>;

/** A row of `sft.jsonl`: a trajectory without measurements, with its scores. Every assistant message says whether it is trained on. */
export type SftRow = Omit<Trajectory, "usage" | "answer"> & {
  readonly answer: string | null;
  readonly scores: Scores;
  readonly verdict: Verdict | null;
};

/** A question for RL with all that decides how it is asked; the service plays it by its `id`. */
export interface RlTask {
  readonly id: string;
  readonly query: Query;
  /** System message and question (and worked examples, where the stage keeps them). */
  readonly messages: readonly Message[];
  readonly dialect: DialectName;
  readonly tools: readonly ToolDefinition[];
  readonly stop: readonly string[];
  readonly sampling: Sampling;
  readonly maxToolCalls: number;
  readonly maxTurns: number;
}

/** Where model files come from, for `autotraj model`. */
export const MODEL_SOURCE: Token<ModelSource> = token<ModelSource>("model-source", { many: true });

/** What a trainer's own software needs, for `autotraj env install`. */
export const ENVIRONMENT: Token<BackendEnvironment> = token<BackendEnvironment>("environment", { many: true });

/** A trained trajectory reward model. */
export const REWARD_MODEL: Token<RewardModel> = token<RewardModel>("reward-model", { many: true });

/** Servers for models that a run has trained. Provided by the kernel. */
export const MODEL_SERVERS: Token<ModelServers> = token<ModelServers>("model-servers");

/** Serves episodes and rewards over HTTP to trainers that sample by themselves. */
export const EPISODE_SERVER: Token<EpisodeServer> = token<EpisodeServer>("episode-server");

export interface EpisodeTurn {
  /** What was sampled, the ending stop string included. */
  readonly text: string;
  readonly finish: Turn["finish"];
  readonly toolCalls?: NonNullable<Turn["toolCalls"]>;
  readonly reasoning?: string;
}

export interface EpisodeStep {
  /** The text to go on from: the tools' results as they stand in the dialect. Empty when the episode is over. */
  readonly append: string;
  /** The tools' results as messages, for trainers that keep messages. */
  readonly results: readonly { readonly toolCallId: string; readonly name: string; readonly content: string; readonly ok: boolean }[];
  readonly done: boolean;
  readonly finish?: Finish;
}

/** An episode that was played elsewhere: all that came after the task's own prompt. */
export interface PlayedElsewhere extends Pick<Trajectory, "dialect" | "answer" | "finish" | "faults"> {
  /** A result without `ok`: its text decides, as in recorded logs. */
  readonly messages: readonly (AssistantMessage | (Omit<ToolMessage, "ok"> & { readonly ok?: boolean }))[];
}

export interface EpisodeReward {
  /** Null where a term failed: the sample is to be dropped, and never counts as 0. */
  readonly reward: number | null;
  /** Each term's own value; null where it failed or does not apply. */
  readonly terms: Readonly<Record<string, number | null>>;
  /** What of the reward is a trajectory term's that has a bound, and that bound, either way. Who normalises rewards keeps it within: the rest alone is divided. */
  readonly bounded?: { readonly value: number; readonly limit: number };
  /** Why there is no reward. */
  readonly invalid?: string;
}

/** Episodes and their rewards, as the host hands them to an {@link EpisodeServer}. What is not there is ATRAJ_EPISODE; ATRAJ_INTERRUPTED once it stops. */
export interface EpisodeService {
  /** Episodes begun and not ended. */
  readonly open: number;
  task(id: string): RlTask;
  /** Begins an episode and returns its session. The same `key` gives the same episode again. */
  begin(task: string, key: string | undefined): string;
  /** Takes turn number `index`, from 0. A turn that was taken before is answered as it was then, and no tool runs twice. */
  turn(session: string, index: number, turn: EpisodeTurn): Promise<EpisodeStep>;
  /** The trajectory so far, as if it were cut off now. */
  trajectory(session: string): Trajectory;
  recorded(task: string, played: PlayedElsewhere): Trajectory;
  /** In order. Whoever sampled them, they are judged alike. */
  scoreTrajectories(trajectories: readonly Trajectory[]): Promise<readonly EpisodeReward[]>;
  /** Lets go of the tools' state. Ending it twice is no error. */
  end(session: string): void;
}

export interface EpisodeServing extends ServingPlace {
  /** The bearer token that requests must carry; default: a new one. `null`: none, which only this machine's own addresses may be served with. */
  readonly token?: string | null;
  /** Lists these tasks to clients and finds them by their questions. Left out: they are known by their ids. */
  readonly tasks?: ReadonlyMap<string, RlTask>;
}

export interface ServedEpisodes extends Served {
  /** Empty where none is asked for. */
  readonly token: string;
}

export interface EpisodeServer {
  /** Names that its protocols have for themselves: no tool of what it serves can be reached under one of them. */
  readonly reservedToolNames: ReadonlySet<string>;
  /** @throws the system's error, e.g. EADDRINUSE; a PluginError for what cannot be served */
  serve(episodes: EpisodeService, where?: EpisodeServing): Promise<ServedEpisodes>;
}

export interface BackendEnvironment {
  /** What is installed and how large it is, in one line. */
  readonly description: string;
  /** Makes the environment, once per machine, and returns its interpreter. @throws ATRAJ_PYTHON with pip's last words */
  install(): Promise<string>;
}

export interface RewardModel {
  /** Loads the model that a trainer left in this folder (`TrainResult.modelPath`, kind `reward`). Loading another one replaces it. */
  load(modelDir: string): Promise<void>;
  /**
   * One score per trajectory, higher is better; unbounded, comparable within this model only. Trajectories are rendered as they were in training.
   * `undefined` where one could not be scored; it never becomes 0. @throws when the model is not there.
   */
  score(trajectories: readonly Trajectory[], context: { readonly signal: AbortSignal }): Promise<readonly (number | undefined)[]>;
}

/** How a plugin's user says that a model is to be served: an option `serve` of policies and reward models. */
export interface ModelServerCommand {
  /** Program and arguments; `{model}` and `{port}` are filled in. Empty: nothing is served. */
  readonly command: readonly string[];
  /** Added to what processes are given of the environment (docs/guide/environment.md). */
  readonly env: Readonly<Record<string, string>>;
  /** How long it may take until it answers, in milliseconds: loading takes minutes. */
  readonly readyTimeoutMs: number;
}

export interface ModelServerRequest extends ModelServerCommand {
  /** The model's folder or file. */
  readonly model: string;
  /** The API root on that server, e.g. `/v1`; it is ready when `<path>/models` answers. */
  readonly path: string;
}

export interface ModelServer {
  /** With the path. */
  readonly baseURL: string;
  /** Ends it with all its processes. */
  stop(): Promise<void>;
}

export interface ModelServers {
  /** Starts a server on a free port of this machine; the kernel ends it at the end of the run. @throws ATRAJ_MODEL_SERVER with its last words */
  start(request: ModelServerRequest): Promise<ModelServer>;
}

/** Fetches models into the cache. */
export interface ModelSource {
  /** Names that `pull` knows by heart; it may take others (a hub's). */
  list(): readonly { readonly name: string; readonly description: string; readonly here: boolean }[];
  /** Makes sure the model is here and returns its file. @throws PluginError with what to do when it cannot be had. */
  pull(name: string, onProgress: (message: string) => void): Promise<string>;
  /**
   * Makes one model file, as this source's policy loads it, of a folder in Hugging Face's layout. Weights become `type`; the file is written next to them, or to
   * `file`. One that was made of the same weights before is kept. @returns the file. @throws PluginError with what to do when it cannot be converted.
   */
  convert?(modelDir: string, options: { readonly type: WeightType; readonly file?: string }, onProgress: (message: string) => void): Promise<string>;
}

/** How weights are stored: blocks of 8 bits, or 16-bit numbers. */
export type WeightType = "q8_0" | "f16" | "bf16";
