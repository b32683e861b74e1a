/** What a plugin's set-up taps: its own `api.hooks`, which refuse what no tap may be. */
import { instead } from "../messages/nearest.ts";
import { originText } from "../messages/place.ts";
import type { DeclaredTap } from "./declared-tap.ts";
import { AutoTrajError, type ErrorParts } from "./errors.ts";
import { HOOK_TABLE, type HookName } from "./hooks.ts";
import { knownNames } from "./known-names.ts";
import type { Hook, Hooks, PluginKind, PluginMeta, TapOptions } from "./plugin.ts";
import type { UsedPlugin } from "./used-plugin.ts";

export type PluginIdentity = Pick<UsedPlugin, "id" | "packageName" | "origin"> & Pick<PluginMeta, "kind">;

const HOOKS = Object.keys(HOOK_TABLE) as HookName[];
const COMMON_OPTIONS = { name: true, stage: true, before: true, timeoutMs: true } as const satisfies Record<keyof TapOptions, true>;

/** The `api.hooks` of one plugin: what it taps lands in `taps`. Refuses hooks that its kind may not tap, and options that the hook does not take. */
export function collectTaps({ id, packageName, kind, origin = {} }: PluginIdentity, taps: DeclaredTap[]): Hooks {
  const hookOf = (hook: HookName): Hook<unknown> => ({
    tapPromise(options, fn) {
      const fault = kindFault(hook, kind) ?? callFault(hook, options, fn) ?? optionFault(hook, options) ?? timeFault(hook, taps);
      if (fault !== undefined) throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", { who: `plugin "${id}" (${packageName})`, ...fault });
      const name = options.name === undefined ? id : `${id}:${options.name}`;
      taps.push({ hook, name, pluginId: id, packageName, options, fn, origin, where: originText(origin, new Error("tapped").stack) });
    },
  });
  const named = HOOKS.map((name) => [name, knownNames(`api.hooks.${name}`, hookOf(name))]);
  return knownNames("api.hooks", Object.fromEntries(named)) as unknown as Hooks;
}

/** The hook that this kind of plugin is for, which does nothing without it; undefined for kinds that provide services, whether they tap or not. */
export function hookFor(kind: PluginKind): HookName | undefined {
  return HOOKS.find((hook) => HOOK_TABLE[hook].kinds[0] === kind);
}

/** What is wrong, and what to do. */
export type Fault = Required<Pick<ErrorParts, "what" | "hint">>;

function kindFault(hook: HookName, kind: PluginKind): Fault | undefined {
  const { kinds } = HOOK_TABLE[hook];
  if (kinds.includes(kind)) return undefined;
  const own = HOOKS.filter((name) => HOOK_TABLE[name].kinds.includes(kind));
  return {
    what: `it is a ${kind}, and a ${kind} may not tap "${hook}".`,
    hint: `Only a ${kinds.join(" or ")} may (meta.kind); a ${kind} taps ${own.join(" or ") || "no hook"}.`,
  };
}

function callFault(hook: HookName, options: unknown, fn: unknown): Fault | undefined {
  const isObject = typeof options === "object" && options !== null;
  if (isObject && typeof fn === "function") return undefined;
  return {
    what: `hooks.${hook}.tapPromise was given ${isObject ? "no function" : "no options"}.`,
    hint: "Call it as tapPromise({ … }, async (…) => …).",
  };
}

function optionFault(hook: HookName, options: object): Fault | undefined {
  const taken = optionsOf(hook);
  const other = Object.keys(options).find((key) => !taken.includes(key));
  if (other === undefined) return undefined;
  const owners = HOOKS.filter((name) => optionsOf(name).includes(other)).map((name) => `"${name}"`);
  const given = `hooks.${hook}.tapPromise was given the option "${other}"`;
  if (owners.length === 0) return { what: `${given}, which does not exist.`, hint: instead(other, taken) };
  return { what: `${given}, which belongs to ${inWords(owners)}.`, hint: `There are: ${taken.join(", ")}.` };
}

function optionsOf(hook: HookName): readonly string[] {
  return [...Object.keys(COMMON_OPTIONS), ...Object.keys(HOOK_TABLE[hook].options)];
}

function inWords(names: readonly string[]): string {
  return names.join(", ").replace(/, ([^,]*)$/, " and $1");
}

function timeFault(hook: HookName, taps: readonly DeclaredTap[]): Fault | undefined {
  if (!Object.isFrozen(taps)) return undefined;
  return { what: `it taps "${hook}" after its setup.`, hint: "Tap in setup itself: what taps there are is known before anything starts." };
}
