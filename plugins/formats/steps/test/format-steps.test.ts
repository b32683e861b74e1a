import { dialects, READING_RULES } from "@autotraj/core";
import type { AssistantMessage, JsonObject, JsonValue, ToolMessage } from "@autotraj/core/plugin";
import { expect } from "chai";
import { readFile, readingOf, trajectoriesOf } from "../../../../test/formats/reading.ts";
import { LONGEST_NOTE } from "../src/read.ts";
import { mistake, reader, steps } from "./recorded.ts";

const SEARCH = { thought: "I look it up.", tool: "search", input: "Nick Park", observation: "Creator of Wallace and Gromit." };
const ROW: JsonObject = {
  id: "run-7",
  question_id: "hotpot-1",
  question: "Who made Wallace and Gromit?",
  gold: "Nick Park",
  steps: [SEARCH],
  finish_thought: "So it is he.",
  final: "Nick Park",
  model: "gpt-4",
  source: "somewhere",
  correct: true,
  trial: 3,
  reflections: ["Search for names."],
  raw: "x".repeat(100_000),
};
const without = (row: JsonObject, ...names: string[]): JsonObject =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
const withSteps = (...steps: JsonValue[]): JsonObject => ({ ...ROW, steps });

describe("a row of steps", () => {
  it("becomes a question, turns of thought and call, results, and last words", async () => {
    const { query, messages, dialect } = (await reader())(ROW);
    expect(dialect).to.equal("native");
    expect(query).to.deep.equal({ id: "hotpot-1", question: "Who made Wallace and Gromit?", answers: ["Nick Park"] });
    expect(messages).to.deep.equal([
      { role: "user", content: "Who made Wallace and Gromit?" },
      {
        role: "assistant",
        content: "",
        reasoning: "I look it up.",
        toolCalls: [{ id: "call-0", name: "search", arguments: { query: "Nick Park" } }],
      },
      { role: "tool", toolCallId: "call-0", name: "search", content: "Creator of Wallace and Gromit.", ok: true },
      { role: "assistant", content: "Nick Park", reasoning: "So it is he." },
    ]);
  });

  it("keeps what else it has in notes, but for the raw text", async () => {
    const { provenance } = (await reader())(ROW);
    expect(provenance).to.deep.equal({
      origin: "recorded",
      model: "gpt-4",
      notes: { id: "run-7", source: "somewhere", correct: true, trial: 3, reflections: ["Search for names."] },
    });
  });

  it("names a note that is too long to keep", async () => {
    const { provenance } = (await reader())({ ...ROW, log: "y".repeat(LONGEST_NOTE), trace: "y".repeat(LONGEST_NOTE - 2) });
    expect(provenance.notes).to.include({ trace: "y".repeat(LONGEST_NOTE - 2) });
    expect(provenance.notes).not.to.have.property("log");
    expect(provenance.notes?.["leftOut"]).to.deep.equal(["log"]);
  });

  it("has no system message but where the preset gives one", async () => {
    expect((await reader({ system: "Think, then act." }))(ROW).messages[0]).to.deep.equal({ role: "system", content: "Think, then act." });
  });

  it("is read by other names where its fields are called otherwise", async () => {
    const fields = {
      question: "q",
      answers: "target",
      steps: "turns",
      thought: "t",
      tool: "action",
      input: "args",
      observation: "obs",
      final: "answer",
    };
    const turns = [{ t: "hm", action: "search", args: "Nick Park", obs: "found" }];
    const read = (await reader({ fields }))({ q: "Who?", target: ["A", 2], turns, answer: "A" });
    expect(read.query.answers).to.deep.equal(["A", "2"]);
    expect(read.answer).to.equal("A");
    expect((read.messages[1] as AssistantMessage).reasoning).to.equal("hm");
    expect((read.messages[2] as ToolMessage).content).to.equal("found");
  });

  it("is read by the other usual names where the preset leaves the defaults", async () => {
    const steps = [{ reasoning: "hm", action: "search", action_input: { query: "Nick Park" }, result: "found" }];
    const { messages, query, answer } = (await reader())({ query: "Who?", ground_truth: "A", trajectory: steps, final_answer: "A" });
    expect(query)
      .to.include({ question: "Who?" })
      .and.deep.include({ answers: ["A"] });
    expect(answer).to.equal("A");
    expect(messages.slice(1)).to.deep.equal([
      { role: "assistant", content: "", reasoning: "hm", toolCalls: [{ id: "call-0", name: "search", arguments: { query: "Nick Park" } }] },
      { role: "tool", toolCallId: "call-0", name: "search", content: "found", ok: true },
      { role: "assistant", content: "A" },
    ]);
  });

  it("has the same question id wherever question and answers are the same, and else another", async () => {
    const read = await reader();
    const id = (row: JsonObject) => read({ ...ROW, question_id: null, ...row }).query.id;
    expect(id({})).to.match(/^q-[0-9a-f]{16}$/);
    expect(id({ id: "another", steps: [], final: "x" })).to.equal(id({}));
    expect(id({ gold: "Peter Lord" })).not.to.equal(id({}));
  });

  it("takes the accepted answers from gold, answers or answer", async () => {
    const read = await reader();
    const answers = (row: JsonObject) => read({ ...without(ROW, "gold"), ...row }).query.answers;
    expect(answers({ answers: ["a", "b"] })).to.deep.equal(["a", "b"]);
    expect(answers({ answer: 3.5 })).to.deep.equal(["3.5"]);
    expect(answers({ gold: null })).to.deep.equal([]);
    expect(answers({})).to.deep.equal([]);
  });

  it("has the choices below its question, and a preamble that asks it again in its place", async () => {
    const read = await reader();
    expect(read({ ...ROW, preamble: "A. he\nB. she" }).messages[0]!.content).to.equal("Who made Wallace and Gromit?\nA. he\nB. she");
    const again = `One name: ${ROW["question"]}`;
    expect(read({ ...ROW, preamble: again }).query.question).to.equal(again);
  });

  it("has its own task, or the preset's", async () => {
    const read = await reader({ task: "hotpotqa" });
    expect(read(ROW).query.task).to.equal("hotpotqa");
    expect(read({ ...ROW, task: "nq" }).query.task).to.equal("nq");
  });

  it("of great length and odd characters is read as it is", async () => {
    const observation = `${"\u2028😀\ud800\u0000 ".repeat(400_000)}`;
    const { messages } = (await reader())(withSteps({ ...SEARCH, observation }));
    expect((messages[2] as ToolMessage).content).to.equal(observation);
  });
});

