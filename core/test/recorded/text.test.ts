import { expect } from "chai";
import { readCall } from "../../src/data/recorded/arguments.ts";
import { splitThinking } from "../../src/data/recorded/thinking.ts";
import { splitToolCalls, splitToolResponses } from "../../src/data/recorded/tool-call-text.ts";

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
    ["<think></think>\n\nand on", "", "and on"],
    ["<think>\n\n a\n\nb \n\n</think>\n\nx\n\ny\n", " a\n\nb ", "x\n\ny\n"],
    ["a\n</think>\n\nx\n\ny", "a", "x\n\ny"],
    ["\n\nno tags", "", "\n\nno tags"],
    ["<think>a</think>b</think>c", "a", "b</think>c"],
    ["<think>\r\n a\r\n</think>\r\nb", " a", "\r\nb"],
    ["<think>a</think>Write <think> and </think>.", "a", "Write <think> and </think>."],
    ["a</think>Write <think>.", "a", "Write <think>."],
    ["<think>a\n\nb</think>c\n\nd", "a\n\nb", "c\n\nd"],
    ["</think>x", "", "x"],
    ["a</think>x\n\ny", "a", "x\n\ny"],
    ["<think></think><think>b</think>c", "b", "c"],
    ["<reasoning>a</reasoning><thought>b</thought>c", "a\nb", "c"],
    ["<think>a</think><think>and on", "a\nand on", "", true],
    ["<think>a</thinking>", "a</thinking>", "", true],
    ["", "", ""],
  ];
  for (const [text, reasoning, content, unclosed = false] of cases) {
    it(`is taken from ${JSON.stringify(text)}`, () => expect(splitThinking(text)).to.deep.equal({ reasoning, content, unclosed }));
  }
});

