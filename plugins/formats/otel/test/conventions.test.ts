import type { JsonObject, JsonValue, Message } from "@autotraj/core/plugin";
import { expect } from "chai";
import { told } from "../../../../test/formats/reading.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import { attributes, batch, calls, chat, finished, otel, problem, read, response, span, structured, text, tool } from "./support.ts";

const QUESTION = "How warm is it in Łódź? 🌡️";
const TOLD = [
  "system: Use tools.",
  `user: ${QUESTION}`,
  'assistant:  [weather({"city":"Łódź"})] [weather({"city":"Gdynia"})]',
  "tool weather=c1: 21 °C",
  "tool weather=c2: 17 °C",
  "assistant: It is 21 °C.",
];
const PARAMETERS = { type: "object", properties: { city: { type: "string" } } };
const DEFINITION = { type: "function", name: "weather", description: "Tells it", parameters: PARAMETERS };
const TOOLS = [{ name: "weather", description: "Tells it", parameters: PARAMETERS }];

const CURRENT: JsonObject = {
  "gen_ai.system_instructions": [{ type: "text", content: "Use tools." }],
  "gen_ai.tool.definitions": [DEFINITION],
  "gen_ai.input.messages": [
    text("user", QUESTION),
    calls({ id: "c1", name: "weather", arguments: { city: "Łódź" } }, { id: "c2", name: "weather", arguments: { city: "Gdynia" } }),
    response("c1", "21 °C"),
    response("c2", "17 °C"),
  ],
  "gen_ai.output.messages": finished(text("assistant", "It is 21 °C.")),
};

const OPENAI_CALLS = [
  { id: "c1", type: "function", function: { name: "weather", arguments: '{"city": "Łódź"}' } },
  { id: "c2", type: "function", function: { name: "weather", arguments: '{"city": "Gdynia"}' } },
];

/** Events by the body of each. */
const BODIES: readonly (readonly [string, JsonObject])[] = [
  ["gen_ai.system.message", { content: "Use tools." }],
  ["gen_ai.user.message", { content: QUESTION }],
  ["gen_ai.assistant.message", { tool_calls: OPENAI_CALLS }],
  ["gen_ai.tool.message", { id: "c1", content: "21 °C" }],
  ["gen_ai.tool.message", { id: "c2", content: "17 °C" }],
  ["gen_ai.choice", { index: 0, finish_reason: "stop", message: { role: "assistant", content: "It is 21 °C." } }],
];

const OPENLLMETRY: JsonObject = {
  "llm.request.type": "chat",
  "gen_ai.request.model": "gpt-4o",
  "gen_ai.prompt.0.role": "system",
  "gen_ai.prompt.0.content": "Use tools.",
  "gen_ai.prompt.1.role": "user",
  "gen_ai.prompt.1.content": [{ type: "text", text: QUESTION }],
  "gen_ai.prompt.2.role": "assistant",
  "gen_ai.prompt.2.tool_calls.0.id": "c1",
  "gen_ai.prompt.2.tool_calls.0.name": "weather",
  "gen_ai.prompt.2.tool_calls.0.arguments": '{"city": "Łódź"}',
  "gen_ai.prompt.2.tool_calls.1.id": "c2",
  "gen_ai.prompt.2.tool_calls.1.name": "weather",
  "gen_ai.prompt.2.tool_calls.1.arguments": '{"city": "Gdynia"}',
  "gen_ai.prompt.3.role": "tool",
  "gen_ai.prompt.3.tool_call_id": "c1",
  "gen_ai.prompt.3.content": "21 °C",
  "gen_ai.prompt.4.role": "tool",
  "gen_ai.prompt.4.tool_call_id": "c2",
  "gen_ai.prompt.4.content": "17 °C",
  "gen_ai.completion.0.role": "assistant",
  "gen_ai.completion.0.content": "It is 21 °C.",
  "gen_ai.completion.0.finish_reason": "stop",
  "llm.request.functions.0.name": "weather",
  "llm.request.functions.0.description": "Tells it",
  "llm.request.functions.0.parameters": JSON.stringify(PARAMETERS),
};

