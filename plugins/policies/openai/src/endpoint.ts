/**
 * The HTTP side. Refusals and time-outs are the `openai` library's errors, which know the servers' shapes; a request itself goes through undici, since the
 * library's client costs four times as much CPU a call, and none of what it adds is needed here. Of the library only `openai/core/error` is loaded: all of it
 * would take longer to load than everything else here (docs/adr/0007).
 */
import { PluginError } from "@autotraj/core/plugin";
import { isLostConnection } from "@autotraj/http-attempts/causes";
import { APIConnectionTimeoutError, APIError } from "openai/core/error";
import { Agent, EnvHttpProxyAgent } from "undici";
import { InvalidAnswer } from "./answers.ts";
import type { OpenAIPolicyOptions } from "./options.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** Shorter than servers commonly keep an idle connection, so that a request rarely meets one that is just being closed. */
const KEEP_ALIVE_MS = 4_000;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;
const LARGEST_ANSWER_BYTES = 64 << 20;
/** The answer's headers that anybody reads. */
const READ_HEADERS = ["retry-after", "retry-after-ms", "x-request-id"];

/** The connection broke before the answer began: mostly the server has just closed one that was idle. */
export class LostConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

export interface Endpoint {
  /** Without query string: fit for messages. */
  readonly url: string;
  /** One attempt. @throws `openai`'s APIError and APIConnectionTimeoutError, LostConnection, undici's errors, and InvalidAnswer where the answer is not JSON. */
  post(path: "/completions" | "/chat/completions", body: object, signal: AbortSignal): Promise<unknown>;
  /** `GET /models`. @throws as post */
  models(signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

type EndpointOptions = Pick<OpenAIPolicyOptions, "baseURL" | "apiKey" | "headers" | "timeoutMs" | "silenceTimeoutMs">;

export function openEndpoint(options: EndpointOptions): Endpoint {
  const root = checkedURL(options.baseURL);
  const url = root.origin + root.pathname.replace(/\/$/, "");
  const agent = new (isProxied(root) ? EnvHttpProxyAgent : Agent)({
    // The limiter bounds what is in flight, and with it the connections. A bound here would cost speed: a socket is free again one turn of the event
    // loop after its answer, and a request that follows the answer at once would wait for that behind all other work of the turn.
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    // Until the answer begins, the model is writing: the attempt's own time-out covers that.
    headersTimeout: 0,
    bodyTimeout: options.silenceTimeoutMs,
    maxResponseSize: LARGEST_ANSWER_BYTES,
  });
  const headers = {
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "autotraj",
    ...(options.apiKey === "" ? {} : { authorization: `Bearer ${options.apiKey}` }),
    ...options.headers,
  };
  const base = root.pathname.replace(/\/$/, "");

  async function ask(method: "GET" | "POST", path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    const attempt = new AbortController();
    const stop = () => attempt.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const timer = setTimeout(() => attempt.abort(new APIConnectionTimeoutError()), options.timeoutMs);
    try {
      const asked = { origin: root.origin, path: base + path + root.search, method, headers, body: body === undefined ? null : JSON.stringify(body) };
      const { statusCode, headers: received, body: answer } = await agent.request({ ...asked, signal: attempt.signal }).catch(nameLost);
      const text = await answer.text();
      if (statusCode < 200 || statusCode >= 300) throw refusal(statusCode, received, text);
      return parsed(text);
    } catch (error) {
      throw attempt.signal.aborted ? attempt.signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  return {
    url,
    post: (path, body, signal) => ask("POST", path, body, signal),
    models: (signal) => ask("GET", "/models", undefined, signal),
    close: () => agent.destroy(),
  };
}

/** Whether the environment names a proxy for it, unless NO_PROXY says otherwise: never for this machine's own addresses. */
function isProxied({ protocol, hostname }: URL): boolean {
  const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY } = process.env;
  const proxy = protocol === "https:" ? https_proxy || HTTPS_PROXY : http_proxy || HTTP_PROXY;
  return proxy !== undefined && proxy !== "" && !LOOPBACK.test(hostname);
}

/** The server's own words, in whichever of the usual shapes they come; else the body as it is. */
function refusal(status: number, received: Received, text: string): APIError {
  const headers = new Headers();
  for (const name of READ_HEADERS) {
    const value = received[name];
    if (typeof value === "string") headers.set(name, value);
  }
  const error = errorIn(text);
  return APIError.generate(status, error === undefined ? undefined : { error }, text, headers);
}

type Received = Readonly<Record<string, string | string[] | undefined>>;

/** OpenAI's `{ error: { … } }`, vLLM's `{ message, … }`, FastAPI's `{ detail }`. */
function errorIn(text: string): object | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== "object" || body === null) return undefined;
  const error = (body as { readonly error?: unknown }).error ?? body;
  if (typeof error === "string") return { message: error };
  return typeof error === "object" ? error : undefined;
}

function nameLost(error: Error): never {
  throw isLostConnection(error) ? new LostConnection(error) : error;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidAnswer("it is no JSON", text);
  }
}

function checkedURL(baseURL: string): URL {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new PluginError("OPENAI_BASE_URL", "`baseURL` is not an http(s) URL.", { hint: "Write the API root, e.g. http://127.0.0.1:8000/v1." });
  if (url.username !== "" || url.password !== "")
    throw new PluginError("OPENAI_BASE_URL", `\`baseURL\` (${url.host}) holds credentials, and URLs end up in messages and logs.`, {
      hint: "Put them into `apiKey` or `headers` as { $env: NAME }.",
    });
  return url;
}
