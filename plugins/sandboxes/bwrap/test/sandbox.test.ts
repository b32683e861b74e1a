import { execFileSync } from "node:child_process";
import { pythonEnvironments } from "@autotraj/core";
import { type ExecutionRequest, type ExecutionResult, PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { needSandbox } from "../../../../test/hostile/containment.ts";
import plugin from "../src/index.ts";

const WORKERS = 2;
const environments = pythonEnvironments(defaultCacheDir());

function withSandbox(options: object) {
  let plugged: PluginUnderTest;
  let sandbox: Sandbox;
  before(async function () {
    plugged = await setupPlugin(plugin, { options, services: [[PYTHON, environments]] });
    sandbox = plugged.provided(SANDBOX);
    await needSandbox(this, sandbox);
  });
  after(() => plugged.dispose());
  return {
    get: () => sandbox,
    run: (code: string, request: Partial<ExecutionRequest> = {}, signal = new AbortController().signal): Promise<ExecutionResult> =>
      sandbox.execute({ code, timeoutMs: 10_000, memoryMiB: 1024, ...request }, { signal }),
  };
}

/** What a promise was rejected with. */
const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (reason: unknown) => reason,
  );

/** Process ids of the bubblewraps that this test process started. */
function workers(): number[] {
  const children = execFileSync("ps", ["--ppid", String(process.pid), "-o", "pid=,comm="], { encoding: "utf8" });
  return [...children.matchAll(/(\d+) bwrap/g)].map(([, pid]) => Number(pid));
}

/** Kills them all and waits until this process knows. */
async function killWorkers(): Promise<number[]> {
  const killed = workers();
  for (const pid of killed) process.kill(pid, "SIGKILL");
  while (workers().some((pid) => killed.includes(pid))) await new Promise((resolve) => setTimeout(resolve, 20));
  return killed;
}

