import { connect } from "node:net";
import { isLoopback } from "@autotraj/core/plugin";
import { expect } from "chai";
import { Access } from "../src/access.ts";
import { ADD, ask, Served, type Setting, TOKEN, until } from "./support.ts";

describe("the service", () => {
  let served: Served;
  afterEach(() => served?.close());
  const start = async (setting?: Setting) => {
    served = await Served.start(setting);
  };

  describe("with a token", () => {
    it("takes it as a bearer or in the path, and nothing else for it", async () => {
      await start();
      const status = async (path: string, headers = {}) => (await ask(served.url, "GET", path, undefined, headers)).status;
      expect(await status("/v1/tasks", { authorization: `Bearer ${TOKEN}` })).to.equal(200);
      expect(await status("/v1/tasks", { authorization: `bearer ${TOKEN}` })).to.equal(200);
      expect(await status(`/t/${encodeURIComponent(TOKEN)}/v1/tasks?limit=1`)).to.equal(200);
      expect(await status("/v1/tasks")).to.equal(401);
      expect(await status("/t/guess/v1/tasks")).to.equal(401);
      expect(await status("/t/%E0%A4%A/v1/tasks")).to.equal(401);
      expect(await status("/v1/tasks", { authorization: `Basic ${TOKEN}` })).to.equal(401);
      expect(await status("/v1/tasks", { authorization: `Bearer ${TOKEN}x` })).to.equal(401);
      // A wrong header is not mended by a right path.
      expect(await status(`/t/${encodeURIComponent(TOKEN)}/v1/tasks`, { authorization: "Bearer guess" })).to.equal(401);
    });

    it("says nothing about what there is to those who have none, but how it is", async () => {
      await start();
      const reply = await ask(served.url, "GET", "/nowhere");
      expect(reply.status).to.equal(401);
      expect(reply.headers.get("www-authenticate")).to.equal("Bearer");
      expect(reply.body.error.code).to.equal("UNAUTHORIZED");
      for (const path of ["/metrics", "/openapi.json"]) expect((await ask(served.url, "GET", path)).status, path).to.equal(401);
      expect(await ask(served.url, "GET", "/healthz")).to.deep.include({ status: 200, body: { status: "ok" } });
    });

    it("shows it in no message and no metric", async () => {
      await start();
      const { text } = await ask(served.url, "GET", `/t/${encodeURIComponent(TOKEN)}/nowhere`);
      const metrics = await served.ask("GET", "/metrics");
      expect(text).to.contain("there is no GET /nowhere");
      for (const shown of [text, metrics.text]) expect(shown).not.to.contain(encodeURIComponent(TOKEN));
      expect(metrics.text).to.contain('autotraj_requests_total{method="GET",route="unknown",code="404"} 1');
    });
  });

  it("without a token answers to this machine's own names only", async () => {
    await start({ service: { token: undefined } });
    const named = (host: string) =>
      new Promise<string>((resolve, reject) => {
        const { hostname, port } = new URL(served.url);
        const socket = connect(Number(port), hostname, () => socket.end(`GET /v1/tasks HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`));
        let text = "";
        socket.on("data", (chunk) => {
          text += chunk;
        });
        socket.on("close", () => resolve(text.split("\r\n")[0] ?? ""));
        socket.on("error", reject);
      });
    for (const host of ["127.0.0.1:80", "localhost", "[::1]:8765"]) expect(await named(host), host).to.contain("200");
    for (const host of ["attacker.example", "127.attacker.example"]) expect(await named(host), host).to.contain("403");
  });

  it("knows which addresses are this machine's own", () => {
    for (const own of ["127.0.0.1", "127.8.9.10", "127.255.255.255", "localhost", "::1"]) expect(isLoopback(own), own).to.equal(true);
    const others = [
      "0.0.0.0",
      "::",
      "10.0.0.1",
      "127.0.0.256",
      "127.0.0",
      "127.00.0.1",
      "x127.0.0.1",
      "127.0.0.1.example",
      "127.attacker.example",
      "",
    ];
    for (const other of others) expect(isLoopback(other), other).to.equal(false);
  });

  it("finds a token at a path's beginning only", () => {
    const request = (url: string) => ({ url, headers: {} }) as Parameters<Access["pathOf"]>[0];
    expect(new Access("a").pathOf(request("/t/a"))).to.equal("/");
    expect(new Access("a").pathOf(request("/tasks/t/a"))).to.equal("/tasks/t/a");
  });

  describe("refuses in one shape", () => {
    const refusals = [
      ["a path that is not there", "GET", "/nowhere", undefined, {}, 404, "NOT_FOUND"],
      ["another method", "PUT", "/v1/score", {}, {}, 404, "NOT_FOUND"],
      ["what is no JSON", "POST", "/v1/score", "{items:", {}, 400, "BAD_REQUEST"],
      ["JSON that would change prototypes", "POST", "/v1/score", '{"__proto__":{}}', {}, 400, "BAD_REQUEST"],
      ["plain text", "POST", "/v1/score", "{}", { "content-type": "text/plain" }, 415, "MEDIA_TYPE"],
      ["an empty batch", "POST", "/v1/turns", { items: [] }, {}, 400, "BAD_REQUEST"],
      ["a field that is not there", "POST", "/v1/sessions", { items: [{ task: "q-0", seed: 1 }] }, {}, 400, "BAD_REQUEST"],
      ["a number as text", "POST", "/v1/turns", { items: [{ session: "s", index: "0", text: "", finish: "stop" }] }, {}, 400, "BAD_REQUEST"],
      ["a sample of two kinds", "POST", "/v1/score", { items: [{ id: "a", session: "s", task: "q-0" }] }, {}, 400, "BAD_REQUEST"],
      ["a page of letters", "GET", "/v1/tasks?limit=all", undefined, {}, 400, "BAD_REQUEST"],
      ["a path that is no text", "GET", "/v1/tasks/%E0%A4%A", undefined, {}, 400, "BAD_REQUEST"],
    ] as const;
    for (const [what, method, path, body, headers, status, code] of refusals) {
      it(what, async () => {
        await start();
        const reply = await served.ask(method, path, body, headers);
        expect(reply.status, reply.text).to.equal(status);
        expect(reply.body).to.have.all.keys("error");
        expect(reply.body.error).to.have.all.keys("code", "message");
        expect(reply.body.error.code).to.equal(code);
      });
    }

    it("a body that is too long", async () => {
      await start({ service: { maxBodyBytes: 1000 } });
      const reply = await served.ask("POST", "/v1/score", { items: [{ id: "a", task: "q-0", text: "x".repeat(1000) }] });
      expect(reply.status).to.equal(413);
      expect(reply.body.error.code).to.equal("BODY_TOO_LARGE");
    });

    it("what is no HTTP", async () => {
      await start();
      const { hostname, port } = new URL(served.url);
      const text = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write("hello\r\n\r\n"));
        let got = "";
        socket.on("data", (chunk) => {
          got += chunk;
        });
        socket.on("close", () => resolve(got));
      });
      expect(text).to.match(/^HTTP\/1\.1 400 /);
      expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n"))).error.code).to.equal("BAD_REQUEST");
    });

    it("a request that takes too long, and has its answer when asked again", async () => {
      await start({ service: { timeoutMs: 300 } });
      served.hold();
      const session = await served.begin("q-0");
      const turn = { index: 0, text: "<hold>on</hold>", finish: "stop" };
      const late = await served.ask("POST", `/v1/sessions/${session}/turn`, turn);
      expect(late.status, late.text).to.equal(504);
      expect(late.body.error.code).to.equal("TIMEOUT");
      served.release();
      const again = await served.post(`/v1/sessions/${session}/turn`, turn);
      expect(again.results[0].content).to.equal("said on");
      expect(served.failures.join()).to.contain("TIMEOUT");
    });

    it("more requests at once than it was told to take", async () => {
      await start({ service: { maxInFlight: 1 } });
      served.hold();
      const session = await served.begin("q-0");
      const held = served.post(`/v1/sessions/${session}/turn`, { index: 0, text: "<hold>on</hold>", finish: "stop" });
      let refused = await served.ask("GET", "/v1/tasks");
      await until(async () => {
        refused = await served.ask("GET", "/v1/tasks");
        return refused.status !== 200;
      });
      expect(refused.status).to.equal(503);
      expect(refused.body.error.code).to.equal("TOO_MANY_REQUESTS");
      expect(refused.headers.get("retry-after")).to.equal("1");
      served.release();
      await held;
      expect((await served.ask("GET", "/v1/tasks")).status).to.equal(200);
    });
  });

  it("counts what it does", async () => {
    await start();
    const session = await served.begin("q-0");
    await served.post(`/v1/sessions/${session}/turn`, { index: 0, text: ADD(0, 0), finish: "stop" });
    await served.ask("POST", "/v1/sessions/nobody/turn", { index: 0, text: "", finish: "stop" });
    expect(await served.metric('autotraj_turns_total{outcome="ok"}')).to.equal(1);
    expect(await served.metric('autotraj_turns_total{outcome="error"}')).to.equal(1);
    expect(await served.metric("autotraj_sessions_open")).to.equal(1);
    expect(await served.metric("autotraj_requests_in_flight")).to.equal(1);
    const route = '{method="POST",route="/v1/sessions/:id/turn"';
    expect(await served.metric(`autotraj_requests_total${route},code="200"}`)).to.equal(1);
    expect(await served.metric(`autotraj_requests_total${route},code="404"}`)).to.equal(1);
    expect(await served.metric('autotraj_request_seconds_bucket{le="+Inf",route="/v1/sessions/:id/turn"}')).to.equal(2);
    expect(await served.metric('autotraj_request_seconds_count{route="/v1/sessions/:id/turn"}')).to.equal(2);
    const { headers, text } = await served.ask("GET", "/metrics");
    expect(headers.get("content-type")).to.contain("text/plain; version=0.0.4");
    for (const line of text.split("\n").filter((one) => one !== ""))
      expect(line).to.match(/^(# (HELP|TYPE) autotraj_\w+ .+|autotraj_\w+(\{(\w+="[^"]*",?)+\})? [0-9.e+-]+)$/);
  });
});
