/** The only file that knows node-llama-cpp: loads a model and opens its sequences. */
import { PluginError } from "@autotraj/core/plugin";
import type { BatchingOptions, LlamaContextSequence, Token } from "node-llama-cpp";

/** A place in a context that holds the evaluated state (keys and values) of one text. */
export interface Sequence {
  /** Evaluates tokens behind what is there already. */
  evaluate(tokens: readonly number[]): Promise<void>;
  /** Evaluates `tokens`, then samples; a sampled token is evaluated when the next one is asked for. Ends never by itself. */
  sample(tokens: readonly number[], sampling: { temperature: number; topK: number; topP: number; seed: number }): AsyncGenerator<number, void, void>;
  clear(): Promise<void>;
  /** @returns the file's size in bytes. */
  save(path: string): Promise<number>;
  load(path: string): Promise<void>;
}

export interface Llama {
  /** One list per worker: each worker is a context of its own with its own compute thread; the weights are shared. */
  readonly workers: readonly (readonly Sequence[])[];
  /** The chat template in the model file. */
  readonly chatTemplate: string | undefined;
  /** How most of the weights are stored, as the file says: `F16`, `Q4_1`. */
  readonly precision: string | undefined;
  readonly trainedContextSize: number;
  /** The token a prompt must begin with, where the model wants one. */
  readonly begin: number | undefined;
  /** The control token written so, e.g. `<|im_start|>`. */
  controlToken(text: string): number | undefined;
  isEnd(token: number): boolean;
  /** Token ids are below this; llama.cpp ends the process on any other. */
  readonly vocabularySize: number;
  /** What looks like a control token in the text is read as plain text. */
  tokenize(text: string): number[];
  /** Control tokens have no text. */
  detokenize(tokens: readonly number[]): string;
  dispose(): Promise<void>;
}

export interface LlamaSettings {
  readonly path: string;
  readonly workers: number;
  readonly threads: number;
  readonly sequences: number;
  readonly contextSize: number;
  readonly batchSize: number;
  readonly warn: (message: string) => void;
}

/**
 * A text of several tokens is evaluated with nothing else in its batch. llama.cpp may otherwise split it by the lengths of whatever else is
 * waiting, and where a text is split can change the rounding (measured for splits of the prompt itself: 4 to 7 of 16 texts changed). A guard:
 * without it no turn of 48 changed either, with Q4_1 and with Q8_0.
 */
const prefillAlone: BatchingOptions["itemPrioritizationStrategy"] = ({ items, size }) => {
  const prefill = items.find((item) => item.tokens.length > 1);
  if (prefill !== undefined) return [{ item: prefill, processAmount: Math.min(prefill.tokens.length, size) }];
  return items.slice(0, size).map((item) => ({ item, processAmount: 1 }));
};

/**
 * Weights that are plain numbers are multiplied by other code for one text's token than for several texts' at once, and the sums come in another order (measured for F16:
 * turns of 24 tokens changed with what else was being written). So each text's tokens are evaluated alone; one at a time or many, the speed is the same here.
 */
const eachAlone: BatchingOptions["itemPrioritizationStrategy"] = ({ items, size }) =>
  items.slice(0, 1).map((item) => ({ item, processAmount: Math.min(item.tokens.length, size) }));

/** Weights in blocks of integers (`Q4_1`, `IQ4_NL`): their sums are the same however many texts are evaluated at once. */
const QUANTISED = /^[IT]?Q\d(?!.*F16)/;

export async function loadLlama(settings: LlamaSettings): Promise<Llama> {
  const { getLlama, GgufFileType, LlamaLogLevel } = await import("node-llama-cpp").catch((cause: unknown) => {
    throw new PluginError("LLAMA_MISSING", "node-llama-cpp is not installed.", { hint: "npm install node-llama-cpp@3.22.1", cause });
  });
  // Whoever waits for a thread of ggml's pool spins: more threads than idle cores cost 37 times the speed (measured). So one per worker,
  // and never the library's default of at least four. Nothing is compiled or downloaded.
  const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    maxThreads: settings.threads * settings.workers,
    logLevel: LlamaLogLevel.error,
    logger: (_level, message) => settings.warn(message.trim()),
  }).catch((cause: unknown) => {
    throw new PluginError("LLAMA_UNAVAILABLE", `llama.cpp has no prebuilt binary that runs here (${process.platform} ${process.arch}).`, {
      hint: "Was it installed without optional packages (--omit=optional)? Else use @autotraj/policy-openai with a model server.",
      cause,
    });
  });
  try {
    const model = await llama.loadModel({ modelPath: settings.path, gpuLayers: 0 });
    const precision = GgufFileType[model.fileInfo.metadata.general.file_type ?? -1]?.replace(/^(?:ALL|MOSTLY)_/, "");
    const itemPrioritizationStrategy = QUANTISED.test(precision ?? "") ? prefillAlone : eachAlone;
    const workers: Sequence[][] = [];
    for (let worker = 0; worker < settings.workers; worker++) {
      const context = await model.createContext({
        sequences: settings.sequences,
        contextSize: settings.contextSize,
        batchSize: settings.batchSize,
        threads: settings.threads,
        flashAttention: true,
        failedCreationRemedy: false,
        batching: { itemPrioritizationStrategy },
      });
      workers.push(Array.from({ length: settings.sequences }, () => sequenceOf(context.getSequence())));
    }
    return {
      workers,
      chatTemplate: model.fileInfo.metadata.tokenizer.chat_template,
      precision,
      trainedContextSize: model.trainContextSize,
      begin: model.tokens.shouldPrependBosToken ? (model.tokens.bos ?? undefined) : undefined,
      controlToken(text) {
        const tokens = model.tokenize(text, true);
        return tokens.length === 1 && model.isSpecialToken(tokens[0]) ? tokens[0] : undefined;
      },
      vocabularySize: model.fileInfo.metadata.tokenizer.ggml.tokens.length,
      isEnd: (token) => model.isEogToken(token as Token),
      tokenize: (text) => model.tokenize(text, false),
      detokenize: (tokens) => model.detokenize(tokens as readonly Token[], false),
      dispose: () => llama.dispose(),
    };
  } catch (cause) {
    await llama.dispose();
    throw new PluginError("MODEL_UNLOADABLE", `${settings.path} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: "Is it a GGUF file that llama.cpp knows? If memory is short, lower `sequences`, `contextSize` or `workers`.",
      cause,
    });
  }
}

function sequenceOf(sequence: LlamaContextSequence): Sequence {
  return {
    evaluate: (tokens) => sequence.evaluateWithoutGeneratingNewTokens(tokens as Token[]),
    sample: (tokens, sampling) => sequence.evaluate(tokens as Token[], { ...sampling, minP: 0, yieldEogToken: true }),
    clear: () => sequence.clearHistory(),
    save: async (path) => (await sequence.saveStateToFile(path)).fileSize,
    load: (path) => sequence.loadStateFromFile(path, { acceptRisk: true }),
  };
}
