/** Plugins whose set-up leaves nothing to be done, most often because a tap was forgotten or comes too late. */
import type { PluginKind } from "./plugin.ts";
import { type Fault, hookFor } from "./tapping.ts";

/** What the set-up of one plugin did. */
export interface SetupDeeds {
  readonly taps: boolean;
  readonly provides: boolean;
  /** Whether something is to be done when the run starts: services may still come then, taps may not. */
  readonly starts: boolean;
}

/** What is wrong with a plugin that would do nothing; undefined where it does something. */
export function idleFault(kind: PluginKind, { taps, provides, starts }: SetupDeeds): Fault | undefined {
  if (kind === "host" || taps || provides) return undefined;
  const hook = hookFor(kind);
  if (hook !== undefined) {
    return {
      what: `it is a ${kind} and taps no hook: it would do nothing.`,
      hint: `Call api.hooks.${hook}.tapPromise({ … }, async (…) => …) in its setup itself, which awaits what comes before it.`,
    };
  }
  if (starts) return undefined;
  return {
    what: `it is a ${kind} and provides no service: it would do nothing.`,
    hint: "Call api.provide(…) in its setup, or in what it gives api.onStart.",
  };
}
