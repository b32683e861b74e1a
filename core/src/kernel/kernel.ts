/** The plugins of one preset from loading to disposal: import, check, set up, start, dispose. What they do in between is loop.ts. */

import { validateOptions } from "../config/options.ts";
import { type LoadedPlugin, loadPlugin, setupRank } from "../config/plugin-loader.ts";
import type { ResolvedPreset } from "../config/preset/index.ts";
import { readQueries } from "../data/queries.ts";
import { defaultCacheDir } from "../host/cache-dir.ts";
import type { ModelServersPlace } from "../host/model-servers.ts";
import { type Current, provideKernelServices, type RunServices } from "../run/run-services.ts";
import { checkTools } from "../run/tool-names.ts";
import type { Services } from "./container.ts";
import { AutoTrajError, type ErrorCode, isAutoTrajError, messageOf } from "./errors.ts";
import { Lifecycle } from "./lifecycle.ts";
import { type Logger, POLICY, type Policy, type Queries, type Query, type RolloutRequest, TOOL, type Tool, type TrainStage } from "./plugin.ts";
import { disposeAll, newLife, type PluginLife, setUp, startAll } from "./plugin-life.ts";
import type { Stopper } from "./stop.ts";

export interface KernelOptions {
  readonly cacheDir?: string;
  readonly log?: Logger;
  readonly onIncident?: (who: string, what: string) => void;
  /** How long one plugin's set-up may take, in milliseconds. Default: 30 s. */
  readonly setupTimeoutMs?: number;
  /** For servers that plugins have started. */
  readonly modelServers?: ModelServersPlace;
}

export class Kernel {
  readonly preset: ResolvedPreset;
  readonly plugins: readonly LoadedPlugin[];
  readonly services: Services;
  readonly lifecycle: Lifecycle;
  readonly cacheDir: string;
  readonly #life: PluginLife;
  readonly #current: Current;
  readonly #replaced = new Map<string, Policy>();

  private constructor(preset: ResolvedPreset, plugins: readonly LoadedPlugin[], life: PluginLife, lifecycle: Lifecycle, current: Current) {
    this.preset = preset;
    this.plugins = plugins;
    this.services = life.services;
    this.cacheDir = life.cacheDir;
    this.lifecycle = lifecycle;
    this.#life = life;
    this.#current = current;
  }

  /** Loads, checks and sets up every plugin. Spends nothing: no model, no process, no network. All mistakes of one phase are reported together. */
  static async load(preset: ResolvedPreset, options: KernelOptions = {}): Promise<Kernel> {
    const plugins = await collected(preset.plugins.map((entry) => () => loadPlugin(entry)));
    const validated = validateAll(preset, plugins);
    const life = newLife(options.cacheDir ?? defaultCacheDir(), options.log);
    try {
      return await Kernel.#setUp(preset, plugins, validated, life, options);
    } catch (error) {
      await disposeAll(life);
      throw error;
    }
  }

