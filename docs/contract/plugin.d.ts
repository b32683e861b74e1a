// @autotraj/core/plugin, written by `npm run contract`. What it promises: docs/guide/compatibility.md.

// kernel/trajectory/model.ts
export type JsonValue = string | number | boolean | null | JsonValue[] | {
    [key: string]: JsonValue;
};
export type JsonObject = {
    [key: string]: JsonValue;
};
export interface Query {
    readonly id: string;
    readonly question: string;
    readonly answers: readonly string[];
    readonly task?: string;
    readonly solution?: string;
    readonly meta?: JsonObject;
}
export interface ToolDefinition {
    readonly name: string;
    readonly description: string;
    readonly parameters: JsonObject;
    readonly tag?: {
        readonly name: string;
        readonly argument: string;
    };
}
export interface ToolCall {
    readonly id: string;
    readonly name: string;
    readonly arguments: JsonObject;
    readonly malformed?: {
        readonly raw: string;
        readonly reason: string;
    };
}
export interface SystemMessage {
    readonly role: "system";
    readonly content: string;
}
export interface UserMessage {
    readonly role: "user";
    readonly content: string;
}
export interface AssistantMessage {
    readonly role: "assistant";
    readonly content: string;
    readonly reasoning?: string;
    readonly toolCalls?: readonly ToolCall[];
    readonly text?: string;
    readonly tokens?: readonly number[];
    readonly train?: boolean;
}
export interface ToolMessage {
    readonly role: "tool";
    readonly toolCallId: string;
    readonly name: string;
    readonly content: string;
    readonly ok: boolean;
    readonly durationMs?: number;
    readonly isolation?: string;
}
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;
export interface Example {
    readonly question: string;
    readonly messages: readonly (AssistantMessage | ToolMessage)[];
}
export interface Sampling {
    readonly temperature: number;
    readonly topP: number;
    readonly topK: number;
    readonly maxTokens: number;
}
export interface Usage {
    readonly promptTokens: number;
    readonly cachedTokens: number;
    readonly completionTokens: number;
}
export type Finish = "answer" | "no-answer" | "tool-limit" | "turn-limit" | "token-limit" | "failed";
export interface Provenance {
    readonly origin: "rollout" | "repair" | "recorded";
    readonly policy?: string;
    readonly model?: string;
    readonly sampling?: Sampling;
    readonly seed?: number;
    readonly candidate?: number;
    readonly parent?: string;
    readonly repairer?: string;
    readonly attempt?: number;
    readonly sawGold?: boolean;
    readonly notes?: JsonObject;
}
export type DialectName = "tags" | "native";
export interface Trajectory {
    readonly id: string;
    readonly query: Query;
    readonly dialect: DialectName;
    readonly tools: readonly ToolDefinition[];
    readonly messages: readonly Message[];
    readonly answer?: string;
    readonly finish: Finish;
    readonly faults: readonly string[];
    readonly provenance: Provenance;
    readonly usage: Usage & {
        readonly modelCalls: number;
        readonly toolCalls: number;
    };
}
export interface Segment {
    readonly role: "system" | "user" | "assistant" | "tool";
    readonly text: string;
    readonly train: boolean;
}
export type Score = {
    readonly value: number;
    readonly reason?: string;
    readonly spans?: readonly Span[];
}
 | {
    readonly skipped: string;
}
 | {
    readonly failed: string;
};
export interface Span {
    readonly message: number;
    readonly start: number;
    readonly end: number;
    readonly note?: string;
}
export type Scores = Readonly<Record<string, Score>>;
export interface Verdict {
    readonly decision: "keep" | "repair" | "discard";
    readonly reason: string;
    readonly cause?: string;
    readonly by?: string;
}
export interface PreferencePair {
    readonly query: Query;
    readonly kind?: "repair" | "sibling";
    readonly chosen: Trajectory;
    readonly rejected: Trajectory;
}

