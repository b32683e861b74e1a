import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { parseJson } from "@autotraj/core/rows";
import { expect } from "chai";
import { readFile, toldInFull } from "../../../../test/formats/reading.ts";
import { anthropic, problem, read, readAll, readRows } from "./support.ts";

const user = (content: JsonValue): JsonObject => ({ role: "user", content });
const model = (content: JsonValue, more: JsonObject = {}): JsonObject => ({ role: "assistant", content, ...more });
const text = (words: string): JsonObject => ({ type: "text", text: words });
const use = (id: string, name: string, input: JsonValue): JsonObject => ({ type: "tool_use", id, name, input });
const result = (id: string, content: JsonValue, more: JsonObject = {}): JsonObject => ({ type: "tool_result", tool_use_id: id, content, ...more });

const WEATHER: JsonObject = {
  model: "claude-sonnet-4-5",
  max_tokens: 1024,
  system: [{ ...text("You know the weather."), cache_control: { type: "ephemeral" } }],
  tools: [{ name: "get_weather", description: "Weather now", input_schema: { type: "object", properties: { city: { type: "string" } } } }],
  messages: [
    user("How warm is it in Oslo and in Rome?"),
    model([
      { type: "thinking", thinking: "Two cities, two calls.", signature: "EqQB" },
      text("I look."),
      use("toolu_1", "get_weather", { city: "Oslo" }),
      use("toolu_2", "get_weather", { city: "Rome" }),
    ]),
    user([result("toolu_2", "21"), result("toolu_1", [text("-3")]), text("In degrees Celsius, please.")]),
    model("Oslo −3 °C, Rome 21 °C 🌞", { stop_reason: "end_turn" }),
  ],
};