describe("its answer", () => {
  it("is what the recording read, else what stands in the last words", async () => {
    const read = await reader();
    expect(read({ ...ROW, final: "A: 26", pred: "26" }).answer).to.equal("26");
    expect(read({ ...ROW, final: "It is \\boxed{26}." }).answer).to.equal("26");
    expect(read({ ...ROW, final: "26" }).answer).to.equal("26");
    expect(read({ ...ROW, pred: 26 }).answer).to.equal("26");
  });

  it("is missing where the recording found none, and the last words stay", async () => {
    const { answer, finish, messages } = (await reader())({ ...ROW, final: "It is 33333", pred: null });
    expect(answer).to.equal(undefined);
    expect(finish).to.equal("no-answer");
    expect(messages.at(-1)!.content).to.equal("It is 33333");
  });

  it("is missing where the model said nothing, whatever the recording read into that; the reading is noted", async () => {
    const { answer, finish, provenance } = (await reader())({ ...ROW, final: "", finish_thought: null, pred: "junk" });
    expect(answer).to.equal(undefined);
    expect(finish).to.equal("no-answer");
    expect(provenance.notes).to.include({ pred: "junk" });
  });

  it("is missing with tool-limit where the run made all calls it was allowed", async () => {
    const halted = { ...withSteps(SEARCH, SEARCH), final: null, finish_thought: null };
    expect((await reader({ toolLimit: 2 }))(halted).finish).to.equal("tool-limit");
    expect((await reader({ toolLimit: 3 }))(halted).finish).to.equal("no-answer");
    expect((await reader())(halted).finish).to.equal("no-answer");
    expect((await reader({ toolLimit: 2 }))({ ...halted, final: "x" }).finish).to.equal("answer");
  });
});