// kernel/hook-types.ts
import type { DialectName, Example, JsonObject, Query, Sampling, Score, Scores, Trajectory, Verdict } from "./trajectory/model.ts";
export interface OptionsSchema {
    readonly type: "object";
    readonly additionalProperties: false;
    readonly properties: Readonly<Record<string, JsonObject>>;
    readonly required?: readonly string[];
}
export interface RunContext {
    readonly runId: string;
    readonly signal: AbortSignal;
    random(...parts: readonly (string | number)[]): number;
}
export interface TapOptions {
    readonly name?: string;
    readonly stage?: number;
    readonly before?: string | readonly string[];
    readonly timeoutMs?: number;
}
export interface Hook<Tap, Extra extends object = object> {
    tapPromise(options: TapOptions & Extra, tap: Tap): void;
}
export interface RolloutRequest {
    readonly query: Query;
    readonly system: string;
    readonly examples: readonly Example[];
    readonly dialect: DialectName;
    readonly tools: readonly string[];
    readonly sampling: Sampling;
    readonly maxToolCalls: number;
    readonly maxTurns: number;
}
export type BeforeRollout = (request: RolloutRequest, run: RunContext) => Promise<RolloutRequest | {
    readonly drop: string;
} | undefined>;
export interface ScoreItem {
    readonly trajectory: Trajectory;
    readonly query: Query;
    readonly scores: Scores;
    readonly group: readonly ScoreItem[];
    readonly parent?: ScoredTrajectory;
    readonly siblings?: readonly ScoredTrajectory[];
}
export interface ScoreTapOptions {
    readonly dimensions: Readonly<Record<string, DimensionInfo>>;
    readonly needs?: readonly string[];
}
export interface DimensionInfo {
    readonly description: string;
    readonly range?: readonly [number, number];
}
export type ScoreTap = (batch: readonly ScoreItem[], run: RunContext) => Promise<readonly Scores[]>;
export interface ScoredTrajectory {
    readonly trajectory: Trajectory;
    readonly scores: Scores;
    readonly verdict?: Verdict;
}
export interface GateCase {
    readonly query: Query;
    readonly subject: "candidates" | "repair";
    readonly items: readonly ScoredTrajectory[];
    readonly parent?: ScoredTrajectory;
}
export type ShouldRepair = (gateCase: GateCase, run: RunContext) => Promise<readonly Verdict[] | undefined>;
export interface RepairCase {
    readonly request: RolloutRequest;
    readonly original: ScoredTrajectory;
    readonly siblings: readonly ScoredTrajectory[];
    readonly attempts: readonly RepairAttempt[];
    readonly attempt: number;
}
export interface RepairAttempt extends ScoredTrajectory {
    readonly repairer: string;
}
export type Repair = (repairCase: RepairCase, run: RunContext) => Promise<Trajectory | undefined>;
export interface RewardTapOptions {
    readonly role: "outcome" | "gate" | "trajectory";
    readonly needs?: readonly string[];
}
export type RewardTap = (batch: readonly ScoreItem[], run: RunContext) => Promise<readonly Score[]>;

