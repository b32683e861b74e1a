/**
 * Episodes for a trainer that samples by itself: it sends turns, gets the tools' results back, and asks for rewards. The same tools, limits, dialect,
 * scorers and reward terms as in the loop, so a trajectory means the same wherever it was sampled.
 */

import { dialects } from "../../data/dialects/index.ts";
import { saysFailed } from "../../data/recorded/failed-results.ts";
import { AutoTrajError, messageOf } from "../../kernel/errors.ts";
import type { Lifecycle } from "../../kernel/lifecycle.ts";
import type {
  EpisodeReward,
  EpisodeService,
  EpisodeStep,
  EpisodeTurn,
  Finish,
  PlayedElsewhere,
  RewardTapOptions,
  RlTask,
  RolloutRequest,
  ScoreItem,
  Tool,
  Trajectory,
} from "../../kernel/plugin.ts";
import type { Stopper } from "../../kernel/stop.ts";
import { contentHash, trajectoryId } from "../../kernel/trajectory/identity.ts";
import { type CallObserver, Calls } from "../../loop/calls.ts";
import type { Health } from "../../loop/health.ts";
import { promptMessages, Transcript } from "../../loop/rollout.ts";
import type { CallCache } from "../../loop/store/call-cache.ts";
import { combineReward, type RewardScale, type RewardSettings } from "./reward.ts";

export interface EpisodesParts {
  readonly lifecycle: Lifecycle;
  readonly tool: (id: string) => Tool;
  readonly stop: Stopper;
  readonly health: Health;
  readonly settings: RewardSettings;
  /** Terms of these roles take no part in the reward. */
  readonly withoutRoles: readonly RewardTapOptions["role"][];
  /** Episodes that no one has asked about for this long are forgotten, in milliseconds. */
  readonly forgetAfterMs: number;
  readonly scale?: () => RewardScale | undefined;
}

interface Episode {
  readonly transcript: Transcript;
  readonly request: RolloutRequest;
  finish: Finish | undefined;
  touched: number;
  /** Turns are taken one after the other, whatever order requests arrive in. */
  queue: Promise<unknown>;
  /** Steps by turn number: a client that asks again gets the same answer, and no tool runs twice. */
  readonly steps: EpisodeStep[];
}

/** Tool results of training are seen once and never again: kept nowhere. */
const NO_CACHE: CallCache = { get: () => undefined, put: () => {} };
const UNOBSERVED: CallObserver = { turn: () => {}, toolCall: () => {} };
const MOST_TOOL_CALLS = 1024;

export class Episodes implements EpisodeService {
  readonly #parts: EpisodesParts;
  readonly #calls: Calls;
  readonly #requests = new Map<string, RolloutRequest>();
  readonly #tasks = new Map<string, RlTask>();
  /** In the order in which they were last asked about: the first ones are forgotten first. */
  readonly #episodes = new Map<string, Episode>();
  #opened = 0;

  constructor(parts: EpisodesParts) {
    this.#parts = parts;
    this.#calls = new Calls(NO_CACHE, parts.stop, UNOBSERVED, MOST_TOOL_CALLS);
  }

  get open(): number {
    return this.#episodes.size;
  }

  /** What can be played, by query id. */
  get tasks(): ReadonlyMap<string, RlTask> {
    return this.#tasks;
  }

