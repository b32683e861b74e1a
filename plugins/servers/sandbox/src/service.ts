/** Serves one sandbox over HTTP in SandboxFusion's protocol. */
import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import { messageOf, type Sandbox } from "@autotraj/core";
import { hostOf, isLoopback } from "../serve/access.ts";
import { programOf } from "./input.ts";
import { answerOf, RefusedRequest, type RequestLimits, readCodeRequest, refusalOf } from "./protocol.ts";
import { BoundedQueue, NoRoom } from "./queue.ts";

export interface SandboxServerOptions extends RequestLimits {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Executions at the same time, and requests that may wait for one. */
  readonly concurrency: number;
  readonly queue: number;
  readonly maxBodyBytes: number;
  /** Asked for as a bearer token by `POST /run_code`. */
  readonly token?: string;
  /** What went wrong on this side. */
  readonly onFailure: (message: string) => void;
  /** How long a client may take to send a request, and to take its answer, in milliseconds. Default 30 s. */
  readonly clientTimeoutMs?: number;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY_AFTER = { "retry-after": "1" };
/** Connections besides those of requests that may run or wait: for health checks, for clients that keep one open, for those that are sent away. */
const SPARE_CONNECTIONS = 64;
/** What is read of a body that is too long, so that its sender hears the answer. */
const MOST_DRAINED_BYTES = 64 * 2 ** 20;

export class SandboxServer {
  readonly #sandbox: Sandbox;
  readonly #options: SandboxServerOptions;
  readonly #queue: BoundedQueue;
  readonly #server: Server;
  readonly #clientTimeoutMs: number;
  /** Requests whose bodies are being read. */
  #reading = 0;
  /** Ends what runs. */
  readonly #atOnce = new AbortController();

