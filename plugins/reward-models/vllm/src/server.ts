/** HTTP to the vLLM servers: one request, tried at one server after the other until it is answered or refused for good. */
import { setTimeout as sleep } from "node:timers/promises";
import { PluginError } from "@autotraj/core/plugin";
import { backoffMs } from "@autotraj/http-attempts/backoff";
import { isLostConnection, reasonOf } from "@autotraj/http-attempts/causes";
import { quote } from "@autotraj/http-attempts/quote";
import type { VllmRewardModelOptions } from "./options.ts";

/** Lost connections, for one request, that are nobody's fault. */
const LOST_FOR_FREE = 2;
/** The server understood and will not do it, whoever asks again. */
const REFUSED = new Set([400, 413, 422]);
/** Python writes them, JSON has no such numbers. Only where a value stands: after a colon, bracket or comma. */
const NOT_NUMBERS = /([:[,]\s*)(?:NaN|-?Infinity)(?=\s*[,\]}])/g;

/** The request as it stands is not acceptable: a text longer than the model's context, say. */
export class Refused extends Error {}
/** Worth another attempt. */
class Failed extends Error {}
/** The connection broke before the answer began: mostly the server was just closing one that had been idle. */
class LostConnection extends Failed {}

type ServerOptions = Pick<VllmRewardModelOptions, "baseURLs" | "apiKey" | "timeoutMs" | "maxRetries" | "retryDelayMs" | "concurrency">;

export class Servers {
  /** Without `/v1`, query string or credentials: fit for messages. */
  readonly urls: readonly string[];
  readonly #options: ServerOptions;
  readonly #closing = new AbortController();
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #next = 0;

  /** @throws PluginError REWARD_MODEL_URL */
  constructor(options: ServerOptions) {
    this.urls = options.baseURLs.map(checkedURL);
    this.#options = options;
    this.#free = options.concurrency;
  }

  /**
   * Posts to whichever server is next. `read` makes the result of the answer; what it throws counts as a failed attempt.
   * @throws Refused; PluginError REWARD_MODEL_AUTH, REWARD_MODEL_NOT_FOUND, REWARD_MODEL_UNAVAILABLE; the signal's reason
   */
  async post<T>(path: string, body: object, signal: AbortSignal, read: (answer: unknown) => T): Promise<T> {
    await this.#acquire(signal);
    try {
      const first = this.#next++;
      let lost = 0;
      for (let attempt = 0; ; ) {
        const url = `${this.urls[(first + attempt) % this.urls.length]}${path}`;
        try {
          return read(await this.#request(url, { method: "POST", body: JSON.stringify(body) }, signal));
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          if (error instanceof Refused || error instanceof PluginError || this.#closing.signal.aborted) throw error;
          if (error instanceof LostConnection && lost++ < LOST_FOR_FREE) continue;
          if (attempt >= this.#options.maxRetries) throw unavailable(url, error, attempt + 1);
        }
        await this.#sleep(backoffMs(attempt++, this.#options.retryDelayMs), signal);
      }
    } finally {
      this.#release();
    }
  }

  /** One attempt at one server. @throws as `post` */
  async get(server: string, path: string): Promise<unknown> {
    const url = `${server}${path}`;
    try {
      return await this.#request(url, { method: "GET" }, this.#closing.signal);
    } catch (error) {
      if (error instanceof PluginError) throw error;
      throw unavailable(url, error, 1);
    }
  }

  /** @throws PluginError REWARD_MODEL_CLOSED when the plugin is shut down meanwhile */
  async pause(ms: number): Promise<void> {
    await this.#sleep(ms, this.#closing.signal);
  }

  close(): void {
    this.#closing.abort(new PluginError("REWARD_MODEL_CLOSED", "the plugin was shut down."));
  }

  async #request(url: string, init: { method: string; body?: string }, signal: AbortSignal): Promise<unknown> {
    const { apiKey, timeoutMs } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    let response: Response | undefined;
    let text: string;
    try {
      response = await fetch(url, {
        ...init,
        headers: {
          accept: "application/json",
          "user-agent": "autotraj",
          ...(init.body === undefined ? {} : { "content-type": "application/json" }),
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        redirect: "error",
        signal: AbortSignal.any([signal, timeout, this.#closing.signal]),
      });
      text = await response.text();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
      if (timeout.aborted) throw new Failed(`no whole answer within ${timeoutMs} ms`);
      throw response === undefined && isLostConnection(error) ? new LostConnection(reasonOf(error)) : new Failed(reasonOf(error));
    }
    const { status } = response;
    if (status === 200) return this.#parsed(text);
    const said = `${status}: ${this.#quote(text)}`;
    if (REFUSED.has(status)) throw new Refused(said);
    if (status === 401 || status === 403)
      throw new PluginError("REWARD_MODEL_AUTH", `${url} answered ${said}`, {
        hint: "Check `apiKey`: write { $env: NAME } and export the variable.",
      });
    if (status === 404)
      throw new PluginError("REWARD_MODEL_NOT_FOUND", `${url} answered ${said}`, {
        hint: "Start the server as `vllm serve <folder> --runner pooling`; `baseURLs` is its root, `model` a name that it serves.",
      });
    throw new Failed(said);
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text.replace(NOT_NUMBERS, "$1null"));
    } catch {
      throw new Failed(`no JSON: ${this.#quote(text)}`);
    }
  }

  #quote(text: string): string {
    return quote(text, [this.#options.apiKey ?? ""]);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    try {
      await sleep(ms, undefined, { signal: either });
    } catch {
      throw either.reason;
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resume, refuse) => {
      const turn = () => {
        signal.removeEventListener("abort", leave);
        resume();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        refuse(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(turn);
    });
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

function checkedURL(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.password !== "")
    throw new PluginError("REWARD_MODEL_URL", "an entry of `baseURLs` is no http(s) URL, or holds credentials.", {
      hint: "Write the server's root, e.g. http://127.0.0.1:8091; a key belongs into `apiKey`.",
    });
  return url.origin + url.pathname.replace(/\/$/, "").replace(/\/v1$/, "");
}

function unavailable(url: string, error: unknown, attempts: number): PluginError {
  const times = attempts === 1 ? "" : ` (the last of ${attempts} attempts)`;
  return new PluginError("REWARD_MODEL_UNAVAILABLE", `${url} gave no answer: ${error instanceof Error ? error.message : String(error)}${times}`, {
    hint: "Does the server run, and is `baseURLs` right? See its log; allow it more with `timeoutMs` and `maxRetries`, or ask less at once.",
    cause: error,
  });
}
