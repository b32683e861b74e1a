import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { conformance, setupPlugin, testRun } from "@autotraj/testkit";
import plugin from "../src/index.ts";

/** What every reward must do, on the real kernel. */
conformance(plugin).register({ describe, it });

describe("{{package}}", () => {
  async function termOf(toolCalls: number, finish = "answer") {
    const { taps } = await setupPlugin(plugin, { options: { free: 1, perCall: 0.25 } });
    const [term] = await taps[0].tap(
      [{ trajectory: { finish, usage: { toolCalls } }, scores: {}, group: [] }],
      testRun(),
    );
    return term;
  }

  it("takes nothing off for the free calls", async () => {
    assert.deepEqual(await termOf(1), { value: 0, reason: "1 tool calls" });
  });

  it("takes off the same for each further one", async () => {
    assert.deepEqual(await termOf(3), { value: -0.5, reason: "3 tool calls" });
  });

  it("gives no term where the policy failed", async () => {
    assert.deepEqual(await termOf(0, "failed"), { failed: "the policy failed" });
  });
});
