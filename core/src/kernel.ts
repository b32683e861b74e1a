/** The plugins of one preset from loading to disposal: import, check, set up, start, dispose. What they do in between is loop.ts. */
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Services } from "./container.ts";
import { AutoTrajError, type ErrorCode, isAutoTrajError, messageOf, pluginErrorParts } from "./errors.ts";
import { Lifecycle } from "./lifecycle.ts";
import { modelServers } from "./model-servers.ts";
import { validateOptions } from "./options.ts";
import {
  DIALECTS,
  KEPT,
  type KeptTrajectories,
  type Logger,
  MODEL_SERVERS,
  type PluginApi,
  POLICY,
  type Policy,
  PYTHON,
  QUERIES,
  type Queries,
  type Query,
  ROLLOUT,
  type Rollout,
  type RolloutRequest,
  TOOL,
  type Token,
  type Tool,
  type TrainStage,
} from "./plugin.ts";
import { type LoadedPlugin, loadPlugin, setupRank, standaloneEntry } from "./plugin-loader.ts";
import type { ResolvedPreset } from "./preset/index.ts";
import { pythonEnvironments } from "./python-environments.ts";
import { readQueries } from "./queries.ts";
import { offTheClock } from "./tap-clock.ts";
import { collectTaps, type DeclaredTap } from "./taps.ts";
import { dialects } from "./trajectory/dialects/index.ts";

/** Where models, environments and shared caches live: AUTOTRAJ_CACHE, else the user's cache folder. */
export function defaultCacheDir(): string {
  return process.env["AUTOTRAJ_CACHE"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "autotraj");
}

/** What only exists while a run is under way. */
export interface RunServices {
  readonly rollout: Rollout;
  readonly kept: KeptTrajectories;
}

export interface KernelOptions {
  readonly cacheDir?: string;
  readonly log?: Logger;
  readonly onIncident?: (who: string, what: string) => void;
}

export class Kernel {
  readonly preset: ResolvedPreset;
  readonly plugins: readonly LoadedPlugin[];
  readonly services: Services;
  readonly lifecycle: Lifecycle;
  readonly cacheDir: string;
  readonly #parts: SetupParts;
  #run: RunServices | undefined;
  #queries: Queries | undefined;
  readonly #replaced = new Map<string, Policy>();

  private constructor(preset: ResolvedPreset, plugins: readonly LoadedPlugin[], parts: SetupParts, lifecycle: Lifecycle) {
    this.preset = preset;
    this.plugins = plugins;
    this.services = parts.services;
    this.cacheDir = parts.cacheDir;
    this.lifecycle = lifecycle;
    this.#parts = parts;
    parts.currentRun = () => this.#run;
    parts.currentQueries = () => this.#queries;
  }

  /** Loads, checks and sets up every plugin. Spends nothing: no model, no process, no network. All mistakes of one phase are reported together. */
  static async load(preset: ResolvedPreset, options: KernelOptions = {}): Promise<Kernel> {
    const plugins = await collected(preset.plugins.map((entry) => () => loadPlugin(entry)));
    const validated = validateAll(preset, plugins);
    const parts = newParts(options.cacheDir ?? defaultCacheDir(), options.log);
    try {
      return await Kernel.#setUp(preset, plugins, validated, parts, options.onIncident ?? (() => {}));
    } catch (error) {
      await disposeAll(parts);
      throw error;
    }
  }