describe("its steps", () => {
  it("may end without an observation where the run broke off", async () => {
    const { messages, faults } = (await reader())({ ...withSteps({ ...SEARCH, observation: null }), final: null, finish_thought: null });
    expect(messages.map(({ role }) => role)).to.deep.equal(["user", "assistant"]);
    expect(faults).to.deep.equal(["unpaired: turn 2, the call call-0 of search has no result"]);
  });

  it("that name no tool are malformed calls with the observation they got", async () => {
    const { messages, faults, tools } = (await reader())(withSteps({ thought: "hm", tool: null, input: null, observation: "seen" }));
    expect((messages[1] as AssistantMessage).toolCalls?.[0]?.malformed?.reason).to.equal("the step names no tool");
    expect((messages[2] as ToolMessage).content).to.equal("seen");
    expect(faults).to.deep.equal(["malformed tool call: the step names no tool"]);
    expect(tools).to.deep.equal([]);
  });

  it("that are a thought alone go with the next turn, also the last one", async () => {
    const thought = (text: string) => ({ thought: text, tool: null, input: null, observation: null });
    const { messages, faults } = (await reader())({ ...withSteps(thought("one"), SEARCH, thought("two")), finish_thought: null });
    expect(messages.flatMap((message) => (message.role === "assistant" ? [message.reasoning] : []))).to.deep.equal(["one\nI look it up.", "two"]);
    expect(faults).to.deep.equal([]);
  });

  it("have the result of a failure marked: a traceback, an error's name at the start, a refused action", async () => {
    const ok = async (observation: string) => ((await reader())(withSteps({ ...SEARCH, observation })).messages[2] as ToolMessage).ok;
    const failures = [
      "Traceback (most recent call last):\n  …\nKeyError: 'a'",
      "12\nTraceback (most recent call last):\n  …",
      "NameError: name 'x' is not defined",
      "timeout_decorator.timeout_decorator.TimeoutError: 'Timed Out'",
      "Error: too many requests",
      "Invalid Action. Valid Actions are Lookup[<topic>] Search[<topic>] and Finish[<answer>].",
    ];
    const results = ["", "42", "Could not find [x]. Similar: ['y']", "The song Error: 404 is by …", "Errors in variables are …", "No Results"];
    for (const failure of failures) expect(await ok(failure), failure).to.equal(false);
    for (const result of results) expect(await ok(result), result).to.equal(true);
  });

  it("fail by the preset's own signs too", async () => {
    const failed = (await reader({}, { ...READING_RULES, failedResults: [/^No Results/] }))(withSteps({ ...SEARCH, observation: "No Results" }));
    expect((failed.messages[2] as ToolMessage).ok).to.equal(false);
  });

  it("are believed where they say themselves that they failed", async () => {
    const marks: readonly JsonObject[] = [{ ok: false }, { is_error: true }, { status: "error" }];
    for (const mark of marks) {
      expect(((await reader())(withSteps({ ...SEARCH, ...mark })).messages[2] as ToolMessage).ok, JSON.stringify(mark)).to.equal(false);
    }
  });

  it("that lost their observation on the way are a fault, and every other observation stays with its own call", async () => {
    const lost = { ...SEARCH, observation: null };
    const { messages, faults } = (await reader())(withSteps({ ...lost, input: "a" }, { ...SEARCH, input: "b", observation: "of b" }));
    const calls = messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
    const results = messages.filter((message): message is ToolMessage => message.role === "tool");
    expect(results.map(({ content }) => content)).to.deep.equal(["of b"]);
    expect(calls.find(({ id }) => id === results[0]!.toolCallId)?.arguments).to.deep.equal({ query: "b" });
    expect(faults).to.deep.equal(["unpaired: turn 2, the call call-0 of search has no result"]);
  });

  it("may leave their last call open where the run was halted by its limit, or called what ends it", async () => {
    const open = { ...SEARCH, observation: null };
    const halted = { ...withSteps(SEARCH, open), final: null, finish_thought: null };
    expect((await reader({ toolLimit: 2 }))(halted).faults).to.deep.equal([]);
    const ended = { ...withSteps(SEARCH, { ...open, tool: "finish", input: "Nick Park" }), final: null, finish_thought: null };
    const { faults, answer } = (await reader())(ended);
    expect({ faults, answer }).to.deep.equal({ faults: [], answer: "Nick Park" });
  });

  it("have an observation that is no text as JSON, and its parts as text", async () => {
    const content = async (observation: JsonValue) => ((await reader())(withSteps({ ...SEARCH, observation })).messages[2] as ToolMessage).content;
    expect(await content({ hits: [1] })).to.equal('{"hits":[1]}');
    expect(await content([])).to.equal("[]");
    expect(await content([{ type: "text", text: "found" }])).to.equal("found");
  });
});

