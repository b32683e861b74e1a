/** The HTTP side: the `openai` client with its transport exchanged for undici, which costs a fraction of the CPU of the global fetch. */
import { PluginError } from "@autotraj/core/plugin";
import OpenAI from "openai";
import { Agent } from "undici";
import { InvalidAnswer } from "./answers.ts";
import type { OpenAIPolicyOptions } from "./options.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** Shorter than servers commonly keep an idle connection, so that a request rarely meets one that is just being closed. */
const KEEP_ALIVE_MS = 4_000;
const LARGEST_ANSWER_BYTES = 64 << 20;
/** The answer's headers that anybody reads. */
const READ_HEADERS = ["retry-after", "retry-after-ms", "x-request-id"];
const LOST = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** The connection broke before the answer began: mostly the server has just closed one that was idle. */
export class LostConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

export interface Endpoint {
  /** Without query string: fit for messages. */
  readonly url: string;
  /** One attempt. @throws the client's errors, which may be caused by a LostConnection, and InvalidAnswer where the answer is not JSON. */
  post(path: "/completions" | "/chat/completions", body: object, signal: AbortSignal): Promise<unknown>;
  /** `GET /models`. @throws as post */
  models(signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

type EndpointOptions = Pick<OpenAIPolicyOptions, "baseURL" | "apiKey" | "headers" | "timeoutMs" | "silenceTimeoutMs">;

export function openEndpoint(options: EndpointOptions): Endpoint {
  const root = checkedURL(options.baseURL);
  const url = root.origin + root.pathname.replace(/\/$/, "");
  const agent = new Agent({
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
  // Fixed here, not taken from the client: it would add OPENAI_* environment variables, meant for another server, and its own telemetry.
  const headers = {
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "autotraj",
    ...(options.apiKey === "" ? {} : { authorization: `Bearer ${options.apiKey}` }),
    ...options.headers,
  };
  const client = new OpenAI({
    apiKey: options.apiKey === "" ? "none" : options.apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: url,
    defaultQuery: Object.fromEntries(root.searchParams),
    timeout: options.timeoutMs,
    maxRetries: 0,
    logLevel: "off",
    async fetch(target, init) {
      const { pathname, search } = new URL(String(target));
      const asked = {
        origin: root.origin,
        path: pathname + search,
        method: init?.method ?? "POST",
        headers,
        body: (init?.body ?? null) as string | null,
        signal: init?.signal ?? null,
      };
      const { statusCode, headers: received, body } = await agent.request(asked as Parameters<typeof agent.request>[0]).catch(nameLost);
      return new TextResponse(statusCode, received, await body.text()) as unknown as Response;
    },
  });
  return {
    url,
    async post(path, body, signal) {
      const response = await client.post(path, { body, signal }).asResponse();
      return parsed(await response.text());
    },
    async models(signal) {
      const response = await client.get("/models", { signal }).asResponse();
      return parsed(await response.text());
    },
    close: () => agent.destroy(),
  };
}

function nameLost(error: Error & { readonly code?: string }): never {
  throw LOST.has(error.code ?? "") ? new LostConnection(error) : error;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidAnswer("it is no JSON", text);
  }
}

/** What the client reads of a Response. The real class would wrap the text, which is here already, in a stream. */
class TextResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: Headers;
  readonly body = null;
  readonly url = "";
  readonly #text: string;

  constructor(status: number, received: Readonly<Record<string, string | string[] | undefined>>, text: string) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = new Headers();
    for (const name of READ_HEADERS) {
      const value = received[name];
      if (typeof value === "string") this.headers.set(name, value);
    }
    this.#text = text;
  }

  async text(): Promise<string> {
    return this.#text;
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