describe("sandbox-bwrap", () => {
  describe("one execution", () => {
    const { run, get } = withSandbox({ workers: 1 });

    it("keeps stdout and stderr apart, and says how long it took", async () => {
      const result = await run("import sys\nprint(2 + 2)\nprint('careful', file=sys.stderr)");
      expect(result).to.include({ status: "ok", stdout: "4\n", stderr: "careful\n", truncatedBytes: 0 });
      expect(result.durationMs).to.be.greaterThan(0);
    });

    it("has NumPy and SymPy", async () => {
      expect(get().packages.map((name) => name.split("==")[0])).to.include.members(["numpy", "sympy"]);
      const { stdout } = await run("import numpy as np\nfrom sympy import *\nx = symbols('x')\nprint(factor(x**2 - 1), np.arange(4).sum())");
      expect(stdout).to.equal("(x - 1)*(x + 1) 6\n");
    });

    it("finds packages whose names are put together at run time", async () => {
      expect(await run("print(__import__('sym' + 'py').sqrt(4))")).to.include({ status: "ok", stdout: "2\n" });
    });

    it("shows a traceback of the user's code alone", async () => {
      const { status, stderr } = await run("def half(n):\n    return n / 0\nhalf(4)");
      expect(status).to.equal("error");
      expect(stderr)
        .to.match(/^Traceback[^\n]*\n {2}File "<code>", line 3/)
        .and.match(/ZeroDivisionError: division by zero\n$/);
      expect(stderr).not.to.include("/autotraj");
    });

    for (const [what, code] of [
      ["a syntax error", "a ="],
      ["a null byte", "a = '\0'"],
      ["a lone surrogate", "a = '\ud800'"],
      ["an exception group", "raise ExceptionGroup('g', [ValueError(1)])"],
      ["an exception whose text cannot be had", "class E(Exception):\n  def __str__(self): 1/0\nraise E"],
      ["sys.exit with a message", "import sys\nsys.exit('gone')"],
      ["nesting deeper than the parser", `${"(".repeat(5_000)}`],
    ] as const) {
      it(`reports ${what} as an error of the code`, async () => {
        const { status, stderr } = await run(code);
        expect(status).to.equal("error");
        expect(stderr.trim()).not.to.equal("");
      });
    }

    it("runs empty code, and takes sys.exit(0) for a good end", async () => {
      expect(await run("")).to.include({ status: "ok", stdout: "", stderr: "" });
      expect(await run("print(1)\nraise SystemExit")).to.include({ status: "ok", stdout: "1\n" });
    });

    it("waits for threads and runs exit handlers, as Python does", async () => {
      const { stdout } = await run(
        "import atexit, threading, time\natexit.register(print, 'bye')\nthreading.Thread(target=lambda: (time.sleep(.05), print('thread'))).start()",
      );
      expect(stdout).to.equal("thread\nbye\n");
    });

    it("keeps what was printed before a time-out, unfinished line included", async () => {
      expect(await run("print('so far', end='')\nwhile True: pass", { timeoutMs: 300 })).to.include({ status: "timeout", stdout: "so far" });
    });

    it("cuts long output at 64 KiB and counts the rest", async () => {
      const result = await run("print('é' * 100_000)");
      expect(result.status).to.equal("ok");
      expect(result.stdout).to.equal("é".repeat(32 * 1024));
      expect(result.truncatedBytes).to.equal(200_001 - 64 * 1024);
    });

    it("leaves half a character out where the cut goes through it", async () => {
      const { stdout } = await run("print('x' + 'é' * 100_000)");
      expect(stdout).to.equal(`x${"é".repeat(32 * 1024 - 1)}`);
    });

    it("shows bytes that are no UTF-8 as replacement characters", async () => {
      expect((await run("import sys\nsys.stdout.buffer.write(b'a\\xffb')")).stdout).to.equal("a\ufffdb");
    });

    it("gives less memory where less is asked for", async () => {
      const code = "b = bytearray(600 << 20)\nprint(len(b) >> 20)";
      expect(await run(code, { memoryMiB: 512 })).to.include({ status: "memory-limit" });
      expect(await run(code, { memoryMiB: 1024 })).to.include({ status: "ok", stdout: "600\n" });
    });

    it("calls it a memory limit when there is too little even to begin", async () => {
      for (const memoryMiB of [1, 16, 32, 64]) expect(await run("import sympy\nprint(1)", { memoryMiB })).to.include({ status: "memory-limit" });
    });

    it("gives the same random numbers and set order every time", async () => {
      const code = "import random, numpy as np\nprint(random.random(), np.random.rand(), {'a', 'b', 'c', 'd'}, hash('x'))";
      const [first, second] = [await run(code), await run(code)];
      expect(first.status).to.equal("ok");
      expect(first.stdout).to.equal(second.stdout);
    });

    it("has a work folder that is also /tmp, and gone afterwards", async () => {
      expect((await run("import tempfile, os\nf = tempfile.NamedTemporaryFile(delete=False)\nprint(os.path.realpath(f.name))")).stdout).to.match(
        /^\/work\//,
      );
      expect((await run("import os\nprint(os.listdir())")).stdout).to.equal("[]\n");
    });

    it("frees the worker when a running execution is aborted", async () => {
      const controller = new AbortController();
      const running = run("while True: pass", {}, controller.signal);
      setTimeout(() => controller.abort(new Error("stopped")), 100);
      expect(await refusal(running)).to.have.property("message", "stopped");
      expect((await run("print(2 + 2)")).stdout).to.equal("4\n");
    });

    it("lets go of an execution that is aborted while it waits", async () => {
      const controller = new AbortController();
      const first = run("import time\ntime.sleep(.3)\nprint('first')");
      const second = run("print('second')", {}, controller.signal);
      controller.abort(new Error("stopped"));
      expect(await refusal(second)).to.have.property("message", "stopped");
      expect((await first).stdout).to.equal("first\n");
      expect((await run("print(3)")).stdout).to.equal("3\n");
    });
  });

  describe("several at once", () => {
    const { run } = withSandbox({ workers: WORKERS, packages: false });

    it("gives each of 32 concurrent executions its own answer", async () => {
      const results = await Promise.all(Array.from({ length: 32 }, (_, i) => run(`open('mine', 'x').write('${i}')\nprint(open('mine').read())`)));
      expect(results.map(({ stdout }) => stdout)).to.deep.equal(Array.from({ length: 32 }, (_, i) => `${i}\n`));
      expect(workers().length).to.be.at.most(WORKERS);
    });

    it("reports a worker killed in mid-flight as killed, and goes on with a new one", async () => {
      const running = Array.from({ length: WORKERS }, () => run("import time\nprint('started')\ntime.sleep(60)", { timeoutMs: 90_000 }));
      await new Promise((resolve) => setTimeout(resolve, 500));
      await killWorkers();
      for (const { status, stderr } of await Promise.all(running)) {
        expect(status).to.equal("killed");
        expect(stderr).to.match(/worker died/);
      }
      expect((await run("print(2 + 2)")).stdout).to.equal("4\n");
    });

    it("replaces idle workers that were killed without anybody noticing", async () => {
      await Promise.all([run("1"), run("2")]);
      const killed = await killWorkers();
      const results = await Promise.all(Array.from({ length: 4 }, () => run("print(2 + 2)")));
      expect(results.map(({ stdout }) => stdout)).to.deep.equal(Array(4).fill("4\n"));
      expect(killed).to.have.length(WORKERS);
    });
  });

  describe("sessions", () => {
    const { run, get } = withSandbox({ workers: WORKERS, packages: false, maxSessions: 3 });

    it("keep variables, imports and files between calls", async () => {
      await run("import math\nx = 41\nopen('f', 'w').write('kept')", { session: "a" });
      expect((await run("print(x + 1, math.pi > 3, open('f').read())", { session: "a" })).stdout).to.equal("42 True kept\n");
    });

    it("see nothing of each other or of single executions", async () => {
      await run("secret = 1", { session: "b" });
      for (const session of ["c", undefined]) {
        const { status, stderr } = await run("print(secret)", session === undefined ? {} : { session });
        expect(status).to.equal("error");
        expect(stderr).to.match(/NameError/);
      }
    });

    it("survive an exception and sys.exit", async () => {
      await run("y = 1", { session: "d" });
      expect((await run("1 / 0", { session: "d" })).status).to.equal("error");
      expect((await run("import sys; sys.exit(2)", { session: "d" })).status).to.equal("error");
      expect(await run("print(y)", { session: "d" })).to.include({ stdout: "1\n", sessionLost: false });
    });

    it("name the call in a traceback, with the source line as it was written", async () => {
      await run("def f():\n    return 1 / 0", { session: "e" });
      const { stderr } = await run("f()", { session: "e" });
      expect(stderr)
        .to.match(/File "<code 2>", line 1, in <module>\n {4}f\(\)/)
        .and.match(/File "<code>", line 2, in f\n {4}return 1 \/ 0/);
    });

    for (const [what, code, status] of [
      ["time-out", "while True: pass", "timeout"],
      ["flood of output", "while True: print('x' * 1000)", "output-limit"],
      ["crash", "import os; os.abort()", "killed"],
      ["process that leaves", "import os; os._exit(0)", "ok"],
    ] as const) {
      it(`are lost to a ${what}, which is said, and start afresh`, async () => {
        await run("z = 1", { session: "f" });
        expect(await run(code, { session: "f", timeoutMs: 1_000 })).to.include({ status, sessionLost: true });
        expect((await run("print('z' in globals())", { session: "f" })).stdout).to.equal("False\n");
      });
    }

    it("do not run on between calls", async () => {
      const ticking =
        "import threading, time\nticks = 0\ndef tick():\n    global ticks\n    while True:\n        ticks += 1\n        time.sleep(.01)";
      await run(`${ticking}\nthreading.Thread(target=tick, daemon=True).start()`, { session: "g" });
      const before = Number((await run("print(ticks)", { session: "g" })).stdout);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(Number((await run("print(ticks)", { session: "g" })).stdout) - before).to.be.lessThan(20);
    });

    it("that forge the end of a call only fool themselves", async () => {
      const forged = "import os, time\nos.write(3, b'k')\ntime.sleep(60)";
      expect((await run(forged, { session: "h", timeoutMs: 1_000 })).status).to.equal("ok");
      expect(await run("print(1)", { session: "h", timeoutMs: 300 })).to.include({ status: "timeout", sessionLost: true });
      expect((await run("print(2 + 2)")).stdout).to.equal("4\n");
    });

    it("end when their owner says so", async () => {
      await run("w = 1", { session: "i" });
      get().endSession?.("i");
      expect((await run("print('w' in globals())", { session: "i" })).stdout).to.equal("False\n");
    });

    it("give way, longest unused first, when there are too many; their owner is told and nothing has run", async () => {
      for (const session of ["k0", "k1", "k2", "k3"]) await run(`v = '${session}'`, { session });
      expect(await refusal(run("print(v)", { session: "k0" }))).to.have.property("code", "SESSION_ENDED");
      expect((await run("print(v)", { session: "k3" })).stdout).to.equal("k3\n");
      expect((await run("print('v' in globals())", { session: "k0" })).stdout).to.equal("False\n");
    });

    it("tell their owner when their worker died between calls", async () => {
      await run("u = 1", { session: "l" });
      await killWorkers();
      expect(await refusal(run("print(u)", { session: "l" }))).to.have.property("code", "SESSION_ENDED");
      expect((await run("print(2 + 2)", { session: "l" })).stdout).to.equal("4\n");
    });
  });

  describe("sessions that hold much memory together", () => {
    const { run } = withSandbox({ workers: 1, packages: false, sessionsMiB: 100 });

    for (const [where, hold] of [
      ["memory", "b = bytearray(b'x') * (40 << 20)"],
      ["their work folder, memory too", "for i in range(2):\n    open(f'f{i}', 'wb').write(b'x' * (15 << 20))"],
    ] as const) {
      it(`are ended, longest unused first, and their owner is told: what they keep in ${where}`, async () => {
        const names = ["p0", "p1", "p2", "p3"].map((name) => `${name} ${where}`);
        for (const session of names) expect((await run(`${hold}\nkept = 1`, { session })).status).to.equal("ok");
        const error = await refusal(run("print(kept)", { session: names[0]! }));
        expect(error).to.have.property("code", "SESSION_ENDED");
        expect(error)
          .to.have.property("message")
          .that.matches(/gone: sessions held more than 100 MiB together/);
        expect((await run("print(kept)", { session: names[3]! })).stdout).to.equal("1\n");
      });
    }

    it("are counted without what they share with the interpreter they come from", async () => {
      const names = Array.from({ length: 12 }, (_, i) => `small ${i}`);
      for (const session of names) await run("kept = 1", { session });
      for (const session of names) expect((await run("print(kept)", { session })).stdout).to.equal("1\n");
    });
  });

  describe("idle sessions", () => {
    const { run } = withSandbox({ workers: 1, packages: false, sessionIdleMs: 50 });

    it("are ended, and their owner is told", async () => {
      await run("t = 1", { session: "m" });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const error = await refusal(run("print(t)", { session: "m" }));
      expect(error).to.have.property("code", "SESSION_ENDED");
      expect(error)
        .to.have.property("message")
        .that.matches(/idle for 0.05 s/);
    });
  });
});
