import { expect } from "chai";
import { splitThinking } from "../../src/data/recorded/thinking.ts";
import { callsOf, splitToolCalls, splitToolResponses } from "../../src/data/recorded/tool-call-text.ts";

describe("thinking in a turn's text", () => {
  it("ends at its closing tag: one that the answer speaks of is the answer's", () => {
    expect(splitThinking("<think>hm</think>\nThe tag </think> ends it.")).to.deep.equal({
      reasoning: "hm",
      content: "The tag </think> ends it.",
      unclosed: false,
    });
  });

  it("loses the line breaks that set the tags apart, and nothing else", () => {
    expect(splitThinking("<think>\r\n\n  16 - 3 = \n</think>\n\nso").reasoning).to.equal("  16 - 3 = ");
  });

  it("in many blocks is read without a limit to their number", () => {
    const { reasoning, content } = splitThinking(`${"<think>a</think>\n".repeat(50_000)}b`);
    expect([reasoning.length, content]).to.deep.equal([99_999, "b"]);
  });
});

describe("calls in a field or in a turn's text", () => {
  it("that name no tool keep all that was written", () => {
    const malformed = { raw: '{"arguments":{"x":1},"why":"?"}', reason: "the call names no tool" };
    expect(callsOf('{"arguments": {"x": 1}, "why": "?"}')).to.deep.equal([{ malformed }]);
    expect(splitToolCalls('<tool_call>{"arguments": {"x": 1}, "why": "?"}</tool_call>').calls).to.deep.equal([{ malformed }]);
  });

  it("of a list stand for themselves: one that is none takes no other's text with it", () => {
    const [first, second] = callsOf('[{"name": "f", "arguments": {}}, 1]');
    expect(first).to.deep.equal({ name: "f", arguments: {} });
    expect(second).to.deep.equal({ malformed: { raw: "1", reason: "the call is not a JSON object" } });
  });

  it("are read from text, from an object and from a list alike; a text that is no call has none", () => {
    const call = { id: "a", name: "f", arguments: { x: 1 } };
    for (const value of [call, [call], JSON.stringify(call), JSON.stringify([call])]) expect(callsOf(value)).to.deep.equal([call]);
    expect(callsOf("print(1)")).to.deep.equal([]);
  });
});

describe("a text of opening tags alone", () => {
  it("is no call, and what follows a call that never ends is the next one", () => {
    const tags = "<tool_call>".repeat(20_000);
    expect(splitToolCalls(tags)).to.deep.equal({ said: tags, calls: [] });
    const call = (name: string) => `<tool_call>{"name": "${name}"}`;
    const { said, calls } = splitToolCalls(`${call("a")}${call("b")}</tool_call> so ${call("c")}`);
    expect([said, calls.map(({ name }) => name)]).to.deep.equal(["so", ["a", "b", "c"]]);
  });
});

describe("results in tags", () => {
  const block = (text: string) => `<tool_response>\n${text}\n</tool_response>`;

  it("are told apart, each with the tags that its own text speaks of", () => {
    expect(splitToolResponses(`${block("a")}\n${block("b")}`)).to.deep.equal(["a", "b"]);
    expect(splitToolResponses(block("ends with </tool_response> and goes on"))).to.deep.equal(["ends with </tool_response> and goes on"]);
    expect(splitToolResponses(`${block("</tool_response>")}\n\n${block("")}`)).to.deep.equal(["</tool_response>", ""]);
  });

  it("are none where other words stand beside them", () => {
    for (const text of ["a", block("a").slice(1), `${block("a")} b`, `${block("a")}\nNow this.\n${block("b")}`, "<tool_response>"])
      expect(splitToolResponses(text), text).to.equal(undefined);
  });
});
