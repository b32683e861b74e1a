/** Serves one sandbox over HTTP in SandboxFusion's protocol. */
import { createHash, timingSafeEqual } from "node:crypto";
import { lookup } from "node:dns/promises";
import { type AddressInfo, isIP } from "node:net";
import type { Readable } from "node:stream";
import { isLoopback, type Sandbox } from "@autotraj/core/plugin";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { programOf } from "./input.ts";
import { answerOf, RefusedRequest, type RequestLimits, readCodeRequest, refusalOf } from "./protocol.ts";
import { BoundedQueue, NoRoom } from "./queue.ts";

export interface SandboxServiceOptions extends RequestLimits {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Executions at the same time, and requests that may wait for one. */
  readonly concurrency: number;
  readonly queue: number;
  readonly maxBodyBytes: number;
  /** Asked for as a bearer token by `POST /run_code`. */
  readonly token?: string;
  /** What went wrong on this side, without secrets. */
  readonly onFailure: (message: string) => void;
  /** Takes the secrets out of a message. */
  readonly hide: (text: string) => string;
  /** How long a client may take to send a request, and to take its answer, in milliseconds. */
  readonly clientTimeoutMs: number;
}

/** A request that is refused before anything is done for it. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = "Refusal";
    this.status = status;
    this.headers = headers;
  }
}

const RETRY_AFTER = { "retry-after": "1" };
/** Connections besides those of requests that may run or wait: for health checks, for clients that keep one open, for those that are sent away. */
const SPARE_CONNECTIONS = 64;
/** What is read of a body that is too long, so that its sender hears the answer. */
const MOST_DRAINED_BYTES = 64 * 2 ** 20;
/** As long as Node keeps a connection on which nothing happens. */
const KEEP_ALIVE_MS = 5_000;

export class SandboxService {
  readonly #sandbox: Sandbox;
  readonly #options: SandboxServiceOptions;
  readonly #queue: BoundedQueue;
  readonly #app: FastifyInstance;
  /** Requests whose bodies are being read. */
  #reading = 0;
  /** Ends what runs. */
  readonly #atOnce = new AbortController();

  constructor(sandbox: Sandbox, options: SandboxServiceOptions) {
    this.#sandbox = sandbox;
    this.#options = options;
    this.#queue = new BoundedQueue(options.concurrency, options.queue);
    this.#app = this.#newApp();
    this.#app.get("/v1/ping", async () => JSON.stringify("pong"));
    this.#app.get("/healthz", async (_request, reply) => this.#health(reply));
    this.#app.post("/run_code", { onRequest: async (request) => this.#admit(request) }, (request, reply) => this.#runCode(request, reply));
  }

  /** Returns its address once it answers. @throws the system's error, e.g. EADDRINUSE. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    // By its address: fastify takes all that a name stands for.
    await this.#app.listen({ host: (await lookup(host)).address, port });
    const { address, port: taken, family } = this.#app.server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`;
  }

  /** What runs is finished and answered, what waits is sent away. Resolves when all connections are closed. */
  async stop(): Promise<void> {
    this.#queue.stop();
    await this.#app.close();
  }

  /** For those who cannot wait for {@link stop}, also while they do: ends what runs. */
  async stopAtOnce(): Promise<void> {
    this.#atOnce.abort(new Error("this server has been stopped"));
    this.#app.server.closeAllConnections();
    await this.stop();
  }