// kernel/services.ts
import type { RepairCase, RolloutRequest } from "./hook-types.ts";
import type { AssistantMessage, DialectName, Example, JsonObject, Message, Provenance, Query, Sampling, Segment, ToolDefinition, ToolMessage, Trajectory, Usage } from "./trajectory/model.ts";
export interface Logger {
    info(message: string): void;
    warn(message: string): void;
}
export interface Token<T> {
    readonly key: symbol;
    readonly name: string;
    readonly many: boolean;
    readonly type?: T;
}
export declare function token<T>(name: string, options?: {
    many?: boolean;
}): Token<T>;
export declare const POLICY: Token<Policy>;
export declare const TOOL: Token<Tool>;
export declare const SANDBOX: Token<Sandbox>;
export declare const ROLLOUT: Token<Rollout>;
export declare const KEPT: Token<KeptTrajectories>;
export declare const QUERIES: Token<Queries>;
export declare const DIALECTS: Token<Dialects>;
export declare const PYTHON: Token<PythonEnvironments>;
export declare const SECRETS: Token<Secrets>;
export declare const SANDBOX_SERVER: Token<SandboxServer>;
export declare const RUN_VIEWER: Token<RunViewer>;
export interface TurnRequest {
    readonly messages: readonly Message[];
    readonly continuation: readonly ContinuationPart[];
    readonly dialect: DialectName;
    readonly tools: readonly ToolDefinition[];
    readonly stop: readonly string[];
    readonly sampling: Sampling;
    readonly seed: number;
    readonly session: string;
}
export type ContinuationPart = {
    readonly by: "model";
    readonly text: string;
    readonly tokens?: readonly number[];
} | {
    readonly by: "tool";
    readonly text: string;
};
export interface Turn {
    readonly text: string;
    readonly reasoning?: string;
    readonly toolCalls?: readonly {
        readonly id: string;
        readonly name: string;
        readonly arguments: string;
    }[];
    readonly finish: "stop" | "length" | "tool-calls";
    readonly tokens?: readonly number[];
    readonly usage: Usage;
}
export interface Policy {
    readonly model: string;
    readonly identity: string;
    readonly precision?: string;
    readonly dialects: readonly DialectName[];
    readonly price?: {
        readonly input: number;
        readonly cachedInput?: number;
        readonly output: number;
    };
    readonly priceFrom?: string;
    readonly deterministic: boolean;
    readonly concurrency?: number;
    generate(request: TurnRequest, context: {
        readonly signal: AbortSignal;
    }): Promise<Turn>;
    endSession?(session: string): void;
    withModel?(modelDir: string): Promise<LoadedPolicy>;
}
export interface LoadedPolicy extends Policy {
    dispose(): Promise<void>;
}
export interface ToolContext {
    readonly session: string;
    readonly earlier: readonly JsonObject[];
    readonly history: readonly {
        readonly tool: string;
        readonly arguments: JsonObject;
    }[];
    readonly signal: AbortSignal;
}
export interface ToolResult {
    readonly content: string;
    readonly ok: boolean;
    readonly durationMs: number;
    readonly isolation?: string;
}
export interface Tool {
    readonly definition: ToolDefinition;
    readonly identity: string;
    call(args: JsonObject, context: ToolContext): Promise<ToolResult>;
    endSession?(session: string): void;
}
export interface ExecutionRequest {
    readonly code: string;
    readonly timeoutMs: number;
    readonly memoryMiB: number;
    readonly session?: string;
}
export interface ExecutionResult {
    readonly status: "ok" | "error" | "timeout" | "output-limit" | "memory-limit" | "killed";
    readonly stdout: string;
    readonly stderr: string;
    readonly durationMs: number;
    readonly truncatedBytes: number;
    readonly sessionLost?: boolean;
}
export declare const SESSION_ENDED = "SESSION_ENDED";
export interface Sandbox {
    readonly isolation: string;
    readonly strength: number;
    readonly packages: readonly string[];
    readonly sessions: boolean;
    selfTest(): Promise<{
        readonly ok: true;
    } | {
        readonly ok: false;
        readonly reason: string;
    }>;
    execute(request: ExecutionRequest, context: {
        readonly signal: AbortSignal;
    }): Promise<ExecutionResult>;
    endSession?(session: string): void;
}
export interface ServingPlace {
    readonly host?: string;
    readonly port?: number;
}
export interface Served {
    readonly url: string;
    drain(): Promise<void>;
    close(): Promise<void>;
}
export interface SandboxServing extends ServingPlace {
    readonly token?: string;
}
export interface SandboxServer {
    serve(sandbox: Sandbox, where?: SandboxServing): Promise<Served>;
}
export interface ViewerServing {
    readonly port: number;
    readonly playEdit?: PlayEdit;
}
export type PlayEdit = (edit: {
    readonly run: string;
    readonly row: string;
    readonly turns: readonly unknown[];
}, during: {
    readonly signal: AbortSignal;
    readonly say: (message: string) => void;
}) => Promise<string>;
export interface RunViewer {
    serve(runs: readonly string[], where: ViewerServing): Promise<Served>;
}
export declare function isLoopback(host: string): boolean;
export interface Secrets {
    hide(text: string): string;
}
export interface RolloutOptions {
    readonly policy: string;
    readonly key: string;
    readonly shown?: {
        readonly system?: string;
        readonly question?: string;
        readonly examples?: readonly Example[];
    };
    readonly sampling?: Partial<Sampling>;
    readonly prefix?: readonly (AssistantMessage | ToolMessage)[];
    readonly provenance: Pick<Provenance, "origin"> & Partial<Provenance>;
    readonly signal?: AbortSignal;
}
export interface ReplayOptions {
    readonly key: string;
    readonly turns: readonly AssistantMessage[];
    readonly answer?: string;
    readonly provenance: Pick<Provenance, "origin"> & Partial<Provenance>;
    readonly signal?: AbortSignal;
}
export interface Rollout {
    replay(request: RolloutRequest, options: ReplayOptions): Promise<Trajectory>;
    write(request: RolloutRequest, options: RolloutOptions): Promise<Trajectory>;
    complete(policy: string, request: Omit<TurnRequest, "seed" | "session"> & {
        key: string;
    }): Promise<Turn>;
}
export interface KeptTrajectories {
    similarTo(repairCase: RepairCase, k: number): Promise<readonly Trajectory[]>;
}
export interface Queries {
    train(): AsyncIterable<Query>;
    evaluate(): AsyncIterable<Query> | undefined;
}
export interface ParsedTurn {
    readonly message: AssistantMessage;
    readonly answer?: string;
    readonly faults: readonly string[];
}
export interface Dialect {
    readonly name: DialectName;
    stops(tools: readonly ToolDefinition[]): readonly string[];
    parse(turn: Pick<Turn, "text" | "reasoning" | "toolCalls" | "finish" | "tokens">, tools: readonly ToolDefinition[], callId: string): ParsedTurn;
    text(message: AssistantMessage | ToolMessage, tools?: readonly ToolDefinition[]): string;
    render(trajectory: Pick<Trajectory, "messages" | "dialect"> & Partial<Pick<Trajectory, "tools">>): readonly Segment[];
}
export interface Dialects {
    get(name: DialectName): Dialect;
    text(trajectory: Pick<Trajectory, "messages" | "dialect">): string;
}
export interface PythonEnvironments {
    ensure(name: string, requirements: readonly string[]): Promise<PythonEnvironment>;
}
export interface PythonEnvironment {
    readonly python: string;
    readonly sitePackages: string;
    readonly basePython: string;
    readonly version: string;
}

