/** One plugin outside any preset: a format for `import`, a model source for `model pull`, a sandbox to be served. */

import { validateOptions } from "../config/options.ts";
import { loadPlugin, standaloneEntry } from "../config/plugin-loader.ts";
import { usedPlugin } from "../config/ready.ts";
import { defaultCacheDir } from "../host/cache-dir.ts";
import { hostPlugins } from "../host/plugins.ts";
import { AutoTrajError } from "../kernel/errors.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { JsonObject, Logger, Token } from "../kernel/plugin.ts";
import { RunServices } from "./run-services.ts";

export interface StandaloneOptions {
  readonly cacheDir?: string;
  readonly log?: Logger;
  /** The plugin's own. Default: its defaults. */
  readonly options?: JsonObject;
}

const START_MS = 900_000;

/** Sets it up and hands back one of its services. */
export async function loadService<T>(use: string, token: Token<T>, cwd: string, cacheDir?: string): Promise<T> {
  const kernel = await setUpAlone(use, cwd, cacheDir === undefined ? {} : { cacheDir });
  return kernel.services.use(token, use, use);
}

/** A service of a plugin that was started outside any preset; `dispose` lets go of all that it holds. */
export interface StartedService<T> {
  readonly service: T;
  dispose(): Promise<void>;
}

/** Like {@link loadService}, for services that live on: the plugin is started too, and its warnings are heard. */
export async function startService<T>(use: string, token: Token<T>, cwd: string, options: StandaloneOptions = {}): Promise<StartedService<T>> {
  const kernel = await setUpAlone(use, cwd, options);
  try {
    await kernel.start(START_MS);
    return { service: kernel.services.use(token, use, use), dispose: () => kernel.dispose() };
  } catch (error) {
    await kernel.dispose();
    throw error;
  }
}

async function setUpAlone(use: string, cwd: string, { cacheDir = defaultCacheDir(), log, options = {} }: StandaloneOptions): Promise<Kernel> {
  const loaded = await loadPlugin({ ...standaloneEntry(use, cwd), options });
  const outcome = validateOptions(loaded.plugin, loaded.entry, () => undefined);
  if ("problems" in outcome)
    throw new AutoTrajError(outcome.code, { who: use, what: "it cannot be used without options.", details: outcome.problems });
  const plugins = [...hostPlugins(), new RunServices().plugin, usedPlugin(loaded, outcome.options)];
  return Kernel.load(plugins, { cacheDir, onScorerError: "fail", ...(log === undefined ? {} : { log }) });
}
