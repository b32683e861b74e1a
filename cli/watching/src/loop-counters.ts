/** What the loop has done so far, counted in the run's store. */
import { costUsd, type Price, type Progress, type RunStore, type Usage } from "@autotraj/core";

/** Calls have long texts and no index: they are counted again when this many times as long has passed as it took. */
const REST = 20;

export function nothingYet(queries: number): Progress {
  return {
    ...{ queries, startedAt: performance.now(), done: 0, resumed: 0, dropped: 0, failed: 0 },
    ...{ candidates: 0, kept: 0, toRepair: 0, repaired: 0, hard: 0, discarded: 0, refused: 0 },
    ...{ modelCalls: 0, storedCalls: 0, toolCalls: 0, promptTokens: 0, completionTokens: 0, usd: undefined },
    seconds: { rollout: 0, scoring: 0, repair: 0 },
  };
}

export class LoopCounters {
  #callsAgainAt = 0;

  /** @param isLast counts calls too, however long it takes */
  countInto(progress: Progress, store: RunStore, isLast: boolean): void {
    const questions = countsIn(store, "SELECT status name, count(*) n FROM queries GROUP BY status");
    Object.assign(progress, { done: questions("done"), dropped: questions("dropped"), failed: questions("failed") });
    const fates = countsIn(store, "SELECT fate name, count(*) n FROM trajectories GROUP BY fate");
    const [kept, repaired, hard, refused] = [fates("kept"), fates("repaired"), fates("hard"), fates("refused")];
    const discarded = fates("discarded") + fates("failed");
    const toRepair = repaired + hard + fates("pending");
    Object.assign(progress, { kept, repaired, hard, refused, discarded, toRepair, candidates: kept + discarded + toRepair });
    const seconds = store.all("SELECT part, value FROM seconds WHERE part IN ('rollout', 'scoring', 'repair')") as { part: string; value: number }[];
    Object.assign(progress.seconds, Object.fromEntries(seconds.map(({ part, value }) => [part, value])));
    if (isLast || performance.now() >= this.#callsAgainAt) this.#countCalls(progress, store);
  }

  #countCalls(progress: Progress, store: RunStore): void {
    const begun = performance.now();
    const tokens = (name: string) => `total(json_extract(response, '$.usage.${name}')) ${name}`;
    const rows = store.all(
      `SELECT kind, by, count(*) calls, ${tokens("promptTokens")}, ${tokens("cachedTokens")}, ${tokens("completionTokens")} FROM calls GROUP BY kind, by`,
    ) as (Usage & { kind: string; by: string; calls: number })[];
    const prices = store.metaJson<Readonly<Record<string, Price>>>("prices", (value) => typeof value === "object" && value !== null) ?? {};
    Object.assign(progress, { modelCalls: 0, toolCalls: 0, promptTokens: 0, completionTokens: 0, usd: undefined });
    for (const { kind, by, calls, ...usage } of rows) {
      if (kind === "tool") progress.toolCalls += calls;
      else {
        progress.modelCalls += calls;
        progress.promptTokens += usage.promptTokens;
        progress.completionTokens += usage.completionTokens;
        const price = prices[by];
        if (price !== undefined) progress.usd = (progress.usd ?? 0) + costUsd(usage, price);
      }
    }
    const now = performance.now();
    this.#callsAgainAt = now + REST * (now - begun);
  }
}

function countsIn(store: RunStore, sql: string): (name: string) => number {
  const counts = new Map((store.all(sql) as { name: string; n: number }[]).map(({ name, n }) => [name, n]));
  return (name) => counts.get(name) ?? 0;
}