  static async #setUp(
    preset: ResolvedPreset,
    plugins: readonly LoadedPlugin[],
    validated: ReadonlyMap<string, object>,
    parts: SetupParts,
    onIncident: (who: string, what: string) => void,
  ): Promise<Kernel> {
    provideKernelServices(parts);
    // Providers are set up before their users; taps are then put back into the preset's order.
    const order = [...plugins].sort(
      (a, b) => setupRank(a.plugin.meta.kind) - setupRank(b.plugin.meta.kind) || plugins.indexOf(a) - plugins.indexOf(b),
    );
    await collected(order.map((loaded) => () => setUp(loaded, validated.get(loaded.entry.id) ?? {}, parts)));
    const place = new Map(plugins.map(({ entry }, index) => [entry.id, index]));
    const taps = parts.taps.sort((a, b) => (place.get(a.pluginId) ?? 0) - (place.get(b.pluginId) ?? 0));
    const { stages, run } = preset.preset;
    const named = Object.entries(stages).flatMap(([stage, { trainer }]) => (trainer === undefined ? [] : [[stage, trainer]]));
    const lifecycle = new Lifecycle(taps, run.onScorerError, onIncident, Object.fromEntries(named));
    const kernel = new Kernel(preset, plugins, parts, lifecycle);
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

  /** Starts what is slow or may fail: self-tests, models, processes. A preparer may look at all `queries` here. */
  async start(queries: Queries = queriesOf(this.preset)): Promise<void> {
    this.#queries = queries;
    await startAll(this.#parts);
    // Only now: a plugin may offer tools that it learns of when it starts.
    for (const id of this.preset.preset.rollout.tools ?? []) {
      if (![...this.services.useAll(TOOL).keys()].some((tool) => isToolOf(id, tool))) this.services.use(TOOL, id, "rollout.tools");
    }
  }

  begin(run: RunServices): void {
    this.#run = run;
  }

  /** Releases everything, last first. A plugin that fails to let go is reported and does not keep the others. */
  async dispose(): Promise<void> {
    await disposeAll(this.#parts);
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

/** Sets up a single plugin outside any preset and hands back one of its services: a format for `import`, a model source for `model pull`. */
export async function loadService<T>(use: string, token: Token<T>, cwd: string, cacheDir = defaultCacheDir()): Promise<T> {
  const parts = await setUpAlone(use, cwd, newParts(cacheDir));
  return parts.services.use(token, use, use);
}

/** A service of a plugin that was started outside any preset; `dispose` lets go of all that it holds. */
export interface StartedService<T> {
  readonly service: T;
  dispose(): Promise<void>;
}

/** Like {@link loadService}, for services that live on: the plugin is started too, and its warnings are heard. */
export async function startService<T>(
  use: string,
  token: Token<T>,
  cwd: string,
  options: Omit<KernelOptions, "onIncident"> = {},
): Promise<StartedService<T>> {
  const parts = newParts(options.cacheDir ?? defaultCacheDir(), options.log);
  try {
    await setUpAlone(use, cwd, parts);
    await startAll(parts);
    return { service: parts.services.use(token, use, use), dispose: () => disposeAll(parts) };
  } catch (error) {
    await disposeAll(parts);
    throw error;
  }
}

async function setUpAlone(use: string, cwd: string, parts: SetupParts): Promise<SetupParts> {
  const entry = standaloneEntry(use, cwd);
  const loaded = await loadPlugin(entry);
  const outcome = validateOptions(loaded.plugin, entry, () => undefined);
  if ("problems" in outcome)
    throw new AutoTrajError(outcome.code, { who: use, what: "it cannot be used without options.", details: outcome.problems });
  provideKernelServices(parts);
  await setUp(loaded, outcome.options, parts);
  return parts;
}

async function startAll({ starts }: SetupParts): Promise<void> {
  for (const { by, start } of starts) {
    try {
      await start();
    } catch (error) {
      throw setupError(by, "start", error);
    }
  }
}

function newParts(cacheDir: string, log: Logger = { info: () => {}, warn: () => {} }): SetupParts {
  return {
    services: new Services(),
    cacheDir,
    taps: [],
    starts: [],
    disposes: [],
    log,
    currentRun: () => undefined,
    currentQueries: () => undefined,
  };
}

interface SetupParts {
  readonly services: Services;
  readonly cacheDir: string;
  readonly taps: DeclaredTap[];
  readonly starts: { by: string; start: () => Promise<void> }[];
  readonly disposes: { by: string; dispose: () => void | Promise<void> }[];
  readonly log: Logger;
  currentRun: () => RunServices | undefined;
  currentQueries: () => Queries | undefined;
}

/** Who has not let go by then is not waited for: what it holds ends with the process. */
const DISPOSE_MS = 10_000;

async function disposeAll({ disposes, log, services }: SetupParts): Promise<void> {
  for (const { by, dispose } of disposes.splice(0).reverse()) {
    const timer = new AbortController();
    const late = sleep(DISPOSE_MS, `has not let go after ${DISPOSE_MS / 1000} s.`, { signal: timer.signal });
    try {
      const problem = await Promise.race([dispose(), late]);
      if (problem !== undefined) log.warn(`plugin "${by}" ${problem}`);
    } catch (error) {
      log.warn(`plugin "${by}" failed to let go: ${messageOf(error)}`);
    } finally {
      late.catch(() => {});
      timer.abort();
    }
  }
  services.clear();
}

function provideKernelServices(parts: SetupParts): void {
  const run = (): RunServices => {
    const current = parts.currentRun();
    if (current === undefined) throw new Error("this service works only while a run is under way, not in setup or start");
    return current;
  };
  parts.services.provide(DIALECTS, dialects, "kernel");
  parts.services.provide(PYTHON, pythonEnvironments(parts.cacheDir), "kernel");
  const servers = modelServers();
  parts.disposes.push({ by: "kernel", dispose: () => servers.close() });
  parts.services.provide(MODEL_SERVERS, servers, "kernel");
  parts.services.provide(
    ROLLOUT,
    {
      replay: (request, options) => {
        const { rollout } = run();
        return offTheClock(() => rollout.replay(request, options));
      },
      write: (request, options) => {
        const { rollout } = run();
        return offTheClock(() => rollout.write(request, options));
      },
      complete: (policy, request) => {
        const { rollout } = run();
        return offTheClock(() => rollout.complete(policy, request));
      },
    },
    "kernel",
  );
  const queries = (): Queries => {
    const current = parts.currentQueries();
    if (current === undefined) throw new Error("the questions are known from start on, in a run; not in setup");
    return current;
  };
  parts.services.provide(QUERIES, { train: () => queries().train(), evaluate: () => queries().evaluate() }, "kernel");
  parts.services.provide(
    KEPT,
    {
      similarTo: (repairCase, k) => {
        const { kept } = run();
        return offTheClock(() => kept.similarTo(repairCase, k));
      },
    },
    "kernel",
  );
}

async function setUp({ entry, plugin, packageName }: LoadedPlugin, options: object, parts: SetupParts): Promise<void> {
  const who = `plugin "${entry.id}" (${packageName})`;
  const { services } = parts;
  const api: PluginApi = {
    id: entry.id,
    hooks: collectTaps({ id: entry.id, packageName, kind: plugin.meta.kind }, parts.taps),
    provide: (token, service, name) => services.provide(token, service, name === undefined ? entry.id : `${entry.id}/${name}`),
    use: (token, id) => services.use(token, id, who),
    useAll: (token) => services.useAll(token),
    onStart: (start) => void parts.starts.push({ by: entry.id, start }),
    onDispose: (dispose) => void parts.disposes.push({ by: entry.id, dispose }),
    log: { info: (message) => parts.log.info(`${entry.id}: ${message}`), warn: (message) => parts.log.warn(`${entry.id}: ${message}`) },
    cacheDir: parts.cacheDir,
    baseDir: entry.baseDir,
  };
  for (const token of plugin.meta.requires ?? []) {
    if (services.useAll(token).size === 0) services.use(token, undefined, who);
  }
  try {
    await plugin.setup(api, options as never);
  } catch (error) {
    throw setupError(entry.id, "setup", error);
  }
}

function setupError(id: string, phase: "setup" | "start", error: unknown): unknown {
  if (isAutoTrajError(error)) return error;
  const parts = pluginErrorParts(error);
  const known: ErrorCode = parts.pluginCode === "ISOLATION_UNAVAILABLE" ? "ATRAJ_ISOLATION_UNAVAILABLE" : "ATRAJ_SETUP_FAILED";
  return new AutoTrajError(known, {
    who: `plugin "${id}"`,
    what: `its ${phase} failed: ${messageOf(error)}`,
    ...parts,
  });
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
