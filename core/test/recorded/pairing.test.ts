import { expect } from "chai";
import type { RecordedCall, RecordedResult, RecordedTurn } from "../../src/plugin.ts";
import { pair } from "../../src/recorded/pairing.ts";

const user = (content: string): RecordedTurn => ({ role: "user", content });
const says = (...calls: readonly RecordedCall[]): RecordedTurn => ({ role: "assistant", content: "", ...(calls.length === 0 ? {} : { calls }) });
const call = (name: string, id?: string): RecordedCall => ({ name, arguments: {}, ...(id === undefined ? {} : { id }) });
/** A result's content tells whose it is: `call:weather#1`. */
const result = (content: string, parts: Partial<RecordedResult> = {}): RecordedTurn => ({ role: "tool", content, ...parts });

/** Each result's content with the name and place of the call it was given to; `-` where it was given to none. */
function pairsOf(...turns: readonly RecordedTurn[]): { pairs: readonly string[]; faults: readonly string[] } {
  const { calls, results, faults } = pair(turns, () => false);
  const made = [...calls.values()].flat();
  const pairs = [...results.values()].map(({ result: { content }, callId, order }) => {
    const place = made.findIndex(({ id }) => id === callId);
    return `${content}→${place < 0 || order === Number.POSITIVE_INFINITY ? "-" : `${made[place]?.call.name}#${place}`}`;
  });
  return { pairs, faults };
}

describe("results are paired with calls", () => {
  it("by id, in whatever order they come", () => {
    expect(pairsOf(user("q"), says(call("a", "x"), call("a", "y")), result("of y", { callId: "y" }), result("of x", { callId: "x" }))).to.deep.equal({
      pairs: ["of y→a#1", "of x→a#0"],
      faults: [],
    });
  });

  it("by id also after later turns", () => {
    const turns = [
      user("q"),
      says(call("a", "x"), call("b", "y")),
      result("of y", { callId: "y" }),
      says(call("c", "z")),
      result("of z", { callId: "z" }),
    ];
    expect(pairsOf(...turns, result("of x", { callId: "x" }), says())).to.deep.equal({ pairs: ["of y→b#1", "of z→c#2", "of x→a#0"], faults: [] });
  });

  it("by name where no id is there, each name's results in order", () => {
    const { pairs, faults } = pairsOf(
      user("q"),
      says(call("a"), call("b"), call("a")),
      result("b1", { name: "b" }),
      result("a1", { name: "a" }),
      result("a2", { name: "a" }),
    );
    expect(pairs).to.deep.equal(["b1→b#1", "a1→a#0", "a2→a#2"]);
    expect(faults).to.deep.equal([]);
  });

  it("by order where neither is there", () => {
    expect(pairsOf(user("q"), says(call("a"), call("a")), result("1"), result("2")).pairs).to.deep.equal(["1→a#0", "2→a#1"]);
  });

  it("by order where the name is no tool that was called", () => {
    expect(pairsOf(user("q"), says(call("a"), call("b")), result("1", { name: "tool" }), result("2", { name: "tool" })).pairs).to.deep.equal([
      "1→a#0",
      "2→b#1",
    ]);
  });

  it("with those that have a name before those that have none", () => {
    expect(pairsOf(user("q"), says(call("a"), call("b")), result("?"), result("a", { name: "a" })).pairs.toSorted()).to.deep.equal([
      "?→b#1",
      "a→a#0",
    ]);
  });

  it("by order where the results have no ids, though the calls have", () => {
    expect(pairsOf(user("q"), says(call("a", "x"), call("b", "y")), result("1"), result("2")).pairs).to.deep.equal(["1→a#0", "2→b#1"]);
  });

  it("by order where the results have ids, though the calls have none", () => {
    expect(pairsOf(user("q"), says(call("a"), call("b")), result("1", { callId: "x" }), result("2", { callId: "y" }))).to.deep.equal({
      pairs: ["1→a#0", "2→b#1"],
      faults: [],
    });
  });

  it("over parallel calls that the log has one by one", () => {
    expect(pairsOf(user("q"), says(call("a")), says(call("a")), result("1", { name: "a" }), result("2", { name: "a" })).pairs).to.deep.equal([
      "1→a#0",
      "2→a#1",
    ]);
  });

  it("by name, then order, where an id stands for several calls of a turn", () => {
    expect(
      pairsOf(user("q"), says(call("a", "x"), call("b", "x")), result("b", { callId: "x", name: "b" }), result("a", { callId: "x", name: "a" }))
        .pairs,
    ).to.deep.equal(["b→b#1", "a→a#0"]);
    expect(pairsOf(user("q"), says(call("a", "x"), call("b", "x")), result("1", { callId: "x" }), result("2", { callId: "x" })).pairs).to.deep.equal([
      "1→a#0",
      "2→b#1",
    ]);
  });

  it("by the latest turn where an id is used again", () => {
    const turns = [user("q"), says(call("a", "x")), result("1", { callId: "x" }), says(call("b", "x")), result("2", { callId: "x" })];
    expect(pairsOf(...turns)).to.deep.equal({ pairs: ["1→a#0", "2→b#1"], faults: [] });
  });

  it("never by order with a call of an earlier turn", () => {
    const { pairs, faults } = pairsOf(user("q"), says(call("a")), user("go on"), says(call("b")), result("1"), result("2"));
    expect(pairs).to.deep.equal(["1→b#1", "2→-"]);
    expect(faults).to.have.length(2);
  });
});

