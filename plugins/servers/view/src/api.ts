/** What the viewer's server answers, route by route: the one file that the server and the web app share. Types only. */

/** `GET /api/runs` */
export interface RunsAnswer {
  readonly runs: readonly RunEntry[];
}

export interface RunEntry {
  /** Its name in addresses: the folder's, made unique. */
  readonly key: string;
  readonly folder: string;
  /** The folder as seen from where the viewer was started; whole where it does not lie below. */
  readonly path: string;
  readonly runId: string;
  readonly preset: string;
  readonly state: RunState;
  /** When something of it last changed, its stages too, as ISO 8601. */
  readonly changedAt: string;
  /** Why it cannot be shown; null where it can. */
  readonly problem: string | null;
}

/** `live`: somebody works on it, in its loop or in a stage. `finished`: all that was asked for is done. `stopped`: neither; it can go on. */
export type RunState = "live" | "finished" | "stopped";

/** How far the viewer's own index of a run is. */
export interface IndexProgress {
  readonly indexed: number;
  readonly total: number;
  /** All that the run has now can be filtered, sorted and searched. */
  readonly complete: boolean;
  /** Why it cannot go on; null where it can. */
  readonly problem: string | null;
}

export type Fate = "kept" | "repaired" | "hard" | "discarded" | "failed" | "pending" | "accepted" | "refused";

/** `GET /api/runs/:run/overview` */
export interface Overview {
  readonly run: RunEntry;
  readonly index: IndexProgress;
  readonly questions: { readonly done: number; readonly dropped: number; readonly failed: number };
  /** Of trajectories, whoever wrote them. */
  readonly fates: Readonly<Partial<Record<Fate, number>>>;
  readonly figures: IndexedFigures;
  readonly seconds: readonly { readonly part: string; readonly seconds: number }[];
  readonly usage: Usage;
  readonly incidents: Incidents;
}

export interface Incidents {
  readonly total: number;
  readonly by: readonly { readonly who: string; readonly count: number; readonly last: string }[];
  readonly latest: readonly Incident[];
}

export interface Incident {
  readonly at: string;
  readonly position: number | null;
  readonly who: string;
  readonly what: string;
}

export interface Usage {
  /** `summary`: all calls of the finished run, judges' too. `trajectories`: what the trajectories so far have used. */
  readonly of: "summary" | "trajectories";
  readonly policies: readonly PolicyUsage[];
}

export interface PolicyUsage {
  readonly policy: string;
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly usd: number | null;
}

/** Counted over the index. Tables of few rows, the most frequent first. */
export interface IndexedFigures {
  readonly dimensions: readonly DimensionFigures[];
  readonly repairers: readonly { readonly repairer: string; readonly accepted: number; readonly refused: number }[];
  readonly causes: readonly { readonly fate: Fate; readonly cause: string; readonly count: number }[];
  readonly tasks: readonly Facet[];
  readonly tools: readonly Facet[];
  /** What trajectories have used, by the policy that wrote them. */
  readonly policies: readonly Omit<PolicyUsage, "usd">[];
}

export interface Facet {
  readonly name: string;
  readonly count: number;
}

export interface DimensionFigures {
  readonly name: string;
  /** Edges of the first and last bin. */
  readonly from: number;
  readonly to: number;
  /** Trajectories per bin: all candidates, those a repair of which was accepted, and those repairs. */
  readonly bins: Readonly<Record<Side, readonly number[]>>;
  readonly mean: Readonly<Record<Side, number | null>>;
  /** Trajectories that its scorer could not judge, and why the first could not be. */
  readonly failed: number;
  readonly failure: string | null;
}

export type Side = "candidates" | "before" | "after";

