import { expect } from "chai";
import { READING_RULES, readConversation } from "../../src/data/recorded/conversation.ts";
import type { RecordedConversation } from "../../src/kernel/plugin.ts";

const CONVERSATION: RecordedConversation = {
  turns: [
    { role: "user", content: "?" },
    { role: "assistant", content: "<think>a</think>b" },
    { role: "assistant", content: "", calls: [{ id: "c", name: "f", arguments: {} }] },
  ],
  answer: null,
};
const read = (conversation: RecordedConversation) => readConversation(conversation, READING_RULES, undefined).trajectory;

describe("a conversation that AutoTraj wrote", () => {
  it("comes back as it was: no turn is tidied or merged, no fault is found that it did not have", () => {
    const { messages, faults } = read({ ...CONVERSATION, provenance: { origin: "rollout" }, faults: ["stopped"] });
    expect(messages).to.deep.equal([
      { role: "user", content: "?" },
      { role: "assistant", content: "<think>a</think>b" },
      { role: "assistant", content: "", toolCalls: [{ id: "c", name: "f", arguments: {} }] },
    ]);
    expect(faults).to.deep.equal(["stopped"]);
  });

  it("is told by its provenance: the same of another agent is tidied, merged and found at fault", () => {
    const { messages, faults } = read(CONVERSATION);
    expect(messages[1]).to.deep.equal({
      role: "assistant",
      content: "b",
      reasoning: "a",
      toolCalls: [{ id: "c", name: "f", arguments: {} }],
    });
    expect(faults).to.deep.equal(["unpaired: turn 2, the call c of f has no result"]);
  });
});
