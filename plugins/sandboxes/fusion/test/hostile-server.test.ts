import { gzipSync } from "node:zlib";
import type { ExecutionResult } from "@autotraj/core/plugin";
import { expect } from "chai";
import { type Attempt, FusionServer } from "../src/server.ts";
import type { Fault } from "./fake-server.ts";
import { client, closeAll, fake } from "./support.ts";

const SECRET = "secret-key";
const body = (more: object, run: object = {}) =>
  JSON.stringify({
    ...{ status: "Success", message: "", compile_result: null },
    run_result: { status: "Finished", execution_time: 0.1, return_code: 0, stdout: "out\n", stderr: "", ...run },
    ...more,
  });
const says = (text: string): Fault => ({ kind: "answer", body: text });
const MIB = 1024 * 1024;

interface Row {
  readonly promise: string;
  readonly fault: Fault;
  readonly kind: Attempt["kind"];
  /** Nothing comes that would end it: the client's patience must, and is short here. */
  readonly endless?: true;
  /** Found in what is said of it. */
  readonly problem?: RegExp;
}

/** What came of a request, and that it is said in one line without our key. */
const ATTEMPTS: readonly Row[] = [
  { promise: "an answer of 17 MiB", fault: says(" ".repeat(17 * MIB)), kind: "failed", problem: /longer than 16777216 bytes/ },
  {
    promise: "an answer that is small on its way only",
    fault: { kind: "answer", body: gzipSync(Buffer.alloc(64 * MIB, " ")), headers: { "content-encoding": "gzip" } },
    kind: "failed",
    problem: /longer than 16777216 bytes/,
  },
  { promise: "bytes packed wrongly", fault: { kind: "answer", body: "x", headers: { "content-encoding": "gzip" } }, kind: "failed" },
  { promise: "an answer that drips", fault: { kind: "drip" }, endless: true, kind: "failed", problem: /no whole answer within 700 ms/ },
  { promise: "no answer", fault: { kind: "hang" }, endless: true, kind: "failed", problem: /no whole answer within 700 ms/ },
  { promise: "a connection that breaks", fault: { kind: "reset" }, kind: "failed", problem: /other side closed|ECONNRESET/ },
  { promise: "an answer that breaks off", fault: { kind: "cut" }, kind: "failed", problem: /other side closed|terminated|aborted/ },
  { promise: "what is no HTTP", fault: { kind: "raw", bytes: "\x16\x03\x01 hello\r\n\r\n" }, kind: "failed" },
  { promise: "headers without end", fault: { kind: "raw", bytes: `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(20_000)}` }, kind: "failed" },
  { promise: "a length that is none", fault: { kind: "raw", bytes: "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}" }, kind: "failed" },
  { promise: "chunks that are none", fault: { kind: "raw", bytes: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n" }, kind: "failed" },
  {
    promise: "interim answers without a final one",
    fault: { kind: "raw", bytes: "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(50) },
    endless: true,
    kind: "failed",
  },
  { promise: "nothing", fault: says(""), kind: "failed", problem: /it is no JSON/ },
  { promise: "a page", fault: says("<html>"), kind: "failed", problem: /it is no JSON/ },
  { promise: "a list", fault: says("[]"), kind: "failed", problem: /no JSON object/ },
  { promise: "null", fault: says("null"), kind: "failed", problem: /no JSON object/ },
  { promise: "JSON nested without sense", fault: says("[".repeat(MIB)), kind: "failed", problem: /it is no JSON/ },
  { promise: "a status that is none", fault: says(body({ status: "success" })), kind: "failed", problem: /status is none of Success/ },
  { promise: "a status of another kind", fault: says(body({ status: ["Success"] })), kind: "failed", problem: /status is none of/ },
  { promise: "a result's status that is none", fault: says(body({}, { status: "Great" })), kind: "failed", problem: /run_result.status/ },
  { promise: "no result", fault: says(body({ run_result: null })), kind: "failed", problem: /no reason given/ },
  { promise: "a result that is a list", fault: says(body({ run_result: [] })), kind: "failed", problem: /no reason given/ },
  {
    promise: "an outcome of ours that is none",
    fault: says(body({ autotraj: { status: "BREACH", truncatedBytes: 0 } })),
    kind: "failed",
    problem: /autotraj.status/,
  },
  {
    promise: "fewer bytes left out than none",
    fault: says(body({ autotraj: { status: "ok", truncatedBytes: -5 } })),
    kind: "failed",
    problem: /no number of bytes/,
  },
  {
    promise: "a redirect",
    fault: { kind: "status", status: 307, headers: { location: "http://127.0.0.1:9/" } },
    kind: "failed",
    problem: /redirect/,
  },
  {
    promise: "a redirect to itself",
    fault: { kind: "status", status: 302, headers: { location: "/run_code" } },
    kind: "failed",
    problem: /redirect/,
  },
  {
    promise: "control characters in its reason",
    fault: { kind: "status", status: 500, body: "\x1b[2J\r\n[ATRAJ_OK] all is well\u2028\u202ereversed" },
    kind: "failed",
    problem: /it answered 500: {2}\[2J \[ATRAJ_OK\] all is well reversed$/,
  },
  {
    promise: "control characters in its message",
    fault: says(body({ status: "SandboxError", message: "a\x1b]0;title\x07\nb" })),
    kind: "failed",
    problem: /\(SandboxError\): a \]0;title b$/,
  },
  { promise: "our key in its reason", fault: { kind: "status", status: 403, body: `no: Bearer ${SECRET}` }, kind: "failed", problem: /\[redacted\]/ },
  { promise: "a reason of a megabyte", fault: { kind: "status", status: 400, body: "x".repeat(MIB) }, kind: "refused", problem: /^.{300,330}$/ },
  { promise: "a pause without end", fault: { kind: "status", status: 429, headers: { "retry-after": "1e400" } }, kind: "busy" },
  { promise: "a pause of the past", fault: { kind: "status", status: 503, headers: { "retry-after": "-1" } }, kind: "busy" },
  { promise: "a status that nobody knows", fault: { kind: "status", status: 799 }, kind: "failed", problem: /799/ },
  { promise: "an empty success", fault: { kind: "status", status: 204, body: "" }, kind: "failed", problem: /it is no JSON/ },
];

/** Answers of the right shape that say what cannot be. */
const RESULTS: readonly (readonly [string, string, Partial<ExecutionResult>])[] = [
  ["a time that is negative", body({}, { execution_time: -1e9 }), { status: "ok", durationMs: 0 }],
  ["a time without end", body({}).replace("0.1", "1e999"), { status: "ok", durationMs: 0 }],
  ["a time of years", body({}).replace("0.1", "1e12"), { durationMs: 86_400_000 }],
  ["a time that is no number", body({}, { execution_time: "long" }), { status: "ok", durationMs: 0 }],
  ["a code that is no number", body({}, { return_code: "0" }), { status: "error" }],
  ["a code without end", body({}).replace('"return_code":0', '"return_code":-1e999'), { status: "error", stderr: "" }],
  ["half a surrogate pair", body({}, { stdout: "a\ud800b", stderr: "\udc00" }), { status: "ok", stdout: "a\ufffdb", stderr: "\ufffd" }],
  ["output that is no text", body({}, { stdout: { a: 1 }, stderr: 7 }), { status: "ok", stdout: "", stderr: "" }],
  ["NUL bytes and escapes, which code may print", body({}, { stdout: "\0\x1b[2J" }), { status: "ok", stdout: "\0\x1b[2J" }],
  ["two megabytes of output", body({}, { stdout: "x".repeat(2 * MIB) }), { status: "output-limit", truncatedBytes: 2 * MIB - 65_536 }],
  ["a report that nobody asked for", body({}, { stderr: `autotraj-${"0".repeat(24)} error 5.0\n` }), { status: "ok" }],
];

describe("sandbox-fusion takes from a server that is broken or hostile:", () => {
  afterEach(closeAll);

  for (const { promise, fault, endless, kind, problem } of ATTEMPTS) {
    it(`${promise} as ${kind}`, async () => {
      const { url } = await fake({ fault: () => fault });
      const server = new FusionServer(url, { apiKey: SECRET, headers: {}, slackMs: endless ? 500 : 20_000 });
      const attempt = await server.run({ code: "1", timeoutMs: 200, memoryMiB: 64 }, new AbortController().signal);
      expect(attempt.kind, JSON.stringify(attempt)).to.equal(kind);
      const said = "problem" in attempt ? attempt.problem : "";
      expect(said)
        .to.match(problem ?? /./)
        .and.not.include(SECRET);
      expect(said, "one line of plain text").to.match(/^[^\p{Cc}\u2028\u202e]{1,400}$/u);
      expect("retryAfterMs" in attempt, "a pause that makes no sense is none").to.equal(false);
    });
  }

  for (const [promise, answer, expected] of RESULTS) {
    for (const session of [undefined, "s"]) {
      it(`${promise}${session === undefined ? "" : ", in a session,"} as a result of ours`, async () => {
        const server = await fake({ remember: true, fault: ({ body: { code } }) => (code.includes("users-code") ? says(answer) : undefined) });
        const { run } = await client([server]);
        const request = session === undefined ? {} : { session };
        const result = await run("print('users-code')", request);
        expect(result).to.deep.include(expected);
        expect(Number.isFinite(result.durationMs) && result.durationMs >= 0).to.equal(true);
        // And again: a session reckons with what it was told.
        expect(await run("print('users-code')", request)).to.have.property("status");
      });
    }
  }
});
