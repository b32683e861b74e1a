/** What stage `rl` is rewarded by: the terms that count, the trained reward model among them, and the plugins behind all of it. */
import { AutoTrajError } from "../../kernel/errors.ts";
import { type JsonObject, type JsonValue, REWARD_MODEL, type RewardTapOptions } from "../../kernel/plugin.ts";
import type { UsedPlugin } from "../../kernel/used-plugin.ts";
import type { Session } from "../../loop/session.ts";
import { artifactOf, type KeptArtifact } from "../../results/artifact.ts";
import type { RewardModelReport } from "../../results/reports.ts";

/** Its report says whether it is worth anything. */
export type TrainedRewardModel = KeptArtifact & { readonly report?: RewardModelReport };

export interface RewardPlace {
  readonly session: Session;
  readonly runDir: string;
}

/** What counts in a stage's reward. */
export interface Rewarding {
  /** Names of the terms. */
  readonly terms: readonly string[];
  /** Terms of these roles do not. */
  readonly withoutRoles: readonly RewardTapOptions["role"][];
  /** The run's reward model, where its term counts. */
  readonly rewardModel: TrainedRewardModel | undefined;
  /** Why it does not, where that was not asked for. */
  readonly leftOut?: string;
}

/** @param settings of stage `rl`, or of an ablation of it. @throws ATRAJ_STAGE_INPUT where it is not known whether the reward model counts */
export function rewardingOf(place: RewardPlace, settings: Readonly<JsonObject>): Rewarding {
  const { counts, leftOut } = trajectoryTerm(place, settings);
  const withoutRoles = counts ? [] : (["trajectory"] as const);
  return {
    terms: [...place.session.lifecycle.rewardTerms].flatMap(([name, { role }]) => (counts || role !== "trajectory" ? [name] : [])),
    withoutRoles,
    rewardModel: counts ? rewardModelOf(place) : undefined,
    ...(leftOut === undefined ? {} : { leftOut }),
  };
}

/** A reward model that is no better than what could fake it stays out of the reward, unless `stages.rl.trajectoryTerm: always`. */
function trajectoryTerm(
  place: RewardPlace,
  { trajectoryTerm: wanted = "auto" }: Readonly<JsonObject>,
): { readonly counts: boolean; readonly leftOut?: string } {
  if (wanted !== "auto") return { counts: wanted === "always" };
  const trained = rewardModelOf(place);
  if (trained === undefined || place.session.services.useAll(REWARD_MODEL).size === 0) return { counts: true };
  if (trained.report === undefined) {
    throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
      who: 'stage "rl"',
      what: "the reward model has not judged the held-out pairs, so it is not known whether its term is worth anything.",
      hint: "`autotraj resume` lets it judge them; or set stages.rl.trajectoryTerm to always or never.",
    });
  }
  if (trained.report.beatsBaselines) return { counts: true };
  const { best } = trained.report;
  const leftOut = `it does not beat ${best ?? "its baselines"} on held-out pairs, so its term is left out of RL (stages.rl.trajectoryTerm: always keeps it).`;
  return { counts: false, leftOut };
}

export function rewardModelOf({ session, runDir }: RewardPlace): TrainedRewardModel | undefined {
  return session.settings.stages["reward-model"] === undefined ? undefined : (artifactOf(runDir, "reward-model") as TrainedRewardModel | undefined);
}

/**
 * All that episodes and their rewards are made by: the terms that count, the scorers behind them, the tools with the sandboxes that may answer for them, and
 * whatever plugin one of these names in its options (a judge's policy).
 */
export function rewardingPlugins(session: Session, terms: readonly string[], tools: readonly string[]): readonly UsedPlugin[] {
  const { lifecycle, plugins, kernel } = session;
  const scorers = [...lifecycle.rewardDimensions()].flatMap((name) => lifecycle.scorePlan.dimensions.get(name)?.by ?? []);
  const sandboxes = tools.length === 0 ? [] : plugins.filter(({ plugin }) => plugin.meta.kind === "sandbox");
  const found = new Set([...[...terms, ...scorers, ...tools].flatMap((name) => kernel.pluginOf(name) ?? []), ...sandboxes]);
  // A set is walked to what is added meanwhile.
  for (const { id } of found) {
    const named = textsIn(session.settings.plugins[id]?.options ?? {});
    for (const other of plugins) if (named.has(other.id)) found.add(other);
  }
  return plugins.filter((plugin) => found.has(plugin));
}

function textsIn(value: JsonValue): ReadonlySet<string> {
  if (typeof value === "string") return new Set([value]);
  if (typeof value !== "object" || value === null) return new Set();
  return new Set(Object.values(value).flatMap((inner) => [...textsIn(inner)]));
}