const IN = "llm.input_messages";
const OPENINFERENCE: JsonObject = {
  "openinference.span.kind": "LLM",
  "llm.model_name": "gpt-4o",
  [`${IN}.0.message.role`]: "system",
  [`${IN}.0.message.content`]: "Use tools.",
  [`${IN}.1.message.role`]: "user",
  [`${IN}.1.message.contents.0.message_content.type`]: "text",
  [`${IN}.1.message.contents.0.message_content.text`]: QUESTION,
  [`${IN}.2.message.role`]: "assistant",
  [`${IN}.2.message.tool_calls.0.tool_call.id`]: "c1",
  [`${IN}.2.message.tool_calls.0.tool_call.function.name`]: "weather",
  [`${IN}.2.message.tool_calls.0.tool_call.function.arguments`]: '{"city": "Łódź"}',
  [`${IN}.2.message.tool_calls.1.tool_call.id`]: "c2",
  [`${IN}.2.message.tool_calls.1.tool_call.function.name`]: "weather",
  [`${IN}.2.message.tool_calls.1.tool_call.function.arguments`]: '{"city": "Gdynia"}',
  [`${IN}.3.message.role`]: "tool",
  [`${IN}.3.message.tool_call_id`]: "c1",
  [`${IN}.3.message.content`]: "21 °C",
  [`${IN}.4.message.role`]: "tool",
  [`${IN}.4.message.tool_call_id`]: "c2",
  [`${IN}.4.message.content`]: "17 °C",
  "llm.output_messages.0.message.role": "assistant",
  "llm.output_messages.0.message.content": "It is 21 °C.",
  "llm.tools.0.tool.json_schema": JSON.stringify({
    type: "function",
    function: { name: "weather", description: "Tells it", parameters: PARAMETERS },
  }),
};

const AI_SDK: JsonObject = {
  "ai.operationId": "ai.generateText.doGenerate",
  "gen_ai.request.model": "gpt-4o",
  "ai.prompt.messages": [
    { role: "system", content: "Use tools." },
    { role: "user", content: [{ type: "text", text: QUESTION }] },
    {
      role: "assistant",
      content: [
        { type: "tool-call", toolCallId: "c1", toolName: "weather", input: { city: "Łódź" } },
        { type: "tool-call", toolCallId: "c2", toolName: "weather", input: { city: "Gdynia" } },
      ],
    },
    {
      role: "tool",
      content: [
        { type: "tool-result", toolCallId: "c1", toolName: "weather", output: { type: "text", value: "21 °C" } },
        { type: "tool-result", toolCallId: "c2", toolName: "weather", result: "17 °C" },
      ],
    },
  ],
  "ai.prompt.tools": [JSON.stringify({ type: "function", name: "weather", description: "Tells it", inputSchema: PARAMETERS })],
  "ai.response.text": "It is 21 °C.",
};

const spans: readonly (readonly [string, JsonObject])[] = [
  ["of the current conventions, as JSON text", chat("a", 1, null, null, CURRENT)],
  [
    "of the current conventions, structured",
    {
      ...chat("a", 1, null, null),
      attributes: Object.entries({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", ...CURRENT }).map(([key, value]) => ({
        key,
        value: structured(value),
      })),
    },
  ],
  [
    "of the events with typed bodies",
    {
      ...chat("a", 1, null, null),
      events: BODIES.map(([name, body]) => ({ name, attributes: Object.entries(body).map(([key, value]) => ({ key, value: structured(value) })) })),
    },
  ],
  [
    "of the events with bodies as JSON text",
    { ...chat("a", 1, null, null), events: BODIES.map(([name, body]) => ({ name, attributes: attributes({ "gen_ai.event.content": body }) })) },
  ],
  ["of OpenLLMetry", span("a", 1, "openai.chat", OPENLLMETRY)],
  ["of OpenInference", span("a", 1, "ChatCompletion", OPENINFERENCE)],
  ["of the AI SDK", span("a", 1, "ai.generateText.doGenerate", AI_SDK)],
];

