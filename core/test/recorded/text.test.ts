import { expect } from "chai";
import { readCall } from "../../src/recorded/arguments.ts";
import { splitThinking } from "../../src/recorded/thinking.ts";
import { splitToolCalls, splitToolResponses } from "../../src/recorded/tool-call-text.ts";

describe("thinking in a turn's text", () => {
  const cases: readonly (readonly [string, string, string, boolean?])[] = [
    ["<think>\nEasy.\n</think>\n\n4", "Easy.", "4"],
    ["  <think>a</think>b", "a", "b"],
    ["It must be 6.\n</think>\n\n6", "It must be 6.", "6"],
    ["<think>a</think>\n<think>b</think>\nc", "a\nb", "c"],
    ["<thinking>a</thinking>b", "a", "b"],
    ["<think></think>\n\n4", "", "4"],
    ["no tags", "", "no tags"],
    ["Write <think> before you answer.", "", "Write <think> before you answer."],
    ["The tags are <think> and </think>.", "", "The tags are <think> and </think>."],
    ["<think>and on", "and on", "", true],
    ["", "", ""],
  ];
  for (const [text, reasoning, content, unclosed = false] of cases) {
    it(`is taken from ${JSON.stringify(text)}`, () => expect(splitThinking(text)).to.deep.equal({ reasoning, content, unclosed }));
  }
});

describe("calls in a turn's text", () => {
  const one = '{"name": "add", "arguments": {"a": 1}}';

  it("are taken out, and what was said around them stays", () => {
    expect(splitToolCalls(`Let me see.\n<tool_call>\n${one}\n</tool_call>\n<tool_call>${one}</tool_call>`)).to.deep.equal({
      said: "Let me see.",
      calls: [
        { name: "add", arguments: { a: 1 } },
        { name: "add", arguments: { a: 1 } },
      ],
    });
  });

  const slips: Readonly<Record<string, string>> = {
    "no closing tag": `<tool_call>${one}`,
    "a code fence": `<tool_call>\n\`\`\`json\n${one}\n\`\`\`\n</tool_call>`,
    "a comma too many": '<tool_call>{"name": "add", "arguments": {"a": 1,},}</tool_call>',
    "a brace too few": '<tool_call>{"name": "add", "arguments": {"a": 1}</tool_call>',
    "a brace too many": `<tool_call>${one}}</tool_call>`,
    "Python's quotes": "<tool_call>{'name': 'add', 'arguments': {'a': 1}}</tool_call>",
    "a wrapping in function": `<tool_call>{"type": "function", "function": ${one}}</tool_call>`,
    parameters: '<tool_call>{"name": "add", "parameters": {"a": 1}}</tool_call>',
    "a list": `<tool_call>[${one}]</tool_call>`,
  };
  for (const [what, text] of Object.entries(slips)) {
    it(`are read with ${what}`, () => expect(splitToolCalls(text).calls).to.deep.equal([{ name: "add", arguments: { a: 1 } }]));
  }

  it("are read in Qwen3-Coder's tags", () => {
    const text = "<tool_call>\n<function=run>\n<parameter=code>\nprint(1)\n</parameter>\n<parameter=n>\n2\n</parameter>\n</function>\n</tool_call>";
    expect(splitToolCalls(text)).to.deep.equal({ said: "", calls: [{ name: "run", arguments: { code: "print(1)", n: "2" } }] });
  });

  it("that open as JSON and are none are kept as malformed", () => {
    const { calls } = splitToolCalls('<tool_call>{"name": add(}</tool_call>');
    expect(calls).to.deep.equal([{ malformed: { raw: '{"name": add(}', reason: "the call is not JSON" } }]);
  });

  it("keep Python's True, None and quotes inside texts", () => {
    expect(splitToolCalls("<tool_call>{'name': 'f', 'arguments': {'a': True, 'b': None, 'c': 'it is \"None\"'}}</tool_call>").calls).to.deep.equal([
      { name: "f", arguments: { a: true, b: null, c: 'it is "None"' } },
    ]);
  });

  it("are none where a text speaks of the tag", () => {
    const text = "Put calls into <tool_call> and </tool_call>.";
    expect(splitToolCalls(text)).to.deep.equal({ said: text, calls: [] });
  });
});

describe("results in a text", () => {
  it("are those of a text that is nothing else", () => {
    expect(splitToolResponses("<tool_response>\na\n</tool_response>\n<tool_response>b</tool_response>")).to.deep.equal(["a", "b"]);
    expect(splitToolResponses("<tool_response>a</tool_response> and more")).to.equal(undefined);
    expect(splitToolResponses("a")).to.equal(undefined);
  });
});

describe("a call's arguments", () => {
  const argsOf = (value: unknown) => readCall({ name: "f", arguments: value as never }, "c");

  it("are an object, JSON text of one, that text as JSON once more, or nothing", () => {
    for (const value of [{ a: 1 }, '{"a": 1}', '"{\\"a\\": 1}"']) expect(argsOf(value).arguments).to.deep.equal({ a: 1 });
    for (const value of ["", " ", undefined, null]) expect(argsOf(value)).to.deep.equal({ id: "c", name: "f", arguments: {} });
  });

  it("keep what the model wrote where they are anything else", () => {
    for (const [value, raw] of [
      ["{a: 1", "{a: 1"],
      ["[1]", "[1]"],
      [[1], "[1]"],
      [3, "3"],
      ['"text"', '"text"'],
    ] as const) {
      expect(argsOf(value).malformed).to.deep.equal({ raw, reason: "the arguments are not a JSON object" });
    }
  });

  it("of a call without a name reach no tool", () => {
    expect(readCall({ arguments: { a: 1 } }, "c")).to.deep.equal({
      id: "c",
      name: "unnamed",
      arguments: {},
      malformed: { raw: '{"a":1}', reason: "the call names no tool" },
    });
  });
});
