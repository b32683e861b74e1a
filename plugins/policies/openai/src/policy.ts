/** The policy: one turn is one request, tried until it is answered or refused for good. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type DialectName, type JsonObject, type Logger, PluginError, type Policy, type Turn, type TurnRequest } from "@autotraj/core/plugin";
import { backoffMs } from "@autotraj/http-attempts/backoff";
import { readTurn } from "./answers.ts";
import { BehindName } from "./behind-name.ts";
import { type Endpoint, openEndpoint } from "./endpoint.ts";
import type { Failure } from "./failed-attempt.ts";
import { readFailure } from "./failure.ts";
import { knownPrice } from "./known-prices.ts";
import { joinLimiter, type Limiter } from "./limiter.ts";
import type { OpenAIPolicyOptions } from "./options.ts";
import { type Api, apiFor, bodyFor, checkExtraBody, type Form, templateOf } from "./requests.ts";

const PATHS = { chat: "/chat/completions", completions: "/completions" } as const;
/** Reading the prompt counts as writing this many tokens when latencies are compared. */
const PROMPT_UNITS = 20;
const LOOK_MS = 5_000;
/** Shorter header values (`true`, a version) are no secrets, and would tear holes into messages. */
const SHORTEST_SECRET = 8;
/** Connections that broke before an answer began, for one request, that are nobody's fault: the server was just closing them. */
const LOST_FOR_FREE = 2;
/** Where so many different prompts were refused and none was ever answered, a setting is wrong and not a question. */
const REFUSED_BY_ALL = 3;

export class OpenAIPolicy implements Policy {
  readonly model: string;
  readonly identity: string;
  readonly dialects: readonly DialectName[];
  readonly price?: NonNullable<Policy["price"]>;
  readonly priceFrom?: string;
  /** Servers promise nothing, whatever the seed. */
  readonly deterministic = false;
  readonly concurrency: number;
  readonly #options: OpenAIPolicyOptions;
  readonly #log: Logger;
  readonly #endpoint: Endpoint;
  readonly #limiter: Limiter;
  readonly #leaveLimiter: () => void;
  readonly #secrets: readonly string[];
  /** Set from the first failure until a later request is answered: one warning per outage. */
  #warnedAt: number | undefined;
  readonly #behind: BehindName;
  readonly #form: Form = { chatOnly: false, tokenField: "max_tokens" };
  #answered = false;
  /** Prompts that were refused before the first answer, by their last message. */
  readonly #refused = new Set<string>();

  /**
   * @param weights what stands for the model and its server in `identity`, where these change from start to start
   * @param found is told what the server says of the model behind the name
   * @throws OPENAI_BASE_URL, OPENAI_EXTRA_BODY
   */
  constructor(options: OpenAIPolicyOptions, log: Logger, weights?: string, found: (name: string, value: string) => void = () => {}) {
    checkExtraBody(options.extraBody);
    this.#options = options;
    this.#log = log;
    this.#endpoint = openEndpoint(options);
    this.#behind = new BehindName(options.model, found);
    const { limiter, leave } = joinLimiter(`${this.#endpoint.url}\n${options.model}`, options.concurrency, options.retryDelayMs);
    this.#limiter = limiter;
    this.#leaveLimiter = leave;
    this.#secrets = [options.apiKey, ...Object.values(options.headers)].filter((value) => value.length >= SHORTEST_SECRET);
    this.model = options.model;
    this.identity = identityOf(options, weights ?? `${options.model} ${this.#endpoint.url}`);
    this.dialects = options.api === "completions" ? ["tags"] : ["tags", "native"];
    this.concurrency = options.concurrency.max;
    const known = options.price === undefined ? knownPrice(options.baseURL, options.model) : undefined;
    const price = options.price ?? known?.price;
    if (price !== undefined) this.price = price;
    if (known !== undefined) this.priceFrom = known.from;
  }

