/**
 * Follows a run by its folder: its log says what happens, its store how far the loop is, its stages' own logs which step they are at. Everything is read, for
 * moments at a time; nothing is written, and the process that works on the run is neither asked nor stopped.
 */
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { artifactOf, type Fate, isWorkedOn, lastChange, type Progress, type RunObserver, RunStore, type StageState } from "@autotraj/core";
import { stepsIn } from "@autotraj/trainer-backend/steps";
import { LoopCounters, nothingYet } from "./loop-counters.ts";
import { type LogEntry, RunLog } from "./run-log.ts";

export interface Watching {
  readonly runDir: string;
  /** Told as if the run went on in this process. */
  readonly observer: Pick<RunObserver, "started" | "trajectory" | "incident" | "info" | "stage" | "training" | "evaluating">;
  /** Trajectories that it is told of one by one, at most. */
  readonly show: number;
  /** Ends the watching, not the run. */
  readonly signal: AbortSignal;
}

/** How it came out. `gone`: its process ended without a word, or nothing has changed for long and nobody here works on it. `left`: by the signal. */
export type WatchEnd = { readonly ended: "finished" | "gone" | "left" } | { readonly ended: "failed"; readonly error: string };

const LOOK_MS = 1000;
/** Looking takes a twentieth of the time at most. */
const REST = 20;
const QUIET_MS = 10 * 60_000;

/** @throws ATRAJ_RUN_NOT_FOUND, ATRAJ_STORE_FAILED */
export async function watchRun({ runDir, observer, show, signal }: Watching): Promise<WatchEnd> {
  RunStore.read(runDir).close();
  const run = new FollowedRun(runDir, observer, show);
  const isHere = isWorkedOn(runDir);
  while (!signal.aborted) {
    const begun = performance.now();
    // Asked before the log is read: who lets go has said its last word.
    const isGone = isHere ? !isWorkedOn(runDir) : Date.now() - lastChange(runDir) > QUIET_MS;
    const end = run.look(isGone);
    if (end !== undefined) return end;
    if (isGone) return { ended: "gone" };
    await sleep(Math.max(LOOK_MS, REST * (performance.now() - begun)), undefined, { signal }).catch(() => {});
  }
  return { ended: "left" };
}

const SHOWN_FATES: readonly Fate[] = ["kept", "repaired", "hard", "discarded", "failed", "pending", "accepted", "refused"];

class FollowedRun {
  readonly #runDir: string;
  readonly #observer: Watching["observer"];
  readonly #log: RunLog;
  readonly #counters = new LoopCounters();
  readonly #told = new Set<string>();
  #left: number;
  #progress: Progress | undefined;
  /** From which question on trajectories are told. */
  #from: number | undefined;
  #stage: string | undefined;
  #isLoopOver = false;

  constructor(runDir: string, observer: Watching["observer"], show: number) {
    this.#runDir = runDir;
    this.#observer = observer;
    this.#log = new RunLog(join(runDir, "log.jsonl"));
    this.#left = show;
  }

  /** Tells what is new. @returns the end, where the run has come to one */
  look(isLast: boolean): WatchEnd | undefined {
    const entries = this.#log.read();
    const end = entries.flatMap(endIn).at(-1);
    const queries = entries.findLast(({ event }) => event === "start")?.queries;
    const stagesBegin = entries.some(({ event }) => event === "stage");
    // What has ended is not told from its beginning.
    if (this.#progress === undefined && end !== undefined) this.#left = 0;
    if (this.#progress === undefined && !stagesBegin) this.#begin(queries);
    if (!this.#isLoopOver) this.#lookAtLoop(isLast || end !== undefined || stagesBegin);
    for (const entry of entries) this.#tell(entry);
    if (this.#stage !== undefined) this.#lookAtStage(this.#stage);
    return end;
  }

  #begin(queries: number | undefined): void {
    const store = RunStore.read(this.#runDir);
    try {
      const { n, last } = store.one("SELECT count(*) n, max(position) last FROM queries") as { n: number; last: number | null };
      const { loop } = store.one("SELECT total(value) loop FROM seconds WHERE part = 'loop'") as { loop: number };
      this.#from = last ?? 0;
      const progress = nothingYet(queries ?? n);
      this.#progress = { ...progress, startedAt: progress.startedAt - 1000 * loop };
      this.#counters.countInto(this.#progress, store, false);
    } finally {
      store.close();
    }
    this.#observer.started?.(this.#progress);
  }

  #lookAtLoop(isLast: boolean): void {
    if (this.#progress === undefined) return;
    const store = RunStore.read(this.#runDir);
    try {
      this.#counters.countInto(this.#progress, store, isLast);
      if (this.#left <= 0) return;
      for (const row of store.trajectories(SHOWN_FATES, this.#from)) {
        if (this.#told.has(row.trajectory.id)) continue;
        this.#told.add(row.trajectory.id);
        // As it was told when it came: what became of it are the repairs that follow.
        this.#observer.trajectory?.(row.fate === "repaired" || row.fate === "hard" ? { ...row, fate: "pending" } : row);
        if (--this.#left <= 0) break;
      }
    } finally {
      store.close();
    }
  }

  #tell({ event, stage = "", what = "", model = "", questions = 0, who = "", message = "" }: LogEntry): void {
    if (event === "info") this.#observer.info?.(message);
    if (event === "incident") this.#observer.incident?.(who, what);
    if (event === "evaluating") this.#observer.evaluating?.(model, questions);
    if (event !== "stage" || !isStageState(what)) return;
    this.#isLoopOver = true;
    const isUnderWay = what === "begins" || what === "trains";
    this.#stage = isUnderWay ? stage : undefined;
    const artifact = isUnderWay ? undefined : artifactOf(this.#runDir, stage);
    this.#observer.stage?.(stage, what, artifact);
  }

  #lookAtStage(stage: string): void {
    const last = stepsIn(newestFolder(this.#runDir, stage)).at(-1);
    if (last !== undefined) this.#observer.training?.(stage, { step: last.step, total: last.total ?? last.step, metrics: last.metrics });
  }
}

const STAGE_STATES = ["begins", "trains", "is done already", "is done"] as const satisfies readonly StageState[];

function isStageState(what: string): what is StageState {
  return (STAGE_STATES as readonly string[]).includes(what);
}

function endIn({ event, error = "" }: LogEntry): readonly WatchEnd[] {
  if (event === "finish") return [{ ended: "finished" }];
  return event === "end" ? [{ ended: "failed", error }] : [];
}

/** Where this stage trains: in the run's folder, or in that of a later round. */
function newestFolder(runDir: string, stage: string): string {
  const folders = globSync(`{,rounds/*/}models/${stage}`, { cwd: runDir }).map((folder) => join(runDir, folder));
  const changed = (folder: string) => statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return folders.toSorted((a, b) => changed(b) - changed(a))[0] ?? join(runDir, "models", stage);
}
