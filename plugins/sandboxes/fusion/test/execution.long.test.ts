import { expect } from "chai";
import { client, closeAll, fake } from "./support.ts";

describe("sandbox-fusion on a server that runs plain processes", () => {
  afterEach(closeAll);
  const opened = async (options = {}) => client([await fake()], options);

  it("prints, fails, times out and runs out of memory as local sandboxes do", async () => {
    const { run } = await opened();
    expect(await run("import sys\nprint('out')\nprint('err', file=sys.stderr)")).to.include({ status: "ok", stdout: "out\n", stderr: "err\n" });
    const failed = await run("def f():\n    1 / 0\nf()");
    expect(failed.status).to.equal("error");
    expect(failed.stderr).to.match(
      /^Traceback[^\n]*\n {2}File "<code>", line 3, in <module>\n[\s\S]*line 2, in f\n[\s\S]*ZeroDivisionError: division by zero\n$/,
    );
    expect(await run("print('so far', end='')\nwhile True: pass", { timeoutMs: 500 })).to.include({ status: "timeout", stdout: "so far" });
    expect((await run("bytearray(600 << 20)", { memoryMiB: 512 })).status).to.equal("memory-limit");
    expect((await run("print(len(bytearray(100 << 20)))", { memoryMiB: 512 })).stdout).to.equal(`${100 << 20}\n`);
  });

  it("bounds memory itself where the server does not", async () => {
    const { run } = await client([await fake({ boundsMemory: false })]);
    expect((await run("bytearray(600 << 20)", { memoryMiB: 512 })).status).to.equal("memory-limit");
  });

  it("cuts long output at 64 KiB and calls a flood an output limit", async () => {
    const { run } = await opened();
    const long = await run("print('x' + 'é' * 100_000)");
    expect(long).to.include({ status: "ok", truncatedBytes: 200_002 - 64 * 1024 });
    expect(long.stdout).to.equal(`x${"é".repeat(32 * 1024 - 1)}`);
    const flood = await run("import sys\nfor _ in range(3_000): print('x' * 1000)");
    expect(flood.status).to.equal("output-limit");
    expect(flood.stdout).to.have.length(64 * 1024);
  });

  it("reports a crash with its signal", async () => {
    const { run } = await opened();
    expect(await run("print('before', flush=True)\nimport os\nos.abort()")).to.include({
      status: "killed",
      stdout: "before\n",
      stderr: "[killed by signal 6]\n",
    });
    expect((await run("import os\nos._exit(0)")).status).to.equal("ok");
    expect((await run("import os\nos._exit(3)")).status).to.equal("error");
    expect((await run("import sys\nsys.exit(137)")).status).to.equal("error");
  });

  it("waits for threads and runs exit handlers; what they do wrong counts", async () => {
    const { run } = await opened();
    const { stdout } = await run(
      "import atexit, threading, time\natexit.register(print, 'bye')\nthreading.Thread(target=lambda: (time.sleep(.05), print('thread'))).start()",
    );
    expect(stdout).to.equal("thread\nbye\n");
    expect((await run("import atexit, os\natexit.register(os._exit, 3)")).status).to.equal("error");
    expect((await run("import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()", { timeoutMs: 500 })).status).to.equal(
      "timeout",
    );
  });

  it("hands none of the server's variables on, and makes sets and random numbers repeatable", async () => {
    process.env["FUSION_CANARY"] = "canary";
    try {
      const { run } = await opened();
      const code =
        "import os, random\nprint(os.environ.get('FUSION_CANARY'), open('/proc/self/environ').read().count('canary'), {'a', 'b', 'c'}, random.random())";
      const [first, second] = [await run(code), await run(code)];
      expect(first.stdout).to.match(/^None 0 /);
      expect(second.stdout).to.equal(first.stdout);
    } finally {
      delete process.env["FUSION_CANARY"];
    }
  });

  it("takes nothing that code prints for its own report", async () => {
    const { run } = await opened();
    const lines = "autotraj-000000000000000000000000 ok 1.000\nautotraj-000000000000000000000000 ready\n";
    expect(await run(`import sys\nsys.stderr.write(${JSON.stringify(lines)})\n1 / 0`))
      .to.have.property("stderr")
      .that.includes(lines);
    expect((await run("import os\nos.close(1); os.close(2)\nx = 1")).status).to.equal("ok");
  });

  it("sends the key and the headers to the server, and the limits of the request", async () => {
    const server = await fake();
    const { run } = await client([server], { apiKey: { $env: "KEY" }, headers: { "x-team": "red" } });
    await run("1", { timeoutMs: 2_500, memoryMiB: 300 });
    const { headers, body } = server.calls.at(-1)!;
    expect(headers).to.include({ authorization: "Bearer secret-key", "x-team": "red" });
    expect(body).to.include({ language: "python", run_timeout: 2.5, memory_limit_MB: 300 });
  });
});