  async generate(request: TurnRequest, { signal }: { readonly signal: AbortSignal }): Promise<Turn> {
    const ticket = this.#limiter.ticket();
    let lost = 0;
    for (let attempt = 0; ; ) {
      const api = apiFor(request, this.#options, this.#form);
      const body = bodyFor(request, api, this.#options, this.#form);
      const result = await this.#attempt(ticket, request, api, body, signal);
      if (!("error" in result)) return result;
      if (this.#adapt(result, body)) continue;
      if (result.lost === true && lost++ < LOST_FOR_FREE) continue;
      if (!result.retry) throw this.#refusedByAll(result.error, request);
      if (attempt >= this.#options.maxRetries) throw givenUp(result.error, attempt + 1);
      this.#warnOnce(result);
      await this.#pause(attempt++, result, signal);
    }
  }

  /** Asks the server what stands behind the model's name. Many cannot say, and what is wrong with a server the first turn tells better. */
  async lookBehindName(): Promise<void> {
    const models = await this.#endpoint.models(AbortSignal.timeout(LOOK_MS)).catch(() => undefined);
    this.#behind.listed(models);
  }

  async close(): Promise<void> {
    this.#leaveLimiter();
    await this.#endpoint.close();
  }

  async #attempt(ticket: number, request: TurnRequest, api: Api, body: object, signal: AbortSignal): Promise<Turn | Failure> {
    const lease = await this.#limiter.acquire(ticket, signal);
    const startedAt = performance.now();
    try {
      const answer = await this.#endpoint.post(PATHS[api], body, signal);
      const turn = readTurn(answer, request, api, this.#options);
      this.#behind.answered(answer);
      lease.end({ kind: "answered", units: turn.usage.completionTokens + PROMPT_UNITS });
      this.#answered = true;
      if (this.#warnedAt !== undefined && startedAt > this.#warnedAt) this.#warnedAt = undefined;
      return turn;
    } catch (thrown) {
      if (signal.aborted) {
        lease.end({ kind: "cancelled" });
        throw signal.reason;
      }
      const path = PATHS[api];
      const what = `POST ${this.#endpoint.url}${path}`;
      const failure = readFailure(thrown, { what, path, timeoutMs: this.#options.timeoutMs, secrets: this.#secrets });
      lease.end({ kind: "refused", overloaded: failure.overloaded, away: failure.away });
      return failure;
    }
  }

  /** Whether the request can be sent again in another form. What a server takes is found out once, and said. */
  #adapt({ takes, error }: Failure, body: JsonObject): boolean {
    const form = this.#form;
    if (takes === "chat" && this.#options.api === "auto") {
      if (!form.chatOnly) this.#log.info(`${error.message} Asking /chat/completions from now on; \`api: chat\` does so from the start.`);
      form.chatOnly = true;
      return true;
    }
    if (takes !== "max_completion_tokens" || !("max_tokens" in body)) return false;
    if (form.tokenField === "max_tokens") this.#log.info(`${error.message} Sending max_completion_tokens from now on.`);
    form.tokenField = "max_completion_tokens";
    return true;
  }

  /** The refusal of one request, or, where none but refusals came so far, that of all. */
  #refusedByAll(error: PluginError, { messages }: TurnRequest): PluginError {
    if (this.#answered || error.endsRun || error.code === "OPENAI_FILTERED") return error;
    this.#refused.add(messages.at(-1)?.content ?? "");
    if (this.#refused.size < REFUSED_BY_ALL) return error;
    const message = `${error.message} (as the ${this.#refused.size} first prompts, none of which was answered)`;
    return new PluginError(error.code, message, { cause: error, endsRun: true, ...(error.hint === undefined ? {} : { hint: error.hint }) });
  }

  /** A Retry-After beyond the bound names no wait that anybody could sit out: such a request comes back by our own clock. */
  async #pause(attempt: number, { retryAfterMs = Number.POSITIVE_INFINITY }: Failure, signal: AbortSignal): Promise<void> {
    const ms = backoffMs(attempt, this.#options.retryDelayMs);
    if (retryAfterMs <= this.#options.maxRetryAfterMs) await sleep(Math.max(ms, retryAfterMs), undefined, { signal });
    else await this.#limiter.backOff(ms, signal);
  }

  #warnOnce({ error }: Failure): void {
    if (this.#warnedAt !== undefined) return;
    this.#warnedAt = performance.now();
    this.#log.warn(`${error.message} Trying again, up to ${this.#options.maxRetries} times; ${this.#limiter.state.limit} at once for now.`);
  }
}

function givenUp(error: PluginError, attempts: number): PluginError {
  const message = attempts === 1 ? error.message : `${error.message} (the last of ${attempts} attempts)`;
  return new PluginError(error.code, message, { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) });
}

/** All that decides an answer besides the request, hashed: `extraBody` may hold what is nobody's business. */
function identityOf(options: OpenAIPolicyOptions, modelAndServer: string): string {
  const { api, prefix, reasoningField, seed, extraBody } = options;
  const parts = { api, prefix, reasoningField, seed, extraBody, template: templateOf(options), query: new URL(options.baseURL).search };
  const hash = createHash("sha256").update(JSON.stringify(parts, sortedKeys)).digest("hex").slice(0, 16);
  return `openai ${modelAndServer} ${hash}`;
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