/** One line of a list. */
export interface TrajectoryRow {
  readonly id: string;
  /** Of the question among the run's questions, from 0. */
  readonly position: number;
  readonly ordinal: number;
  readonly origin: "rollout" | "repair" | "recorded";
  readonly fate: Fate;
  readonly cause: string | null;
  readonly repairer: string | null;
  readonly parent: string | null;
  readonly task: string | null;
  /** Its beginning. */
  readonly question: string;
  readonly answer: string | null;
  readonly tools: readonly string[];
  readonly toolCalls: number;
  readonly words: number;
  readonly tokens: number;
  /** By dimension; one that is skipped or failed is not in it. */
  readonly scores: Readonly<Record<string, number>>;
}

export type SortKey = "position" | "calls" | "words" | "tokens" | { readonly dimension: string };

/** `GET /api/runs/:run/trajectories`: what its query string means. */
export interface TrajectoryFilter {
  readonly text?: string;
  readonly fates?: readonly Fate[];
  readonly task?: string;
  readonly tool?: string;
  readonly repairer?: string;
  readonly cause?: string;
  /** What people have done to them: any of these. */
  readonly acts?: readonly ActedOn[];
  readonly tag?: string;
  /** Inclusive; null is open. */
  readonly ranges?: readonly { readonly dimension: string; readonly from: number | null; readonly to: number | null }[];
  readonly sort?: SortKey;
  readonly descending?: boolean;
}

export interface TrajectoryPage {
  readonly rows: readonly TrajectoryRow[];
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
  readonly index: IndexProgress;
}

/** `GET /api/runs/:run/count`: how many there are, counted as far as `atLeast` says it stopped. */
export interface CountAnswer {
  readonly count: number;
  readonly atLeast: boolean;
}

/** Text that may be long: what is not here is read from `GET …/text`. */
export interface ClippedText {
  readonly text: string;
  /** UTF-16 units of the whole. */
  readonly length: number;
}

export interface MessagePart extends ClippedText {
  readonly kind: "system" | "question" | "thinking" | "call" | "text" | "answer" | "result";
  /** The tool of a call or result. */
  readonly tool?: string;
  readonly language?: "python" | "json" | "javascript" | "text";
  /** Why a call was not understood. */
  readonly malformed?: string;
}

export interface MessageView {
  readonly index: number;
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly parts: readonly MessagePart[];
  /** The turn exactly as it was sampled, or all that a message says. */
  readonly raw: ClippedText;
  /** False: no loss on this turn. */
  readonly train: boolean;
  /** What a trainer reads of it, and whether the loss is taken on that; null where it is not shown this message. */
  readonly seen: (ClippedText & { readonly train: boolean }) | null;
  readonly ok?: boolean;
  readonly milliseconds?: number;
  readonly isolation?: string;
}

export interface ScoreView {
  readonly dimension: string;
  readonly value: number | null;
  /** Why it does not apply. */
  readonly skipped?: string;
  /** Why its scorer could not judge. */
  readonly failed?: string;
  readonly reason?: string;
  readonly spans: readonly { readonly message: number; readonly start: number; readonly end: number; readonly note?: string }[];
}

export interface VerdictView {
  /** `kept`, `needs repair`, `discarded`; of a repair `accepted`, `refused`. */
  readonly meaning: string;
  readonly reason: string;
  readonly cause?: string;
  readonly by?: string;
}

/** One trajectory, whole. */
export interface TrajectoryView {
  readonly row: TrajectoryRow;
  /** Where more of its texts is asked for, below `/api/runs/:run/`; `message=…` follows. */
  readonly textsAt: string;
  readonly queryId: string;
  readonly question: string;
  readonly answers: readonly string[];
  readonly solution: string | null;
  readonly dialect: string;
  readonly finish: string;
  readonly faults: readonly string[];
  readonly messages: readonly MessageView[];
  /** What is known of the loss mask besides: whether the mark that ends the last turn is learnt with it. Null where no trainer could read the trajectory. */
  readonly mask: { readonly ended: boolean } | null;
  readonly scores: readonly ScoreView[];
  readonly verdict: VerdictView | null;
  /** As JSON: who wrote it, with what, from what. */
  readonly provenance: Readonly<Record<string, unknown>>;
  readonly usage: {
    readonly promptTokens: number;
    readonly cachedTokens: number;
    readonly completionTokens: number;
    readonly modelCalls: number;
    readonly toolCalls: number;
  };
}

