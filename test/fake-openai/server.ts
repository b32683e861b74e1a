/**
 * An OpenAI-compatible server that answers by script and fails on demand: for tests of clients, of resuming, and for load.
 * It runs in a test's own process or, through main.ts, in one of its own.
 */
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answerBody, type FakeAnswer, streamEvents } from "./answer.ts";

export type { FakeAnswer } from "./answer.ts";

export interface FakeCall {
  /** `/v1/completions` or `/v1/chat/completions`. */
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client sent, for the test to look at
  readonly body: any;
  readonly headers: IncomingMessage["headers"];
  /** Over path and body, byte by byte: the same request has the same hash. */
  readonly hash: string;
  /** How often the same request came before. */
  readonly before: number;
  /** Number of the call, from 0. */
  readonly number: number;
  /** Calls being answered, this one included. */
  readonly inFlight: number;
}

export type Fault =
  /** An error answer, in OpenAI's shape unless `body` says otherwise. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfter?: string | number;
      readonly code?: string;
      readonly message?: string;
      readonly body?: string;
    }
  /** The connection breaks before the answer begins. */
  | { readonly kind: "reset" }
  /** The connection breaks in the middle of the body. */
  | { readonly kind: "cut" }
  /** A whole HTTP answer whose JSON stops halfway. */
  | { readonly kind: "half-json" }
  /** Nothing comes. `after: "head"`: headers and half of the body do. */
  | { readonly kind: "silence"; readonly after?: "head" };

export interface FakeOptions {
  /** What the model says. Default: `ok`. */
  readonly answer?: (call: FakeCall) => FakeAnswer | string | Promise<FakeAnswer | string>;
  /** What goes wrong with a call, if anything. */
  readonly fault?: (call: FakeCall) => Fault | undefined;
  /** Time before an answer begins; a function may let it grow with the load. Faults come at once. */
  readonly latencyMs?: number | ((call: FakeCall) => number);
  /** Calls answered at a time; those beyond get this status. */
  readonly capacity?: { readonly calls: number; readonly status: 429 | 503; readonly retryAfter?: string | number };
  /** Whether the stop string that ends a text stays in it. Servers differ. Default: `strip`. */
  readonly stop?: "strip" | "keep";
  /** A line of JSON for each answer that has left as a whole: `{"number":…,"hash":…,"path":…,"text":…}`. Appended to. */
  readonly logFile?: string;
  /** False keeps no call in memory, for long loads. Default true. */
  readonly keepCalls?: boolean;
  readonly port?: number;
  /** Entries of `GET /v1/models`, which counts as no call. Default: none. */
  readonly models?: () => readonly object[];
}

export interface FakeServer {
  readonly baseURL: string;
  /** Everything that was asked, in order. */
  readonly calls: readonly FakeCall[];
  /** Answers that left as a whole, by request hash. */
  readonly answered: ReadonlyMap<string, number>;
  readonly peakInFlight: number;
  /** Connections accepted so far. */
  readonly connections: number;
  close(): Promise<void>;
}

export async function startFakeOpenAI(options: FakeOptions = {}): Promise<FakeServer> {
  const calls: FakeCall[] = [];
  const seen = new Map<string, number>();
  const answered = new Map<string, number>();
  const sockets = new Set<Socket>();
  const stopped = new AbortController();
  let number = 0;
  let inFlight = 0;
  let peakInFlight = 0;
  let connections = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (request.method === "GET") return void sendModels(response, options.models?.() ?? []);
    const text = await readText(request);
    const hash = createHash("sha256").update(`${path}\n${text}`).digest("hex").slice(0, 16);
    const before = seen.get(hash) ?? 0;
    seen.set(hash, before + 1);
    const call: FakeCall = { path, body: JSON.parse(text), headers: request.headers, hash, before, number: number++, inFlight };
    if (options.keepCalls !== false) calls.push(call);
    const { capacity } = options;
    const fault: Fault | undefined =
      capacity !== undefined && inFlight > capacity.calls
        ? { kind: "status", status: capacity.status, ...(capacity.retryAfter === undefined ? {} : { retryAfter: capacity.retryAfter }) }
        : options.fault?.(call);
    if (fault?.kind === "reset") return void response.destroy();
    if (fault?.kind === "status") return void sendStatus(response, fault);
    if (fault?.kind === "silence" && fault.after !== "head") return;

    const latency = typeof options.latencyMs === "function" ? options.latencyMs(call) : (options.latencyMs ?? 0);
    if (latency > 0) await sleep(latency, undefined, { signal: stopped.signal });
    const scripted = (await options.answer?.(call)) ?? "ok";
    const answer = typeof scripted === "string" ? { text: scripted } : scripted;
    const chat = path.endsWith("/chat/completions");
    const body = answerBody(answer, call.body, chat, options.stop ?? "strip", call.number);
    if (fault !== undefined) return void sendBroken(response, fault.kind, JSON.stringify(body));
    response.on("finish", () => {
      answered.set(hash, (answered.get(hash) ?? 0) + 1);
      if (options.logFile !== undefined)
        appendFileSync(options.logFile, `${JSON.stringify({ number: call.number, hash, path, text: answer.text ?? "" })}\n`);
    });
    if (call.body.stream === true) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const event of streamEvents(body, chat)) response.write(event);
      response.end();
    } else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  const server = createServer((request, response) => {
    inFlight++;
    peakInFlight = Math.max(peakInFlight, inFlight);
    response.on("close", () => inFlight--);
    handle(request, response).catch((error: unknown) => {
      if (!stopped.signal.aborted) response.writeHead(500).end(String(error));
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    answered,
    get peakInFlight() {
      return peakInFlight;
    },
    get connections() {
      return connections;
    },
    async close() {
      stopped.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function sendStatus(response: ServerResponse, { status, retryAfter, code, message, body }: Extract<Fault, { kind: "status" }>): void {
  const error = { message: message ?? `scripted ${status}`, type: "scripted", code: code ?? null };
  response
    .writeHead(status, { "content-type": "application/json", ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }) })
    .end(body ?? JSON.stringify({ error }));
}

function sendBroken(response: ServerResponse, kind: Exclude<Fault["kind"], "status" | "reset">, json: string): void {
  const half = json.slice(0, json.length >> 1);
  if (kind === "half-json") return void response.writeHead(200, { "content-type": "application/json" }).end(half);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(json) });
  response.write(half, () => {
    if (kind === "cut") response.destroy();
  });
}

function sendModels(response: ServerResponse, data: readonly object[]): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ object: "list", data }));
}
