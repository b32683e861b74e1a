/**
 * The loop for a stream of queries: prepare → N rollouts → score → gate → repair (→ score → gate) → done. Bounded from end to end: a query is read only
 * when there is room for it, and nothing of a finished query stays in memory. What a query's outcome is follows from the preset, the seed and the
 * questions' order, never from timing.
 */

import { AutoTrajError, endsTheRun, messageOf } from "../kernel/errors.ts";
import { allFinished, isInterruption } from "../kernel/interruption.ts";
import type { Query, Rollout, RolloutRequest, ScoredTrajectory, Trajectory, Verdict } from "../kernel/plugin.ts";
import { interrupted } from "../kernel/stop.ts";
import { judgeRepair, learnable, type Repaired } from "./judged-repair.ts";
import type { KeptPool } from "./kept.ts";
import type { PartClock, Progress } from "./progress.ts";
import { type Judged, type RepairWriter, settled } from "./repeated-repair.ts";
import { Semaphore } from "./semaphore.ts";
import type { Session } from "./session.ts";
import type { StopSwitch } from "./stop-switch.ts";
import type { Fate, QueryStatus, RunStore, StoredTrajectory } from "./store/run-store.ts";

export interface LoopParts {
  readonly session: Session;
  readonly store: RunStore;
  readonly rollout: Rollout;
  /** How the repairs of questions under way were written. */
  readonly repairWriter: RepairWriter;
  readonly kept: KeptPool;
  /** The candidates of the question at this position, where they are recorded and not rolled out. */
  readonly recorded?: (position: number) => readonly Trajectory[];
  readonly stop: StopSwitch;
  readonly progress: Progress;
  readonly clock: PartClock;
  /** Told of each trajectory when its fate is first known, and again when a repair changes it. */
  readonly onTrajectory: (row: StoredTrajectory) => void;
  readonly onIncident: (who: string, what: string, position?: number) => void;
}

/** Works through the queries. Throws what ended it early: ATRAJ_INTERRUPTED, or the first error that no query can be blamed for. */
export async function runLoop(queries: AsyncIterable<Query>, parts: LoopParts): Promise<void> {
  const { rollout } = parts.session.settings;
  const room = new Semaphore(Math.max(2 * rollout.wave, rollout.wave + Math.ceil(rollout.inFlight / rollout.candidates)));
  const open = new Set<Promise<void>>();
  const streak = failureStreak();
  let fatal: { error: unknown } | undefined;
  const end = (error: unknown) => {
    // The first error that is not only an echo of stopping says why the run ended.
    if (fatal === undefined || isInterruption(fatal.error)) fatal = { error };
    parts.stop.softly();
    parts.kept.stop(error);
  };
  parts.stop.signal.addEventListener("abort", () => end(interrupted()), { once: true });

  let position = 0;
  try {
    for await (const query of queries) {
      const at = position++;
      if (skipFinished(parts, at, query)) continue;
      await room.acquire();
      if (parts.stop.stopping) {
        end(interrupted());
        room.release();
        break;
      }
      const work = parts.session.tracking
        .during({ kind: "question", query: query.id, position: at }, (end) => new QueryWork(parts, at, query, end).run())
        .then(streak)
        .catch(end)
        .finally(() => room.release());
      open.add(work);
      void work.finally(() => open.delete(work));
    }
  } catch (error) {
    // The questions cannot be read on, or the store is gone: what is under way still ends in order.
    end(error);
  }
  await Promise.all(open);
  if (fatal !== undefined) throw fatal.error;
}

/** A query that an earlier process finished counts for its wave and offers its kept trajectory; one that failed is done again. */
function skipFinished(parts: LoopParts, position: number, query: Query): boolean {
  const status = parts.store.queryStatus(position);
  if (status === undefined || status === "failed") return false;
  const best = parts.store.one("SELECT id FROM trajectories WHERE position = ? AND fate = 'kept' ORDER BY ordinal LIMIT 1", position);
  parts.kept.scored(position, query, (best as { id: string } | undefined)?.id);
  parts.progress.resumed++;
  parts.session.tracking.tell({ event: "resumed", query: query.id, position });
  return true;
}

class QueryWork {
  readonly #parts: LoopParts;
  readonly #position: number;
  readonly #query: Query;
  readonly #rows: StoredTrajectory[] = [];
  readonly #end: (end: { readonly outcome: QueryStatus; readonly reason?: string }) => void;
  #candidateCount = 0;
  #passed = false;

