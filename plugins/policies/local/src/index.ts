/** The embedded policy: a small model in this process through llama.cpp, on the CPU, the same request always giving the same turn. */
import { definePlugin, MODEL_SOURCE, PluginError, POLICY, type Policy, PYTHON } from "@autotraj/core/plugin";
import { Generator } from "./generator.ts";
import { loadLlama } from "./llama.ts";
import { findModel, knownModels, pullModel } from "./models.ts";
import { PROGRAM_VERSION } from "./program.ts";
import { chooseTemplate, type TemplateName } from "./template.ts";

export { type PulledModel, type PullOptions, pullModel } from "./models.ts";

export interface LocalPolicyOptions {
  /** A known model, a path to a .gguf file (from the preset's folder), or the name under which one was pulled. */
  readonly model: string;
  /** Independent contexts, each computing on its own core with its own sequences; the weights are in memory once. */
  readonly workers: number;
  /** Turns written at a time by each worker. */
  readonly sequences: number;
  /** Tokens each sequence can hold: prompt, tool results and answer together. */
  readonly contextSize: number;
  /** Tokens evaluated at once at most. Part of what decides the text. */
  readonly batchSize: number;
  /** Compute threads of each worker. */
  readonly threads: number;
  readonly turnTimeoutMs: number;
  readonly template: "auto" | TemplateName;
  /** Disk space for evaluated prompts and for the states of trajectories that wait for a tool. */
  readonly stateMiB: number;
}

export default definePlugin<LocalPolicyOptions>({
  meta: {
    name: "@autotraj/policy-local",
    apiVersion: 1,
    kind: "policy",
    description: "A small model in this process through llama.cpp, on the CPU",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        model: {
          type: "string",
          minLength: 1,
          default: "smollm2-135m",
          description: "smollm2-135m (fetched by itself), a path to a .gguf file relative to the preset, or a name used with `autotraj model pull`.",
        },
        workers: {
          type: "integer",
          minimum: 1,
          maximum: 64,
          default: 1,
          description: "Independent contexts, each on its own core. Never more than there are idle cores. Changes no text.",
        },
        sequences: { type: "integer", minimum: 1, maximum: 64, default: 8, description: "Turns each worker writes at a time. Changes no text." },
        contextSize: {
          type: "integer",
          minimum: 256,
          default: 2048,
          description: "Tokens one trajectory can hold, prompt included. Memory grows with workers × sequences × contextSize.",
        },
        batchSize: { type: "integer", minimum: 64, maximum: 4096, default: 512, description: "Prompt tokens evaluated at once at most." },
        threads: {
          type: "integer",
          minimum: 1,
          default: 1,
          description: "Compute threads of each worker. More than 1 is very slow whenever a core is shared; raise `workers` instead.",
        },
        turnTimeoutMs: { type: "integer", minimum: 1, default: 120000, description: "A turn that takes longer fails." },
        template: {
          type: "string",
          enum: ["auto", "chatml", "plain"],
          default: "auto",
          description: "How messages are written for the model. auto: ChatML where the model file says so, plain where it has no chat template.",
        },
        stateMiB: {
          type: "integer",
          minimum: 0,
          default: 1024,
          description: "Temporary disk space for evaluated prompts and paused trajectories. Less costs time, never changes a text.",
        },
      },
    },
    provides: [POLICY, MODEL_SOURCE],
    supports: { deterministic: true, network: false },
  },
  setup(api, options) {
    let started: { readonly generator: Generator; readonly identity: string } | undefined;
    const running = () => {
      if (started !== undefined) return started;
      throw new PluginError("POLICY_NOT_STARTED", "the model is not loaded: it is before start or after the end of the run.");
    };

    api.onStart(async () => {
      const { path, sha256 } = await findModel(options.model, api.baseDir, {
        cacheDir: api.cacheDir,
        python: { ensure: (name, requirements) => api.use(PYTHON).ensure(name, requirements) },
      });
      const llama = await loadLlama({ ...options, path, warn: (message) => api.log.warn(message) });
      const template = chooseTemplate(options.template, llama);
      if (options.contextSize > llama.trainedContextSize) {
        api.log.warn(`contextSize ${options.contextSize} is more than the ${llama.trainedContextSize} tokens the model was trained for.`);
      }
      const { batchSize, contextSize } = options;
      started = {
        generator: new Generator(llama, { ...options, template, log: api.log }),
        identity: JSON.stringify({ gguf: sha256, template, program: PROGRAM_VERSION, batchSize, contextSize }),
      };
    });
    api.onDispose(async () => {
      const ending = started;
      started = undefined;
      await ending?.generator.dispose();
    });

    const policy: Policy = {
      model: options.model,
      get identity() {
        return running().identity;
      },
      dialects: ["tags"],
      deterministic: true,
      concurrency: options.workers * options.sequences,
      generate: (request, { signal }) => running().generator.generate(request, signal),
      endSession: (session) => started?.generator.endSession(session),
    };
    api.provide(POLICY, policy);
    api.provide(MODEL_SOURCE, {
      list: () => knownModels(api.cacheDir),
      async pull(name, onProgress) {
        const { path } = await pullModel(name, { cacheDir: api.cacheDir, python: api.use(PYTHON), onProgress: everyTenth(onProgress) });
        return path;
      },
    });
  },
});

/** Says how far a download is, about ten times. */
function everyTenth(say: (message: string) => void): (bytes: number, totalBytes: number | undefined) => void {
  let told = -1;
  return (bytes, totalBytes) => {
    const tenth = totalBytes === undefined ? Math.floor(bytes / 1e8) : Math.floor((10 * bytes) / totalBytes);
    if (tenth <= told) return;
    told = tenth;
    say(`${(bytes / 1e6).toFixed(0)} MB${totalBytes === undefined ? "" : ` of ${(totalBytes / 1e6).toFixed(0)} MB`}`);
  };
}
