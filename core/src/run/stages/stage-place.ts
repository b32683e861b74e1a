/** The run, or the round of it, in which stages are done, and who watches. */
import type { ProcessGroups } from "../../host/process-groups.ts";
import type { Query, StageArtifact, TrainProgress } from "../../kernel/plugin.ts";
import type { Stopper } from "../../kernel/stop.ts";
import type { Session } from "../../loop/session.ts";
import type { LoopResult } from "../../loop/whole-loop.ts";
import type { ChosenStage } from "./chosen-stages.ts";

/** Where a stage is; `trains` from when its trainer is started, which may be minutes before the first step. */
export type StageState = "begins" | "trains" | "is done already" | "is done";

export interface StageObserver {
  stage?(name: string, what: StageState, artifact?: StageArtifact): void;
  training?(name: string, progress: TrainProgress): void;
  evaluating?(model: string, questions: number): void;
  info?(message: string): void;
}

/** The run, or the round of it, in which stages are done. */
export interface StagePlace {
  readonly session: Session;
  /** All stages of the preset, in order. */
  readonly all: readonly ChosenStage[];
  /** The run's own folder. */
  readonly root: string;
  /** The round's; in round 1 the same. */
  readonly runDir: string;
  readonly stop: Stopper;
  readonly groups: ProcessGroups;
  readonly observer: StageObserver;
  readonly incident: (who: string, what: string) => void;
  readonly info: (message: string) => void;
  /** The loop whose calls and health the stages go on with. */
  readonly looped: Pick<LoopResult, "calls" | "health">;
  /** The run's questions, and the share of right candidates that the one at a position had in the loop (undefined where none was judged). */
  readonly queries: () => AsyncIterable<Query>;
  readonly passRate: (position: number) => number | undefined;
  /** In later rounds: the policy that the round before has left, where this round's first training of it starts. */
  readonly startFrom?: StageArtifact;
  /** Folders of other runs whose stages may be taken over. */
  readonly others?: readonly string[];
  /** Further models to be evaluated, by the name that tables give them: folders, as the policy loads them. */
  readonly models?: Readonly<Record<string, string>>;
}
