import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { expect } from "chai";
import { jsonLines, readFile, told } from "../../../../test/formats/reading.ts";
import { ai, call, human, langchain, llm, problem, read, readAll, readRows, result, run, serialized, system, tool } from "./support.ts";

const QUESTION = "How many people live in Kraków and Łódź?";
const ASKED: readonly JsonObject[] = [system("Use tools."), human(QUESTION)];
const SEARCHES = ai("", [call("search", { q: "Kraków" }, "c1"), call("search", { q: "Łódź" }, "c2")]);
const RESULTS: readonly JsonObject[] = [result("800,000", "c1", { name: "search" }), result("660,000", "c2", { name: "search" })];
const ANSWER = ai("1,460,000");
const TOLD = [
  "system: Use tools.",
  `user: ${QUESTION}`,
  'assistant:  [search({"q":"Kraków"})] [search({"q":"Łódź"})]',
  "tool search=c1: 800,000",
  "tool search=c2: 660,000",
  "assistant: 1,460,000",
];
const SEARCH_TOOL = {
  type: "function",
  function: { name: "search", description: "Searches", parameters: { type: "object", properties: { q: { type: "string" } } } },
};
const ROOT: JsonObject = {
  ...run("trace-1", "chain", 0, { name: "LangGraph", inputs: { messages: [human(QUESTION)] }, outputs: {} }),
  parent_run_id: null,
};
const BOUND = { extra: { invocation_params: { model: "gpt-4o", tools: [SEARCH_TOOL] }, metadata: { ls_model_name: "gpt-4o" } } };
const RUNS: readonly JsonObject[] = [
  ROOT,
  llm("m1", 1, [...ASKED], SEARCHES, BOUND),
  tool("t1", 2, "search", { input: '{"q": "Kraków"}' }, { output: result("800,000", "c1") }),
  tool("t2", 2, "search", { input: '{"q": "Łódź"}' }, { output: result("660,000", "c2") }),
  llm("m2", 4, [...ASKED, SEARCHES, ...RESULTS], ANSWER, BOUND),
];

