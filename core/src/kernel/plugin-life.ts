/** A plugin's life around a run: set up, started, disposed of. Each step has a time limit, and whatever goes wrong names the plugin. */

import { originText } from "../messages/place.ts";
import { collected } from "./collected.ts";
import { Services } from "./container.ts";
import type { DeclaredTap } from "./declared-tap.ts";
import { AutoTrajError, type ErrorCode, isAutoTrajError, messageOf, pluginErrorParts } from "./errors.ts";
import { idleFault } from "./idle.ts";
import { isInterruption } from "./interruption.ts";
import { knownNames } from "./known-names.ts";
import type { Logger, PluginApi } from "./plugin.ts";
import { PluginClock } from "./plugin-clock.ts";
import { setupRank } from "./plugin-kinds.ts";
import { providerName } from "./provider-name.ts";
import { interrupted, orInterrupted, type Stopper } from "./stop.ts";
import { collectTaps } from "./tapping.ts";
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
  readonly starts: { readonly by: UsedPlugin; readonly start: () => Promise<void> }[];
  readonly disposes: { readonly by: UsedPlugin; readonly dispose: () => void | Promise<void> }[];
}

export interface SetupSettings {
  readonly cacheDir: string;
  readonly log?: Logger;
  /** How long one plugin's set-up may take, in milliseconds. Default: 30 s. */
  readonly setupTimeoutMs?: number;
  /** Who only looks collects what goes wrong in set-ups here, and goes on with the plugins that are there. */
  readonly mistakes?: unknown[];
}

/** Set-up only declares, and letting go only ends things: neither may take longer. Starting may (`run.startTimeoutMs`). */
const SETUP_MS = 30_000;
const DISPOSE_MS = 10_000;
const SETUP_HINT = "A set-up only taps hooks and provides services; what takes long belongs in api.onStart.";
const OWN_HINT = "These words are the plugin's own: correct it there, or tell its author.";
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
    await collected(
      order.map((used) => () => setUp(used, life, settings.setupTimeoutMs)),
      settings.mistakes,
    );
    // They tap in the plugins' order, whatever their kinds.
    life.taps.sort((a, b) => place(a) - place(b));
    Object.freeze(life.taps);
    return made(life);
  } catch (error) {
    await disposeAll(life);
    throw error;
  }
}

/** @throws ATRAJ_SETUP_FAILED, ATRAJ_SERVICE_MISSING, and what the plugin's own error stands for */
async function setUp(used: UsedPlugin, life: PluginLife, limitMs = SETUP_MS): Promise<void> {
  const { id, plugin, options, packageName, baseDir } = used;
  const who = `plugin "${id}" (${packageName})`;
  const { services, found, log } = life;
  let provides = false;
  const api: PluginApi = {
    id,
    hooks: collectTaps({ ...used, kind: plugin.meta.kind }, life.taps),
    provide(token, service, name) {
      services.provide(token, service, providerName(id, name));
      provides = true;
    },
    use: (token, provider) => services.use(token, provider, who),
    useAll: (token) => services.useAll(token),
    onStart: (start) => void life.starts.push({ by: used, start }),
    onDispose: (dispose) => void life.disposes.push({ by: used, dispose }),
    found(name, value) {
      found.set(id, { ...found.get(id), [name]: String(value) });
      life.onFound(id, name, String(value));
    },
    log: { info: (message) => log.info(`${id}: ${message}`), warn: (message) => log.warn(`${id}: ${message}`) },
    cacheDir: life.cacheDir,
    baseDir,
  };
  try {
    for (const token of plugin.meta.requires ?? []) {
      if (services.useAll(token).size === 0) services.use(token, undefined, who);
    }
    await withinTime(async () => plugin.setup(knownNames("api", api), options as never), limitMs, { hint: SETUP_HINT });
    const taps = life.taps.some(({ pluginId }) => pluginId === id);
    const starts = life.starts.some(({ by }) => by === used);
    const fault = idleFault(plugin.meta.kind, { taps, provides, starts });
    if (fault !== undefined) throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", { who, ...fault });
  } catch (error) {
    throw stepError(used, "setup", error);
  }
}

/**
 * Starts all that asked for it, one after the other.
 * @throws ATRAJ_SETUP_FAILED by the name of the plugin that failed or did not come back, trackers aside; ATRAJ_INTERRUPTED
 */
export async function startAll({ starts, log }: PluginLife, limitMs: number, stop?: Stopper): Promise<void> {
  for (const { by, start } of starts) {
    const { kind } = by.plugin.meta;
    if (stop?.stopping === true) throw interrupted();
    const begun = performance.now();
    const slow = setInterval(() => log.info(`plugin "${by.id}" is still starting, after ${seconds(performance.now() - begun)}`), SLOW_START_MS);
    try {
      await withinTime(start, kind === "tracker" ? Math.min(limitMs, SETUP_MS) : limitMs, {
        signal: stop?.signal,
        hint: "Raise run.startTimeoutMs if it really takes that long.",
      });
    } catch (error) {
      // Who only watches keeps nobody from starting.
      if (kind !== "tracker" || isInterruption(error)) throw stepError(by, "start", error);
      log.warn(messageOf(stepError(by, "start", error)));
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
      log.warn(`plugin "${by.id}" failed to let go: ${messageOf(error)}${placeIn(by, error)}`);
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
export async function withinTime<T>(
  work: () => Promise<T>,
  limitMs: number,
  { hint, signal }: { hint?: string; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const clock = new PluginClock(limitMs, () => reject(new Overrun(limitMs, hint)));
  try {
    const ended = Promise.race([clock.run(work), over]);
    return await (signal === undefined ? ended : orInterrupted(ended, signal));
  } finally {
    clock.stop();
  }
}

function placeIn({ origin = {} }: UsedPlugin, error: unknown): string {
  const where = originText(origin, (error as Error | undefined)?.stack);
  return where === undefined ? "" : ` (${where})`;
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

/** With the plugin's own line where the error comes from there, and who named the plugin. */
function stepError({ id, packageName, origin = {} }: UsedPlugin, step: "setup" | "start", error: unknown): unknown {
  const where = originText(origin, (error as Error | undefined)?.stack);
  const placed = where === undefined ? {} : { where };
  if (isAutoTrajError(error)) {
    const who = error.parts.who === "plugin" ? `plugin "${id}" (${packageName})` : error.parts.who;
    return new AutoTrajError(error.code, { ...placed, ...error.parts, who, plugin: id });
  }
  const parts = { hint: OWN_HINT, ...placed, ...pluginErrorParts(error) };
  const known: ErrorCode = parts.pluginCode === "ISOLATION_UNAVAILABLE" ? "ATRAJ_ISOLATION_UNAVAILABLE" : "ATRAJ_SETUP_FAILED";
  return new AutoTrajError(known, { who: `plugin "${id}"`, plugin: id, what: `its ${step} failed: ${messageOf(error)}`, ...parts });
}
