/// <reference types="node" preserve="true" />
/**
 * The public contract: all that a plugin author needs. A plugin is a plain object that is its package's default export; a scorer, whole:
 *
 * ```ts
 * import { definePlugin } from "@autotraj/core/plugin";
 *
 * export default definePlugin<{ longest: number }>({
 *   meta: {
 *     name: "autotraj-scorer-brevity",
 *     apiVersion: 1,
 *     kind: "scorer",
 *     description: "1 for an answer of at most `longest` characters",
 *     options: {
 *       type: "object",
 *       additionalProperties: false,
 *       properties: { longest: { type: "integer", minimum: 1, default: 80, description: "Characters, at most." } },
 *     },
 *   },
 *   setup(api, { longest }) {
 *     const dimensions = { brevity: { description: "the answer is short" } };
 *     api.hooks.score.tapPromise({ dimensions }, async (batch) =>
 *       batch.map(({ trajectory }) => ({ brevity: { value: (trajectory.answer ?? "").length <= longest ? 1 : 0 } })),
 *     );
 *   },
 * });
 * ```
 *
 * Other files of the contract, all exported from here: hook-types.ts (what taps are given), services.ts (policies, tools, sandboxes and what the host offers),
 * training.ts, stage.ts, formats.ts, tracking.ts, trajectory/model.ts, interruption.ts; of json.ts, `copyOf`.
 */
import type {
  BeforeRollout,
  Hook,
  OptionsSchema,
  Repair,
  RewardTap,
  RewardTapOptions,
  ScoreTap,
  ScoreTapOptions,
  ShouldRepair,
} from "./hook-types.ts";
import type { Logger, Token } from "./services.ts";
import type { Train, TrainTapOptions } from "./training.ts";
import type { JsonObject, Score } from "./trajectory/model.ts";

export * from "./formats.ts";
export type * from "./hook-types.ts";
export { allFinished } from "./interruption.ts";
export { copyOf } from "./json.ts";
export * from "./services.ts";
export * from "./stage.ts";
export * from "./tracking.ts";
export * from "./training.ts";
export type * from "./trajectory/model.ts";

/** The contract's version. A plugin writes the number it was made for as a literal in `meta.apiVersion`. */
export type ApiVersion = 1;

export type PluginKind =
  | "preparer"
  | "policy"
  | "tool"
  | "sandbox"
  | "scorer"
  | "gate"
  | "repairer"
  | "reward"
  | "reward-model"
  | "trainer"
  | "format"
  | "server"
  | "stage"
  | "tracker"
  /** Those that AutoTraj itself brings along: what it offers all others. */
  | "host";

export interface PluginMeta {
  /** The npm package's name. */
  readonly name: string;
  /** Must equal the core's; checked before anything of the plugin runs. */
  readonly apiVersion: ApiVersion;
  /** What it is. The kind limits which hooks it may tap (see the hook table). */
  readonly kind: PluginKind;
  /** One line for `autotraj plugin list`. */
  readonly description: string;
  readonly options: OptionsSchema;
  /** Services it provides, and services without which it cannot be set up. */
  readonly provides?: readonly Token<unknown>[];
  readonly requires?: readonly Token<unknown>[];
  /** What it can and cannot do, for users and for the conformance kit: `{ deterministic: true, network: false }`. */
  readonly supports?: Readonly<Record<string, boolean>>;
  /** Whoever uses it is told so, once in every run, and by `autotraj plugin list`. */
  readonly deprecated?: { readonly since: string; readonly replacedBy?: string };
}

export interface Plugin<Options = JsonObject> {
  readonly meta: PluginMeta;
  /**
   * Called once per entry of the preset, with validated, frozen options. Must be cheap: tap hooks, provide services, look services up.
   * Loading a model or starting a process belongs in `api.onStart`, which `plan` and `config check` never reach.
   */
  setup(api: PluginApi, options: Readonly<Options>): void | Promise<void>;
}

/** Checks the shape at compile time; returns the plugin as it is. Export the result as the package's default export. */
export function definePlugin<Options>(plugin: Plugin<Options>): Plugin<Options> {
  return plugin;
}