describe("a model's span", () => {
  for (const [what, one] of spans) {
    it(`is read: ${what}`, async () => {
      const { messages, tools, faults, provenance, answer } = await read(batch(one));
      expect(told(messages)).to.deep.equal(TOLD);
      if (!what.includes("events")) expect(tools).to.deep.equal(TOOLS);
      expect({ faults, answer, model: provenance.model }).to.deep.equal({ faults: [], answer: "It is 21 °C.", model: "gpt-4o" });
    });
  }

  it("is read with its events as log records of another batch", async () => {
    const records = BODIES.map(([name, body], index) => ({
      traceId: "5b8efff798038103d269b633813fc60c",
      spanId: "a",
      timeUnixNano: String(index + 1),
      eventName: name,
      body: structured(body),
    }));
    const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: records.reverse() }] }] };
    const shown = span("a", 1, "chat", { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o" });
    expect(told((await read(logs as JsonValue, batch(shown))).messages)).to.deep.equal(TOLD);
    expect(told((await read(logs as JsonValue)).messages)).to.deep.equal(TOLD);
  });

  it("is read with the event that holds the details", async () => {
    const { "gen_ai.operation.name": _name, ...values } = CURRENT;
    const event = {
      name: "gen_ai.client.inference.operation.details",
      attributes: Object.entries(values).map(([key, value]) => ({ key, value: structured(value) })),
    };
    expect(told((await read(batch({ ...chat("a", 1, null, null), events: [event] }))).messages)).to.deep.equal(TOLD);
  });

  it("is read as the console exporters write it", async () => {
    const plain = {
      name: "ChatCompletion",
      context: { trace_id: "0xabc", span_id: "0x1" },
      parent_id: null,
      start_time: "2025-01-01T10:00:00.000001Z",
      end_time: "2025-01-01T10:00:01.000001Z",
      status: { status_code: "OK" },
      attributes: {
        "openinference.span.kind": "LLM",
        "llm.input_messages": [{ "message.role": "user", "message.content": "Hi" }],
        "llm.output_messages": [{ "message.role": "assistant", "message.content": "Hello." }],
      },
    };
    expect(told((await read(plain)).messages)).to.deep.equal(["user: Hi", "assistant: Hello."]);
  });

  it("tells thinking and refusals from text", async () => {
    const thinking = {
      role: "assistant",
      parts: [
        { type: "reasoning", content: "Hm." },
        { type: "text", content: "Yes." },
      ],
      finish_reason: "stop",
    };
    expect((await read(batch(chat("a", 1, [text("user", "?")], [thinking])))).messages[1]).to.include({ content: "Yes.", reasoning: "Hm." });
    const tags = await read(batch(chat("a", 1, [text("user", "?")], finished(text("assistant", "<think>Hm.</think>Yes.")))));
    expect(tags.messages[1]).to.include({ content: "Yes.", reasoning: "Hm." });
    const refused = span("a", 1, "openai.chat", {
      "gen_ai.prompt.0.role": "user",
      "gen_ai.prompt.0.content": "?",
      "gen_ai.completion.0.refusal": "No.",
    });
    expect((await read(batch(refused))).faults).to.deep.equal(["the model refused"]);
  });

  it("keeps integers that no double holds, in JSON text and in typed values", async () => {
    const exact =
      '[{"role": "user", "parts": [{"type": "text", "content": "?"}]}, {"role": "assistant", "parts": [{"type": "tool_call", "id": "a", "name": "f", "arguments": {"n": 9007199254740993}}]}, {"role": "tool", "parts": [{"type": "tool_call_response", "id": "a", "response": 9007199254740995}]}]';
    const { messages } = await read(batch(chat("a", 1, exact, finished(text("assistant", "Done.")))));
    expect(told(messages).slice(1, 3)).to.deep.equal(['assistant:  [f({"n":9007199254740993})]', "tool f=a: 9007199254740995"]);
    const typed = { kvlistValue: { values: [{ key: "n", value: { intValue: "9007199254740993" } }] } };
    const part = {
      kvlistValue: {
        values: [
          ...Object.entries({ type: "tool_call", id: "a", name: "f" }).map(([key, value]) => ({ key, value: { stringValue: value } })),
          { key: "arguments", value: typed },
        ],
      },
    };
    const output = { arrayValue: { values: [{ kvlistValue: { values: [{ key: "parts", value: { arrayValue: { values: [part] } } }] } }] } };
    const one = chat("a", 1, [text("user", "?")], null);
    const both = { ...one, attributes: [...(one["attributes"] as JsonValue[]), { key: "gen_ai.output.messages", value: output }] };
    expect(told((await read(batch(both as JsonObject))).messages)[1]).to.equal('assistant:  [f({"n":9007199254740993})]');
  });

  it("keeps more than nine messages in order", async () => {
    const flat = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [
        [`gen_ai.prompt.${index}.role`, index % 2 === 0 ? "user" : "assistant"],
        [`gen_ai.prompt.${index}.content`, `number ${index}`],
      ]).flat(),
    );
    const reversed = Object.fromEntries(Object.entries(flat).reverse());
    const { messages } = await read(batch(span("a", 1, "x", { ...reversed, "gen_ai.completion.0.content": "end" })));
    expect(messages.map(({ content }) => content)).to.deep.equal([...Array.from({ length: 12 }, (_, index) => `number ${index}`), "end"]);
  });

  it("may have a tool's answer in a message of another role, or of a result that is no text", async () => {
    const input = [
      text("user", "?"),
      calls({ id: "c1", name: "f", arguments: "{}" }),
      { role: "user", parts: [{ type: "tool_call_response", id: " c1", result: { found: [1] } }] },
    ];
    const { messages, faults } = await read(batch(chat("a", 1, input, finished(text("assistant", "One.")))));
    expect(told(messages)[2]).to.equal('tool f=c1: {"found":[1]}');
    expect(faults).to.deep.equal([]);
  });

  it("reads Bedrock's blocks in the events' text", async () => {
    const events = [
      { name: "gen_ai.user.message", attributes: attributes({ content: '[{"text": "Hi"}]' }) },
      { name: "gen_ai.assistant.message", attributes: attributes({ content: '[{"toolUse": {"toolUseId": "u1", "name": "f", "input": {"x": 1}}}]' }) },
      {
        name: "gen_ai.tool.message",
        attributes: attributes({
          role: "tool",
          id: "u1",
          content: '[{"toolResult": {"toolUseId": "u1", "status": "error", "content": [{"text": "gone"}]}}]',
        }),
      },
      { name: "gen_ai.choice", attributes: attributes({ finish_reason: "end_turn", message: '[{"text": "Hello."}]' }) },
    ];
    expect(told((await read(batch({ ...chat("a", 1, null, null), events }))).messages)).to.deep.equal([
      "user: Hi",
      'assistant:  [f({"x":1})]',
      "tool f=u1 failed: gone",
      "assistant: Hello.",
    ]);
  });
});

