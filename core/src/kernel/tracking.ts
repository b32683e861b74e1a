/** The contract of trackers: who is told of what happens in a run, and changes nothing in it. */
import { type Token, token } from "./services.ts";
import type { Finish, Provenance, Sampling, Scores, Trajectory, Usage, Verdict } from "./trajectory/model.ts";

/** Provided under {@link TRACKER} by a plugin of kind `tracker`. What it does decides no result: it is part of no key, and its failure is an incident. */
export interface Tracker {
  /** Whether it wants texts (prompts, answers, arguments, results, reasons) beside figures. Default false: then no event has any. */
  readonly content?: boolean;
  /**
   * Takes what has happened since the last time, in order and frozen. Called about once a second, never twice at a time; a promise that takes long costs the run
   * nothing, events wait (10,000 at most, later ones are left out and counted). The last call comes before the plugin's `onDispose`.
   * @throws becomes an incident; after ten in a row, or 30 s without an answer, it is told nothing more
   */
  track(events: readonly RunEvent[]): void | Promise<void>;
}

/** Told of what happens in a run. */
export const TRACKER: Token<Tracker> = token<Tracker>("tracker", { many: true });

/** What goes on for a while, and what happens meanwhile is `within` it. */
export type Activity =
  /** The whole run, by one process: `resume` is another one with the same `runId`. `plugins` as `name@version`. */
  | {
      readonly kind: "run";
      readonly runId: string;
      readonly preset: string;
      readonly runDir: string;
      readonly questions: number;
      readonly plugins: readonly string[];
    }
  | { readonly kind: "round"; readonly round: number }
  | { readonly kind: "question"; readonly query: string; readonly position: number }
  /** A trajectory being written. `key` tells it from others of the query: `candidate 2`, `repair llm 0`. */
  | { readonly kind: "rollout"; readonly query: string; readonly policy: string; readonly key: string; readonly origin: Provenance["origin"] }
  /** All that is done to repair one trajectory, by its id. */
  | { readonly kind: "repair"; readonly original: string }
  | { readonly kind: "stage"; readonly stage: string };

/** How an activity ended: as it should, by an error, because the run was stopped; of a question and a rollout what became of it. */
export type Outcome = "done" | "failed" | "interrupted" | "dropped" | Finish;

interface CallEnd {
  /** Waiting for a free place included. */
  readonly milliseconds: number;
  /** Answered from the store: it costs nothing, and was told when it was made. */
  readonly stored: boolean;
  readonly error?: string;
}

/** What was asked and answered, for trackers that want content. */
type Texts = Readonly<Record<string, unknown>>;

/** One thing that happened. */
export type Happening =
  | { readonly event: "start"; readonly id: number; readonly activity: Activity; readonly content?: Texts }
  /** `trajectory`: of a rollout, the id of what was written. `figures`: of a run, its funnel. */
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
  /** An earlier process has done this question. */
  | { readonly event: "resumed"; readonly query: string; readonly position: number }
  /** `content`: `messages`, `continuation` and `tools` of the request, and the `turn`. */
  | ({
      readonly event: "model-call";
      readonly policy: string;
      readonly model: string;
      readonly sampling: Sampling;
      readonly usage?: Usage;
      /** Where the policy says its price. */
      readonly usd?: number;
      readonly finish?: string;
      readonly content?: Texts;
    } & CallEnd)
  /** `name`: as the model calls it. `content`: `arguments` and `result`. */
  | ({ readonly event: "tool-call"; readonly tool: string; readonly name: string; readonly ok?: boolean; readonly content?: Texts } & CallEnd)
  /** A trajectory has its scores and verdict; told again when a repair changes its fate from `pending`. `content`: `trajectory`, `scores` and `verdict` with their reasons. */
  | {
      readonly event: "trajectory";
      readonly trajectory: string;
      readonly query: string;
      readonly provenance: Omit<Provenance, "notes">;
      readonly finish: Finish;
      /** kept, pending, repaired, hard, discarded, failed; of a repair accepted or refused. */
      readonly fate: string;
      readonly scores: Scores;
      readonly verdict?: Omit<Verdict, "reason">;
      readonly usage: Trajectory["usage"];
      readonly content?: Texts;
    }
  | { readonly event: "incident"; readonly who: string; readonly what: string }
  /** What a stage has left; `isNew` is false where it was found done. */
  | {
      readonly event: "stage-result";
      readonly stage: string;
      readonly isNew: boolean;
      readonly seconds: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | {
      readonly event: "training-step";
      readonly stage: string;
      readonly step: number;
      readonly total: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  /** So many held-out questions a model has answered. */
  | { readonly event: "evaluating"; readonly model: string; readonly questions: number }
  /** What an evaluation found of one model: `greedy`, `average`, `pass`, and the means of dimensions by their names. */
  | { readonly event: "evaluation"; readonly model: string; readonly questions: number; readonly figures: Readonly<Record<string, number>> };

/** `at`: milliseconds since 1970. `within`: the id of the activity that it belongs to; undefined outside of all. */
export type RunEvent = Happening & { readonly at: number; readonly within?: number };
