/**
 * The public contract: all that a plugin author needs, and the only part of core a plugin may import.
 * It imports nothing at run time. A plugin is a plain object, so even this file is optional for plain JavaScript.
 */
import type {
  AssistantMessage,
  DialectName,
  Example,
  Finish,
  JsonObject,
  JsonValue,
  Message,
  PreferencePair,
  Provenance,
  Query,
  Sampling,
  Score,
  Scores,
  Segment,
  ToolDefinition,
  ToolMessage,
  Trajectory,
  Usage,
  Verdict,
} from "./trajectory/model.ts";

export type * from "./trajectory/model.ts";

/** The contract's version. A plugin writes the number it was made for as a literal in `meta.apiVersion`. */
export type ApiVersion = 1;

/* ───────────────────────────── the plugin ───────────────────────────── */

export type PluginKind =
  | "preparer"
  | "policy"
  | "tool"
  | "sandbox"
  | "scorer"
  | "gate"
  | "repairer"
  | "reward"
  | "reward-model"
  | "trainer"
  | "format"
  | "server"
  /** Those that AutoTraj itself brings along: what it offers all others. */
  | "host";

/** A JSON Schema of the plugin's options: closed, every property described, defaults inside. */
export interface OptionsSchema {
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, JsonObject>>;
  readonly required?: readonly string[];
}

export interface PluginMeta {
  /** The npm package's name. */
  readonly name: string;
  /** Must equal the core's; checked before anything of the plugin runs. */
  readonly apiVersion: ApiVersion;
  /** What it is. The kind limits which hooks it may tap (see the hook table). */
  readonly kind: PluginKind;
  /** One line for `autotraj plugin list`. */
  readonly description: string;
  readonly options: OptionsSchema;
  /** Services it provides, and services without which it cannot be set up. */
  readonly provides?: readonly Token<unknown>[];
  readonly requires?: readonly Token<unknown>[];
  /** What it can and cannot do, for users and for the conformance kit: `{ deterministic: true, network: false }`. */
  readonly supports?: Readonly<Record<string, boolean>>;
  readonly deprecated?: { readonly since: string; readonly replacedBy?: string };
}

export interface Plugin<Options = JsonObject> {
  readonly meta: PluginMeta;
  /**
   * Called once per entry of the preset, with validated, frozen options. Must be cheap: tap hooks, provide services, look services up.
   * Loading a model or starting a process belongs in `api.onStart`, which `plan` and `config check` never reach.
   */
  setup(api: PluginApi, options: Readonly<Options>): void | Promise<void>;
}

/** Checks the shape at compile time; returns the plugin as it is. Export the result as the package's default export. */
export function definePlugin<Options>(plugin: Plugin<Options>): Plugin<Options> {
  return plugin;
}

export interface PluginApi {
  /** The plugin's id in the preset: its name in errors, tables and taps. Two entries may use one package under two ids. */
  readonly id: string;
  readonly hooks: Hooks;
  /**
   * Offers a service, in setup or start. Tokens made with `many` are provided under the plugin's id, or under `id/name` by a plugin that has several
   * to offer (the tools of one server); any other token has one provider per run.
   */
  provide<T>(token: Token<T>, service: T, name?: string): void;
  /**
   * Finds a service; `id` names one of a `many` token's providers.
   * @throws ATRAJ_SERVICE_MISSING with the ids there are and the packages that could provide one.
   */
  use<T>(token: Token<T>, id?: string): T;
  /** All providers of a `many` token by preset id, in preset order. */
  useAll<T>(token: Token<T>): ReadonlyMap<string, T>;
  /** Runs before the first query, after every plugin's setup; in preset order. For what is slow or may fail: self-tests, models, processes. */
  onStart(start: () => Promise<void>): void;
  /** Runs at the end, in reverse order, also after a failure. Must be safe when start never ran. */
  onDispose(dispose: () => void | Promise<void>): void;
  /**
   * Says what the plugin found outside the preset that decides results: the sandbox that is there and what can be imported in it, the
   * weights behind a model's name. It is recorded with the run; where it is something else than before, that is said.
   */
  found(name: string, value: string): void;
  /** To stderr and the run's log. */
  readonly log: Logger;
  /** Folder for what may be fetched or built again: models, virtual environments, indexes. Shared by all runs. */
  readonly cacheDir: string;
  /** Folder of the file that declared this plugin: relative paths in options mean from here. */
  readonly baseDir: string;
}

