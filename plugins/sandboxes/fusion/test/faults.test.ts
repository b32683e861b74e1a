import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type FakeCall, type FakeOptions, type Fault, PYTHON } from "./fake-server.ts";
import { client, closeAll, fake as fakeServer, refusal } from "./support.ts";

const fake = (options: FakeOptions = {}) => fakeServer({ remember: true, ...options });
/** The self-test's calls to a healthy server; faults begin after them. */
const SELF_TEST_CALLS = 4;
const isUsers = ({ body }: FakeCall) => body.code.includes("users-code");
const CODE = "print('users-code')";
const broken: readonly (readonly [string, Fault])[] = [
  ["answers 500", { kind: "status", status: 500 }],
  ["answers 401", { kind: "status", status: 401, body: "no key" }],
  ["resets the connection", { kind: "reset" }],
  ["closes in the middle of its answer", { kind: "cut" }],
  ["answers garbage", { kind: "answer", body: "<html>hello</html>" }],
  ["answers JSON of another kind", { kind: "answer", body: '{"status": "great", "run_result": {"status": "Finished"}}' }],
  ["answers without a result", { kind: "answer", body: '{"status": "Failed", "message": "no python here", "run_result": null}' }],
  ["says SandboxError", { kind: "answer", body: '{"status": "SandboxError", "message": "disk full", "run_result": null}' }],
  ["answers without end", { kind: "answer", body: `{"status": "Success", "message": "${"x".repeat(17 * 1024 * 1024)}"}` }],
];

describe("sandbox-fusion with a server that", () => {
  afterEach(closeAll);

  for (const [what, fault] of broken) {
    it(`${what} goes on with the other one`, async () => {
      let failing = false;
      const [bad, good] = [await fake({ fault: () => (failing ? fault : undefined) }), await fake()];
      const { run, sandbox, plugged } = await client([bad, good]);
      expect(await sandbox.selfTest()).to.deep.equal({ ok: true });
      failing = true;
      const results = await Promise.all(Array.from({ length: 6 }, () => run(CODE)));
      expect(results.map(({ stdout }) => stdout)).to.deep.equal(Array(6).fill("users-code\n"));
      expect(bad.calls.filter(isUsers), "it got some of the code, once each").to.have.lengthOf.within(1, 6);
      while (plugged.warnings.length === 0) await sleep(5);
      expect(plugged.warnings.join("\n")).to.include(`${bad.url} is given a rest`);
    });
  }

  it("hangs goes on with the other one", async () => {
    let failing = false;
    const [bad, good] = [await fake({ fault: (call) => (failing && isUsers(call) ? { kind: "hang" } : undefined) }), await fake()];
    const { run, sandbox } = await client([bad, good], { slackMs: 2_000 });
    await sandbox.selfTest();
    failing = true;
    expect((await run(CODE, { timeoutMs: 4_000 })).stdout).to.equal("users-code\n");
    expect(bad.calls.filter(isUsers)).to.have.length(1);
  });

  it("failed is used again once it passes our test", async () => {
    let failing = false;
    const server = await fake({ fault: () => (failing ? { kind: "status", status: 500 } : undefined) });
    const { run, sandbox } = await client([server]);
    await sandbox.selfTest();
    failing = true;
    const waiting = run(CODE);
    setTimeout(() => {
      failing = false;
    }, 200);
    expect((await waiting).stdout).to.equal("users-code\n");
    expect((await run(CODE)).stdout).to.equal("users-code\n");
  });

  it("cannot run one piece of code does not get it for ever, and runs the rest", async () => {
    const sandboxError = '{"status": "SandboxError", "message": "cannot write the file", "run_result": null}';
    const poisoned: Fault = { kind: "answer", body: sandboxError };
    const server = await fake({ fault: ({ body }) => (body.code.includes("poison") ? poisoned : undefined) });
    const { run } = await client([server]);
    const error = await refusal(run("print('poison')"));
    expect(error).to.have.property("code", "SANDBOX_FAILED");
    expect(error.message).to.include(`${server.url}: it could not run the code (SandboxError): cannot write the file`);
    expect(server.calls.filter(({ body }) => body.code.includes("poison"))).to.have.length(3);
    expect((await run(CODE)).stdout).to.equal("users-code\n");
  });

  it("is gone, as all others are, gives an error that names them all", async () => {
    const servers = [await fake(), await fake()];
    const { run, sandbox } = await client(servers, { unavailableMs: 300 });
    await sandbox.selfTest();
    await Promise.all(servers.map((server) => server.close()));
    const errors = await Promise.all([refusal(run(CODE)), refusal(run(CODE))]);
    for (const error of [...errors, await refusal(run(CODE))]) {
      expect(error).to.have.property("code", "SANDBOX_UNAVAILABLE");
      for (const { url } of servers) expect(error.message).to.include(`${url}: connect ECONNREFUSED`);
    }
  });

  it("was given up is used again when it is back", async () => {
    const server = await fake();
    const { run, sandbox } = await client([server], { unavailableMs: 100 });
    await sandbox.selfTest();
    await server.close();
    await refusal(run(CODE));
    await fake({ port: server.port });
    let stdout = "";
    while (stdout === "") {
      await sleep(20);
      stdout = await run(CODE).then(
        (result) => result.stdout,
        () => "",
      );
    }
    expect(stdout).to.equal("users-code\n");
  });

  it("quotes our key does not get it into messages", async () => {
    let failing = false;
    const server = await fake({
      fault: ({ headers }) => (failing ? { kind: "status", status: 403, body: `bad ${headers.authorization}` } : undefined),
    });
    const { run, sandbox } = await client([server], { apiKey: { $env: "KEY" }, unavailableMs: 100 });
    await sandbox.selfTest();
    failing = true;
    const { message } = await refusal(run(CODE));
    expect(message).to.include("it answered 403: bad Bearer [redacted]").and.not.to.include("secret-key");
  });

  it("redirects elsewhere is not followed with our key", async () => {
    const elsewhere = await fake();
    const server = await fake({ fault: () => ({ kind: "status", status: 307, headers: { location: `${elsewhere.url}/run_code` } }) });
    const { sandbox } = await client([server], { apiKey: { $env: "KEY" } });
    expect(await sandbox.selfTest()).to.have.property("ok", false);
    expect(elsewhere.calls).to.have.length(0);
  });
});

