import { once } from "node:events";
import { connect } from "node:net";
import { type ExecutionRequest, type ExecutionResult, PluginError, type Sandbox } from "@autotraj/core/plugin";
import { expect } from "chai";
import { SandboxService, type SandboxServiceOptions } from "../src/service.ts";

/** A sandbox whose executions end when the test says so. */
class HeldSandbox implements Sandbox {
  readonly isolation = "held";
  readonly strength = 1;
  readonly packages = [];
  readonly sessions = false;
  readonly requests: ExecutionRequest[] = [];
  readonly aborted: ExecutionRequest[] = [];
  readonly #held: { answer: (result: Partial<ExecutionResult>) => void; fail: (error: unknown) => void }[] = [];
  readonly #arrivals: (() => void)[] = [];

  selfTest() {
    return Promise.resolve({ ok: true } as const);
  }

  execute(request: ExecutionRequest, { signal }: { signal: AbortSignal }): Promise<ExecutionResult> {
    this.requests.push(request);
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => {
        this.aborted.push(request);
        reject(signal.reason);
      });
      const whole = { status: "ok", stdout: "", stderr: "", durationMs: 1500, truncatedBytes: 0 } as const;
      this.#held.push({ answer: (result) => resolve({ ...whole, ...result }), fail: reject });
      this.#arrivals.shift()?.();
    });
  }

  /** Ends the oldest execution, waiting for one if need be. */
  async answer(result: Partial<ExecutionResult> = {}): Promise<void> {
    await this.#arrived();
    this.#held.shift()!.answer(result);
  }

  async fail(error: unknown): Promise<void> {
    await this.#arrived();
    this.#held.shift()!.fail(error);
  }

  async #arrived(): Promise<void> {
    if (this.#held.length === 0) await new Promise<void>((resolve) => this.#arrivals.push(resolve));
  }
}