describe("the runs of a trace", () => {
  it("are one trajectory: what the last model saw, and its answer", async () => {
    const { messages, tools, answer, provenance, faults } = await read(...RUNS);
    expect(told(messages)).to.deep.equal(TOLD);
    expect(tools.map(({ name, description }) => ({ name, description }))).to.deep.equal([{ name: "search", description: "Searches" }]);
    expect({ answer, faults }).to.deep.equal({ answer: "1,460,000", faults: [] });
    expect(provenance).to.deep.equal({ origin: "recorded", model: "gpt-4o", notes: { trace: "trace-1" } });
  });

  it("are put in order, whatever the order of the lines and whatever stands between", async () => {
    const other = RUNS.map((one) => ({ ...one, id: `${one["id"]}-b`, trace_id: "trace-2" }));
    const lines = [...RUNS].reverse().flatMap((one, index) => [one, other[index] as JsonObject]);
    const read = await readAll(lines);
    expect(read.map(({ provenance }) => provenance.notes?.["trace"])).to.deep.equal(["trace-1", "trace-2"]);
    for (const { messages } of read) expect(told(messages)).to.deep.equal(TOLD);
  });

  it("are read as a tree", async () => {
    const [root, ...children] = RUNS.map(({ trace_id: _trace, parent_run_id: _parent, ...own }) => own);
    expect(told((await read({ ...root, child_runs: children as JsonValue })).messages)).to.deep.equal(TOLD);
  });

  it("find their trace by the dotted order, or by their parents", async () => {
    const dotted = RUNS.map(({ trace_id: _trace, ...own }, index) => ({
      ...own,
      dotted_order: index === 0 ? "20250304T100000000000Ztrace-1" : `20250304T100000000000Ztrace-1.20250304T10000${index}000000Z${own["id"]}`,
    }));
    expect(told((await read(...dotted)).messages)).to.deep.equal(TOLD);
    const parents = RUNS.map(({ trace_id: _trace, ...own }) => own);
    expect(told((await read(...parents)).messages)).to.deep.equal(TOLD);
  });

  it("are read where inputs and outputs are JSON text, as the bulk export has them", async () => {
    const texts = RUNS.map((one) => ({
      ...one,
      inputs: JSON.stringify(one["inputs"]),
      outputs: JSON.stringify(one["outputs"]),
      extra: JSON.stringify(one["extra"] ?? {}),
    }));
    const { messages, tools } = await read(...texts);
    expect(told(messages)).to.deep.equal(TOLD);
    expect(tools.length).to.equal(1);
  });

  it("hold messages serialised by class, as LangChain's tracer sends them", async () => {
    const classes: JsonObject = { system: "SystemMessage", human: "HumanMessage", ai: "AIMessage", tool: "ToolMessage" };
    const dumped = (message: JsonObject) => serialized(classes[message["type"] as string] as string, message);
    const runs = [llm("m1", 1, ASKED.map(dumped), dumped(SEARCHES)), llm("m2", 4, [...ASKED, SEARCHES, ...RESULTS].map(dumped), dumped(ANSWER))];
    expect(told((await read(...runs)).messages)).to.deep.equal(TOLD);
  });

  it("of wrapped clients are read: OpenAI's completions, Anthropic's messages", async () => {
    const openai = run("m1", "llm", 1, {
      inputs: { model: "gpt-4o-mini", messages: [{ role: "user", content: "Hi" }], tools: [SEARCH_TOOL] },
      outputs: { choices: [{ index: 0, message: { role: "assistant", content: "Hello." } }] },
    });
    const { messages, tools, provenance } = await read(openai);
    expect(told(messages)).to.deep.equal(["user: Hi", "assistant: Hello."]);
    expect({ tools: tools.length, model: provenance.model }).to.deep.equal({ tools: 1, model: "gpt-4o-mini" });
    const anthropic = run("m1", "llm", 1, {
      inputs: {
        system: "Be brief.",
        messages: [
          { role: "user", content: "Hi" },
          { role: "assistant", content: [{ type: "tool_use", id: "u1", name: "f", input: { x: 1 } }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "u1", content: [{ type: "text", text: "gone" }], is_error: true }] },
        ],
      },
      outputs: { role: "assistant", content: [{ type: "text", text: "Hello." }] },
    });
    expect(told((await read(anthropic)).messages)).to.deep.equal([
      "system: Be brief.",
      "user: Hi",
      'assistant:  [f({"x":1})]',
      "tool f=u1 failed: gone",
      "assistant: Hello.",
    ]);
  });

  it("without chat models have a prompt and its completion", async () => {
    const completion = run("m1", "llm", 1, { inputs: { prompts: ["2+2="] }, outputs: { generations: [[{ text: "4" }]] } });
    expect(told((await read(completion)).messages)).to.deep.equal(["user: 2+2=", "assistant: 4"]);
  });

  it("without models' runs are read from the graph around them", async () => {
    const root = { ...ROOT, outputs: { messages: [...ASKED.slice(1), SEARCHES, ...RESULTS, ANSWER] } };
    expect(told((await read(root)).messages)).to.deep.equal(TOLD.slice(1));
  });
});

