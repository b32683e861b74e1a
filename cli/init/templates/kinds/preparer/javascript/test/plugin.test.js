import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { conformance, setupPlugin, testRun } from "@autotraj/testkit";
import plugin from "../src/index.js";

/** What every preparer must do, on the real kernel. */
conformance(plugin).register({ describe, it });

describe("{{package}}", () => {
  async function prepared(question) {
    const { taps } = await setupPlugin(plugin, { options: { note: "Be brief.", longest: 20 } });
    const request = {
      query: { id: "q1", question, answers: [] },
      system: "You answer questions.",
      examples: [],
      tools: [],
    };
    return taps[0].tap(Object.freeze(request), testRun());
  }

  it("adds its note behind what is there", async () => {
    const { system } = await prepared("How many?");
    assert.equal(system, "You answer questions.\nBe brief.");
  });

  it("drops a question that is too long, and says why", async () => {
    assert.deepEqual(await prepared("How many, how much, how often?"), {
      drop: "the question is longer than 20 characters",
    });
  });
});
