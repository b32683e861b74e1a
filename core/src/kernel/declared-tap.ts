/** A tap as its plugin declared it. */
import type { PluginOrigin } from "../messages/place.ts";
import { AutoTrajError, type ErrorParts } from "./errors.ts";
import type { Hooks, TapOptions } from "./plugin.ts";

export interface DeclaredTap<Fn = unknown, Extra extends object = object> {
  readonly hook: keyof Hooks;
  /** Plugin id, with the tap's own name behind it where it has one. */
  readonly name: string;
  readonly pluginId: string;
  readonly packageName: string;
  readonly options: TapOptions & Extra;
  readonly fn: Fn;
  readonly origin: PluginOrigin;
  /** Where it was tapped, and who named the plugin. */
  readonly where: string | undefined;
}

/** Who did it, and where. */
export function blamed({ name, pluginId: plugin, packageName, where }: DeclaredTap): Pick<ErrorParts, "who" | "plugin" | "where"> {
  return { who: `plugin "${name}" (${packageName})`, plugin, ...(where === undefined ? {} : { where }) };
}

/** Its answer is not what its hook allows. @param expected what is, as a sentence */
export function wrongResult(tap: DeclaredTap, about: string, what: string, expected: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_HOOK_RESULT", { ...blamed(tap), what: `its tap of "${tap.hook}" returned ${what}, ${about}. ${expected}` });
}
