/** The contract of services: what plugins offer each other, behind tokens. */
import type { RepairCase, RolloutRequest } from "./hook-types.ts";
import type {
  AssistantMessage,
  DialectName,
  Example,
  JsonObject,
  Message,
  Provenance,
  Query,
  Sampling,
  Segment,
  ToolDefinition,
  ToolMessage,
  Trajectory,
  Usage,
} from "./trajectory/model.ts";

export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

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

/** Writes a trajectory turn by turn with a policy and real tools. Provided by the kernel. */
export const ROLLOUT: Token<Rollout> = token<Rollout>("rollout");

/** The trajectories kept so far in this run. Provided by the kernel. */
export const KEPT: Token<KeptTrajectories> = token<KeptTrajectories>("kept");

/** The run's questions, for plugins that must see them all before the first is asked. Provided by the kernel. */
export const QUERIES: Token<Queries> = token<Queries>("queries");

/** Renders and parses the text of trajectories. Provided by the kernel. */
export const DIALECTS: Token<Dialects> = token<Dialects>("dialects");

/** Virtual environments for plugins with a Python side. Provided by the kernel. */
export const PYTHON: Token<PythonEnvironments> = token<PythonEnvironments>("python");

/** Hides secrets in what a plugin hands to others by itself. Provided by the kernel. */
export const SECRETS: Token<Secrets> = token<Secrets>("secrets");

/** Lends a sandbox of this machine to others over HTTP. */
export const SANDBOX_SERVER: Token<SandboxServer> = token<SandboxServer>("sandbox-server");

/** Shows runs in a browser. */
export const RUN_VIEWER: Token<RunViewer> = token<RunViewer>("run-viewer");

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
  /** How its weights are stored, as tables name it (`F16`, `Q8_0`); undefined where nobody knows. */
  readonly precision?: string;
  readonly dialects: readonly DialectName[];
  /** In USD per million tokens, where known. */
  readonly price?: { readonly input: number; readonly cachedInput?: number; readonly output: number };
  /** Whose figure the price is, where it is not the preset's: a table with its date. */
  readonly priceFrom?: string;
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

/** Where a server listens. Its limits are options of its plugin. */
export interface ServingPlace {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, which takes a free one. */
  readonly port?: number;
}

export interface Served {
  readonly url: string;
  /** What is in flight is answered, all else is sent away. Resolves when all connections are closed. */
  drain(): Promise<void>;
  /** Closes all connections now; also while it drains. */
  close(): Promise<void>;
}

export interface SandboxServing extends ServingPlace {
  /** The bearer token that running code must carry; default: none. */
  readonly token?: string;
}

export interface SandboxServer {
  /** @throws the system's error, e.g. EADDRINUSE */
  serve(sandbox: Sandbox, where?: SandboxServing): Promise<Served>;
}

export interface ViewerServing {
  /** 0 takes a free port. */
  readonly port: number;
  /** Undefined where the host cannot do it: then repairs are looked at, and not edited. */
  readonly playEdit?: PlayEdit;
}

/**
 * Plays turns that somebody has rewritten with their run's own tools, scorers and gates, and keeps what came of it in the run's curation folder. `row` is the
 * trajectory that was rewritten. Resolves with the id of the new one.
 */
export type PlayEdit = (
  edit: { readonly run: string; readonly row: string; readonly turns: readonly unknown[] },
  during: { readonly signal: AbortSignal; readonly say: (message: string) => void },
) => Promise<string>;

export interface RunViewer {
  /**
   * Serves run folders to browsers of this machine. Runs are read, never written; what people do to their rows goes to a curation folder beside them. `url` holds a secret, and lets in the first browser that opens it.
   * @throws the system's error, e.g. EADDRINUSE
   */
  serve(runs: readonly string[], where: ViewerServing): Promise<Served>;
}

/** True for an address that only this machine reaches. A name other than `localhost` may mean anything. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])){3}$/.test(host);
}

export interface Secrets {
  /** The text without any secret that this process knows. */
  hide(text: string): string;
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