describe("sandbox-fusion with busy servers", () => {
  afterEach(closeAll);

  it("never has more in flight on a server than its concurrency, and uses all of them", async () => {
    const servers = [await fake(), await fake()];
    const { run } = await client(servers, { concurrency: 2 });
    const results = await Promise.all(Array.from({ length: 12 }, (_, i) => run(`import time\ntime.sleep(.05)\nprint(${i})`)));
    expect(results.map(({ stdout }) => stdout)).to.deep.equal(Array.from({ length: 12 }, (_, i) => `${i}\n`));
    for (const { peakInFlight, calls } of servers) {
      expect(peakInFlight).to.equal(2);
      expect(calls.length).to.be.greaterThan(SELF_TEST_CALLS + 1);
    }
  });

  for (const status of [429, 503]) {
    it(`waits when they answer ${status}, each piece of code run once`, async () => {
      const ran: string[] = [];
      const server = await fake({
        fault: ({ inFlight, body }) => {
          if (inFlight > 2) return { kind: "status", status };
          if (body.code.includes("users-code")) ran.push(/users-code \d+ \d+/.exec(body.code)![0]);
          return undefined;
        },
      });
      const { run } = await client([server], { concurrency: 6 });
      const results = await Promise.all(Array.from({ length: 10 }, (_, i) => run(`print('users-code ${status} ${i}')`)));
      expect(results.map(({ stdout }) => stdout)).to.deep.equal(Array.from({ length: 10 }, (_, i) => `users-code ${status} ${i}\n`));
      expect([...ran].sort()).to.deep.equal(Array.from({ length: 10 }, (_, i) => `users-code ${status} ${i}`));
    });
  }

  it("does not ask again before the time that the server names", async () => {
    const times: number[] = [];
    const server = await fake({
      fault: (call) => {
        if (!isUsers(call)) return undefined;
        times.push(performance.now());
        return times.length === 1 ? { kind: "status", status: 429, headers: { "retry-after": "1" } } : undefined;
      },
    });
    const { run } = await client([server]);
    expect((await run(CODE)).stdout).to.equal("users-code\n");
    // A timer may come a moment early by another clock.
    expect(times[1]! - times[0]!).to.be.at.least(990);
  });

  it("gives up when they stay busy", async () => {
    const server = await fake({ fault: (call) => (isUsers(call) ? { kind: "status", status: 429, body: "queue full" } : undefined) });
    const { run } = await client([server], { unavailableMs: 500 });
    const error = await refusal(run(CODE));
    expect(error).to.have.property("code", "SANDBOX_BUSY");
    expect(error.message).to.include(`${server.url}: it answered 429: queue full`);
  });

  it("lets go of what is aborted, whether it waits or runs", async () => {
    const server = await fake();
    const { run, sandbox } = await client([server], { concurrency: 1 });
    await sandbox.selfTest();
    const controller = new AbortController();
    const running = refusal(run("import time\ntime.sleep(60)", { timeoutMs: 90_000 }, controller.signal));
    const waiting = refusal(run(CODE, {}, controller.signal));
    setTimeout(() => controller.abort(new Error("stopped")), 200);
    for (const error of [await running, await waiting]) expect(error).to.have.property("message", "stopped");
    expect((await run(CODE)).stdout).to.equal("users-code\n");
    expect(server.calls.filter(isUsers)).to.have.length(1);
  });
});

