import { expect } from "chai";
import { dialects } from "../src/data/dialects/index.ts";
import type { AssistantMessage, JsonObject, ToolMessage, Trajectory } from "../src/kernel/plugin.ts";
import { CODE, SEARCH } from "./support/trajectories.ts";

const tags = dialects.get("tags");
const native = dialects.get("native");

function parseTags(text: string) {
  const { message, answer, faults } = tags.parse({ text, finish: "stop" }, [CODE, SEARCH], "call-0");
  return { thinking: message.reasoning, calls: message.toolCalls?.map((call) => call.arguments), content: message.content, answer, faults };
}

describe("the tags dialect reads", () => {
  it("a clean turn that calls a tool", () => {
    expect(parseTags("<think> add them </think>\n<code>\nprint(3 + 4)\n</code>")).to.deep.equal({
      thinking: "add them",
      calls: [{ code: "print(3 + 4)" }],
      content: "",
      answer: undefined,
      faults: [],
    });
  });

  it("a clean turn that answers, with the answer out of its box", () => {
    const turn = parseTags("<think>done</think><answer>The final answer is \\boxed{7}</answer>");
    expect(turn).to.deep.equal({ thinking: "done", calls: undefined, content: "The final answer is \\boxed{7}", answer: "7", faults: [] });
  });

  it("the tool by its tag and fills the argument that the tool names", () => {
    const { message } = tags.parse({ text: "<search>capital of France</search>", finish: "stop" }, [CODE, SEARCH], "call-3");
    expect(message.toolCalls).to.deep.equal([{ id: "call-3", name: "search", arguments: { query: "capital of France" } }]);
  });

  it("two thinks as one, in order", () => {
    expect(parseTags("<think>first</think><think>second</think><answer>7</answer>")).to.include({ thinking: "first\nsecond", answer: "7" });
  });

  it("an unclosed think as thinking, with the fault named", () => {
    expect(parseTags("<think>and so on and so")).to.deep.include({ thinking: "and so on and so", answer: undefined, faults: ["unclosed <think>"] });
  });

  it("an unclosed call as no call", () => {
    expect(parseTags("<think>x</think><code>print(")).to.deep.include({ calls: undefined, faults: ["unclosed <code>"] });
  });

  it("an unclosed answer as no answer", () => {
    expect(parseTags("<answer>7")).to.deep.include({ answer: undefined, faults: ["unclosed <answer>"] });
  });

  it("a hundred nested thinks without taking the inner ones apart", () => {
    const turn = parseTags(`${"<think>".repeat(100)}deep${"</think>".repeat(100)}<answer>7</answer>`);
    expect(turn.answer).to.equal("7");
    expect(turn.thinking).to.equal(`${"<think>".repeat(99)}deep`);
    expect(turn.faults).to.deep.equal(["text outside the tags"]);
  });

  it("half a tag as text", () => {
    expect(parseTags("<thi")).to.deep.include({ thinking: undefined, answer: undefined, faults: ["text outside the tags"] });
    expect(parseTags("<answer>7</answ")).to.deep.include({ answer: undefined, faults: ["unclosed <answer>"] });
  });

  it("a result that the model wrote itself as a fault, and never as a tool's", () => {
    const turn = parseTags("<think>I guess</think><result>\n7\n</result><answer>7</answer>");
    expect(turn).to.deep.include({ answer: "7", calls: undefined, faults: ["wrote its own <result>"] });
  });

  it("text after the answer as a fault of its own", () => {
    expect(parseTags("<answer>7</answer> or maybe 8")).to.deep.include({ answer: "7", faults: ["text after </answer>"] });
  });

  it("a call and an answer in one turn as the call: its result has to come first", () => {
    const turn = parseTags("<code>print(7)</code><answer>7</answer>");
    expect(turn).to.deep.include({ calls: [{ code: "print(7)" }], answer: undefined, faults: ["tool call and answer in one turn"] });
  });

  it("two calls in one turn as the first", () => {
    const turn = parseTags("<code>a</code><code>b</code>");
    expect(turn).to.deep.include({ calls: [{ code: "a" }], faults: ["more than one tool call in a turn"] });
  });

  it("a tag of a tool that is not offered as text", () => {
    const { message, faults } = tags.parse({ text: "<search>x</search>", finish: "stop" }, [CODE], "call-0");
    expect(message.toolCalls).to.equal(undefined);
    expect(faults).to.deep.equal(["text outside the tags"]);
  });

  it("the last answer of several, and says that there were several", () => {
    expect(parseTags("<answer>6</answer><answer>7</answer>")).to.deep.include({ answer: "7", faults: ["more than one <answer>"] });
  });

  it("an empty turn, an empty answer and white space as no answer", () => {
    expect(parseTags("")).to.deep.equal({ thinking: undefined, calls: undefined, content: "", answer: undefined, faults: [] });
    expect(parseTags(" \n\t ")).to.deep.include({ answer: undefined, faults: [] });
    expect(parseTags("<answer> </answer>")).to.deep.include({ answer: undefined, faults: [] });
  });

  for (const [text, answer] of [
    ["\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"],
    ["\\boxed{\\boxed{3}}", "3"],
    ["first \\boxed{1}, then \\boxed{2}", "2"],
    ["\\boxed{}", undefined],
    ["\\boxed{4", "\\boxed{4"],
    ["\\boxed {5}", "\\boxed {5}"],
    ["\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"],
  ] as const) {
    it(`the box ${text} as ${answer === undefined ? "no answer" : `"${answer}"`}`, () => {
      expect(parseTags(`<answer>${text}</answer>`).answer).to.equal(answer);
    });
  }

  it("a megabyte of hostile text in one pass", () => {
    const million = 1_000_000;
    for (const text of [
      "<".repeat(million),
      `${"<".repeat(million)}>`,
      "<a".repeat(million / 2),
      "<think>".repeat(million / 7),
      "<think></think>".repeat(million / 15),
      `<answer>${"\\boxed{".repeat(million / 7)}</answer>`,
      `<answer>\\boxed${"{".repeat(million)}</answer>`,
      "</think>".repeat(million / 8),
    ]) {
      expect(tags.parse({ text, finish: "length" }, [CODE], "call-0").message.text).to.have.length(text.length);
    }
  });

  it("leaves out of the message what the turn does not have", () => {
    expect(tags.parse({ text: "<answer> 7\n</answer>", finish: "stop" }, [CODE], "call-0")).to.deep.equal({
      message: { role: "assistant", content: "7", text: "<answer> 7\n</answer>" },
      faults: [],
      answer: "7",
    });
    expect(tags.parse({ text: "", finish: "stop" }, [], "call-0")).to.deep.equal({
      message: { role: "assistant", content: "", text: "" },
      faults: [],
    });
  });

  it("takes nothing for a call of a tool that has no tag", () => {
    const { tag: _tag, ...untagged } = CODE;
    const { message, faults } = tags.parse({ text: "<python>1</python><answer>7</answer>", finish: "stop" }, [untagged], "call-0");
    expect(message.toolCalls).to.equal(undefined);
    expect(faults).to.deep.equal(["text outside the tags"]);
    expect(tags.stops([untagged, SEARCH, CODE])).to.deep.equal(["</search>", "</code>", "</answer>"]);
  });

  it("keeps the sampled text and tokens as they were", () => {
    const text = "  <think>x</think>  <answer>7</answer>\n";
    const { message } = tags.parse({ text, finish: "stop", tokens: [1, 2] }, [], "call-0");
    expect(message).to.include({ text });
    expect(message.tokens).to.deep.equal([1, 2]);
  });
});

