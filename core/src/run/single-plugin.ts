/** One plugin outside any preset: a format for `import`, a model source for `model pull`, a sandbox to be served, a trainer to be asked for its settings. */

import { validateOptions } from "../config/options.ts";
import { type LoadedPlugin, loadPlugin, standaloneEntry } from "../config/plugin-loader.ts";
import { usedPlugin } from "../config/ready.ts";
import { checkTrajectory } from "../data/trajectory-schema.ts";
import { defaultCacheDir } from "../host/cache-dir.ts";
import { hostPlugins } from "../host/plugins.ts";
import { AutoTrajError, messageOf } from "../kernel/errors.ts";
import { Kernel } from "../kernel/kernel.ts";
import { type JsonObject, type Logger, type PluginMeta, STAGE, type Stage, type Token } from "../kernel/plugin.ts";
import { RunServices } from "../loop/run-services.ts";
import { seedSetting } from "./stages/training-seed.ts";

export interface StandaloneOptions {
  readonly cacheDir?: string;
  readonly log?: Logger;
  /** The plugin's own; default: its defaults. */
  readonly options?: JsonObject;
}

const START_MS = 900_000;

/** Sets it up and hands back one of its services. */
export async function loadService<T>(use: string, token: Token<T>, cwd: string, cacheDir?: string): Promise<T> {
  const kernel = await loadAlone(use, cwd, cacheDir === undefined ? {} : { cacheDir });
  return serviceOf(kernel, use, token);
}

/** @throws ATRAJ_USAGE where it is another kind of plugin: no preset could be told to bring one */
function serviceOf<T>(kernel: Kernel, use: string, token: Token<T>): T {
  if (kernel.services.useAll(token).has(use)) return kernel.services.use(token, use, use);
  const kind = kernel.pluginOf(use)?.plugin.meta.kind ?? "plugin";
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: use,
    what: `it is a ${kind}, and brings no ${token.name}.`,
    hint: "`autotraj plugin list` shows the installed ones.",
  });
}

/** A service of a plugin that was started outside any preset; `dispose` lets go of all that it holds. */
export interface StartedService<T> {
  readonly service: T;
  dispose(): Promise<void>;
}

/** Like {@link loadService}, for services that live on: the plugin is started too, and its warnings are heard. */
export async function startService<T>(use: string, token: Token<T>, cwd: string, options: StandaloneOptions = {}): Promise<StartedService<T>> {
  const kernel = await loadAlone(use, cwd, options);
  try {
    await kernel.start(START_MS);
    return { service: serviceOf(kernel, use, token), dispose: () => kernel.dispose() };
  } catch (error) {
    await kernel.dispose();
    throw error;
  }
}

/** What a plugin can be told. */
export interface DescribedPlugin extends Pick<LoadedPlugin, "version"> {
  readonly meta: PluginMeta;
  /** The stages that it offers, then those that it trains. */
  readonly stages: readonly DescribedStage[];
  /** Why these are not known: it cannot be set up without options. */
  readonly problem?: string;
}

/** What a preset may say below `stages.<name>`, by one plugin: by a stage, beside the trainer that does its work, or by a trainer. */
export type DescribedStage = Pick<Stage, "name" | "settings" | "trains">;

/** Stages and trainers are set up for that, which spends nothing. @throws as {@link loadPlugin} */
export async function describePlugin(use: string, cwd: string): Promise<DescribedPlugin> {
  const loaded = await loadPlugin(standaloneEntry(use, cwd));
  const { meta } = loaded.plugin;
  try {
    return { meta, version: loaded.version, stages: ["stage", "trainer"].includes(meta.kind) ? await stagesOfPlugin(loaded) : [] };
  } catch (error) {
    return { meta, version: loaded.version, stages: [], problem: messageOf(error) };
  }
}

async function stagesOfPlugin(loaded: LoadedPlugin): Promise<readonly DescribedStage[]> {
  const kernel = await setUpAlone(loaded, {});
  try {
    const { services, lifecycle } = kernel;
    const trained = [...new Set(lifecycle.backends.map(({ options }) => options.stageName))];
    const offered = [...services.useAll(STAGE).values()].map((stage) => {
      const properties = { ...stage.settings.properties, ...seedSetting(stage) };
      return { ...stage, settings: { ...stage.settings, properties } };
    });
    return [...offered, ...trained.map((name) => ({ name, settings: lifecycle.backendOf(name).settings }))];
  } finally {
    await kernel.dispose();
  }
}

async function loadAlone(use: string, cwd: string, { options = {}, ...place }: StandaloneOptions): Promise<Kernel> {
  return setUpAlone(await loadPlugin({ ...standaloneEntry(use, cwd), options }), place);
}

async function setUpAlone(loaded: LoadedPlugin, { cacheDir = defaultCacheDir(), log }: Omit<StandaloneOptions, "options">): Promise<Kernel> {
  const outcome = validateOptions(loaded.plugin, loaded.entry, () => undefined);
  if ("problems" in outcome)
    throw new AutoTrajError(outcome.code, { who: loaded.entry.use, what: "it cannot be used without options.", details: outcome.problems });
  const plugins = [...hostPlugins(), new RunServices().plugin, usedPlugin(loaded, outcome.options)];
  return Kernel.load(plugins, { cacheDir, onScorerError: "fail", checkTrajectory, ...(log === undefined ? {} : { log }) });
}
