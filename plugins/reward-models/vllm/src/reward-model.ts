/** The reward model behind the contract: which model the servers must serve, what they are sent, and what their answers are worth. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type Dialects,
  type Logger,
  type ModelServer,
  type ModelServers,
  PluginError,
  type RewardModel,
  type Trajectory,
} from "@autotraj/core/plugin";
import { conversationOf, type Rendering, readRendering } from "@autotraj/trajectory-text/rendering";
import { type Failure, type Judgement, readModels, readScores, readTokens, type ServedModel } from "./answers.ts";
import { BARE_CHATML, chatmlStretches, checkTemplate } from "./chatml.ts";
import { controlTokensOf, USUAL_CONTROL_TOKENS } from "./control-tokens.ts";
import type { VllmRewardModelOptions } from "./options.ts";
import { Refused, Servers } from "./server.ts";

const POLL_MS = 1_000;

/** Of a text that is too long, or that spells a control token. */
type TokenIds = readonly number[];
type Input = string | TokenIds;
interface Asked<T extends Input> {
  /** Which trajectory it is. */
  readonly at: number;
  readonly input: T;
}

interface Loaded {
  readonly rendering: Rendering;
  /** What the servers' tokenizer reads as a control token. */
  readonly controlTokens: RegExp;
  /** Its name at each server, by server. They may differ: servers name a model after its folder. */
  readonly name: string;
}

interface Parts {
  readonly dialects: Dialects;
  readonly log: Logger;
  readonly folder: string | undefined;
  /** Asked for where models are served by a command. */
  readonly modelServers: () => ModelServers;
}

export class VllmRewardModel implements RewardModel {
  readonly #parts: Parts;
  readonly #options: VllmRewardModelOptions;
  #servers: Servers;
  /** What serves the loaded model, where that is ours to do. */
  #own: { readonly which: string; readonly server: ModelServer } | undefined;
  #folder: string | undefined;
  #loaded: Promise<Loaded> | undefined;
  #shortened = 0;

  /** @throws PluginError REWARD_MODEL_URL */
  constructor(parts: Parts, options: VllmRewardModelOptions) {
    this.#parts = parts;
    this.#options = options;
    if (options.baseURLs.length === 0 && options.serve.command.length === 0)
      throw new PluginError("REWARD_MODEL_URL", "neither `baseURLs` nor `serve` says where the reward model is.", {
        hint: "Name servers that run, or a command that starts one.",
      });
    this.#servers = new Servers(options);
    this.#folder = parts.folder;
  }

  /** Reads the folder's `render.json` and checks, or waits until, every server serves the model. */
  async load(modelDir: string): Promise<void> {
    this.#folder = modelDir;
    this.#loaded = undefined;
    await this.#model();
  }

  async score(trajectories: readonly Trajectory[], context: { readonly signal: AbortSignal }): Promise<readonly (number | undefined)[]> {
    return (await this.judge(trajectories, context)).map((judgement) => ("score" in judgement ? judgement.score : undefined));
  }

