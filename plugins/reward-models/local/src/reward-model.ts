/** The reward model behind the contract: loads, batches, starts a dead process again once, and says of each trajectory its score or why there is none. */
import { type Dialects, type Logger, PluginError, type PythonEnvironments, type RewardModel, type Trajectory } from "@autotraj/core/plugin";
import { trlEnvironment } from "@autotraj/trainer-backend/trl-environment";
import { type Conversation, conversationOf, type Rendering, readRendering } from "@autotraj/trajectory-text/rendering";
import type { LocalRewardModelOptions } from "./options.ts";
import { type ModelAnswer, ProcessEnded, ScoringProcess } from "./scoring-process.ts";

/** A batch whose process dies gets a second one: something else may have killed the first. */
const MOST_ATTEMPTS = 2;

export type Judgement = { readonly score: number } | { readonly failed: string };

interface Parts {
  readonly dialects: Dialects;
  readonly python: PythonEnvironments;
  readonly log: Logger;
  /** Folder of the model until another is loaded. */
  readonly folder: string | undefined;
}

interface Running {
  readonly process: ScoringProcess;
  readonly rendering: Rendering;
}

interface Batch {
  readonly conversations: readonly Conversation[];
  /** Which trajectories they are. */
  readonly at: readonly number[];
}

export class LocalRewardModel implements RewardModel {
  readonly #parts: Parts;
  readonly #options: LocalRewardModelOptions;
  #folder: string | undefined;
  #process: ScoringProcess | undefined;
  #rendering: Rendering | undefined;
  /** Why the folder's model cannot be used: it is not asked again for every batch. */
  #refusal: PluginError | undefined;
  /** One caller at a time: another model is never loaded between two trajectories that are to be compared. */
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;
  #shortened = 0;

  constructor(parts: Parts, options: LocalRewardModelOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#folder = parts.folder;
  }

  /** Process id of the model, while it is loaded. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async load(modelDir: string): Promise<void> {
    await this.#inTurn(async () => {
      await this.#stop();
      this.#folder = modelDir;
      this.#refusal = undefined;
      await this.#attempt((running) => Promise.resolve(running));
    });
  }

  async score(trajectories: readonly Trajectory[], context: { readonly signal: AbortSignal }): Promise<readonly (number | undefined)[]> {
    return (await this.judge(trajectories, context)).map((judgement) => ("score" in judgement ? judgement.score : undefined));
  }

  /** As `score`, with the reasons. @throws PluginError REWARD_MODEL_NOT_LOADED, _FOLDER, _RENDERING, _REFUSED, _ENDED; the signal's reason */
  async judge(trajectories: readonly Trajectory[], { signal }: { readonly signal: AbortSignal }): Promise<readonly Judgement[]> {
    signal.throwIfAborted();
    if (trajectories.length === 0) return [];
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([this.#inTurn(() => this.#judge(trajectories, signal)), aborted]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Kills the process and waits until it is gone. What is being scored fails. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#stop();
    if (this.#shortened > 1) this.#parts.log.warn(`${this.#shortened} trajectories were too long for the reward model; it read their two ends.`);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {});
    return result;
  }

  async #judge(trajectories: readonly Trajectory[], signal: AbortSignal): Promise<readonly Judgement[]> {
    const { dialect } = await this.#attempt(async ({ rendering }) => rendering);
    const conversations = trajectories.map((trajectory) => conversationOf(trajectory, dialect, this.#parts.dialects));
    const judgements = new Map<number, Judgement>();
    for (const batch of batchesOf(conversations, this.#options.batchSize)) {
      signal.throwIfAborted();
      const answers = await this.#attempt(({ process }) => process.score(batch.conversations, this.#options.timeoutMs), signal);
      answers.forEach((answer, index) => {
        const at = batch.at[index];
        if (at !== undefined) judgements.set(at, this.#read(answer));
      });
    }
    return trajectories.map((_, index) => judgements.get(index) ?? { failed: "the reward model gave no answer" });
  }

  #read(answer: ModelAnswer): Judgement {
    if ("failed" in answer) return { failed: answer.failed };
    if (answer.left_out > 0 && this.#shortened++ === 0) {
      const whole = answer.tokens + answer.left_out;
      this.#parts.log.warn(`a trajectory of ${whole} tokens is too long for the reward model: its middle is left out, as in training.`);
    }
    return Number.isFinite(answer.score) ? { score: answer.score } : { failed: `the model's score is ${answer.score}` };
  }

  /** Does work with the running process; where that dies, once more with a new one, unless nobody waits for it any longer. */
  async #attempt<T>(work: (running: Running) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work(await this.#running());
      } catch (error) {
        if (error instanceof PluginError && error.code === "REWARD_MODEL_REFUSED") this.#refusal = error;
        if (!(error instanceof ProcessEnded)) throw error;
        await this.#stop();
        signal?.throwIfAborted();
        const what = `the reward model's process ended: ${error.message}`;
        if (this.#disposed || attempt === MOST_ATTEMPTS) {
          throw new PluginError("REWARD_MODEL_ENDED", `${what}${this.#disposed ? "" : ` (${MOST_ATTEMPTS} times in a row)`}.`, {
            hint: "Out of memory? Lower `batchSize`. Too slow? Raise `timeoutMs`, or serve the model with vLLM and use @autotraj/reward-model-vllm.",
          });
        }
        this.#parts.log.warn(`${what}. It is started again.`);
      }
    }
  }

  async #running(): Promise<Running> {
    if (this.#folder === undefined)
      throw new PluginError("REWARD_MODEL_NOT_LOADED", "there is no reward model: none was trained in this run and the option `model` names none.", {
        hint: "Add stages.reward-model to the preset, or name a trained one's folder in `model`.",
      });
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#process !== undefined && this.#rendering !== undefined) return { process: this.#process, rendering: this.#rendering };
    const rendering = await readRendering(this.#folder);
    const { python } = await trlEnvironment(this.#parts.python);
    if (this.#disposed) throw new ProcessEnded("the plugin was shut down");
    const { threads = null, precision, loadTimeoutMs } = this.#options;
    const process = new ScoringProcess(python);
    this.#process = process;
    await process.open({ folder: this.#folder, template: rendering.template, maxLength: rendering.maxLength, threads, precision }, loadTimeoutMs);
    this.#rendering = rendering;
    return { process, rendering };
  }

  async #stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    this.#rendering = undefined;
    await process?.end();
  }
}

/** Alike in length, longest first: what does not fit into memory shows at once. The order follows from the texts alone, whatever order they came in. */
function batchesOf(conversations: readonly Conversation[], size: number): readonly Batch[] {
  const sorted = conversations
    .map((conversation, at) => ({ conversation, at, text: JSON.stringify(conversation) }))
    .sort((a, b) => b.text.length - a.text.length || (a.text < b.text ? -1 : a.text > b.text ? 1 : a.at - b.at));
  const batches: Batch[] = [];
  for (let from = 0; from < sorted.length; from += size) {
    const rows = sorted.slice(from, from + size);
    batches.push({ conversations: rows.map(({ conversation }) => conversation), at: rows.map(({ at }) => at) });
  }
  return batches;
}
