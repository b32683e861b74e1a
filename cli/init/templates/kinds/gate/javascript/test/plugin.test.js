import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { conformance, setupPlugin, testRun } from "@autotraj/testkit";
import plugin from "../src/index.js";

/** What every gate must do, on the real kernel. */
conformance(plugin).register({ describe, it });

describe("{{package}}", () => {
  async function decisionsOn(...scores) {
    const { taps } = await setupPlugin(plugin, { options: { dimension: "clarity", minimum: 0.7 } });
    const items = scores.map((clarity) => ({ trajectory: {}, scores: { clarity } }));
    const verdicts = await taps[0].tap({ subject: "candidates", query: {}, items }, testRun());
    return verdicts.map(({ decision }) => decision);
  }

  it("keeps what reaches the minimum, and sends what does not to repair", async () => {
    assert.deepEqual(await decisionsOn({ value: 0.7 }, { value: 0.69 }), ["keep", "repair"]);
  });

  it("discards what could not be judged", async () => {
    assert.deepEqual(await decisionsOn({ failed: "the judge did not answer" }), ["discard"]);
  });

  it("says beforehand which dimension it cannot do without", async () => {
    const { taps } = await setupPlugin(plugin, { options: { dimension: "clarity" } });
    assert.deepEqual(taps[0].options["needs"], ["clarity"]);
  });
});
