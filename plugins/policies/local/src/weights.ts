/** One set of weights with all that writes with it; a policy has its own, and may hold others for a while. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import type { Logger } from "@autotraj/core/plugin";
import { Generator } from "./generator.ts";
import { type Llama, loadLlama } from "./llama.ts";
import type { PulledModel } from "./models.ts";
import type { LocalPolicyOptions } from "./options.ts";
import { PROGRAM_VERSION } from "./program.ts";
import { chooseTemplate } from "./template.ts";

export interface LoadedWeights {
  readonly generator: Generator;
  /** All that decides what these weights answer besides the request. */
  readonly identity: string;
  readonly precision: string | undefined;
}

/** @throws PluginError LLAMA_*, MODEL_UNLOADABLE, TEMPLATE_UNKNOWN; nothing stays in memory then. */
export async function loadWeights({ path, sha256 }: PulledModel, options: LocalPolicyOptions, log: Logger): Promise<LoadedWeights> {
  log.info(`loading ${basename(path)}, ${Math.round(statSync(path).size / 1e6)} MB`);
  const llama = await loadLlama({ ...options, path, warn: (message) => log.warn(message) });
  try {
    return generatorOf(llama, sha256, options, log);
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

function generatorOf(llama: Llama, sha256: string, options: LocalPolicyOptions, log: Logger): LoadedWeights {
  const { batchSize, contextSize } = options;
  const template = chooseTemplate(options.template, llama);
  if (contextSize > llama.trainedContextSize) {
    log.warn(`contextSize ${contextSize} is more than the ${llama.trainedContextSize} tokens the model was trained for.`);
  }
  return {
    generator: new Generator(llama, { ...options, template, log }),
    precision: llama.precision,
    identity: JSON.stringify({ gguf: sha256, template, program: PROGRAM_VERSION, batchSize, contextSize }),
  };
}