describe("its tools", () => {
  it("are those it used, in order, each with the argument and the tag it is known by", async () => {
    const step = (tool: string, input: JsonValue = "x") => ({ thought: "", tool, input, observation: "y" });
    const { tools, messages } = (await reader())(withSteps(step("python"), step("calculator"), step("lookup"), step("browse"), step("python")));
    expect(tools.map(({ name, tag }) => [name, tag])).to.deep.equal([
      ["python", { name: "code", argument: "code" }],
      ["calculator", { name: "calculator", argument: "expression" }],
      ["lookup", { name: "lookup", argument: "keyword" }],
      ["browse", { name: "browse", argument: "input" }],
    ]);
    const calls = messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
    expect(calls.map((call) => call.arguments)).to.deep.equal([{ code: "x" }, { expression: "x" }, { keyword: "x" }, { input: "x" }, { code: "x" }]);
  });

  it("are described as the preset says, and offered also where they were not used", async () => {
    const tools = { search: { description: "Searches Wikipedia." }, browse: { argument: "url", tag: "open" } };
    const read = await reader({ tools, offered: ["browse", "search"] });
    expect(read(withSteps()).tools.map(({ name, description, tag }) => [name, description, tag])).to.deep.equal([
      ["browse", "", { name: "open", argument: "url" }],
      ["search", "Searches Wikipedia.", { name: "search", argument: "query" }],
    ]);
  });

  it("are those the row lists, as definitions or by name", async () => {
    const parameters = { type: "object", properties: { q: { type: "string" } } };
    const { tools } = (await reader({ offered: ["lookup"] }))({
      ...ROW,
      tools: [{ type: "function", function: { name: "find", parameters } }, "search"],
    });
    expect(tools.map((tool) => [tool.name, tool.parameters["properties"]])).to.deep.equal([
      ["find", { q: { type: "string" } }],
      ["search", { query: { type: "string" } }],
    ]);
  });

  it("do not part candidates of one question: nobody was told which of them another one would use", async () => {
    const groups = await groupsOf([ROW, withSteps({ ...SEARCH, tool: "lookup" }), { ...ROW, tools: ["search"] }]);
    expect(groups[1]).to.equal(groups[0]);
    expect(groups[2]).not.to.equal(groups[0]);
  });

  it("take an input that is an object as their arguments, and then have no tag", async () => {
    const { tools, messages } = (await reader())(withSteps({ thought: "", tool: "search", input: { q: "x", k: 3 }, observation: "" }));
    expect((messages[1] as AssistantMessage).toolCalls?.[0]?.arguments).to.deep.equal({ q: "x", k: 3 });
    expect(Object.keys(tools[0]!.parameters["properties"] as JsonObject)).to.deep.equal(["q", "k"]);
    expect(tools[0]).not.to.have.property("tag");
  });

  it("have no tag where their name is none or is taken", async () => {
    const step = (tool: string) => ({ thought: "", tool, input: "x", observation: "y" });
    const { tools } = (await reader())(withSteps(step("answer"), step("web search")));
    expect(tools.map(({ tag }) => tag)).to.deep.equal([undefined, undefined]);
  });

  it("can be called in tags as the dialect writes them", async () => {
    const trajectory = (await reader())(withSteps({ thought: "Count.", tool: "python", input: "print(1)", observation: "1" }));
    const text = dialects
      .get("tags")
      .render(trajectory)
      .map((segment) => segment.text)
      .join("");
    expect(text).to.include("<think>Count.</think>\n<code>print(1)</code>\n<result>\n1\n</result>");
    expect(text).to.include("<answer>Nick Park</answer>");
  });
});

describe("a row that cannot be read", () => {
  const UNREAD = "holds a call that no field reads; name where its tool and its input stand (the format's options fields.tool and fields.input).";
  const rows: readonly (readonly [string, JsonValue, string])[] = [
    ["is no object", [ROW], "the row is not an object."],
    ["has no question", without(ROW, "question"), "question is missing."],
    ["has a list for a question", { ...ROW, question: ["?"] }, "question is not text."],
    ["has no steps", without(ROW, "steps"), "steps is missing; expected an array of steps."],
    ["has a step that is no object", withSteps(SEARCH, "search"), "steps[1] is not an object."],
    ["has a tool that is no name", withSteps({ ...SEARCH, tool: { name: "x" } }), "steps[0].tool is not text."],
    [
      "has a tool and its input in one text",
      { ...ROW, steps: [{ thought: "hm", action: "Search[Nick Park]", observation: "found" }] },
      `steps[0].action ${UNREAD}`,
    ],
    [
      "has a call of another kind in a step",
      withSteps(SEARCH, { thought: "hm", tool_calls: [{ function: { name: "search" } }], observation: "found" }),
      `steps[1].tool_calls ${UNREAD}`,
    ],
    [
      "has a tool's input under another name",
      withSteps({ thought: "hm", tool: "python", code: "print(1)", observation: "1" }),
      `steps[0].code ${UNREAD}`,
    ],
    [
      "has a picture for an observation",
      withSteps({ ...SEARCH, observation: [{ type: "image_url", image_url: {} }] }),
      'steps[0].observation[0] is a part of type "image_url"; text, thinking and refusals are read here.',
    ],
    ["lists a tool without a name", { ...ROW, tools: [{ description: "?" }] }, "tools[0].name is missing."],
    ["has an answer that is an object", { ...ROW, gold: ["x", {}] }, "gold[1] is neither text nor a number."],
    ["has an object for last words", { ...ROW, final: {} }, "final is not text."],
  ];
  for (const [what, row, message] of rows) {
    it(`because it ${what} is refused with the path`, async () => {
      expect(await mistake(row)).to.equal(`ROW_INVALID: ${message}`);
    });
  }

  it("is refused with the path in its own names", async () => {
    expect(await mistake({ q: "?", log: [{}, 1] }, { fields: { question: "q", steps: "log" } })).to.equal("ROW_INVALID: log[1] is not an object.");
  });
});

