/** The plugin's options and their schema. */
import type { JsonObject, ModelServerCommand, OptionsSchema } from "@autotraj/core/plugin";

export interface OpenAIPolicyOptions {
  /** The model's name as the server knows it. */
  readonly model: string;
  /** The server's API root, e.g. `http://127.0.0.1:8000/v1`. */
  readonly baseURL: string;
  /** Sent as a bearer token. No environment variable is read on its own: none is sent where none is given. */
  readonly apiKey: string;
  /** `auto`: completions for the `tags` dialect, chat for `native`. */
  readonly api: "auto" | "chat" | "completions";
  /** How messages become one prompt for `/completions`. */
  readonly template: "chatml" | "paper" | "custom";
  /** What stands before each role's content, and after each content. Used by `template: custom`. */
  readonly customTemplate: PromptTemplate;
  /** How `/chat/completions` is told to go on with an assistant message (dialect `tags` from the second turn on). */
  readonly prefix: "vllm" | "assistant" | "none";
  /** The field in which earlier thinking goes back to the server (`native`). */
  readonly reasoningField: "none" | "reasoning_content" | "reasoning";
  readonly seed: "send" | "omit";
  /** Stop strings the server takes; those beyond are cut here. */
  readonly maxStops: number;
  readonly extraBody: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  /** USD per million tokens. */
  readonly price?: { readonly input: number; readonly cachedInput?: number; readonly output: number };
  /** For one attempt, from sending to the last byte. */
  readonly timeoutMs: number;
  /** Between two pieces of an answer that has begun. */
  readonly silenceTimeoutMs: number;
  readonly maxRetries: number;
  /** The first pause before a retry; it doubles with each. */
  readonly retryDelayMs: number;
  readonly maxRetryAfterMs: number;
  readonly concurrency: ConcurrencyOptions;
  /** How models that a run trains are served, so that they can be sampled and evaluated as the policy's own model is. */
  readonly serve: ModelServerCommand & { readonly path: string; readonly template: "chatml" | "paper" | "custom" };
}

export interface PromptTemplate {
  readonly system: string;
  readonly user: string;
  readonly assistant: string;
  readonly end: string;
}

export interface ConcurrencyOptions {
  readonly start: number;
  readonly min: number;
  readonly max: number;
}

const text = (description: string): JsonObject => ({ type: "string", default: "", description });
const count = (minimum: number, value: number, description: string): JsonObject => ({ type: "integer", minimum, default: value, description });
const choice = (values: readonly string[], description: string): JsonObject => ({
  type: "string",
  enum: [...values],
  default: values[0] ?? "",
  description,
});
const usd = (description: string): JsonObject => ({ type: "number", minimum: 0, description });

export const OPTIONS_SCHEMA: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  required: ["model", "baseURL"],
  properties: {
    model: { type: "string", minLength: 1, secret: false, description: "The model's name as the server knows it." },
    baseURL: { type: "string", minLength: 1, description: "The server's API root, e.g. http://127.0.0.1:8000/v1, without credentials." },
    apiKey: {
      type: "string",
      secret: true,
      default: "",
      description: 'Sent as a bearer token; empty: none. Write { $env: NAME }, with `default: ""` where some servers want none.',
    },
    api: choice(["auto", "chat", "completions"], "Which endpoint to use; auto takes completions for the tags dialect and chat for native."),
    template: choice(
      ["chatml", "paper", "custom"],
      "How messages become one prompt for completions: chatml, the paper's plain text, or customTemplate.",
    ),
    customTemplate: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "For template: custom: what stands before each role's content, and after each content.",
      properties: {
        system: text("Before the system prompt."),
        user: text("Before a question."),
        assistant: text("Before an answer; the prompt ends with it."),
        end: text("After each content; also where a turn is cut."),
      },
    },
    prefix: choice(
      ["none", "vllm", "assistant"],
      "How chat goes on with an assistant message: vllm sets continue_final_message, assistant only puts it last (llama.cpp), none refuses.",
    ),
    reasoningField: choice(
      ["none", "reasoning_content", "reasoning"],
      "The message field in which earlier thinking goes back to the server (native).",
    ),
    seed: choice(["send", "omit"], "Whether requests carry a seed."),
    maxStops: count(0, 4, "Stop strings the server takes; text after any other is cut here."),
    extraBody: {
      type: "object",
      additionalProperties: true,
      default: {},
      description: "Fields added to every request's body, e.g. { min_p: 0 }; null takes a field out.",
    },
    headers: {
      type: "object",
      additionalProperties: { type: "string" },
      default: {},
      description: "Headers added to every request. Write secret values as { $env: NAME }.",
    },
    price: {
      type: "object",
      additionalProperties: false,
      required: ["input", "output"],
      description:
        "USD per million tokens, for cost estimates and reports. Default: what the table prices.json has for a model of a host that it knows.",
      properties: { input: usd("Prompt tokens."), cachedInput: usd("Prompt tokens read from the server's cache."), output: usd("Written tokens.") },
    },
    timeoutMs: count(1, 600_000, "Time for one attempt, from sending it to the last byte of the answer."),
    silenceTimeoutMs: count(1, 60_000, "Longest silence inside an answer that has begun."),
    maxRetries: count(0, 10, "Attempts after the first, per request."),
    retryDelayMs: count(1, 500, "The first pause before a retry; it doubles with each, up to 30 s, with jitter."),
    maxRetryAfterMs: count(
      0,
      60_000,
      "Longest Retry-After that is waited for; one that asks for more is not believed, and the request comes back after the usual pause.",
    ),
    concurrency: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "Requests in flight, adapted to what the server bears; shared by all policies with the same baseURL and model.",
      properties: {
        start: count(1, 8, "At the beginning."),
        min: count(1, 1, "Never fewer."),
        max: count(1, 64, "Never more."),
      },
    },
    serve: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "How models that a run trains are served, for evaluation and later rounds; the policy's own server is not touched.",
      properties: {
        command: {
          type: "array",
          items: { type: "string", minLength: 1 },
          default: [],
          description: 'Program and arguments with {model} and {port}, e.g. ["vllm", "serve", "{model}", "--port", "{port}"]. Empty: none is served.',
        },
        env: { type: "object", additionalProperties: { type: "string" }, default: {}, description: "Added to the server's environment." },
        path: { type: "string", default: "/v1", description: "The API root on that server." },
        template: choice(
          ["chatml", "paper", "custom"],
          "As the option template, for these models: trainers write ChatML, whatever the policy's own model is asked in.",
        ),
        readyTimeoutMs: count(1, 1_200_000, "How long it may take until <path>/models answers."),
      },
    },
  },
};