// kernel/training.ts
import type { OptionsSchema, RunContext } from "./hook-types.ts";
import { type Served, type ServingPlace, type Token, type Turn } from "./services.ts";
import type { AssistantMessage, DialectName, Finish, JsonObject, Message, Query, Sampling, Scores, ToolDefinition, ToolMessage, Trajectory, Verdict } from "./trajectory/model.ts";
export interface TrainTapOptions {
    readonly stageName: string;
    readonly settings: OptionsSchema;
    readonly notDecisive?: readonly string[];
    readonly check?: (settings: Readonly<JsonObject>, given: Readonly<JsonObject>) => void;
}
export declare const MACHINE_LACKS = "MACHINE_LACKS";
export type TrainStage = "sft" | "reward-model" | "rl";
export interface TrainJob<Stage extends string = string> {
    readonly stage: Stage;
    readonly options: Readonly<JsonObject>;
    readonly model: string;
    readonly data: {
        readonly train: string;
        readonly heldOut: string;
        readonly pairs?: string;
    };
    readonly dir: string;
    readonly seed: number;
    readonly service?: {
        readonly url: string;
        readonly token: string;
    };
    launch(plan: LaunchPlan): Promise<void>;
}
export interface LaunchPlan {
    readonly files: Readonly<Record<string, string>>;
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly inherit?: readonly string[];
    readonly progressFile: string;
    readonly progress: (line: string) => TrainProgress | undefined;
    readonly exclusive: boolean;
    readonly graceMs?: number;
}
export interface TrainProgress {
    readonly step: number;
    readonly total: number;
    readonly metrics: Readonly<Record<string, number>>;
}
export interface TrainResult {
    readonly modelPath: string;
    readonly kind: "causal" | "reward";
    readonly metrics: Readonly<Record<string, number>>;
}
export type Train = (job: TrainJob, run: RunContext) => Promise<TrainResult>;
export type SftRow = Omit<Trajectory, "usage" | "answer"> & {
    readonly answer: string | null;
    readonly scores: Scores;
    readonly verdict: Verdict | null;
};
export interface RlTask {
    readonly id: string;
    readonly query: Query;
    readonly messages: readonly Message[];
    readonly dialect: DialectName;
    readonly tools: readonly ToolDefinition[];
    readonly stop: readonly string[];
    readonly sampling: Sampling;
    readonly maxToolCalls: number;
    readonly maxTurns: number;
}
export declare const MODEL_SOURCE: Token<ModelSource>;
export declare const ENVIRONMENT: Token<BackendEnvironment>;
export declare const REWARD_MODEL: Token<RewardModel>;
export declare const MODEL_SERVERS: Token<ModelServers>;
export declare const EPISODE_SERVER: Token<EpisodeServer>;
export interface EpisodeTurn {
    readonly text: string;
    readonly finish: Turn["finish"];
    readonly toolCalls?: NonNullable<Turn["toolCalls"]>;
    readonly reasoning?: string;
}
export interface EpisodeStep {
    readonly append: string;
    readonly results: readonly {
        readonly toolCallId: string;
        readonly name: string;
        readonly content: string;
        readonly ok: boolean;
    }[];
    readonly done: boolean;
    readonly finish?: Finish;
}
export interface PlayedElsewhere extends Pick<Trajectory, "dialect" | "answer" | "finish" | "faults"> {
    readonly messages: readonly (AssistantMessage | (Omit<ToolMessage, "ok"> & {
        readonly ok?: boolean;
    }))[];
}
export interface EpisodeReward {
    readonly reward: number | null;
    readonly terms: Readonly<Record<string, number | null>>;
    readonly bounded?: {
        readonly value: number;
        readonly limit: number;
    };
    readonly invalid?: string;
}
export interface EpisodeService {
    readonly open: number;
    task(id: string): RlTask;
    begin(task: string, key: string | undefined): string;
    turn(session: string, index: number, turn: EpisodeTurn): Promise<EpisodeStep>;
    trajectory(session: string): Trajectory;
    recorded(task: string, played: PlayedElsewhere): Trajectory;
    scoreTrajectories(trajectories: readonly Trajectory[]): Promise<readonly EpisodeReward[]>;
    end(session: string): void;
}
export interface EpisodeServing extends ServingPlace {
    readonly token?: string | null;
    readonly tasks?: ReadonlyMap<string, RlTask>;
}
export interface ServedEpisodes extends Served {
    readonly token: string;
}
export interface EpisodeServer {
    readonly reservedToolNames: ReadonlySet<string>;
    serve(episodes: EpisodeService, where?: EpisodeServing): Promise<ServedEpisodes>;
}
export interface BackendEnvironment {
    readonly description: string;
    install(): Promise<string>;
}
export interface RewardModel {
    load(modelDir: string): Promise<void>;
    score(trajectories: readonly Trajectory[], context: {
        readonly signal: AbortSignal;
    }): Promise<readonly (number | undefined)[]>;
}
export interface ModelServerCommand {
    readonly command: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly readyTimeoutMs: number;
}
export interface ModelServerRequest extends ModelServerCommand {
    readonly model: string;
    readonly path: string;
}
export interface ModelServer {
    readonly baseURL: string;
    stop(): Promise<void>;
}
export interface ModelServers {
    start(request: ModelServerRequest): Promise<ModelServer>;
}
export interface ModelSource {
    list(): readonly {
        readonly name: string;
        readonly description: string;
        readonly here: boolean;
    }[];
    pull(name: string, onProgress: (message: string) => void): Promise<string>;
    convert?(modelDir: string, options: {
        readonly type: WeightType;
        readonly file?: string;
    }, onProgress: (message: string) => void): Promise<string>;
}
export type WeightType = "q8_0" | "f16" | "bf16";

