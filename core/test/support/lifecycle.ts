/** A lifecycle made of inline plugins, declared exactly as a plugin's setup declares them. */
import { checkTrajectory } from "../../src/data/trajectory-schema.ts";
import type { DeclaredTap } from "../../src/kernel/declared-tap.ts";
import type { OnScorerError } from "../../src/kernel/hooks.ts";
import { Lifecycle } from "../../src/kernel/lifecycle.ts";
import type { Hooks, PluginKind } from "../../src/kernel/plugin.ts";
import { collectTaps } from "../../src/kernel/tapping.ts";
import { TapGuard } from "../../src/kernel/taps.ts";

export interface InlinePlugin {
  readonly id: string;
  readonly kind: PluginKind;
  readonly packageName?: string;
  readonly tap: (hooks: Hooks) => void;
}

export function plugin(id: string, kind: PluginKind, tap: (hooks: Hooks) => void, packageName = `autotraj-${id}`): InlinePlugin {
  return { id, kind, packageName, tap };
}

export interface LifecycleSettings {
  readonly onScorerError?: OnScorerError;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export function lifecycleOf(plugins: readonly InlinePlugin[], settings: LifecycleSettings = {}) {
  const taps: DeclaredTap[] = [];
  for (const { id, kind, packageName = id, tap } of plugins) tap(collectTaps({ id, kind, packageName }, taps));
  const incidents: { who: string; what: string }[] = [];
  const lifecycle = new Lifecycle(taps, {
    onScorerError: settings.onScorerError ?? "record",
    incident: (who, what) => incidents.push({ who, what }),
    checkTrajectory,
  });
  const guard = new TapGuard({
    timeoutMs: settings.timeoutMs ?? 10_000,
    signal: settings.signal ?? new AbortController().signal,
    run: { runId: "test", random: () => 0.5 },
  });
  lifecycle.begin(guard);
  return { lifecycle, guard, incidents };
}

/** A promise that the test resolves when it likes. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open: (value) => open(value) };
}

/** Lets everything run that is able to. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