describe("sandbox-fusion takes for the request's own fault", () => {
  afterEach(closeAll);

  it("code that is too long for the server: the model is told", async () => {
    const server = await fake({ fault: (call) => (isUsers(call) ? { kind: "status", status: 413 } : undefined) });
    const { run } = await client([server]);
    expect(await run(CODE)).to.include({ status: "error", stderr: "[the code is too long for the sandbox]\n" });
  });

  it("limits that the server does not allow: whoever set them is told", async () => {
    const server = await fake({
      fault: (call) => (isUsers(call) ? { kind: "status", status: 422, body: "run_timeout must be at most 5" } : undefined),
    });
    const { run } = await client([server]);
    const error = await refusal(run(CODE));
    expect(error).to.include({ code: "SANDBOX_REFUSED" });
    expect(error.message).to.include("run_timeout must be at most 5");
    expect(error.hint).to.include("timeoutMs");
  });
});

describe("the self-test of sandbox-fusion", () => {
  afterEach(closeAll);

  it("learns the packages that can be imported", async () => {
    const { sandbox } = await client([await fake()], { packages: ["json", "no_such_package", "math"] });
    await sandbox.selfTest();
    expect(sandbox.packages).to.deep.equal(["json==2.0.9"]);
  });

  it("refuses when no server answers, naming them", async () => {
    const server = await fake();
    await server.close();
    const { sandbox, run } = await client([server]);
    const result = await sandbox.selfTest();
    expect(result).to.have.property("reason").that.includes(`${server.url}: connect ECONNREFUSED`);
    expect(await refusal(run(CODE))).to.have.property("code", "ISOLATION_UNAVAILABLE");
  });

  it("refuses a server that does not keep time limits", async () => {
    const { sandbox } = await client([await fake({ limitS: () => 3 })], { slackMs: 1_000 });
    expect(await sandbox.selfTest())
      .to.have.property("reason")
      .that.matches(/no whole answer within 2000 ms/);
  });

  it("begins without a server that is down, says so, and takes it in when it comes up", async () => {
    const [up, down] = [await fake(), await fake()];
    await down.close();
    const { sandbox, run, plugged } = await client([down, up]);
    expect(await sandbox.selfTest()).to.deep.equal({ ok: true });
    expect(plugged.warnings.join("\n")).to.include(`the run begins without ${down.url}: connect ECONNREFUSED`);
    const back = await fake({ port: down.port });
    while (!back.calls.some(isUsers)) expect((await run(CODE)).stdout).to.equal("users-code\n");
    expect(back.calls.findIndex(isUsers), "only after the whole self-test").to.be.at.least(SELF_TEST_CALLS);
  });

  it("does not mix servers that would give different answers", async () => {
    const [one, other] = [
      await fake(),
      await fake({ python: `${PYTHON} -c 'import sys; sys.version = "4.0 other"; exec(open(sys.argv[1]).read())'` }),
    ];
    const { sandbox, run, plugged } = await client([one, other]);
    expect(await sandbox.selfTest()).to.deep.equal({ ok: true });
    expect(plugged.warnings.join("\n")).to.match(new RegExp(`${other.url}: it is not like the other servers: it has Python 4.0`));
    await Promise.all(Array.from({ length: 4 }, () => run(CODE)));
    expect(other.calls.filter(isUsers)).to.have.length(0);
  });

  it("waits for a server that is busy at the beginning", async () => {
    const server = await fake({ fault: ({ number }) => (number === 0 ? { kind: "status", status: 503 } : undefined) });
    const { sandbox } = await client([server]);
    expect(await sandbox.selfTest()).to.deep.equal({ ok: true });
  });

  it("asks `auto` not to take it, unless somebody vouches for the servers", async () => {
    const server = await fake();
    expect((await client([server])).sandbox.strength).to.equal(0);
    expect((await client([server], { trust: 2 })).sandbox.strength).to.equal(2);
  });
});