  constructor(sandbox: Sandbox, options: SandboxServerOptions) {
    this.#sandbox = sandbox;
    this.#options = options;
    this.#queue = new BoundedQueue(options.concurrency, options.queue);
    this.#clientTimeoutMs = options.clientTimeoutMs ?? 30_000;
    const timeouts = { requestTimeout: this.#clientTimeoutMs, headersTimeout: this.#clientTimeoutMs, connectionsCheckingInterval: 1_000 };
    this.#server = createServer(timeouts, (request, response) => void this.#handle(request, response));
    this.#server.maxConnections = options.concurrency + options.queue + SPARE_CONNECTIONS;
  }

  /** Returns its address once it answers. @throws the system's error, e.g. EADDRINUSE. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    const { address, port: taken, family } = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`;
  }

  /** What runs is finished and answered, what waits is sent away. Resolves when all connections are closed. */
  async stop(): Promise<void> {
    this.#queue.stop();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  /** For those who cannot wait for {@link stop}: ends what runs. */
  stopAtOnce(): void {
    this.#atOnce.abort(new Error("this server has been stopped"));
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort(new Error("nobody waits for the answer any more")));
    const reply = await this.#reply(request, AbortSignal.any([gone.signal, this.#atOnce.signal])).catch((error: unknown): Reply => {
      if (!gone.signal.aborted) this.#options.onFailure(messageOf(error));
      return { status: 500, body: { detail: "the server failed" } };
    });
    if (gone.signal.aborted) return;
    const headers = { "content-type": "application/json", ...reply.headers, ...(this.#queue.state.stopping ? { connection: "close" } : {}) };
    response.writeHead(reply.status, headers).end(JSON.stringify(reply.body));
    const slow = setTimeout(() => response.destroy(), this.#clientTimeoutMs);
    response.once("close", () => clearTimeout(slow));
  }

  async #reply(request: IncomingMessage, signal: AbortSignal): Promise<Reply> {
    const pathname = pathOf(request.url ?? "");
    if (pathname === undefined) return { status: 400, body: { detail: "the request's target is no path" } };
    if (!this.#answersTo(hostOf(request))) {
      return { status: 403, body: { detail: "without a token (--token-env) only the names of this machine are answered, not other ones in Host" } };
    }
    const method = METHODS[pathname];
    if (method === undefined) return { status: 404, body: { detail: "Not Found" } };
    if (request.method !== method) return { status: 405, body: { detail: "Method Not Allowed" }, headers: { allow: method } };
    if (pathname === "/v1/ping") return { status: 200, body: "pong" };
    if (pathname === "/healthz") return this.#health();
    return this.#runCode(request, signal);
  }

  #health(): Reply {
    const { stopping, ...load } = this.#queue.state;
    return { status: stopping ? 503 : 200, body: { status: stopping ? "stopping" : "ok", isolation: this.#sandbox.isolation, ...load } };
  }

  async #runCode(request: IncomingMessage, signal: AbortSignal): Promise<Reply> {
    if (!this.#mayUse(request)) {
      return { status: 401, body: { detail: "a bearer token is needed" }, headers: { "www-authenticate": "Bearer" } };
    }
    // Pages in a browser on this machine cannot send this without asking first, and are never answered when they ask.
    if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
      return { status: 415, body: { detail: "content-type must be application/json" } };
    }
    // A place is there for whoever may send a body: bodies that nothing can be done with are never held.
    const { running, waiting } = this.#queue.state;
    if (running + waiting + this.#reading >= this.#options.concurrency + this.#options.queue) {
      return { status: 429, body: { detail: `${running} run and ${waiting + this.#reading} wait already` }, headers: RETRY_AFTER };
    }
    const body = await this.#bodyOf(request);
    if (body === undefined) return { status: 413, body: { detail: `a body may have ${this.#options.maxBodyBytes} bytes (--max-body-mib)` } };
    try {
      const { timeoutMs, memoryMiB, ...asked } = readCodeRequest(body, this.#options);
      const execution = { code: programOf(asked), timeoutMs, memoryMiB };
      const result = await this.#queue.run(() => this.#sandbox.execute(execution, { signal }), signal);
      return { status: 200, body: answerOf(result, this.#sandbox.isolation) };
    } catch (error) {
      if (error instanceof RefusedRequest) {
        return { status: error.status, body: error.status === 200 ? refusalOf("Failed", error.message) : { detail: error.message } };
      }
      if (error instanceof NoRoom) return { status: error.stopping ? 503 : 429, body: { detail: error.message }, headers: RETRY_AFTER };
      if (signal.aborted) throw error;
      this.#options.onFailure(messageOf(error));
      return { status: 200, body: refusalOf("SandboxError", messageOf(error)) };
    }
  }

  #mayUse(request: IncomingMessage): boolean {
    const { token } = this.#options;
    if (token === undefined) return true;
    const hash = (text: string) => createHash("sha256").update(text).digest();
    return timingSafeEqual(hash(request.headers.authorization ?? ""), hash(`Bearer ${token}`));
  }

  /** A page in somebody's browser can make its own name mean this machine (DNS rebinding), but can neither name an address nor send a token. */
  #answersTo(host: string): boolean {
    const { token, host: own } = this.#options;
    if (token !== undefined) return true;
    return isLoopback(own) ? isLoopback(host) : isIP(host) !== 0 || host === "localhost" || host === own;
  }

  /** Undefined where it is too long. It is read on all the same, within bounds: who is still sending does not hear an answer. */
  async #bodyOf(request: IncomingMessage): Promise<string | undefined> {
    const { maxBodyBytes } = this.#options;
    const parts: Buffer[] = [];
    let bytes = 0;
    this.#reading++;
    try {
      for await (const part of request as AsyncIterable<Buffer>) {
        bytes += part.length;
        if (bytes > maxBodyBytes + MOST_DRAINED_BYTES) break;
        if (bytes <= maxBodyBytes) parts.push(part);
        else parts.length = 0;
      }
    } finally {
      this.#reading--;
    }
    return bytes <= maxBodyBytes ? Buffer.concat(parts).toString("utf8") : undefined;
  }
}

/** The path of a request's target, a whole URL being allowed; undefined where it is neither. Nothing is decoded: ours need no escapes. */
function pathOf(target: string): string | undefined {
  if (target.startsWith("/")) return target.split("?", 1)[0];
  return /^https?:/i.test(target) && URL.canParse(target) ? new URL(target).pathname : undefined;
}

const METHODS: Readonly<Partial<Record<string, string>>> = { "/run_code": "POST", "/v1/ping": "GET", "/healthz": "GET" };
