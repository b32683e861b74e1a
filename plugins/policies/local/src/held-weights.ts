/** Weights in memory or on their way there: the policy's own and those of trained models, all let go at the end. */
import { PluginError } from "@autotraj/core/plugin";
import type { PulledModel } from "./models.ts";
import type { LoadedWeights } from "./weights.ts";

export class HeldWeights {
  readonly #load: (file: PulledModel) => Promise<LoadedWeights>;
  readonly #held = new Set<Promise<LoadedWeights>>();
  readonly #ending = new AbortController();

  constructor(load: (file: PulledModel) => Promise<LoadedWeights>) {
    this.#load = load;
  }

  /** Aborted at the end. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  hold(find: () => Promise<PulledModel>): Promise<LoadedWeights> {
    this.ending.throwIfAborted();
    const weights = find().then(this.#load);
    this.#held.add(weights);
    weights.catch(() => this.#held.delete(weights));
    return weights;
  }

  has(weights: Promise<LoadedWeights>): boolean {
    return this.#held.has(weights);
  }

  async letGo(weights: Promise<LoadedWeights>): Promise<void> {
    if (this.#held.delete(weights)) await (await weights).generator.dispose();
  }

  async end(): Promise<void> {
    this.#ending.abort(new PluginError("POLICY_DISPOSED", "the policy has been closed."));
    // What fails to load has let go by itself, and its caller knows.
    for (const weights of [...this.#held])
      await weights.then(
        () => this.letGo(weights),
        () => {},
      );
  }
}
