import { ExportTally } from "@autotraj/core";
import type { AssistantMessage, Format, JsonObject, JsonValue, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { parseJson } from "@autotraj/core/rows";
import { expect } from "chai";
import { assistantOf, CALL, LOG } from "./rows.ts";
import { callsOf, chat, problem, read, readAll } from "./support.ts";

describe("a recorded conversation", () => {
  it("is read under the names that other recorders give it", async () => {
    const { messages } = await read({
      trajectory: [
        { role: "system", system_prompt: "Be brief." },
        { role: "user", text: "Where is Oslo?" },
        { role: "assistant", recipient: "functions.search", content: '{"q": "Oslo"}' },
        { role: "environment", content: "In Norway." },
        { role: "ai", recipient: "all", text: "In Norway." },
      ],
    });
    expect(messages).to.deep.equal([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Where is Oslo?" },
      { role: "assistant", content: "", toolCalls: [{ id: "call-0", name: "search", arguments: { q: "Oslo" } }] },
      { role: "tool", toolCallId: "call-0", name: "search", content: "In Norway.", ok: true },
      { role: "assistant", content: "In Norway." },
    ]);
  });

  it("is refused where calls stand in a spelling that is not read", async () => {
    expect(
      await problem({
        messages: [
          { role: "user", content: "q" },
          { role: "assistant", content: null, function_calls: 'f(x="1")' },
        ],
      }),
    ).to.contain("messages[1].function_calls holds calls in a spelling that is not read; write them as tool_calls");
  });

  it("is read with its question, tools, calls, results and answer", async () => {
    const { query, tools, messages, answer, finish, provenance, dialect } = await read(LOG);
    expect(query).to.deep.equal({ id: "log-1", question: "What is 6*7?", answers: ["42"], task: "products" });
    expect(tools.map(({ name, description }) => `${name}: ${description}`)).to.deep.equal(["python: Runs code"]);
    expect(messages[2]).to.deep.equal({
      role: "assistant",
      content: "",
      reasoning: "I had better calculate.",
      toolCalls: [{ id: "call_9aF", name: "python", arguments: { code: "print(6*7)" } }],
    });
    expect(messages[3]).to.deep.equal({ role: "tool", toolCallId: "call_9aF", name: "python", content: "42", ok: true });
    expect({ answer, finish, dialect, provenance }).to.deep.equal({
      answer: "42",
      finish: "answer",
      dialect: "native",
      provenance: { origin: "recorded", model: "gpt-4o-mini" },
    });
  });

  it("is the same after it was written and read again", async () => {
    const first = await read(LOG);
    const again = await read((await chat()).sft!(first) as JsonValue);
    expect(again.messages).to.deep.equal(first.messages);
    expect(again.tools).to.deep.equal(first.tools);
    expect(again.answer).to.equal(first.answer);
  });

  it("is read from messages, tools and calls that are JSON text, and with the system prompt and the tools in other places", async () => {
    const { messages, tools, ...rest } = LOG as { messages: JsonObject[]; tools: JsonObject[] };
    const expected = await read(LOG);
    const inSystem = messages.map((message) => (message["role"] === "system" ? { ...message, tools } : message));
    const rows: readonly JsonObject[] = [
      { ...rest, messages: JSON.stringify(messages), tools: JSON.stringify(tools) },
      { ...rest, messages: messages.filter(({ role }) => role !== "system"), system: "Use the tool.", functions: tools },
      { ...rest, messages, system: "Use the tool.", available_tools: JSON.stringify(tools) },
      { ...rest, messages: inSystem },
      {
        ...rest,
        messages: messages.map((message) => ({ ...message, ...(message["tool_calls"] ? { tool_calls: JSON.stringify([CALL]) } : {}) })),
        tools,
      },
      { ...rest, prompt: messages.slice(0, 2), completion: messages.slice(2), tools },
      { ...rest, messages: messages.slice(0, 4), tools, response: "It is \\boxed{42}." },
      { ...rest, messages: messages.slice(0, 4), tools, response: { choices: [{ message: messages[4]! }] } },
      { ...rest, messages, tools, response: "of no concern" },
    ];
    for (const row of rows) {
      const got = await read(row);
      expect([got.messages, got.tools, got.answer], JSON.stringify(row)).to.deep.equal([expected.messages, expected.tools, expected.answer]);
    }
  });

  it("of preferences is two trajectories, with the prompt apart or in both sides", async () => {
    const prompt = [{ role: "user", content: "6*7?" }];
    const [good, bad] = [[{ role: "assistant", content: "42" }], [{ role: "assistant", content: "43" }]];
    const rows: readonly JsonObject[] = [
      { prompt, chosen: good, rejected: bad },
      { chosen: [...prompt, ...good], rejected: [...prompt, ...bad] },
      { messages: prompt, chosen: good, rejected: bad },
    ];
    for (const row of rows) {
      const [chosen, rejected] = (await readAll([row])) as [Trajectory, Trajectory];
      expect([chosen.answer, rejected.answer]).to.deep.equal(["42", "43"]);
      expect([chosen, rejected].map(({ provenance }) => provenance.notes)).to.deep.equal([{ side: "chosen" }, { side: "rejected" }]);
    }
  });

  it("keeps the order of a conversation with several questions", async () => {
    const messages = ["user", "assistant", "user", "assistant"].map((role, index) => ({ role, content: `${role} ${index}` }));
    const row = (await chat()).sft!(await read({ messages })) as { messages: { content: string }[] };
    expect(row.messages.map(({ content }) => content)).to.deep.equal(["user 0", "assistant 1", "user 2", "assistant 3"]);
  });

  it("takes a developer message as the system prompt", async () => {
    const { messages } = await read({
      messages: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: "?" },
      ],
    });
    expect(messages[0]).to.deep.equal({ role: "system", content: "Be brief." });
  });

  it("takes arguments as an object as well as text", async () => {
    const call = { id: "a", type: "function", function: { name: "f", arguments: { x: 1 } } };
    expect((await assistantOf({ role: "assistant", content: null, tool_calls: [call] })).toolCalls).to.deep.equal([
      { id: "a", name: "f", arguments: { x: 1 } },
    ]);
  });

  for (const [arguments_, raw] of [
    ['{"x": ', '{"x": '],
    ["[1, 2]", "[1, 2]"],
    [[1, 2], "[1,2]"],
    ["null", "null"],
    [true, "true"],
  ] as const) {
    it(`keeps arguments that are no object (${JSON.stringify(arguments_)}) as a malformed call with what was written`, async () => {
      const function_ = { name: "f", arguments: arguments_ as JsonValue };
      const { toolCalls } = await assistantOf({ role: "assistant", content: "", tool_calls: [{ id: "a", function: function_ }] });
      expect(toolCalls?.[0]?.malformed).to.deep.equal({ raw, reason: "the arguments are not a JSON object" });
    });
  }

  it("notes a malformed call as a fault", async () => {
    const call = { id: "a", function: { name: "f", arguments: "{" } };
    const messages: JsonObject[] = [
      { role: "user", content: "?" },
      { role: "assistant", tool_calls: [call] },
      { role: "tool", tool_call_id: "a", content: "no" },
    ];
    expect((await read({ messages })).faults).to.deep.equal(["malformed tool call: the arguments are not a JSON object"]);
  });

  it("takes arguments under the names that others give them, and a custom tool's text", async () => {
    const calls: readonly JsonObject[] = [
      { function: { name: "f", parameters: { x: 1 } } },
      { name: "f", arguments: { x: 1 } },
      { type: "custom", custom: { name: "f", input: "x = 1" } },
    ];
    const { toolCalls = [] } = await assistantOf({ role: "assistant", tool_calls: calls as JsonObject[] });
    expect(toolCalls.map(({ arguments: args }) => args)).to.deep.equal([{ x: 1 }, { x: 1 }, { input: "x = 1" }]);
  });

  it("pairs the old function_call messages, each result with the call before it", async () => {
    const ask = (x: number) => ({ role: "assistant", content: null, function_call: { name: "f", arguments: `{"x":${x}}` } });
    const reply = (content: string) => ({ role: "function", name: "f", content });
    const { messages, tools } = await read({
      functions: [{ name: "f", parameters: { type: "object", properties: {} } }],
      messages: [{ role: "user", content: "?" }, ask(1), reply("one"), ask(2), reply("two")],
    });
    const calls = messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []).map(({ id }) => id) : []));
    const results = messages.flatMap((message) => (message.role === "tool" ? message.toolCallId : []));
    expect(new Set(calls).size).to.equal(2);
    expect(results).to.deep.equal(calls);
    expect(tools.map(({ name }) => name)).to.deep.equal(["f"]);
  });

  it("keeps a weight of 0 out of the loss, in and out", async () => {
    const trajectory = await read({
      messages: [
        { role: "user", content: "?" },
        { role: "assistant", content: "x", weight: 0 },
        { role: "assistant", content: "y" },
      ],
    });
    expect(trajectory.messages.slice(1).map((message) => (message as AssistantMessage).train)).to.deep.equal([false, undefined]);
    const row = (await chat()).sft!(trajectory) as { messages: { weight?: number }[] };
    expect(row.messages.map(({ weight }) => weight)).to.deep.equal([undefined, 0, 1]);
  });

  it("knows a failed result where the log says so", async () => {
    const messages: JsonObject[] = [
      { role: "user", content: "?" },
      { role: "assistant", tool_calls: [CALL] },
      { role: "tool", tool_call_id: "call_9aF", content: "boom", ok: false },
    ];
    expect(((await read({ messages })).messages[2] as ToolMessage).ok).to.equal(false);
  });

  it("has no answer where it ends with a call, a result, nothing or an empty box", async () => {
    const endings: JsonObject[] = [
      { role: "assistant", content: "so", tool_calls: [CALL] },
      { role: "tool", tool_call_id: "x", content: "1" },
      { role: "assistant", content: "\\boxed{ }" },
    ];
    for (const last of endings) {
      const trajectory = await read({ messages: [{ role: "user", content: "?" }, last] });
      expect(trajectory).not.to.have.property("answer");
      expect(trajectory.finish).to.equal("no-answer");
    }
  });

  it("has the whole last text as its answer where there is no box, and the last box with its braces where there is", async () => {
    const answerOf = async (content: string) =>
      (
        await read({
          messages: [
            { role: "user", content: "?" },
            { role: "assistant", content },
          ],
        })
      ).answer;
    expect(await answerOf(" Paris ")).to.equal("Paris");
    expect(await answerOf("\\boxed{1} or \\boxed{\\frac{1}{2}} then")).to.equal("\\frac{1}{2}");
    expect(await answerOf(`\\boxed{${"{".repeat(50_000)}`)).to.match(/^\\boxed/);
  });
});

