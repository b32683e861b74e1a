/** The HTTP service: who may ask, how much at once, what is counted, how it stops. What it serves is in the routes. */
import { readFileSync } from "node:fs";
import type { Episodes, RlTask } from "@autotraj/core";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Access } from "./access.ts";
import type { Desk } from "./desk.ts";
import { type GymInvalid, gymRoutes } from "./gym.ts";
import { llamaFactoryRoute } from "./llamafactory.ts";
import { Metrics } from "./metrics.ts";
import { nativeRoutes } from "./native.ts";
import { openApiOf } from "./openapi.ts";
import { openRlhfRoute } from "./openrlhf.ts";
import { describeError, Refusal } from "./refusal.ts";
import { object, type Route } from "./route.ts";
import { Scorebook } from "./scorebook.ts";

export const PROTOCOLS = ["openrlhf", "llamafactory", "gym"] as const;
/** What is spoken besides the native protocol. */
export type Protocol = (typeof PROTOCOLS)[number];

export interface ServiceOptions {
  readonly episodes: Episodes;
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

export class EpisodeService {
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
    const routes = this.#routes();
    for (const route of routes) this.#register(route);
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

  #routes(): readonly Route[] {
    const { episodes, tasks, protocols, remember, gymInvalid, fallbackReward, assistantHeader } = this.#options;
    const desk: Desk = { episodes, tasks, scores: new Scorebook(episodes, this.#metrics, remember), metrics: this.#metrics };
    const onInvalid = { fallbackReward };
    const routes: Route[] = [...this.#ownRoutes(), ...nativeRoutes(desk)];
    if (protocols.includes("openrlhf")) routes.push(openRlhfRoute(desk, onInvalid));
    if (protocols.includes("llamafactory") && tasks !== undefined) routes.push(llamaFactoryRoute(desk, tasks, { ...onInvalid, assistantHeader }));
    if (protocols.includes("gym")) routes.push(...gymRoutes(desk, tasks, gymInvalid));
    const document = openApiOf([...routes, openApiRoute({})], version());
    return [...routes, openApiRoute(document)];
  }

  #ownRoutes(): readonly Route[] {
    return [
      {
        method: "GET",
        url: "/healthz",
        summary: "Whether requests are taken. Needs no token.",
        open: true,
        answers: {
          200: { description: "Yes.", schema: object({ status: { const: "ok" } }) },
          503: { description: "No longer: what is in flight is finished.", schema: object({ status: { const: "draining" } }) },
        },
        handle: (_request, reply) => reply.code(this.#draining ? 503 : 200).send({ status: this.#draining ? "draining" : "ok" }),
      },
      {
        method: "GET",
        url: "/metrics",
        summary: "Counts and times in Prometheus's text format.",
        answers: { 200: { description: "Metrics.", contentType: "text/plain" } },
        handle: (_request, reply) => reply.type("text/plain; version=0.0.4; charset=utf-8").send(this.#metrics.text()),
      },
    ];
  }

  #register({ method, url, body, params, querystring, open, handle }: Route): void {
    this.#app.route({
      method,
      url,
      config: { open: open === true },
      schema: {
        ...(body === undefined ? {} : { body }),
        ...(params === undefined ? {} : { params }),
        ...(querystring === undefined ? {} : { querystring }),
      },
      handler: (request, reply) => withinTime(handle(request, reply), this.#options.timeoutMs),
    });
  }

  /** Counts the request, then lets it in or not. */
  #admit(request: FastifyRequest, reply: FastifyReply): void {
    const started = performance.now();
    const { config = {}, url: route = "unknown" } = request.routeOptions as { config?: { open?: boolean }; url?: string };
    const open = config.open === true;
    if (!open) this.#metrics.inFlight++;
    reply.raw.once("close", () => {
      this.#metrics.request(request.method, route, reply.raw.writableFinished ? reply.statusCode : CLIENT_GONE, (performance.now() - started) / 1000);
      if (open) return;
      this.#metrics.inFlight--;
      if (this.#metrics.inFlight === 0) this.#idle?.();
    });
    if (open) return;
    this.#access.check(request.raw);
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
    const { status, code, message } = describeError(error);
    if (status >= 500) this.#options.onFailure(`${code}: ${message}`);
    if (status === 401) reply.header("www-authenticate", "Bearer");
    return reply.code(status).type("application/json").send({ error: { code, message } });
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

function openApiRoute(document: object): Route {
  return {
    method: "GET",
    url: "/openapi.json",
    summary: "This document.",
    answers: { 200: { description: "OpenAPI 3.1.", schema: { type: "object" } } },
    handle: () => document,
  };
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}
