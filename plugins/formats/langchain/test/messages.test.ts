import type { AssistantMessage, JsonObject, JsonValue, Message } from "@autotraj/core/plugin";
import { parseJson } from "@autotraj/core/rows";
import { expect } from "chai";
import { told } from "../../../../test/formats/reading.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import { ai, call, human, langchain, problem, read, readAll, result, serialized, system } from "./support.ts";

async function assistantOf(message: JsonObject): Promise<AssistantMessage> {
  const { messages } = await read({ messages: [human("?"), message] });
  return messages[1] as AssistantMessage;
}

const TOLD = [
  "system: Use tools.",
  "user: How warm is it in Łódź? 🌡️",
  'assistant:  [weather({"city":"Łódź"})]',
  "tool weather=call_1: 21 °C",
  "assistant: It is 21 °C.",
];
const PLAIN: readonly JsonObject[] = [
  system("Use tools."),
  human("How warm is it in Łódź? 🌡️"),
  ai("", [call("weather", { city: "Łódź" }, "call_1")]),
  result("21 °C", "call_1", { name: "weather", status: "success" }),
  ai("It is 21 °C."),
];
const CLASSES: Readonly<Record<string, string>> = { system: "SystemMessage", human: "HumanMessage", ai: "AIMessage", tool: "ToolMessage" };