describe("calls and results of a conversation", () => {
  const weather = (city: string, id?: string): JsonObject => ({
    ...(id === undefined ? {} : { id }),
    function: { name: "weather", arguments: { city } },
  });
  const ask = (...calls: JsonObject[]): JsonObject => ({ role: "assistant", content: "", tool_calls: calls });
  const reply = (content: string, more: JsonObject = {}): JsonObject => ({ role: "tool", content, ...more });
  const talk = (...messages: JsonObject[]): JsonObject => ({
    messages: [{ role: "user", content: "?" }, ...messages, { role: "assistant", content: "!" }],
  });
  const pairs = (trajectory: Trajectory) => {
    const cities = new Map(callsOf(trajectory).map(({ id, arguments: args }) => [id, args["city"]]));
    return trajectory.messages.flatMap((message) => (message.role === "tool" ? [`${cities.get(message.toolCallId)}: ${message.content}`] : []));
  };
  const both = ask(weather("Oslo"), weather("Rome"));
  const withIds = ask(weather("Oslo", "c1"), weather("Rome", "c2"));
  const old = (city: string): JsonObject => ({
    role: "assistant",
    content: "",
    function_call: { name: "weather", arguments: `{"city": "${city}"}` },
  });
  const cases: readonly (readonly [string, JsonObject])[] = [
    ["one name and no ids", talk(both, reply("3 C", { name: "weather" }), reply("21 C", { name: "weather" }))],
    ["neither names nor ids", talk(both, reply("3 C"), reply("21 C"))],
    ["empty ids", talk(ask(weather("Oslo", ""), weather("Rome", "")), reply("3 C", { tool_call_id: "" }), reply("21 C", { tool_call_id: "" }))],
    [
      "one id twice",
      talk(ask(weather("Oslo", "f:1"), weather("Rome", "f:1")), reply("3 C", { tool_call_id: "f:1" }), reply("21 C", { tool_call_id: "f:1" })),
    ],
    ["ids, and results in the order they came", talk(withIds, reply("21 C", { tool_call_id: "c2" }), reply("3 C", { tool_call_id: "c1" }))],
    [
      "the old form, one after the other",
      talk(old("Oslo"), old("Rome"), { role: "function", name: "weather", content: "3 C" }, { role: "function", name: "weather", content: "21 C" }),
    ],
    [
      "the same id in two turns",
      talk(ask(weather("Oslo", "c")), reply("3 C", { tool_call_id: "c" }), ask(weather("Rome", "c")), reply("21 C", { tool_call_id: "c" })),
    ],
  ];
  for (const [what, row] of cases) {
    it(`are told apart with ${what}`, async () => {
      const trajectory = await read(row);
      expect(pairs(trajectory)).to.deep.equal(["Oslo: 3 C", "Rome: 21 C"]);
      expect(new Set(callsOf(trajectory).map(({ id }) => id)).size).to.equal(2);
      expect(trajectory.faults).to.deep.equal([]);
    });
  }

  it("that do not fit are named, and left out of every export", async () => {
    const rows: readonly (readonly [JsonObject, string])[] = [
      [talk(withIds, reply("3 C", { tool_call_id: "c1" })), "turn 2, the call c2 of weather has no result"],
      [
        talk(ask(weather("Oslo", "c1")), reply("3 C", { tool_call_id: "c1" }), reply("3 C", { tool_call_id: "c1" })),
        "turn 4, a result for the call c1, answers a call that is answered already",
      ],
      [talk(reply("3 C", { tool_call_id: "c1" }), ask(weather("Oslo", "c1"))), "turn 2, a result for the call c1, stands before the call"],
    ];
    const format = (await chat()) as Required<Format>;
    for (const [row, fault] of rows) {
      const trajectory = await read(row);
      expect(trajectory.faults).to.include(`unpaired: ${fault}`);
      expect([...new ExportTally().sft([trajectory], format)]).to.deep.equal([]);
    }
  });

  it("have failed where a result's text says so", async () => {
    for (const content of [
      "Traceback (most recent call last):\n  File\nValueError: x",
      "Error: x",
      '{"error": "not found"}',
      "Invalid Action. Try again.",
    ]) {
      const { messages } = await read(talk(ask(weather("Oslo", "a")), reply(content, { tool_call_id: "a" })));
      expect((messages[2] as ToolMessage).ok, content).to.equal(false);
    }
  });

  it("keep big numbers digit by digit, from the row to the row that is written", async () => {
    const n = "12345678901234567890";
    const line = `{"answer": ${n}, "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {"n": ${n}}}}]}, {"role": "tool", "tool_call_id": "c", "content": [{"type": "bus", "n": ${n}}]}]}`;
    const trajectory = await read(parseJson(line));
    expect(trajectory.query.answers).to.deep.equal([n]);
    expect(trajectory.messages[2]!.content).to.equal(`[{"type":"bus","n":${n}}]`);
    const format = await chat();
    expect(JSON.stringify(format.sft!(trajectory))).to.include(`"arguments":{"n":${n}}`);
    expect(JSON.stringify(format.variants!["openai"]!.sft!(trajectory))).to.include(`"arguments":"{\\"n\\":${n}}"`);
  });
});