// kernel/formats.ts
import { type Token } from "./services.ts";
import type { DialectName, Finish, JsonObject, JsonValue, PreferencePair, Provenance, Query, ToolDefinition, Trajectory } from "./trajectory/model.ts";
export declare const FORMAT: Token<Format>;
export interface RecordedConversation {
    readonly turns: readonly RecordedTurn[];
    readonly query?: Partial<Query>;
    readonly tools?: readonly ToolDefinition[];
    readonly toolsFromCalls?: boolean;
    readonly answer?: string | null;
    readonly finish?: Finish;
    readonly faults?: readonly string[];
    readonly model?: string;
    readonly notes?: JsonObject;
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
    readonly content: string;
    readonly reasoning?: string;
    readonly refusal?: string;
    readonly calls?: readonly RecordedCall[];
    readonly text?: string;
    readonly tokens?: readonly number[];
    readonly train?: boolean;
}
export interface RecordedCall {
    readonly id?: string;
    readonly name?: string;
    readonly arguments?: JsonValue;
    readonly malformed?: {
        readonly raw: string;
        readonly reason: string;
    };
}
export interface RecordedResult {
    readonly role: "tool";
    readonly callId?: string;
    readonly name?: string;
    readonly content: string;
    readonly ok?: boolean;
    readonly durationMs?: number;
    readonly isolation?: string;
}
export interface Format {
    readonly description: string;
    read?(row: JsonValue, index: number): RecordedConversation | readonly RecordedConversation[];
    recognizes?(row: JsonValue): number;
    split?(text: string): readonly JsonValue[];
    gather?(rows: readonly JsonValue[]): readonly JsonValue[];
    refuses?(trajectory: Trajectory): string | undefined;
    readonly pairsByPosition?: boolean;
    sft?(trajectory: Trajectory): JsonValue | undefined;
    preference?(pair: PreferencePair): JsonValue | undefined;
    prompt?(trajectory: Trajectory): JsonValue | undefined;
    readonly file?: FileEncoding;
    companions?(written: Readonly<Record<string, {
        readonly file: string;
        readonly rows: number;
    }>>): Readonly<Record<string, string>>;
    readonly variants?: Readonly<Record<string, Omit<Format, "variants">>>;
}
export interface FileEncoding {
    readonly extension: string;
    write(path: string, rows: Iterable<JsonValue>): Promise<number>;
}