  /** @param end told of what became of it */
  constructor(parts: LoopParts, position: number, query: Query, end: (end: { readonly outcome: QueryStatus; readonly reason?: string }) => void) {
    this.#parts = parts;
    this.#end = end;
    this.#position = position;
    this.#query = query;
  }

  /** Returns why the query failed, or undefined when it was finished. */
  async run(): Promise<string | undefined> {
    const { kept } = this.#parts;
    kept.open(this.#position, this.#query);
    try {
      const request = await this.#prepare();
      if (request === undefined) return undefined;
      const candidates = await this.#candidates(request);
      await allFinished(candidates.map((candidate) => this.#repair(request, candidate, candidates)));
      const failed = candidates.filter((candidate) => candidate.trajectory.finish === "failed");
      this.#finish(failed.length > 0 ? "failed" : "done", failed[0]?.trajectory.faults.at(-1));
      return undefined;
    } catch (error) {
      if (endsTheRun(error)) {
        // Its wave stays incomplete: nobody may go on as if this query had been scored.
        this.#passed = true;
        throw error;
      }
      this.#parts.onIncident("query", messageOf(error), this.#position);
      this.#finish("failed", messageOf(error));
      return messageOf(error);
    } finally {
      this.#pass(undefined);
      kept.close(this.#query);
      this.#parts.repairWriter.forget(this.#query.id);
    }
  }

  async #prepare(): Promise<RolloutRequest | undefined> {
    const { session } = this.#parts;
    const state = await session.lifecycle.beforeRollout(session.rolloutRequest(this.#query));
    if (state.drop === undefined) return state.request;
    this.#finish("dropped", `${state.drop.by}: ${state.drop.reason}`);
    return undefined;
  }

  #finish(outcome: QueryStatus, reason?: string): void {
    this.#parts.store.finishQuery(this.#position, this.#query.id, outcome, reason);
    this.#parts.progress[outcome]++;
    this.#end({ outcome, ...(reason === undefined ? {} : { reason }) });
  }

  /** Rollouts, scores and verdicts of all candidates, written down together. */
  async #candidates(request: RolloutRequest): Promise<readonly ScoredTrajectory[]> {
    const { session, progress, recorded } = this.#parts;
    const trajectories = recorded?.(this.#position) ?? (await this.#rollouts(request));
    this.#candidateCount = trajectories.length;
    const scored = await this.#score(trajectories);
    const verdicts = await session.lifecycle.shouldRepair({ query: this.#query, subject: "candidates", items: scored });
    const judged = scored.map((item, index): ScoredTrajectory => ({ ...item, verdict: learnable(session, item, verdicts[index] as Verdict) }));
    const repairs = session.settings.repair.enabled;
    this.#save(judged.map((item, ordinal) => this.#row(item, ordinal, firstFate(item, repairs))));
    progress.candidates += judged.length;
    this.#pass(this.#rows.find(({ fate }) => fate === "kept")?.trajectory.id);
    return judged;
  }

  async #rollouts(request: RolloutRequest): Promise<readonly Trajectory[]> {
    const { session, rollout, clock } = this.#parts;
    const { policy, candidates } = session.settings.rollout;
    if (policy === undefined) throw new Error("a preset without recorded candidates has a policy");
    return clock.time("rollout", () =>
      allFinished(
        Array.from({ length: candidates }, (_, candidate) =>
          rollout.write(request, { policy, key: `candidate ${candidate}`, provenance: { origin: "rollout", candidate } }),
        ),
      ),
    );
  }

  async #repair(request: RolloutRequest, original: ScoredTrajectory, candidates: readonly ScoredTrajectory[]): Promise<void> {
    const { session, clock, store, progress } = this.#parts;
    const row = this.#rows.find(({ trajectory }) => trajectory.id === original.trajectory.id);
    if (row?.fate !== "pending") return;
    progress.toRepair++;
    const siblings = candidates.filter((candidate) => candidate !== original);
    const judge = async (trajectory: Trajectory): Promise<Judged> => {
      const judged = await this.#judge(trajectory, original, siblings);
      const repeats = judged.verdict.decision === "keep" ? this.#parts.repairWriter.again(trajectory) : undefined;
      if (repeats === undefined) return judged;
      return settled(judged, await allFinished(repeats.map(async (repeat) => this.#judge(await repeat, original, siblings))));
    };
    const outcome = await clock.time("repair", () =>
      session.tracking.during({ kind: "repair", original: original.trajectory.id }, () =>
        session.lifecycle.repair({ request, original, siblings }, judge),
      ),
    );
    store.transaction(() => {
      for (const attempt of outcome.attempts) this.#add(attempt, "refused");
      if (outcome.accepted !== undefined) this.#add(outcome.accepted, "accepted");
      const fate: Fate = outcome.accepted === undefined ? "hard" : "repaired";
      store.setFate(original.trajectory.id, fate);
      this.#parts.onTrajectory({ ...row, fate });
    });
    progress.refused += outcome.attempts.length;
    if (outcome.accepted === undefined) progress.hard++;
    else progress.repaired++;
  }

  #judge(trajectory: Trajectory, original: ScoredTrajectory, siblings: readonly ScoredTrajectory[]): Promise<Judged> {
    return judgeRepair(this.#parts.session, trajectory, { original, siblings, score: (scored, repaired) => this.#score(scored, repaired) });
  }

  /** Scores already in the store are not made again, unless a scorer had failed. */
  async #score(trajectories: readonly Trajectory[], repaired?: Repaired): Promise<readonly ScoredTrajectory[]> {
    const { session, store, clock } = this.#parts;
    const dimensions = [...session.lifecycle.scorePlan.dimensions.keys()];
    const stored = trajectories.map((trajectory) => store.scoresOf(trajectory.id));
    const complete = stored.every(
      (scores) => scores !== undefined && dimensions.every((name) => scores[name] !== undefined && !("failed" in scores[name])),
    );
    if (complete) return trajectories.map((trajectory, index) => ({ trajectory, scores: stored[index] ?? {} }));
    return clock.time("scoring", () => session.lifecycle.score(this.#query, trajectories, repaired));
  }

  #row(item: ScoredTrajectory, ordinal: number, fate: Fate): StoredTrajectory {
    return { ...item, position: this.#position, ordinal, fate };
  }

  #save(rows: readonly StoredTrajectory[]): void {
    const { store, progress, onTrajectory } = this.#parts;
    store.transaction(() => {
      store.forgetQuery(this.#position);
      for (const row of rows) store.saveTrajectory(row);
    });
    for (const row of rows) {
      this.#rows.push(row);
      if (row.fate === "kept") progress.kept++;
      if (row.fate === "discarded" || row.fate === "failed") progress.discarded++;
      onTrajectory(row);
    }
  }

  /** A repair's ordinal is its place among its original's attempts, so that it does not depend on which repair finished first. */
  #add(item: ScoredTrajectory, fate: Fate): void {
    const { store, onTrajectory } = this.#parts;
    const { parent } = item.trajectory.provenance;
    const original = this.#rows.findIndex(({ trajectory }) => trajectory.id === parent);
    const before = this.#rows.filter(({ trajectory }) => trajectory.provenance.parent === parent).length;
    const ordinal = this.#candidateCount + original * ATTEMPTS_PER_ORIGINAL + before;
    const row = this.#row(item, ordinal, fate);
    this.#rows.push(row);
    store.saveTrajectory(row);
    onTrajectory(row);
  }

  /** The wave no longer waits for this query, once. */
  #pass(best: string | undefined): void {
    if (this.#passed) return;
    this.#passed = true;
    this.#parts.kept.scored(this.#position, this.#query, best);
  }
}

/** Ends a run in which question after question fails: a broken plugin should not cost all of them. */
function failureStreak(): (failure: string | undefined) => void {
  let failures = 0;
  return (failure) => {
    failures = failure === undefined ? 0 : failures + 1;
    if (failures < FAILED_QUERIES_IN_A_ROW || failure === undefined) return;
    throw new AutoTrajError("ATRAJ_QUERIES_FAILED", {
      who: "run",
      what: `${failures} questions in a row failed; the last: ${failure.split("\n")[0]}`,
      hint: "Correct what the message names, then `autotraj resume` does the failed ones again.",
    });
  };
}

const FAILED_QUERIES_IN_A_ROW = 20;

/** Room for ordinals: more attempts on one trajectory than this would overlap the next one's. */
const ATTEMPTS_PER_ORIGINAL = 1000;

function firstFate(item: ScoredTrajectory, repairs: boolean): Fate {
  if (item.trajectory.finish === "failed") return "failed";
  if (item.verdict?.decision === "keep") return "kept";
  return item.verdict?.decision === "repair" && repairs ? "pending" : "discarded";
}