describe("what cannot be paired is named:", () => {
  const faultsOf = (...turns: readonly RecordedTurn[]) => pairsOf(...turns).faults;

  it("a result that answers no call", () => {
    expect(faultsOf(user("q"), says(call("a", "x")), result("1", { callId: "x" }), result("2", { callId: "y", name: "b" }))).to.deep.equal([
      "unpaired: turn 4, a result of b for the call y, answers no call",
    ]);
    expect(faultsOf(user("q"), result("1"), says())).to.deep.equal(["unpaired: turn 2, a result, answers no call"]);
  });

  it("a result before its call, and the call that then has none", () => {
    expect(faultsOf(user("q"), result("1", { callId: "x" }), says(call("a", "x")), says())).to.deep.equal([
      "unpaired: turn 2, a result for the call x, stands before the call",
      "unpaired: turn 3, the call x of a has no result",
    ]);
  });

  it("a second result of one call", () => {
    expect(faultsOf(user("q"), says(call("a", "x")), result("1", { callId: "x" }), result("1", { callId: "x" }))).to.deep.equal([
      "unpaired: turn 4, a result for the call x, answers a call that is answered already",
    ]);
  });

  it("a call without a result, in the middle and at the end", () => {
    expect(faultsOf(user("q"), says(call("a", "x"), call("b", "y")), result("1", { callId: "x" }), says())).to.deep.equal([
      "unpaired: turn 2, the call y of b has no result",
    ]);
    expect(faultsOf(user("q"), says(call("a", "x")))).to.deep.equal(["unpaired: turn 2, the call x of a has no result"]);
  });

  it("a result of a tool that has no open call, where names tell", () => {
    expect(faultsOf(user("q"), says(call("a"), call("b")), result("1", { name: "a" }), result("2", { name: "a" }))).to.deep.equal([
      "unpaired: turn 4, a result of a, answers no call",
      "unpaired: turn 2, the call call-1 of b has no result",
    ]);
  });

  it("but no call of the last turn that may end a run", () => {
    const turns = [user("q"), says(call("finish")), user("thanks")];
    expect(pair(turns, ({ name }) => name === "finish").faults).to.deep.equal([]);
    expect(pair([...turns, says()], ({ name }) => name === "finish").faults).to.have.length(1);
  });
});

describe("the ids of calls", () => {
  const idsOf = (...turns: readonly RecordedTurn[]) => [...pair(turns, () => true).calls.values()].flat().map(({ id }) => id);

  it("are the log's where they are there and used once", () => {
    expect(idsOf(user("q"), says(call("a", "x"), call("b", "y")))).to.deep.equal(["x", "y"]);
  });

  it("are made up where they are missing, empty or used before, and never look like another's", () => {
    const ids = idsOf(user("q"), says(call("a", "call-0"), call("b"), call("c", ""), call("d", "call-0")), result("1", { callId: "call-1" }));
    expect(new Set(ids)).to.have.length(4);
    expect(ids[0]).to.equal("call-0");
    expect(ids.slice(1)).not.to.include("call-1");
  });
});