describe("LangChain's messages", () => {
  for (const [form, messages] of [
    ["as states hold them", PLAIN],
    ["as messages_to_dict makes them", PLAIN.map((message) => ({ type: message["type"] as string, data: message }))],
    ["serialised by class", PLAIN.map((message) => serialized(CLASSES[message["type"] as string] as string, message))],
    ["as chunks of a stream", PLAIN.map((message) => serialized(`${CLASSES[message["type"] as string]}Chunk`, message))],
    ["as pairs", PLAIN.map((message) => [message["type"] as string, message])],
  ] as const) {
    it(`are read ${form}`, async () => {
      const { messages: written, answer, query } = await read({ messages: messages as JsonValue });
      expect(told(written)).to.deep.equal(TOLD);
      expect({ answer, question: query.question }).to.deep.equal({ answer: "It is 21 °C.", question: "How warm is it in Łódź? 🌡️" });
    });
  }

  it("are read from JSON text", async () => {
    expect(told((await read({ messages: JSON.stringify(PLAIN) })).messages)).to.deep.equal(TOLD);
  });

  it("are read from a bare list, a graph's snapshot and a checkpoint", async () => {
    for (const row of [
      [...PLAIN],
      { values: { messages: [...PLAIN], step: 3 }, next: [] },
      { checkpoint: { channel_values: { messages: [...PLAIN] } } },
    ]) {
      expect(told((await read(row as JsonValue)).messages)).to.deep.equal(TOLD);
    }
  });

  it("are read with OpenAI's roles too, as graphs are given them", async () => {
    const { messages } = await read({
      inputs: { messages: [{ role: "user", content: "Hi" }] },
      outputs: { messages: [human("Hi"), ai("Hello.")] },
    });
    expect(told(messages)).to.deep.equal(["user: Hi", "assistant: Hello."]);
  });

  it("keep two calls of one function apart", async () => {
    const { messages, faults } = await read({
      messages: [
        human("Compare."),
        ai("", [call("weather", { city: "A" }, "a"), call("weather", { city: "B" }, "b")]),
        result("2", "b"),
        result("1", "a"),
        ai("B is warmer."),
      ],
    });
    expect(told(messages).slice(2, 4)).to.deep.equal(["tool weather=a: 1", "tool weather=b: 2"]);
    expect(faults).to.deep.equal([]);
  });

  it("are paired without ids", async () => {
    const { messages, faults } = await read({
      messages: [
        human("?"),
        ai("", [call("f", { x: 1 }), call("g", {})]),
        { type: "function", name: "g", content: "G" },
        { type: "function", name: "f", content: "F" },
        ai("Done."),
      ],
    });
    expect(
      told(messages)
        .slice(2, 4)
        .map((line) => line.replace(/=\S+:/, ":")),
    ).to.deep.equal(["tool f: F", "tool g: G"]);
    expect(faults).to.deep.equal([]);
  });

  it("say which results failed", async () => {
    const { messages } = await read({
      messages: [human("?"), ai("", [call("f", {}, "a")]), result("it is closed", "a", { status: "error" }), ai("No.")],
    });
    expect(told(messages)[2]).to.equal("tool f=a failed: it is closed");
  });

  it("hold several questions of one conversation", async () => {
    const { messages } = await read({ messages: [human("One?"), ai("1"), human("Two?"), ai("2")] });
    expect(told(messages)).to.deep.equal(["user: One?", "assistant: 1", "user: Two?", "assistant: 2"]);
  });

  it("keep integers that no double holds, in arguments and as ids", async () => {
    const { messages } = await read(
      parseJson(
        '{"messages": [{"type": "human", "content": "?"}, {"type": "ai", "content": "", "tool_calls": [{"name": "f", "args": {"n": 9007199254740993}, "id": 12345678901234567890}]}, {"type": "tool", "content": "ok", "tool_call_id": 12345678901234567890}, {"type": "ai", "content": "ok"}]}',
      ),
    );
    expect(told(messages).slice(1, 3)).to.deep.equal(['assistant:  [f({"n":9007199254740993})]', "tool f=12345678901234567890: ok"]);
  });

  it("tell thinking from text, in parts and beside the content", async () => {
    const parts: JsonObject[] = [
      { type: "thinking", thinking: "Hm.", signature: "x" },
      { type: "text", text: "Yes." },
    ];
    for (const message of [
      ai(parts),
      ai([
        { type: "reasoning", reasoning: "Hm." },
        { type: "text", text: "Yes." },
      ]),
      ai("Yes.", [], { additional_kwargs: { reasoning_content: "Hm." } }),
      ai("Yes.", [], { additional_kwargs: { reasoning: { summary: [{ type: "summary_text", text: "Hm." }] } } }),
      ai("<think>Hm.</think>Yes."),
      ai(parts, [], { additional_kwargs: { reasoning_content: "Hm." } }),
    ]) {
      const { content, reasoning } = await assistantOf(message);
      expect({ content, reasoning }).to.deep.equal({ content: "Yes.", reasoning: "Hm." });
    }
  });

  it("tell each call once, wherever it stands", async () => {
    const openai = { id: "a", type: "function", function: { name: "f", arguments: '{"x": 1}' } };
    const anthropic = [{ type: "tool_use", id: "a", name: "f", input: { x: 1 } }];
    for (const message of [
      ai("", [call("f", { x: 1 }, "a")], { additional_kwargs: { tool_calls: [openai] } }),
      ai(anthropic, [call("f", { x: 1 }, "a")]),
      ai(anthropic),
      ai("", [], { additional_kwargs: { tool_calls: [openai] } }),
      ai([{ type: "function_call", id: "fc_1", call_id: "a", name: "f", arguments: '{"x": 1}' }], [call("f", { x: 1 }, "a")]),
      {
        type: "AIMessageChunk",
        content: "",
        tool_call_chunks: [
          { name: "f", args: '{"x"', id: "a", index: 0 },
          { name: null, args: ": 1}", id: null, index: 0 },
        ],
      },
    ]) {
      expect((await assistantOf(message)).toolCalls).to.deep.equal([{ id: "a", name: "f", arguments: { x: 1 } }]);
    }
  });

  it("read the old function_call", async () => {
    const { toolCalls } = await assistantOf(ai("", [], { additional_kwargs: { function_call: { name: "f", arguments: '{"x": 1}' } } }));
    expect(toolCalls?.map(({ name, arguments: args }) => ({ name, args }))).to.deep.equal([{ name: "f", args: { x: 1 } }]);
  });

  it("keep an invalid call with what was written, beside a valid one of the same tool", async () => {
    const invalid = { name: "f", args: '{"x": ', id: "b", error: "Expecting value", type: "invalid_tool_call" };
    const { toolCalls } = await assistantOf(ai("", [call("f", {}, "a")], { invalid_tool_calls: [invalid] }));
    expect(toolCalls).to.deep.equal([
      { id: "a", name: "f", arguments: {} },
      { id: "b", name: "f", arguments: {}, malformed: { raw: '{"x": ', reason: "Expecting value" } },
    ]);
  });

  it("name the model and take gold answers from the row", async () => {
    const messages = [human("6*7?"), ai("42", [], { response_metadata: { model_name: "gpt-4o-mini" } })];
    const { provenance, query } = await read({ id: "row-3", messages, answer: 42 });
    expect(provenance.model).to.equal("gpt-4o-mini");
    expect({ id: query.id, answers: query.answers }).to.deep.equal({ id: "row-3", answers: ["42"] });
  });

  it("come from the steps of an old agent", async () => {
    const { messages } = await read({
      inputs: { input: "How old is it?" },
      outputs: {
        output: "Nine.",
        intermediate_steps: [[{ tool: "age", tool_input: { of: "it" }, log: "I look it up.\nAction: age\nAction Input: it" }, "9"]],
      },
    });
    expect(told(messages).map((line) => line.replace(/=\S+:/, ":"))).to.deep.equal([
      "user: How old is it?",
      'assistant: I look it up. [age({"of":"it"})]',
      "tool age: 9",
      "assistant: Nine.",
    ]);
  });
});