describe("a Messages log", () => {
  it("is read with system prompt, tools, thinking, parallel calls, results in the order of their calls, and the user's words after them", async () => {
    const { messages, tools, query, answer, provenance, faults } = await read(WEATHER);
    expect(toldInFull(messages)).to.deep.equal([
      "system: You know the weather.",
      "user: How warm is it in Oslo and in Rome?",
      'assistant: (Two cities, two calls.) I look. [toolu_1 get_weather {"city":"Oslo"}] [toolu_2 get_weather {"city":"Rome"}]',
      "tool toolu_1 get_weather: -3",
      "tool toolu_2 get_weather: 21",
      "user: In degrees Celsius, please.",
      "assistant: Oslo −3 °C, Rome 21 °C 🌞",
    ]);
    expect(tools.map(({ name, parameters }) => [name, parameters["properties"]])).to.deep.equal([["get_weather", { city: { type: "string" } }]]);
    expect(query.question).to.equal("How warm is it in Oslo and in Rome?");
    expect({ answer, model: provenance.model, faults }).to.deep.equal({
      answer: "Oslo −3 °C, Rome 21 °C 🌞",
      model: "claude-sonnet-4-5",
      faults: [],
    });
  });

  it("is read from a request with its response, however the two are wrapped", async () => {
    const { messages: all, ...rest } = WEATHER as { messages: JsonObject[] } & JsonObject;
    const request = { ...rest, messages: all.slice(0, 3) };
    const response: JsonObject = { id: "msg_1", type: "message", stop_reason: "end_turn", model: "claude-sonnet-4-5-20250929", role: "assistant" };
    const answered: JsonObject = { ...response, content: [text("Oslo −3 °C, "), text("Rome 21 °C 🌞")] };
    const rows: JsonObject[] = [
      { request, response: answered },
      { ...request, response: answered },
      { request: { method: "POST", body: request }, response: { status: 200, body: answered } },
      { custom_id: "w-1", params: request, result: { type: "succeeded", message: answered } },
    ];
    const plain = toldInFull((await read(WEATHER)).messages);
    for (const trajectory of await readAll(rows)) {
      expect(toldInFull(trajectory.messages)).to.deep.equal(plain);
      expect(trajectory.provenance.model).to.equal("claude-sonnet-4-5-20250929");
    }
  });

  it("is read from a file whose rows are the messages", async () => {
    const { messages: all } = WEATHER as { messages: JsonObject[] };
    const [only, ...others] = await readAll(all);
    expect(others).to.deep.equal([]);
    expect(toldInFull(only!.messages)).to.deep.equal(toldInFull((await read(WEATHER)).messages).slice(1));
  });

  it("finds a batch's request for each of its results, whichever comes first", async () => {
    const ask = (id: string, question: string): JsonObject => ({ custom_id: id, params: { model: "claude-haiku-4-5", messages: [user(question)] } });
    const answer = (id: string, words: string): JsonObject => ({
      custom_id: id,
      result: { type: "succeeded", message: { role: "assistant", content: [text(words)] } },
    });
    const failed: JsonObject = {
      custom_id: "c",
      result: { type: "errored", error: { type: "error", error: { type: "api_error", message: "overloaded" } } },
    };
    const read = await readAll([answer("b", "4"), ask("a", "1+1?"), ask("b", "2+2?"), ask("c", "3+3?"), answer("a", "2"), failed]);
    expect(read.map(({ query, answer: said, finish, faults }) => [query.id, query.question, said, finish, faults])).to.deep.equal([
      ["b", "2+2?", "4", "answer", []],
      ["a", "1+1?", "2", "answer", []],
      ["c", "3+3?", undefined, "failed", ["the API failed: overloaded"]],
    ]);
  });

  it("says that a call failed where the log says so, and believes it where its text speaks of an error", async () => {
    const { messages } = await read({
      messages: [
        user("?"),
        model([use("a", "f", {}), use("b", "f", {}), use("c", "f", {})]),
        user([result("a", "no such table", { is_error: true }), result("b", "Error: 1 in the text", { is_error: false }), result("c", "Error: x")]),
        model("so"),
      ],
    });
    expect(messages.flatMap((message) => (message.role === "tool" ? [message.ok] : []))).to.deep.equal([false, true, false]);
  });

  it("pairs by order where ids are missing, and says what does not pair", async () => {
    const anonymous = (block: JsonObject): JsonObject => {
      const { id: _id, tool_use_id: _for, ...rest } = block;
      return rest;
    };
    const row = (blocks: JsonObject[]): JsonObject => ({
      messages: [user("?"), model([use("", "f", { x: 1 }), use("", "g", { y: 2 })].map(anonymous)), user(blocks), model("3")],
    });
    const { messages, faults } = await read(row([result("", "one"), result("", "two")].map(anonymous)));
    expect(toldInFull(messages).slice(2, 4)).to.deep.equal(["tool call-0 f: one", "tool call-1 g: two"]);
    expect(faults).to.deep.equal([]);
    const lost = await read(row([anonymous(result("", "one"))]));
    expect(lost.faults).to.deep.equal(["unpaired: turn 2, the call call-1 of g has no result"]);
  });

  it("keeps every digit and every letter of arguments and results", async () => {
    const line = `{"messages": [{"role": "user", "content": "id?"}, {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "get", "input": {"id": 12345678901234567890, "tag": "\\u2028e\\u0301\\ud83d\\ude80"}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "a\\u0000b ﷽"}]}, {"role": "assistant", "content": "done"}]}`;
    const trajectory = await read(parseJson(line));
    expect(toldInFull(trajectory.messages)[1]).to.contain('{"id":12345678901234567890,"tag":"\u2028e\u0301🚀"}');
    expect(trajectory.messages[2]?.content).to.equal("a\u0000b ﷽");
    expect(JSON.stringify((await anthropic()).sft!(trajectory))).to.contain('"id":12345678901234567890');
  });

  it("puts results of server tools and MCP, which stand in the model's own message, between its turns", async () => {
    const found = [{ type: "web_search_result", url: "https://example.org", title: "Ports", encrypted_content: "EqgfCioI", page_age: null }];
    const { messages, faults, answer } = await read({
      messages: [
        user("Who won?"),
        model([
          text("I search."),
          { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "winner" } },
          { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: found },
          { type: "mcp_tool_use", id: "mcptoolu_1", name: "echo", server_name: "s", input: {} },
          { type: "mcp_tool_result", tool_use_id: "mcptoolu_1", is_error: false, content: [text("hello")] },
          { type: "server_tool_use", id: "srvtoolu_2", name: "code_execution", input: { code: "1/0" } },
          {
            type: "code_execution_tool_result",
            tool_use_id: "srvtoolu_2",
            content: { type: "code_execution_result", stdout: "", stderr: "ZeroDivisionError", return_code: 1, content: [] },
          },
          { type: "server_tool_use", id: "srvtoolu_3", name: "web_search", input: { query: "again" } },
          {
            type: "web_search_tool_result",
            tool_use_id: "srvtoolu_3",
            content: { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" },
          },
          { ...text("Team A"), citations: [{ type: "web_search_result_location", url: "https://example.org" }] },
          text(" won."),
        ]),
      ],
    });
    expect(toldInFull(messages).slice(1)).to.deep.equal([
      'assistant: I search. [srvtoolu_1 web_search {"query":"winner"}]',
      'tool srvtoolu_1 web_search: [{"type":"web_search_result","url":"https://example.org","title":"Ports","page_age":null}]',
      "assistant: [mcptoolu_1 echo {}]",
      "tool mcptoolu_1 echo: hello",
      'assistant: [srvtoolu_2 code_execution {"code":"1/0"}]',
      'tool srvtoolu_2 code_execution failed: {"type":"code_execution_result","stdout":"","stderr":"ZeroDivisionError","return_code":1,"content":[]}',
      'assistant: [srvtoolu_3 web_search {"query":"again"}]',
      'tool srvtoolu_3 web_search failed: {"type":"web_search_tool_result_error","error_code":"max_uses_exceeded"}',
      "assistant: Team A won.",
    ]);
    expect({ faults, answer }).to.deep.equal({ faults: [], answer: "Team A won." });
  });

  it("goes on with a turn that was prefilled, as one turn", async () => {
    const { messages } = await read({ messages: [user("JSON?"), model('{"a"')], response: { content: [text(": 1}")], stop_reason: "end_turn" } });
    expect(toldInFull(messages).slice(1)).to.deep.equal(['assistant: {"a": 1}']);
  });

  it("knows a refusal, with words and without, and a text that was cut off", async () => {
    const ending = (content: JsonValue, stop_reason: string) => read({ messages: [user("How?")], response: { content, stop_reason } });
    const spoken = await ending([text("I can not help.")], "refusal");
    expect([spoken.answer, spoken.faults, spoken.messages.at(-1)?.content]).to.deep.equal([undefined, ["the model refused"], "I can not help."]);
    const silent = await ending([], "refusal");
    expect([silent.answer, silent.faults]).to.deep.equal([undefined, ["the model refused"]]);
    const cut = await ending([text("First of a")], "max_tokens");
    expect([cut.answer, cut.finish]).to.deep.equal([undefined, "token-limit"]);
  });

  it("counts thinking that nobody can read", async () => {
    const { messages, provenance } = await read({
      messages: [user("?"), model([{ type: "redacted_thinking", data: "EmwK" }, { type: "thinking", thinking: "", signature: "Eq" }, text("42")])],
    });
    expect(messages[1]).to.deep.equal({ role: "assistant", content: "42" });
    expect(provenance.notes).to.deep.equal({ hiddenThinking: 2 });
  });

  it("holds several questions in their order", async () => {
    const { messages, query, answer } = await read({ messages: [user("one?"), model("1"), user("two?"), model("2")] });
    expect(toldInFull(messages)).to.deep.equal(["user: one?", "assistant: 1", "user: two?", "assistant: 2"]);
    expect([query.question, answer]).to.deep.equal(["one?", "2"]);
  });

  for (const [what, row, expected] of [
    ["an image", { messages: [user([text("What?"), { type: "image", source: {} }])] }, 'messages[0].content[1] is a part of type "image"'],
    [
      "an image in a result",
      { messages: [user("?"), model([use("a", "f", {})]), user([result("a", [text("x"), { type: "image", source: {} }])])] },
      'messages[2].content[0].content[1] is a part of type "image"',
    ],
    ["a document", { messages: [user([{ type: "document", source: { type: "base64" } }])] }, 'messages[0].content[0] is a part of type "document"'],
    [
      "a call by code",
      { messages: [user("?"), model([{ ...use("a", "f", {}), caller: { type: "code_execution_20250825" } }])] },
      "code made this call",
    ],
    ["another role", { messages: [user("?"), { role: "tool", content: "x" }] }, 'messages[1].role is "tool"'],
    ["no messages", { prompt: "x" }, "messages is missing"],
    ["a response of another API", { messages: [user("?")], response: { choices: [] } }, "response.content is missing"],
  ] as const) {
    it(`is refused with the place where it has ${what}`, async () => {
      expect(await problem(row as JsonObject)).to.contain(expected);
    });
  }

  it("reads a result of other parts than text as JSON", async () => {
    const found: JsonValue = [{ type: "search_result", source: "a.md", title: "A", content: [text("words")] }];
    const { messages } = await read({ messages: [user("?"), model([use("a", "f", {})]), user([result("a", found)]), model("x")] });
    expect(messages[2]?.content).to.equal(JSON.stringify(found));
  });
});

