/** A session under way: calls with their cache, rollouts, exemplars, the clock of taps. What the loop, the stages behind it and servers all begin with. */
import type { Rollout } from "../kernel/plugin.ts";
import type { Stopper } from "../kernel/stop.ts";
import { TapGuard } from "../kernel/taps.ts";
import { seedFrom } from "../kernel/trajectory/identity.ts";
import { type CallObserver, Calls } from "./calls.ts";
import type { Health } from "./health.ts";
import type { RepairWriter } from "./repeated-repair.ts";
import { createRollout } from "./rollout.ts";
import type { RunParts } from "./run-services.ts";
import { Semaphore } from "./semaphore.ts";
import type { Session } from "./session.ts";
import { type CallCache, layeredCache, openSharedCache } from "./store/call-cache.ts";

export interface UnderWaySettings {
  /** What taps know the run by. */
  readonly runId: string;
  readonly stop: Stopper;
  /** Where this run's calls are remembered; undefined: nowhere, but for a cache that the settings share between runs. */
  readonly cache: CallCache | undefined;
  readonly observer: CallObserver;
  readonly health: Health;
  readonly kept: RunParts["kept"];
  /** Remembers how plugins have repairs written. */
  readonly repairWriter?: RepairWriter;
}

export interface UnderWay {
  readonly calls: Calls;
  readonly rollout: Rollout;
  /** Makes these rollouts and exemplars the ones that plugins reach, and lets taps be called. */
  begin(): void;
  close(): void;
}

const NO_CACHE: CallCache = { get: () => undefined, put: () => {} };

export function underWay(session: Session, { runId, stop, cache, observer, health, kept, repairWriter }: UnderWaySettings): UnderWay {
  const { rollout: settings, run } = session.settings;
  const shared = session.sharedCalls === undefined ? undefined : openSharedCache(session.sharedCalls);
  const layers = shared === undefined ? (cache ?? NO_CACHE) : cache === undefined ? shared.cache : layeredCache(cache, shared.cache);
  const calls = new Calls(layers, stop, observer, settings.inFlight, (id) => session.codeOf(id), session.tracking);
  const rollout = createRollout({
    policy: (id) => session.policy(id),
    tool: (id) => session.tool(id),
    calls,
    seed: run.seed,
    slots: new Semaphore(settings.inFlight),
    health,
    tracking: session.tracking,
  });
  return {
    calls,
    rollout,
    begin() {
      session.begin({ rollout: repairWriter?.remembering(rollout) ?? rollout, kept });
      const random = (...parts: readonly (string | number)[]) => seedFrom(run.seed, ...parts) / 2 ** 31;
      session.lifecycle.begin(new TapGuard({ timeoutMs: run.hookTimeoutMs, signal: stop.signal, run: { runId, random } }));
    },
    close: () => shared?.close(),
  };
}
