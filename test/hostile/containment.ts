/** The hostile snippets as tests, the same for every sandbox. */
import type { ExecutionResult, Sandbox } from "@autotraj/core/plugin";
import { expect } from "chai";
import { type HostileHost, openHost } from "./host.ts";
import { BREACH, DEFAULT_TIMEOUT_MS, fill, type HostileSnippet, hostileSnippets, NOTHING_LEFT } from "./snippets.ts";

const MEMORY_MIB = 1024;

/** For a `before` hook: the sandbox passes its self-test, or the suite is skipped with the reason; under CI a skip is a failure. */
export async function needSandbox(context: Mocha.Context, sandbox: Sandbox): Promise<void> {
  const proven = await sandbox.selfTest();
  if (proven.ok) return;
  if (process.env["CI"] === "true") throw new Error(`${sandbox.isolation} is not available, which CI does not allow: ${proven.reason}`);
  process.stderr.write(`    skipped: ${sandbox.isolation} is not available: ${proven.reason}\n`);
  context.skip();
}

/** One test per snippet. `get` hands out the sandbox once the suite's own `before` has made it. */
export function itContains(kind: keyof HostileSnippet["expect"], get: () => Sandbox): void {
  let host: HostileHost;
  before(async () => {
    host = await openHost();
  });
  // Not there where the suite was skipped before this.
  after(() => host?.close());

  for (const snippet of hostileSnippets) {
    it(snippet.name, async () => {
      const promised = snippet.expect[kind];
      const result = await execute(get(), NOTHING_LEFT.code + fill(snippet.code, host), snippet.timeoutMs);
      const shown = summary(result);
      const output = result.stdout + result.stderr;
      expect(output, "the snippet before left something").not.to.match(NOTHING_LEFT.otherwise);
      expect(promised.status, shown).to.include(result.status);
      for (const pattern of promised.required ?? []) expect(output, shown).to.match(pattern);
      for (const pattern of [...(promised.emulated ? [] : [BREACH]), ...(promised.forbidden ?? [])]) expect(output, shown).not.to.match(pattern);
      expect(output, "the canary is out").not.to.include(host.canary);
      expect(host.connections(), "connections that reached the host").to.equal(0);
      expect(host.secretIntact(), "the secret file is as it was").to.equal(true);
    });
  }

  it("and leaves nothing behind the last of them", async () => {
    expect(await execute(get(), NOTHING_LEFT.code)).to.include({ status: "ok", stdout: NOTHING_LEFT.stdout, stderr: "" });
  });
}

function execute(sandbox: Sandbox, code: string, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<ExecutionResult> {
  return sandbox.execute({ code, timeoutMs, memoryMiB: MEMORY_MIB }, { signal: new AbortController().signal });
}

function summary({ status, stdout, stderr, durationMs }: ExecutionResult): string {
  return `${status} after ${Math.round(durationMs)} ms; stdout: ${stdout.slice(0, 500)}; stderr: ${stderr.slice(-500)}`;
}
