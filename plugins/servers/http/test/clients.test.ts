import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { Served, type Setting, TOKEN } from "./support.ts";

const get = (target: string, host = "127.0.0.1", auth = `authorization: Bearer ${TOKEN}\r\n`) =>
  `GET ${target} HTTP/1.1\r\nhost: ${host}\r\n${auth}connection: close\r\n\r\n`;
const POST = `POST /v1/score HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\n`;
const OPEN: Setting = { service: { token: undefined } };

describe("the service answers a client that sends", function () {
  this.timeout(20_000);
  let served: Served;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await served.close();
  });

  function dial(): Socket {
    const socket = connect(Number(new URL(served.url).port), "127.0.0.1");
    socket.on("error", () => {});
    sockets.push(socket);
    return socket;
  }

  /** The status line's code; undefined where the connection was closed without one. */
  async function answer(sent: string, socket = dial()): Promise<number | undefined> {
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

  for (const [what, sent, status, setting] of [
    ["//", get("//"), 404],
    ["an authority for a path", get("//evil.example/healthz"), 404],
    ["*", get("*"), 404],
    ["OPTIONS *", get("*").replace("GET", "OPTIONS"), 404],
    ["escapes that are none", get("/%zz%"), 400],
    ["escapes that are none in a session's name", get("/v1/tasks/%c3%28"), 400],
    ["a target that is no path", get("healthz"), 400],
    ["a URL that is none", get("http://["), 400],
    ["a token's path without a token", get("/t/", "127.0.0.1", ""), 401],
    ["a token's path with escapes that are none", get("/t/%zz/healthz", "127.0.0.1", ""), 200],
    ["a token's path in a token's path", get(`/t/x/t/${TOKEN.replaceAll(" ", "%20")}/v1/tasks`, "127.0.0.1", ""), 401],
    ["a name of Object's", get("/v1/tasks/__proto__"), 404],
    ["a name that a page made to mean this machine", get("/v1/tasks", "evil.example", ""), 403, OPEN],
    ["no Host without a token", "GET /v1/tasks HTTP/1.0\r\n\r\n", 403, OPEN],
    ["headers without end", `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n${"x: y\r\n".repeat(20_000)}`, 400],
    ["what is no HTTP", "\u0016\u0003\u0001 hello\r\n\r\n", 400],
    ["a length and chunks", `${POST}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ["a body that is too long", `${POST}content-length: 3000\r\n\r\n`, 413, { service: { maxBodyBytes: 2_000 } }],
    ["JSON nested without sense", `${POST}content-length: 9000\r\n\r\n${"[".repeat(9_000)}`, 400],
    ["headers that never end", "GET / HTTP/1.1\r\nhost: 127.0", 400, { service: { timeoutMs: 500 } }],
    ["a body that never comes", `${POST}content-length: 100\r\n\r\n{`, 400, { service: { timeoutMs: 500 } }],
  ] as const satisfies readonly (readonly [string, string, number, Setting?])[]) {
    it(`${what} with ${status}, and goes on`, async () => {
      served = await Served.start(setting);
      expect(await answer(sent)).to.equal(status);
      expect(served.failures).to.deep.equal([]);
      expect(await answer(get("/healthz"))).to.equal(200);
    });
  }

  it("nothing on so many connections that there is room for no more", async () => {
    served = await Served.start({ service: { maxInFlight: 1 } });
    // One request may be in flight, and 256 besides.
    const idle = Array.from({ length: 257 }, dial);
    await Promise.all(idle.map((socket) => once(socket, "connect")));
    expect(await answer(get("/healthz"))).to.equal(undefined);
    for (const socket of idle.slice(0, 10)) socket.destroy();
    let status: number | undefined;
    while (status === undefined) status = await answer(get("/healthz"));
    expect(status).to.equal(200);
  });
});
