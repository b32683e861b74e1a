import { pythonEnvironments } from "@autotraj/core";
import { PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../../plugins/sandboxes/pyodide/src/index.ts";
import { itContains, needSandbox } from "./containment.ts";
import { escapes } from "./escapes.ts";
import { type HostileHost, openHost } from "./host.ts";
import { fill } from "./snippets.ts";

describe("Pyodide contains", function () {
  this.timeout(60_000);
  let plugged: PluginUnderTest;
  let sandbox: Sandbox;
  before(async function () {
    this.timeout(180_000);
    // Without bubblewrap around it: what is proven here holds on every system.
    const options = { workers: 1, sympy: false, netns: "never" };
    plugged = await setupPlugin(plugin, { options, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
    sandbox = plugged.provided(SANDBOX);
    await needSandbox(this, sandbox);
  });
  after(() => plugged.dispose());

  describe("code that", () => itContains("pyodide", () => sandbox));
  describe("Python that looks for JavaScript:", () => itKeepsJavaScriptAway(() => sandbox));
});

function itKeepsJavaScriptAway(get: () => Sandbox): void {
  let host: HostileHost;
  before(async () => {
    host = await openHost();
  });
  after(() => host.close());

  for (const { name, code, stoppedBy } of escapes) {
    it(name, async () => {
      // One session for all: an attempt that gets further because of an earlier one would be a finding too.
      const request = { code: fill(code, host), timeoutMs: 10_000, memoryMiB: 256, session: "escapes" };
      const { status, stdout, stderr } = await get().execute(request, { signal: new AbortController().signal });
      const output = `${status}: ${stdout}${stderr}`;
      expect(output).to.match(stoppedBy);
      // A traceback quotes the line that failed.
      expect(stdout).not.to.match(/BREACH/);
      expect(output).not.to.include(host.canary);
      expect(host.connections(), "connections that reached the host").to.equal(0);
      expect(host.secretIntact(), "the secret file is as it was").to.equal(true);
    });
  }
}
