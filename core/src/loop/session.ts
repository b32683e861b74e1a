/** A kernel with the settings of a run: who writes, with which tools, how a question is asked. What training, serving and evaluation also begin with. */

import { join } from "node:path";
import type { Preset, ResolvedPreset } from "../config/preset/index.ts";
import { type ReadyRun, readyPreset } from "../config/ready.ts";
import { readQueries } from "../data/queries.ts";
import { checkTrajectory } from "../data/trajectory-schema.ts";
import { defaultCacheDir } from "../host/cache-dir.ts";
import type { ModelServersPlace } from "../host/model-servers.ts";
import { hostPlugins } from "../host/plugins.ts";
import { Tracking } from "../host/tracking.ts";
import { collected } from "../kernel/collected.ts";
import type { Services } from "../kernel/container.ts";
import { AutoTrajError } from "../kernel/errors.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import {
  type Logger,
  type PluginKind,
  POLICY,
  type Policy,
  type Queries,
  type Query,
  type RolloutRequest,
  TOOL,
  type Token,
  type Tool,
  TRACKER,
} from "../kernel/plugin.ts";
import { pluginOf } from "../kernel/provider-name.ts";
import type { Stopper } from "../kernel/stop.ts";
import type { UsedPlugin } from "../kernel/used-plugin.ts";
import { type Path, pathText, placeText } from "../messages/place.ts";
import { loopNotices, pluginNotices } from "./notices.ts";
import { type RunParts, RunServices } from "./run-services.ts";
import { checkTools } from "./tool-names.ts";

export interface SessionOptions {
  /** Default: the user's cache folder. */
  readonly cacheDir?: string;
  readonly log?: Logger;
  readonly onIncident?: (who: string, what: string) => void;
  /** How long one plugin's set-up may take, in milliseconds. Default: 30 s. */
  readonly setupTimeoutMs?: number;
  /** For servers that plugins have started. */
  readonly modelServers?: ModelServersPlace;
  /** File of calls that several runs remember together, each beside its own; `run.cache: shared` goes before it. */
  readonly sharedCalls?: string;
  /** Who only looks collects all mistakes here: the session is then made of what is right. */
  readonly mistakes?: unknown[];
}

export class Session {
  readonly name: string;
  readonly settings: Preset;
  /** Those of the run, without the host's. */
  readonly plugins: readonly UsedPlugin[];
  readonly kernel: Kernel;
  readonly ready: ReadyRun;
  readonly sharedCalls: string | undefined;
  readonly tracking: Tracking;
  readonly #services: RunServices;
  readonly #replaced = new Map<string, Policy>();

  private constructor(ready: ReadyRun, kernel: Kernel, services: RunServices, { sharedCalls, onIncident = () => {} }: SessionOptions) {
    this.name = ready.name;
    this.settings = ready.settings;
    this.plugins = ready.plugins;
    this.ready = ready;
    this.kernel = kernel;
    this.sharedCalls = ready.settings.run.cache === "shared" ? join(kernel.cacheDir, "calls-2.db") : sharedCalls;
    this.tracking = new Tracking(kernel.services.useAll(TRACKER), onIncident);
    this.#services = services;
  }