describe("thinking that comes in very many parts", () => {
  it("is one, however many", () => {
    expect(splitThinking(`${"<think>a</think>".repeat(70_000)}b`)).to.deep.equal({
      reasoning: Array(70_000).fill("a").join("\n"),
      content: "b",
      unclosed: false,
    });
    expect(splitThinking(`<think>a${" ".repeat(200_000)}b</think>c`).content).to.equal("c");
  });
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
    args: '<tool_call>{"name": "add", "args": {"a": 1}}</tool_call>',
    "a tool and its input": '<tool_call>{"tool": "add", "input": {"a": 1}}</tool_call>',
    "a tool name": '<tool_call>{"tool_name": "add", "arguments": {"a": 1}}</tool_call>',
    "the name in function": '<tool_call>{"function": "add", "arguments": {"a": 1}}</tool_call>',
    "a fence without a language": `<tool_call>\`\`\`  \r\n${one}\`\`\`</tool_call>`,
    "a fence that never ends": `<tool_call>\`\`\`json\n${one}</tool_call>`,
    "empty lines in a fence": `<tool_call>\`\`\`json\n\n${one}\n\n\`\`\`</tool_call>`,
    "Python's quotes and commas too many": "<tool_call>{'name': 'add', 'arguments': {'a': 1,},}</tool_call>",
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

  it("keep their id where it is one", () => {
    const idOf = (id: string) => splitToolCalls(`<tool_call>{"id": ${id}, "name": "f"}</tool_call>`).calls;
    expect(idOf('"x"')).to.deep.equal([{ id: "x", name: "f", arguments: {} }]);
    expect(splitToolCalls('<tool_call>{"id": 3, "call_id": "x", "name": "f"}</tool_call>').calls[0]).to.have.property("id", "x");
    for (const id of ['""', "3", "null"]) expect(idOf(id), id).to.deep.equal([{ name: "f", arguments: {} }]);
  });

  it("are malformed where they name no tool, and keep arguments that are no object for whoever reads them", () => {
    const malformed = { raw: '{"name":3,"arguments":"x"}', reason: "the call names no tool" };
    expect(splitToolCalls('<tool_call>{"name": 3, "arguments": "x"}</tool_call>').calls).to.deep.equal([{ malformed }]);
    expect(splitToolCalls('<tool_call>{"name": "", "arguments": "x"}</tool_call>').calls[0]).to.have.property("malformed");
    expect(splitToolCalls('<tool_call>{"name": "f", "arguments": "x"}</tool_call>').calls).to.deep.equal([{ name: "f", arguments: "x" }]);
    expect(splitToolCalls('<tool_call>["f"]</tool_call>').calls).to.deep.equal([
      { malformed: { raw: "f", reason: "the call is not a JSON object" } },
    ]);
  });

  it("are read one by one up to the next where closing tags are missing, and words around them stay", () => {
    const text = `a <tool_call>${one} <tool_call>${one} </tool_call> b <tool_call>{"name": "end"}`;
    expect(splitToolCalls(text)).to.deep.equal({
      said: "a\n\nb",
      calls: [
        { name: "add", arguments: { a: 1 } },
        { name: "add", arguments: { a: 1 } },
        { name: "end", arguments: {} },
      ],
    });
  });

  it("leave a tag that is only spoken of in the words beside a call", () => {
    const spoken = "Use <tool_call> like this";
    expect(splitToolCalls(`${spoken} <tool_call>${one}</tool_call>`)).to.deep.equal({ said: spoken, calls: [{ name: "add", arguments: { a: 1 } }] });
    expect(splitToolCalls(`Put it in <tool_call>x</tool_call>.\n<tool_call>${one}</tool_call>`).said).to.equal(
      "Put it in <tool_call>x</tool_call>\n\n.",
    );
  });

  it("are read in Qwen3-Coder's tags with slips: several, spaces, nothing closed, texts of many lines", () => {
    expect(
      splitToolCalls("<tool_call><function= a ><parameter= x >1</parameter></function>\n<function=b></function></tool_call>").calls,
    ).to.deep.equal([
      { name: "a", arguments: { x: "1" } },
      { name: "b", arguments: {} },
    ]);
    expect(splitToolCalls("<tool_call><function=a><parameter=x>\nif a:\n\n  b c\n\n</parameter>").calls).to.deep.equal([
      { name: "a", arguments: { x: "if a:\n\n  b c\n" } },
    ]);
    expect(splitToolCalls("<tool_call><function=a><parameter=x>1 2").calls).to.deep.equal([{ name: "a", arguments: { x: "1 2" } }]);
  });

  it("keep Python's texts with marks, words and backslashes in them, and are malformed where a text never ends", () => {
    const argsOf = (dict: string) => splitToolCalls(`<tool_call>{'name': 'f', 'arguments': ${dict}}</tool_call>`).calls[0];
    expect(argsOf(`{'a': "it's", 'b': 'it\\'s', 'c': False}`)).to.deep.equal({ name: "f", arguments: { a: "it's", b: "it's", c: false } });
    expect(argsOf(`{'a': 'say \\"x\\"', 'True': 'None'}`)).to.deep.equal({ name: "f", arguments: { a: 'say "x"', True: "None" } });
    expect(argsOf(`{'a': "it\\'s"}`)).to.deep.equal({ name: "f", arguments: { a: "it's" } });
    expect(argsOf("{'a': Nonesuch}")).to.have.property("malformed");
    expect(argsOf("{'a': 'b}")).to.have.property("malformed");
    expect(argsOf("{'a': 'b\\")).to.have.property("malformed");
  });

  it("keep whole what a fence only begins or ends in", () => {
    for (const body of [`\`\`\`json ${one}`, `x \`\`\`json\n${one}\n\`\`\``])
      expect(splitToolCalls(`<tool_call>${body}</tool_call>`).calls).to.deep.equal([]);
    const inner = '{"name": "f", "arguments": {"a": "```json\\n1\\n```"}}';
    expect(splitToolCalls(`<tool_call>${inner}</tool_call>`).calls).to.deep.equal([{ name: "f", arguments: { a: "```json\n1\n```" } }]);
  });

  it("of a megabyte that only opens are none, and found at once", () => {
    const million = 1_000_000;
    expect(splitToolCalls("<tool_call>".repeat(million / 11)).calls).to.deep.equal([]);
    expect(splitToolCalls(`<tool_call>\`\`\`${"\n".repeat(million)}x`).calls).to.deep.equal([]);
    expect(splitToolResponses("<tool_response>".repeat(million / 15))).to.equal(undefined);
    expect(splitToolResponses("<tool_response></tool_response>\n".repeat(million / 32))).to.have.length(million / 32);
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
    expect(splitToolResponses("and <tool_response>a</tool_response>")).to.equal(undefined);
    expect(splitToolResponses("<tool_response>a</tool_response> and <tool_response>b</tool_response>")).to.equal(undefined);
    expect(splitToolResponses(`${"<tool_response>a</tool_response>".repeat(2)} and <tool_response>b</tool_response>`)).to.equal(undefined);
    expect(splitToolResponses("<tool_response>a")).to.equal(undefined);
    expect(splitToolResponses("a")).to.equal(undefined);
    expect(splitToolResponses(" ")).to.equal(undefined);
  });

  it("keep their own lines and spaces, but for the breaks that set the tags apart", () => {
    expect(splitToolResponses(" \n<tool_response>\n\n a b\n\nc \n\n</tool_response>\n\n")).to.deep.equal(["\n a b\n\nc \n"]);
    expect(splitToolResponses("<tool_response></tool_response>")).to.deep.equal([""]);
    expect(splitToolResponses("<tool_response>a\n\nb</tool_response>")).to.deep.equal(["a\n\nb"]);
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
      ['["{\\"a\\": 1}"]', '["{\\"a\\": 1}"]'],
    ] as const) {
      expect(argsOf(value).malformed).to.deep.equal({ raw, reason: "the arguments are not a JSON object" });
    }
  });

  it("of a call that was malformed where it stood stay what they were", () => {
    const malformed = { raw: "{", reason: "the call is not JSON" };
    expect(readCall({ name: "f", malformed }, "c")).to.deep.equal({ id: "c", name: "f", arguments: {}, malformed });
    expect(readCall({ malformed }, "c")).to.deep.equal({ id: "c", name: "unnamed", arguments: {}, malformed });
  });

  it("of a call without a name reach no tool", () => {
    expect(readCall({ name: "", arguments: "x" }, "c").malformed).to.deep.equal({ raw: "x", reason: "the call names no tool" });
    expect(readCall({ arguments: { a: 1 } }, "c")).to.deep.equal({
      id: "c",
      name: "unnamed",
      arguments: {},
      malformed: { raw: '{"a":1}', reason: "the call names no tool" },
    });
  });
});