  /** Makes a question playable. Returns what a trainer must know of it. */
  addTask(request: RolloutRequest): RlTask {
    const { id } = request.query;
    this.#requests.set(id, request);
    const dialect = dialects.get(request.dialect);
    const tools = request.tools.map((tool) => this.#parts.tool(tool).definition);
    const { query, sampling, maxToolCalls, maxTurns } = request;
    const messages = promptMessages(request, {}, dialect);
    const task: RlTask = { id, query, messages, dialect: request.dialect, tools, stop: dialect.stops(tools), sampling, maxToolCalls, maxTurns };
    this.#tasks.set(id, task);
    return task;
  }

  task(id: string): RlTask {
    const task = this.#tasks.get(id);
    if (task === undefined) throw noTask(id);
    return task;
  }

  /** Begins an episode. The same `key` gives the same episode again, so that a repeated request opens no second one. */
  begin(taskId: string, key: string | undefined): string {
    this.#forgetOld();
    const request = this.#requests.get(taskId);
    if (request === undefined) throw noTask(taskId);
    const session = contentHash("episode", taskId, key ?? `${process.pid} ${this.#opened++} ${performance.now()}`).slice(0, 20);
    if (!this.#episodes.has(session)) {
      const transcript = new Transcript({ ...this.#parts, calls: this.#calls }, request, { by: "episode", key: session });
      this.#episodes.set(session, { transcript, request, finish: undefined, touched: performance.now(), queue: Promise.resolve(), steps: [] });
    }
    return session;
  }

  /** Takes turn number `index` (from 0) of an episode. A turn that was taken before is answered as it was then. */
  async turn(session: string, index: number, turn: EpisodeTurn): Promise<EpisodeStep> {
    const episode = this.#episode(session);
    const work = episode.queue.then(async () => {
      const known = episode.steps[index];
      if (known !== undefined) return known;
      if (index !== episode.steps.length)
        throw notFound(`turn ${index} of session ${session} comes too early: ${episode.steps.length} were taken.`, "Send turns in order.");
      if (episode.finish !== undefined) throw notFound(`session ${session} is over (${episode.finish}).`, "Begin another episode.");
      const step = await this.#take(episode, turn);
      episode.steps.push(step);
      return step;
    });
    episode.queue = work.catch(() => {});
    return work;
  }

  async #take(episode: Episode, turn: EpisodeTurn): Promise<EpisodeStep> {
    const { transcript, request } = episode;
    const before = transcript.written.length;
    const usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
    let finish = await transcript.accept({ ...turn, usage });
    if (finish === undefined && transcript.count("assistant") >= request.maxTurns) finish = "turn-limit";
    const results = transcript.written.slice(before).filter((message) => message.role === "tool");
    episode.finish = finish;
    if (finish !== undefined) transcript.endSessions();
    return {
      append: finish === undefined ? results.map((message) => transcript.dialect.text(message)).join("") : "",
      results: results.map(({ toolCallId, name, content, ok }) => ({ toolCallId, name, content, ok })),
      done: finish !== undefined,
      ...(finish === undefined ? {} : { finish }),
    };
  }

  /** The trajectory so far. One that was cut off by the trainer's own limits ends as `token-limit`. */
  trajectory(session: string): Trajectory {
    const { transcript, finish } = this.#episode(session);
    return transcript.trajectory(finish ?? "token-limit", { origin: "rollout" });
  }

  /** The trajectory that was played elsewhere, after the task's own prompt. */
  recorded(task: string, played: PlayedElsewhere): Trajectory {
    const blank = this.begin(task, undefined);
    const { query, tools, messages: prompt, provenance } = this.trajectory(blank);
    this.end(blank);
    const written = played.messages.map((message) =>
      message.role === "assistant" ? message : { ...message, ok: message.ok ?? !saysFailed(message.content) },
    );
    const { dialect, answer, finish, faults } = played;
    const said = { messages: [...prompt, ...written], ...(answer === undefined ? {} : { answer }), finish, faults };
    const content = { query, dialect, tools, ...said, provenance };
    const count = (role: string) => written.filter((message) => message.role === role).length;
    const usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: count("assistant"), toolCalls: count("tool") };
    return { id: trajectoryId(content), ...content, usage };
  }

  /** Rewards by session, in order. A failure makes a reward invalid with its reason; it is never 0. */
  async score(sessions: readonly string[]): Promise<readonly EpisodeReward[]> {
    return this.scoreTrajectories(
      sessions.map((session) => {
        try {
          return this.trajectory(session);
        } catch (error) {
          return messageOf(error);
        }
      }),
    );
  }

  /** Rewards of trajectories, whoever sampled them. A string stands for one that could not be had, and says why. */
  async scoreTrajectories(trajectories: readonly (Trajectory | string)[]): Promise<readonly EpisodeReward[]> {
    const { lifecycle, settings, scale, withoutRoles } = this.#parts;
    const needed = lifecycle.rewardDimensions();
    const scored = await Promise.all(
      trajectories.map(async (trajectory): Promise<ScoreItem | string> => {
        if (typeof trajectory === "string") return trajectory;
        try {
          const [row] = needed.size === 0 ? [{ trajectory, scores: {} }] : await lifecycle.score(trajectory.query, [trajectory], undefined, needed);
          if (row === undefined) return "it was not scored";
          const item: { -readonly [K in keyof ScoreItem]: ScoreItem[K] } = { trajectory, query: trajectory.query, scores: row.scores, group: [] };
          item.group = [item];
          return item;
        } catch (error) {
          return messageOf(error);
        }
      }),
    );
    const items = scored.filter((item): item is ScoreItem => typeof item !== "string");
    const terms = items.length === 0 ? new Map() : await lifecycle.reward(items);
    return scored.map((item): EpisodeReward => {
      if (typeof item === "string") return { reward: null, terms: {}, invalid: item };
      const index = items.indexOf(item);
      const own = new Map(
        [...lifecycle.rewardTerms]
          .filter(([, { role }]) => !withoutRoles.includes(role))
          .map(([name, { role }]) => [name, { role, score: terms.get(name)?.[index] ?? { failed: "no term was given" } }]),
      );
      return combineReward(own, settings, scale?.());
    });
  }

  end(session: string): void {
    const episode = this.#episodes.get(session);
    if (episode === undefined) return;
    episode.transcript.endSessions();
    this.#episodes.delete(session);
  }

  close(): void {
    for (const session of [...this.#episodes.keys()]) this.end(session);
  }

  #episode(session: string): Episode {
    const episode = this.#episodes.get(session);
    if (episode === undefined) throw notFound(`there is no session "${session}".`, "It was ended, or not asked about for too long.");
    episode.touched = performance.now();
    this.#episodes.delete(session);
    this.#episodes.set(session, episode);
    return episode;
  }

  #forgetOld(): void {
    const oldest = performance.now() - this.#parts.forgetAfterMs;
    for (const [session, { touched }] of this.#episodes) {
      if (touched >= oldest) return;
      this.end(session);
    }
  }
}

function noTask(id: string): AutoTrajError {
  return notFound(`there is no task "${id}".`, "Tasks are the questions of the run's rl stage, by query id.");
}

function notFound(what: string, hint: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_EPISODE", { who: "episode", what, hint });
}
