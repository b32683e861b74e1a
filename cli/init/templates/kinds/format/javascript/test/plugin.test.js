import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FORMAT } from "@autotraj/core/plugin";
import { conformance, setupPlugin } from "@autotraj/testkit";
import plugin from "../src/index.js";

const ROW = { prompt: "What is 6 times 7?", completion: "It is \\boxed{42}.", answer: "42" };

/** What every format must do, on the real kernel. */
conformance(plugin).register({ describe, it });

describe("{{package}}", async () => {
  const plugged = await setupPlugin(plugin);
  const format = plugged.provided(FORMAT);

  it("reads a row as a question and a turn, with its gold answer", () => {
    assert.deepEqual(format.read?.(ROW, 0), {
      turns: [
        { role: "user", content: ROW.prompt },
        { role: "assistant", content: ROW.completion },
      ],
      query: { answers: ["42"] },
    });
  });

  it("names what is missing in a row", () => {
    assert.throws(() => format.read?.({ prompt: "What?" }, 0), { code: "ROW", message: "completion is missing." });
  });

  it("knows its own rows, and no others", () => {
    assert.equal(format.recognizes?.(ROW), 0.7);
    assert.equal(format.recognizes?.({ messages: [] }), 0);
    assert.equal(format.recognizes?.(null), 0);
  });

  it("writes what the policy wrote, and refuses what called a tool", () => {
    const answer = { role: "assistant", content: ROW.completion };
    const trajectory = { query: { question: ROW.prompt }, messages: [answer] };
    assert.deepEqual(format.sft?.(trajectory), { prompt: ROW.prompt, completion: ROW.completion });
    assert.equal(format.refuses?.(trajectory), undefined);
    const called = { ...trajectory, messages: [{ role: "tool", content: "42" }, answer] };
    assert.equal(format.refuses?.(called), "a row has no place for a tool's result");
  });
});