export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

/** From this value of the dimension `correctness` on an answer is right. Most checkers give 0 or 1; token F1 counts from here, as in the paper's evaluation. */
export const RIGHT_FROM = 0.5;

/** @param correctness the score of that dimension. Returns whether the answer is right; undefined where it was not judged. */
export function isRight(correctness: Score | undefined): boolean | undefined {
  return correctness !== undefined && "value" in correctness ? correctness.value >= RIGHT_FROM : undefined;
}

/**
 * An error a plugin throws on purpose. The kernel adds who and where; `code` survives as `pluginCode`, `hint` says what to do.
 * `endsRun: true` says that every other call will fail in the same way until somebody changes a setting (a wrong key, an unknown model): thrown by a policy
 * for a turn, or by a tap, it ends the run at once, with this message and hint, where other errors cost one question. What was done is kept.
 */
export class PluginError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly endsRun: boolean;
  constructor(code: string, message: string, options: { hint?: string; cause?: unknown; endsRun?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PluginError";
    this.code = code;
    this.hint = options.hint;
    this.endsRun = options.endsRun ?? false;
  }
}

/* ───────────────────────────── the hooks ───────────────────────────── */

/** What every tap gets of its run. */
export interface RunContext {
  readonly runId: string;
  /** Aborted when the run is stopped at once or the tap has overrun its time. */
  readonly signal: AbortSignal;
  /** Deterministic randomness in [0, 1): the same parts give the same number in every run with the same seed. */
  random(...parts: readonly (string | number)[]): number;
}

/** tapable's vocabulary. Order is: `stage` (low first, default 0), then preset order, both overruled by `before`. */
export interface TapOptions {
  /** Tells two taps of one plugin apart in messages; the plugin's id is put in front. */
  readonly name?: string;
  readonly stage?: number;
  /** Preset ids or package names that must come later. An unknown one is an error, not a guess. */
  readonly before?: string | readonly string[];
  /** Overrides `run.hookTimeoutMs`. */
  readonly timeoutMs?: number;
}

export interface Hook<Tap, Extra extends object = object> {
  tapPromise(options: TapOptions & Extra, tap: Tap): void;
}

/**
 * The six lifecycle hooks. All that a tap is given is frozen, all the way down: a change is an error, and never reaches another plugin.
 * How each combines its taps' results is in core/src/hooks.ts, the table.
 */
export interface Hooks {
  /** Series, waterfall: each tap may change the request or drop the query. Once per query. */
  readonly beforeRollout: Hook<BeforeRollout>;
  /** Parallel, in levels by `needs`: each tap owns its dimensions. */
  readonly score: Hook<ScoreTap, ScoreTapOptions>;
  /** Series, bail: the first definite answer wins. `needs` names dimensions it cannot do without: checked before anything is spent. */
  readonly shouldRepair: Hook<ShouldRepair, { readonly needs?: readonly string[] }>;
  /** Series, waterfall over repairers in order; the kernel scores and gates after each one and stops at the first accepted. `needs` as for gates. */
  readonly repair: Hook<Repair, { readonly attempts?: number; readonly needs?: readonly string[] }>;
  /** Parallel: one term per tap. */
  readonly reward: Hook<RewardTap, RewardTapOptions>;
  /** Bail, by stage: exactly one backend per used stage. */
  readonly train: Hook<Train, TrainTapOptions>;
}

