/** Rewards by the client's own ids: clients retry, and steps are done again after a resume, but nothing is judged twice and nobody gets two answers. */
import type { EpisodeReward, EpisodeService, Trajectory } from "@autotraj/core/plugin";
import type { Metrics } from "./metrics.ts";
import type { Problem } from "./refusal.ts";

export interface ScoreAnswer {
  /** Null where it is not valid; never a 0 in its place. */
  readonly reward: number | null;
  readonly terms: Readonly<Record<string, number | null>>;
  /** {@link EpisodeReward.bounded} */
  readonly bounded?: EpisodeReward["bounded"];
  readonly valid: boolean;
  readonly error?: Problem;
}

export interface ScoreRequest {
  readonly id: string;
  /** Tells whether two requests of one id ask the same. */
  readonly fingerprint: string;
  /** Read only where the id is new. @throws what makes the answer invalid. */
  readonly trajectory: () => Trajectory;
}

interface Entry {
  readonly fingerprint: string;
  readonly answer: Promise<ScoreAnswer>;
}

export interface ScorebookParts {
  readonly episodes: Pick<EpisodeService, "scoreTrajectories">;
  readonly metrics: Pick<Metrics, "reward">;
  readonly problemOf: (error: unknown) => Problem;
  /** Valid answers are remembered until so many others were asked for since. */
  readonly remember: number;
}

export class Scorebook {
  readonly #parts: ScorebookParts;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(parts: ScorebookParts) {
    this.#parts = parts;
  }

  /**
   * Answers in order; what is new is judged as one batch. What could not be judged is asked anew at the next request: a judge that was away may be back.
   * @throws where nothing can be judged any more (the service is stopping).
   */
  async score(requests: readonly ScoreRequest[]): Promise<readonly ScoreAnswer[]> {
    const fresh: { request: ScoreRequest; settle: PromiseWithResolvers<ScoreAnswer> }[] = [];
    const answers = requests.map((request): Promise<ScoreAnswer> => {
      const known = this.#entries.get(request.id);
      if (known !== undefined) return this.#again(request, known);
      const settle = Promise.withResolvers<ScoreAnswer>();
      this.#entries.set(request.id, { fingerprint: request.fingerprint, answer: settle.promise });
      fresh.push({ request, settle });
      return settle.promise;
    });
    const all = Promise.all(answers);
    if (fresh.length > 0) await this.#judge(fresh, all);
    return all;
  }

  async #again({ id, fingerprint }: ScoreRequest, known: Entry): Promise<ScoreAnswer> {
    if (known.fingerprint !== fingerprint) {
      return invalid({ code: "ID_REUSED", message: `the id "${id}" has been used for something else; give every sample an id of its own.` });
    }
    this.#entries.delete(id);
    this.#entries.set(id, known);
    return known.answer;
  }

  /** `all` is waited for by the caller: it is here so that a failure is never unheard. */
  async #judge(fresh: readonly { request: ScoreRequest; settle: PromiseWithResolvers<ScoreAnswer> }[], all: Promise<unknown>): Promise<void> {
    all.catch(() => {});
    const { episodes, metrics, problemOf, remember } = this.#parts;
    const readable: { trajectory: Trajectory; settle: (answer: ScoreAnswer) => void }[] = [];
    for (const { request, settle } of fresh) {
      const done = (answer: ScoreAnswer) => {
        metrics.reward(answer.valid ? "valid" : "invalid");
        if (!answer.valid) this.#entries.delete(request.id);
        settle.resolve(answer);
      };
      try {
        readable.push({ trajectory: request.trajectory(), settle: done });
      } catch (error) {
        done(invalid(problemOf(error)));
      }
    }
    try {
      const rewards = readable.length === 0 ? [] : await episodes.scoreTrajectories(readable.map(({ trajectory }) => trajectory));
      for (const [index, { settle }] of readable.entries()) settle(answerOf(rewards[index]));
    } catch (error) {
      for (const { request, settle } of fresh) {
        this.#entries.delete(request.id);
        settle.reject(error);
      }
    }
    for (const id of this.#entries.keys()) {
      if (this.#entries.size <= remember) break;
      this.#entries.delete(id);
    }
  }
}

function answerOf(given: EpisodeReward | undefined): ScoreAnswer {
  const { reward = null, terms = {}, bounded, invalid: reason } = given ?? {};
  if (reward === null || !Number.isFinite(reward)) {
    return invalid({ code: "REWARD_FAILED", message: reason ?? `the reward is ${reward ?? "missing"}` }, terms);
  }
  return { reward, terms, ...(bounded === undefined ? {} : { bounded }), valid: true };
}

function invalid(error: Problem, terms: ScoreAnswer["terms"] = {}): ScoreAnswer {
  return { reward: null, terms, valid: false, error };
}