export interface PluginApi {
  /** The plugin's id in the preset: its name in errors, tables and taps. Two entries may use one package under two ids. */
  readonly id: string;
  readonly hooks: Hooks;
  /**
   * Offers a service, in setup or start. Tokens made with `many` are provided under the plugin's id, or under `id/name` by a plugin that has several
   * to offer (the tools of one server); any other token has one provider per run.
   */
  provide<T>(token: Token<T>, service: T, name?: string): void;
  /**
   * Finds a service; `id` names one of a `many` token's providers.
   * @throws ATRAJ_SERVICE_MISSING with the ids there are and the packages that could provide one.
   */
  use<T>(token: Token<T>, id?: string): T;
  /** All providers of a `many` token by preset id, in preset order. */
  useAll<T>(token: Token<T>): ReadonlyMap<string, T>;
  /** Runs before the first query, after every plugin's setup; in preset order. For what is slow or may fail: self-tests, models, processes. */
  onStart(start: () => Promise<void>): void;
  /** Runs at the end, in reverse order, also after a failure. Must be safe when start never ran. */
  onDispose(dispose: () => void | Promise<void>): void;
  /**
   * Says what the plugin found outside the preset that decides results: the sandbox that is there and what can be imported in it, the
   * weights behind a model's name. It is recorded with the run; where it is something else than before, that is said.
   */
  found(name: string, value: string): void;
  /** To stderr and the run's log. */
  readonly log: Logger;
  /** Folder for what may be fetched or built again: models, virtual environments, indexes. Shared by all runs. */
  readonly cacheDir: string;
  /** Folder of the file that declared this plugin: relative paths in options mean from here. */
  readonly baseDir: string;
}

/** From this value of the dimension `correctness` on an answer is right. Most checkers give 0 or 1; token F1 counts from here, as in the paper's evaluation. */
export const RIGHT_FROM = 0.5;

/** @param correctness the score of that dimension. Returns whether the answer is right; undefined where it was not judged. */
export function isRight(correctness: Score | undefined): boolean | undefined {
  return correctness !== undefined && "value" in correctness ? correctness.value >= RIGHT_FROM : undefined;
}

/**
 * An error a plugin throws on purpose. The kernel adds who and where; `code` survives as `pluginCode`, `hint` says what to do.
 * `endsRun: true` says that every other call will fail in the same way until somebody changes a setting (a wrong key, an unknown model): thrown by a policy
 * for a turn, or by a tap, it ends the run at once, with this message and hint, where other errors cost one question. What was done is kept.
 */
export class PluginError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly endsRun: boolean;
  constructor(code: string, message: string, options: { hint?: string; cause?: unknown; endsRun?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PluginError";
    this.code = code;
    this.hint = options.hint;
    this.endsRun = options.endsRun ?? false;
  }
}

/**
 * The six lifecycle hooks. All that a tap is given is frozen, all the way down: a change is an error, and never reaches another plugin.
 * How each combines its taps' results is in core/src/hooks.ts, the table.
 */
export interface Hooks {
  /** Series, waterfall: each tap may change the request or drop the query. Once per query. */
  readonly beforeRollout: Hook<BeforeRollout>;
  /** Parallel, in levels by `needs`: each tap owns its dimensions. */
  readonly score: Hook<ScoreTap, ScoreTapOptions>;
  /** Series, waterfall: every tap that does not abstain must agree, the strictest verdict stands. `needs` names dimensions it cannot do without: checked before anything is spent. */
  readonly shouldRepair: Hook<ShouldRepair, { readonly needs?: readonly string[] }>;
  /** Series, waterfall over repairers in order; the kernel scores and gates after each one and stops at the first accepted. `needs` as for gates. */
  readonly repair: Hook<Repair, { readonly attempts?: number; readonly needs?: readonly string[] }>;
  /** Parallel: one term per tap. */
  readonly reward: Hook<RewardTap, RewardTapOptions>;
  /** Bail, by stage: exactly one backend per used stage. */
  readonly train: Hook<Train, TrainTapOptions>;
}