describe("a file of steps", () => {
  it("keeps every digit of its numbers: ids, answers, inputs, observations, notes", async () => {
    const text = JSON.stringify({ ...ROW, question_id: 0, gold: 0, pred: 0, seen: 0, steps: [{ ...SEARCH, input: { id: 0 }, observation: 0 }] });
    const [recording] = (await readFile(await steps(), text.replaceAll(":0", ":12345678901234567890"))).flatMap(trajectoriesOf);
    const { query, messages, answer, provenance } = recording!;
    expect([query.id, query.answers, answer, (messages[2] as ToolMessage).content]).to.deep.equal([
      "12345678901234567890",
      ["12345678901234567890"],
      "12345678901234567890",
      "12345678901234567890",
    ]);
    expect(JSON.stringify([(messages[1] as AssistantMessage).toolCalls![0]!.arguments, provenance.notes!["seen"]])).to.equal(
      '[{"id":12345678901234567890},12345678901234567890]',
    );
  });

  it("keeps what the log says of its outcome", async () => {
    const { provenance } = await readingOf(steps).read(ROW);
    expect(provenance.notes!["outcome"]).to.deep.equal({ correct: true });
  });

  it("is known by a question and steps that act, and nothing else is", async () => {
    const { recognizes } = await steps();
    for (const row of [ROW, withSteps(SEARCH, { thought: "hm" })]) expect(recognizes!(row)).to.be.greaterThan(0.9);
    const others: readonly JsonValue[] = [
      ...[null, 5, "row", [ROW], {}, { question: "?", messages: [] }],
      ...[
        { question: "?", steps: "1. search" },
        { question: "?", steps: ["search", "answer"] },
        { question: "?", steps: [{ source: "user", message: "?" }] },
      ],
      { messages: [{ role: "user", content: "?" }] },
    ];
    for (const row of others) expect(recognizes!(row), JSON.stringify(row)).to.be.lessThan(0.5);
  });

  it("is known by the preset's names", async () => {
    const { recognizes } = await steps({ fields: { question: "q", steps: "log", tool: "action" } });
    expect(recognizes!({ q: "?", log: [{ action: "search" }] })).to.be.greaterThan(0.9);
    expect(recognizes!(ROW)).to.equal(0);
  });
});

async function groupsOf(rows: readonly JsonValue[]) {
  return (await readingOf(steps).readRows(rows)).flatMap(({ recordings }) => recordings.map(({ group }) => group));
}

describe("a step that calls its parts otherwise than the others", () => {
  const call = { tool: "search", input: "x" };
  const results = async (...steps: JsonValue[]) =>
    (await reader())(withSteps(...steps)).messages.flatMap((message) =>
      message.role === "tool" ? [`${message.ok ? "" : "failed "}${message.content}`] : [],
    );

  it("is read by its own names, and has an error as its result where there is no other", async () => {
    const otherwise = { tool_name: "search", tool_input: "y", output: "b" };
    expect(await results({ ...call, observation: "a" }, otherwise, { ...call, result: "c" })).to.deep.equal(["a", "b", "c"]);
    const both = { ...call, observation: "none", error: "KeyError" };
    expect(await results({ ...call, error: "Timed out" }, both, { ...call, observation: "d", error: false })).to.deep.equal([
      "failed Timed out",
      "failed none",
      "d",
    ]);
  });

  it("has the success that it says, and a list of typed records as what it is", async () => {
    expect(await results({ ...call, observation: "Error: none", is_error: false }, { ...call, observation: [{ type: "Person" }] })).to.deep.equal([
      "Error: none",
      '[{"type":"Person"}]',
    ]);
  });
});