describe("what a model's message says beside its words", () => {
  it("is thinking: in the text, beside it under any name, or in parts", async () => {
    const said: readonly (readonly [JsonObject, string, string])[] = [
      [{ content: "<think>\nFrance: Paris\n</think>\n\nParis" }, "France: Paris", "Paris"],
      [{ content: "France: Paris\n</think>\n\nParis" }, "France: Paris", "Paris"],
      [{ content: "Paris", reasoning_content: "France: Paris", reasoning: null }, "France: Paris", "Paris"],
      [{ content: "Paris", reasoning: "France: Paris" }, "France: Paris", "Paris"],
      [{ content: "Paris", reasoning_details: [{ type: "reasoning.text", text: "France: Paris" }] }, "France: Paris", "Paris"],
      [
        {
          content: [
            { type: "thinking", thinking: "France: Paris" },
            { type: "text", text: "Paris" },
          ],
        },
        "France: Paris",
        "Paris",
      ],
    ];
    for (const [message, thought, answer] of said) {
      const trajectory = await read({
        messages: [
          { role: "user", content: "?" },
          { role: "assistant", ...message },
        ],
      });
      const { reasoning, content } = trajectory.messages[1] as AssistantMessage;
      expect([reasoning, content, trajectory.answer], JSON.stringify(message)).to.deep.equal([thought, answer, answer]);
    }
  });

  it("is a refusal, which is no answer", async () => {
    const messages: readonly JsonObject[] = [{ content: null, refusal: "I can't." }, { content: [{ type: "refusal", refusal: "I can't." }] }];
    for (const message of messages) {
      const {
        messages: read_,
        faults,
        finish,
      } = await read({
        messages: [
          { role: "user", content: "?" },
          { role: "assistant", ...message },
        ],
      });
      expect([read_[1]!.content, faults, finish]).to.deep.equal(["I can't.", ["the model refused"], "no-answer"]);
    }
  });

  it("is calls in the text, as Hermes and Qwen write them", async () => {
    const { content, toolCalls = [] } = await assistantOf({
      role: "assistant",
      content: 'So.\n<tool_call>\n{"name": "f", "arguments": {"x": 1}}\n</tool_call>',
    });
    expect([content, toolCalls.map(({ name, arguments: args }) => ({ name, args }))]).to.deep.equal(["So.", [{ name: "f", args: { x: 1 } }]]);
  });
});

