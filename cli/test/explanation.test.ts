import type { Message, StoredTrajectory } from "@autotraj/core";
import { expect } from "chai";
import { renderExplanation } from "../src/display/explanation.ts";

/** A question with one trajectory of these turns. */
function explained(turns: readonly Message[], full = false): string {
  const trajectory: StoredTrajectory["trajectory"] = {
    id: "t-1",
    query: { id: "q-1", question: "What is 3 + 4?", answers: ["7"] },
    dialect: "native",
    tools: [],
    messages: [{ role: "system", content: "Add." }, { role: "user", content: "What is 3 + 4?" }, ...turns],
    answer: "7",
    finish: "answer",
    faults: [],
    provenance: { origin: "rollout", candidate: 0 },
    usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1, modelCalls: 1, toolCalls: 1 },
  };
  const row: StoredTrajectory = { trajectory, scores: {}, position: 0, ordinal: 0, fate: "kept" };
  const explanation = { position: 0, status: "done", reason: null, asked: undefined, trajectories: [row], calls: [], incidents: [], curation: [] };
  return renderExplanation(explanation, { run: "runs/first", calls: false, full });
}

describe("native turns, explained", () => {
  it("show thinking, text, each call with its arguments, and each result beside its call", () => {
    const text = explained([
      {
        role: "assistant",
        reasoning: "Two ways to add.",
        content: "Let me see.",
        toolCalls: [
          { id: "c1", name: "python", arguments: { code: "print(3)\nprint(4)" } },
          { id: "c2", name: "add", arguments: { a: 3, b: 4, exact: true } },
        ],
      },
      { role: "tool", toolCallId: "c2", name: "add", content: "7", ok: true },
      { role: "tool", toolCallId: "c1", name: "python", content: "3\n4", ok: false },
      { role: "assistant", content: "It is 7." },
    ]);
    expect(text).to.contain(`
  thinks: Two ways to add.
  says: Let me see.
  calls python
      code: print(3)
            print(4)
    failed: 3
            4
  calls add
      a: 3
      b: 4
      exact: true
    result: 7
  says: It is 7.
  answer: 7 (answer)`);
  });

  it("show calls that could not be understood, calls without a result, and results without a call", () => {
    const text = explained([
      {
        role: "assistant",
        content: "",
        toolCalls: [
          { id: "c1", name: "add", arguments: {}, malformed: { raw: "{a: 3", reason: "the arguments are not JSON" } },
          { id: "c2", name: "now", arguments: {} },
        ],
      },
      { role: "tool", toolCallId: "c1", name: "add", content: "no such call", ok: false },
      { role: "user", content: "Go on." },
      { role: "tool", toolCallId: "c9", name: "search", content: "found", ok: true },
      { role: "assistant", content: "7" },
    ]);
    expect(text).to.contain(`
  calls add
      not understood (the arguments are not JSON): {a: 3
    failed: no such call
  calls now
      without arguments
    no result
  is told: Go on.
  search, which nothing called
    result: found
  says: 7
`);
  });

  it("shorten each part by itself, unless all of it is asked for", () => {
    const long = `${"a".repeat(500)} ${"b".repeat(500)}`;
    const turns: readonly Message[] = [
      { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "python", arguments: { code: long } }] },
      { role: "tool", toolCallId: "c1", name: "python", content: long, ok: true },
      { role: "assistant", content: "7" },
    ];
    expect(explained(turns).match(/… 601 characters \(--full shows them\) …/g)).to.have.length(2);
    expect(explained(turns, true)).to.contain(`code: ${long}`).and.contain(`result: ${long}`);
  });
});