  /**
   * Sets up every plugin and checks what the settings name. Spends nothing: no model, no process, no network.
   * @throws what {@link readyPreset} and {@link Kernel.load} throw; ATRAJ_SERVICE_MISSING, ATRAJ_SERVICE_CONFLICT, ATRAJ_PRESET_INVALID for settings
   */
  static async open(preset: ResolvedPreset | ReadyRun, options: SessionOptions = {}): Promise<Session> {
    const ready = "file" in preset ? await readyPreset(preset, options.mistakes) : preset;
    const { run } = ready.settings;
    const services = new RunServices();
    const { cacheDir = defaultCacheDir(), modelServers, sharedCalls: _shared, ...rest } = options;
    const kernel = await Kernel.load(
      [...hostPlugins({ ...modelServers, environment: run.environment }), services.plugin, ...ready.standard, ...ready.plugins],
      {
        ...rest,
        cacheDir,
        onScorerError: run.onScorerError,
        checkTrajectory,
      },
    );
    const session = new Session(ready, kernel, services, options);
    try {
      await collected(session.#references(), options.mistakes);
      for (const told of pluginNotices(session.#all)) options.log?.info(told);
      return session;
    } catch (error) {
      await kernel.dispose();
      throw error;
    }
  }

  get services(): Services {
    return this.kernel.services;
  }

  get lifecycle(): Lifecycle {
    return this.kernel.lifecycle;
  }

  /** What is no error and most often no intention. */
  get notices(): readonly string[] {
    return [...pluginNotices(this.#all), ...this.loopNotices];
  }

  /** Those of them that are about the loop. */
  get loopNotices(): readonly string[] {
    return loopNotices(this.lifecycle, this.plugins);
  }

  get #all(): readonly UsedPlugin[] {
    return [...this.ready.standard, ...this.plugins];
  }

  policy(id: string): Policy {
    return this.#replaced.get(id) ?? this.services.use(POLICY, id, "rollout");
  }

  /** From here on this policy writes where the settings name that id; the returned function undoes it. */
  replacePolicy(id: string, policy: Policy): () => void {
    this.#replaced.set(id, policy);
    return () => void this.#replaced.delete(id);
  }

  tool(id: string): Tool {
    return this.services.use(TOOL, id, "rollout");
  }

  /** Ids of the tools a policy may call: the list of the settings, or all there are. */
  get toolIds(): readonly string[] {
    const there = [...this.services.useAll(TOOL).keys()];
    return this.settings.rollout.tools?.flatMap((id) => there.filter((tool) => isToolOf(id, tool))) ?? there;
  }

  /** A question as the settings ask it, before any preparer has seen it. */
  rolloutRequest(query: Query): RolloutRequest {
    const { rollout } = this.settings;
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
    return this.plugins.find((plugin) => isToolOf(plugin.id, id))?.code;
  }

  /**
   * Starts what is slow or may fail: self-tests, models, processes. A preparer may look at all `queries` here.
   * @throws as {@link Kernel.start}; ATRAJ_SERVICE_MISSING, ATRAJ_SERVICE_CONFLICT, ATRAJ_PLUGIN_INVALID for tools that cannot be offered
   */
  async start(queries: Queries = queriesOf(this.settings), stop?: Stopper): Promise<void> {
    this.#services.ask(queries);
    await this.kernel.start(this.settings.run.startTimeoutMs, stop);
    // Only now: a plugin may offer tools that it learns of when it starts.
    for (const id of this.settings.rollout.tools ?? []) {
      if (![...this.services.useAll(TOOL).keys()].some((tool) => isToolOf(id, tool))) this.services.use(TOOL, id, "rollout.tools");
    }
    this.#checkTools();
  }

  /** From here on plugins reach these rollouts and these exemplars. */
  begin(parts: RunParts): void {
    this.#services.begin(parts);
  }

  async dispose(limitMs?: number): Promise<void> {
    await this.tracking.close();
    await this.kernel.dispose(limitMs);
  }

  #checkTools(): void {
    checkTools(
      this.toolIds.map((id) => ({ id, tool: this.tool(id) })),
      this.settings.rollout.dialect,
    );
  }

  /** What a plugin provides decides, not its kind; but one of another kind that does not provide it was not meant. */
  #checkKind(kind: PluginKind, token: Token<unknown>, id: string, path: Path): void {
    const used = this.plugins.find((plugin) => plugin.id === id);
    if (used === undefined || used.plugin.meta.kind === kind || this.services.useAll(token).has(id)) return;
    const at = this.ready.originOf(pathText(path));
    const there = this.plugins.filter(({ plugin }) => plugin.meta.kind === kind).map((plugin) => plugin.id);
    throw new AutoTrajError("ATRAJ_PRESET_INVALID", {
      who: this.name,
      what: `${pathText(path)} is "${id}", which is a ${used.plugin.meta.kind} and no ${kind}.`,
      ...(at === undefined ? {} : { where: placeText(at) }),
      hint: there.length === 0 ? `Add a plugin of kind ${kind}.` : `Of kind ${kind} there are: ${there.join(", ")}.`,
    });
  }

  /** Ids that the settings name must be there, before anything is spent: one check for each. */
  #references(): readonly (() => void)[] {
    const { rollout, queries } = this.settings;
    const isRolledOut = rollout.policy !== undefined && (queries.recorded ?? []).length === 0;
    return [
      ...(isRolledOut ? [() => this.#checkPolicy(rollout.policy ?? "")] : []),
      ...[...(rollout.tools ?? []).entries()].map(
        ([index, id]) =>
          () =>
            this.#checkTool(index, id),
      ),
      () => this.#checkTools(),
    ];
  }

  #checkPolicy(id: string): void {
    this.#checkKind("policy", POLICY, id, ["rollout", "policy"]);
    const { dialect } = this.settings.rollout;
    const policy = this.services.use(POLICY, id, "rollout.policy");
    if (policy.dialects.includes(dialect)) return;
    throw new AutoTrajError("ATRAJ_PRESET_INVALID", {
      who: this.name,
      what: `the policy "${id}" does not speak the dialect "${dialect}".`,
      hint: `Set rollout.dialect to ${policy.dialects.join(" or ")}.`,
    });
  }

  #checkTool(index: number, id: string): void {
    this.#checkKind("tool", TOOL, id, ["rollout", "tools", index]);
    // A tool plugin may offer its tools only when it starts; anything else is wrong now.
    const used = this.plugins.find((plugin) => plugin.id === pluginOf(id));
    if (used?.plugin.meta.kind !== "tool") this.services.use(TOOL, id, "rollout.tools");
  }
}

/** What files of questions hold; logs bring their questions along only in a run. */
function queriesOf({ queries: { train, evaluate } }: Preset): Queries {
  return {
    train: () => (train === undefined ? none() : readQueries(train)),
    evaluate: () => (evaluate === undefined ? undefined : readQueries(evaluate)),
  };
}

async function* none(): AsyncGenerator<Query> {}

/** A plugin's id names all its tools. */
function isToolOf(id: string, tool: string): boolean {
  return tool === id || pluginOf(tool) === id;
}
