/** The plugin's options and their schema. */
import type { JsonObject, ModelServerCommand, OptionsSchema } from "@autotraj/core/plugin";

export interface VllmRewardModelOptions {
  /** Roots of the servers, e.g. `http://127.0.0.1:8091`; all serve the same model. */
  readonly baseURLs: readonly string[];
  /** The model's name as the servers know it; undefined: what they serve from the loaded folder. */
  readonly model?: string;
  /** The model's folder as it lies on this machine, used until a stage of the run trains one. */
  readonly folder?: string;
  /** `auto`: as `render.json` says. `chatml`: ChatML in the tag dialect, for models without one. */
  readonly template: "auto" | "chatml";
  readonly apiKey?: string;
  /** Trajectories per request. */
  readonly batchSize: number;
  /** Requests in flight, all servers together. */
  readonly concurrency: number;
  /** For one attempt. */
  readonly timeoutMs: number;
  /** Attempts after the first. */
  readonly maxRetries: number;
  /** The first pause before a retry; it doubles with each. */
  readonly retryDelayMs: number;
  /** How long loading waits for a server that serves the model. */
  readonly waitMs: number;
  /** Starts a server for each model that is loaded, in place of `baseURLs`. */
  readonly serve: ModelServerCommand;
}

const count = (minimum: number, value: number, description: string): JsonObject => ({ type: "integer", minimum, default: value, description });

export const OPTIONS_SCHEMA: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    baseURLs: {
      type: "array",
      items: { type: "string", minLength: 1 },
      default: [],
      description:
        "Roots of the servers, e.g. [http://127.0.0.1:8091]. Several share the work, and one that is away is gone around; all serve the same model.",
    },
    model: {
      type: "string",
      minLength: 1,
      description: "The model's name as the servers know it. Default: what they serve from the loaded folder.",
    },
    folder: {
      type: "string",
      minLength: 1,
      path: true,
      description: "The model's folder as it lies on this machine, for its render.json; used until a stage of the run trains one. Default: none.",
    },
    template: {
      type: "string",
      enum: ["auto", "chatml"],
      default: "auto",
      description:
        "How trajectories are written: auto as the model's render.json says; chatml: ChatML in the tag dialect, for a model without that file.",
    },
    apiKey: { type: "string", minLength: 1, secret: true, description: "Sent as a bearer token; none by default. Write { $env: NAME }." },
    batchSize: count(1, 32, "Trajectories per request."),
    concurrency: count(1, 4, "Requests in flight, all servers together."),
    timeoutMs: {
      type: "integer",
      minimum: 1,
      maximum: 300_000,
      default: 60_000,
      description: "Time for one attempt, from sending it to the last byte.",
    },
    maxRetries: count(0, 5, "Attempts after the first, per request; with several servers each goes to the next one."),
    retryDelayMs: count(1, 500, "The first pause before a retry; it doubles with each, up to 30 s, with jitter."),
    waitMs: count(0, 0, "How long loading a model waits for a server that serves it; the log says what to start. 0: not at all."),
    serve: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "Starts a server for each model that is loaded, in place of baseURLs; it ends with the run.",
      properties: {
        command: {
          type: "array",
          items: { type: "string", minLength: 1 },
          default: [],
          description:
            'Program and arguments with {model} and {port}, e.g. ["vllm", "serve", "{model}", "--runner", "pooling", "--port", "{port}"]. Empty: none.',
        },
        env: { type: "object", additionalProperties: { type: "string" }, default: {}, description: "Added to the server's environment." },
        readyTimeoutMs: count(1, 1_200_000, "How long it may take until it answers."),
      },
    },
  },
};
