/** A preset made ready: its plugins found, imported, and their options valid. From here on nothing is read from files any more. */
import { collected } from "../kernel/collected.ts";
import { AutoTrajError, type ErrorCode } from "../kernel/errors.ts";
import type { UsedPlugin } from "../kernel/kernel.ts";
import type { JsonObject } from "../kernel/plugin.ts";
import { validateOptions } from "./options.ts";
import { type LoadedPlugin, loadPlugin } from "./plugin-loader.ts";
import type { ResolvedPreset } from "./preset/index.ts";

/** All that a run is made of: what its preset says, and its plugins with valid options. */
export interface ReadyRun extends Pick<ResolvedPreset, "name" | "settings" | "originOf" | "redacted" | "identity"> {
  /** In the preset's order. */
  readonly plugins: readonly UsedPlugin[];
}

/** All mistakes of one phase are reported together. @throws ATRAJ_PLUGIN_NOT_FOUND, ATRAJ_PLUGIN_INVALID, ATRAJ_API_VERSION, ATRAJ_OPTIONS_INVALID, ATRAJ_SECRET_LITERAL */
export async function readyPreset(preset: ResolvedPreset): Promise<ReadyRun> {
  const loaded = await collected(preset.plugins.map((entry) => () => loadPlugin(entry)));
  return { ...readyParts(preset), plugins: usedPlugins(preset, loaded) };
}

/** What a run keeps of its preset. */
export function readyParts({ name, settings, originOf, redacted, identity }: ResolvedPreset): Omit<ReadyRun, "plugins"> {
  return { name, settings, originOf, redacted, identity };
}

/** Plugins with valid options, or all that is wrong with them in one error. */
export function usedPlugins({ name, originOf }: Pick<ResolvedPreset, "name" | "originOf">, loaded: readonly LoadedPlugin[]): readonly UsedPlugin[] {
  const used: UsedPlugin[] = [];
  const problems: string[] = [];
  const codes = new Set<ErrorCode>();
  for (const plugin of loaded) {
    const outcome = validateOptions(plugin.plugin, plugin.entry, originOf);
    if ("options" in outcome) {
      used.push(usedPlugin(plugin, outcome.options));
      continue;
    }
    problems.push(...outcome.problems);
    codes.add(outcome.code);
  }
  if (problems.length === 0) return used;
  const [only = "ATRAJ_OPTIONS_INVALID", ...others] = codes;
  throw new AutoTrajError(others.length === 0 ? only : "ATRAJ_OPTIONS_INVALID", {
    who: name,
    what: `${problems.length} ${problems.length === 1 ? "option is" : "options are"} not as the plugins' schemas say.`,
    details: problems,
    hint: "`autotraj plugin info <package>` lists a plugin's options.",
  });
}

export function usedPlugin({ entry: { id, baseDir }, plugin, packageName, version, code }: LoadedPlugin, options: Readonly<JsonObject>): UsedPlugin {
  return { id, plugin, options, packageName, version, baseDir, ...(code === undefined ? {} : { code }) };
}