export interface TrainTapOptions {
  readonly stageName: TrainStage;
  /** Looks at the stage's settings, less those that the kernel reads, before anything is spent. @throws what is wrong with them */
  readonly check?: (options: JsonObject) => void;
}

/** What a query becomes before it is asked. */
export interface RolloutRequest {
  readonly query: Query;
  /** The system prompt. Part of the trajectory and of what is trained on. */
  readonly system: string;
  /** Worked examples between the system prompt and the question. Shown, never trained on. */
  readonly examples: readonly Example[];
  readonly dialect: DialectName;
  /** Ids of the tools the policy may call: a plugin's preset id, or `id/name` for one of a plugin's several. */
  readonly tools: readonly string[];
  readonly sampling: Sampling;
  /** Tool calls a trajectory may make. */
  readonly maxToolCalls: number;
  /** Turns a trajectory may take; more than `maxToolCalls`, since the last one answers. */
  readonly maxTurns: number;
}

export type BeforeRollout = (request: RolloutRequest, run: RunContext) => Promise<RolloutRequest | { readonly drop: string } | undefined>;

/** One trajectory to be scored, with what may be looked at. */
export interface ScoreItem {
  readonly trajectory: Trajectory;
  readonly query: Query;
  /** Scores so far: the dimensions named in `needs`. */
  readonly scores: Scores;
  /** All candidates of the same query, this one included; for a repaired trajectory only itself. */
  readonly group: readonly ScoreItem[];
  /** The trajectory that this one repairs, with its scores. */
  readonly parent?: ScoredTrajectory;
  /** For a repaired trajectory: the other candidates of its query. */
  readonly siblings?: readonly ScoredTrajectory[];
}

export interface ScoreTapOptions {
  /** The dimensions this tap fills: name → what a high value means, and the range (default [0, 1]). */
  readonly dimensions: Readonly<Record<string, DimensionInfo>>;
  /** Dimensions of other scorers that must be there first. */
  readonly needs?: readonly string[];
}

export interface DimensionInfo {
  readonly description: string;
  readonly range?: readonly [number, number];
}

/** Returns, in the batch's order, a score for each of its own dimensions. A batch never splits the candidates of a query. */
export type ScoreTap = (batch: readonly ScoreItem[], run: RunContext) => Promise<readonly Scores[]>;

export interface ScoredTrajectory {
  readonly trajectory: Trajectory;
  readonly scores: Scores;
  readonly verdict?: Verdict;
}

/** Candidates of one query, or one repaired trajectory with its parent. */
export interface GateCase {
  readonly query: Query;
  readonly stage: "candidates" | "repair";
  readonly items: readonly ScoredTrajectory[];
  /** Set in stage `repair`. */
  readonly parent?: ScoredTrajectory;
}

/**
 * One verdict per item in order, or undefined to abstain. In stage `repair`, `keep` accepts, `repair` refuses and lets the next attempt try,
 * `discard` refuses and ends the repair.
 */
export type ShouldRepair = (gateCase: GateCase, run: RunContext) => Promise<readonly Verdict[] | undefined>;

/** A trajectory to repair, with all that is known about it. */
export interface RepairCase {
  readonly request: RolloutRequest;
  /** The trajectory to repair, its scores (the diagnosis) and the verdict that sent it here. */
  readonly original: ScoredTrajectory;
  /** The other candidates of the same query. */
  readonly siblings: readonly ScoredTrajectory[];
  /** Refused repairs so far, of this repairer and of those before it. */
  readonly attempts: readonly RepairAttempt[];
  /** How often this repairer has been asked about this case before. */
  readonly attempt: number;
}

export interface RepairAttempt extends ScoredTrajectory {
  readonly repairer: string;
}

/** A repaired trajectory, or undefined where this repairer has nothing to offer. Use the ROLLOUT service to write one with real tools. */
export type Repair = (repairCase: RepairCase, run: RunContext) => Promise<Trajectory | undefined>;

