import { mock } from "node:test";
import { expect } from "chai";
import { backoffMs } from "../src/backoff.ts";
import { causesOf, codeOf, isLostConnection, reasonOf } from "../src/causes.ts";
import { quote } from "../src/quote.ts";
import { readRetryAfter } from "../src/retry-after.ts";

const coded = (message: string, code: string, cause?: unknown) => Object.assign(new Error(message, { cause }), { code });

describe("the wait before the next attempt", () => {
  const waits = (failed: number, longestMs?: number) => Array.from({ length: 200 }, () => backoffMs(failed, 1000, longestMs));

  it("doubles, half of it for certain and half by chance", () => {
    for (const failed of [0, 1, 2, 3]) {
      const whole = 1000 * 2 ** failed;
      expect(Math.min(...waits(failed))).to.be.within(whole / 2, 0.6 * whole);
      expect(Math.max(...waits(failed))).to.be.within(0.9 * whole, whole);
    }
  });

  it("is never longer than half a minute, or than the caller wants", () => {
    expect(Math.max(...waits(1000))).to.be.within(27_000, 30_000);
    expect(Math.max(...waits(10, 4000))).to.be.within(3600, 4000);
  });
});

describe("the wait that a server asks for", () => {
  const asked = (headers: Record<string, string>) => readRetryAfter(new Headers(headers));

  it("is read in seconds and in milliseconds", () => {
    expect(asked({ "retry-after": "1.5" })).to.equal(1500);
    expect(asked({ "retry-after-ms": "250", "retry-after": "9" })).to.equal(250);
  });

  it("is read as a date, from now on", () => {
    mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 0, 1) });
    try {
      expect(asked({ "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" })).to.equal(60_000);
    } finally {
      mock.timers.reset();
    }
  });

  it("is none where it is missing, over or senseless", () => {
    const past = new Date(Date.now() - 60_000).toUTCString();
    for (const value of ["", "0", "-3", "soon", "Infinity", past]) expect(asked({ "retry-after": value }), value).to.equal(undefined);
    expect(asked({})).to.equal(undefined);
  });
});

describe("a failed request", () => {
  it("is told by its innermost cause, with the code", () => {
    const failed = new TypeError("fetch failed", { cause: coded("getaddrinfo", "ENOTFOUND") });
    expect(reasonOf(failed)).to.equal("ENOTFOUND, getaddrinfo");
    expect(reasonOf(coded("connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED"))).to.equal("connect ECONNREFUSED 127.0.0.1:1");
    expect(reasonOf(coded("", "ECONNREFUSED"))).to.equal("ECONNREFUSED");
    expect(reasonOf("what was thrown")).to.equal("what was thrown");
  });

  it("has the innermost code, whatever its causes lack", () => {
    expect(codeOf(coded("outer", "A", coded("middle", "B", new Error("inner"))))).to.equal("B");
    expect(codeOf(Object.assign(new Error("numbered"), { code: 7 }))).to.equal("");
    expect(codeOf(undefined)).to.equal("");
  });

  it("ends, though it is its own cause", () => {
    const circle = new Error("circle");
    circle.cause = circle;
    expect(causesOf(circle)).to.have.length(8);
    expect(reasonOf(circle)).to.equal("circle");
  });

  it("was nobody's fault where the connection broke", () => {
    expect(isLostConnection(new TypeError("fetch failed", { cause: coded("other side closed", "UND_ERR_SOCKET") }))).to.equal(true);
    expect(isLostConnection(coded("connect", "ECONNREFUSED"))).to.equal(false);
  });
});

describe("a server's words", () => {
  it("are quoted without secrets", () => {
    expect(quote("key sk-1 of sk-1, header h", ["sk-1", "", "h"])).to.equal("key [redacted] of [redacted], [redacted]eader [redacted]");
  });

  it("are cut where they go on and on", () => {
    expect(quote("x".repeat(500))).to.equal(`${"x".repeat(400)}…`);
    expect(quote("abcdef", [], 3)).to.equal("abc…");
    expect(quote("abc", [], 3)).to.equal("abc");
  });
});