describe("a tool's span", () => {
  const ASKED = [text("user", "?")];
  const one = chat("a", 1, ASKED, [calls({ id: "c1", name: "f", arguments: { x: 1 } })]);
  const end = chat("z", 5, ASKED, finished(text("assistant", "Done.")));

  for (const [what, shown, message] of [
    [
      "of the current conventions",
      tool("b", 2, { "gen_ai.tool.name": "f", "gen_ai.tool.call.id": "c1", "gen_ai.tool.call.result": { y: 2 } }),
      'tool f=c1: {"y":2}',
    ],
    [
      "of OpenInference",
      span("b", 2, "f", { "openinference.span.kind": "TOOL", "tool.name": "f", "input.value": '{"x": 1}', "output.value": "two" }),
      "tool f=c1: two",
    ],
    [
      "of OpenLLMetry",
      span("b", 2, "f.tool", {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "f",
        "traceloop.entity.input": { inputs: { x: 1 }, tags: [] },
        "traceloop.entity.output": { output: "two", kwargs: {} },
      }),
      "tool f=c1: two",
    ],
    [
      "of the AI SDK",
      span("b", 2, "ai.toolCall", { "ai.toolCall.name": "f", "ai.toolCall.id": "c1", "ai.toolCall.args": { x: 1 }, "ai.toolCall.result": "two" }),
      "tool f=c1: two",
    ],
    [
      "that failed",
      tool("b", 2, { "gen_ai.tool.name": "f", "error.type": "TimeoutError" }, { status: { code: 2, message: "it took too long" } }),
      "tool f=c1 failed: it took too long",
    ],
    [
      "that threw",
      tool(
        "b",
        2,
        { "gen_ai.tool.name": "f" },
        {
          status: { code: "STATUS_CODE_ERROR" },
          events: [{ name: "exception", attributes: attributes({ "exception.type": "KeyError", "exception.message": "no x" }) }],
        },
      ),
      "tool f=c1 failed: no x",
    ],
  ] as const) {
    it(`is the result where no message has it: ${what}`, async () => {
      const { messages, faults } = await read(batch(one, shown as JsonObject, end));
      expect(told(messages)).to.deep.equal(["user: ?", 'assistant:  [f({"x":1})]', message, "assistant: Done."]);
      expect(messages[2]).to.include({ durationMs: 500 });
      expect(faults).to.deep.equal([]);
    });
  }
});

