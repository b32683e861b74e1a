import { expect } from "chai";
import { continuedWith, conversationsOf, type TracedModelCall } from "../../src/data/recorded/trace.ts";
import type { TracedToolRun } from "../../src/data/recorded/trace-runs.ts";
import type { RecordedCall, RecordedTurn } from "../../src/kernel/plugin.ts";

const user = (content: string): RecordedTurn => ({ role: "user", content });
const system = (content: string): RecordedTurn => ({ role: "system", content });
const says = (content: string, ...calls: readonly RecordedCall[]): RecordedTurn => ({ role: "assistant", content, calls });
const result = (content: string, callId?: string): RecordedTurn => ({ role: "tool", content, ...(callId === undefined ? {} : { callId }) });
const run = (name: string, content: string, more: Partial<TracedToolRun> = {}): TracedToolRun => ({ start: "2", agent: "", name, content, ...more });

function call(start: number, input: readonly RecordedTurn[], output: readonly RecordedTurn[], agent = ""): TracedModelCall {
  return { start: String(start), end: `${start}.5`, agent, input, output };
}

function told(calls: readonly TracedModelCall[], runs: readonly TracedToolRun[] = []): readonly string[] {
  return conversationsOf(calls, runs).conversations.map(({ turns }) => turns.map(({ content }) => content).join(" | "));
}

describe("the calls of a model in a trace", () => {
  it("are one conversation where each repeats what was said before", () => {
    const [a, b] = [says("one"), says("two")];
    expect(
      told([
        call(1, [user("?")], [a]),
        call(2, [user("?"), a, user("more?")], [b]),
        call(3, [user("?"), a, user("more?"), b, user("end?")], [says("three")]),
      ]),
    ).to.deep.equal(["? | one | more? | two | end? | three"]);
  });

  it("keep what the model wrote, where the repetition leaves its thinking out or says it with other spaces", () => {
    const wrote: RecordedTurn = { role: "assistant", content: "<think>hm</think>one", reasoning: "hm" };
    const { conversations } = conversationsOf(
      [call(1, [user("?")], [wrote]), call(2, [user(" ?\n"), says("one"), user("more?")], [says("two")])],
      [],
    );
    expect(conversations.map(({ turns }) => turns[1])).to.deep.equal([wrote]);
  });

  it("are one conversation where old turns were cut from what the model was shown", () => {
    const first = [user("a"), says("1"), user("b")];
    expect(told([call(1, first, [says("2")]), call(2, [says("2"), user("c")], [says("3")])])).to.deep.equal(["a | 1 | b | 2 | c | 3"]);
  });

  it("are told apart by their prompts, unless it is the same agent's", () => {
    const classify = call(1, [system("Classify."), user("?")], [says("easy")]);
    const answer = call(2, [system("Answer."), user("?")], [says("one")]);
    expect(told([classify, answer]).length).to.equal(2);
    const later = call(3, [system("Answer. It is late."), user("?"), says("one"), user("more?")], [says("two")]);
    expect(told([answer, later])).to.deep.equal(["Answer. | ? | one | more? | two"]);
    expect(told([answer, { ...later, agent: "other" }]).length).to.equal(2);
  });

  it("take the prompt from a later call where the first has none", () => {
    expect(
      told([call(1, [user("?")], [says("one")]), call(2, [system("Answer."), user("?"), says("one"), user("more?")], [says("two")])]),
    ).to.deep.equal(["Answer. | ? | one | more? | two"]);
  });

  it("fork where two went on from the same input, each with its own results", () => {
    const [left, right] = [says("left", { id: "l", name: "f" }), says("right", { id: "r", name: "f" })];
    const calls = [
      call(1, [user("?")], [left]),
      call(1, [user("?")], [right]),
      call(2, [user("?"), left, result("L", "l")], [says("1")]),
      call(2, [user("?"), right, result("R", "r")], [says("2")]),
    ];
    expect(told(calls)).to.deep.equal(["? | left | L | 1", "? | right | R | 2"]);
  });

  it("are not glued to each other where histories are told and this one has none", () => {
    const a = says("one");
    expect(
      told([call(1, [user("?")], [a]), call(2, [user("?"), a, user("more?")], [says("two")]), call(3, [user("a title, please")], [says("Title")])]),
    ).to.deep.equal(["? | one | more? | two", "a title, please | Title"]);
  });
});