export interface RewardTapOptions {
  /**
   * What the term is to the reward: `outcome` is added with its weight; `gate` lets 0 and more pass and replaces the reward by anything below;
   * `trajectory` is a model's unbounded score, bounded and weighted as `reward.combine` says.
   */
  readonly role: "outcome" | "gate" | "trajectory";
  /** Dimensions that must be scored first: only the scorers behind them run. */
  readonly needs?: readonly string[];
}

/** One reward term per trajectory, in order. `failed` makes the sample invalid; it never becomes 0. */
export type RewardTap = (batch: readonly ScoreItem[], run: RunContext) => Promise<readonly Score[]>;

export type TrainStage = "sft" | "reward-model" | "rl";

/** One training stage to be done by a backend. */
export interface TrainJob {
  readonly stage: TrainStage;
  /** The stage's settings in the preset, without those that the kernel reads itself. The backend checks them: unknown ones are errors. */
  readonly options: JsonObject;
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
  /** Added to a minimal environment (PATH, HOME, locale, CUDA_VISIBLE_DEVICES). */
  readonly env: Readonly<Record<string, string>>;
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

/* ───────────────────────────── the services ───────────────────────────── */

/** Names a service. `Symbol.for` keys survive two copies of core. */
export interface Token<T> {
  readonly key: symbol;
  readonly name: string;
  /** True where several plugins may provide it, each under its preset id. */
  readonly many: boolean;
  /** Carries the type only. */
  readonly type?: T;
}
export function token<T>(name: string, options: { many?: boolean } = {}): Token<T> {
  return { key: Symbol.for(`autotraj:${name}`), name, many: options.many ?? false };
}

/** Who writes trajectories. */
export const POLICY: Token<Policy> = token<Policy>("policy", { many: true });
/** What they may call. */
export const TOOL: Token<Tool> = token<Tool>("tool", { many: true });
/** Where model-written code runs. */
export const SANDBOX: Token<Sandbox> = token<Sandbox>("sandbox", { many: true });
/** Files in, data sets out. */
export const FORMAT: Token<Format> = token<Format>("format", { many: true });
/** Where model files come from, for `autotraj model`. */
export const MODEL_SOURCE: Token<ModelSource> = token<ModelSource>("model-source", { many: true });
/** Writes a trajectory turn by turn with a policy and real tools. Provided by the kernel. */
export const ROLLOUT: Token<Rollout> = token<Rollout>("rollout");
/** What a trainer's own software needs, for `autotraj env install`. */
export const ENVIRONMENT: Token<BackendEnvironment> = token<BackendEnvironment>("environment", { many: true });
/** A trained trajectory reward model. */
export const REWARD_MODEL: Token<RewardModel> = token<RewardModel>("reward-model", { many: true });
/** The trajectories kept so far in this run. Provided by the kernel. */
export const KEPT: Token<KeptTrajectories> = token<KeptTrajectories>("kept");
/** The run's questions, for plugins that must see them all before the first is asked. Provided by the kernel. */
export const QUERIES: Token<Queries> = token<Queries>("queries");
/** Renders and parses the text of trajectories. Provided by the kernel. */
export const DIALECTS: Token<Dialects> = token<Dialects>("dialects");
/** Virtual environments for plugins with a Python side. Provided by the kernel. */
export const PYTHON: Token<PythonEnvironments> = token<PythonEnvironments>("python");
/** Servers for models that a run has trained. Provided by the kernel. */
export const MODEL_SERVERS: Token<ModelServers> = token<ModelServers>("model-servers");

/** One turn to be written. */
export interface TurnRequest {
  /** System message, worked examples as user/assistant pairs, the question; in `native` also the turns so far. */
  readonly messages: readonly Message[];
  /**
   * `tags` only: what the assistant's message already holds, in order: the model's own turns and the tools' results as they stand in the text.
   * The model goes on right after it. Empty at the first turn.
   */
  readonly continuation: readonly ContinuationPart[];
  readonly dialect: DialectName;
  /** Tools offered; `native` only passes them on. */
  readonly tools: readonly ToolDefinition[];
  /** The turn ends after any of these. The returned text includes the one that ended it. */
  readonly stop: readonly string[];
  readonly sampling: Sampling;
  readonly seed: number;
  /** The same for all turns of one trajectory: a local policy keeps its state under this name. */
  readonly session: string;
}
export type ContinuationPart =
  | { readonly by: "model"; readonly text: string; readonly tokens?: readonly number[] }
  | { readonly by: "tool"; readonly text: string };

export interface Turn {
  /** What was sampled, the ending stop string included where there was one (whether or not the server strips it). */
  readonly text: string;
  /** `native`: thinking returned apart from the text. */
  readonly reasoning?: string;
  /** `native`: calls as the server gave them; arguments unparsed. */
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** `stop`: a stop string or the model's own end. `length`: maxTokens reached. `tool-calls`: native calls. */
  readonly finish: "stop" | "length" | "tool-calls";
  readonly tokens?: readonly number[];
  readonly usage: Usage;
}

export interface Policy {
  /** The model's name, for people and provenance. */
  readonly model: string;
  /** All that decides what it answers besides the request (weights, template, server-side settings): part of the call cache's key. */
  readonly identity: string;
  readonly dialects: readonly DialectName[];
  /** In USD per million tokens, where known. */
  readonly price?: { readonly input: number; readonly cachedInput?: number; readonly output: number };
  /** True where the same request always gives the same turn. */
  readonly deterministic: boolean;
  /** Turns it can usefully write at once; the kernel never asks for more. Undefined: as many as `rollout.inFlight`. */
  readonly concurrency?: number;
  /** @throws when the turn could not be had after the policy's own retries; a PluginError with `endsRun` where no other could be had either. */
  generate(request: TurnRequest, context: { readonly signal: AbortSignal }): Promise<Turn>;
  /** The trajectory of this session is over: its state may go. */
  endSession?(session: string): void;
  /**
   * The same policy over other weights, so that every model of a run is sampled in one way: a folder in Hugging Face's layout as trainers leave it
   * (converted where need be). Undefined where this policy cannot load weights (a remote server's).
   */
  withModel?(modelDir: string): Promise<LoadedPolicy>;
}
export interface LoadedPolicy extends Policy {
  /** Lets go of the weights. */
  dispose(): Promise<void>;
}

export interface ToolContext {
  /** The same for all calls of one trajectory. */
  readonly session: string;
  /** Arguments of this tool's earlier calls in this trajectory: after a resume a stateful tool runs them again first. */
  readonly earlier: readonly JsonObject[];
  /** The same for all tools of this tool's plugin entry, in the order they were made: what tools that share a state need. */
  readonly history: readonly { readonly tool: string; readonly arguments: JsonObject }[];
  readonly signal: AbortSignal;
}
export interface ToolResult {
  /** What the model reads. Never empty: say `[no output]`. */
  readonly content: string;
  readonly ok: boolean;
  readonly durationMs: number;
  readonly isolation?: string;
}
export interface Tool {
  /** May change once, during start (its description depends on what the sandbox can do). */
  readonly definition: ToolDefinition;
  /** All that decides its answers besides the arguments: part of the call cache's key. */
  readonly identity: string;
  /** A failure the model should see is a result with `ok: false`. @throws only when the tool itself is broken. */
  call(args: JsonObject, context: ToolContext): Promise<ToolResult>;
  endSession?(session: string): void;
}

export interface ExecutionRequest {
  readonly code: string;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  /** Names kept for a stateful session; undefined runs in a fresh interpreter. */
  readonly session?: string;
}
export interface ExecutionResult {
  readonly status: "ok" | "error" | "timeout" | "output-limit" | "memory-limit" | "killed";
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** Bytes printed beyond what was kept. */
  readonly truncatedBytes: number;
  /** True when the session's state was lost by this call (a time-out kills the interpreter). */
  readonly sessionLost?: boolean;
}
/** The `code` of the PluginError a sandbox throws when a session's interpreter is gone and the code did not run: the tool may build it up again. */
export const SESSION_ENDED = "SESSION_ENDED";
export interface Sandbox {
  /** What the isolation is made of, e.g. `bwrap`, `pyodide`, `none`. Recorded with every result. */
  readonly isolation: string;
  /** Higher is stronger. `isolation: auto` takes the strongest that passes its self-test, and never one below 1. */
  readonly strength: number;
  /** Python packages importable inside. Known after `selfTest`. */
  readonly packages: readonly string[];
  readonly sessions: boolean;
  /** Proves the promises by trying to break them. Runs once; the result is kept. */
  selfTest(): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }>;
  /** @throws when the sandbox itself fails (PluginError SESSION_ENDED: the session was lost before this call); whatever the code does is a result. */
  execute(request: ExecutionRequest, context: { readonly signal: AbortSignal }): Promise<ExecutionResult>;
  endSession?(session: string): void;
}

