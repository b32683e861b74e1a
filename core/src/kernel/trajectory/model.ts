/**
 * The canonical data model. One shape for every trajectory, whoever wrote it: a policy, a repairer or a recorded log.
 * All types are plain JSON, so a stored row and a value in memory are the same thing.
 */

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** A question the policy has to answer: one row of the preset's queries file. */
export interface Query {
  /** Unique within the queries file; made from the row's content where the file gives none. */
  readonly id: string;
  readonly question: string;
  /** Accepted final answers. Empty when the question has no gold answer. */
  readonly answers: readonly string[];
  /** The kind of question (`chain_sum`, `hotpotqa`, …), for reports and for finding similar questions. */
  readonly task?: string;
  /** A worked solution, where the source has one. Shown to no policy; only a repairer that declares so may read it. */
  readonly solution?: string;
  /** Everything else the row carried. */
  readonly meta?: JsonObject;
}

/** A tool as the model is told of it: OpenAI's function shape, with `parameters` a JSON Schema of type object. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
  /** How the `tags` dialect writes a call: `<code>…</code>` fills the argument `code`. A tool without it exists in `native` only. */
  readonly tag?: { readonly name: string; readonly argument: string };
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonObject;
  /** Set when the model's call could not be understood: what it wrote, and why it was refused. Such a call reaches no tool. */
  readonly malformed?: { readonly raw: string; readonly reason: string };
}

export interface SystemMessage {
  readonly role: "system";
  readonly content: string;
}
export interface UserMessage {
  readonly role: "user";
  readonly content: string;
}
/** One turn of the policy: everything it wrote between two tool results. */
export interface AssistantMessage {
  readonly role: "assistant";
  /** What is addressed to the user; in the `tags` dialect the body of `<answer>` (and any text outside the tags). */
  readonly content: string;
  /** The thinking, without its tags. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCall[];
  /** The turn exactly as it was sampled, in the trajectory's own dialect. Rendering uses it verbatim, so a loss mask lies on what the model wrote. */
  readonly text?: string;
  /** Token ids as sampled, where the policy gives them. They let a local policy rebuild its state after a resume. */
  readonly tokens?: readonly number[];
  /** False keeps the loss off this turn (the kept prefix of a resumed repair, say). Default true. */
  readonly train?: boolean;
}
/** A tool's answer. Never trained on. */
export interface ToolMessage {
  readonly role: "tool";
  readonly toolCallId: string;
  readonly name: string;
  readonly content: string;
  /** False when the tool reported a failure (an exception, a time-out, a refused call). */
  readonly ok: boolean;
  readonly durationMs?: number;
  /** What separated the code from this machine: `bwrap`, `pyodide`, `none`, … Recorded per call, since it may differ between resumes. */
  readonly isolation?: string;
}
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** A worked example shown before the question. */
export interface Example {
  readonly question: string;
  /** Assistant and tool messages, ending with the answer. */
  readonly messages: readonly (AssistantMessage | ToolMessage)[];
}

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 leaves it off. */
  readonly topK: number;
  /** New tokens per turn, at most. */
  readonly maxTokens: number;
}

export interface Usage {
  readonly promptTokens: number;
  /** Prompt tokens the server did not have to evaluate again. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

/**
 * Why a trajectory ended.
 * `answer`: it gave one. `tool-limit`: it asked for more tool calls than allowed. `turn-limit`, `token-limit`: it ran on.
 * `no-answer`: it stopped by itself without an answer. `failed`: the policy could not be reached or broke; see `faults`.
 */
export type Finish = "answer" | "no-answer" | "tool-limit" | "turn-limit" | "token-limit" | "failed";

export interface Provenance {
  /** `rollout`: a candidate. `repair`: written by a repairer. `recorded`: imported from a log. */
  readonly origin: "rollout" | "repair" | "recorded";
  /** Preset id of the policy that wrote it, and the model behind it. */
  readonly policy?: string;
  readonly model?: string;
  readonly sampling?: Sampling;
  /** Seed of the first turn; later turns derive theirs from it. */
  readonly seed?: number;
  /** Which candidate of its query, from 0. */
  readonly candidate?: number;
  /** The trajectory this one repairs. */
  readonly parent?: string;
  readonly repairer?: string;
  /** Which attempt of this repairer, from 0. */
  readonly attempt?: number;
  /** True where the author was shown the gold answer or the worked solution. */
  readonly sawGold?: boolean;
  /** Anything a plugin wants to leave behind: exemplars shown, where a prefix was cut, … */
  readonly notes?: JsonObject;
}

export type DialectName = "tags" | "native";

/** A tool-use trajectory. Immutable; a repair is a new trajectory whose provenance names its parent. */
export interface Trajectory {
  /** Hash of the content below without usage, times and tokens: the same trajectory has the same id wherever it is made. */
  readonly id: string;
  readonly query: Query;
  readonly dialect: DialectName;
  readonly tools: readonly ToolDefinition[];
  /** System and user message, then assistant turns and tool results. Worked examples are not part of it: they belong to the prompt, not to what is learnt. */
  readonly messages: readonly Message[];
  /** The final answer, unwrapped from `\boxed{}` and tags; undefined when there is none. */
  readonly answer?: string;
  readonly finish: Finish;
  /** What was wrong with its form: `unclosed <code>`, `text after </answer>`, … Empty for a clean one. */
  readonly faults: readonly string[];
  readonly provenance: Provenance;
  readonly usage: Usage & { readonly modelCalls: number; readonly toolCalls: number };
}

/** A stretch of the rendered trajectory. The loss mask is exactly the stretches with `train: true`. */
export interface Segment {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly text: string;
  readonly train: boolean;
}

/** One dimension's judgement of one trajectory. Exactly one of the three shapes. */
export type Score =
  | { readonly value: number; readonly reason?: string; readonly spans?: readonly Span[] }
  /** The dimension does not apply: no gold answer, no tool call, … */
  | { readonly skipped: string }
  /** The scorer could not judge this trajectory. Never treated as 0. */
  | { readonly failed: string };

/** A place in a trajectory that a score speaks of: characters [start, end) of `messages[message]`'s text (or content). */
export interface Span {
  readonly message: number;
  readonly start: number;
  readonly end: number;
  readonly note?: string;
}

/** All dimensions' scores of one trajectory, by dimension. */
export type Scores = Readonly<Record<string, Score>>;

/** What a gate decides about one trajectory. */
export interface Verdict {
  readonly decision: "keep" | "repair" | "discard";
  /** One sentence for a person: numbers and the rule applied. */
  readonly reason: string;
  /** A short class for tables and for choosing a repair prompt: `wrong`, `poor`, `format`, … */
  readonly cause?: string;
  /** Preset id of the gate; filled in by the kernel. */
  readonly by?: string;
}

/** Two trajectories of one question, of which one is better: a row of the preference set. */
export interface PreferencePair {
  readonly query: Query;
  /** `repair`: an accepted repair and what it repairs; so are rows that say nothing. `sibling`: a kept candidate and a wrong one by the same author. */
  readonly kind?: "repair" | "sibling";
  readonly chosen: Trajectory;
  readonly rejected: Trajectory;
}
