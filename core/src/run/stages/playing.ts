/** The run's questions as episodes, for trainers that sample by themselves: made playable as the loop asks them, rewarded as the preset says. */

import { AutoTrajError } from "../../kernel/errors.ts";
import { EPISODE_SERVER, type JsonObject, type Playing, type Query, REWARD_MODEL, type RlTask } from "../../kernel/plugin.ts";
import { orInterrupted, type Stopper } from "../../kernel/stop.ts";
import { newHealth } from "../../loop/health.ts";
import type { Session } from "../../loop/session.ts";
import { Episodes } from "./episodes.ts";
import { pluginParts } from "./key.ts";
import { type RewardPlace, rewardingOf, rewardingPlugins, rewardModelOf } from "./rewards.ts";

const FORGET_AFTER_MS = 3_600_000;

export interface EpisodesPlace extends RewardPlace {
  readonly stop: Stopper;
  readonly incident: (who: string, what: string) => void;
}

/** A question with the share of right candidates that it had in the loop; undefined where none was judged. */
export interface PlayableQuestion {
  readonly query: Query;
  readonly passRate: number | undefined;
}

/** @param settings of stage `rl`, or of an ablation of it */
export function episodesOf(place: EpisodesPlace, settings: Readonly<JsonObject> = place.session.settings.stages["rl"] ?? {}): Episodes {
  const { session, stop, incident } = place;
  const { withoutRoles, rewardModel, leftOut } = rewardingOf(place, settings);
  if (leftOut !== undefined) incident("reward-model", leftOut);
  return new Episodes({
    lifecycle: session.lifecycle,
    tool: (id) => session.tool(id),
    stop,
    health: newHealth(incident, () => {}),
    settings: session.settings.reward,
    withoutRoles,
    forgetAfterMs: FORGET_AFTER_MS,
    scale: () => rewardModel?.report?.scale,
  });
}

export interface PlayableTasks {
  readonly tasks: readonly RlTask[];
  /** Ids of the tools that any of them offers. */
  readonly tools: readonly string[];
}

/**
 * Makes the questions playable as RL asks them: prepared as in the loop, without worked examples unless `stages.rl.examples` keeps them; where the preset says
 * so only those that the loop sometimes got right, since a group that is all right or all wrong teaches nothing.
 * @throws ATRAJ_STAGE_INPUT where none is left
 */
export async function playableTasks(
  episodes: Episodes,
  { name, settings }: { readonly name: string; readonly settings: Readonly<JsonObject> },
  session: Session,
  questions: AsyncIterable<PlayableQuestion>,
): Promise<PlayableTasks> {
  const { limit = Number.POSITIVE_INFINITY, minPassRate = 0, maxPassRate = 1 } = settings as Readonly<Record<string, number>>;
  const tasks: RlTask[] = [];
  const tools = new Set<string>();
  for await (const { query, passRate } of questions) {
    if (tasks.length >= limit) break;
    if (passRate === undefined ? minPassRate > 0 || maxPassRate < 1 : passRate < minPassRate || passRate > maxPassRate) continue;
    const state = await session.lifecycle.beforeRollout(session.rolloutRequest(query));
    if (state.drop !== undefined) continue;
    for (const tool of state.request.tools) tools.add(tool);
    tasks.push(episodes.addTask(settings["examples"] === true ? state.request : { ...state.request, examples: [] }));
  }
  if (tasks.length > 0) return { tasks, tools: [...tools] };
  throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
    who: `stage "${name}"`,
    what: "no question is left to play.",
    hint: "Every one was dropped, or lies outside stages.rl.minPassRate and maxPassRate.",
  });
}

/** What a stage is given to have episodes played. @param asked the stage's name and settings */
export async function playing(
  asked: { readonly name: string; readonly settings: Readonly<JsonObject> },
  place: EpisodesPlace,
  questions: AsyncIterable<PlayableQuestion>,
): Promise<Playing> {
  const { session } = place;
  const { combine, weights } = session.settings.reward;
  const episodes = episodesOf(place, asked.settings);
  try {
    const { tasks, tools } = await playableTasks(episodes, asked, session, questions);
    const { terms, rewardModel } = rewardingOf(place, asked.settings);
    return {
      episodes,
      tasks,
      parts: {
        ...Object.assign({}, ...rewardingPlugins(session, terms, tools).map((plugin) => pluginParts(plugin, session))),
        "reward.combine": combine,
        "reward.weights": weights,
        "the reward model": rewardModel?.key,
        "the reward model's scale": rewardModel?.report?.scale,
        "the reward's terms": terms,
      },
      madeFrom: rewardModel === undefined ? [] : [rewardModel],
      serve: () => served(episodes, place),
      close: () => episodes.close(),
    };
  } catch (error) {
    episodes.close();
    throw error;
  }
}

/** With the trained reward model loaded. */
async function served(episodes: Episodes, place: EpisodesPlace): ReturnType<Playing["serve"]> {
  const { session, stop } = place;
  const trained = rewardModelOf(place);
  if (trained?.modelPath !== undefined)
    for (const model of session.services.useAll(REWARD_MODEL).values()) await orInterrupted(model.load(trained.modelPath), stop.signal);
  const [server] = session.services.useAll(EPISODE_SERVER).values();
  if (server !== undefined) return server.serve(episodes);
  throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
    who: 'stage "rl"',
    what: "episodes are served over HTTP, and no plugin offers a server.",
    hint: "Add @autotraj/server-http to the preset.",
  });
}