export interface RolloutOptions {
  /** Preset id of the policy. */
  readonly policy: string;
  /** Tells this trajectory from others of the same request: seeds and the call cache follow from it. E.g. `candidate 2`, `repair llm 0`. */
  readonly key: string;
  /** What is shown in place of the request's own prompt. The trajectory still records the request's system prompt and question. */
  readonly shown?: { readonly system?: string; readonly question?: string; readonly examples?: readonly Example[] };
  readonly sampling?: Partial<Sampling>;
  /** Turns that are already there (a repair that goes on from a good prefix). They count against the limits. */
  readonly prefix?: readonly (AssistantMessage | ToolMessage)[];
  readonly provenance: Pick<Provenance, "origin"> & Partial<Provenance>;
  readonly signal?: AbortSignal;
}
export interface ReplayOptions {
  /** Tells this replay from others of the same request, as in {@link RolloutOptions}. */
  readonly key: string;
  /** The assistant's turns in order; each one's tool calls are made for real before the next turn is taken. */
  readonly turns: readonly AssistantMessage[];
  readonly answer?: string;
  readonly provenance: Pick<Provenance, "origin"> & Partial<Provenance>;
  readonly signal?: AbortSignal;
}
export interface Rollout {
  /**
   * Makes a trajectory of turns that are already written (a worked solution's, a log's), with the results that the request's real tools give.
   * The request's limits on calls and turns hold here too.
   */
  replay(request: RolloutRequest, options: ReplayOptions): Promise<Trajectory>;
  /** Writes one trajectory. A policy that fails gives a trajectory with `finish: "failed"`; only a stopped run throws. */
  write(request: RolloutRequest, options: RolloutOptions): Promise<Trajectory>;
  /** One plain completion (a judge's, a diagnosis), cached and counted like any other call. */
  complete(policy: string, request: Omit<TurnRequest, "seed" | "session"> & { key: string }): Promise<Turn>;
}