/** `GET /api/runs/:run/trajectories/:id`: it, and all others of its question in their order. */
export interface TrajectoryAnswer {
  readonly trajectory: TrajectoryView;
  readonly question: QuestionOutcome;
  readonly related: readonly TrajectoryRow[];
}

export interface QuestionOutcome {
  /** `in progress` until it is one of the others. */
  readonly status: string;
  readonly reason: string | null;
}

/** `GET /api/runs/:run/repairs/:id`: a trajectory and every attempt to repair it, in order. */
export interface RepairAnswer {
  readonly original: TrajectoryView;
  readonly attempts: readonly TrajectoryView[];
}

/** `GET /api/runs/:run/timings/:id`: what each model turn took, where the run has stored it. */
export interface TimingsAnswer {
  readonly turns: readonly { readonly milliseconds: number; readonly promptTokens: number; readonly completionTokens: number }[];
  /** Why there are none. */
  readonly problem: string | null;
}

/** `GET /api/runs/:run/trajectories/:id/text?message=&part=&from=`: a piece of a long text. `part` left out means the raw text, `seen` what a trainer reads. */
export interface TextAnswer {
  readonly text: string;
  readonly from: number;
  readonly length: number;
}

/** `GET /api/runs/:run/curation`: all that people have done to the run's rows, the latest last. */
export interface CurationAnswer {
  readonly acts: readonly ActView[];
  /** What stands, by trajectory. */
  readonly rows: Readonly<Record<string, RowCuration>>;
  /** Who acts from this browser. */
  readonly by: string;
  /** Whether edits can be played. */
  readonly canEdit: boolean;
}

/** What has been done to a row by hand. `overridden`: it has a verdict by a person. */
export type ActedOn = "marked" | "tagged" | "noted" | "overridden" | "edited" | "dropped" | "pinned";

/** `GET /api/runs/:run/curation/facets`: how many of the run's own rows people have done what to. */
export interface ActFacets {
  /** Another one whenever anything was done. */
  readonly stamp: string;
  /** Those of {@link ActedOn} that there are. */
  readonly acts: readonly Facet[];
  readonly tags: readonly Facet[];
}

/** `POST /api/runs/:run/curation` takes a deed (`{ kind: "drop", on }`, `{ kind: "undo", act }`, …) and answers with its act. */
export interface ActView {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
  readonly position: number;
  readonly kind: "mark" | "drop" | "pin" | "tag" | "note" | "verdict" | "edit" | "undo";
  /** The trajectory; null for an undo. */
  readonly on: string | null;
  /** The tag, the note, the decision; of an undo the act that it undoes. */
  readonly said: string;
  /** The trajectory that an edit gave. */
  readonly into: string | null;
  readonly undoneBy: string | null;
}

export interface RowCuration {
  readonly marked: boolean;
  readonly tags: readonly string[];
  readonly notes: readonly string[];
  readonly verdict?: "keep" | "refuse";
  readonly place?: "drop" | "pin";
  readonly edits: readonly string[];
}

/** `GET /api/runs/:run/curation/draft/:id`: the model's turns, to be rewritten. */
export interface DraftAnswer {
  readonly turns: readonly TurnDraft[];
}

/** One text in the dialect `tags`, else its parts. */
export type TurnDraft =
  | { readonly text: string }
  | {
      readonly thinking?: string;
      readonly says?: string;
      readonly calls?: readonly { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> }[];
    };

/** `POST /api/runs/:run/curation/edits` takes `{ on, turns }`; `GET /api/runs/:run/curation/edits/:job` says how far it is. */
export interface EditJob {
  readonly id: string;
  readonly state: "running" | "done" | "failed";
  readonly doing: string;
  /** What came of it, once it is done. */
  readonly trajectory: string | null;
  readonly problem: string | null;
}

export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string };
}
