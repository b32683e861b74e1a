/** What a plugin is asked in its conformance: all of it may be left out. */
import type { JsonObject, JsonValue, Scores, Trajectory } from "@autotraj/core/plugin";
import type { SetupOptions } from "../plugin-under-test.ts";

/** A trajectory: what is not said is plain. Text is a trajectory that gives this answer. `scores` are what other scorers gave it. */
export type Candidate = string | (Partial<Trajectory> & { readonly scores?: Scores });

export interface QuestionCase {
  readonly question: string;
  /** Gold answers. Default: none. */
  readonly answers?: readonly string[];
  readonly task?: string;
  readonly solution?: string;
  readonly meta?: JsonObject;
  /** Default: one that gives the first gold answer, and one that does not. */
  readonly candidates?: readonly Candidate[];
}

export interface ToolCase {
  /** The tool's name, for a plugin that has several. Default: each of them. */
  readonly tool?: string;
  readonly arguments: JsonObject;
}

/** Options, services, environment and folders are those of {@link SetupOptions}; a policy, tool or sandbox that the plugin asks for and nobody gives is a stand-in. */
export interface ConformanceCases extends Omit<SetupOptions, "id"> {
  /** How long one answer may take, in milliseconds. Default: 10,000. */
  readonly timeLimitMs?: number;
  /**
   * A plugin with `supports.network: true` is only set up, unless this says `allowed`: starting and asking it may cost money. Default: `refused`.
   */
  readonly network?: "allowed" | "refused";
  /** Checks that do not hold here: name → why, which is printed. */
  readonly except?: Readonly<Record<string, string>>;
  /** For scorers, gates, preparers, repairers, rewards, reward models and policies. Default: the kit's own. */
  readonly questions?: readonly QuestionCase[];
  /** For tools. Default: made from the tool's JSON Schema: its `examples`, `default`, `enum` first. */
  readonly calls?: readonly ToolCase[];
  /** For sandboxes: Python that ends by itself. Default: the kit's own. */
  readonly programs?: readonly string[];
  /** For formats that read: rows as they lie in a file. Default: what the format itself writes. */
  readonly rows?: readonly JsonValue[];
  /** For trainers and stages: their settings by the stage's name. Default: their defaults. */
  readonly settings?: Readonly<Record<string, JsonObject>>;
}

export const TIME_LIMIT_MS = 10_000;

export function timeLimit({ timeLimitMs = TIME_LIMIT_MS }: ConformanceCases): number {
  return timeLimitMs;
}