export interface KeptTrajectories {
  /**
   * The `k` kept candidates whose questions are most like this case's, best first, one per question, never of the case's own query.
   * Waits until every query of the case's wave (`rollout.wave`) and of those before has been scored, so that the answer does not depend on timing.
   */
  similarTo(repairCase: RepairCase, k: number): Promise<readonly Trajectory[]>;
}

export interface Queries {
  /** The questions to roll out, in order, read anew at each call. Works from start on, not in setup. */
  train(): AsyncIterable<Query>;
  /** The preset's held-out questions; undefined where it names none. */
  evaluate(): AsyncIterable<Query> | undefined;
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

export interface ParsedTurn {
  readonly message: AssistantMessage;
  /** The final answer, where this turn gives one. */
  readonly answer?: string;
  readonly faults: readonly string[];
}
export interface Dialect {
  readonly name: DialectName;
  /** Where a turn ends, given the tools offered. */
  stops(tools: readonly ToolDefinition[]): readonly string[];
  /** Turns a sampled turn into a message; never throws, whatever the model wrote. `callId` names a tool call that has no id of its own. */
  parse(turn: Pick<Turn, "text" | "reasoning" | "toolCalls" | "finish" | "tokens">, tools: readonly ToolDefinition[], callId: string): ParsedTurn;
  /** A message as it stands in the text of this dialect (a tool's result inside `<result>`). `tools` give the tags of calls that were not written in it. */
  text(message: AssistantMessage | ToolMessage, tools?: readonly ToolDefinition[]): string;
  /** The whole trajectory as stretches of text with the loss mask. Messages written in another dialect are translated. */
  render(trajectory: Pick<Trajectory, "messages" | "dialect"> & Partial<Pick<Trajectory, "tools">>): readonly Segment[];
}
export interface Dialects {
  get(name: DialectName): Dialect;
  /** The rollout part (after the question) as one string in the trajectory's own dialect: what scorers of form and length read. */
  text(trajectory: Pick<Trajectory, "messages" | "dialect">): string;
}

/** How a plugin's user says that a model is to be served: an option `serve` of policies and reward models. */
export interface ModelServerCommand {
  /** Program and arguments; `{model}` and `{port}` are filled in. Empty: nothing is served. */
  readonly command: readonly string[];
  /** Added to a minimal environment (PATH, HOME, locale, CUDA_VISIBLE_DEVICES). */
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

export interface PythonEnvironments {
  /**
   * Makes a virtual environment with exactly these requirements (`name==version` lines) once per machine and returns its interpreter.
   * @throws ATRAJ_PYTHON with pip's last words.
   */
  ensure(name: string, requirements: readonly string[]): Promise<PythonEnvironment>;
}
export interface PythonEnvironment {
  readonly python: string;
  readonly sitePackages: string;
  /** The interpreter the environment was made from. */
  readonly basePython: string;
  readonly version: string;
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

/**
 * A recorded conversation as a format reads it: what the row says, in its order, and no more. What all formats share is the host's: it pairs results with
 * calls, reads arguments and calls written as text, tells thinking from answers and failed results from others, and names what does not fit.
 */
export interface RecordedConversation {
  readonly turns: readonly RecordedTurn[];
  /** What the row says of its question. Left out: the first user turn is the question, and the id follows from the content. */
  readonly query?: Partial<Query>;
  /** The tools the row lists. */
  readonly tools?: readonly ToolDefinition[];
  /** True where `tools` were made up from the calls and were not part of the prompt. */
  readonly toolsFromCalls?: boolean;
  /** The answer as the recording itself read it; null where it says that there is none. Left out: it is read from the last turn. */
  readonly answer?: string | null;
  readonly finish?: Finish;
  /** What the format itself found wrong. */
  readonly faults?: readonly string[];
  /** The model that wrote it. */
  readonly model?: string;
  /** What the row has and nothing here has a place for. */
  readonly notes?: JsonObject;
  /** For logs that AutoTraj itself wrote. Default: `recorded`, in the `native` dialect. */
  readonly provenance?: Provenance;
  readonly dialect?: DialectName;
  readonly usage?: Trajectory["usage"];
}

export type RecordedTurn = RecordedText | RecordedAssistant | RecordedResult;
export interface RecordedText {
  readonly role: "system" | "user";
  readonly content: string;
}
export interface RecordedAssistant {
  readonly role: "assistant";
  /** As it was written: thinking in `<think>` and calls in `<tool_call>` may still be in it. */
  readonly content: string;
  readonly reasoning?: string;
  /** What the model said in place of an answer, where the log tells a refusal apart. */
  readonly refusal?: string;
  readonly calls?: readonly RecordedCall[];
  /** As sampled, in the conversation's dialect (see {@link AssistantMessage}). */
  readonly text?: string;
  readonly tokens?: readonly number[];
  readonly train?: boolean;
}
export interface RecordedCall {
  /** As the log has it; may be missing, empty or used twice. */
  readonly id?: string;
  /** Missing where the call names no tool. */
  readonly name?: string;
  /** An object, JSON text of one, or whatever the log has in its place. */
  readonly arguments?: JsonValue;
  /** For a call the format could not read. */
  readonly malformed?: { readonly raw: string; readonly reason: string };
}
export interface RecordedResult {
  readonly role: "tool";
  /** The call it answers, where the log says so. */
  readonly callId?: string;
  /** The tool's name, where the log says so. */
  readonly name?: string;
  readonly content: string;
  /** What the log says of its success (`is_error`, an exit code). Left out: its text decides. */
  readonly ok?: boolean;
  readonly durationMs?: number;
  readonly isolation?: string;
}

export interface Format {
  /** One line for `autotraj export --help`. */
  readonly description: string;
  /**
   * Turns one recorded row into a conversation, or into several where a row holds more than one. Rows are the lines of a .jsonl file, the elements of a
   * .json array (or its one document), or what `split` makes of any other file. No field that carries a call, a result, a refusal or a tool list is
   * passed over: it is read, or the row is refused. `@autotraj/core/rows` helps. @throws PluginError naming the path inside the row.
   */
  read?(row: JsonValue, index: number): RecordedConversation | readonly RecordedConversation[];
  /**
   * How surely a row is of this format, in [0, 1], for `--format auto`: 0.5 and more for one that it would read. Rows come as they lie in the file, before
   * `gather`. Cheap, and never throws.
   */
  recognizes?(row: JsonValue): number;
  /** For logs that are no JSON: cuts a whole text file into rows for `read`. */
  split?(text: string): readonly JsonValue[];
  /** For logs whose rows are parts of a conversation (the spans of a trace): makes whole rows of all rows of a file. They are then in memory at once. */
  gather?(rows: readonly JsonValue[]): readonly JsonValue[];
  /**
   * Why this format cannot say a trajectory ("no text before its first call"), for all writers below; undefined where it can. Those left out are counted by
   * reason. The host has already cut what comes after the last assistant turn, and left out trajectories whose calls and results do not pair.
   */
  refuses?(trajectory: Trajectory): string | undefined;
  /** True where the consumer pairs results with calls by their order alone: trajectories with a result after a later turn are then left out. */
  readonly pairsByPosition?: boolean;
  /** One row of a supervised data set; undefined leaves it out without a reason. */
  sft?(trajectory: Trajectory): JsonValue | undefined;
  /** One row of a preference data set; undefined as above. */
  preference?(pair: PreferencePair): JsonValue | undefined;
  /** One row of a data set of prompts for RL, made from one trajectory per question: its tools, system message and question, nothing after them. */
  prompt?(trajectory: Trajectory): JsonValue | undefined;
  /** How files are written. Default: JSONL, one row a line. */
  readonly file?: FileEncoding;
  /** Other files the consumer wants beside the rows (a registry, a loader script): file name → content. */
  companions?(written: Readonly<Record<string, { readonly file: string; readonly rows: number }>>): Readonly<Record<string, string>>;
  /** Other shapes of the same family, asked for as `format/variant`. */
  readonly variants?: Readonly<Record<string, Omit<Format, "variants">>>;
}

export interface FileEncoding {
  /** Without the dot: `parquet`. */
  readonly extension: string;
  /** Writes all rows to a file that is not there yet; memory stays bounded. Returns how many. */
  write(path: string, rows: Iterable<JsonValue>): Promise<number>;
}