describe("a row that cannot be read", () => {
  for (const [what, row, message] of [
    [
      "an unknown type",
      { messages: [human("?"), { type: "remove", id: "x" }] },
      /^messages\[1\] is no message: its type is "remove"; expected human/,
    ],
    [
      "a picture",
      { messages: [human([{ type: "image_url", image_url: { url: "data:" } }])] },
      /^messages\[0\]\.content\[0\] is a part of type "image_url"/,
    ],
    [
      "a call of a server's tool",
      { messages: [human("?"), ai([{ type: "server_tool_use", name: "search" }])] },
      /^messages\[1\]\.content\[0\] is a part/,
    ],
    ["two conversations in one", { messages: [[human("a")], [human("b")]] }, /^messages is a batch of 2 conversations/],
    ["no messages", { text: "hello" }, /^messages is missing/],
    [
      "a list of calls that is none",
      { messages: [human("?"), { type: "ai", content: "", tool_calls: { name: "f" } }] },
      /^messages\[1\]\.tool_calls is not a list/,
    ],
    [
      "a piece of a call without the call",
      { messages: [human("?"), ai([{ type: "input_json_delta", input: "{" }])] },
      /^messages\[1\]\.content\[0\] is a part/,
    ],
  ] as const) {
    it(`is told with its place: ${what}`, async () => {
      expect(await problem(row as JsonValue)).to.match(message);
    });
  }
});

describe("what was written", () => {
  it("is read back the same", async () => {
    const tools = [
      {
        type: "function",
        function: { name: "weather", description: "Tells it", parameters: { type: "object", properties: { city: { type: "string" } } } },
      },
    ];
    const messages = [
      ...PLAIN.slice(0, 3),
      result("closed", "call_1", { status: "error" }),
      ai("<think>Once more.</think>", [call("weather", { city: "Łódź", n: 1 }, "call_2"), call("weather", { city: "Łódź" }, "call_3")], {
        invalid_tool_calls: [{ name: "weather", args: "{", id: "call_4", error: "no JSON" }],
      }),
      result("21", "call_2"),
      result("22", "call_3"),
      result("that is no call", "call_4", { status: "error" }),
      ai("21 or 22."),
    ];
    const first = await read({ messages, tools });
    const again = await read((await langchain()).sft!(first) as JsonValue);
    expect(again.messages).to.deep.equal(first.messages);
    expect(again.tools).to.deep.equal(first.tools);
    expect(again.answer).to.equal(first.answer);
  });

  it("keeps integers that no double holds", async () => {
    const first = await read(
      parseJson(
        '{"messages": [{"type": "human", "content": "?"}, {"type": "ai", "content": "", "tool_calls": [{"name": "f", "args": {"n": 9007199254740993}, "id": "a"}]}, {"type": "tool", "content": "1", "tool_call_id": "a"}, {"type": "ai", "content": "1"}]}',
      ),
    );
    expect(JSON.stringify((await langchain()).sft!(first))).to.contain('{"n":9007199254740993}');
  });
});