describe("a format is told by its rows", () => {
  const plain = [
    { role: "user", content: "?" },
    { role: "assistant", content: "!" },
  ];
  const cases: readonly (readonly [string, JsonValue, boolean])[] = [
    ["a logged conversation", LOG, true],
    ["plain messages", { messages: plain }, true],
    ["the messages alone", plain, true],
    ["messages as JSON text", { messages: JSON.stringify(plain) }, true],
    ["a prompt and its completion", { prompt: plain.slice(0, 1), completion: plain.slice(1) }, true],
    ["a prompt and two sides", { prompt: plain.slice(0, 1), chosen: plain.slice(1), rejected: plain.slice(1) }, true],
    ["Anthropic's parts", { messages: [plain[0]!, { role: "assistant", content: [{ type: "tool_use", id: "a", name: "f", input: {} }] }] }, false],
    ["OpenAI's responses", { input: [{ type: "function_call", call_id: "a", name: "f", arguments: "{}" }], output: [] }, false],
    ["ShareGPT turns", { conversations: [{ from: "human", value: "?" }] }, false],
    ["roles of other sets", { messages: [plain[0]!, { role: "tool_call", content: "{}" }] }, false],
    ["prompt and completion as text", { prompt: "Question: ?", completion: "Thought: hm" }, false],
    ["steps", { question: "?", steps: [{ thought: "", tool: "x" }] }, false],
    ["ATIF", { schema_version: "ATIF-v1.4", steps: [{ source: "user", message: "?" }] }, false],
    ["text", "Question: ?", false],
    ["no messages", { messages: [] }, false],
    ["nothing", null, false],
  ];
  for (const [what, row, isKnown] of cases) {
    it(`: ${what} ${isKnown ? "is" : "is not"} OpenAI's`, async () => {
      expect((await chat()).recognizes!(row) >= 0.5).to.equal(isKnown);
    });
  }
});

