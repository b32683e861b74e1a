import type { Sandbox } from "@autotraj/core/plugin";
import { expect } from "chai";
import { barePyodide } from "./bare-pyodide.ts";
import { itContains } from "./containment.ts";
import { escapes } from "./escapes.ts";
import { type HostileHost, openHost } from "./host.ts";
import { fill } from "./snippets.ts";

describe("Pyodide contains", function () {
  this.timeout(60_000);
  const sandbox = barePyodide();

  describe("code that", () => itContains("pyodide", sandbox));
  describe("Python that looks for JavaScript:", () => itKeepsJavaScriptAway(sandbox));
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