describe("how surely a row is LangChain's", () => {
  it("is told for its own messages, runs and states, and not for other logs", async () => {
    const { recognizes } = await langchain();
    const sure = (row: JsonValue) => recognizes!(row);
    for (const row of [
      { messages: [...PLAIN] },
      [...PLAIN],
      { values: { messages: [...PLAIN] } },
      { id: "a", run_type: "llm", inputs: {}, outputs: {} },
    ])
      expect(sure(row as JsonValue)).to.be.greaterThan(0.95);
    expect(sure({ messages: [{ role: "user", content: "?" }] })).to.be.lessThan(0.5);
    for (const row of [
      null,
      3,
      "text",
      [],
      {},
      { messages: [] },
      { messages: [3] },
      { conversations: [{ from: "human", value: "?" }] },
      { messages: [{ type: "user", message: {} }] },
    ])
      expect(sure(row as JsonValue)).to.equal(0);
  });

  it("does not hang on a long text", async () => {
    const [one] = await readAll([{ messages: [human("a\n".repeat(100_000)), ai("Message".repeat(20_000))] }]);
    expect(one?.messages.length).to.equal(2);
  });
});

describe("what LangChain's messages must not lose", () => {
  const asked = (...messages: JsonObject[]) => ({ messages: [human("?"), ai("", [call("f", {}, "a")]), ...messages] });

  it("is a message's words: under a name that is not read they are refused", async () => {
    expect(await problem({ messages: [{ type: "human", text: "lost" }] })).to.contain("messages[0].content is missing; the message has type, text.");
    expect(await problem({ messages: [human("?"), { type: "ai" }] })).to.contain("messages[1].content is missing");
    expect(await problem(asked({ type: "tool", tool_call_id: "a", artifact: {} }))).to.contain("messages[2].content is missing");
  });

  it("is a result that is a list of records with types of their own", async () => {
    const { messages } = await read(asked(result([{ type: "Person", name: "Ann" }], "a"), ai("x")));
    expect(messages[2]).to.include({ content: '[{"type":"Person","name":"Ann"}]' });
  });

  it("is what the log says of a result's success", async () => {
    const { messages } = await read(asked(result("Error: none", "a", { is_error: false }), ai("x")));
    expect(messages[2]).to.include({ ok: true });
  });

  it("is that its limit ended an answer: a text that was cut off is none", async () => {
    for (const metadata of [{ finish_reason: "length" }, { stop_reason: "max_tokens" }] as JsonObject[]) {
      const cut = await read({ messages: [human("?"), ai("It is thr", [], { response_metadata: metadata })] });
      expect(cut, JSON.stringify(metadata)).to.include({ finish: "token-limit" }).and.not.to.have.property("answer");
    }
    expect(await read({ messages: [human("?"), ai("3", [], { response_metadata: { finish_reason: "stop" } })] })).to.include({ answer: "3" });
  });

  it("is that an answer was filtered, or refused: what there is of it is none", async () => {
    for (const [metadata, fault] of [
      [{ finish_reason: "content_filter" }, "the answer was filtered out"],
      [{ finish_reason: "SAFETY" }, "the answer was filtered out"],
      [{ stop_reason: "refusal" }, "the model refused"],
    ] as [JsonObject, string][]) {
      const ended = await read({ messages: [human("?"), ai("The lock is", [], { response_metadata: metadata })] });
      expect(ended, JSON.stringify(metadata)).to.include({ finish: "no-answer" }).and.not.to.have.property("answer");
      expect(ended.faults).to.deep.equal([fault]);
    }
  });
});

describe("a result, written as LangChain's message", () => {
  it("comes back with what is said of its success, whatever its text looks like", async () => {
    const call = { id: "a", name: "f", arguments: {} };
    for (const ok of [true, false])
      for (const content of ["Error: none found", "fine"]) {
        const messages: Message[] = [
          { role: "user", content: "?" },
          { role: "assistant", content: "", toolCalls: [call] },
          { role: "tool", toolCallId: "a", name: "f", content, ok },
          { role: "assistant", content: "x" },
        ];
        const row = (await langchain()).sft!(trajectoryWith({ messages, answer: "x" })) as JsonObject;
        expect((await read(row)).messages[2], `${ok} ${content}`).to.deep.include({ content, ok });
      }
  });
});