describe("a row that cannot be read", () => {
  const user = { role: "user", content: "?" };
  const rows: readonly (readonly [string, JsonValue, string])[] = [
    ["is no object", 5, "the row is not an object."],
    ["has no messages", {}, "messages is missing; expected a list of OpenAI chat messages."],
    ["has no question", { messages: [{ role: "assistant", content: "x" }] }, "the row holds no turn of a user, so there is no question."],
    ["has a message that is no object", { messages: [user, "x"] }, "messages[1] is not an object."],
    [
      "has an unknown role",
      { messages: [user, { role: "bot", content: "x" }] },
      'messages[1].role is "bot"; expected system, developer, user, assistant, ai, tool, function, environment.',
    ],
    ["has a part that is a number", { messages: [{ role: "user", content: [5] }] }, "messages[0].content[0] is not an object."],
    [
      "has sound",
      { messages: [user, { role: "assistant", audio: { id: "a" } }] },
      "messages[1].audio is part of what the model saw or made; only text is read here.",
    ],
    [
      "has a call in a user's message",
      { messages: [{ ...user, tool_calls: [CALL] }] },
      "messages[0].tool_calls stands in a message that is not the assistant's.",
    ],
    [
      "has thinking in a user's message",
      { messages: [{ role: "user", content: [{ type: "thinking", thinking: "x" }] }] },
      "messages[0].content holds thinking or a refusal, which only the model's turns have.",
    ],
    [
      "has a response of another kind",
      { messages: [user], response: { output: [] } },
      "response is neither text, a message, nor a completion with choices.",
    ],
    [
      "has an image",
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "?" },
              { type: "image_url", image_url: { url: "x" } },
            ],
          },
        ],
      },
      'messages[0].content[1] is a part of type "image_url"; text, thinking and refusals are read here.',
    ],
    [
      "has a call without a function",
      { messages: [user, { role: "assistant", tool_calls: [{ id: "a" }] }] },
      "messages[1].tool_calls[0].function.name is missing.",
    ],
    [
      "has a call without a name",
      { messages: [user, { role: "assistant", tool_calls: [CALL, { id: "a", function: {} }] }] },
      "messages[1].tool_calls[1].function.name is missing.",
    ],
    [
      "has a function_call without a name",
      { messages: [user, { role: "assistant", function_call: {} }] },
      "messages[1].function_call.name is missing.",
    ],
    ["has tools that are no list", { messages: [user], tools: {} }, "tools is not a list."],
    ["has a tool without a name", { messages: [user], tools: [{ type: "function", function: {} }] }, "tools[0].name is missing."],
    ["has an answer that is an object", { messages: [user], answers: ["1", {}] }, "answers[1] is neither text nor a number."],
  ];
  for (const [what, row, message] of rows) {
    it(`because it ${what} is refused with the path`, async () => {
      expect(await problem(row)).to.equal(message);
    });
  }
});

