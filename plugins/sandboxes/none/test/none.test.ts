import { pythonEnvironments } from "@autotraj/core";
import { type ExecutionRequest, PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

const SCRIPT: Omit<ExecutionRequest, "code"> = { timeoutMs: 5_000, memoryMiB: 512 };

describe("sandbox-none", () => {
  let plugged: PluginUnderTest;
  let sandbox: Sandbox;
  const run = (code: string, request: Partial<ExecutionRequest> = {}, signal = new AbortController().signal) =>
    sandbox.execute({ code, ...SCRIPT, ...request }, { signal });

  before(async () => {
    plugged = await setupPlugin(plugin, { options: { packages: false }, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
    sandbox = plugged.provided(SANDBOX);
  });
  after(() => plugged.dispose());

  it("has a strength that `auto` never takes", () => {
    expect(sandbox.strength).to.equal(0);
  });

  it("warns, once, that nothing is isolated", async () => {
    expect(await sandbox.selfTest()).to.deep.equal({ ok: true });
    await sandbox.selfTest();
    expect(plugged.warnings).to.have.length(1);
    expect(plugged.warnings[0]).to.match(/no isolation/);
  });

  it("runs code and keeps stdout and stderr apart", async () => {
    const result = await run("import sys\nprint(2 + 2)\nprint('careful', file=sys.stderr)");
    expect(result).to.include({ status: "ok", stdout: "4\n", stderr: "careful\n", truncatedBytes: 0 });
  });

  it("shows a traceback with the line of the user's code and no frame of its own", async () => {
    const { status, stderr } = await run("a = 1\na / 0");
    expect(status).to.equal("error");
    expect(stderr)
      .to.match(/^Traceback[^\n]*\n {2}File "<code>", line 2, in <module>/)
      .and.match(/ZeroDivisionError: division by zero\n$/);
    expect(stderr).not.to.include("run.py");
  });

  it("stops endless code and keeps what it had printed", async () => {
    expect(await run("print('so far')\nwhile True: pass", { timeoutMs: 500 })).to.include({ status: "timeout", stdout: "so far\n" });
  });

  it("stops what the code left running", async () => {
    const result = await run("import subprocess\nsubprocess.Popen(['sleep', '1000'])\nprint('left')");
    expect(result).to.include({ status: "ok", stdout: "left\n" });
  });

  it("names memory and output as the limit that was met", async () => {
    expect(await run("bytearray(8 << 30)")).to.include({ status: "memory-limit" });
    const flood = await run("while True: print('x' * 1000)");
    expect(flood.status).to.equal("output-limit");
    expect(flood.stdout).to.have.length(64 * 1024);
    expect(flood.truncatedBytes).to.be.greaterThan(900_000);
  });

  it("passes none of this process's environment on but the path", async () => {
    process.env["AUTOTRAJ_TEST_TOKEN"] = "secret";
    const { stdout } = await run("import os\nprint(sorted(os.environ))").finally(() => delete process.env["AUTOTRAJ_TEST_TOKEN"]);
    expect(stdout).not.to.include("TOKEN");
  });

  it("rejects with the reason of an abort", async () => {
    const controller = new AbortController();
    const running = run("while True: pass", {}, controller.signal);
    controller.abort(new Error("stopped"));
    const error = await running.catch((reason: unknown) => reason);
    expect(error).to.have.property("message", "stopped");
  });

  it("refuses sessions by name", async () => {
    const error = await run("1", { session: "s" }).catch((reason: unknown) => reason);
    expect(error).to.have.property("code", "NO_SESSIONS");
  });
});
