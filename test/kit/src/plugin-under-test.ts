/** One plugin under test: checked, set up, started and disposed of by the kernel itself, beside services of the test's own where other plugins would be. */
import {
  createRun,
  defaultCacheDir,
  disposeAll,
  hostPlugin,
  hostPlugins,
  pluginOf,
  providerName,
  STAGE,
  setUpAll,
  startAll,
  type UsedPlugin,
  validateSettings,
} from "@autotraj/core";
import type { Hooks, JsonObject, Plugin, RunContext, TapOptions, Token, TrainTapOptions } from "@autotraj/core/plugin";

export { defaultCacheDir };

export interface CapturedTap {
  readonly hook: keyof Hooks;
  readonly options: TapOptions & Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: a captured tap may be of any hook; the test knows which
  readonly tap: (...args: any[]) => Promise<any>;
}

export interface PluginUnderTest {
  /** What it tapped in its set-up. */
  readonly taps: readonly CapturedTap[];
  /** The service the plugin provided under this token, and under this name where it provides several. @throws ATRAJ_SERVICE_MISSING */
  provided<T>(token: Token<T>, name?: string): T;
  /** All that it provided under this token, by name; what has no name by the plugin's id. */
  providedAll<T>(token: Token<T>): ReadonlyMap<string, T>;
  /** What was warned of: by the plugin, and of it where it failed to let go. */
  readonly warnings: readonly string[];
  /** What the plugin said it found, by name. */
  readonly found: Readonly<Record<string, string>>;
  readonly infos: readonly string[];
  /** @throws ATRAJ_SETUP_FAILED */
  start(): Promise<void>;
  dispose(): Promise<void>;
}

/** `[PYTHON, environments]`, or `[POLICY, policy, "teacher"]` where plugins find it by an id. */
export type GivenService = readonly [Token<never> | Token<unknown>, unknown, string?];

export interface SetupOptions {
  /** Default: `under-test`. */
  readonly id?: string;
  /** As a preset has them: a secret is `{ $env: NAME }`. */
  readonly options?: object;
  /** What other plugins and the run would offer. What the host offers (dialects, Python, hidden secrets, model servers) is there unless it is given here. */
  readonly services?: readonly GivenService[];
  /** What relative paths in options mean from. Default: the working directory. */
  readonly baseDir?: string;
  readonly cacheDir?: string;
  /** Where `{ $env: NAME }` looks. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** @throws what a run with this plugin would: ATRAJ_PLUGIN_INVALID, ATRAJ_OPTIONS_INVALID, ATRAJ_SECRET_LITERAL, ATRAJ_SERVICE_MISSING, ATRAJ_SETUP_FAILED, … */
export async function setupPlugin<O>(plugin: Plugin<O>, setup: SetupOptions = {}): Promise<PluginUnderTest> {
  const { id = "under-test", options = {}, services = [], cacheDir = defaultCacheDir(), ...where } = setup;
  // A run names who writes its candidates; here nobody is asked to.
  const { ready } = await createRun({ plugins: { [id]: [plugin, options] }, settings: { rollout: { policy: id } }, ...where });
  const given = new Set(services.map(([{ key }]) => key));
  const host = hostPlugins().filter(({ plugin: { meta } }) => !meta.provides?.some(({ key }) => given.has(key)));
  const [infos, warnings]: [string[], string[]] = [[], []];
  const hear = (lines: string[]) => (line: string) => void lines.push(line.startsWith(`${id}: `) ? line.slice(id.length + 2) : line);
  const life = await setUpAll(
    [...host, ...services.map(offering), ...ready.plugins],
    { cacheDir, log: { info: hear(infos), warn: hear(warnings) } },
    (all) => all,
  );
  const found = { ...life.found.get(id) };
  life.onFound = (_id, name, value) => void Object.assign(found, { [name]: value });
  return {
    taps: life.taps.map(({ hook, options: tapOptions, fn }) => ({ hook, options: { ...tapOptions }, tap: fn as CapturedTap["tap"] })),
    provided: (token, name) => life.services.use(token, providerName(id, name), "the test"),
    providedAll(token) {
      const own = [...life.services.useAll(token)].filter(([by]) => pluginOf(by) === id);
      return new Map(own.map(([by, service]) => [by === id ? id : by.slice(id.length + 1), service]));
    },
    warnings,
    found,
    infos,
    start: () => startAll(life, ready.settings.run.startTimeoutMs),
    dispose: () => disposeAll(life),
  };
}

/** A plugin that offers this service and nothing else. */
export function offering([token, service, id = "the test"]: GivenService): UsedPlugin {
  return { ...hostPlugin(token.name, "Given by the test", [token], (api) => api.provide(token as Token<unknown>, service)), id };
}

/**
 * The settings of a stage as the kernel hands them to the plugin that trains it, or does it: checked as its tap of `train` or its stage says, defaults filled in.
 * @throws Error with all that the schema finds wrong; what the plugin's `check` throws
 */
export function stageSettings(plugin: Pick<PluginUnderTest, "taps" | "providedAll">, stage: string, given: JsonObject): Readonly<JsonObject> {
  const tap = plugin.taps.find(({ hook, options }) => hook === "train" && options["stageName"] === stage);
  const offered = [...plugin.providedAll(STAGE).values()].find(({ name }) => name === stage);
  const by = (tap?.options as TrainTapOptions | undefined) ?? offered;
  if (by === undefined) throw new Error(`the plugin neither trains nor does the stage ${stage}`);
  const outcome = validateSettings(by.settings, given, ["stages", stage], () => undefined);
  if ("problems" in outcome) throw new Error(outcome.problems.join("\n"));
  by.check?.(outcome.settings, given);
  return outcome.settings;
}

/** A run context for taps called by a test. */
export function testRun(overrides: Partial<RunContext> = {}): RunContext {
  return { runId: "test", signal: new AbortController().signal, random: () => 0.5, ...overrides };
}
