/** What the stages after the loop are given of their run. */

import type { ProcessGroups } from "../../host/process-groups.ts";
import type { Query, TrainProgress } from "../../kernel/plugin.ts";
import type { Stopper } from "../../kernel/stop.ts";
import type { Episodes } from "../episodes.ts";
import type { Session } from "../session.ts";
import type { StageArtifact } from "./artifact.ts";

/** Serves episodes and rewards over HTTP while a backend trains. Given by the host: core has no server of its own. */
export type ServeEpisodes = (episodes: Episodes) => Promise<{ readonly url: string; readonly token: string; close(): Promise<void> }>;

export interface StageObserver {
  stage?(name: string, what: "begins" | "is done already" | "is done", artifact?: StageArtifact): void;
  training?(name: string, progress: TrainProgress): void;
  evaluating?(model: string, questions: number): void;
  info?(message: string): void;
}

export interface StagesContext {
  readonly session: Session;
  /** The run's own folder. */
  readonly root: string;
  /** The round's; in round 1 the same. */
  readonly runDir: string;
  readonly stop: Stopper;
  readonly groups: ProcessGroups;
  readonly observer: StageObserver;
  readonly serve: ServeEpisodes | undefined;
  readonly onIncident: (who: string, what: string) => void;
  readonly onInfo: (message: string) => void;
  /** In later rounds: the policy that the round before has left, where this round's first training of it starts. */
  readonly startFrom?: StageArtifact;
  /** The run's questions, for RL, and the share of right candidates each had in stage 1 (undefined where none was judged). */
  readonly queries: () => AsyncIterable<Query>;
  readonly passRate: (position: number) => number | undefined;
}