describe("results that only the tools' runs have", () => {
  const models = [llm("m1", 1, [...ASKED], SEARCHES), llm("m2", 4, [...ASKED], ANSWER)];

  it("answer the calls, by id", async () => {
    const { messages, faults } = await read(...models, ...RUNS.slice(2, 4).reverse());
    expect(told(messages)).to.deep.equal(TOLD);
    expect(faults).to.deep.equal([]);
  });

  it("answer calls without ids by their arguments, though they ended in another order", async () => {
    const searches = ai("", [call("search", { q: "Kraków" }), call("search", { q: "Łódź" })]);
    const { messages, faults } = await read(
      llm("m1", 1, [...ASKED], searches),
      tool("t2", 2, "search", { q: "Łódź" }, { output: "660,000" }),
      tool("t1", 3, "search", { q: "Kraków" }, { output: "800,000" }),
      llm("m2", 4, [...ASKED], ANSWER),
    );
    expect(told(messages).map((line) => line.replace(/=call-\d:/, ":"))).to.deep.equal(TOLD.map((line) => line.replace(/=c\d:/, ":")));
    expect(faults).to.deep.equal([]);
  });

  it("answer the call that LangChain's tracer names beside the run", async () => {
    const ends = (id: string, second: number, content: string) =>
      tool(`t${second}`, second, "search", {}, { output: content }, { extra: { tool_call_id: id } });
    const { messages } = await read(...models, ends("c2", 2, "660,000"), ends("c1", 3, "800,000"));
    expect(told(messages)).to.deep.equal(TOLD);
  });

  it("that failed say so, also of a result that the messages have", async () => {
    const failed = tool("t1", 2, "search", { q: "Kraków" }, null, {
      error: "HTTPError('no route')\n\nTraceback (most recent call last):…",
      id: "t1",
    });
    const alone = await read(
      llm("m1", 1, [...ASKED], ai("", [call("search", { q: "Kraków" }, "c1")])),
      failed,
      llm("m2", 4, [...ASKED], ai("Unknown.")),
    );
    expect(told(alone.messages)[3]).to.match(/^tool search=c1 failed: HTTPError\('no route'\)/);
    const told1 = result("please try again", "c1");
    const both = await read(
      llm("m1", 1, [...ASKED], ai("", [call("search", { q: "Kraków" }, "c1")])),
      failed,
      llm("m2", 4, [...ASKED, ai("", [call("search", { q: "Kraków" }, "c1")]), told1], ai("Unknown.")),
    );
    expect(told(both.messages)[3]).to.equal("tool search=c1 failed: please try again");
    expect(both.messages[3]).to.include({ durationMs: 500 });
  });

  it("are given to none where no call asked for them, and are noted", async () => {
    const { messages, provenance } = await read(llm("m1", 1, [...ASKED], ANSWER), tool("t1", 2, "log", { x: 1 }, { output: "1" }));
    expect(told(messages).length).to.equal(3);
    expect(provenance.notes).to.deep.include({ toolRunsWithoutCall: ["log"] });
  });

  it("of tools that a tool ran are no one's", async () => {
    const inner = tool("t9", 2, "fetch", { url: "x" }, { output: "…" }, { parent_run_id: "t1" });
    const { messages, provenance } = await read(...RUNS, inner);
    expect(told(messages)).to.deep.equal(TOLD);
    expect(provenance.notes).to.deep.equal({ trace: "trace-1" });
  });
});

describe("several conversations of one trace", () => {
  it("are an agent's and the one's it calls as a tool", async () => {
    const ask = ai("", [call("researcher", { task: "Population of Kraków" }, "c1")]);
    const read = await readAll([
      ROOT,
      llm("m1", 1, [...ASKED], ask),
      tool("t1", 2, "researcher", { task: "Population of Kraków" }, { output: "800,000" }),
      llm("s1", 3, [system("Research."), human("Population of Kraków")], ai("", [call("search", { q: "Kraków" }, "s")]), { parent_run_id: "t1" }),
      tool("t2", 4, "search", { q: "Kraków" }, { output: "800,000" }, { parent_run_id: "t1" }),
      llm(
        "s2",
        5,
        [system("Research."), human("Population of Kraków"), ai("", [call("search", { q: "Kraków" }, "s")]), result("800,000", "s")],
        ai("800,000"),
        {
          parent_run_id: "t1",
        },
      ),
      llm("m2", 6, [...ASKED, ask, result("800,000", "c1")], ANSWER),
    ]);
    expect(read.map(({ messages }) => told(messages))).to.deep.equal([
      [...TOLD.slice(0, 2), 'assistant:  [researcher({"task":"Population of Kraków"})]', "tool researcher=c1: 800,000", "assistant: 1,460,000"],
      ["system: Research.", "user: Population of Kraków", 'assistant:  [search({"q":"Kraków"})]', "tool search=s: 800,000", "assistant: 800,000"],
    ]);
    expect(read.map(({ provenance }) => provenance.notes)).to.deep.equal([{ trace: "trace-1" }, { trace: "trace-1", agent: "researcher" }]);
    expect(read.flatMap(({ faults }) => faults)).to.deep.equal([]);
  });

  it("are two answers to the same question", async () => {
    const read = await readAll([llm("m1", 1, [...ASKED], ai("1")), llm("m2", 1, [...ASKED], ai("2"))]);
    expect(read.map(({ answer }) => answer)).to.deep.equal(["1", "2"]);
  });

  it("are one where each run holds its own turn only", async () => {
    const { messages, faults } = await read(
      llm("m1", 1, [...ASKED], SEARCHES),
      llm("m2", 2, [...RESULTS], ANSWER),
      llm("m3", 3, [human("And Gdynia?")], ai("240,000 more.")),
    );
    expect(told(messages)).to.deep.equal([...TOLD, "user: And Gdynia?", "assistant: 240,000 more."]);
    expect(faults).to.deep.equal([]);
  });

  it("are one where the prompt has another hour in it each time, and old results are emptied", async () => {
    const later = [system("Use tools. It is 10:05."), human(QUESTION), SEARCHES, ...RESULTS.map((one) => ({ ...one, content: "[cleared]" }))];
    expect(
      told(
        (
          await read(
            llm("m1", 1, [...ASKED], SEARCHES),
            llm("m2", 2, [...ASKED, SEARCHES, ...RESULTS], ai("Hm.", [call("search", {}, "c3")])),
            llm("m3", 3, [...later, ai("Hm.", [call("search", {}, "c3")]), result("x", "c3")], ANSWER),
          )
        ).messages,
      ),
    ).to.deep.equal([...TOLD.slice(0, 5), "assistant: Hm. [search({})]", "tool search=c3: x", "assistant: 1,460,000"]);
  });
});

