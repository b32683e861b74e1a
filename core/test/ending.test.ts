import { expect } from "chai";
import { endingWithTheModel } from "../src/data/ending.ts";
import type { Message } from "../src/kernel/plugin.ts";

const user: Message = { role: "user", content: "q" };
const says: Message = { role: "assistant", content: "1" };

describe("what ends with the model", () => {
  it("is cut behind its last turn, and all else stays", () => {
    expect(endingWithTheModel({ id: "t", messages: [user, says, user, says, user, user] })).to.deep.equal({
      id: "t",
      messages: [user, says, user, says],
    });
    expect(endingWithTheModel({ messages: [says, user] }).messages).to.deep.equal([says]);
  });

  it("is the same where nothing comes after it, and where the model has no turn", () => {
    for (const messages of [[user, says], [user, user], [says], []]) {
      const whole = { messages };
      expect(endingWithTheModel(whole), JSON.stringify(messages)).to.equal(whole);
    }
  });
});
