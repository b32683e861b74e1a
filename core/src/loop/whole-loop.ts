import { interrupted } from "../kernel/stop.ts";
import type { CallObserver, Calls } from "./calls.ts";
import { costUsd } from "./cost.ts";
import { type Health, newHealth } from "./health.ts";
import { KeptPool } from "./kept.ts";
import { runLoop } from "./loop.ts";
import { newProgress, PartClock, type Progress, type RunPart } from "./progress.ts";
import type { Questions } from "./questions.ts";
import { RepairWriter } from "./repeated-repair.ts";
import type { Session } from "./session.ts";
import type { StopSwitch } from "./stop-switch.ts";
import type { RunStore, StoredTrajectory } from "./store/run-store.ts";
import { underWay } from "./under-way.ts";

export interface LoopObserver {
  /** The plugins are ready and the first query is about to be asked. */
  started?(progress: Progress): void;
  trajectory?(row: StoredTrajectory): void;
  incident?(who: string, what: string): void;
  info?(message: string): void;
}

export interface LoopPlace {
  readonly session: Session;
  readonly store: RunStore;
  readonly source: Questions;
  readonly total: number;
  readonly stop: StopSwitch;
  readonly observer: LoopObserver;
  readonly incident: (who: string, what: string, position?: number) => void;
  /** Told of the stage's calls before the first is made. */
  readonly onCalls: (calls: Calls) => void;
}

export interface LoopResult {
  readonly calls: Calls;
  readonly health: Health;
  /** Makes this stage's rollouts and store the ones that plugins reach. */
  begin(): void;
  close(): void;
}

const FLUSH_MS = 5000;

/** Works through the questions. @throws ATRAJ_INTERRUPTED, or the first error that no query can be blamed for */
export async function runWholeLoop({ session, store, source, total, stop, observer, incident, onCalls }: LoopPlace): Promise<LoopResult> {
  const { rollout: settings } = session.settings;
  const runId = store.identity()?.runId ?? "";
  const progress = newProgress(total);
  const health = newHealth(incident, () => stop.softly());
  const kept = new KeptPool(settings.wave, total, (id) => store.trajectory(id)?.trajectory);
  const repairWriter = new RepairWriter(session.settings.repair);
  const observed = counting(progress);
  const { calls, rollout, begin, close } = underWay(session, { runId, stop, cache: store.calls, observer: observed, health, kept, repairWriter });
  onCalls(calls);
  const flushed: Record<RunPart, number> & { loop: number } = { rollout: 0, scoring: 0, repair: 0, loop: 0 };
  const flush = () => {
    const now = { ...progress.seconds, loop: (performance.now() - progress.startedAt) / 1000 };
    for (const part of Object.keys(flushed) as (keyof typeof flushed)[]) {
      if (now[part] > flushed[part]) store.addSeconds(part, now[part] - flushed[part]);
      flushed[part] = now[part];
    }
  };
  // Does not keep the process alive: where nothing else does, the run has run dry.
  const timer = setInterval(flush, FLUSH_MS).unref();
  try {
    begin();
    observer.started?.(progress);
    await runLoop(source.queries(total), {
      ...(source.recorded === undefined ? {} : { recorded: source.recorded }),
      session,
      store,
      rollout,
      repairWriter,
      kept,
      stop,
      progress,
      clock: new PartClock(progress.seconds),
      onTrajectory: (row) => observer.trajectory?.(row),
      onIncident: incident,
    });
    if (stop.stopping) throw interrupted();
    store.setMeta("finished", "yes");
    return { calls, health, begin, close };
  } catch (error) {
    close();
    throw error;
  } finally {
    clearInterval(timer);
    flush();
  }
}

function counting(progress: Progress): CallObserver {
  return {
    turn(_policyId, { usage }, { price }, fresh) {
      if (!fresh) {
        progress.storedCalls++;
        return;
      }
      progress.modelCalls++;
      progress.promptTokens += usage.promptTokens;
      progress.completionTokens += usage.completionTokens;
      if (price !== undefined) progress.usd = (progress.usd ?? 0) + costUsd(usage, price);
    },
    toolCall(_toolId, fresh) {
      if (fresh) progress.toolCalls++;
    },
  };
}
