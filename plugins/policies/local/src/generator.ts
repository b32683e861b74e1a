/** Writes one turn: finds or rebuilds the state, samples, leaves the state for the next turn. */
import { type Logger, PluginError, type Turn, type TurnRequest } from "@autotraj/core/plugin";
import type { Llama } from "./llama.ts";
import { countTokens, keysOf, oneByOne, type Program, programOf } from "./program.ts";
import { type Slot, Slots } from "./slots.ts";
import { StateFiles } from "./states.ts";
import { watchStops } from "./stops.ts";
import { type TemplateName, writePrompt } from "./template.ts";

export interface GeneratorSettings {
  readonly template: TemplateName;
  readonly contextSize: number;
  readonly turnTimeoutMs: number;
  readonly stateMiB: number;
  readonly log: Logger;
}

export class Generator {
  readonly #llama: Llama;
  readonly #settings: GeneratorSettings;
  readonly #slots: Slots;
  readonly #states: StateFiles;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(llama: Llama, settings: GeneratorSettings) {
    this.#llama = llama;
    this.#settings = settings;
    this.#slots = new Slots(llama.workers);
    this.#states = new StateFiles(settings.stateMiB * 2 ** 20, (message) => settings.log.warn(message));
  }

  async generate(request: TurnRequest, caller: AbortSignal): Promise<Turn> {
    const program = programOf(writePrompt(this.#settings.template, request.messages, this.#llama), request.continuation, this.#llama);
    this.#checkFits(program, request);
    const stopped = AbortSignal.any([caller, this.#stopping.signal]);
    const slot = await this.#slots.acquire(program.keys.slice(0, -1), stopped);
    const deadline = AbortSignal.timeout(this.#settings.turnTimeoutMs);
    const signal = AbortSignal.any([stopped, deadline]);
    const work = this.#write(request, program, slot, signal).finally(() => this.#slots.release(slot));
    this.#running.add(work);
    const forget = () => this.#running.delete(work);
    work.then(forget, forget);
    try {
      return await Promise.race([work, rejectOnAbort(signal)]);
    } catch (error) {
      if (!deadline.aborted || stopped.aborted) throw error;
      throw new PluginError(
        "TURN_TIMEOUT",
        `a turn of up to ${request.sampling.maxTokens} tokens took longer than ${this.#settings.turnTimeoutMs} ms.`,
        {
          hint: "Lower rollout maxTokens or `sequences`, raise `turnTimeoutMs`, or see whether other work keeps the cores busy.",
        },
      );
    }
  }

  endSession(session: string): void {
    this.#slots.endSession(session);
    this.#states.endSession(session);
  }

  async dispose(): Promise<void> {
    this.#stopping.abort(new PluginError("POLICY_DISPOSED", "the policy has been closed."));
    await Promise.allSettled(this.#running);
    this.#states.dispose();
    await this.#llama.dispose();
  }

  #checkFits(program: Program, request: TurnRequest): void {
    const { contextSize } = this.#settings;
    if (program.tokenCount < contextSize) return;
    throw new PluginError("PROMPT_TOO_LONG", `the prompt of ${program.tokenCount} tokens does not fit into contextSize ${contextSize}.`, {
      hint: `Set contextSize to at least ${program.tokenCount + request.sampling.maxTokens}, show fewer or shorter examples, or limit tool output.`,
    });
  }

  async #write(request: TurnRequest, program: Program, slot: Slot, signal: AbortSignal): Promise<Turn> {
    let { done, cachedTokens } = await this.#restore(program, slot);
    for (; done < program.evaluations.length - 1; done++) {
      signal.throwIfAborted();
      const tokens = program.evaluations[done]!;
      const evaluate = () => slot.sequence.evaluate(tokens);
      if (done >= program.shared) await evaluate();
      else if (await this.#states.reach(program.keys[done]!, slot.sequence, evaluate)) cachedTokens += tokens.length;
    }
    const { tokens, text, finish } = await this.#sample(request, program, slot, signal);
    // The last token is not evaluated yet: it goes together with what follows it.
    const keys = [program.keys.at(-1)!, ...keysOf(oneByOne(tokens.slice(0, -1)), program.keys.at(-1)!)];
    slot.held = { key: keys.at(-1)!, session: request.session };
    return { text, tokens, finish, usage: { promptTokens: program.tokenCount, cachedTokens, completionTokens: tokens.length } };
  }

  /** Brings the sequence as far as a state that is there already allows. */
  async #restore(program: Program, slot: Slot): Promise<{ done: number; cachedTokens: number }> {
    const { sequence, held } = slot;
    slot.held = undefined;
    const last = program.keys.length - 2;
    const upTo = (at: number) => ({ done: at + 1, cachedTokens: countTokens(program.evaluations.slice(0, at + 1)) });
    if (held !== undefined) {
      const at = program.keys.lastIndexOf(held.key, last);
      if (at >= 0) return upTo(at);
      await this.#states.save(held.key, sequence, held.session);
    }
    for (let at = last; at >= 0; at--) {
      if (await this.#states.load(program.keys[at]!, sequence)) return upTo(at);
    }
    await sequence.clear();
    return upTo(-1);
  }

  async #sample(
    request: TurnRequest,
    program: Program,
    slot: Slot,
    signal: AbortSignal,
  ): Promise<Pick<Turn, "text" | "finish"> & { tokens: number[] }> {
    const { temperature, topK, topP, maxTokens } = request.sampling;
    const stops = watchStops(request.stop, this.#llama);
    const limit = Math.min(maxTokens, this.#settings.contextSize - program.tokenCount);
    const tokens: number[] = [];
    signal.throwIfAborted();
    for await (const token of slot.sequence.sample(program.evaluations.at(-1)!, { temperature, topK, topP, seed: seed32(request.seed) })) {
      signal.throwIfAborted();
      tokens.push(token);
      if (this.#llama.isEnd(token)) return { tokens, text: this.#llama.detokenize(tokens.slice(0, -1)), finish: "stop" };
      const text = stops.endedBy(tokens);
      if (text !== undefined) return { tokens, text, finish: "stop" };
      if (tokens.length >= limit) break;
    }
    return { tokens, text: this.#llama.detokenize(tokens), finish: "length" };
  }
}

/** llama.cpp takes 32 bits, and reads all ones as "choose one yourself". */
function seed32(seed: number): number {
  const folded = (Math.trunc(seed) ^ Math.trunc(seed / 2 ** 32)) >>> 0;
  return folded === 0xffff_ffff ? 0 : folded;
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