// kernel/interruption.ts
export declare function isInterruption(error: unknown): boolean;
export declare function allFinished<T>(works: readonly Promise<T>[]): Promise<T[]>;

// kernel/json.ts
import type { JsonValue } from "./trajectory/model.ts";
export declare function exactDigits(value: unknown): string | undefined;
export declare function isJsonObject(value: unknown): value is {
    [key: string]: JsonValue;
};
export declare function copyOf<T>(value: T): T;

// kernel/stage.ts
import type { OptionsSchema, RolloutRequest, ScoredTrajectory } from "./hook-types.ts";
import { type Logger, type Policy, type Rollout, type Token } from "./services.ts";
import type { EpisodeService, RlTask, TrainJob, TrainResult } from "./training.ts";
import type { JsonObject, Query, Sampling, Trajectory } from "./trajectory/model.ts";
export interface Stage {
    readonly name: string;
    readonly settings: OptionsSchema;
    readonly trains?: string;
    readonly decisive?: readonly string[];
    readonly leavesPolicy?: boolean;
    readonly samplesModels?: boolean;
    check?(settings: Readonly<JsonObject>): void;
    prepare(context: StageContext): Promise<PreparedStage>;
}
export interface PreparedStage {
    readonly parts?: Readonly<Record<string, unknown>>;
    readonly madeFrom?: {
        readonly stages?: readonly StageArtifact[];
        readonly files?: readonly string[];
    };
    run(): Promise<StageResult>;
    complete?(artifact: StageArtifact): Promise<StageResult | undefined>;
    close?(): void;
}
export interface StageResult extends Partial<TrainResult> {
    readonly [field: string]: unknown;
}
export interface StageArtifact extends StageResult {
    readonly dir: string;
    readonly name: string;
    readonly stage: string;
    readonly key: string;
    readonly seconds: number;
    readonly outOfDate?: string;
}
export interface StageContext {
    readonly name: string;
    readonly settings: Readonly<JsonObject>;
    readonly seed: number;
    readonly dir: string;
    readonly runDir: string;
    readonly log: Logger;
    readonly signal: AbortSignal;
    orStopped<T>(work: Promise<T>): Promise<T>;
    readonly datasets: {
        readonly sft: string;
        readonly preferences: string;
        readonly siblings: string;
    };
    questions(): AsyncIterable<{
        readonly query: Query;
        readonly passRate: number | undefined;
    }>;
    heldOut(): AsyncIterable<Query> | undefined;
    artifact(stage: string): StageArtifact | undefined;
    models(): readonly TrainedModel[];
    random(...parts: readonly (string | number)[]): number;
    hashOf(value: unknown): string;
    contentOf(path: string): Promise<string>;
    startModel(): Promise<StartModel>;
    train(job: Pick<TrainJob, "model" | "data" | "service"> & {
        readonly leaves: TrainResult["kind"];
    }): Promise<StageResult>;
    play(by?: Readonly<JsonObject>): Promise<Playing>;
    ask(query: Query): Promise<RolloutRequest | {
        readonly drop: string;
    }>;
    score(query: Query, trajectories: readonly Trajectory[]): Promise<readonly ScoredTrajectory[]>;
    readonly sampling: Sampling;
    readonly dimensions: readonly string[];
    policy(): {
        readonly id: string;
        readonly policy: Policy;
    };
    policyWith(modelDir: string): Promise<{
        readonly policy: Policy;
        dispose(): Promise<void>;
    }>;
    identityOf(policy: Policy): string;
    rollouts(policy: Policy): Rollout;
    progress(what: string, done: number): void;
}
export interface StartModel {
    readonly path: string;
    readonly folder?: string;
    readonly identity: string;
    readonly artifact?: StageArtifact;
}
export interface TrainedModel {
    readonly model: string;
    readonly path: string;
    readonly stage?: string;
    readonly artifact?: StageArtifact;
    readonly isAblation: boolean;
    readonly outOfDate?: string;
}
export interface Playing {
    readonly episodes: EpisodeService;
    readonly tasks: readonly RlTask[];
    readonly parts: Readonly<Record<string, unknown>>;
    readonly madeFrom: readonly StageArtifact[];
    serve(): Promise<NonNullable<TrainJob["service"]> & {
        close(): Promise<void>;
    }>;
    close(): void;
}
export declare const STAGE: Token<Stage>;

