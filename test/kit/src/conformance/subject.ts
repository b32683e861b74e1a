/** A plugin on a kernel of its own, beside what other plugins of a preset would offer. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Calls,
  checkTrajectory,
  createRollout,
  createRun,
  defaultCacheDir,
  disposeAll,
  hostPlugin,
  hostPlugins,
  Kernel,
  pluginOf,
  Semaphore,
  StopSwitch,
  seedFrom,
  setUpAll,
  TapGuard,
  Tracking,
  tellingHealth,
  type UsedPlugin,
} from "@autotraj/core";
import {
  type Hooks,
  KEPT,
  type Plugin,
  type PluginApi,
  POLICY,
  PYTHON,
  QUERIES,
  ROLLOUT,
  type Rollout,
  type ScoreTap,
  type TapOptions,
  TOOL,
  type Token,
} from "@autotraj/core/plugin";
import { type GivenService, offering } from "../plugin-under-test.ts";
import { type ConformanceCases, timeLimit } from "./cases.ts";
import { givenScore, plainQuestions } from "./samples.ts";
import { python, standIn } from "./stand-ins.ts";

export const ID = "under-test";
/** Starting may load a model. */
const START_MS = 120_000;
const IN_FLIGHT = 64;

export interface OwnTap {
  readonly hook: keyof Hooks;
  readonly options: TapOptions & Readonly<Record<string, unknown>>;
  readonly fn: (...args: unknown[]) => Promise<unknown>;
}

export interface Subject {
  readonly kernel: Kernel;
  readonly rollout: Rollout;
  readonly stop: StopSwitch;
  /** What the plugin tapped. */
  readonly taps: readonly OwnTap[];
  /** What the kernel wrote down of failures that cost no more than an answer. */
  readonly incidents: string[];
  readonly warnings: string[];
  /** Services that it has asked for and that nobody has. */
  readonly missing: readonly Missing[];
  /** What the plugin offers under this token, by preset id. */
  offered<T>(token: Token<T>): ReadonlyMap<string, T>;
  /** A folder of its own, gone with it. */
  folder(): string;
  /** @throws ATRAJ_SETUP_FAILED */
  start(): Promise<void>;
  dispose(): Promise<void>;
}

export type Missing = readonly [token: Token<unknown>, id: string | undefined];

/** What must be there beside a plugin. */
export interface Surroundings {
  readonly standIns: readonly Missing[];
  /** Dimensions that it needs and does not fill itself. */
  readonly needs: readonly string[];
}

/** What a plugin did in its set-up. */
interface Watch {
  readonly taps: OwnTap[];
  readonly missing: Missing[];
}

/** Found out by setting the plugin up. @throws as `setupPlugin`: what is wrong with the plugin, its options or its set-up */
export async function surroundingsOf(plugin: Plugin, cases: ConformanceCases): Promise<Surroundings> {
  const given = new Set((cases.services ?? []).map(([{ key }]) => key));
  const standIns: Missing[] = (plugin.meta?.requires ?? []).filter(({ key }) => !given.has(key)).map((token) => [token, undefined]);
  for (;;) {
    const watch: Watch = { taps: [], missing: [] };
    try {
      const beside = await plugins(plugin, cases, { standIns, needs: [] }, watch);
      const life = await setUpAll(beside.all, { cacheDir: cacheDir(cases), setupTimeoutMs: timeLimit(cases) }, (all) => all);
      await disposeAll(life, timeLimit(cases));
      return { standIns, needs: unmet(watch.taps) };
    } catch (error) {
      const news = newStandIns(watch.missing, standIns);
      if (news.length === 0) throw error;
      standIns.push(...news);
    }
  }
}

/** Of what was missing, that for which the kit has something and has not offered it yet. */
export function newStandIns(missing: readonly Missing[], there: readonly Missing[]): readonly Missing[] {
  return missing.filter(([token, id]) => standIn(token) !== undefined && !there.some(([other, by]) => other.key === token.key && by === id));
}

