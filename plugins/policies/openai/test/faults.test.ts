import { expect } from "chai";
import type { Fault } from "../../../../test/fake-openai/server.ts";
import { anySignal, closeAll, fake, numbered, policyAt, rejection, setUp, turn } from "./support.ts";

/** A fault for the first `times` calls of each request. */
const first = (times: number, fault: Fault) => ({ fault: (call: { before: number }) => (call.before < times ? fault : undefined) });

describe("policy-openai when the server fails", () => {
  afterEach(closeAll);

  for (const [name, fault] of [
    ["is refused with 429", { kind: "status", status: 429 }],
    ["is refused with 503", { kind: "status", status: 503, body: "<html>busy</html>" }],
    ["meets a 500", { kind: "status", status: 500 }],
    ["meets a 408", { kind: "status", status: 408 }],
    ["meets a 409", { kind: "status", status: 409 }],
    ["loses its connection", { kind: "reset" }],
    ["gets a body that is cut", { kind: "cut" }],
    ["gets half a JSON document", { kind: "half-json" }],
    ["gets a web page with status 200", { kind: "status", status: 200, body: "<html>Sign in</html>" }],
    ["gets an error inside a 200", { kind: "status", status: 200, body: '{"error":{"message":"upstream","code":502}}' }],
    ["gets an empty answer", { kind: "status", status: 200, body: "" }],
  ] as [string, Fault][]) {
    it(`asks again when a request ${name}`, async () => {
      const server = await fake({ answer: () => "<answer>42", ...first(2, fault) });
      const policy = await policyAt(server.baseURL);
      expect((await policy.generate(turn(), anySignal)).text).to.equal("<answer>42</answer>");
      expect(server.calls.length).to.equal(3);
      expect(server.answered.size, "the same request each time").to.equal(1);
    });
  }

  it("asks again when the server says nothing for as long as an attempt may take", async () => {
    const server = await fake(first(1, { kind: "silence" }));
    const policy = await policyAt(server.baseURL, { timeoutMs: 150 });
    expect((await policy.generate(turn(), anySignal)).text).to.equal("ok");
    expect(server.calls.length).to.equal(2);
  });

  it("names the time an attempt may take, whether nothing came or half of the answer", async () => {
    for (const fault of [{ kind: "silence" }, { kind: "silence", after: "head" }] as const) {
      const server = await fake({ fault: () => fault });
      const policy = await policyAt(server.baseURL, { timeoutMs: 150, maxRetries: 0 });
      const error = await rejection(policy.generate(turn(), anySignal));
      expect(error.code).to.equal("OPENAI_TIMEOUT");
      expect(error.message).to.include("gave no whole answer within 150 ms");
    }
  });

  it("asks again when an answer falls silent halfway, long before the attempt's time is up", async () => {
    const server = await fake(first(1, { kind: "silence", after: "head" }));
    const policy = await policyAt(server.baseURL, { silenceTimeoutMs: 100, timeoutMs: 600_000 });
    expect((await policy.generate(turn(), anySignal)).text).to.equal("ok");
    expect(server.calls.length).to.equal(2);
  });

  it("finds a server that starts late", async () => {
    const early = await fake();
    const port = Number(new URL(early.baseURL).port);
    await early.close();
    const { policy, warnings } = await setUp(early.baseURL);
    const answer = policy.generate(turn(), anySignal);
    while (warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await fake({ port });
    expect((await answer).text).to.equal("ok");
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include("ECONNREFUSED").and.include("Trying again");
  });

  it("gives up after maxRetries, naming the server, what it said and how often it was asked", async () => {
    const server = await fake({ fault: () => ({ kind: "status", status: 500, message: "CUDA error" }) });
    const policy = await policyAt(server.baseURL, { maxRetries: 2 });
    const error = await rejection(policy.generate(turn(), anySignal));
    expect(error.code).to.equal("OPENAI_UNAVAILABLE");
    expect(error.message).to.include(`POST ${server.baseURL}/completions answered 500: CUDA error (the last of 3 attempts)`);
    expect(server.calls.length).to.equal(3);
  });

  for (const [status, code, hint] of [
    [400, "OPENAI_REFUSED", "extraBody"],
    [401, "OPENAI_AUTH", "apiKey"],
    [403, "OPENAI_AUTH", "apiKey"],
    [404, "OPENAI_NOT_FOUND", "baseURL"],
    [422, "OPENAI_REFUSED", "extraBody"],
  ] as const) {
    it(`does not ask again after a ${status}`, async () => {
      const server = await fake({ fault: () => ({ kind: "status", status, message: "not with this model" }) });
      const policy = await policyAt(server.baseURL);
      const error = await rejection(policy.generate(turn(), anySignal));
      expect(error.code).to.equal(code);
      expect(error.hint).to.include(hint);
      expect(server.calls.length).to.equal(1);
    });
  }

  it("does not wait for a quota that no waiting brings back", async () => {
    const server = await fake({ fault: () => ({ kind: "status", status: 429, code: "insufficient_quota" }) });
    const policy = await policyAt(server.baseURL);
    expect((await rejection(policy.generate(turn(), anySignal))).code).to.equal("OPENAI_QUOTA");
    expect(server.calls.length).to.equal(1);
  });

  it("says so when prompt and answer do not fit the model's context", async () => {
    const message = "This model's maximum context length is 2048 tokens. However, you requested 3000 tokens.";
    const server = await fake({ fault: () => ({ kind: "status", status: 400, message }) });
    const policy = await policyAt(server.baseURL);
    const error = await rejection(policy.generate(turn(), anySignal));
    expect(error.code).to.equal("OPENAI_CONTEXT");
    expect(error.message).to.include("2048 tokens");
  });

  it("keeps secrets out of its messages even where the server quotes them", async () => {
    const server = await fake({
      fault: ({ headers }) => ({ kind: "status", status: 401, message: `bad key ${headers.authorization} ${headers["x-tenant"]}` }),
    });
    const policy = await policyAt(`${server.baseURL}?token=query-secret`, { apiKey: { $env: "KEY" }, headers: { "x-tenant": "tenant-secret" } });
    const error = await rejection(policy.generate(turn(), anySignal));
    expect(error.message).to.include("bad key Bearer [redacted] [redacted]").and.not.include("secret");
    expect(server.calls[0]?.path).to.equal("/v1/completions?token=query-secret");
    expect(policy.identity).not.to.include("secret");
  });

  it("does not believe a Retry-After beyond maxRetryAfterMs: the request comes back after the usual pause", async () => {
    const server = await fake(first(1, { kind: "status", status: 429, retryAfter: 1e9 }));
    const policy = await policyAt(server.baseURL, { maxRetryAfterMs: 3_600_000 });
    expect((await policy.generate(turn(), anySignal)).text).to.equal("ok");
  });

  it("waits as long as a Retry-After within the bound says", async () => {
    const times: number[] = [];
    const server = await fake({
      answer: () => String(times.push(performance.now())),
      fault: ({ before }) => (before === 0 && times.push(performance.now()) > 0 ? { kind: "status", status: 429, retryAfter: 1 } : undefined),
    });
    const policy = await policyAt(server.baseURL);
    await policy.generate(turn(), anySignal);
    const [refused = 0, answered = 0] = times;
    expect(answered - refused).to.be.at.least(990);
  });

  it("lets a Retry-After of one request hold up no other", async () => {
    const server = await fake({ fault: ({ number }) => (number === 0 ? { kind: "status", status: 429, retryAfter: 3600 } : undefined) });
    const policy = await policyAt(server.baseURL, { maxRetryAfterMs: 3_600_000 });
    const stop = new AbortController();
    const unlucky = rejection(policy.generate(numbered(0), stop));
    for (let n = 1; n <= 20; n++) expect((await policy.generate(numbered(n), anySignal)).text).to.equal("ok");
    stop.abort(new Error("enough"));
    await unlucky;
  });

  it("stops at once when told to: in flight, while waiting for a turn, and between attempts", async () => {
    const server = await fake({ fault: ({ number }) => ({ kind: number === 0 ? "silence" : "cut" }) });
    const policy = await policyAt(server.baseURL, { concurrency: { start: 1, max: 1 } });
    const stop = new AbortController();
    const inFlight = rejection(policy.generate(numbered(0), stop));
    const queued = rejection(policy.generate(numbered(1), stop));
    while (server.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    stop.abort(new Error("the run is over"));
    expect((await inFlight).message).to.equal("the run is over");
    expect((await queued).message).to.equal("the run is over");
    expect(server.calls.length).to.equal(1);

    const slow = await policyAt(server.baseURL, { retryDelayMs: 3_600_000, model: "other" });
    const later = new AbortController();
    const between = rejection(slow.generate(numbered(2), later));
    while (server.calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    setTimeout(() => later.abort(), 20);
    expect((await between).name).to.equal("AbortError");
    expect((await rejection(slow.generate(numbered(3), later))).name).to.equal("AbortError");
    expect(server.calls.length).to.equal(2);
  });

  it("sends nothing that the environment holds for another server", async () => {
    const names = ["OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL"];
    const kept = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = "http://leaked.invalid";
    process.env["OPENAI_CUSTOM_HEADERS"] = "x-leaked: leaked";
    try {
      const server = await fake();
      const policy = await policyAt(server.baseURL);
      await policy.generate(turn(), anySignal);
      expect(JSON.stringify(server.calls)).not.to.include("leaked");
      expect(server.calls[0]?.headers.authorization).to.equal(undefined);
    } finally {
      delete process.env["OPENAI_CUSTOM_HEADERS"];
      for (const [index, name] of names.entries()) {
        if (kept[index] === undefined) delete process.env[name];
        else process.env[name] = kept[index];
      }
    }
  });

  it("refuses a baseURL that is none, or that holds credentials, without repeating them", async () => {
    expect((await rejection(policyAt("localhost:8000"))).message).to.include("not an http(s) URL");
    const error = await rejection(policyAt("http://me:pass-word@host.invalid/v1"));
    expect(error.message).to.include("host.invalid").but.not.include("pass-word");
  });
});
