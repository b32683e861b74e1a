/** Taps put in order, and guarded so that none can fail, hang or lie without being named. How they are declared is tapping.ts. */

import { changedName } from "../messages/engine-words.ts";
import { instead } from "../messages/nearest.ts";
import { ownLine } from "../messages/place.ts";
import { blamed, type DeclaredTap } from "./declared-tap.ts";
import { AutoTrajError, isAutoTrajError, messageOf, pluginErrorParts } from "./errors.ts";
import type { RunContext } from "./plugin.ts";
import { PluginClock } from "./plugin-clock.ts";
import { hideSecretsIn, withoutSecretsIn } from "./redaction.ts";
import { orInterrupted } from "./stop.ts";

/** By `stage`, then as declared, both overruled by `before`. tapable's own `before` puts a tap with an unknown name first; here it is an error. */
export function orderTaps<T extends DeclaredTap>(taps: readonly T[]): T[] {
  const later = new Map(taps.map((tap) => [tap, [tap.options.before ?? []].flat().flatMap((name) => named(name, tap, taps))]));
  const waiting = taps.toSorted((a, b) => (a.options.stage ?? 0) - (b.options.stage ?? 0));
  const ordered: T[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex((tap) => !waiting.some((other) => later.get(other)?.includes(tap)));
    if (next < 0) {
      throw new AutoTrajError("ATRAJ_ORDER_CYCLE", {
        who: "preset",
        what: `taps of "${taps[0]?.hook}" ask to run before each other in a circle: ${waiting.map(({ name }) => name).join(", ")}.`,
        hint: "Remove one `before`.",
      });
    }
    ordered.push(...waiting.splice(next, 1));
  }
  return ordered;
}

/** The other taps that a tap's `before` means, by plugin, package or their own name. @throws ATRAJ_ORDER_UNKNOWN */
function named<T extends DeclaredTap>(name: string, tap: T, taps: readonly T[]): readonly T[] {
  const isMeant = (one: T) => [one.pluginId, one.packageName, one.name].includes(name);
  const others = taps.filter((other) => other !== tap);
  const found = others.filter(isMeant);
  if (found.length > 0) return found;
  const known = others.map((other) => other.name);
  throw new AutoTrajError("ATRAJ_ORDER_UNKNOWN", {
    ...blamed(tap),
    what: `its tap of "${tap.hook}" asks to run before "${name}", which ${isMeant(tap) ? "is itself" : "does not tap that hook"}.`,
    hint: instead(name, known, `Others that tap "${tap.hook}"`),
  });
}

export interface GuardOptions {
  readonly timeoutMs: number;
  readonly run: Omit<RunContext, "signal">;
  readonly signal: AbortSignal;
}

/** Calls taps; knows which are still running. */
export class TapGuard {
  readonly #options: GuardOptions;
  readonly #unfinished = new Map<number, string>();
  /** One listener for all: a signal made of the run's for every call would be remembered by it for as long as the run lasts. */
  readonly #controllers = new Set<AbortController>();
  #serial = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    const { signal } = options;
    signal.addEventListener("abort", () => {
      for (const controller of this.#controllers) controller.abort(signal.reason);
    });
  }

  /** What is under way, as `plugin "judge" in "score" (query q-17)`: for the report when a process runs dry or is stopped. */
  unfinished(): readonly string[] {
    return [...this.#unfinished.values()];
  }

  /** Runs one tap with its time limit and its signal; whatever goes wrong names the plugin, the hook and what it was working on. */
  async call<T>(tap: DeclaredTap, about: string, work: (run: RunContext) => Promise<T>): Promise<T> {
    const timeoutMs = tap.options.timeoutMs ?? this.#options.timeoutMs;
    const overrun = new AbortController();
    if (this.#options.signal.aborted) overrun.abort(this.#options.signal.reason);
    this.#controllers.add(overrun);
    const serial = this.#serial++;
    let fail: (error: unknown) => void = () => {};
    const late = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    const clock = new PluginClock(timeoutMs, () => {
      const error = new AutoTrajError("ATRAJ_HOOK_TIMEOUT", {
        ...blamed(tap),
        what: `its tap of "${tap.hook}" did not come back within ${timeoutMs / 1000} s, ${about}.`,
        hint: "Raise run.hookTimeoutMs if the work is really that long.",
      });
      fail(error);
      overrun.abort(error);
    });
    this.#unfinished.set(serial, `plugin "${tap.name}" in "${tap.hook}" (${about})`);
    try {
      const { signal } = overrun;
      // A plain function is as good as an async one.
      const working = clock.run(async () => work({ ...this.#options.run, signal }));
      return withoutSecretsIn(await orInterrupted(Promise.race([working, late]), this.#options.signal));
    } catch (error) {
      throw this.#named(tap, about, error);
    } finally {
      clock.stop();
      this.#controllers.delete(overrun);
      this.#unfinished.delete(serial);
    }
  }

  #named(tap: DeclaredTap, about: string, error: unknown): unknown {
    hideSecretsIn(error);
    if (isAutoTrajError(error)) return error;
    const line = tap.origin.module === undefined ? undefined : ownLine(tap.origin.module, (error as Error | undefined)?.stack);
    const changed = changedName(error);
    const at = line === undefined ? "" : ` in ${line}`;
    const did = changed === undefined ? `failed${at}` : `tried${at} to change ${changed} of what it was given`;
    const why = changed === undefined ? messageOf(error) : "all of that is read-only. Change a copy, made by copyOf of @autotraj/core/plugin.";
    return new AutoTrajError("ATRAJ_HOOK_FAILED", {
      ...blamed(tap),
      what: `its tap of "${tap.hook}" ${did}, ${about}: ${why}`,
      ...pluginErrorParts(error),
    });
  }
}
