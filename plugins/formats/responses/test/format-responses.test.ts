import type { JsonObject, JsonValue, ToolMessage } from "@autotraj/core/plugin";
import { parseJson } from "@autotraj/core/rows";
import { expect } from "chai";
import { toldInFull } from "../../../../test/formats/reading.ts";
import { problem, read, readAll, responses } from "./support.ts";

const user = (text: string): JsonObject => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });
const model = (text: string, more: JsonObject = {}): JsonObject => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
  ...more,
});
const call = (id: string, name: string, args: JsonValue): JsonObject => ({
  type: "function_call",
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: args,
});
const output = (id: string, said: JsonValue): JsonObject => ({ type: "function_call_output", call_id: id, output: said });
const thinking = (...paragraphs: string[]): JsonObject => ({
  id: "rs_1",
  type: "reasoning",
  summary: paragraphs.map((text) => ({ type: "summary_text", text })),
  encrypted_content: null,
});

const WEATHER: JsonObject = {
  model: "gpt-5",
  instructions: "You know the weather.",
  tools: [
    {
      type: "function",
      name: "get_weather",
      description: "Weather now",
      parameters: { type: "object", properties: { city: { type: "string" } } },
      strict: true,
    },
  ],
  input: [
    { role: "user", content: "How warm is it in Oslo and in Rome?" },
    thinking("Two cities.", "Two calls."),
    model("I look."),
    call("call_1", "get_weather", '{"city": "Oslo"}'),
    call("call_2", "get_weather", '{"city":"Rome"}'),
    output("call_2", "21"),
    output("call_1", [{ type: "input_text", text: "-3" }]),
  ],
  output: [{ id: "rs_2", type: "reasoning", summary: [], encrypted_content: "gAAAAAB" }, model("Oslo −3 °C, Rome 21 °C 🌞")],
};
const SAID = [
  "system: You know the weather.",
  "user: How warm is it in Oslo and in Rome?",
  'assistant: (Two cities.\n\nTwo calls.) I look. [call_1 get_weather {"city":"Oslo"}] [call_2 get_weather {"city":"Rome"}]',
  "tool call_1 get_weather: -3",
  "tool call_2 get_weather: 21",
  "assistant: Oslo −3 °C, Rome 21 °C 🌞",
];

async function results(...items: JsonObject[]): Promise<readonly ToolMessage[]> {
  const { messages } = await read([user("?"), ...items, model("x")]);
  return messages.flatMap((message) => (message.role === "tool" ? [message] : []));
}