  #newApp(): FastifyInstance {
    const { clientTimeoutMs, concurrency, queue } = this.#options;
    const app = fastify({
      requestTimeout: clientTimeoutMs,
      http: { headersTimeout: clientTimeoutMs, connectionsCheckingInterval: 1_000 },
      keepAliveTimeout: KEEP_ALIVE_MS,
      exposeHeadRoutes: false,
      return503OnClosing: false,
      // Nothing is decoded: our paths need no escapes.
      rewriteUrl: ({ url }) => (pathOf(url ?? "") ?? "/").replace(/[%#]/g, encodeURIComponent),
    });
    app.server.maxConnections = concurrency + queue + SPARE_CONNECTIONS;
    // Node's own answers to what is no request, to heads that are too long and to bodies that do not come.
    app.server.removeAllListeners("clientError");
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request: FastifyRequest, payload: Readable) => this.#bodyOf(payload));
    app.addHook("onRequest", async (request) => this.#meet(request));
    app.addHook("onSend", async (_request, reply) => this.#send(reply));
    app.setErrorHandler((error, _request, reply) => this.#fail(error, reply));
    return app;
  }

  /** Whoever asks: for a path that is there, by a name of this machine. */
  #meet(request: FastifyRequest): void {
    const path = pathOf(request.originalUrl);
    if (path === undefined) throw new Refusal(400, "the request's target is no path");
    if (!this.#answersTo(request.hostname.replace(/^\[(.*)\]$/, "$1"))) {
      throw new Refusal(403, "without a token (--token-env) only the names of this machine are answered, not other ones in Host");
    }
    if (!request.is404) return;
    const allow = ["GET", "POST"].find((method) => this.#app.hasRoute({ method, url: path }));
    throw allow === undefined ? new Refusal(404, "Not Found") : new Refusal(405, "Method Not Allowed", { allow });
  }

  #send(reply: FastifyReply): void {
    reply.header("content-type", "application/json");
    if (this.#queue.state.stopping) reply.header("connection", "close");
    // Nobody is there any more.
    if (reply.raw.closed) return;
    const slow = setTimeout(() => reply.raw.destroy(), this.#options.clientTimeoutMs);
    reply.raw.once("close", () => clearTimeout(slow));
  }

  #fail(error: unknown, reply: FastifyReply): string {
    const { status, headers, detail } = this.#told(error);
    if (status === 500 && !reply.raw.closed && !this.#atOnce.signal.aborted) this.#options.onFailure(this.#messageOf(error));
    reply.code(status).headers(headers);
    return JSON.stringify({ detail });
  }

  #told(error: unknown): { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly detail: string } {
    if (error instanceof Refusal) return { status: error.status, headers: error.headers, detail: error.message };
    if (error instanceof RefusedRequest) return { status: error.status, headers: {}, detail: error.message };
    if (error instanceof NoRoom) return { status: error.stopping ? 503 : 429, headers: RETRY_AFTER, detail: error.message };
    return { status: 500, headers: {}, detail: "the server failed" };
  }

  #health(reply: FastifyReply): string {
    const { stopping, ...load } = this.#queue.state;
    reply.code(stopping ? 503 : 200);
    return JSON.stringify({ status: stopping ? "stopping" : "ok", isolation: this.#sandbox.isolation, ...load });
  }

  /** Before the body is read. */
  #admit(request: FastifyRequest): void {
    if (!this.#mayUse(request)) throw new Refusal(401, "a bearer token is needed", { "www-authenticate": "Bearer" });
    // Pages in a browser on this machine cannot send this without asking first, and are never answered when they ask.
    if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) throw new Refusal(415, "content-type must be application/json");
    // A place is there for whoever may send a body: bodies that nothing can be done with are never held.
    const { running, waiting } = this.#queue.state;
    if (running + waiting + this.#reading < this.#options.concurrency + this.#options.queue) return;
    throw new Refusal(429, `${running} run and ${waiting + this.#reading} wait already`, RETRY_AFTER);
  }

  async #runCode({ body }: FastifyRequest, reply: FastifyReply): Promise<string> {
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort(new Error("nobody waits for the answer any more")));
    const signal = AbortSignal.any([gone.signal, this.#atOnce.signal]);
    try {
      const { timeoutMs, memoryMiB, ...asked } = readCodeRequest(body as string, this.#options);
      const execution = { code: programOf(asked), timeoutMs, memoryMiB };
      const result = await this.#queue.run(() => this.#sandbox.execute(execution, { signal }), signal);
      return JSON.stringify(answerOf(result, this.#sandbox.isolation));
    } catch (error) {
      if (error instanceof RefusedRequest && error.status === 200) return JSON.stringify(refusalOf("Failed", error.message));
      if (error instanceof RefusedRequest || error instanceof NoRoom || signal.aborted) throw error;
      const message = this.#messageOf(error);
      this.#options.onFailure(message);
      return JSON.stringify(refusalOf("SandboxError", message));
    }
  }

  #mayUse({ headers }: FastifyRequest): boolean {
    const { token } = this.#options;
    if (token === undefined) return true;
    const hash = (text: string) => createHash("sha256").update(text).digest();
    return timingSafeEqual(hash(headers.authorization ?? ""), hash(`Bearer ${token}`));
  }

  /** A page in somebody's browser can make its own name mean this machine (DNS rebinding), but can neither name an address nor send a token. */
  #answersTo(host: string): boolean {
    const { token, host: own } = this.#options;
    if (token !== undefined) return true;
    return isLoopback(own) ? isLoopback(host) : isIP(host) !== 0 || host === "localhost" || host === own;
  }

  /** One that is too long is read on all the same, within bounds: who is still sending does not hear an answer. @throws Refusal 413 */
  async #bodyOf(body: Readable): Promise<string> {
    const { maxBodyBytes } = this.#options;
    const parts: Buffer[] = [];
    let bytes = 0;
    this.#reading++;
    try {
      for await (const part of body as AsyncIterable<Buffer>) {
        bytes += part.length;
        if (bytes > maxBodyBytes + MOST_DRAINED_BYTES) break;
        if (bytes <= maxBodyBytes) parts.push(part);
        else parts.length = 0;
      }
    } finally {
      this.#reading--;
    }
    if (bytes <= maxBodyBytes) return Buffer.concat(parts).toString("utf8");
    throw new Refusal(413, `a body may have ${maxBodyBytes} bytes (--max-body-mib)`);
  }

  #messageOf(error: unknown): string {
    return this.#options.hide(error instanceof Error ? error.message : String(error));
  }
}

/** The path of a request's target, a whole URL being allowed; undefined where it is neither. */
function pathOf(target: string): string | undefined {
  if (target.startsWith("/")) return target.split("?", 1)[0];
  return /^https?:/i.test(target) && URL.canParse(target) ? new URL(target).pathname : undefined;
}
