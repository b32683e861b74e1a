import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { conformance, setupPlugin, testRun } from "@autotraj/testkit";
import plugin from "../src/index.ts";

/** What every scorer must do, on the real kernel. */
conformance(plugin).register({ describe, it });

describe("{{package}}", () => {
  async function scoresOf(answers: readonly (string | undefined)[]) {
    const { taps } = await setupPlugin(plugin, { options: { longest: 10 } });
    const batch = answers.map((answer) => ({ trajectory: { answer }, scores: {}, group: [] }));
    return taps[0].tap(batch, testRun());
  }

  it("gives 1 to a short answer, and half to one of twice the length", async () => {
    assert.deepEqual(await scoresOf(["42", "a".repeat(20)]), [
      { "{{name}}": { value: 1, reason: "2 characters" } },
      { "{{name}}": { value: 0.5, reason: "20 characters" } },
    ]);
  });

  it("skips a trajectory without an answer", async () => {
    assert.deepEqual(await scoresOf([undefined]), [{ "{{name}}": { skipped: "there is no answer" } }]);
  });

  it("refuses an option that it does not have", async () => {
    await assert.rejects(setupPlugin(plugin, { options: { longets: 10 } }), { code: "ATRAJ_OPTIONS_INVALID" });
  });
});