// kernel/tracking.ts
import { type Token } from "./services.ts";
import type { Finish, Provenance, Sampling, Scores, Trajectory, Usage, Verdict } from "./trajectory/model.ts";
export interface Tracker {
    readonly content?: boolean;
    track(events: readonly RunEvent[]): void | Promise<void>;
}
export declare const TRACKER: Token<Tracker>;
export type Activity = 
{
    readonly kind: "run";
    readonly runId: string;
    readonly preset: string;
    readonly runDir: string;
    readonly questions: number;
    readonly plugins: readonly string[];
} | {
    readonly kind: "round";
    readonly round: number;
} | {
    readonly kind: "question";
    readonly query: string;
    readonly position: number;
}
 | {
    readonly kind: "rollout";
    readonly query: string;
    readonly policy: string;
    readonly key: string;
    readonly origin: Provenance["origin"];
}
 | {
    readonly kind: "repair";
    readonly original: string;
} | {
    readonly kind: "stage";
    readonly stage: string;
};
export type Outcome = "done" | "failed" | "interrupted" | "dropped" | Finish;
interface CallEnd {
    readonly milliseconds: number;
    readonly stored: boolean;
    readonly error?: string;
}
type Texts = Readonly<Record<string, unknown>>;
export type Happening = {
    readonly event: "start";
    readonly id: number;
    readonly activity: Activity;
    readonly content?: Texts;
}
 | {
    readonly event: "end";
    readonly id: number;
    readonly kind: Activity["kind"];
    readonly milliseconds: number;
    readonly outcome: Outcome;
    readonly reason?: string;
    readonly trajectory?: string;
    readonly figures?: Readonly<Record<string, number>>;
}
 | {
    readonly event: "resumed";
    readonly query: string;
    readonly position: number;
}
 | ({
    readonly event: "model-call";
    readonly policy: string;
    readonly model: string;
    readonly sampling: Sampling;
    readonly usage?: Usage;
    readonly usd?: number;
    readonly finish?: string;
    readonly content?: Texts;
} & CallEnd)
 | ({
    readonly event: "tool-call";
    readonly tool: string;
    readonly name: string;
    readonly ok?: boolean;
    readonly content?: Texts;
} & CallEnd)
 | {
    readonly event: "trajectory";
    readonly trajectory: string;
    readonly query: string;
    readonly provenance: Omit<Provenance, "notes">;
    readonly finish: Finish;
    readonly fate: string;
    readonly scores: Scores;
    readonly verdict?: Omit<Verdict, "reason">;
    readonly usage: Trajectory["usage"];
    readonly content?: Texts;
} | {
    readonly event: "incident";
    readonly who: string;
    readonly what: string;
}
 | {
    readonly event: "stage-result";
    readonly stage: string;
    readonly isNew: boolean;
    readonly seconds: number;
    readonly metrics: Readonly<Record<string, number>>;
} | {
    readonly event: "training-step";
    readonly stage: string;
    readonly step: number;
    readonly total: number;
    readonly metrics: Readonly<Record<string, number>>;
}
 | {
    readonly event: "evaluating";
    readonly model: string;
    readonly questions: number;
}
 | {
    readonly event: "evaluation";
    readonly model: string;
    readonly questions: number;
    readonly figures: Readonly<Record<string, number>>;
};
export type RunEvent = Happening & {
    readonly at: number;
    readonly within?: number;
};
export {};