describe("rows of the Messages API", () => {
  it("are read back as what was written", async () => {
    const format = await anthropic();
    const rows = [
      WEATHER,
      {
        messages: [
          user("one?"),
          model("1", { weight: 0 }),
          user([text("two?")]),
          model([use("a", "f", { x: 1 })]),
          user([result("a", "Error: no", { is_error: false })]),
          model("2"),
        ],
      },
    ];
    for (const first of await readAll(rows)) {
      expect(format.refuses!(first)).to.equal(undefined);
      const again = await read(format.sft!(first) as JsonValue);
      expect(again.messages).to.deep.equal(first.messages);
      expect(again.tools).to.deep.equal(first.tools);
      expect(again.answer).to.equal(first.answer);
    }
  });

  it("hold what the API asks for: results first, in one message right after their calls", async () => {
    const row = (await anthropic()).sft!(await read(WEATHER)) as { system: string; tools: JsonValue; messages: JsonObject[] };
    expect(row.system).to.equal("You know the weather.");
    expect(row.tools).to.deep.equal(WEATHER["tools"]);
    expect(row.messages.map(({ role }) => role)).to.deep.equal(["user", "assistant", "user", "assistant"]);
    expect(row.messages[2]!["content"]).to.deep.equal([
      result("toolu_1", "-3", { is_error: false }),
      result("toolu_2", "21", { is_error: false }),
      text("In degrees Celsius, please."),
    ]);
  });

  it("set prompt and completions apart for preferences and for RL", async () => {
    const format = await anthropic();
    const [chosen, rejected] = await readAll([
      { messages: [user("1+1?"), model("2")], answer: 2 },
      { messages: [user("1+1?"), model("3")], answer: 2 },
    ]);
    const query = { ...chosen!.query, id: "q" };
    expect(format.preference!({ query, chosen: chosen!, rejected: rejected! })).to.deep.equal({
      id: "q",
      prompt: [user("1+1?")],
      chosen: [model([text("2")])],
      rejected: [model([text("3")])],
    });
    expect(format.prompt!({ ...chosen!, query })).to.deep.equal({ id: "q", messages: [user("1+1?")], answers: ["2"] });
  });

  it("refuse in words what the API cannot hold", async () => {
    const format = await anthropic();
    const ask = user("?");
    const malformed = await read({ messages: [ask, model([use("a", "f", "{")]), user([result("a", "no")]), model("x")] });
    const late = await read({ messages: [ask, model([use("a", "f", {})]), ask, user([result("a", "1")]), model("x")] });
    const instructed = await read({ messages: [ask, model("x"), { role: "system", content: "Be brief." }, ask, model("y")] });
    expect([malformed, late, instructed, { ...instructed, dialect: "tags" as const }].map((one) => format.refuses!(one))).to.deep.equal([
      "a call is not JSON, and the input of a tool_use block is an object",
      "a result does not follow right after its call",
      "a system message stands after the first turn of the model",
      "its calls are written as tags in the text, and Messages rows hold native calls only",
    ]);
  });
});

