/** Taps as plugins declare them: collected during setup, put in order, and guarded so that none can fail, hang or lie without being named. */

import type { DeclaredTap } from "./declared-tap.ts";
import { AutoTrajError, isAutoTrajError, messageOf, pluginErrorParts } from "./errors.ts";
import { HOOK_TABLE, type HookName } from "./hooks.ts";
import type { Hook, Hooks, PluginKind, RunContext } from "./plugin.ts";
import { hideSecretsIn, withoutSecretsIn } from "./redaction.ts";
import { orInterrupted } from "./stop.ts";
import { TapClock } from "./tap-clock.ts";

export interface PluginIdentity {
  readonly id: string;
  readonly packageName: string;
  readonly kind: PluginKind;
}

/** The `api.hooks` of one plugin: what it taps lands in `taps`. Refuses hooks that its kind may not tap. */
export function collectTaps(plugin: PluginIdentity, taps: DeclaredTap[]): Hooks {
  const hookOf = (hook: HookName): Hook<unknown> => ({
    tapPromise(options, fn) {
      if (!HOOK_TABLE[hook].kinds.includes(plugin.kind)) {
        throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
          who: `plugin "${plugin.id}" (${plugin.packageName})`,
          what: `a ${plugin.kind} may not tap "${hook}".`,
          hint: `"${hook}" is for: ${HOOK_TABLE[hook].kinds.join(", ")}.`,
        });
      }
      if (typeof fn !== "function") {
        throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
          who: `plugin "${plugin.id}" (${plugin.packageName})`,
          what: `hooks.${hook}.tapPromise was given no function.`,
          hint: "Call it as tapPromise({ … }, async (…) => …).",
        });
      }
      const name = options.name === undefined ? plugin.id : `${plugin.id}:${options.name}`;
      taps.push({ hook, name, pluginId: plugin.id, packageName: plugin.packageName, options, fn });
    },
  });
  const names = Object.keys(HOOK_TABLE) as HookName[];
  return Object.fromEntries(names.map((name) => [name, hookOf(name)])) as unknown as Hooks;
}

/** By `stage`, then as declared, both overruled by `before`. tapable's own `before` puts a tap with an unknown name first; here it is an error. */
export function orderTaps<T extends DeclaredTap>(taps: readonly T[]): T[] {
  const matches = (tap: T, name: string) => tap.pluginId === name || tap.packageName === name || tap.name === name;
  const later = new Map<T, T[]>();
  for (const tap of taps) {
    const names = tap.options.before === undefined ? [] : [tap.options.before].flat();
    later.set(
      tap,
      names.flatMap((name) => {
        const found = taps.filter((other) => other !== tap && matches(other, name));
        if (found.length > 0) return found;
        throw new AutoTrajError("ATRAJ_ORDER_UNKNOWN", {
          who: `plugin "${tap.pluginId}" (${tap.packageName})`,
          what: `its tap of "${tap.hook}" asks to run before "${name}", which does not tap that hook.`,
          hint: `Taps of "${tap.hook}": ${taps.map((other) => other.name).join(", ")}.`,
        });
      }),
    );
  }
  const waiting = [...taps]
    .map((tap, index) => ({ tap, index }))
    .sort((a, b) => (a.tap.options.stage ?? 0) - (b.tap.options.stage ?? 0) || a.index - b.index);
  const ordered: T[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ tap }) => !waiting.some((other) => later.get(other.tap)?.includes(tap)));
    if (next < 0) {
      throw new AutoTrajError("ATRAJ_ORDER_CYCLE", {
        who: "preset",
        what: `taps of "${taps[0]?.hook}" ask to run before each other in a circle: ${waiting.map(({ tap }) => tap.name).join(", ")}.`,
        hint: "Remove one `before`.",
      });
    }
    ordered.push(...waiting.splice(next, 1).map(({ tap }) => tap));
  }
  return ordered;
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
    const clock = new TapClock(timeoutMs, () => {
      const error = new AutoTrajError("ATRAJ_HOOK_TIMEOUT", {
        who: `plugin "${tap.name}" (${tap.packageName})`,
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
    return new AutoTrajError("ATRAJ_HOOK_FAILED", {
      who: `plugin "${tap.name}" (${tap.packageName})`,
      what: `its tap of "${tap.hook}" failed, ${about}: ${messageOf(error)}`,
      ...pluginErrorParts(error),
    });
  }
}
