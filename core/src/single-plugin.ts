/** One plugin outside any preset: a format for `import`, a model source for `model pull`, a sandbox to be served. */
import { defaultCacheDir } from "./cache-dir.ts";
import { AutoTrajError } from "./errors.ts";
import { provideKernelServices } from "./kernel-services.ts";
import { validateOptions } from "./options.ts";
import type { JsonObject, Logger, Token } from "./plugin.ts";
import { disposeAll, newLife, type PluginLife, setUp, startAll } from "./plugin-life.ts";
import { loadPlugin, standaloneEntry } from "./plugin-loader.ts";

export interface StandaloneOptions {
  readonly cacheDir?: string;
  readonly log?: Logger;
  /** The plugin's own; default: its defaults. */
  readonly options?: JsonObject;
}

const START_MS = 900_000;

/** Sets it up and hands back one of its services. */
export async function loadService<T>(use: string, token: Token<T>, cwd: string, cacheDir = defaultCacheDir()): Promise<T> {
  const life = await setUpAlone(use, cwd, {}, newLife(cacheDir));
  return life.services.use(token, use, use);
}

/** A service of a plugin that was started outside any preset; `dispose` lets go of all that it holds. */
export interface StartedService<T> {
  readonly service: T;
  dispose(): Promise<void>;
}

/** Like {@link loadService}, for services that live on: the plugin is started too, and its warnings are heard. */
export async function startService<T>(use: string, token: Token<T>, cwd: string, options: StandaloneOptions = {}): Promise<StartedService<T>> {
  const life = newLife(options.cacheDir ?? defaultCacheDir(), options.log);
  try {
    await setUpAlone(use, cwd, options.options ?? {}, life);
    await startAll(life, START_MS);
    return { service: life.services.use(token, use, use), dispose: () => disposeAll(life) };
  } catch (error) {
    await disposeAll(life);
    throw error;
  }
}

async function setUpAlone(use: string, cwd: string, options: JsonObject, life: PluginLife): Promise<PluginLife> {
  const entry = { ...standaloneEntry(use, cwd), options };
  const loaded = await loadPlugin(entry);
  const outcome = validateOptions(loaded.plugin, entry, () => undefined);
  if ("problems" in outcome)
    throw new AutoTrajError(outcome.code, { who: use, what: "it cannot be used without options.", details: outcome.problems });
  provideKernelServices(life, {});
  await setUp(loaded, outcome.options, life);
  return life;
}
