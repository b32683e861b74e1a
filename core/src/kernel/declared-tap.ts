/** A tap as its plugin declared it. */
import { AutoTrajError } from "./errors.ts";
import type { Hooks, TapOptions } from "./plugin.ts";

export interface DeclaredTap<Fn = unknown, Extra extends object = object> {
  readonly hook: keyof Hooks;
  /** Plugin id, with the tap's own name behind it where it has one. */
  readonly name: string;
  readonly pluginId: string;
  readonly packageName: string;
  readonly options: TapOptions & Extra;
  readonly fn: Fn;
}

/** Its answer is not what its hook allows. */
export function wrongResult(tap: DeclaredTap, about: string, what: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_HOOK_RESULT", {
    who: `plugin "${tap.name}" (${tap.packageName})`,
    what: `its tap of "${tap.hook}" returned ${what}, ${about}.`,
  });
}