function unmet(taps: readonly OwnTap[]): readonly string[] {
  const filled = new Set(taps.flatMap(({ options }) => Object.keys((options["dimensions"] as object | undefined) ?? {})));
  const needed = taps.flatMap(({ options }) => (Array.isArray(options["needs"]) ? (options["needs"] as string[]) : []));
  return [...new Set(needed)].filter((name) => !filled.has(name));
}

/** By what AutoTraj's own plugins are named in what they say: what a tested one says is its own affair. */
const HOST = "host ";

/** Set up, not started. @throws as {@link surroundingsOf}; what is wrong between its taps */
export async function open(plugin: Plugin, cases: ConformanceCases, around: Surroundings, says: (line: string) => void): Promise<Subject> {
  const watch: Watch = { taps: [], missing: [] };
  const [incidents, warnings]: [string[], string[]] = [[], []];
  const stop = new StopSwitch();
  const beside = await plugins(plugin, cases, around, watch);
  const incident = (who: string, what: string) => void incidents.push(`${who}: ${what}`);
  const kernel = await Kernel.load(beside.all, {
    ...{ cacheDir: cacheDir(cases), setupTimeoutMs: timeLimit(cases), onScorerError: "fail", checkTrajectory, onIncident: incident },
    log: { info: (line) => (line.startsWith(HOST) ? says(line) : undefined), warn: (line) => void warnings.push(line) },
  });
  const random = (...parts: readonly (string | number)[]) => seedFrom(0, ...parts) / 2 ** 31;
  kernel.lifecycle.begin(new TapGuard({ timeoutMs: timeLimit(cases), signal: stop.signal, run: { runId: "conformance", random } }));
  const rollout = rolloutOn(kernel, stop, incident);
  beside.begin(rollout);
  let folder: string | undefined;
  return {
    ...{ kernel, rollout, stop, incidents, warnings, taps: watch.taps, missing: watch.missing },
    offered: (token) => new Map([...kernel.services.useAll(token)].filter(([id]) => pluginOf(id) === ID || !token.many)),
    start: () => kernel.start(START_MS),
    folder: () => {
      folder ??= mkdtempSync(join(tmpdir(), "autotraj-conformance-"));
      return folder;
    },
    async dispose() {
      await kernel.dispose(timeLimit(cases));
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function cacheDir(cases: ConformanceCases): string {
  return cases.cacheDir ?? defaultCacheDir();
}

function rolloutOn({ services }: Kernel, stop: StopSwitch, incident: (who: string, what: string) => void): Rollout {
  const calls = new Calls({ get: () => undefined, put: () => {} }, stop, { turn: () => {}, toolCall: () => {} }, IN_FLIGHT);
  return createRollout({
    ...{ calls, tracking: Tracking.OFF, seed: 0, slots: new Semaphore(IN_FLIGHT), health: tellingHealth(incident) },
    policy: (id) => services.use(POLICY, id, "rollout"),
    tool: (id) => services.use(TOOL, id, "rollout"),
  });
}

/** The plugin, the host's, what the cases give and what stands in for the rest. */
async function plugins(
  plugin: Plugin,
  cases: ConformanceCases,
  { standIns, needs }: Surroundings,
  watch: Watch,
): Promise<{ readonly all: readonly UsedPlugin[]; begin(rollout: Rollout): void }> {
  const { options = {}, baseDir, env } = cases;
  const services = servicesOf(plugin, cases);
  const where = { ...(baseDir === undefined ? {} : { baseDir }), ...(env === undefined ? {} : { env }) };
  const { ready } = await createRun({ plugins: { [ID]: [watched(plugin, watch), options] }, settings: { rollout: { policy: ID } }, ...where });
  const given = new Set(services.map(([{ key }]) => key));
  const run = runServices(cases);
  const host = [...hostPlugins(), run.plugin].filter(({ plugin: { meta } }) => !meta.provides?.some(({ key }) => given.has(key)));
  const stands = [[POLICY, "stand-in"] as Missing, ...standIns.map(([token, id]): Missing => [token, id ?? "stand-in"])];
  const unlike = stands.filter(([token, id], index) => stands.findIndex(([other, by]) => other.key === token.key && by === id) === index);
  const offers = unlike.flatMap(([token, id]) => (standIn(token) === undefined ? [] : [offering([token, standIn(token), id])]));
  const scorer = needs.length === 0 ? [] : [givenScorer(needs, cases)];
  return { all: [...host, ...services.map(offering), ...offers, ...scorer, ...ready.plugins], begin: run.begin };
}

function servicesOf(plugin: Plugin, { services = [] }: ConformanceCases): readonly GivenService[] {
  const isGiven = services.some(([{ key }]) => key === PYTHON.key);
  return plugin?.meta?.kind === "trainer" && !isGiven ? [...services, [PYTHON, python]] : services;
}

/** What a run offers: real rollouts, nothing kept so far, the questions of the cases. */
function runServices(cases: ConformanceCases): { readonly plugin: UsedPlugin; begin(rollout: Rollout): void } {
  let under: Rollout | undefined;
  const rollout = (): Rollout => {
    if (under === undefined) throw new Error("rollouts work only while a run is under way, not in setup");
    return under;
  };
  const questions = async function* () {
    for (const { query } of plainQuestions(cases.questions)) yield query;
  };
  const plugin = hostPlugin("run", "A run of the test kit", [ROLLOUT, KEPT, QUERIES], (api) => {
    api.provide(ROLLOUT, {
      replay: async (...asked) => rollout().replay(...asked),
      write: async (...asked) => rollout().write(...asked),
      complete: async (...asked) => rollout().complete(...asked),
    });
    api.provide(KEPT, { similarTo: async () => [] });
    api.provide(QUERIES, { train: questions, evaluate: () => undefined });
  });
  const begin = (begun: Rollout) => {
    under = begun;
  };
  return { plugin, begin };
}

/** Fills the dimensions that the plugin needs of others. */
function givenScorer(needs: readonly string[], cases: ConformanceCases): UsedPlugin {
  const given = new Map(plainQuestions(cases.questions).flatMap(({ scores }) => [...scores]));
  const score: ScoreTap = async (batch) =>
    batch.map(({ trajectory }) => Object.fromEntries(needs.map((name) => [name, givenScore(name, trajectory, given.get(trajectory.id))])));
  // Any range: the case says what the score is.
  const dimensions = Object.fromEntries(needs.map((name) => [name, { description: "given by the test kit", range: [-1e9, 1e9] as const }]));
  const { plugin, ...used } = hostPlugin("given scores", "Scores of the cases", [], (api) => api.hooks.score.tapPromise({ dimensions }, score));
  return { ...used, plugin: { ...plugin, meta: { ...plugin.meta, kind: "scorer" } } };
}

/** The same plugin, with a note of what it taps and asks for. */
function watched(plugin: Plugin, { taps, missing }: Watch): Plugin {
  // What is no plugin is the kernel's to refuse.
  if (typeof plugin?.setup !== "function") return plugin;
  const setup: Plugin["setup"] = (api, options) => {
    const hooks = Object.fromEntries(
      Object.entries(api.hooks).map(([hook, { tapPromise }]) => [
        hook,
        {
          tapPromise(tapOptions: OwnTap["options"], fn: OwnTap["fn"]) {
            tapPromise(tapOptions, fn);
            taps.push({ hook: hook as keyof Hooks, options: tapOptions, fn });
          },
        },
      ]),
    ) as unknown as Hooks;
    const use: PluginApi["use"] = (token, id) => {
      try {
        return api.use(token, id);
      } catch (error) {
        missing.push([token, id]);
        throw error;
      }
    };
    return plugin.setup({ ...api, hooks, use }, options);
  };
  return { ...plugin, setup };
}