  static async #setUp(
    preset: ResolvedPreset,
    plugins: readonly LoadedPlugin[],
    validated: ReadonlyMap<string, object>,
    life: PluginLife,
    { onIncident = () => {}, setupTimeoutMs, modelServers }: KernelOptions,
  ): Promise<Kernel> {
    const current: Current = {};
    provideKernelServices(life, current, modelServers);
    // Providers are set up before their users; taps are then put back into the preset's order.
    const order = [...plugins].sort(
      (a, b) => setupRank(a.plugin.meta.kind) - setupRank(b.plugin.meta.kind) || plugins.indexOf(a) - plugins.indexOf(b),
    );
    await collected(order.map((loaded) => () => setUp(loaded, validated.get(loaded.entry.id) ?? {}, life, setupTimeoutMs)));
    const place = new Map(plugins.map(({ entry }, index) => [entry.id, index]));
    const taps = life.taps.sort((a, b) => (place.get(a.pluginId) ?? 0) - (place.get(b.pluginId) ?? 0));
    const { stages, run } = preset.preset;
    const named = Object.entries(stages).flatMap(([stage, { trainer }]) => (trainer === undefined ? [] : [[stage, trainer]]));
    const lifecycle = new Lifecycle(taps, run.onScorerError, onIncident, Object.fromEntries(named));
    const kernel = new Kernel(preset, plugins, life, lifecycle, current);
    kernel.#checkReferences();
    return kernel;
  }

  policy(id: string): Policy {
    return this.#replaced.get(id) ?? this.services.use(POLICY, id, "rollout");
  }

  /** From here on this policy writes where the preset names that id; the returned function undoes it. */
  replacePolicy(id: string, policy: Policy): () => void {
    this.#replaced.set(id, policy);
    return () => void this.#replaced.delete(id);
  }

  tool(id: string): Tool {
    return this.services.use(TOOL, id, "rollout");
  }

  /** Ids of the tools a policy may call: the preset's list, or all there are. */
  get toolIds(): readonly string[] {
    const there = [...this.services.useAll(TOOL).keys()];
    return this.preset.preset.rollout.tools?.flatMap((id) => there.filter((tool) => isToolOf(id, tool))) ?? there;
  }

  /** A question as the preset's rollout settings ask it, before any preparer has seen it. */
  rolloutRequest(query: Query): RolloutRequest {
    const { rollout } = this.preset.preset;
    return {
      query,
      system: "",
      examples: [],
      dialect: rollout.dialect,
      tools: this.toolIds,
      sampling: { temperature: rollout.temperature, topP: rollout.topP, topK: rollout.topK, maxTokens: rollout.maxTokens },
      maxToolCalls: rollout.maxToolCalls,
      maxTurns: rollout.maxTurns,
    };
  }

  /** The code of the local plugin that provides this id (`id`, or `id/name`); undefined for an installed package, whose version tells. */
  codeOf(id: string): string | undefined {
    return this.plugins.find(({ entry }) => isToolOf(entry.id, id))?.code;
  }

  /** What plugins found outside the preset, by plugin id and name; whole after start. */
  get found(): ReadonlyMap<string, Readonly<Record<string, string>>> {
    return this.#life.found;
  }

  /** Listens to what plugins find while a run is under way. */
  set onFound(listener: (id: string, name: string, value: string) => void) {
    this.#life.onFound = listener;
  }

  /**
   * Starts what is slow or may fail: self-tests, models, processes. A preparer may look at all `queries` here.
   * @throws as startAll; ATRAJ_SERVICE_MISSING, ATRAJ_SERVICE_CONFLICT, ATRAJ_PLUGIN_INVALID for tools that cannot be offered
   */
  async start(queries: Queries = queriesOf(this.preset), stop?: Stopper): Promise<void> {
    this.#current.queries = queries;
    await startAll(this.#life, this.preset.preset.run.startTimeoutMs, stop);
    // Only now: a plugin may offer tools that it learns of when it starts.
    for (const id of this.preset.preset.rollout.tools ?? []) {
      if (![...this.services.useAll(TOOL).keys()].some((tool) => isToolOf(id, tool))) this.services.use(TOOL, id, "rollout.tools");
    }
    this.#checkTools();
  }

  begin(run: RunServices): void {
    this.#current.run = run;
  }

  /** Releases everything, last first. A plugin that fails to let go, or never does, is reported and does not keep the others. */
  async dispose(limitMs?: number): Promise<void> {
    await disposeAll(this.#life, limitMs);
  }

  #checkTools(): void {
    checkTools(
      this.toolIds.map((id) => ({ id, tool: this.tool(id) })),
      this.preset.preset.rollout.dialect,
    );
  }

  /** Ids that the preset's own settings name must be there, before anything is spent. */
  #checkReferences(): void {
    const { rollout, queries } = this.preset.preset;
    if (rollout.policy !== undefined && (queries.recorded ?? []).length === 0) {
      const policy = this.services.use(POLICY, rollout.policy, "rollout.policy");
      if (!policy.dialects.includes(rollout.dialect)) {
        throw new AutoTrajError("ATRAJ_PRESET_INVALID", {
          who: this.preset.name,
          what: `the policy "${rollout.policy}" does not speak the dialect "${rollout.dialect}".`,
          hint: `Set rollout.dialect to ${policy.dialects.join(" or ")}.`,
        });
      }
    }
    for (const id of rollout.tools ?? []) {
      // A tool plugin may offer its tools only when it starts; anything else is wrong now.
      const plugin = this.plugins.find(({ entry }) => entry.id === id.split("/")[0])?.plugin;
      if (plugin?.meta.kind !== "tool") this.services.use(TOOL, id, "rollout.tools");
    }
    this.#checkTools();
    for (const id of Object.keys(this.preset.preset.stages)) if (isTrainStage(id)) this.lifecycle.trainerOf(id);
  }
}

/** What a preset's own files hold; logs bring their questions along only in a run. */
function queriesOf({ preset }: ResolvedPreset): Queries {
  const { train, evaluate } = preset.queries;
  return {
    train: () => (train === undefined ? none() : readQueries(train)),
    evaluate: () => (evaluate === undefined ? undefined : readQueries(evaluate)),
  };
}

async function* none(): AsyncGenerator<Query> {}

/** A plugin's id names all its tools. */
function isToolOf(id: string, tool: string): boolean {
  return tool === id || tool.startsWith(`${id}/`);
}

function isTrainStage(stage: string): stage is TrainStage {
  return stage !== "evaluate";
}

function validateAll(preset: ResolvedPreset, plugins: readonly LoadedPlugin[]): ReadonlyMap<string, object> {
  const options = new Map<string, object>();
  const problems: string[] = [];
  const codes = new Set<ErrorCode>();
  for (const { entry, plugin } of plugins) {
    const outcome = validateOptions(plugin, entry, (path) => preset.originOf(path));
    if ("problems" in outcome) {
      problems.push(...outcome.problems);
      codes.add(outcome.code);
    } else options.set(entry.id, outcome.options);
  }
  if (problems.length > 0) {
    const [only = "ATRAJ_OPTIONS_INVALID", ...others] = codes;
    throw new AutoTrajError(others.length === 0 ? only : "ATRAJ_OPTIONS_INVALID", {
      who: preset.name,
      what: `${problems.length} ${problems.length === 1 ? "option is" : "options are"} not as the plugins' schemas say.`,
      details: problems,
      hint: "`autotraj plugin info <package>` lists a plugin's options.",
    });
  }
  return options;
}

/** Runs all, then throws: one error as it is, several as one that lists them. */
async function collected<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const errors: unknown[] = [];
  for (const work of works) {
    try {
      results.push(await work());
    } catch (error) {
      errors.push(error);
    }
  }
  const [first, ...others] = errors;
  if (first === undefined) return results;
  if (others.length === 0 || !isAutoTrajError(first)) throw first;
  throw new AutoTrajError(first.code, {
    who: "preset",
    what: `${errors.length} plugins cannot be used.`,
    details: errors.flatMap((error) => messageOf(error).split("\n")),
  });
}