describe("recognizing the Messages API", () => {
  it("is sure of what only it writes, and leaves OpenAI's messages to others", async () => {
    const { recognizes } = await anthropic();
    const sure = [
      WEATHER,
      { system: "x", messages: [user("?")] },
      [user("?"), model([use("a", "f", {})])],
      { custom_id: "a", params: { messages: [user("?")] } },
    ];
    for (const row of sure) expect(recognizes!(row as JsonValue)).to.be.at.least(0.9);
    const lines = [
      { type: "summary", summary: "x", leafUuid: "a" },
      { type: "file-history-snapshot", messageId: "a", snapshot: {} },
      { type: "system", subtype: "init", session_id: "s" },
      { type: "user", message: { role: "user", content: "?" }, sessionId: "s" },
      { custom_id: "a", result: { type: "errored", error: {} } },
      model([use("a", "f", {})]),
    ];
    for (const row of lines) expect(recognizes!(row as JsonValue), JSON.stringify(row)).to.be.at.least(0.9);
    const foreign = [
      { type: "session_meta", payload: {} },
      { messages: [user("?"), model("x")] },
      { model: "anthropic/claude-sonnet-4.5", messages: [{ role: "system", content: "x" }, user("?"), model("x")] },
      { messages: [user("?"), { ...model(null), tool_calls: [] }] },
      { request: { messages: [user("?")] }, response: { choices: [] } },
      { type: "user", text: "x" },
      ...[{ messages: [{ role: { toString: 1 } }] }, { type: { toString: 1 }, role: [{}] }],
      ...[null, 7, "text", [], [null], { messages: "x" }, { messages: [null] }],
    ];
    for (const row of foreign) expect(recognizes!(row as JsonValue), JSON.stringify(row)).to.be.below(0.5);
  });

  it("says where a row of another format came to it", async () => {
    const [row] = await readRows([{ conversations: [] }]);
    expect(row?.problem).to.contain("messages is missing");
  });
});

