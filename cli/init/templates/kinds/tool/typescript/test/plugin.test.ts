import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type JsonObject, TOOL } from "@autotraj/core/plugin";
import { conformance, setupPlugin } from "@autotraj/testkit";
import plugin from "../src/index.ts";

/** What every tool must do, on the real kernel. */
conformance(plugin).register({ describe, it });

describe("{{package}}", () => {
  async function called(args: JsonObject) {
    const plugged = await setupPlugin(plugin, { options: { longest: 30 } });
    const context = { session: "s", earlier: [], history: [], signal: new AbortController().signal };
    const { content, ok } = await plugged.provided(TOOL).call(args, context);
    return { content, ok };
  }

  it("counts characters as people see them, and words", async () => {
    assert.deepEqual(await called({ text: "naïve  strawberry 🍓" }), { content: "19 characters, 3 words", ok: true });
  });

  it("tells the model what was wrong with its call", async () => {
    assert.deepEqual(await called({}), { content: "[the argument text is missing]", ok: false });
    assert.deepEqual(await called({ text: "a".repeat(31) }), {
      content: "[the text is longer than 30 characters]",
      ok: false,
    });
  });
});