describe("a model that is told the history as text", () => {
  it("has a conversation for each prompt", () => {
    expect(told([call(1, [user("Human: 1+1?")], [says("2")]), call(2, [user("Human: 1+1?\nAI: 2\nHuman: 2+2?")], [says("4")])])).to.deep.equal([
      "Human: 1+1? | 2",
      "Human: 1+1?\nAI: 2\nHuman: 2+2? | 4",
    ]);
  });
});

describe("a tool's run", () => {
  it("gives a call its result once, and to no other agent's", () => {
    const asks = says("", { name: "f", arguments: { x: 1 } }, { name: "f", arguments: { x: 2 } });
    const runs = [
      run("f", "two", { arguments: '{"x":2}' }),
      run("f", "one", { start: "3", arguments: { x: 1 } }),
      run("f", "none", { agent: "other" }),
    ];
    const { conversations, unasked } = conversationsOf([call(1, [user("?")], [asks]), call(4, [user("hello")], [], "other")], runs);
    expect(conversations[0]?.turns.map(({ content }) => content)).to.deep.equal(["?", "", "one", "two"]);
    expect(unasked.map(({ content }) => content)).to.deep.equal(["none"]);
  });

  it("does not answer a call that came after it", () => {
    const { unasked } = conversationsOf([call(5, [user("?")], [says("", { name: "f" })])], [run("f", "early")]);
    expect(unasked.length).to.equal(1);
  });

  it("leaves a result where it stands, also a late one", () => {
    const asks = says("wait", { id: "a", name: "f" });
    const input = [user("?"), asks, user("still there?"), says("yes"), result("late", "a")];
    expect(told([call(3, input, [says("done")])], [run("f", "late", { callId: "a" })])).to.deep.equal([
      "? | wait | still there? | yes | late | done",
    ]);
  });
});

describe("what goes on with what was said", () => {
  it("tells the overlap once", () => {
    expect(continuedWith([user("?")], [user("?"), says("!")]).length).to.equal(2);
    expect(continuedWith([user("?")], [says("!")]).length).to.equal(2);
    expect(continuedWith([user("?")], [system("S"), user("?"), says("!")]).map(({ content }) => content)).to.deep.equal(["S", "?", "!"]);
  });

  it("have the runs of their own arguments, in whichever order the tools ran and whatever is known of the others", () => {
    const ask = (city: string, id: string): RecordedCall => ({ id, name: "weather", arguments: JSON.stringify({ city }) });
    const asked = call(1, [user("?")], [says("", ask("Oslo", "a"), ask("Rome", "b"), ask("Bern", "c"))]);
    const runs = [
      run("weather", "21 C", { arguments: { city: "Rome" } }),
      run("weather", "3 C", { arguments: { city: "Oslo", unit: "C" }, start: "3" }),
    ];
    const [only] = conversationsOf([asked], runs).conversations;
    expect(only?.turns.slice(2).map((turn) => turn.role === "tool" && [turn.callId, turn.content])).to.deep.equal([
      ["a", "3 C"],
      ["b", "21 C"],
    ]);
  });

  it("take no run by its name alone that began when the model had gone on", () => {
    const first = says("", { id: "a", name: "weather", arguments: { city: "Oslo" } });
    const second = says("", { id: "b", name: "weather", arguments: { city: "Rome" } });
    const calls = [call(1, [user("?")], [first]), call(3, [user("?"), first, result("3 C", "a")], [second])];
    const [only] = conversationsOf(calls, [run("weather", "21 C", { start: "4" })]).conversations;
    expect(only?.turns.map(({ content }) => content)).to.deep.equal(["?", "", "3 C", "", "21 C"]);
  });
});