describe("rows of a file of Messages", () => {
  it("that are refused are named by their line, also where other lines are gathered", async () => {
    const robot = { messages: [user("?"), { role: "robot", content: [use("a", "f", {})] }] };
    const good = { messages: [user("?"), model([text("x"), use("a", "f", {})]), user([result("a", "1")])] };
    const requests = [
      { custom_id: "r", params: { messages: [user("?")] } },
      { custom_id: "r", result: { type: "succeeded", message: { content: [{ type: "image", source: {} }] } } },
    ];
    const lines = ["{torn", "", ...[good, robot, ...requests].map((row) => JSON.stringify(row))];
    const rows = await readFile(await anthropic(), `${lines.join("\n")}\n`);
    expect(rows.filter(({ problem: why }) => why !== undefined).map(({ place }) => place.replace(/^.*log\./, "log."))).to.deep.equal([
      "log.jsonl:1",
      "log.jsonl:4",
      "log.jsonl:5",
    ]);
  });

  it("are refused where a message has no content: under another name its words would be lost", async () => {
    expect(await problem({ messages: [user("?"), { role: "assistant", text: "lost" }] })).to.contain(
      "messages[1].content is missing; the message has role, text.",
    );
  });
});

describe("OpenAI's calls in a message", () => {
  it("are refused: passed over, they would be no calls", async () => {
    const called = model("", { tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }] });
    expect(await problem({ messages: [user("?"), called] })).to.contain("messages[1].tool_calls holds calls as OpenAI's chat has them");
  });
});
