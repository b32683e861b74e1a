/** Sets a plugin up outside a run: its options are checked and defaulted as the kernel would, its taps and services are handed back. */
import { defaultCacheDir, validateSettings } from "@autotraj/core";
import type { Hook, Hooks, JsonObject, Plugin, PluginApi, RunContext, TapOptions, Token, TrainStage, TrainTapOptions } from "@autotraj/core/plugin";
import { Ajv } from "ajv";

export { defaultCacheDir };

export interface CapturedTap {
  readonly hook: keyof Hooks;
  readonly options: TapOptions & Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: a captured tap may be of any hook; the test knows which
  readonly tap: (...args: any[]) => Promise<any>;
}

export interface PluginUnderTest {
  readonly taps: readonly CapturedTap[];
  /** The service the plugin provided under this token, and under this name where it provides several. Throws where there is none. */
  provided<T>(token: Token<T>, name?: string): T;
  readonly warnings: readonly string[];
  /** What the plugin said it found, by name. */
  readonly found: Readonly<Record<string, string>>;
  readonly infos: readonly string[];
  start(): Promise<void>;
  dispose(): Promise<void>;
}

export interface SetupOptions {
  readonly id?: string;
  readonly options?: object;
  /** What `api.use` finds: `[[PYTHON, environments], [POLICY, policy, "teacher"]]`. */
  readonly services?: readonly (readonly [Token<never> | Token<unknown>, unknown, string?])[];
  readonly baseDir?: string;
  readonly cacheDir?: string;
}

export async function setupPlugin<O>(plugin: Plugin<O>, setup: SetupOptions = {}): Promise<PluginUnderTest> {
  const options = structuredClone(setup.options ?? {});
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strict: true, keywords: ["secret", "path"] });
  if (!ajv.validate(plugin.meta.options, options)) throw new Error(ajv.errorsText());
  const taps: CapturedTap[] = [];
  const provided = new Map<string, unknown>();
  const keyOf = (token: Token<unknown>, name?: string) => `${token.name}${name === undefined ? "" : `/${name}`}`;
  const warnings: string[] = [];
  const found: Record<string, string> = {};
  const infos: string[] = [];
  const starts: (() => Promise<void>)[] = [];
  const disposes: (() => void | Promise<void>)[] = [];
  const capture = (hook: keyof Hooks): Hook<never, never> => ({
    tapPromise: (tapOptions, tap) => void taps.push({ hook, options: tapOptions as CapturedTap["options"], tap: tap as CapturedTap["tap"] }),
  });
  const names = ["beforeRollout", "score", "shouldRepair", "repair", "reward", "train"] as const;
  const api: PluginApi = {
    id: setup.id ?? "under-test",
    hooks: Object.fromEntries(names.map((name) => [name, capture(name)])) as unknown as Hooks,
    provide: (token, service, name) => void provided.set(keyOf(token, name), service),
    use<T>(token: Token<T>, id?: string): T {
      const found = setup.services?.find(([t, , serviceId]) => t.key === token.key && (id === undefined || serviceId === id));
      if (found === undefined)
        throw new Error(`[ATRAJ_SERVICE_MISSING] the test gave no service "${token.name}"${id === undefined ? "" : ` with id "${id}"`}`);
      return found[1] as T;
    },
    useAll<T>(token: Token<T>) {
      return new Map((setup.services ?? []).filter(([t]) => t.key === token.key).map(([, service, id]) => [id ?? "", service as T]));
    },
    onStart: (start) => void starts.push(start),
    onDispose: (dispose) => void disposes.push(dispose),
    found: (name, value) => void Object.assign(found, { [name]: value }),
    log: { info: (message) => void infos.push(message), warn: (message) => void warnings.push(message) },
    cacheDir: setup.cacheDir ?? defaultCacheDir(),
    baseDir: setup.baseDir ?? process.cwd(),
  };
  await plugin.setup(api, Object.freeze(options) as O);
  return {
    taps,
    provided<T>(token: Token<T>, name?: string): T {
      const key = keyOf(token, name);
      if (!provided.has(key)) throw new Error(`the plugin provided no "${key}"; it provided ${[...provided.keys()].join(", ") || "nothing"}`);
      return provided.get(key) as T;
    },
    warnings,
    found,
    infos,
    async start() {
      for (const start of starts) await start();
    },
    async dispose() {
      for (const dispose of disposes.reverse()) await dispose();
    },
  };
}

/**
 * The settings of a training stage as the kernel hands them to the plugin that trains it: checked as its tap of `train` says, defaults filled in.
 * @throws Error with all that the schema finds wrong; what the tap's `check` throws
 */
export function stageSettings({ taps }: PluginUnderTest, stage: TrainStage, given: JsonObject): Readonly<JsonObject> {
  const tap = taps.find(({ hook, options }) => hook === "train" && options["stageName"] === stage);
  if (tap === undefined) throw new Error(`the plugin does not train stage ${stage}`);
  const { settings: schema, check } = tap.options as unknown as TrainTapOptions;
  const outcome = validateSettings(schema, given, ["stages", stage], () => undefined);
  if ("problems" in outcome) throw new Error(outcome.problems.join("\n"));
  check?.(outcome.settings, given);
  return outcome.settings;
}

/** A run context for taps called by a test. */
export function testRun(overrides: Partial<RunContext> = {}): RunContext {
  return { runId: "test", signal: new AbortController().signal, random: () => 0.5, ...overrides };
}