describe("the sandbox server", () => {
  let sandbox: HeldSandbox;
  let server: SandboxService;
  let url: string;
  let failures: string[];

  async function open(options: Partial<SandboxServiceOptions> = {}): Promise<void> {
    sandbox = new HeldSandbox();
    failures = [];
    server = new SandboxService(sandbox, {
      ...{ host: "127.0.0.1", port: 0, concurrency: 1, queue: 1, maxBodyBytes: 10_000, maxTimeoutMs: 20_000, maxMemoryMiB: 2048 },
      ...{ clientTimeoutMs: 30_000, hide: (text: string) => text.replaceAll("s3cret", "<hidden>") },
      onFailure: (message) => failures.push(message),
      ...options,
    });
    url = await server.listen();
  }
  afterEach(async () => {
    await server.stopAtOnce();
  });

  const post = (body: unknown, headers: Record<string, string> = {}, signal = new AbortController().signal) =>
    fetch(`${url}/run_code`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
      signal,
    });
  const code = { code: "print(1)", language: "python" };
  const load = async () => (await (await fetch(`${url}/healthz`)).json()) as { running: number; waiting: number };
  async function untilLoad(running: number, waiting: number): Promise<void> {
    for (;;) {
      const now = await load();
      if (now.running === running && now.waiting === waiting) return;
    }
  }

  it("runs code with SandboxFusion's defaults and gives its answer's shape", async () => {
    await open();
    const answered = post(code);
    await sandbox.answer({ stdout: "1\n" });
    expect(await (await answered).json()).to.deep.equal({
      status: "Success",
      message: "",
      compile_result: null,
      run_result: { status: "Finished", execution_time: 1.5, return_code: 0, stdout: "1\n", stderr: "" },
      executor_pod_name: null,
      files: {},
      autotraj: { status: "ok", truncatedBytes: 0, isolation: "held" },
    });
    expect(sandbox.requests).to.deep.equal([{ code: "print(1)", timeoutMs: 10_000, memoryMiB: 1024 }]);
  });

  for (const [status, run] of [
    ["error", { status: "Finished", return_code: 1 }],
    ["memory-limit", { status: "Finished", return_code: 1 }],
    ["timeout", { status: "TimeLimitExceeded", return_code: null }],
    ["output-limit", { status: "Finished", return_code: -9 }],
    ["killed", { status: "Finished", return_code: -9 }],
  ] as const) {
    it(`calls ${status} Failed`, async () => {
      await open();
      const answered = post({ ...code, run_timeout: 2.5, memory_limit_MB: 300 });
      await sandbox.answer({ status, truncatedBytes: 7 });
      const answer = (await (await answered).json()) as Record<string, object>;
      expect(answer["status"]).to.equal("Failed");
      expect(answer["run_result"]).to.include(run);
      expect(answer["autotraj"]).to.deep.equal({ status, truncatedBytes: 7, isolation: "held" });
      expect(sandbox.requests[0]).to.include({ timeoutMs: 2_500, memoryMiB: 300 });
    });
  }

  it("calls a sandbox that fails SandboxError, says why without secrets, and tells its operator", async () => {
    await open();
    const answered = post(code);
    await sandbox.fail(new PluginError("SANDBOX_FAILED", "the worker died twice (key s3cret)"));
    const message = "the worker died twice (key <hidden>)";
    expect(await (await answered).json()).to.include({ status: "SandboxError", message, run_result: null });
    expect(failures).to.deep.equal([message]);
  });

  for (const [what, asked, message] of [
    ["another language", { code: "int x;", language: "cpp" }, 'language "cpp" is not served here, only "python"'],
    ["no language", { code: "1" }, 'language missing is not served here, only "python"'],
    ["files to fetch", { ...code, fetch_files: ["a"] }, "fetch_files is not served here: code can only print"],
    ["a file outside the working folder", { ...code, files: { "../a": "" } }, 'the file "../a" is not written: files go below the working folder'],
    ["a file at an absolute path", { ...code, files: { "/a": "" } }, 'the file "/a" is not written: files go below the working folder'],
  ] as const) {
    it(`says Failed to ${what}, and why`, async () => {
      await open();
      const response = await post(asked);
      expect(response.status).to.equal(200);
      expect(await response.json()).to.include({ status: "Failed", message, run_result: null });
      expect(sandbox.requests).to.deep.equal([]);
    });
  }

  for (const [what, asked, detail] of [
    ["what is no JSON", "{", "the body is no JSON"],
    ["what is no object", "[]", "the body is no JSON object"],
    ["no code", { language: "python" }, "code must be a string"],
    ["standard input that is no text", { ...code, stdin: 3 }, "stdin must be a string or null"],
    ["too much time", { ...code, run_timeout: 21 }, "run_timeout must be at most 20 on this server (--max-timeout-s)"],
    ["no time", { ...code, run_timeout: 0 }, "run_timeout must be a positive number of seconds"],
    ["too much memory", { ...code, memory_limit_MB: 4096 }, "memory_limit_MB must be at most 2048 on this server (--max-memory-mib)"],
    ["half a megabyte", { ...code, memory_limit_MB: 0.5 }, "memory_limit_MB must be a whole number"],
    ["a file that is no base64", { ...code, files: { a: "?" } }, 'files must be base64 at "a"'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await open();
      const response = await post(asked);
      expect(response.status).to.equal(422);
      expect(await response.json()).to.deep.equal({ detail });
    });
  }

  it("refuses a body that is too long, whatever it says about its length, and goes on", async () => {
    await open();
    const long = JSON.stringify({ ...code, code: "x".repeat(50_000) });
    expect((await post(long)).status).to.equal(413);
    const chunked = await fetch(`${url}/run_code`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Blob([long]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(chunked.status).to.equal(413);
    const answered = post(code);
    await sandbox.answer();
    expect((await answered).status).to.equal(200);
  });

  it("refuses what a page in a browser could send without asking", async () => {
    await open();
    expect((await post(code, { "content-type": "text/plain" })).status).to.equal(415);
    expect((await fetch(`${url}/run_code`, { method: "OPTIONS" })).status).to.equal(405);
  });

  it("wants its token for running code, and for nothing else", async () => {
    await open({ token: "t0ken" });
    expect((await post(code)).status).to.equal(401);
    expect((await post(code, { authorization: "Bearer other" })).status).to.equal(401);
    const answered = post(code, { authorization: "Bearer t0ken" });
    await sandbox.answer();
    expect((await answered).status).to.equal(200);
    expect(await (await fetch(`${url}/v1/ping`)).json()).to.equal("pong");
    expect(sandbox.requests).to.have.length(1);
  });

  it("knows its paths and their methods", async () => {
    await open();
    expect((await fetch(`${url}/elsewhere`)).status).to.equal(404);
    const wrong = await fetch(`${url}/run_code`);
    expect([wrong.status, wrong.headers.get("allow")]).to.deep.equal([405, "POST"]);
    expect(await load()).to.deep.equal({ status: "ok", isolation: "held", running: 0, waiting: 0 });
  });

  it("runs so many, lets so many wait, and sends the others away at once", async () => {
    await open();
    const first = post(code);
    await untilLoad(1, 0);
    const second = post(code);
    await untilLoad(1, 1);
    const third = await post(code);
    expect([third.status, third.headers.get("retry-after")]).to.deep.equal([429, "1"]);
    expect(await third.json()).to.deep.equal({ detail: "1 run and 1 wait already" });
    await sandbox.answer({ stdout: "1" });
    await sandbox.answer({ stdout: "2" });
    const printed = await Promise.all(
      [first, second].map(async (answered) => ((await (await answered).json()) as { run_result: ExecutionResult }).run_result.stdout),
    );
    expect(printed).to.deep.equal(["1", "2"]);
  });

  it("runs several at the same time where it may", async () => {
    await open({ concurrency: 3, queue: 0 });
    const answered = [1, 2, 3].map(() => post(code));
    await untilLoad(3, 0);
    expect((await post(code)).status).to.equal(429);
    for (const _ of answered) await sandbox.answer();
    expect((await Promise.all(answered)).map(({ status }) => status)).to.deep.equal([200, 200, 200]);
  });

  it("ends what nobody waits for any more, running or waiting", async () => {
    await open();
    const gone = new AbortController();
    const running = post(code, {}, gone.signal).catch(() => "gone");
    await untilLoad(1, 0);
    const waiting = post(code, {}, gone.signal).catch(() => "gone");
    await untilLoad(1, 1);
    gone.abort();
    expect(await Promise.all([running, waiting])).to.deep.equal(["gone", "gone"]);
    await untilLoad(0, 0);
    expect(sandbox.aborted).to.have.length(1);
    expect(sandbox.requests).to.have.length(1);
    expect(failures).to.deep.equal([]);
  });

  it("stops in peace: what runs is answered, what waits is sent away, nobody new comes in", async () => {
    await open();
    const running = post(code);
    await untilLoad(1, 0);
    const waiting = post(code);
    await untilLoad(1, 1);
    const stopped = server.stop();
    const sentAway = await waiting;
    expect([sentAway.status, sentAway.headers.get("retry-after"), sentAway.headers.get("connection")]).to.deep.equal([503, "1", "close"]);
    const refused = connect(Number(new URL(url).port), "127.0.0.1");
    const [error] = await once(refused, "error");
    expect(error).to.have.property("code", "ECONNREFUSED");
    await sandbox.answer({ stdout: "to the end" });
    expect(await (await running).json()).to.have.nested.property("run_result.stdout", "to the end");
    await stopped;
  });

  it("stops at once when told twice", async () => {
    await open();
    const running = post(code).catch(() => "cut off");
    await untilLoad(1, 0);
    const stopped = server.stop();
    void server.stopAtOnce();
    expect(await running).to.equal("cut off");
    await stopped;
    expect(sandbox.aborted).to.have.length(1);
  });
});