describe("recognizing OpenAI messages", () => {
  it("takes any JSON value without throwing", async () => {
    const { recognizes } = await chat();
    const message = { role: "user", content: [{ type: { toString: 1 } }, { type: [{}] }] };
    expect(recognizes!({ messages: [message] })).to.equal(0.8);
  });
});

describe("what OpenAI's messages must not lose", () => {
  const user = { role: "user", content: "Oslo?" };
  const oslo = { id: "c1", type: "function", function: { name: "weather", arguments: '{"city": "Oslo"}' } };
  const turn = { role: "assistant", content: null, tool_calls: [oslo] };
  const result = (more: JsonObject): JsonObject => ({ role: "tool", tool_call_id: "c1", ...more });

  it("is a message's words: under a name that is not read they are refused, and what a tool gave is read as its output", async () => {
    expect(await problem({ messages: [{ role: "user", value: "Hi?" }] })).to.contain("messages[0].content is missing; the message has role, value.");
    expect(await problem({ messages: [user, { role: "assistant", message: "Hello" }] })).to.contain("messages[1].content is missing");
    expect(await problem({ messages: [user, turn, result({ stdout: "3" })] })).to.contain("messages[2].content is missing; the message has role");
    for (const name of ["content", "text", "output", "result"])
      expect((await read({ messages: [user, turn, result({ [name]: "3 C" })] })).messages[2], name).to.include({ content: "3 C" });
    expect((await read({ messages: [user, { role: "assistant", content: null }] })).messages[1]).to.deep.equal({ role: "assistant", content: "" });
  });

  it("is an image, or another thing that is no text, beside a message or the whole conversation: it is refused", async () => {
    const image = { ...user, images: ["aGk="] };
    const answer = { role: "assistant", content: "A cat." };
    expect(await problem({ messages: [image, answer] })).to.contain(
      "messages[0].images is part of what the model saw or made; only text is read here",
    );
    expect(await problem({ messages: [user, answer], images: ["cat.png"] })).to.match(/^images is part of what the model saw/);
    expect(await problem({ messages: [user, { ...answer, audio: { id: "a" } }] })).to.contain("messages[1].audio is part of");
    expect((await read({ messages: [{ ...user, images: [] }, answer], images: null })).answer).to.equal("A cat.");
  });

  it("is thinking beside the words, in all the shapes that servers give it; what nobody can read is passed over, what is unknown is refused", async () => {
    const thoughts = async (beside: JsonObject) => (await assistantOf({ role: "assistant", content: "3", ...beside })).reasoning;
    expect(
      await thoughts({
        reasoning_details: [
          { type: "reasoning.summary", summary: "hm" },
          { type: "reasoning.encrypted", data: "x" },
        ],
      }),
    ).to.equal("hm");
    expect(
      await thoughts({
        thinking_blocks: [
          { type: "thinking", thinking: "hm", signature: "s" },
          { type: "redacted_thinking", data: "x" },
        ],
      }),
    ).to.equal("hm");
    const odd = { role: "assistant", content: "3", reasoning_details: [{ type: "reasoning.picture", data: "x" }] };
    expect(await problem({ messages: [user, odd] })).to.contain('messages[1].reasoning_details[0] is a part of type "reasoning.picture"');
  });

  it("is one call that stands in the old field and the new, and two that are not the same", async () => {
    const both = (args: string) => ({ ...turn, function_call: { name: "weather", arguments: args } });
    expect(callsOf(await read({ messages: [user, both('{"city":"Oslo"}'), result({ content: "3" })] })).map(({ id }) => id)).to.deep.equal(["c1"]);
    expect(
      callsOf(await read({ messages: [user, both('{"city":"Rome"}'), result({ content: "3" })] })).map(({ arguments: args }) => args),
    ).to.deep.equal([{ city: "Oslo" }, { city: "Rome" }]);
  });

  it("is a call that a stream left in pieces", async () => {
    const piece = (index: number, details: JsonObject, more: JsonObject = {}): JsonObject => ({ index, function: details, ...more });
    const pieces = [
      piece(0, { name: "weather", arguments: "" }, { id: "c1", type: "function" }),
      piece(0, { arguments: '{"city":' }),
      piece(0, { name: null, arguments: ' "Oslo"}' }),
      piece(1, { name: "weather", arguments: "{}" }, { id: "c2" }),
      piece(1, { name: "weather", arguments: "{}" }, { id: "c3" }),
    ];
    expect(callsOf(await read({ messages: [user, { ...turn, tool_calls: pieces }] }))).to.deep.equal([
      { id: "c1", name: "weather", arguments: { city: "Oslo" } },
      { id: "c2", name: "weather", arguments: {} },
      { id: "c3", name: "weather", arguments: {} },
    ]);
    expect(await problem({ messages: [user, { ...turn, tool_calls: [piece(0, { name: "f" }), { function: { arguments: "{}" } }] }] })).to.contain(
      "messages[1].tool_calls[1].function.name is missing",
    );
  });

  it("is thinking, once, that servers put beside the words and into their parts", async () => {
    const parts: JsonObject[] = [
      { type: "thinking", thinking: "hm" },
      { type: "text", text: "3" },
    ];
    expect(await assistantOf({ role: "assistant", content: parts, reasoning_content: "hm" })).to.deep.equal({
      role: "assistant",
      content: "3",
      reasoning: "hm",
    });
  });

  it("is what a log says of a result's success, whatever the result's text says", async () => {
    const ok = async (more: JsonObject) =>
      ((await read({ messages: [user, turn, result({ content: "Error: none found", ...more })] })).messages[2] as ToolMessage).ok;
    expect(await ok({})).to.equal(false);
    for (const more of [{ ok: true }, { is_error: false }, { isError: false }] as JsonObject[])
      expect(await ok(more), JSON.stringify(more)).to.equal(true);
    expect(await ok({ status: "success" })).to.equal(false);
    expect(await ok({ ok: true, status: "error" })).to.equal(false);
  });

  it("is the answer in a completion's fields beside the messages, once, and that it was cut off", async () => {
    const completion = (choice: JsonObject): JsonObject => ({ id: "chatcmpl-1", messages: [user], choices: [{ index: 0, ...choice }] });
    const said = { role: "assistant", content: "It is thr" };
    expect(await read(completion({ message: said, finish_reason: "stop" }))).to.deep.include({ answer: "It is thr", finish: "answer", faults: [] });
    expect((await read({ ...completion({ message: said }), messages: [user, said] })).messages).to.have.length(2);
    const cut = await read(completion({ message: said, finish_reason: "length" }));
    expect(cut).to.include({ finish: "token-limit" }).and.not.to.have.property("answer");
    expect(await read(completion({ message: said, finish_reason: "content_filter" }))).to.deep.include({
      finish: "no-answer",
      faults: ["the answer was filtered out"],
    });
    // Beside the message, and beside the messages.
    const beside = [{ messages: [user, { ...said, finish_reason: "length" }] }, { messages: [user, said], finish_reason: "MAX_TOKENS" }];
    for (const row of beside as JsonObject[])
      expect(await read(row))
        .to.include({ finish: "token-limit" })
        .and.not.to.have.property("answer");
  });

  it("is a tool's schema, in whatever form the log has it", async () => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const tools = async (tool: JsonValue) => (await read({ messages: [user, { role: "assistant", content: "3" }], tools: [tool] })).tools;
    const weather = { name: "weather", description: "w" };
    const expected = [{ ...weather, parameters: schema }];
    expect(await tools({ type: "function", function: { ...weather, parameters: JSON.stringify(schema) } })).to.deep.equal(expected);
    expect(await tools({ type: "function", function: JSON.stringify({ ...weather, parameters: schema }) })).to.deep.equal(expected);
    expect(await tools({ ...weather, parameters: [{ name: "city", type: "string", required: true }] })).to.deep.equal(expected);
    expect(await tools({ toolSpec: { ...weather, inputSchema: { json: schema } } })).to.deep.equal(expected);
    expect(await tools({ ...weather, inputSchema: { jsonSchema: schema } })).to.deep.equal(expected);
    expect(await tools({ ...weather, description: ["a", "b"], parameters: null })).to.deep.equal([
      { name: "weather", description: "a\nb", parameters: { type: "object", properties: {} } },
    ]);
    expect(await tools({ type: "custom", custom: { name: "code", description: "Runs", format: { type: "text" } } })).to.deep.equal([
      { name: "code", description: "Runs", parameters: { type: "object", properties: { input: { type: "string" } }, required: ["input"] } },
    ]);
    const refused = async (parameters: JsonValue) =>
      problem({ messages: [user, { role: "assistant", content: "3" }], tools: [{ ...weather, parameters }] });
    expect(await refused("city: str")).to.contain("tools[0].parameters is text that is not JSON");
    expect(await refused(5)).to.contain("tools[0].parameters is no JSON Schema; expected an object, or JSON text of one");
    expect(await refused(["city"])).to.contain("tools[0].parameters[0] is not an object");
  });
});

