/** A plugin's life around a run: set up, started, disposed of. Each step has a time limit, and whatever goes wrong names the plugin. */

import { collected } from "./collected.ts";
import { Services } from "./container.ts";
import type { DeclaredTap } from "./declared-tap.ts";
import { AutoTrajError, type ErrorCode, isAutoTrajError, messageOf, pluginErrorParts } from "./errors.ts";
import type { Logger, PluginApi } from "./plugin.ts";
import { setupRank } from "./plugin-kinds.ts";
import { interrupted, orInterrupted, type Stopper } from "./stop.ts";
import { collectTaps } from "./taps.ts";
import type { UsedPlugin } from "./used-plugin.ts";

/** What the plugins of one preset, or one plugin alone, have in common while they live. */
export interface PluginLife {
  readonly services: Services;
  readonly cacheDir: string;
  readonly log: Logger;
  readonly taps: DeclaredTap[];
  /** What plugins found outside the preset, by plugin id and name. */
  readonly found: Map<string, Record<string, string>>;
  /** Told of what is found from here on. */
  onFound: (id: string, name: string, value: string) => void;
  readonly starts: { readonly by: string; readonly start: () => Promise<void> }[];
  readonly disposes: { readonly by: string; readonly dispose: () => void | Promise<void> }[];
}

export interface SetupSettings {
  readonly cacheDir: string;
  readonly log?: Logger;
  /** How long one plugin's set-up may take, in milliseconds. Default: 30 s. */
  readonly setupTimeoutMs?: number;
}

/** Set-up only declares, and letting go only ends things: neither may take longer. Starting may (`run.startTimeoutMs`). */
const SETUP_MS = 30_000;
const DISPOSE_MS = 10_000;
/** From here on a start that is still under way is said to be. */
const SLOW_START_MS = 30_000;

/**
 * Sets up every plugin, providers before their users. Spends nothing: no model, no process, no network.
 * @param made what comes of them all
 * @throws all mistakes of set-ups together; what `made` throws. By then all have let go
 */
export async function setUpAll<T>(plugins: readonly UsedPlugin[], settings: SetupSettings, made: (life: PluginLife) => T): Promise<T> {
  const { cacheDir, log = { info: () => {}, warn: () => {} } } = settings;
  const life: PluginLife = { services: new Services(), cacheDir, log, taps: [], found: new Map(), onFound: () => {}, starts: [], disposes: [] };
  const order = [...plugins].sort((a, b) => setupRank(a.plugin.meta.kind) - setupRank(b.plugin.meta.kind));
  const place = (tap: DeclaredTap) => plugins.findIndex(({ id }) => id === tap.pluginId);
  try {
    await collected(order.map((used) => () => setUp(used, life, settings.setupTimeoutMs)));
    // They tap in the plugins' order, whatever their kinds.
    life.taps.sort((a, b) => place(a) - place(b));
    return made(life);
  } catch (error) {
    await disposeAll(life);
    throw error;
  }
}

/** @throws ATRAJ_SETUP_FAILED, ATRAJ_SERVICE_MISSING, and what the plugin's own error stands for */
async function setUp({ id, plugin, options, packageName, baseDir }: UsedPlugin, life: PluginLife, limitMs = SETUP_MS): Promise<void> {
  const who = `plugin "${id}" (${packageName})`;
  const { services, found, log } = life;
  const api: PluginApi = {
    id,
    hooks: collectTaps({ id, packageName, kind: plugin.meta.kind }, life.taps),
    provide: (token, service, name) => services.provide(token, service, name === undefined ? id : `${id}/${name}`),
    use: (token, provider) => services.use(token, provider, who),
    useAll: (token) => services.useAll(token),
    onStart: (start) => void life.starts.push({ by: id, start }),
    onDispose: (dispose) => void life.disposes.push({ by: id, dispose }),
    found(name, value) {
      found.set(id, { ...found.get(id), [name]: String(value) });
      life.onFound(id, name, String(value));
    },
    log: { info: (message) => log.info(`${id}: ${message}`), warn: (message) => log.warn(`${id}: ${message}`) },
    cacheDir: life.cacheDir,
    baseDir,
  };
  for (const token of plugin.meta.requires ?? []) {
    if (services.useAll(token).size === 0) services.use(token, undefined, who);
  }
  try {
    await withinTime(async () => plugin.setup(api, options as never), limitMs);
  } catch (error) {
    throw stepError(id, "setup", error);
  }
}

/**
 * Starts all that asked for it, one after the other.
 * @throws ATRAJ_SETUP_FAILED by the name of the plugin that failed or did not come back; ATRAJ_INTERRUPTED
 */
export async function startAll({ starts, log }: PluginLife, limitMs: number, stop?: Stopper): Promise<void> {
  for (const { by, start } of starts) {
    if (stop?.stopping === true) throw interrupted();
    const begun = performance.now();
    const slow = setInterval(() => log.info(`plugin "${by}" is still starting, after ${seconds(performance.now() - begun)}`), SLOW_START_MS);
    try {
      await withinTime(start, limitMs, { signal: stop?.signal, hint: "Raise run.startTimeoutMs if it really takes that long." });
    } catch (error) {
      throw stepError(by, "start", error);
    } finally {
      clearInterval(slow);
    }
  }
}

/** Last first. Who fails to let go, or never does, is reported and keeps nobody else. */
export async function disposeAll({ disposes, log, services }: PluginLife, limitMs = DISPOSE_MS): Promise<void> {
  for (const { by, dispose } of disposes.splice(0).reverse()) {
    try {
      await withinTime(async () => dispose(), limitMs);
    } catch (error) {
      log.warn(`plugin "${by}" failed to let go: ${messageOf(error)}`);
    }
  }
  services.clear();
}

class Overrun extends Error {
  readonly hint: string | undefined;
  constructor(limitMs: number, hint: string | undefined) {
    super(`it did not come back within ${seconds(limitMs)}`);
    this.hint = hint;
  }
}

/** The timer keeps the process alive: where nothing else does, the one who hangs is named all the same. */
async function withinTime<T>(
  work: () => Promise<T>,
  limitMs: number,
  { hint, signal }: { hint?: string; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Overrun(limitMs, hint)), limitMs);
  });
  try {
    const ended = Promise.race([work(), over]);
    return await (signal === undefined ? ended : orInterrupted(ended, signal));
  } finally {
    clearTimeout(timer);
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

function stepError(id: string, step: "setup" | "start", error: unknown): unknown {
  if (isAutoTrajError(error)) return error;
  const parts = pluginErrorParts(error);
  const known: ErrorCode = parts.pluginCode === "ISOLATION_UNAVAILABLE" ? "ATRAJ_ISOLATION_UNAVAILABLE" : "ATRAJ_SETUP_FAILED";
  return new AutoTrajError(known, { who: `plugin "${id}"`, what: `its ${step} failed: ${messageOf(error)}`, ...parts });
}
