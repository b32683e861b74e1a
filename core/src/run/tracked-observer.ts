/** Tells trackers what the observer of a run is told, and its log which stage is at work: who follows the run by its folder reads it there. */
import type { Tracking } from "../host/tracking.ts";
import type { Verdict } from "../kernel/plugin.ts";
import type { StoredTrajectory } from "../loop/store/run-store.ts";
import type { LoopObserver } from "../loop/whole-loop.ts";
import type { ModelEvaluation } from "../results/reports.ts";
import type { StageObserver } from "./stages/stage-place.ts";

type Log = (event: string, data: object) => void;
/** Between two lines on one evaluation, which goes on question by question. */
const LOGGED_MS = 1000;

export function trackedObserver(observer: LoopObserver & StageObserver, tracking: Tracking, log: Log): LoopObserver & StageObserver {
  let logged = 0;
  return {
    started: (progress) => observer.started?.(progress),
    info: (message) => observer.info?.(message),
    incident(who, what) {
      tracking.tell({ event: "incident", who, what });
      observer.incident?.(who, what);
    },
    trajectory(row) {
      tellTrajectory(row, tracking);
      observer.trajectory?.(row);
    },
    stage(stage, what, artifact) {
      log("stage", { stage, what });
      if (artifact !== undefined) {
        const { seconds, metrics } = artifact;
        tracking.tell({ event: "stage-result", stage, isNew: what === "is done", seconds, metrics: { ...metrics } });
      }
      observer.stage?.(stage, what, artifact);
    },
    training(stage, progress) {
      const { step, total, metrics } = progress;
      tracking.tell({ event: "training-step", stage, step, total, metrics: { ...metrics } });
      observer.training?.(stage, progress);
    },
    evaluating(model, questions) {
      if (performance.now() - logged > LOGGED_MS) {
        logged = performance.now();
        log("evaluating", { model, questions });
      }
      tracking.tell({ event: "evaluating", model, questions });
      observer.evaluating?.(model, questions);
    },
  };
}

function tellTrajectory({ trajectory, scores, verdict, fate }: StoredTrajectory, tracking: Tracking): void {
  const { id, query, finish, usage } = trajectory;
  const { notes: _notes, ...provenance } = trajectory.provenance;
  const told = { event: "trajectory", trajectory: id, query: query.id, provenance, finish, fate, usage: { ...usage } } as const;
  const figures = Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, "value" in score ? { value: score.value } : score]));
  const decision = verdict === undefined ? {} : { verdict: withoutReason(verdict) };
  tracking.tell({ ...told, scores: figures, ...decision }, () => ({ trajectory, scores, verdict }));
}

function withoutReason({ reason: _reason, ...decision }: Verdict): Omit<Verdict, "reason"> {
  return decision;
}

/** The figures of an evaluation's one model, by name. */
export function tellEvaluation({ model, questions, greedy, sampled, dimensions }: ModelEvaluation, tracking: Tracking): void {
  const estimates = { greedy, average: sampled?.average, pass: sampled?.pass, majority: sampled?.majority, best: sampled?.best };
  const known = Object.entries(estimates).flatMap(([name, estimate]) => (estimate == null ? [] : [[name, estimate.value]]));
  tracking.tell({ event: "evaluation", model, questions, figures: { ...dimensions, ...Object.fromEntries(known) } });
}
