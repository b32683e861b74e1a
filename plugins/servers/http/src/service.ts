/** The HTTP service: who may ask, how much at once, what is counted, how it stops. What it serves is in the routes. */
import type { Dialects, EpisodeService, RlTask, Secrets } from "@autotraj/core/plugin";
import swagger from "@fastify/swagger";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Access } from "./access.ts";
import { describedRoute, OPENAPI, SCHEMAS } from "./api.ts";
import type { Desk } from "./desk.ts";
import { type GymInvalid, gymRoutes } from "./gym.ts";
import { llamaFactoryRoutes } from "./llamafactory.ts";
import { Metrics } from "./metrics.ts";
import { nativeRoutes } from "./native.ts";
import { openRlhfRoutes } from "./openrlhf.ts";
import { type DescribedError, describeError, Refusal } from "./refusal.ts";
import type { Handle, Routes } from "./route.ts";
import { Scorebook } from "./scorebook.ts";

/** What is spoken besides the native protocol. */
export type Protocol = "openrlhf" | "llamafactory" | "gym";

export interface ServiceOptions {
  readonly episodes: EpisodeService;
  readonly dialects: Dialects;
  readonly secrets: Secrets;
  /** The tasks, where the host knows them: they are then listed, and found by their questions. */
  readonly tasks?: ReadonlyMap<string, RlTask>;
  /** Undefined: no token is needed. */
  readonly token: string | undefined;
  readonly protocols: readonly Protocol[];
  /** Longest request, in bytes. */
  readonly maxBodyBytes: number;
  /** Requests at the same time; more are sent away with 503. */
  readonly maxInFlight: number;
  /** Longest time a request may take; what it began goes on, and the client may ask again. */
  readonly timeoutMs: number;
  /** Rewards remembered by id. */
  readonly remember: number;
  /** Reward for invalid samples, in protocols that have no word for them; undefined: such a request fails. */
  readonly fallbackReward?: number;
  readonly gymInvalid: GymInvalid;
  readonly assistantHeader?: string;
  /** What went wrong on this side. */
  readonly onFailure: (message: string) => void;
}

/** A client that has not said what it wants by then never will. */
const LONGEST_HEAD_MS = 30_000;
/** Of hundreds of clients that all connect at the same moment none may be dropped: a dropped one tries again only after a second. The system has a limit of its own. */
const BACKLOG = 4096;
const LONGEST_ID = 2048;
/** Connections besides those of requests in flight: clients keep some open, and who is sent away must hear it. */
const SPARE_CONNECTIONS = 256;

