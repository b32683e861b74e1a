/** The contract of formats: recorded logs in, data sets out. */
import { type Token, token } from "./services.ts";
import type {
  DialectName,
  Finish,
  JsonObject,
  JsonValue,
  PreferencePair,
  Provenance,
  Query,
  ToolDefinition,
  Trajectory,
} from "./trajectory/model.ts";

/** Files in, data sets out. */
export const FORMAT: Token<Format> = token<Format>("format", { many: true });

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
