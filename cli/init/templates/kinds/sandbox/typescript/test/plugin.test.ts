import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SANDBOX } from "@autotraj/core/plugin";
import { conformance, setupPlugin } from "@autotraj/testkit";
import plugin from "../src/index.ts";

/** In place of a container: the same Python, and nothing around it; a shell that starts it may complain of a locale that is not installed. */
const BARE = ["env", "LC_ALL=C", "timeout", "-s", "KILL", "{seconds}", "python3", "-"];

/** What every sandbox must do, on the real kernel. Where no container can be started this is skipped, and the reason said. */
conformance(plugin).register({ describe, it });

describe("{{package}}", async () => {
  const plugged = await setupPlugin(plugin, { options: { command: BARE, longest: 100 } });
  const sandbox = plugged.provided(SANDBOX);
  const run = (code: string, timeoutMs = 10_000) =>
    sandbox.execute({ code, timeoutMs, memoryMiB: 256 }, { signal: new AbortController().signal });

  it("gives what the code printed", async () => {
    const { status, stdout } = await run("print(6 * 7)");
    assert.deepEqual([status, stdout], ["ok", "42\n"]);
  });

  it("gives an exception as a result", async () => {
    const { status, stderr } = await run("1 / 0");
    assert.equal(status, "error");
    assert.match(stderr, /ZeroDivisionError/);
  });

  it("gives an exit code of the code's own as a result, whichever it is", async () => {
    assert.equal((await run("raise SystemExit(125)")).status, "error");
  });

  it("ends what takes too long", async () => {
    assert.equal((await run("while True: pass", 1_000)).status, "timeout");
  });

  it("keeps the beginning of a long output, and says how much is missing", async () => {
    const { stdout, truncatedBytes } = await run("print('x' * 1000)");
    assert.deepEqual([stdout.length, truncatedBytes], [100, 901]);
  });

  it("refuses to be used where code reaches this machine", async () => {
    const tested = await sandbox.selfTest();
    assert.deepEqual(tested, {
      ok: false,
      reason: "code in it can read this machine's files\nreach this machine's network",
    });
  });

  it("says so where there is no such program", async () => {
    const other = await setupPlugin(plugin, { options: { command: ["no-such-program"] } });
    const tested = await other.provided(SANDBOX).selfTest();
    assert.match(tested.ok ? "" : tested.reason, /cannot be started: spawn no-such-program ENOENT/);
  });
});
