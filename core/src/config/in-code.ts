/** A run written as a program: plugins are objects, settings are what a preset would say beside its plugins. Checked as strictly as files. */
import type { JsonObject, Plugin, Query } from "../kernel/plugin.ts";
import { contentHash } from "../kernel/trajectory/identity.ts";
import type { LoadedPlugin } from "./plugin-loader.ts";
import { checkShape } from "./plugin-loader.ts";
import { type PluginEntry, type PresetInput, resolveInCode } from "./preset/index.ts";
import { type ReadyRun, readyLoaded } from "./ready.ts";

export interface RunInCode {
  /** Default: `run`. */
  readonly name?: string;
  /** By id, in the order in which they tap: a plugin, or a plugin with its options. */
  readonly plugins: Readonly<Record<string, PluginInCode>>;
  /** What a preset would say beside its plugins: `rollout`, `stages`, `run`, … */
  readonly settings?: Omit<PresetInput, "$schema" | "name" | "description" | "extends" | "plugins">;
  /** The questions, in place of `settings.queries.train`. */
  readonly questions?: readonly Query[];
  /** What relative paths mean from. Default: the working directory. */
  readonly baseDir?: string;
  /** Where `{ $env: NAME }` looks. Default: the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

// biome-ignore lint/suspicious/noExplicitAny: a plugin's options are its own; its schema checks them
export type PluginInCode = Plugin<any> | readonly [plugin: Plugin<any>, options: object];

/** @throws all that is wrong with settings, plugins and options, as {@link readyPreset} */
export async function readyInCode({ name = "run", plugins, settings = {}, questions, ...where }: RunInCode): Promise<ReadyRun> {
  const pairs = Object.entries(plugins).map(([id, given]) => [id, ...(Array.isArray(given) ? given : [given, {}])] as [string, Plugin, object]);
  const entries = Object.fromEntries(pairs.map(([id, , options]) => [id, { use: id, options }]));
  const { baseDir = process.cwd(), env = process.env } = where;
  const preset = resolveInCode({ name, ...settings, plugins: entries }, { cwd: baseDir, env });
  const loaded = preset.plugins.map((entry) => inCode(entry, pairs.find(([id]) => id === entry.id)?.[1]));
  return { ...(await readyLoaded(preset, loaded)), ...(questions === undefined ? {} : { questions }) };
}

/** Its code is known by the text of its set-up, as far as that goes: what it closes over is the program's to keep the same. */
function inCode(entry: PluginEntry, plugin: Plugin<JsonObject> | undefined): LoadedPlugin {
  checkShape(entry, plugin, "the program");
  return { entry, plugin, packageName: plugin.meta.name, version: "0.0.0", code: contentHash(String(plugin.setup)).slice(0, 16) };
}
