import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ExecutionResult, Sandbox } from "@autotraj/core/plugin";
import { expect } from "chai";
import { SandboxService, type SandboxServiceOptions } from "../src/service.ts";

/** Answers at once, or never. */
class StillSandbox implements Sandbox {
  readonly isolation = "still";
  readonly strength = 1;
  readonly packages = [];
  readonly sessions = false;
  executions = 0;
  readonly answers: boolean;
  constructor(answers: boolean) {
    this.answers = answers;
  }

  selfTest() {
    return Promise.resolve({ ok: true } as const);
  }

  execute(_request: unknown, { signal }: { signal: AbortSignal }): Promise<ExecutionResult> {
    this.executions++;
    const result = { status: "ok", stdout: "", stderr: "", durationMs: 1, truncatedBytes: 0 } as const;
    if (this.answers) return Promise.resolve(result);
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }
}

const BODY = JSON.stringify({ code: "print(1)", language: "python" });
const HEAD = "POST /run_code HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n";
const RUN = `${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}`;
const get = (target: string, host = "127.0.0.1") => `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;

interface Attempt {
  readonly promise: string;
  readonly sent: string;
  /** Of the answer's status line. */
  readonly status: number;
  readonly options?: Partial<SandboxServiceOptions>;
}

const ATTEMPTS: readonly Attempt[] = [
  { promise: "//", sent: get("//"), status: 404 },
  { promise: "///run_code", sent: get("///run_code"), status: 404 },
  { promise: "an authority for a path", sent: get("//evil.example/healthz"), status: 404 },
  { promise: "*", sent: get("*"), status: 400 },
  { promise: "OPTIONS *", sent: get("*").replace("GET", "OPTIONS"), status: 400 },
  { promise: "escapes that are none", sent: get("/%zz%"), status: 404 },
  { promise: "a path with dots", sent: get("/../healthz"), status: 404 },
  { promise: "an escaped path", sent: get("/%68ealthz"), status: 404 },
  { promise: "a target that is no path", sent: get("healthz"), status: 400 },
  { promise: "a URL of another protocol", sent: get("ftp://127.0.0.1/healthz"), status: 400 },
  { promise: "a URL that is none", sent: get("http://["), status: 400 },
  { promise: "a whole URL of ours", sent: get("http://127.0.0.1/healthz"), status: 200 },
  { promise: "a name of Object's", sent: get("/__proto__"), status: 404 },
  { promise: "a query", sent: get("/healthz?x=%zz"), status: 200 },
  { promise: "a tunnel's target without a tunnel", sent: get("127.0.0.1:80"), status: 400 },
  { promise: "a name that a page made to mean this machine", sent: get("/healthz", "evil.example"), status: 403 },
  { promise: "such a name that runs code", sent: RUN.replace("host: 127.0.0.1", "host: evil.example:8080"), status: 403 },
  { promise: "no Host", sent: "GET /healthz HTTP/1.0\r\n\r\n", status: 403 },
  { promise: "localhost", sent: get("/healthz", "localhost:8080"), status: 200 },
  { promise: "::1", sent: get("/healthz", "[::1]:8080"), status: 200 },
  { promise: "another machine's address, where it listens to this one only", sent: get("/healthz", "10.0.0.1"), status: 403 },
  { promise: "any name with a token", sent: get("/healthz", "sandbox.example"), status: 200, options: { token: "t" } },
  { promise: "an address, where it listens to all", sent: get("/healthz", "10.0.0.1:8080"), status: 200, options: { host: "0.0.0.0" } },
  { promise: "a name, where it listens to all without a token", sent: get("/healthz", "evil.example"), status: 403, options: { host: "0.0.0.0" } },
  { promise: "headers without end", sent: `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n${"x: y\r\n".repeat(20_000)}`, status: 431 },
  { promise: "one huge header", sent: `GET / HTTP/1.1\r\nx: ${"y".repeat(100_000)}`, status: 431 },
  { promise: "what is no HTTP", sent: "\u0016\u0003\u0001 hello\r\n\r\n", status: 400 },
  { promise: "two lengths", sent: `${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nx`, status: 400 },
  { promise: "a length and chunks", sent: `${HEAD}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, status: 400 },
  { promise: "a chunk that is none", sent: `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n`, status: 400 },
  { promise: "headers that never end", sent: "GET / HTTP/1.1\r\nhost: 127.0", status: 408, options: { clientTimeoutMs: 200 } },
  { promise: "a body that never comes", sent: `${HEAD}content-length: 100\r\n\r\n{`, status: 408, options: { clientTimeoutMs: 200 } },
  { promise: "a body that is announced too long", sent: `${HEAD}content-length: 20000\r\n\r\n${"x".repeat(20_000)}`, status: 413 },
  { promise: "JSON nested without sense", sent: `${HEAD}content-length: 9000\r\n\r\n${"[".repeat(9_000)}`, status: 422 },
];

