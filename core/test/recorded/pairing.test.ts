import { expect } from "chai";
import { pair } from "../../src/data/recorded/pairing.ts";
import type { RecordedCall, RecordedResult, RecordedTurn } from "../../src/kernel/plugin.ts";

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

  it("by id before the name, where the name is that of several", () => {
    const turns = [user("q"), says(call("a", "x"), call("a", "y")), result("y", { callId: "y", name: "a" }), result("x", { callId: "x", name: "a" })];
    expect(pairsOf(...turns).pairs).to.deep.equal(["y→a#1", "x→a#0"]);
  });

  it("by the latest of several open calls of one id", () => {
    const turns = [user("q"), says(call("a", "x")), user("go on"), says(call("b", "x")), result("1", { callId: "x" })];
    expect(pairsOf(...turns).pairs).to.deep.equal(["1→b#1"]);
  });

  it("by name where a result's id is nobody's and the calls have none, within the block of its own", () => {
    const turns = [user("q"), says(call("a"), call("b")), result("b", { callId: "1", name: "b" }), result("a", { callId: "2", name: "a" })];
    expect(pairsOf(...turns)).to.deep.equal({ pairs: ["b→b#1", "a→a#0"], faults: [] });
  });

  it("never by order where the open calls have ids and the result has another one", () => {
    const { pairs, faults } = pairsOf(user("q"), says(call("a", "x")), result("1", { callId: "y" }));
    expect(pairs).to.deep.equal(["1→-"]);
    expect(faults).to.have.length(2);
  });

  it("never by order where a result's id is that of a call which is answered already", () => {
    const { pairs } = pairsOf(
      user("q"),
      says(call("a", "x")),
      result("1", { callId: "x" }),
      says(call("b"), call("c")),
      result("2", { callId: "x" }),
    );
    expect(pairs).to.deep.equal(["1→a#0", "2→-"]);
  });

  it("by order with calls without an id, where those with one are answered", () => {
    const turns = [user("q"), says(call("a", "x"), call("b")), result("a", { callId: "x" }), result("b", { callId: "y" })];
    expect(pairsOf(...turns)).to.deep.equal({ pairs: ["a→a#0", "b→b#1"], faults: [] });
    expect(pairsOf(user("q"), says(call("a", "")), result("a", { callId: "y" })).pairs).to.deep.equal(["a→a#0"]);
  });

  it("by order where ids and names are empty", () => {
    const { pairs, faults } = pairsOf(user("q"), says(call("a"), call("b")), result("1", { callId: "", name: "" }), result("2", { name: "" }));
    expect(pairs).to.deep.equal(["1→a#0", "2→b#1"]);
    expect(faults).to.deep.equal([]);
    expect(pairsOf(user("q"), says(call("a", "x")), result("1", { callId: "" })).pairs).to.deep.equal(["1→a#0"]);
    expect(pairsOf(user("q"), result("1", { callId: "", name: "" })).faults).to.deep.equal(["unpaired: turn 2, a result, answers no call"]);
  });

  it("one to one: no call has two results, and a call is answered by the stretch after it", () => {
    const turns = [user("q"), says(call("a")), result("1"), says(call("a")), result("2"), says()];
    expect(pairsOf(...turns)).to.deep.equal({ pairs: ["1→a#0", "2→a#1"], faults: [] });
    expect(pairsOf(user("q"), says(call("a")), result("1"), user("?"), result("2")).pairs).to.deep.equal(["1→a#0", "2→-"]);
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

  it("in words that leave out what is not known", () => {
    expect(faultsOf(user("q"), says({ arguments: {} }))).to.deep.equal(["unpaired: turn 2, the call call-0 has no result"]);
    expect(faultsOf(user("q"), result("1", { name: "a" }), says(call("a"), call("a")), says())[0]).to.equal(
      "unpaired: turn 2, a result of a, answers no call",
    );
  });

  it("under the name of the call that its id is of, else its own, each with an id of its own", () => {
    const { results } = pair(
      [user("q"), says(call("a", "x")), result("1", { callId: "x" }), result("2", { callId: "x" }), result("3"), result("4", { name: "b" })],
      () => false,
    );
    expect([...results.values()].slice(1).map(({ name, callId }) => [name, callId === "x"])).to.deep.equal([
      ["a", true],
      [undefined, false],
      ["b", false],
    ]);
    expect(new Set([...results.values()].map(({ callId }) => callId))).to.have.length(3);
  });

  it("also where its id is used again later", () => {
    const first = [user("q"), says(call("a", "x")), result("1", { callId: "x" }), result("2", { callId: "x" })];
    const { results, faults } = pair([...first, says(call("b", "x")), result("3", { callId: "x" })], () => false);
    expect(faults).to.deep.equal(["unpaired: turn 4, a result for the call x, stands before the call"]);
    expect([...results.values()].map(({ name }) => name)).to.deep.equal(["a", "a", "b"]);
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
    expect(ids).to.satisfy((all: readonly string[]) => all.slice(1).every((id) => !["", "call-1"].includes(id)));
    for (const taken of ["call-0", "call-1"]) expect(new Set(idsOf(user("q"), says(call("a", taken), call("b"), call("c"))))).to.have.length(3);
  });
});