  /** As `score`, with the reasons. @throws PluginError REWARD_MODEL_…; the signal's reason */
  async judge(trajectories: readonly Trajectory[], { signal }: { readonly signal: AbortSignal }): Promise<readonly Judgement[]> {
    signal.throwIfAborted();
    if (trajectories.length === 0) return [];
    const loaded = await this.#model();
    const judgements: Judgement[] = trajectories.map(() => ({ failed: "the server gave no answer" }));
    // Where one request fails for good, the others are not waited for.
    const others = new AbortController();
    const both = AbortSignal.any([signal, others.signal]);
    try {
      const inputs = await Promise.all(trajectories.map(async (trajectory, at) => ({ at, input: await this.#input(trajectory, loaded, both) })));
      for (const { at, input } of inputs) if (isFailure(input)) judgements[at] = input;
      // One request holds texts or token ids, never both.
      const texts = inputs.filter((row): row is Asked<string> => typeof row.input === "string");
      const cut = inputs.filter((row): row is Asked<TokenIds> => Array.isArray(row.input));
      const batches = [...chunks(texts, this.#options.batchSize), ...chunks(cut, this.#options.batchSize)];
      await Promise.all(
        batches.map(async (rows) => {
          const inputs = rows.map(({ input }) => input);
          (await this.#classify(inputs, loaded, both)).forEach((judgement, index) => {
            const at = rows[index]?.at;
            if (at !== undefined) judgements[at] = judgement;
          });
        }),
      );
      return judgements;
    } finally {
      others.abort();
    }
  }

  async dispose(): Promise<void> {
    this.#servers.close();
    await this.#own?.server.stop();
    if (this.#shortened > 1) this.#parts.log.warn(`${this.#shortened} trajectories were too long for the reward model; it read their two ends.`);
  }

  /** One judgement per input. Where a server refuses a batch, it is halved until those it refuses are alone. */
  async #classify(inputs: readonly Input[], loaded: Loaded, signal: AbortSignal): Promise<readonly Judgement[]> {
    const body = { model: loaded.name, input: inputs, add_special_tokens: false, use_activation: false };
    try {
      return await this.#servers.post("/classify", body, signal, (answer) => readScores(answer, inputs.length));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (inputs.length === 1) return [failureOf(error)];
      const half = Math.ceil(inputs.length / 2);
      const halves = [inputs.slice(0, half), inputs.slice(half)];
      return (await Promise.all(halves.map((part) => this.#classify(part, loaded, signal)))).flat();
    }
  }

  /** The text, or its tokens as in training: of a text that is too long the two ends, of one that spells control tokens those of its stretches. */
  async #input(trajectory: Trajectory, loaded: Loaded, signal: AbortSignal): Promise<Input | Failure> {
    const { rendering, controlTokens } = loaded;
    const stretches = chatmlStretches(conversationOf(trajectory, rendering.dialect, this.#parts.dialects), controlTokens);
    const text = stretches.length === 1 ? stretches[0] : undefined;
    const { maxLength } = rendering;
    // No token is shorter than a byte.
    if (text !== undefined && (maxLength === null || Buffer.byteLength(text) <= maxLength)) return text;
    const found = await Promise.all(stretches.map((stretch) => this.#tokens(stretch, loaded, signal)));
    const failure = found.find((part) => isFailure(part));
    if (failure !== undefined) return failure;
    const tokens = (found as TokenIds[]).flat();
    if (maxLength === null || tokens.length <= maxLength) return text ?? tokens;
    if (this.#shortened++ === 0)
      this.#parts.log.warn(`a trajectory of ${tokens.length} tokens is too long for the reward model: its middle is left out, as in training.`);
    const tail = Math.floor(maxLength / 2);
    return [...tokens.slice(0, maxLength - tail), ...tokens.slice(-tail)];
  }

  #tokens(prompt: string, { name }: Loaded, signal: AbortSignal): Promise<TokenIds | Failure> {
    return this.#servers.post("/tokenize", { model: name, prompt, add_special_tokens: false }, signal, readTokens).catch(refusalOf);
  }

  /** Loaded once; a failure is tried again by the next caller. */
  #model(): Promise<Loaded> {
    if (this.#loaded === undefined) {
      const loading = this.#load();
      loading.catch(() => {
        if (this.#loaded === loading) this.#loaded = undefined;
      });
      this.#loaded = loading;
    }
    return this.#loaded;
  }

  async #load(): Promise<Loaded> {
    const folder = this.#folder;
    const { template, model, waitMs } = this.#options;
    if (folder === undefined && (template === "auto" || model === undefined))
      throw new PluginError("REWARD_MODEL_NOT_LOADED", "there is no reward model: none was trained in this run and the option `folder` names none.", {
        hint: "Add stages.reward-model to the preset, or name a trained one in `folder`; for one of another kind set `model` and `template: chatml`.",
      });
    const rendering = folder === undefined ? BARE_CHATML : await readRendering(folder);
    if (folder !== undefined) checkTemplate(folder, rendering, template === "chatml");
    const controlTokens = folder === undefined ? USUAL_CONTROL_TOKENS : controlTokensOf(folder);
    if (folder !== undefined) await this.#serve(folder);
    const deadline = performance.now() + waitMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return { rendering, controlTokens, name: await this.#servedName(folder) };
      } catch (error) {
        if (performance.now() >= deadline) throw error;
        if (attempt === 0) this.#parts.log.info(`waiting for the reward model: ${(error as Error).message} ${commandFor(folder ?? model ?? "")}`);
        await this.#servers.pause(Math.min(POLL_MS, waitMs));
      }
    }
  }

  /** One model at a time: the GPU that held the last one is needed again. @throws ATRAJ_MODEL_SERVER */
  async #serve(folder: string): Promise<void> {
    const { serve } = this.#options;
    if (serve.command.length === 0) return;
    const { ino, mtimeMs } = await stat(folder);
    // A model that was trained anew lies in the same place.
    const which = `${folder} ${ino} ${mtimeMs}`;
    if (this.#own?.which === which) return;
    await this.#own?.server.stop();
    this.#own = undefined;
    this.#parts.log.info(`serving the reward model ${folder}: ${serve.command[0]}`);
    const server = await this.#parts.modelServers().start({ ...serve, model: folder, path: "/v1" });
    this.#own = { which, server };
    this.#servers.close();
    this.#servers = new Servers({ ...this.#options, baseURLs: [new URL(server.baseURL).origin] });
  }

  /** @throws PluginError REWARD_MODEL_NOT_SERVED, REWARD_MODEL_UNAVAILABLE */
  async #servedName(folder: string | undefined): Promise<string> {
    const { model } = this.#options;
    const names = await Promise.all(
      this.#servers.urls.map(async (url) => {
        const served = readModels(await this.#servers.get(url, "/v1/models"));
        const isFolder = ({ id, root }: ServedModel) =>
          folder !== undefined && [id, root].some((path) => path !== undefined && resolve(path) === resolve(folder));
        const found = served.find((entry) => (model === undefined ? isFolder(entry) : entry.id === model));
        if (found === undefined) {
          const there = served.map(({ id, root }) => (root === undefined || root === id ? id : `${id} (${root})`)).join(", ") || "nothing";
          throw new PluginError("REWARD_MODEL_NOT_SERVED", `${url} does not serve ${model ?? folder}; it serves ${there}.`, {
            hint: `${commandFor(folder ?? model ?? "")} Where the servers see the folder under another path, set \`model\` to the name they give it.`,
          });
        }
        if (folder !== undefined && found.root !== undefined && !isFolder(found))
          this.#parts.log.warn(`${url} serves ${found.id} from ${found.root}: make sure that it is what lies in ${folder}.`);
        return found.id;
      }),
    );
    const [name = ""] = names;
    if (names.every((other) => other === name)) return name;
    throw new PluginError("REWARD_MODEL_NOT_SERVED", `the servers give the model different names: ${[...new Set(names)].join(", ")}.`, {
      hint: "Start them with the same --served-model-name and set `model` to it.",
    });
  }
}

function isFailure(value: Input | Failure): value is Failure {
  return typeof value === "object" && "failed" in value;
}

function failureOf(refusal: Refused): Failure {
  return { failed: `the server refused it with ${refusal.message}` };
}

function refusalOf(error: unknown): Failure {
  if (error instanceof Refused) return failureOf(error);
  throw error;
}

function commandFor(folder: string): string {
  return `Start it with \`vllm serve ${folder} --runner pooling\`.`;
}

function chunks<T>(rows: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) => rows.slice(index * size, (index + 1) * size));
}
