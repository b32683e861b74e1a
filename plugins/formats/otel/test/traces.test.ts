import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { expect } from "chai";
import { readFile, told } from "../../../../test/formats/reading.ts";
import { batch, calls, chat, finished, otel, problem, read, readAll, readRows, response, span, text, tool } from "./support.ts";

const ASKED = text("user", "How warm is it in A and B?");
const INSTRUCTIONS = { "gen_ai.system_instructions": [{ type: "text", content: "Use tools." }] };
const BOTH = calls({ id: "c1", name: "weather", arguments: { city: "A" } }, { id: "c2", name: "weather", arguments: { city: "B" } });
const RESULTS = [response("c1", "21"), response("c2", "17")];
const ANSWER = text("assistant", "21 and 17.");
const RUNS: readonly JsonObject[] = [
  tool("t1", 2, {
    "gen_ai.tool.name": "weather",
    "gen_ai.tool.call.id": "c1",
    "gen_ai.tool.call.arguments": { city: "A" },
    "gen_ai.tool.call.result": "21",
  }),
  tool("t2", 2, {
    "gen_ai.tool.name": "weather",
    "gen_ai.tool.call.id": "c2",
    "gen_ai.tool.call.arguments": { city: "B" },
    "gen_ai.tool.call.result": "17",
  }),
];
const FIRST = chat("m1", 1, [ASKED], [BOTH], INSTRUCTIONS);
const SECOND = chat("m2", 4, [ASKED, BOTH, ...RESULTS], finished(ANSWER), INSTRUCTIONS);
const ROOT = span(
  "root",
  0,
  "invoke_agent planner",
  { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner" },
  { parentSpanId: "" },
);
const TOLD = [
  "system: Use tools.",
  "user: How warm is it in A and B?",
  'assistant:  [weather({"city":"A"})] [weather({"city":"B"})]',
  "tool weather=c1: 21",
  "tool weather=c2: 17",
  "assistant: 21 and 17.",
];

describe("the spans of a trace", () => {
  it("are one trajectory, though they stand on several lines and out of order", async () => {
    const { messages, faults, provenance } = await read(batch(SECOND, ...RUNS), batch(FIRST), batch(ROOT));
    expect(told(messages)).to.deep.equal(TOLD);
    expect(faults).to.deep.equal([]);
    expect(messages[3]).to.include({ durationMs: 500 });
    expect(provenance).to.deep.equal({
      origin: "recorded",
      model: "gpt-4o",
      notes: { trace: "5b8efff798038103d269b633813fc60c", agent: "planner" },
    });
  });

  it("are kept apart from those of other traces", async () => {
    const others = [FIRST, SECOND, ...RUNS].map((one) => ({ ...one, traceId: "other" }));
    const read = await readAll([batch(FIRST, ...others.slice(0, 1)), batch(...others.slice(1), SECOND)]);
    expect(read.map(({ messages }) => told(messages))).to.deep.equal([TOLD, TOLD]);
  });

  it("are read from one document", async () => {
    const [row] = await readFile(await otel(), JSON.stringify(batch(FIRST, ...RUNS, SECOND)), "trace.json");
    expect(told(row?.recordings[0]?.trajectory.messages ?? [])).to.deep.equal(TOLD);
  });

  it("are read once, though an exporter wrote one twice", async () => {
    expect(told((await read(batch(FIRST), batch(FIRST, SECOND))).messages)).to.deep.equal(TOLD);
  });

  it("are joined by time where each holds its own turn only", async () => {
    const own = chat("m2", 4, RESULTS, finished(ANSWER), INSTRUCTIONS);
    const next = chat("m3", 6, [text("user", "And in C?")], finished(text("assistant", "9.")), INSTRUCTIONS);
    const { messages, faults } = await read(batch(next, own), batch(FIRST));
    expect(told(messages)).to.deep.equal([...TOLD, "user: And in C?", "assistant: 9."]);
    expect(faults).to.deep.equal([]);
  });

  it("are joined where nobody but the tools' spans has the results", async () => {
    for (const input of [[], [ASKED], null]) {
      const { messages, faults } = await read(
        batch(FIRST, ...[...RUNS].reverse(), chat("m2", 4, input as JsonValue, finished(ANSWER), INSTRUCTIONS)),
      );
      expect(told(messages)).to.deep.equal(TOLD);
      expect(faults).to.deep.equal([]);
    }
  });

  it("pair calls of one function without ids by their arguments", async () => {
    const anonymous = calls({ name: "weather", arguments: { city: "A" } }, { name: "weather", arguments: '{"city": "B"}' });
    const runs = RUNS.map((one) => ({ ...one, attributes: (one["attributes"] as JsonObject[]).filter(({ key }) => key !== "gen_ai.tool.call.id") }));
    const { messages, faults } = await read(
      batch(chat("m1", 1, [ASKED], [anonymous], INSTRUCTIONS), ...runs.reverse(), chat("m2", 4, [], finished(ANSWER))),
    );
    expect(told(messages).map((line) => line.replace(/=call-\d:/, ":"))).to.deep.equal(TOLD.map((line) => line.replace(/=c\d:/, ":")));
    expect(faults).to.deep.equal([]);
  });

  it("say that a call failed whose result stands in the messages", async () => {
    const failed = { ...RUNS[0], status: { code: 2 } } as JsonObject;
    expect(told((await read(batch(FIRST, failed, SECOND))).messages)[3]).to.equal("tool weather=c1 failed: 21");
  });

  it("tell a framework's call and the client's inside it once", async () => {
    const inner = FIRST["spanId"] as string;
    const outer = { ...chat("m0", 1, [ASKED], [BOTH], INSTRUCTIONS) };
    expect(told((await read(batch(outer, { ...FIRST, parentSpanId: "m0", spanId: `${inner}-inner` }, SECOND))).messages)).to.deep.equal(TOLD);
  });

  it("are two conversations where an agent calls another as a tool", async () => {
    const ask = calls({ id: "c1", name: "ask_expert", arguments: { task: "A" } });
    const read = await readAll([
      batch(
        ROOT,
        chat("m1", 1, [ASKED], [ask], INSTRUCTIONS),
        tool("t1", 2, { "gen_ai.tool.name": "ask_expert", "gen_ai.tool.call.id": "c1" }),
        span("g1", 2, "invoke_agent expert", { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "expert" }, { parentSpanId: "t1" }),
        chat("s1", 3, [text("user", "A")], finished(text("assistant", "21")), {}, { parentSpanId: "g1" }),
        chat("m2", 4, [ASKED, ask, response("c1", "21")], finished(text("assistant", "21.")), INSTRUCTIONS),
      ),
    ]);
    expect(read.map(({ messages }) => told(messages))).to.deep.equal([
      [...TOLD.slice(0, 2), 'assistant:  [ask_expert({"task":"A"})]', "tool ask_expert=c1: 21", "assistant: 21."],
      ["user: A", "assistant: 21"],
    ]);
    expect(read.map(({ provenance }) => provenance.notes?.["agent"])).to.deep.equal(["planner", "expert"]);
  });

  it("are as many conversations as there are calls at one time", async () => {
    const parallel = ["1", "2", "3"].map((name) => chat(`m${name}`, 1, [text("user", `Page ${name}`)], finished(text("assistant", name))));
    expect((await readAll([batch(...parallel)])).map(({ answer }) => answer)).to.deep.equal(["1", "2", "3"]);
  });

  it("go by the agent's own span where no call of a model was recorded with content", async () => {
    const agent = span("root", 0, "invoke_agent x", {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.input.messages": [ASKED],
      "gen_ai.output.messages": finished(ANSWER),
    });
    expect(told((await read(batch(agent, chat("m1", 1, null, null)))).messages)).to.deep.equal([
      "user: How warm is it in A and B?",
      "assistant: 21 and 17.",
    ]);
  });

  it("are nothing where they are not of a model", async () => {
    const http = span("h", 1, "GET /", { "http.request.method": "GET" });
    const rows = await readRows([batch({ ...http, traceId: "web" }), batch(FIRST, SECOND)]);
    expect(rows.map(({ recordings, problem: why }) => why ?? recordings.length)).to.deep.equal([0, 1]);
  });
});

describe("a trace that went wrong", () => {
  it("is refused where the content was not recorded, with what to set", async () => {
    expect(await problem(batch(chat("m1", 1, null, null)))).to.match(
      /^trace 5b8efff798038103d269b633813fc60c holds no messages: its 1 spans .* OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true/,
    );
  });

  it("says where some calls were recorded without their content", async () => {
    expect((await read(batch(FIRST, SECOND, chat("m3", 6, null, null)))).faults).to.deep.equal([
      "1 calls of the model were recorded without their content",
    ]);
  });

  it("ends where the model could not be reached", async () => {
    const failed = chat("m2", 4, [ASKED, BOTH, ...RESULTS], null, INSTRUCTIONS, { status: { code: 2, message: "rate limit\n…" } });
    const { messages, finish, faults } = await read(batch(FIRST, failed));
    expect(told(messages)).to.deep.equal(TOLD.slice(0, 5));
    expect({ finish, faults }).to.deep.equal({ finish: "failed", faults: ["the model's call failed: rate limit"] });
  });

  it("goes on where a second try succeeded", async () => {
    const silent = chat("m0", 0, null, null, {}, { status: { code: 2 } });
    const told1 = chat("m1b", 3, [ASKED, BOTH, ...RESULTS], null, INSTRUCTIONS, { status: { code: 2 } });
    const { messages, finish } = await read(batch(silent, FIRST, told1, SECOND));
    expect({ told: told(messages), finish }).to.deep.equal({ told: TOLD, finish: "answer" });
  });

  for (const [what, one, message] of [
    [
      "a picture",
      chat("m1", 1, [{ role: "user", parts: [{ type: "blob", modality: "image", content: "aGk=" }] }], null),
      /^span m1\.gen_ai\.input\.messages\[0\]\.parts\[0\] is a part of type "blob"/,
    ],
    [
      "a picture in a text of parts",
      span("m1", 1, "x", { "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": [{ type: "image_url", image_url: { url: "x" } }] }),
      /is a part of type "image_url"/,
    ],
    ["messages cut in the middle", chat("m1", 1, '[{"role": "user", "pa', null), /^span m1\.gen_ai\.input\.messages is text that is not JSON/],
    ["an unknown role", chat("m1", 1, [text("narrator", "x")], null), /\[0\]\.role is "narrator"; expected system, user, assistant or tool/],
    [
      "several choices",
      chat(
        "m1",
        1,
        [ASKED],
        [
          { ...ANSWER, finish_reason: "stop" },
          { ...ANSWER, finish_reason: "stop" },
        ],
      ),
      /gen_ai\.output\.messages holds 2 choices; one is read/,
    ],
  ] as const) {
    it(`is told with its place: ${what}`, async () => {
      expect(await problem(batch(one as JsonObject))).to.match(message);
    });
  }

  it("does not turn in circles where spans name each other as parents", async () => {
    expect(told((await read(batch({ ...FIRST, parentSpanId: "m2" }, { ...SECOND, parentSpanId: "m1" }))).messages).at(-1)).to.be.a("string");
  });

  it("is not lost in attributes of a thousand dots, or names of an object's own", async () => {
    const odd = { [`gen_ai.prompt.${"0.".repeat(1000)}x`]: "x", "gen_ai.prompt.0.__proto__": "x", "gen_ai.prompt.0.constructor": "x" };
    expect(
      told((await read(batch(chat("m1", 1, null, null, { ...odd, "gen_ai.prompt.0.content": "Hi", "gen_ai.completion.0.content": "Ho" })))).messages),
    ).to.deep.equal(["user: Hi", "assistant: Ho"]);
  });
});

describe("what was written", () => {
  it("is read back the same", async () => {
    const definitions = [
      { type: "function", name: "weather", description: "Tells it", parameters: { type: "object", properties: { city: { type: "string" } } } },
    ];
    const thinking: JsonObject = {
      role: "assistant",
      parts: [
        { type: "reasoning", content: "Once more." },
        { type: "text", content: "I try." },
        { type: "tool_call", id: "c3", name: "weather", arguments: "{" },
      ],
    };
    const failed = tool("t3", 3, { "gen_ai.tool.name": "weather", "gen_ai.tool.call.id": "c3", "error.type": "ValueError" });
    const input = [ASKED, BOTH, ...RESULTS, text("user", "Sure?"), thinking, response("c3", "that is no city 🏙️")];
    const first = await read(
      batch(...RUNS, failed, chat("m1", 1, input, finished(ANSWER), { ...INSTRUCTIONS, "gen_ai.tool.definitions": definitions })),
    );
    const again = await read((await otel()).sft!(first) as JsonValue);
    expect(first.messages.map(({ role }) => role).join(" ")).to.equal("system user assistant tool tool user assistant tool assistant");
    expect(first.messages[7]).to.include({ ok: false, durationMs: 500 });
    expect(again.messages).to.deep.equal(first.messages);
    expect(again.tools).to.deep.equal(first.tools);
    expect({ answer: again.answer, model: again.provenance.model }).to.deep.equal({ answer: first.answer, model: "gpt-4o" });
  });

  it("is a document that OTLP's readers take: ids of 32 and 16 hexadecimal digits, times as text", async () => {
    const row = (await otel()).sft!(await read(batch(FIRST, SECOND))) as { resourceSpans: [{ scopeSpans: [{ spans: JsonObject[] }] }] };
    for (const one of row.resourceSpans[0].scopeSpans[0].spans) {
      expect(one["traceId"]).to.match(/^[0-9a-f]{32}$/);
      expect(one["spanId"]).to.match(/^[0-9a-f]{16}$/);
      expect(one["startTimeUnixNano"]).to.match(/^\d+$/);
    }
  });
});

describe("how surely a row is OTLP's", () => {
  it("is told for batches, gathered traces and bare spans, and not for other logs", async () => {
    const { recognizes, gather } = await otel();
    for (const row of [batch(FIRST), { resourceLogs: [] }, FIRST, ...gather!([batch(FIRST)])])
      expect(recognizes!(row as JsonValue)).to.be.greaterThan(0.85);
    expect(recognizes!(gather!([batch(span("h", 1, "GET /", {}))])[0] as JsonValue)).to.equal(0.6);
    for (const row of [null, 3, "text", [], {}, { messages: [] }, { traceId: "x" }]) expect(recognizes!(row as JsonValue)).to.equal(0);
  });
});