describe("a trace that went wrong", () => {
  it("ends where the model could not be reached", async () => {
    const failed = llm("m2", 4, [...ASKED, SEARCHES, ...RESULTS], undefined, { error: "RateLimitError('429')\nTraceback …" });
    const { messages, finish, faults } = await read(llm("m1", 1, [...ASKED], SEARCHES), failed);
    expect(told(messages)).to.deep.equal(TOLD.slice(0, 5));
    expect({ finish, faults }).to.deep.equal({ finish: "failed", faults: ["the model's call failed: RateLimitError('429')"] });
  });

  it("goes on where a second try succeeded", async () => {
    const failed = llm("m2", 3, [...ASKED, SEARCHES, ...RESULTS], undefined, { error: "TimeoutError()" });
    const { messages, finish } = await read(llm("m1", 1, [...ASKED], SEARCHES), failed, llm("m3", 4, [...ASKED, SEARCHES, ...RESULTS], ANSWER));
    expect({ told: told(messages), finish }).to.deep.equal({ told: TOLD, finish: "answer" });
  });

  it("is refused where inputs and outputs were hidden", async () => {
    expect(await problem(run("m1", "llm", 1, { inputs: {}, outputs: {} }))).to.match(/^trace trace-1 holds no messages: .*LANGSMITH_HIDE_INPUTS/);
  });

  it("is refused where a model gave several answers at once", async () => {
    const generations = [[{ message: ai("1") }, { message: ai("2") }]];
    expect(await problem(run("m1", "llm", 1, { inputs: { messages: [[human("?")]] }, outputs: { generations } }))).to.match(
      /^run m1\.outputs\.generations holds 2 generations; one is read/,
    );
  });

  it("leaves other rows of the file as they are", async () => {
    const lines = [jsonLines([{ messages: [human("?"), ai("!")] }, ...RUNS]), "no JSON\n", jsonLines([{ messages: [human("?"), ai("!!")] }])];
    const rows = await readFile(await langchain(), lines.join(""));
    expect(rows.map(({ recordings, problem: why }) => why ?? recordings.length)).to.deep.equal([rows[0]?.problem, 1, 1, 1]);
    expect(rows[0]?.problem).to.match(/^not JSON/);
  });

  it("does not turn in circles where runs name each other as parents", async () => {
    const circle = [
      { ...llm("m1", 1, [...ASKED], ANSWER), trace_id: null, parent_run_id: "m2" },
      { ...run("m2", "chain", 1, { inputs: {}, outputs: {} }), trace_id: null, parent_run_id: "m1" },
    ];
    expect((await readRows(circle as JsonValue[])).length).to.be.greaterThan(0);
  });
});

describe("the runs of tools that have their arguments as Python prints them", () => {
  it("answer the calls with these arguments, in whichever order they began", async () => {
    const asks = ai("", [call("weather", { city: "Oslo", day: null }, "a"), call("weather", { city: "Rome", day: null }, "b")]);
    const { messages } = await read(
      llm("m1", 1, [human("?")], asks),
      tool("t1", 2, "weather", { input: "{'city': 'Rome', 'day': None}" }, { output: "21 C" }),
      tool("t2", 3, "weather", { input: "{'city': 'Oslo', 'day': None}" }, { output: "3 C" }),
    );
    expect(messages.slice(2).map((message) => message.role === "tool" && [message.toolCallId, message.content])).to.deep.equal([
      ["a", "3 C"],
      ["b", "21 C"],
    ]);
  });
});

describe("a model's run that says that its limit ended it", () => {
  it("gave no answer: the text was cut off", async () => {
    const cut = await read(llm("m1", 1, [human("?")], ai("It is thr", [], { response_metadata: { finish_reason: "length" } })));
    expect(cut).to.include({ finish: "token-limit" }).and.not.to.have.property("answer");
  });
});
