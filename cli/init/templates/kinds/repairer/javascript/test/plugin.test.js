import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { POLICY, ROLLOUT } from "@autotraj/core/plugin";
import { conformance, setupPlugin, testRun } from "@autotraj/testkit";
import plugin from "../src/index.js";

/** What every repairer must do, on the real kernel. */
conformance(plugin, { options: { policy: "student" } }).register({ describe, it });

describe("{{package}}", () => {
  /** Asks for a repair of a wrong 41, with a rollout that ends as `finish` says. */
  async function repaired(finish) {
    const asked = [];
    const rollout = {
      async write(_request, options) {
        asked.push(options);
        return { id: "new", finish, answer: "42" };
      },
    };
    const { taps } = await setupPlugin(plugin, {
      options: { policy: "teacher" },
      services: [
        [POLICY, {}, "teacher"],
        [ROLLOUT, rollout],
      ],
    });
    const request = { query: { id: "q1", question: "What is 6 times 7?", answers: ["42"] } };
    const original = { trajectory: { id: "old", answer: "41" }, scores: {} };
    const offered = await taps[0].tap({ request, original, siblings: [], attempts: [], attempt: 0 }, testRun());
    return { offered, asked };
  }

  it("asks its policy again, with the refused answer and without the gold one", async () => {
    const { offered, asked } = await repaired("answer");
    assert.equal(offered.id, "new");
    assert.equal(asked[0].policy, "teacher");
    assert.match(asked[0].shown?.question ?? "", /^What is 6 times 7\?\n\nAn earlier attempt answered 41/);
    assert.doesNotMatch(JSON.stringify(asked), /42/);
  });

  it("offers nothing where the policy failed", async () => {
    assert.equal((await repaired("failed")).offered, undefined);
  });

  it("is refused with a policy that the preset does not have", async () => {
    await assert.rejects(setupPlugin(plugin, { options: { policy: "nobody" } }), { code: "ATRAJ_SERVICE_MISSING" });
  });
});
