/** What stage `rl` is rewarded by: the terms that count, the trained reward model among them, and episodes that are rewarded so. */

import { newHealth } from "../../kernel/health.ts";
import { type JsonObject, REWARD_MODEL, type RewardModel, type RewardTapOptions } from "../../kernel/plugin.ts";
import { orInterrupted } from "../../kernel/stop.ts";
import { Episodes } from "../episodes.ts";
import type { Session } from "../session.ts";
import { artifactOf, type StageArtifact } from "./artifact.ts";
import type { ServeEpisodes, StagesContext } from "./context.ts";
import { stageInput } from "./errors.ts";
import { wantedTerm } from "./settings.ts";

type RewardPlace = Pick<StagesContext, "session" | "runDir">;

const FORGET_AFTER_MS = 3_600_000;

/** What counts in a stage's reward. */
export interface Rewarding {
  /** Names of the terms. */
  readonly terms: readonly string[];
  /** Terms of these roles do not. */
  readonly withoutRoles: readonly RewardTapOptions["role"][];
  /** The run's reward model, where its term counts. */
  readonly rewardModel: StageArtifact | undefined;
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
function trajectoryTerm(place: RewardPlace, settings: Readonly<JsonObject>): { readonly counts: boolean; readonly leftOut?: string } {
  const wanted = wantedTerm(settings);
  if (wanted !== "auto") return { counts: wanted === "always" };
  const trained = rewardModelOf(place);
  if (trained === undefined || rewardModelPlugin(place.session) === undefined) return { counts: true };
  if (trained.report === undefined)
    throw stageInput(
      'stage "rl"',
      "the reward model has not judged the held-out pairs, so it is not known whether its term is worth anything.",
      "`autotraj resume` lets it judge them; or set stages.rl.trajectoryTerm to always or never.",
    );
  if (trained.report.beatsBaselines) return { counts: true };
  const { best } = trained.report;
  const leftOut = `it does not beat ${best ?? "its baselines"} on held-out pairs, so its term is left out of RL (stages.rl.trajectoryTerm: always keeps it).`;
  return { counts: false, leftOut };
}

/** @param settings of stage `rl`, or of an ablation of it */
export function episodesOf(
  place: Pick<StagesContext, "session" | "runDir" | "stop" | "onIncident">,
  settings: Readonly<JsonObject> = place.session.settings.stages.rl ?? {},
): Episodes {
  const { session, stop } = place;
  const { withoutRoles, rewardModel, leftOut } = rewardingOf(place, settings);
  if (leftOut !== undefined) place.onIncident("reward-model", leftOut);
  return new Episodes({
    lifecycle: session.lifecycle,
    tool: (id) => session.tool(id),
    stop,
    health: newHealth(place.onIncident, () => {}),
    settings: session.settings.reward,
    withoutRoles,
    forgetAfterMs: FORGET_AFTER_MS,
    scale: () => rewardModel?.report?.scale,
  });
}

/** Serves episodes, with the trained reward model loaded. */
export async function serveEpisodes(episodes: Episodes, context: StagesContext): Promise<Awaited<ReturnType<ServeEpisodes>>> {
  const { session, stop, serve } = context;
  const trained = rewardModelOf(context);
  if (trained !== undefined)
    for (const model of session.services.useAll(REWARD_MODEL).values()) await orInterrupted(model.load(trained.modelPath), stop.signal);
  if (serve !== undefined) return serve(episodes);
  throw stageInput('stage "rl"', "episodes are served over HTTP, and this host gave no server.", "Run it with the autotraj command.");
}

function rewardModelOf({ session, runDir }: RewardPlace): StageArtifact | undefined {
  return session.settings.stages["reward-model"] === undefined ? undefined : artifactOf(runDir, "reward-model");
}

/** Who judges where a single reward model is wanted: the preset's first. */
export function rewardModelPlugin(session: Session): RewardModel | undefined {
  return [...session.services.useAll(REWARD_MODEL).values()][0];
}

/** The first reward-model plugin with what this run trained, for best-of-n; undefined where there is none of either. */
export async function loadedRewardModel(place: Pick<StagesContext, "session" | "runDir" | "stop">): Promise<RewardModel | undefined> {
  const [trained, model] = [rewardModelOf(place), rewardModelPlugin(place.session)];
  if (trained === undefined || model === undefined) return undefined;
  await orInterrupted(model.load(trained.modelPath), place.stop.signal);
  return model;
}
