import { expect } from "chai";
import { hasLateResult, unpaired } from "../src/data/paired.ts";
import type { Message } from "../src/kernel/plugin.ts";

const user: Message = { role: "user", content: "q" };
const says: Message = { role: "assistant", content: "1" };
const calls = (...ids: readonly string[]): Message => ({
  role: "assistant",
  content: "",
  toolCalls: ids.map((id) => ({ id, name: "f", arguments: {} })),
});
const result = (toolCallId: string): Message => ({ role: "tool", toolCallId, name: "f", content: "1", ok: true });
const wrongIn = (...messages: readonly Message[]) => unpaired({ messages, faults: [] });

describe("what does not pair in a trajectory", () => {
  it("is nothing where every result answers a call before it, in whatever order", () => {
    expect(wrongIn()).to.equal(undefined);
    expect(wrongIn(user)).to.equal(undefined);
    expect(wrongIn(user, calls("x", "y"), result("y"), user, result("x"), says)).to.equal(undefined);
  });

  it("is the fault that was found where the log was read, before anything else", () => {
    expect(unpaired({ messages: [result("x")], faults: ["malformed tool call: x", "unpaired: turn 2 is odd"] })).to.equal("turn 2 is odd");
    expect(unpaired({ messages: [user, says], faults: ["this is unpaired: no"] })).to.equal(undefined);
  });

  it("is a result without an open call, by its place", () => {
    expect(wrongIn(user, result("x"), says)).to.equal("message 2, a result of f, answers no open call");
    expect(wrongIn(user, calls("x"), result("x"), result("x"))).to.equal("message 4, a result of f, answers no open call");
  });

  it("is a call without a result, but for those of the last turn, whatever others say after it", () => {
    expect(wrongIn(user, calls("x", "y"), result("y"), says)).to.equal("the call x of f has no result");
    expect(wrongIn(user, calls("x"), calls("y"))).to.equal("the call x of f has no result");
    expect(wrongIn(user, calls("x", "y"), result("y"))).to.equal(undefined);
    expect(wrongIn(user, calls("x"), user)).to.equal(undefined);
  });
});

describe("a result stands behind a later turn", () => {
  it("only where the model spoke between its call and it", () => {
    expect(hasLateResult([user, calls("x"), says, result("x")])).to.equal(true);
    expect(hasLateResult([user, calls("x"), calls("y"), result("y"), result("x")])).to.equal(true);
    expect(hasLateResult([user, calls("x", "y"), result("y"), user, result("x"), says])).to.equal(false);
    expect(hasLateResult([user, result("x")])).to.equal(true);
    expect(hasLateResult([user, says])).to.equal(false);
  });
});