export class HttpService {
  readonly #app: FastifyInstance;
  readonly #options: ServiceOptions;
  readonly #access: Access;
  readonly #metrics: Metrics;
  #draining = false;
  #idle: (() => void) | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#access = new Access(options.token);
    this.#metrics = new Metrics(() => options.episodes.open);
    this.#app = this.#newApp();
    // The document is made of the routes that come after its plugin.
    this.#app.register(swagger, OPENAPI);
    this.#app.after(() => {
      for (const schema of SCHEMAS) this.#app.addSchema(schema);
      for (const [name, handle] of Object.entries(this.#routes())) this.#register(name, handle);
    });
    this.#app.setNotFoundHandler((request) => {
      throw new Refusal(404, "NOT_FOUND", `there is no ${request.method} ${request.url}; see /openapi.json.`);
    });
    this.#app.setErrorHandler((error, _request, reply) => this.#fail(error, reply));
    this.#app.addHook("onRequest", async (request, reply) => this.#admit(request, reply));
  }

  /** Returns its address once it answers. @throws the system's error, e.g. EADDRINUSE. */
  listen(host: string, port: number): Promise<string> {
    return this.#app.listen({ host, port, backlog: BACKLOG });
  }

  /** What is in flight is answered, everything else is sent away; /healthz says so. Then all connections are closed. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#metrics.inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.close();
  }

  /** Closes all connections now. */
  async close(): Promise<void> {
    this.#draining = true;
    await this.#app.close();
  }

  #newApp(): FastifyInstance {
    const { maxBodyBytes, maxInFlight, timeoutMs } = this.#options;
    const app = fastify({
      bodyLimit: maxBodyBytes,
      requestTimeout: timeoutMs,
      http: { headersTimeout: Math.min(timeoutMs, LONGEST_HEAD_MS), connectionsCheckingInterval: 1_000 },
      exposeHeadRoutes: false,
      forceCloseConnections: true,
      routerOptions: { maxParamLength: LONGEST_ID },
      ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allowUnionTypes: true } },
      rewriteUrl: (request) => this.#access.pathOf(request as Parameters<Access["pathOf"]>[0]),
      frameworkErrors: (error, _request, reply) => this.#fail(error, reply as unknown as FastifyReply),
      clientErrorHandler: (error, socket) => {
        if (!socket.writable || socket.destroyed) return;
        const body = JSON.stringify({ error: { code: "BAD_REQUEST", message: `this is no HTTP request (${error.code}).` } });
        socket.end(
          `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      },
    });
    // A page in somebody's browser can send plain text without asking first, and JSON only after it was allowed to.
    app.removeContentTypeParser("text/plain");
    app.server.maxConnections = maxInFlight + SPARE_CONNECTIONS;
    return app;
  }

  #routes(): Routes {
    const { episodes, dialects, tasks, protocols, remember, gymInvalid, fallbackReward, assistantHeader } = this.#options;
    const metrics = this.#metrics;
    const problemOf = (error: unknown) => {
      const { code, message } = this.#describe(error);
      return { code, message };
    };
    const scores = new Scorebook({ episodes, metrics, problemOf, remember });
    const desk: Desk = { episodes, dialects, tasks, scores, metrics, problemOf };
    const onInvalid = { fallbackReward };
    return {
      ...this.#ownRoutes(),
      ...nativeRoutes(desk),
      ...(protocols.includes("openrlhf") ? openRlhfRoutes(desk, onInvalid) : {}),
      ...(protocols.includes("llamafactory") && tasks !== undefined ? llamaFactoryRoutes(desk, tasks, { ...onInvalid, assistantHeader }) : {}),
      ...(protocols.includes("gym") ? gymRoutes(desk, tasks, gymInvalid) : {}),
    };
  }

  #ownRoutes(): Routes {
    return {
      "GET /healthz": (_request, reply) => reply.code(this.#draining ? 503 : 200).send({ status: this.#draining ? "draining" : "ok" }),
      "GET /metrics": async (_request, reply) => reply.type(this.#metrics.contentType).send(await this.#metrics.text()),
      "GET /openapi.json": () => this.#app.swagger(),
    };
  }

  #register(name: string, handle: Handle): void {
    const handler = (request: FastifyRequest, reply: FastifyReply) => withinTime(handle(request, reply), this.#options.timeoutMs);
    this.#app.route({ ...describedRoute(name), handler });
  }

  /** Counts the request, then lets it in or not. */
  #admit(request: FastifyRequest, reply: FastifyReply): void {
    const started = performance.now();
    const { config, url: route = "unknown" } = request.routeOptions;
    const open = config?.open === true;
    if (!open) this.#metrics.inFlight++;
    reply.raw.once("close", () => {
      this.#metrics.request(request.method, route, reply.raw.writableFinished ? reply.statusCode : CLIENT_GONE, (performance.now() - started) / 1000);
      if (open) return;
      this.#metrics.inFlight--;
      if (this.#metrics.inFlight === 0) this.#idle?.();
    });
    if (open) return;
    this.#access.check(request);
    if (this.#draining) {
      reply.header("connection", "close");
      throw new Refusal(503, "DRAINING", "the service is stopping.");
    }
    if (this.#metrics.inFlight > this.#options.maxInFlight) {
      reply.header("retry-after", "1");
      throw new Refusal(503, "TOO_MANY_REQUESTS", `${this.#options.maxInFlight} requests are being answered already.`);
    }
  }

  #fail(error: unknown, reply: FastifyReply): FastifyReply {
    const { status, code, message } = this.#describe(error);
    if (status >= 500) this.#options.onFailure(`${code}: ${message}`);
    if (status === 401) reply.header("www-authenticate", "Bearer");
    return reply.code(status).type("application/json").send({ error: { code, message } });
  }

  #describe(error: unknown): DescribedError {
    return describeError(error, (text) => this.#options.secrets.hide(text));
  }
}

/** fastify's own `handlerTimeout` ends with the request's body, so that it never comes for a POST. @throws Refusal 504. */
async function withinTime(work: unknown, timeoutMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const refusal = () => new Refusal(504, "TIMEOUT", `there was no answer within ${timeoutMs / 1000} s. What was begun goes on: ask again.`);
    timer = setTimeout(() => reject(refusal()), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** As nginx logs it. */
const CLIENT_GONE = 499;
