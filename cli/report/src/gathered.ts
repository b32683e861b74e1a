/** What a report tells of a run: its figures as `autotraj stats` has them, and what lies in its folder besides. */
import { type DataOrigins, originsOf, RunStore, type RunSummary, readSummary } from "@autotraj/core";
import { curvesOf, type StageCurves } from "./curves.ts";
import { type Examples, examplesOf } from "./examples.ts";

export interface Incident {
  readonly at: string;
  readonly who: string;
  readonly what: string;
}

export interface GatheredRun {
  readonly summary: RunSummary;
  readonly origins: DataOrigins;
  readonly curves: readonly StageCurves[];
  /** The latest, the newest first. */
  readonly incidents: readonly Incident[];
  readonly examples: Examples;
}

const SHOWN_INCIDENTS = 20;

/** @param known the run's tables, where they were just made. @throws ATRAJ_RUN_NOT_FOUND, ATRAJ_STORE_FAILED */
export function gatherRun(runDir: string, known?: RunSummary): GatheredRun {
  const summary = known ?? readSummary(runDir);
  const store = RunStore.read(runDir);
  try {
    return {
      summary,
      origins: originsOf(store),
      curves: curvesOf(runDir, Object.keys(summary.stages)),
      incidents: store.all("SELECT at, who, what FROM incidents ORDER BY at DESC LIMIT ?", SHOWN_INCIDENTS) as Incident[],
      examples: examplesOf(store),
    };
  } finally {
    store.close();
  }
}