describe("the sandbox server answers a client that sends", function () {
  this.timeout(20_000);
  let server: SandboxService;
  let sandbox: StillSandbox;
  let port: number;
  let failures: string[];
  const sockets: Socket[] = [];

  async function open(options: Partial<SandboxServiceOptions> = {}, answers = true): Promise<void> {
    sandbox = new StillSandbox(answers);
    failures = [];
    server = new SandboxService(sandbox, {
      ...{ host: "127.0.0.1", port: 0, concurrency: 1, queue: 1, maxBodyBytes: 10_000, maxTimeoutMs: 20_000, maxMemoryMiB: 2048 },
      ...{ clientTimeoutMs: 30_000, hide: (text: string) => text.replaceAll("s3cret", "<hidden>") },
      onFailure: (message) => failures.push(message),
      ...options,
    });
    port = Number(new URL(await server.listen()).port);
  }
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.stopAtOnce();
  });

  function dial(): Socket {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    sockets.push(socket);
    return socket;
  }

  /** The status line's code; undefined where the connection was closed without one. */
  async function answer(socket: Socket, sent: string): Promise<number | undefined> {
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
    });
    socket.write(sent, "latin1");
    while (!text.includes("\r\n")) {
      await new Promise((resolve) => socket.once("data", resolve).once("close", resolve));
      if (socket.destroyed) break;
    }
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
    return status === undefined ? undefined : Number(status);
  }

  for (const { promise, sent, status, options } of ATTEMPTS) {
    it(`${promise} with ${status}, runs nothing and goes on`, async () => {
      await open(options);
      expect(await answer(dial(), sent)).to.equal(status);
      expect(sandbox.executions).to.equal(0);
      expect(failures).to.deep.equal([]);
      const authorized = RUN.replace("\r\n\r\n", `\r\nauthorization: Bearer ${options?.token ?? ""}\r\n\r\n`);
      expect(await answer(dial(), authorized)).to.equal(200);
    });
  }

  it("one request more than run and wait with 429, before its body has come", async () => {
    await open({}, false);
    const [first, second] = [answer(dial(), RUN), answer(dial(), RUN)];
    while (sandbox.executions === 0 || (await stateOf()).waiting === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await answer(dial(), `${HEAD}content-length: 100\r\n\r\n`)).to.equal(429);
    await server.stopAtOnce();
    await Promise.allSettled([first, second]);
  });

  it("bodies that do not come with places that others do not get, until their time is over", async () => {
    await open({ clientTimeoutMs: 500 });
    const slow = [dial(), dial()].map((socket) => answer(socket, `${HEAD}content-length: 100\r\n\r\n{`));
    let status: number | undefined = 200;
    while (status === 200) status = await answer(dial(), RUN);
    expect(status).to.equal(429);
    expect(await Promise.all(slow)).to.deep.equal([408, 408]);
    expect(await answer(dial(), RUN)).to.equal(200);
  });

  it("nothing on so many connections that there is room for no more", async () => {
    await open();
    // One may run, one may wait, and 64 besides.
    const idle = Array.from({ length: 66 }, dial);
    await Promise.all(idle.map((socket) => once(socket, "connect")));
    expect(await answer(dial(), RUN)).to.equal(undefined);
    for (const socket of idle.slice(0, 10)) socket.destroy();
    let status: number | undefined;
    while (status === undefined) status = await answer(dial(), RUN);
    expect(status).to.equal(200);
  });

  async function stateOf(): Promise<{ waiting: number }> {
    return (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as { waiting: number };
  }
});
