/** What a run has done so far, as counters that a display may read at any time. */

export type RunPart = "rollout" | "scoring" | "repair";

export interface Progress {
  readonly queries: number;
  readonly startedAt: number;
  /** Finished by this process, and by processes before it. */
  done: number;
  resumed: number;
  dropped: number;
  failed: number;
  candidates: number;
  kept: number;
  toRepair: number;
  repaired: number;
  hard: number;
  discarded: number;
  refused: number;
  modelCalls: number;
  storedCalls: number;
  toolCalls: number;
  promptTokens: number;
  completionTokens: number;
  usd: number | undefined;
  /** Seconds in which this part was at work, however many trajectories side by side. */
  readonly seconds: Record<RunPart, number>;
}

export function newProgress(queries: number): Progress {
  return {
    queries,
    startedAt: performance.now(),
    done: 0,
    resumed: 0,
    dropped: 0,
    failed: 0,
    candidates: 0,
    kept: 0,
    toRepair: 0,
    repaired: 0,
    hard: 0,
    discarded: 0,
    refused: 0,
    modelCalls: 0,
    storedCalls: 0,
    toolCalls: 0,
    promptTokens: 0,
    completionTokens: 0,
    usd: undefined,
    seconds: { rollout: 0, scoring: 0, repair: 0 },
  };
}

/** Measures how long each part was busy: the union of its intervals, not their sum. */
export class PartClock {
  readonly #seconds: Record<RunPart, number>;
  readonly #busy: Record<RunPart, { active: number; since: number }> = {
    rollout: { active: 0, since: 0 },
    scoring: { active: 0, since: 0 },
    repair: { active: 0, since: 0 },
  };

  constructor(seconds: Record<RunPart, number>) {
    this.#seconds = seconds;
  }

  async time<T>(part: RunPart, work: () => Promise<T>): Promise<T> {
    const busy = this.#busy[part];
    if (busy.active++ === 0) busy.since = performance.now();
    try {
      return await work();
    } finally {
      if (--busy.active === 0) this.#seconds[part] += (performance.now() - busy.since) / 1000;
    }
  }
}