describe("a Responses log", () => {
  it("is read with instructions, tools, thinking, words and parallel calls as one turn, and results in the order of their calls", async () => {
    const { messages, tools, query, answer, provenance, faults } = await read(WEATHER);
    expect(toldInFull(messages)).to.deep.equal(SAID);
    expect(tools).to.deep.equal([
      { name: "get_weather", description: "Weather now", parameters: { type: "object", properties: { city: { type: "string" } } } },
    ]);
    expect(query.question).to.equal("How warm is it in Oslo and in Rome?");
    expect({ answer, faults, provenance }).to.deep.equal({
      answer: "Oslo −3 °C, Rome 21 °C 🌞",
      faults: [],
      provenance: { origin: "recorded", model: "gpt-5", notes: { hiddenThinking: 1 } },
    });
  });

  it("is read from a request with its response, however the two are wrapped, and from a bare list", async () => {
    const { output: answered, input, ...rest } = WEATHER as { output: JsonValue[]; input: JsonValue[] } & JsonObject;
    const request = { ...rest, input };
    const response = { id: "resp_1", object: "response", status: "completed", error: null, incomplete_details: null, output: answered };
    const rows: JsonValue[] = [
      { request, response },
      { ...request, response },
      { request: { method: "POST", body: request }, response: { status_code: 200, body: response } },
      { custom_id: "w", method: "POST", url: "/v1/responses", body: request, response: { status_code: 200, body: response }, error: null },
      { ...response, ...request },
      [{ role: "system", content: "You know the weather." }, ...input, ...answered],
    ];
    for (const { messages } of await readAll(rows)) expect(toldInFull(messages)).to.deep.equal(SAID);
  });

  it("takes the items that the Agents SDK has wrapped", async () => {
    const raw = (type: string, item: JsonObject): JsonObject => ({ type, agent: { name: "a" }, raw_item: item });
    const items = [
      raw("tool_call_item", call("c", "f", "{}")),
      raw("tool_call_output_item", output("c", "1")),
      raw("message_output_item", model("1")),
    ];
    expect(toldInFull((await read({ input: "?", output: items })).messages)).to.deep.equal([
      "user: ?",
      "assistant: [c f {}]",
      "tool c f: 1",
      "assistant: 1",
    ]);
  });

  it("takes text for the input and for the output", async () => {
    const rows: JsonObject[] = [
      { model: "gpt-5", input: "1+1?", output: [model("2")] },
      { model: "gpt-5", input: "1+1?", output_text: "2" },
      { model: "gpt-5", input: "1+1?", output: "2" },
      { object: "list", data: [user("1+1?"), model("2")] },
    ];
    for (const { messages, answer } of await readAll(rows))
      expect([toldInFull(messages), answer]).to.deep.equal([["user: 1+1?", "assistant: 2"], "2"]);
  });

  it("is read from a file whose rows are the items", async () => {
    const { output: answered, input } = WEATHER as { output: JsonObject[]; input: JsonObject[] };
    const [only, ...others] = await readAll([...input, ...answered]);
    expect(others).to.deep.equal([]);
    expect(toldInFull(only!.messages)).to.deep.equal(SAID.slice(1));
  });

  it("finds a batch's request for each of its results", async () => {
    const ask = (id: string, input: string): JsonObject => ({ custom_id: id, method: "POST", url: "/v1/responses", body: { model: "gpt-5", input } });
    const answer = (id: string, text: string): JsonObject => ({
      id: "batch_req_1",
      custom_id: id,
      response: { status_code: 200, body: { id: "resp_9", status: "completed", output: [model(text)] } },
      error: null,
    });
    const lost: JsonObject = { id: "batch_req_2", custom_id: "c", response: null, error: { code: "batch_expired", message: "too late" } };
    const read = await readAll([ask("a", "1+1?"), ask("b", "2+2?"), ask("c", "3+3?"), answer("b", "4"), answer("a", "2"), lost]);
    expect(read.map(({ query, answer: said, finish, faults }) => [query.question, said, finish, faults])).to.deep.equal([
      ["2+2?", "4", "answer", []],
      ["1+1?", "2", "answer", []],
      ["3+3?", undefined, "failed", ["the response failed: too late"]],
    ]);
  });

  it("joins a chain of responses into one conversation, with the instructions that held", async () => {
    const row = (id: string, previous: string | null, input: JsonValue, items: JsonObject[], instructions = "Be exact."): JsonObject => ({
      request: { model: "gpt-5", input, instructions, previous_response_id: previous },
      response: { id, status: "completed", output: items },
      reward: items.length,
    });
    const rows = [
      row("resp_1", null, "one?", [call("c", "f", "{}")]),
      row("resp_2", "resp_1", [output("c", "1")], [model("1")]),
      row("resp_3", "resp_2", "two?", [model("2")], "Be brief."),
      row("resp_4", "resp_2", "three?", [model("3"), model("!")]),
      row("resp_9", null, "else?", [model("no")]),
    ];
    const start = ["system: Be exact.", "user: one?", "assistant: [c f {}]", "tool c f: 1", "assistant: 1"];
    const read = await readAll(rows);
    expect(read.map(({ messages }) => toldInFull(messages))).to.deep.equal([
      [...start, "system: Be brief.", "user: two?", "assistant: 2"],
      [...start, "user: three?", "assistant: 3", "assistant: !"],
      ["system: Be exact.", "user: else?", "assistant: no"],
    ]);
    expect(read.map(({ provenance }) => provenance.notes?.["outcome"])).to.deep.equal([{ reward: 1 }, { reward: 2 }, { reward: 1 }]);
    const stored = ["one?", "two?"].map((input, index) => ({
      id: `resp_${index}`,
      conversation: { id: "conv_1" },
      input,
      output: [model(`${index}`)],
    }));
    expect((await readAll(stored)).map(({ messages }) => toldInFull(messages))).to.deep.equal([
      ["user: one?", "assistant: 0", "user: two?", "assistant: 1"],
    ]);
  });

  it("reads tools of the server as calls with the results that the log holds", async () => {
    const { messages, faults, answer } = await read([
      user("?"),
      thinking("I search."),
      {
        type: "web_search_call",
        id: "ws_1",
        status: "completed",
        action: { type: "search", query: "ports", sources: [{ type: "url", url: "https://example.org" }] },
      },
      { type: "file_search_call", id: "fs_1", status: "completed", queries: ["port"], results: [{ file_id: "f", text: "8080", score: 1 }] },
      {
        type: "code_interpreter_call",
        id: "ci_1",
        code: "print(6*7)",
        container_id: "c",
        outputs: [{ type: "logs", logs: "42\n" }],
        status: "completed",
      },
      { type: "mcp_call", id: "mcp_1", server_label: "s", name: "echo", arguments: '{"x":1}', output: "hello", error: null },
      {
        type: "mcp_call",
        id: "mcp_2",
        server_label: "s",
        name: "echo",
        arguments: "{}",
        output: null,
        error: { type: "http_error", code: 500, message: "down" },
      },
      model("42"),
    ]);
    expect(toldInFull(messages).slice(1)).to.deep.equal([
      'assistant: (I search.) [ws_1 web_search {"type":"search","query":"ports"}]',
      'tool ws_1 web_search: [{"type":"url","url":"https://example.org"}]',
      'assistant: [fs_1 file_search {"queries":["port"]}]',
      'tool fs_1 file_search: [{"file_id":"f","text":"8080","score":1}]',
      'assistant: [ci_1 code_interpreter {"code":"print(6*7)"}]',
      "tool ci_1 code_interpreter: 42\n",
      'assistant: [mcp_1 echo {"x":1}]',
      "tool mcp_1 echo: hello",
      "assistant: [mcp_2 echo {}]",
      "tool mcp_2 echo failed: down",
      "assistant: 42",
    ]);
    expect({ faults, answer }).to.deep.equal({ faults: [], answer: "42" });
  });

  it("says so where the log holds no result, and still finds the answer", async () => {
    const { faults, answer } = await read([
      user("?"),
      { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "x" } },
      model("42"),
    ]);
    expect({ faults, answer }).to.deep.equal({ faults: ["unpaired: turn 2, the call ws_1 of web_search has no result"], answer: "42" });
  });

  it("reads every kind of call that the caller answers", async () => {
    const { messages, faults } = await read([
      user("?"),
      { type: "custom_tool_call", call_id: "a", name: "apply_patch", input: "*** Begin Patch" },
      { type: "custom_tool_call_output", call_id: "a", output: "Done" },
      { type: "local_shell_call", id: "lsh_1", call_id: "b", action: { type: "exec", command: ["ls"], env: {} }, status: "completed" },
      { type: "local_shell_call_output", id: "lsh_1", output: "a.txt" },
      { type: "shell_call", call_id: "c", action: { commands: ["false"] } },
      { type: "shell_call_output", call_id: "c", output: [{ stdout: "", stderr: "", outcome: { type: "exit", exit_code: 1 } }] },
      { type: "apply_patch_call", call_id: "d", operation: { type: "delete_file", path: "x" } },
      { type: "apply_patch_call_output", call_id: "d", status: "failed", output: "no such file" },
      { type: "function_call", call_id: "e", namespace: "mcp__files__", name: "read", arguments: "{}" },
      output("e", { content: "Error: but read", success: true }),
      model("x"),
    ]);
    expect(faults).to.deep.equal([]);
    expect(toldInFull(messages).slice(1, -1)).to.deep.equal([
      'assistant: [a apply_patch {"input":"*** Begin Patch"}]',
      "tool a apply_patch: Done",
      'assistant: [b local_shell {"type":"exec","command":["ls"],"env":{}}]',
      "tool b local_shell: a.txt",
      'assistant: [c shell {"commands":["false"]}]',
      'tool c shell failed: [{"stdout":"","stderr":"","outcome":{"type":"exit","exit_code":1}}]',
      'assistant: [d apply_patch {"type":"delete_file","path":"x"}]',
      "tool d apply_patch failed: no such file",
      "assistant: [e mcp__files__read {}]",
      "tool e mcp__files__read: Error: but read",
    ]);
  });

  it("knows an MCP call that was approved from one that was not", async () => {
    const asked = { type: "mcp_approval_request", id: "mcpr_1", server_label: "s", name: "pay", arguments: '{"sum":5}' };
    const answer = (approve: boolean) => ({ type: "mcp_approval_response", approval_request_id: "mcpr_1", approve });
    const made = {
      type: "mcp_call",
      id: "mcp_1",
      approval_request_id: "mcpr_1",
      server_label: "s",
      name: "pay",
      arguments: '{"sum":5}',
      output: "paid",
    };
    expect((await results(asked, answer(true), made)).map(({ content, ok }) => [content, ok])).to.deep.equal([["paid", true]]);
    expect((await results(asked, answer(false))).map(({ content, ok }) => [content, ok])).to.deep.equal([["The call was not approved.", false]]);
  });

  it("lists the tools of a request, of MCP servers and of namespaces", async () => {
    const { tools, provenance } = await read({
      tools: [
        { type: "web_search_preview_2025_03_11" },
        { type: "mcp", server_label: "files", server_url: "https://example.org" },
        { type: "custom", name: "apply_patch", description: "A patch", format: { type: "grammar" } },
        { type: "namespace", name: "mcp__git", tools: [{ type: "function", name: "log", parameters: { type: "object" } }] },
        { type: "function", function: { name: "wrapped", parameters: { type: "object" } } },
      ],
      input: [
        user("?"),
        { type: "mcp_list_tools", id: "l", server_label: "files", tools: [{ name: "read", input_schema: { type: "object" }, description: null }] },
      ],
      output: [model("x")],
    });
    expect(tools.map(({ name }) => name)).to.deep.equal(["web_search", "apply_patch", "mcp__git__log", "wrapped", "read"]);
    expect(provenance.notes).to.deep.equal({ mcpServers: ["files"] });
  });

  it("keeps every digit and every letter of arguments and results", async () => {
    const line = `{"input": [{"role": "user", "content": "id?"}, {"type": "function_call", "call_id": "t", "name": "get", "arguments": "{\\"id\\": 12345678901234567890, \\"tag\\": \\"e\\u0301\\ud83d\\ude80\\"}"}, {"type": "function_call_output", "call_id": "t", "output": "a\\u0000b ﷽"}, {"role": "assistant", "content": "done"}]}`;
    const trajectory = await read(parseJson(line));
    expect(toldInFull(trajectory.messages)[1]).to.contain('{"id":12345678901234567890,"tag":"e\u0301🚀"}');
    expect(trajectory.messages[2]?.content).to.equal("a\u0000b ﷽");
    expect(JSON.stringify((await responses()).sft!(trajectory))).to.contain('\\"id\\":12345678901234567890');
  });

  it("pairs by order where ids are missing, and keeps arguments that are none as what was written", async () => {
    const anonymous = ({ call_id: _call, id: _id, ...item }: JsonObject): JsonObject => item;
    const { messages, faults } = await read([
      user("?"),
      ...[call("", "f", '{"x":1}'), call("", "g", "{x"), output("", "one"), output("", "two")].map(anonymous),
      model("3"),
    ]);
    expect(toldInFull(messages).slice(1, 4)).to.deep.equal([
      'assistant: [call-0 f {"x":1}] [call-1 g {}]',
      "tool call-0 f: one",
      "tool call-1 g: two",
    ]);
    expect(faults).to.deep.equal(["malformed tool call: the arguments are not a JSON object"]);
  });

  it("prefers the thinking itself to its summary", async () => {
    const open = { ...thinking("in short"), content: [{ type: "reasoning_text", text: "in full" }] };
    expect(toldInFull((await read([user("?"), open, model("x")])).messages)[1]).to.equal("assistant: (in full) x");
  });

  it("knows a refusal, a failure, and a response that was cut off", async () => {
    const row = (more: JsonObject) => read({ input: "?", output: [model("First of a")], ...more });
    const refused = await row({ output: [model("", { content: [{ type: "refusal", refusal: "I can not." }] })] });
    expect([refused.answer, refused.faults, refused.messages.at(-1)?.content]).to.deep.equal([undefined, ["the model refused"], "I can not."]);
    const failed = await row({ status: "failed", error: { code: "server_error", message: "broke" } });
    expect([failed.answer, failed.finish, failed.faults]).to.deep.equal([undefined, "failed", ["the response failed: broke"]]);
    const cut = await row({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    expect([cut.answer, cut.finish]).to.deep.equal([undefined, "token-limit"]);
    const filtered = await row({ status: "incomplete", incomplete_details: { reason: "content_filter" } });
    expect([filtered.answer, filtered.faults]).to.deep.equal([undefined, ["the answer was filtered out"]]);
  });

  for (const [what, row, expected] of [
    ["an image", [{ role: "user", content: [{ type: "input_image", image_url: "x" }] }], 'input[0].content[0] is a part of type "input_image"'],
    [
      "a screenshot",
      [user("?"), { type: "computer_call_output", call_id: "a", output: { type: "computer_screenshot" } }],
      'input[1].output is a part of type "computer_screenshot"',
    ],
    [
      "a plot",
      [user("?"), { type: "code_interpreter_call", id: "c", code: "", outputs: [{ type: "image", url: "x" }] }],
      "input[1].outputs[0] is a part of type",
    ],
    ["a picture that it made", [user("?"), { type: "image_generation_call", id: "i", result: "x" }], "input[1] is an image that the model made"],
    ["a reference", [user("?"), { type: "item_reference", id: "rs_1" }], "input[1] refers to an item that the server kept"],
    ["a compaction", [user("?"), { type: "compaction", encrypted_content: "x" }], "input[1] is a compaction"],
    ["an unknown item", [user("?"), { type: "telepathy" }], 'input[1] is an item of type "telepathy"'],
    ["an unknown role", [{ role: "critic", content: "x" }], 'input[0].role is "critic"'],
    ["only an answer", { object: "response", output: [] }, "input is missing"],
    ["a beginning that is not here", { previous_response_id: "resp_0", input: "?", output: [] }, "previous_response_id names resp_0"],
  ] as const) {
    it(`is refused with the place where it has ${what}`, async () => {
      expect(await problem(row as unknown as JsonValue)).to.contain(expected);
    });
  }
});

describe("rows of the Responses API", () => {
  it("are read back as what was written", async () => {
    const format = await responses();
    const rows: JsonValue[] = [
      WEATHER,
      [
        user("one?"),
        { ...model("1"), weight: 0 },
        user("two?"),
        { role: "system", content: "Be brief." },
        call("a", "f", "{"),
        output("a", "no"),
        model("2"),
      ],
    ];
    for (const first of await readAll(rows)) {
      expect(format.refuses!(first)).to.equal(undefined);
      const again = await read(format.sft!(first) as JsonValue);
      expect(again.messages).to.deep.equal(first.messages);
      expect(again.tools).to.deep.equal(first.tools);
      expect(again.answer).to.equal(first.answer);
      expect(format.recognizes!(format.sft!(first) as JsonValue)).to.equal(0.97);
    }
  });

  it("set prompt and completions apart for preferences and for RL", async () => {
    const format = await responses();
    const [chosen, rejected] = await readAll([
      { input: "1+1?", output: "2", answer: 2 },
      { input: "1+1?", output: "3", answer: 2 },
    ]);
    const query = { ...chosen!.query, id: "q" };
    const answered = (text: string) => [{ type: "message", role: "assistant", content: [{ type: "output_text", text, annotations: [] }] }];
    expect(format.preference!({ query, chosen: chosen!, rejected: rejected! })).to.deep.equal({
      id: "q",
      input: [user("1+1?")],
      chosen: answered("2"),
      rejected: answered("3"),
    });
    expect(format.prompt!({ ...chosen!, query })).to.deep.equal({ id: "q", input: [user("1+1?")], answers: ["2"] });
    expect(format.refuses!({ ...chosen!, dialect: "tags" })).to.contain("tags");
  });
});

describe("recognizing the Responses API", () => {
  it("is sure of typed items, and leaves messages and instructions of others to them", async () => {
    const { recognizes } = await responses();
    const sure = [
      WEATHER,
      [user("?"), model("x")],
      { object: "response", output: [] },
      { input: "?", output: [model("x")] },
      { type: "response_item", payload: {} },
    ];
    for (const row of sure) expect(recognizes!(row as JsonValue), JSON.stringify(row)).to.be.at.least(0.9);
    const foreign = [
      { input: "a", output: "b" },
      { instruction: "a", input: "", output: "b" },
      { messages: [{ role: "user", content: "?" }] },
      [{ role: "user", content: "?" }],
      { input: [1, 2] },
      { items: [{ from: "human" }] },
      ...[{ messages: [{ role: { toString: 1 } }] }, { type: { toString: 1 }, role: [{}] }],
      ...[null, 7, "text", [], [null], { input: null }],
    ];
    for (const row of foreign) expect(recognizes!(row as JsonValue), JSON.stringify(row)).to.be.below(0.5);
  });
});

describe("a message among the items", () => {
  it("is refused without content: under another name its words would be lost", async () => {
    expect(await problem({ input: [user("?"), { type: "message", role: "assistant", text: "lost" }] })).to.contain(
      "input[1].content is missing; the message has type, role, text.",
    );
  });
});

describe("OpenAI chat's calls in a message among the items", () => {
  const row = {
    input: [user("?")],
    output: { role: "assistant", content: null, tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }] },
  };

  it("are refused and not recognized: passed over, they would be no calls", async () => {
    expect(await problem(row)).to.contain("output.tool_calls holds calls as OpenAI's chat has them");
    expect((await responses()).recognizes!(row)).to.equal(0);
  });
});