describe("what a span says of an answer and of a result", () => {
  const asked = [text("user", "?")];

  it("is that its limit ended the answer: a text that was cut off is none", async () => {
    const output = [{ ...text("assistant", "It is thr"), finish_reason: "length" }];
    for (const one of [
      chat("a", 1, asked, output),
      chat("a", 1, asked, [text("assistant", "It is thr")], { "gen_ai.response.finish_reasons": ["max_tokens"] }),
    ])
      expect(await read(batch(one)))
        .to.include({ finish: "token-limit" })
        .and.not.to.have.property("answer");
  });

  it("is that the answer was filtered, in OpenTelemetry's words or the AI SDK's: what there is of it is none", async () => {
    for (const more of [{ "gen_ai.response.finish_reasons": ["content_filter"] }, { "ai.response.finishReason": "content-filter" }] as JsonObject[]) {
      const ended = await read(batch(chat("a", 1, asked, [text("assistant", "The lock is")], more)));
      expect(ended, JSON.stringify(more)).to.include({ finish: "no-answer" }).and.not.to.have.property("answer");
      expect(ended.faults).to.deep.equal(["the answer was filtered out"]);
    }
  });

  it("is that the call went well, where the result's text looks as if not", async () => {
    const given = async (more: JsonObject) => {
      const response = { role: "tool", parts: [{ type: "tool_call_response", id: "c", response: "Error: no such word in the poem", ...more }] };
      const input = [...asked, calls({ id: "c", name: "f", arguments: {} }), response];
      return (await read(batch(chat("a", 1, input, finished(text("assistant", "x")))))).messages[2];
    };
    expect(await given({ is_error: false })).to.include({ ok: true });
    expect(await given({})).to.include({ ok: false });
  });
});

describe("log records without a trace", () => {
  const record = (second: number, eventName: string, body: JsonObject): JsonObject => ({
    timeUnixNano: String(second),
    eventName,
    body: structured(body),
  });
  const logs = (...logRecords: JsonObject[]): JsonObject => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  const question = record(1, "gen_ai.user.message", { content: "?" });
  const answer = record(2, "gen_ai.choice", { message: { content: "x" } });

  it("are a conversation where there is one answer, and are refused where nothing tells several apart", async () => {
    expect(told((await read(logs(answer, question))).messages)).to.deep.equal(["user: ?", "assistant: x"]);
    expect(await problem(logs(question, answer, question, answer))).to.contain("the log records without a traceId hold several answers of a model");
  });
});

describe("a result, written into a trace", () => {
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
        const row = (await otel()).sft!(trajectoryWith({ messages, answer: "x" })) as JsonObject;
        expect((await read(row)).messages[2], `${ok} ${content}`).to.deep.include({ content, ok });
      }
  });
});