// kernel/plugin.ts
import type { BeforeRollout, Hook, OptionsSchema, Repair, RewardTap, RewardTapOptions, ScoreTap, ScoreTapOptions, ShouldRepair } from "./hook-types.ts";
import type { Logger, Token } from "./services.ts";
import type { Train, TrainTapOptions } from "./training.ts";
import type { JsonObject, Score } from "./trajectory/model.ts";
export * from "./formats.ts";
export type * from "./hook-types.ts";
export { allFinished } from "./interruption.ts";
export { copyOf } from "./json.ts";
export * from "./services.ts";
export * from "./stage.ts";
export * from "./tracking.ts";
export * from "./training.ts";
export type * from "./trajectory/model.ts";
export type ApiVersion = 1;
export type PluginKind = "preparer" | "policy" | "tool" | "sandbox" | "scorer" | "gate" | "repairer" | "reward" | "reward-model" | "trainer" | "format" | "server" | "stage" | "tracker"
 | "host";
export interface PluginMeta {
    readonly name: string;
    readonly apiVersion: ApiVersion;
    readonly kind: PluginKind;
    readonly description: string;
    readonly options: OptionsSchema;
    readonly provides?: readonly Token<unknown>[];
    readonly requires?: readonly Token<unknown>[];
    readonly supports?: Readonly<Record<string, boolean>>;
    readonly deprecated?: {
        readonly since: string;
        readonly replacedBy?: string;
    };
}
export interface Plugin<Options = JsonObject> {
    readonly meta: PluginMeta;
    setup(api: PluginApi, options: Readonly<Options>): void | Promise<void>;
}
export declare function definePlugin<Options>(plugin: Plugin<Options>): Plugin<Options>;
export interface PluginApi {
    readonly id: string;
    readonly hooks: Hooks;
    provide<T>(token: Token<T>, service: T, name?: string): void;
    use<T>(token: Token<T>, id?: string): T;
    useAll<T>(token: Token<T>): ReadonlyMap<string, T>;
    onStart(start: () => Promise<void>): void;
    onDispose(dispose: () => void | Promise<void>): void;
    found(name: string, value: string): void;
    readonly log: Logger;
    readonly cacheDir: string;
    readonly baseDir: string;
}
export declare const RIGHT_FROM = 0.5;
export declare function isRight(correctness: Score | undefined): boolean | undefined;
export declare class PluginError extends Error {
    readonly code: string;
    readonly hint: string | undefined;
    readonly endsRun: boolean;
    constructor(code: string, message: string, options?: {
        hint?: string;
        cause?: unknown;
        endsRun?: boolean;
    });
}
export interface Hooks {
    readonly beforeRollout: Hook<BeforeRollout>;
    readonly score: Hook<ScoreTap, ScoreTapOptions>;
    readonly shouldRepair: Hook<ShouldRepair, {
        readonly needs?: readonly string[];
    }>;
    readonly repair: Hook<Repair, {
        readonly attempts?: number;
        readonly needs?: readonly string[];
    }>;
    readonly reward: Hook<RewardTap, RewardTapOptions>;
    readonly train: Hook<Train, TrainTapOptions>;
}
