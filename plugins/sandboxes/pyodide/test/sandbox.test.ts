import { execFileSync } from "node:child_process";
import { pythonEnvironments } from "@autotraj/core";
import { type ExecutionRequest, type ExecutionResult, PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
// As it is built: from the sources, each interpreter would strip the types of its program anew.
import plugin from "@autotraj/sandbox-pyodide";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";

/** The interpreters that this process has started and that have not ended. */
function interpreters(): readonly number[] {
  const lines = execFileSync("ps", ["-ww", "-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  const rows = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)).filter((row) => row !== null);
  return rows.filter(([, , parent, command]) => Number(parent) === process.pid && command!.includes("runner.")).map(([, pid]) => Number(pid));
}

/** What a promise is rejected with. */
function refusal(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (result) => new Error(`expected a refusal, got ${JSON.stringify(result)}`),
    (thrown: unknown) => thrown as Error,
  );
}

/** True until its parent has learnt of its end. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("The Pyodide sandbox", function () {
  this.timeout(60_000);
  let plugged: PluginUnderTest;
  let sandbox: Sandbox;
  const run = (code: string, more: Partial<ExecutionRequest> = {}, signal = new AbortController().signal): Promise<ExecutionResult> =>
    sandbox.execute({ code, timeoutMs: 10_000, memoryMiB: 256, ...more }, { signal });

  before(async function () {
    // The first start on a machine makes the memory images.
    this.timeout(300_000);
    const options = { workers: 4, maxSessions: 2 };
    plugged = await setupPlugin(plugin, { options, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
    sandbox = plugged.provided(SANDBOX);
    expect(await sandbox.selfTest()).to.deep.equal({ ok: true });
    await run("import sympy");
  });
  after(async () => {
    await plugged.dispose();
    expect(interpreters(), "after dispose").to.deep.equal([]);
  });

  describe("runs code", () => {
    it("and hands back what it printed", async () => {
      const result = await run("import sys\nprint(6 * 7)\nprint('aside', file=sys.stderr)");
      expect(result).to.include({ status: "ok", stdout: "42\n", stderr: "aside\n", truncatedBytes: 0 });
      expect(result).not.to.have.property("sessionLost");
    });

    it("and shows a traceback of that code only", async () => {
      const { status, stderr } = await run("def half(x):\n    return x / 0\nhalf(1)");
      expect(status).to.equal("error");
      expect(stderr).to.match(/^Traceback \(most recent call last\):\n {2}File "<code>", line 3, in <module>\n {4}half\(1\)/);
      expect(stderr).to.match(/ZeroDivisionError: division by zero\n$/);
    });

    it("and reports a syntax error", async () => {
      const { status, stderr } = await run("print(1");
      expect(status).to.equal("error");
      expect(stderr).to.include("SyntaxError: '(' was never closed");
    });

    it("and takes sys.exit() for an end, sys.exit('why') for an error", async () => {
      expect(await run("import sys\nprint(1)\nsys.exit()")).to.include({ status: "ok", stdout: "1\n" });
      expect(await run("import sys\nsys.exit('why')")).to.include({ status: "error", stderr: "why\n" });
    });

    it("and finds standard input empty", async () => {
      expect((await run("input()")).stderr).to.include("EOFError");
    });

    it("and waits for asyncio", async () => {
      const code = "import asyncio\nasync def twice(x):\n    await asyncio.sleep(0.01)\n    return 2 * x\nprint(asyncio.run(twice(4)))";
      expect(await run(code)).to.include({ status: "ok", stdout: "8\n" });
    });

    it("the same way every time, chance and the order of sets included", async () => {
      const code = "import random\nprint(random.random(), {'a', 'b', 'c', 'd', 'e'}, hash('x'))";
      const [first, second] = [await run(code), await run(code)];
      expect(second.stdout).to.equal(first.stdout);
    });

    it("in an interpreter that nobody has touched", async () => {
      await run("import builtins, math\nbuiltins.leak = math.pi = 3\nopen('note', 'w').write('x')");
      const { stdout } = await run("import builtins, math, os\nprint(hasattr(builtins, 'leak'), math.pi == 3, os.path.exists('note'))");
      expect(stdout).to.equal("False False False\n");
    });

    it("four at a time without mixing them up", async () => {
      const results = await Promise.all([1, 2, 3, 4].map((n) => run(`x = ${n}\nfor i in range(3): print(x * 10 + i)`)));
      expect(results.map(({ stdout }) => stdout)).to.deep.equal([1, 2, 3, 4].map((n) => `${n}0\n${n}1\n${n}2\n`));
    });
  });

  describe("offers SymPy", () => {
    it("and says so", () => {
      expect(sandbox.packages).to.deep.equal(["sympy==1.14.0", "mpmath==1.3.0"]);
    });

    it("to code that imports it, and the parts of it that the image has not imported", async () => {
      const code = "from sympy import symbols, solve\nfrom sympy.physics.units import meter\nprint(solve(symbols('x')**2 - 4), meter)";
      expect(await run(code)).to.include({ status: "ok", stdout: "[-2, 2] meter\n" });
    });
  });

  describe("ends code", () => {
    it("that takes too long, and keeps what it had printed", async () => {
      const result = await run("print('so far', end='')\nwhile True: pass", { timeoutMs: 1_000 });
      expect(result).to.include({ status: "timeout", stdout: "so far" });
    });

    it("that prints too much, and counts what is not kept", async () => {
      const result = await run("while True: print('x' * 1000)");
      expect(result.status).to.equal("output-limit");
      expect(result.stdout).to.have.length(64 * 1024);
      expect(result.truncatedBytes).to.be.greaterThan(1024 * 1024 - 64 * 1024 - 1);
    });

    it("never in the middle of a character", async () => {
      const result = await run("print('a' + 'é' * 70_000, end='')");
      expect(result).to.include({ status: "ok", stdout: `a${"é".repeat(32_767)}`, truncatedBytes: 140_001 - 64 * 1024 });
    });

    it("that wants more memory than its request allows, but no sooner", async () => {
      const code = "b = bytearray(200 << 20)\nprint(len(b) >> 20)";
      expect(await run(code, { memoryMiB: 300 })).to.include({ status: "ok", stdout: "200\n" });
      const refused = await run(code, { memoryMiB: 128 });
      expect(refused.status).to.equal("memory-limit");
      expect(refused.stderr).to.include("MemoryError");
    });

    it("that takes memory outside Python's heap", async function () {
      if (process.platform !== "linux") this.skip();
      const { status } = await run("from pyodide.ffi import to_js\nkept = []\nwhile True: kept.append(to_js(bytes(16 << 20)))", {
        timeoutMs: 30_000,
      });
      expect(status).to.equal("memory-limit");
    });

    it("when the run is stopped", async () => {
      const stop = new AbortController();
      const running = run("while True: pass", { timeoutMs: 60_000 }, stop.signal);
      setTimeout(() => stop.abort(new Error("stopped")), 500);
      expect(await refusal(running)).to.have.property("message", "stopped");
      expect(await run("print(1)")).to.include({ status: "ok" });
    });
  });

  describe("keeps sessions", () => {
    afterEach(() => {
      for (const session of ["one", "two", "three"]) sandbox.endSession!(session);
    });

    it("with names, files and imports, each for itself", async () => {
      await run("import sympy, math\nx = 5\nprint(x, file=open('note', 'w'))", { session: "one" });
      await run("x = 6", { session: "two" });
      expect((await run("print(x, open('note').read(), math.floor(2.5), sympy.factorint(6))", { session: "one" })).stdout).to.equal(
        "5 5\n 2 {2: 1, 3: 1}\n",
      );
      expect((await run("print(x)", { session: "two" })).stdout).to.equal("6\n");
    });

    it("through an error, naming the call it came from", async () => {
      await run("x = 1", { session: "one" });
      const failed = await run("x = 2\nx.y", { session: "one" });
      expect(failed.status).to.equal("error");
      expect(failed.stderr).to.include('File "<code 2>", line 2');
      expect(failed).not.to.have.property("sessionLost");
      expect((await run("print(x)", { session: "one" })).stdout).to.equal("2\n");
    });

    it("until a time-out, and says that they are lost", async () => {
      await run("x = 1", { session: "one" });
      expect(await run("while True: pass", { session: "one", timeoutMs: 500 })).to.include({ status: "timeout", sessionLost: true });
      expect((await run("print('x' in globals())", { session: "one" })).stdout).to.equal("False\n");
    });

    it("until they are ended", async () => {
      await run("x = 1", { session: "one" });
      sandbox.endSession!("one");
      expect((await run("print('x' in globals())", { session: "one" })).stdout).to.equal("False\n");
    });

    it("in the order of their calls", async () => {
      const calls = [1, 2, 3].map((n) => run(`${n === 1 ? "seen = []" : ""}\nseen.append(${n})\nprint(seen)`, { session: "one" }));
      expect((await Promise.all(calls)).map(({ stdout }) => stdout)).to.deep.equal(["[1]\n", "[1, 2]\n", "[1, 2, 3]\n"]);
    });

    it("and gives up the longest unused for one too many: its owner hears of it, once, before anything runs", async () => {
      await run("x = 1", { session: "one" });
      await run("x = 2", { session: "two" });
      expect(await run("print(3)", { session: "three" })).to.include({ stdout: "3\n" });
      expect(await run("print(x)", { session: "two" })).to.include({ stdout: "2\n" });
      const error = await refusal(run("print(x)", { session: "one" }));
      expect(error).to.include({ code: "SESSION_ENDED", message: "session one is gone: more than 2 sessions were live." });
      expect(await run("print('x' in globals())", { session: "one" })).to.include({ stdout: "False\n" });
    });

    it("and gives up the longest unused when all together hold too much memory", async function () {
      if (process.platform !== "linux") this.skip();
      const hold = (session: string) => run("held = b'x' * (450 << 20)", { session, memoryMiB: 700 });
      expect([(await hold("one")).status, (await hold("two")).status]).to.deep.equal(["ok", "ok"]);
      const error = await refusal(run("print(len(held))", { session: "one" }));
      expect(error.message).to.equal("session one is gone: the sessions that were live held more than 1024 MiB.");
      expect((await run("print(len(held) >> 20)", { session: "two" })).stdout).to.equal("450\n");
    });

    it("and says so when one died between two calls, before anything runs", async () => {
      await run("x = 1", { session: "one" });
      // As the system does when memory runs out. Which process is whose cannot be seen from here: all of them.
      const pids = interpreters();
      for (const pid of pids) process.kill(pid, "SIGKILL");
      while (pids.some(exists)) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await refusal(run("print(x)", { session: "one" }))).to.have.property("code", "SESSION_ENDED");
      expect(await run("print(1)", { session: "one" })).to.include({ status: "ok", stdout: "1\n" });
      expect(await run("print(2)")).to.include({ status: "ok", stdout: "2\n" });
    });
  });
});