describe("results and calls as other libraries have them in OpenAI's messages", () => {
  const user = { role: "user", content: "?" };
  const calls = ["a", "b"].map((id) => ({ id, function: { name: id === "a" ? "weather" : "time", arguments: {} } }));
  const turn: JsonObject = { role: "assistant", content: "", tool_calls: calls };
  const nameless: JsonObject = { ...turn, tool_calls: calls.map(({ function: call }) => ({ function: call })) };
  const end = { role: "assistant", content: "x" };
  const results = async (...messages: JsonObject[]) => {
    const { messages: all, faults } = await read({ messages: [user, ...messages, end] });
    expect(faults).to.deep.equal([]);
    return all.flatMap((message) => (message.role === "tool" ? [`${message.name}: ${message.content}${message.ok ? "" : " (failed)"}`] : []));
  };
  const expected = ["weather: 3 C", "time: 14:00"];

  it("go to the tool that is named, under whichever name", async () => {
    for (const name of ["name", "tool_name", "function"]) {
      const given = [
        { role: "tool", [name]: "time", content: "14:00" },
        { role: "tool", [name]: "weather", content: "3 C" },
      ];
      expect(await results(nameless, ...given), name).to.deep.equal(expected);
    }
  });

  it("are told apart where one message holds those of several calls", async () => {
    const responses = [
      { tool_call_id: "b", content: "14:00" },
      { tool_call_id: "a", content: "3 C" },
    ];
    expect(await results(turn, { role: "tool", content: "14:00\n\n3 C", tool_responses: responses })).to.deep.equal(expected);
    const parts = [
      { type: "tool-result", toolCallId: "b", toolName: "time", output: { type: "text", value: "14:00" } },
      { type: "tool-result", toolCallId: "a", toolName: "weather", output: { type: "error-text", value: "no data" } },
    ];
    expect(await results(turn, { role: "tool", content: parts })).to.deep.equal(["weather: no data (failed)", "time: 14:00"]);
    const blocks = [
      { type: "tool_result", tool_use_id: "b", content: "14:00" },
      { type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: "3 C" }] },
    ];
    expect(await results(turn, { role: "tool", content: blocks })).to.deep.equal(expected);
  });

  it("are read where calls are parts of the content, or have their tool's name alone", async () => {
    const parts: JsonObject[] = [
      { type: "text", text: "I look." },
      { type: "tool-call", toolCallId: "a", toolName: "weather", args: { city: "Oslo" } },
    ];
    const inParts = await read({ messages: [user, { role: "assistant", content: parts }, { role: "tool", tool_call_id: "a", content: "3" }, end] });
    expect(inParts.messages[1]).to.deep.equal({
      role: "assistant",
      content: "I look.",
      toolCalls: [{ id: "a", name: "weather", arguments: { city: "Oslo" } }],
    });
    const named = { role: "assistant", content: "", tool_calls: [{ id: "a", type: "function", function: "weather", arguments: { city: "Oslo" } }] };
    const failed = { role: "tool", tool_call_id: "a", function: "weather", content: "", error: { type: "timeout", message: "t" } };
    const inspected = await read({ messages: [user, named, failed, end] });
    expect(callsOf(inspected)).to.deep.equal([{ id: "a", name: "weather", arguments: { city: "Oslo" } }]);
    expect(inspected.messages[2]).to.include({ ok: false });
  });

  it("are refused where they stand in the call or beside it: the call would have no result", async () => {
    const inside = { ...turn, tool_calls: [{ ...calls[0], output: "3 C" }] };
    expect(await problem({ messages: [user, inside, end] })).to.contain("messages[1].tool_calls[0].output holds a result where none is read");
    expect(await problem({ messages: [user, { ...turn, tool_results: [{ id: "a", content: "3 C" }] }, end] })).to.contain(
      'messages[1].tool_results holds a result where none is read; write it as a message: {role: "tool", tool_call_id, content}',
    );
  });

  it("keep the plan that stands in place of words", async () => {
    expect(await assistantOf({ role: "assistant", tool_plan: "I look it up.", tool_calls: [calls[0]!] })).to.include({ reasoning: "I look it up." });
  });
});