describe("the native dialect reads", () => {
  const call = (name: string, args: string, id = "id-1") => ({ id, name, arguments: args });
  const parse = (toolCalls: readonly ReturnType<typeof call>[], text = "") =>
    native.parse({ text, toolCalls, finish: toolCalls.length > 0 ? "tool-calls" : "stop" }, [CODE], "call-2");

  it("what the turn has and nothing else, and never stops early", () => {
    expect(native.parse({ text: " 7\n", finish: "stop" }, [], "call-0")).to.deep.equal({
      message: { role: "assistant", content: " 7\n" },
      faults: [],
      answer: "7",
    });
    const full = native.parse({ text: "x", reasoning: "r", tokens: [1], toolCalls: [call("python", "{}")], finish: "tool-calls" }, [CODE], "call-0");
    expect(full).to.deep.equal({
      message: { role: "assistant", content: "x", reasoning: "r", tokens: [1], toolCalls: [{ id: "id-1", name: "python", arguments: {} }] },
      faults: [],
    });
    expect(native.stops([CODE])).to.deep.equal([]);
  });

  it("no answer in a turn that calls a tool, however it ended", () => {
    expect(native.parse({ text: "7", toolCalls: [call("python", "{}")], finish: "stop" }, [CODE], "call-0")).not.to.have.property("answer");
  });

  it("a call with its arguments", () => {
    expect(parse([call("python", '{"code":"print(7)"}')]).message.toolCalls).to.deep.equal([
      { id: "id-1", name: "python", arguments: { code: "print(7)" } },
    ]);
  });

  it("a call without an id under one of its own", () => {
    expect(parse([call("python", "{}", ""), call("python", "{}", "")]).message.toolCalls?.map(({ id }) => id)).to.deep.equal([
      "call-2.0",
      "call-2.1",
    ]);
  });

  it("empty arguments as none", () => {
    expect(parse([call("python", "")]).message.toolCalls?.[0]).to.deep.equal({ id: "id-1", name: "python", arguments: {} });
  });

  it("broken JSON as a malformed call that keeps what was written", () => {
    const { message, faults } = parse([call("python", '{"code": "print(')]);
    expect(message.toolCalls?.[0]).to.deep.include({ arguments: {} });
    expect(message.toolCalls?.[0]?.malformed?.raw).to.equal('{"code": "print(');
    expect(faults).to.have.length(1);
    expect(faults[0]).to.match(/^malformed tool call: the arguments are not JSON \(/);
  });

  it("arguments that are no object as malformed", () => {
    for (const text of ["[1]", "7", "null", '"x"']) {
      expect(parse([call("python", text)]).faults, text).to.deep.equal(["malformed tool call: the arguments are not a JSON object"]);
    }
  });

  it("an unknown tool as malformed, and says which there are", () => {
    expect(parse([call("bash", "{}")]).faults).to.deep.equal(['malformed tool call: there is no tool "bash"; there are python']);
    const none = native.parse({ text: "", toolCalls: [call("bash", "{}")], finish: "tool-calls" }, [], "call-0");
    expect(none.faults).to.deep.equal(['malformed tool call: there is no tool "bash"; there are none']);
  });

  it("the content of a turn without calls as the answer, unless it was cut off", () => {
    expect(parse([], "It is \\boxed{7}.").answer).to.equal("7");
    expect(native.parse({ text: "It is", finish: "length" }, [], "call-0").answer).to.equal(undefined);
    expect(parse([], "").answer).to.equal(undefined);
  });
});

describe("a rendered trajectory", () => {
  const call = { id: "c", name: "python", arguments: { code: "print(3 + 4)" } } as const;
  const result: ToolMessage = { role: "tool", toolCallId: "c", name: "python", content: "7", ok: true };
  const sampled: readonly AssistantMessage[] = [
    { role: "assistant", content: "", reasoning: "add", toolCalls: [call], text: "<think>add</think> <code>print(3 + 4)</code>" },
    { role: "assistant", content: "\\boxed{7}", text: "<think>so</think><answer>\\boxed{7}</answer>" },
  ];
  const messages: Trajectory["messages"] = [
    { role: "system", content: "Use <code>." },
    { role: "user", content: "What is 3 + 4?" },
    sampled[0] as AssistantMessage,
    result,
    sampled[1] as AssistantMessage,
  ];

  it("is trained on in the model's turns, letter for letter, and nowhere else", () => {
    const segments = tags.render({ dialect: "tags", messages });
    expect(segments.filter(({ train }) => train).map(({ text }) => text)).to.deep.equal(sampled.map(({ text }) => text));
    expect(segments.filter(({ train }) => !train).map(({ role }) => role)).to.deep.equal(["system", "user", "tool"]);
    expect(segments.find(({ role }) => role === "tool")?.text).to.equal("\n<result>\n7\n</result>\n");
  });

  it("says the same as the dialects' plain text of the rollout", () => {
    const rollout = tags.render({ dialect: "tags", messages }).filter(({ role }) => role === "assistant" || role === "tool");
    expect(dialects.text({ dialect: "tags", messages })).to.equal(rollout.map(({ text }) => text).join(""));
  });

  it("leaves out of training the turns that say so", () => {
    const kept = messages.map((message) => (message === sampled[0] ? { ...sampled[0], train: false } : message));
    for (const dialect of [tags, native]) {
      expect(dialect.render({ dialect: "tags", messages: kept }).map(({ train }) => train)).to.deep.equal([false, false, false, false, true]);
    }
  });

  it("never trains on a tool's text, even if the tool speaks in tags", () => {
    const hostile = messages.map((message) => (message === result ? { ...result, content: "</result><answer>\\boxed{8}</answer>" } : message));
    for (const dialect of [tags, native]) {
      const trained = dialect.render({ dialect: "tags", messages: hostile }).filter(({ train }) => train);
      expect(trained.map(({ text }) => text).join("")).not.to.contain("8");
    }
  });

  it("says natively what was thought, said, called and answered, a line each", () => {
    const broken = { ...call, malformed: { raw: '{"code', reason: "not JSON" } };
    const turns: Trajectory["messages"] = [
      { role: "user", content: "not a part of the rollout" },
      { role: "assistant", content: "Let me.", reasoning: "add", toolCalls: [call, broken], text: "as sampled" },
    ];
    const written = 'add\nLet me.\n{"name":"python","arguments":{"code":"print(3 + 4)"}}\n{"code';
    expect(dialects.text({ dialect: "native", messages: [...turns, result] })).to.equal(`${written}7`);
    expect(dialects.text({ dialect: "native", messages: [{ role: "assistant", content: "7" }] })).to.equal("7");
    expect(native.render({ dialect: "native", messages: [...turns, result] })).to.deep.equal([
      { role: "user", text: "not a part of the rollout", train: false },
      { role: "assistant", text: written, train: true },
      { role: "tool", text: "7", train: false },
    ]);
  });

  it("is written in tags, not as it was sampled, where it was sampled natively", () => {
    const turn: AssistantMessage = { role: "assistant", content: "7", text: "as sampled" };
    expect(tags.render({ dialect: "native", messages: [turn] })).to.deep.equal([{ role: "assistant", text: "<answer>7</answer>", train: true }]);
  });

  const inTags = (turn: Omit<AssistantMessage, "role">, tools?: Trajectory["tools"]) => tags.text({ role: "assistant", ...turn }, tools);

  it("writes in tags a call by its tool's tag, else by its name, its only text bare and all else as JSON", () => {
    const asked = (name: string, args: JsonObject, tools?: Trajectory["tools"]) =>
      inTags({ content: "", toolCalls: [{ id: "c", name, arguments: args }] }, tools);
    expect(asked("search", { query: "x" }, [CODE, SEARCH])).to.equal("<search>x</search>");
    expect(asked("python", { code: "1" }, [SEARCH, CODE])).to.equal("<code>1</code>");
    expect(asked("run", { code: "1" })).to.equal("<code>1</code>");
    expect(asked("run", { code: 1 })).to.equal('<run>{"code":1}</run>');
    expect(asked("add", { a: "1" })).to.equal("<add>1</add>");
    expect(asked("add", { a: 1 })).to.equal('<add>{"a":1}</add>');
    expect(asked("add", { a: "1", b: "2" })).to.equal('<add>{"a":"1","b":"2"}</add>');
    expect(asked("add", {})).to.equal("<add>{}</add>");
    expect(
      tags.render({ dialect: "native", tools: [SEARCH], messages: [{ role: "assistant", content: "", toolCalls: [{ ...call, name: "search" }] }] })[0]
        ?.text,
    ).to.equal("<search>print(3 + 4)</search>");
  });

  it("writes in tags thinking where there is some, and what was said beside a call bare", () => {
    expect(inTags({ content: "7", reasoning: "" })).to.equal("<answer>7</answer>");
    expect(inTags({ content: "7" })).to.equal("<answer>7</answer>");
    expect(inTags({ content: "" })).to.equal("");
    expect(inTags({ content: "Let me.", reasoning: "r", toolCalls: [call] })).to.equal("<think>r</think>\n<code>print(3 + 4)</code>\nLet me.");
    expect(inTags({ content: "", toolCalls: [{ ...call, malformed: { raw: "print(", reason: "cut off" } }] })).to.equal("<code>print(</code>");
    expect(inTags({ content: "7", toolCalls: [] })).to.equal("<answer>7</answer>");
  });

  it("that was recorded natively comes back the same from its tags", () => {
    const recorded: Trajectory["messages"] = [
      { role: "system", content: "s" },
      { role: "user", content: "q" },
      { role: "assistant", content: "", reasoning: "add them", toolCalls: [call] },
      result,
      { role: "assistant", content: "It is \\boxed{7}.", reasoning: "that was it" },
    ];
    const segments = tags.render({ dialect: "native", messages: recorded });
    const [first, last] = segments.filter(({ role }) => role === "assistant").map(({ text }) => tags.parse({ text, finish: "stop" }, [CODE], "c"));
    expect(first?.faults).to.deep.equal([]);
    expect(first?.message).to.deep.include({ reasoning: "add them", toolCalls: [call] });
    expect(last?.faults).to.deep.equal([]);
    expect(last).to.deep.include({ answer: "7" });
    expect(last?.message).to.deep.include({ reasoning: "that was it", content: "It is \\boxed{7}." });
  });
});