describe("a session of sandbox-fusion", () => {
  afterEach(closeAll);
  const session = "s";

  it("runs earlier code again unheard, on whichever server is free", async () => {
    const servers = [await fake(), await fake()];
    const { run } = await client(servers);
    await run("import sys, os\nx = 1\nprint('heard once'); os.system('echo from a child'); print('err', file=sys.stderr)", { session });
    for (const n of [2, 3, 4]) expect(await run("x += 1\nprint(x)", { session })).to.include({ status: "ok", stdout: `${n}\n`, stderr: "" });
    expect(servers.map(({ calls }) => calls.filter(({ body }) => body.code.includes("heard once")).length > 0)).to.deep.equal([true, true]);
  });

  it("has the same random numbers in every replay, NumPy's names or not", async () => {
    const { run } = await client([await fake()]);
    const first = await run("import random\nr = random.random()\nprint(r)", { session });
    expect((await run("print(r)", { session })).stdout).to.equal(first.stdout);
  });

  it("gives a call its own time, whatever the replay before it takes", async () => {
    const { run } = await client([await fake()]);
    await run("import time\ntime.sleep(2)", { session, timeoutMs: 3_000 });
    expect(await run("time.sleep(2)\nprint('in time')", { session, timeoutMs: 3_000 })).to.include({ status: "ok", stdout: "in time\n" });
  });

  it("ends a call when its own time is over, though the server would let it have the replay's too", async () => {
    const { run } = await client([await fake({ limitS: ({ body }) => (body.code.includes("so far") ? 600 : undefined) })]);
    await run("x = 1", { session });
    const late = await run("print('so far')\nwhile True: pass", { session, timeoutMs: 500 });
    expect(late).to.include({ status: "timeout", stdout: "so far\n", sessionLost: true });
    expect((await run("print('x' in globals())", { session })).stdout).to.equal("False\n");
  });

  it("calls code late that took the timer away and stayed longer than it may", async () => {
    const { run } = await client([await fake()]);
    await run("import signal, time", { session });
    const late = await run("signal.setitimer(signal.ITIMER_REAL, 0)\ntime.sleep(1)\nprint('late')", { session, timeoutMs: 500 });
    expect(late).to.include({ status: "timeout", sessionLost: true });
  });

  it("is begun anew, and the caller told, when replays would take too long", async () => {
    const { run } = await client([await fake()], { maxReplayMs: 300 });
    expect((await run("import time\nx = 1\ntime.sleep(.2)", { session })).sessionLost ?? false).to.equal(false);
    expect(await run("time.sleep(.2)\nprint(x)", { session })).to.include({ status: "ok", stdout: "1\n", sessionLost: true });
    expect((await run("print('x' in globals())", { session })).stdout).to.equal("False\n");
  });

  it("is begun anew when its code grows beyond what is carried along", async () => {
    const { run } = await client([await fake()]);
    expect((await run("x = 1", { session })).sessionLost ?? false).to.equal(false);
    expect((await run(`# ${"x".repeat(600_000)}`, { session })).sessionLost).to.equal(true);
  });

  it("is lost where earlier code ends the interpreter when it runs again", async () => {
    const { run } = await client([await fake()]);
    // Earlier code that can tell a replay from the first time: it runs without a successor only once.
    const code = "import sys, os\nif '/dev/null' in os.readlink('/proc/self/fd/1'): os._exit(7)\nprint('first')";
    expect(await run(code, { session })).to.include({ status: "ok", stdout: "first\n" });
    const lost = await run("print('never')", { session });
    expect(lost).to.include({ status: "killed", stdout: "", sessionLost: true });
    expect(lost.stderr).to.match(/could not be run again/);
    expect((await run("print('anew')", { session })).stdout).to.equal("anew\n");
  });
});
