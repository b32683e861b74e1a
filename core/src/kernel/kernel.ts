/**
 * The plugins of one run from set-up to disposal: set up, put in order, started, disposed of. It is given plugins with valid options and knows neither presets nor
 * files: who has a preset makes plugins of it first (config/ready.ts). What a run does with them is run/.
 */
import type { Services } from "./container.ts";
import { Lifecycle, type LifecycleSettings } from "./lifecycle.ts";
import { disposeAll, type PluginLife, type SetupSettings, setUpAll, startAll } from "./plugin-life.ts";
import type { Stopper } from "./stop.ts";
import type { UsedPlugin } from "./used-plugin.ts";

export interface KernelSettings extends Omit<LifecycleSettings, "incident">, SetupSettings {
  readonly onIncident?: (who: string, what: string) => void;
}

export class Kernel {
  /** In the order in which they tap; those of the host first. */
  readonly plugins: readonly UsedPlugin[];
  readonly services: Services;
  readonly lifecycle: Lifecycle;
  readonly cacheDir: string;
  readonly #life: PluginLife;

  private constructor(plugins: readonly UsedPlugin[], life: PluginLife, lifecycle: Lifecycle) {
    this.plugins = plugins;
    this.services = life.services;
    this.cacheDir = life.cacheDir;
    this.lifecycle = lifecycle;
    this.#life = life;
  }

  /** Sets up every plugin, and checks that they fit together. Spends nothing: no model, no process, no network. @throws as {@link setUpAll}; what is wrong between taps */
  static async load(plugins: readonly UsedPlugin[], { onIncident: incident = () => {}, ...settings }: KernelSettings): Promise<Kernel> {
    return setUpAll(plugins, settings, (life) => new Kernel(plugins, life, new Lifecycle(life.taps, { ...settings, incident })));
  }

  /** The plugin behind the name of a tap, or of one of its several services: `judge`, `judge:form`, `mcp/search`. */
  pluginOf(name: string): UsedPlugin | undefined {
    return this.plugins.find(({ id }) => name === id || name.startsWith(`${id}:`) || name.startsWith(`${id}/`));
  }

  /** What plugins found outside their options, by plugin id and name; whole after start. */
  get found(): ReadonlyMap<string, Readonly<Record<string, string>>> {
    return this.#life.found;
  }

  /** Listens to what plugins find while a run is under way. */
  set onFound(listener: (id: string, name: string, value: string) => void) {
    this.#life.onFound = listener;
  }

  /**
   * Starts what is slow or may fail: self-tests, models, processes.
   * @param limitMs how long one plugin may take
   * @throws ATRAJ_SETUP_FAILED by the name of the plugin that failed or did not come back; ATRAJ_INTERRUPTED
   */
  async start(limitMs: number, stop?: Stopper): Promise<void> {
    await startAll(this.#life, limitMs, stop);
  }

  /** Releases everything, last first. A plugin that fails to let go, or never does, is reported and does not keep the others. */
  async dispose(limitMs?: number): Promise<void> {
    await disposeAll(this.#life, limitMs);
  }
}
