import { checkTrajectory, dialects, trajectoryId } from "@autotraj/core";
import {
  type AssistantMessage,
  DIALECTS,
  FORMAT,
  type Format,
  type JsonObject,
  type JsonValue,
  type Message,
  PluginError,
  type RecordedTrajectory,
  type ToolMessage,
  type Trajectory,
} from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };

async function chat(): Promise<Format> {
  return (await setupPlugin(plugin, { services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

/** As the kernel takes a recorded row in. */
async function read(row: JsonValue): Promise<Trajectory> {
  const recorded = (await chat()).read!(row, 7) as RecordedTrajectory;
  const trajectory = { usage: USAGE, ...recorded, id: trajectoryId(recorded) };
  expect(checkTrajectory(trajectory)).to.equal(undefined);
  return trajectory;
}

async function assistantOf(message: JsonObject): Promise<AssistantMessage> {
  const trajectory = await read({ messages: [{ role: "user", content: "?" }, message] });
  return trajectory.messages[1] as AssistantMessage;
}

async function mistake(row: JsonValue): Promise<string> {
  try {
    await read(row);
  } catch (error) {
    if (error instanceof PluginError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("the row was read");
}

const CALL = { id: "call_9aF", type: "function", function: { name: "python", arguments: '{"code": "print(6*7)"}' } };
const LOG: JsonObject = {
  id: "log-1",
  model: "gpt-4o-mini",
  answer: 42,
  task: "products",
  tools: [
    {
      type: "function",
      function: { name: "python", description: "Runs code", parameters: { type: "object", properties: { code: { type: "string" } } } },
    },
  ],
  messages: [
    { role: "system", content: "Use the tool." },
    {
      role: "user",
      content: [
        { type: "text", text: "What is " },
        { type: "text", text: "6*7?" },
      ],
    },
    { role: "assistant", content: null, reasoning_content: "I had better calculate.", tool_calls: [CALL] },
    { role: "tool", tool_call_id: "call_9aF", content: "42" },
    { role: "assistant", content: "It is \\boxed{42}." },
  ],
};

describe("a recorded conversation", () => {
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
    expect(
      (
        await read({
          messages: [
            { role: "user", content: "?" },
            { role: "assistant", tool_calls: [call] },
          ],
        })
      ).faults,
    ).to.have.length(1);
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

describe("a row that cannot be read", () => {
  const user = { role: "user", content: "?" };
  const rows: readonly (readonly [string, JsonValue, string])[] = [
    ["is no object", [], "the row is not an object."],
    ["has no messages", {}, "messages is missing; expected an array of OpenAI chat messages."],
    ["has no question", { messages: [{ role: "assistant", content: "x" }] }, "messages holds no user message, so there is no question."],
    ["has a message that is no object", { messages: [user, "x"] }, "messages[1] is not an object."],
    [
      "has an unknown role",
      { messages: [user, { role: "bot", content: "x" }] },
      'messages[1].role is "bot"; expected system, user, assistant or tool.',
    ],
    ["has a number for content", { messages: [{ role: "user", content: 5 }] }, "messages[0].content is neither text nor an array of parts."],
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
      "messages[0].content[1] is not a text part; images and audio are not supported.",
    ],
    [
      "has a call without a function",
      { messages: [user, { role: "assistant", tool_calls: [{ id: "a" }] }] },
      "messages[1].tool_calls[0].function is not an object.",
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
    ["has a result of no call", { messages: [user, { role: "tool", content: "x" }] }, "messages[1].tool_call_id is missing."],
    ["has tools that are no array", { messages: [user], tools: {} }, "tools is not an array."],
    ["has a tool without a name", { messages: [user], tools: [{ type: "function", function: {} }] }, "tools[0].function.name is missing."],
    ["has an answer that is an object", { messages: [user], answers: ["1", {}] }, "answers[1] is neither text nor a number."],
  ];
  for (const [what, row, message] of rows) {
    it(`because it ${what} is refused with the path`, async () => {
      expect(await mistake(row)).to.equal(`CHAT_ROW_INVALID: ${message}`);
    });
  }
});

const SAMPLED: readonly Message[] = [
  { role: "system", content: "Use tags." },
  { role: "user", content: "6*7?" },
  {
    role: "assistant",
    content: "",
    toolCalls: [{ id: "call-0", name: "python", arguments: { code: "print(6*7)" } }],
    text: "<think>hm </think>\n<code> print(6*7) </code>",
    train: false,
  },
  { role: "tool", toolCallId: "call-0", name: "python", content: "42 </result> <think>not mine</think>", ok: true },
  { role: "assistant", content: "\\boxed{42}", text: "<answer>\\boxed{42}</answer>" },
];
const inTags = (overrides: Partial<Trajectory> = {}): Trajectory => ({
  id: "tags-1",
  query: { id: "q", question: "6*7?", answers: ["42"] },
  dialect: "tags",
  tools: [{ name: "python", description: "Runs code", parameters: { type: "object", properties: {} }, tag: { name: "code", argument: "code" } }],
  messages: SAMPLED,
  answer: "42",
  finish: "answer",
  faults: [],
  provenance: { origin: "rollout" },
  usage: USAGE,
  ...overrides,
});

interface SegmentedRow {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly segments: readonly { readonly text: string; readonly train: boolean }[];
}

describe("a trajectory in tags, written", () => {
  it("is one assistant message, and its segments joined are that text exactly", async () => {
    const { messages, segments } = (await chat()).sft!(inTags()) as unknown as SegmentedRow;
    expect(messages.map(({ role }) => role)).to.deep.equal(["system", "user", "assistant"]);
    expect(segments.map(({ text }) => text).join("")).to.equal(messages[2]!.content);
    expect(messages[2]!.content).to.equal(dialects.text(inTags()));
  });

  it("trains on what the model sampled, never on a tool's text nor on a turn kept out of the loss", async () => {
    const { segments } = (await chat()).sft!(inTags()) as unknown as SegmentedRow;
    expect(segments.filter(({ train }) => train).map(({ text }) => text)).to.deep.equal(["<answer>\\boxed{42}</answer>"]);
  });

  it("has no system message where none was shown", async () => {
    const messages = SAMPLED.map((message) => (message.role === "system" ? { ...message, content: "" } : message));
    const row = (await chat()).sft!(inTags({ messages })) as unknown as SegmentedRow;
    expect(row.messages.map(({ role }) => role)).to.deep.equal(["user", "assistant"]);
  });

  it("has the tools without their tags, as the chat API takes them", async () => {
    const { tools } = (await chat()).sft!(inTags()) as { tools: JsonValue };
    expect(tools).to.deep.equal([
      { type: "function", function: { name: "python", description: "Runs code", parameters: { type: "object", properties: {} } } },
    ]);
  });
});

describe("a pair, written", () => {
  const query = { id: "q", question: "6*7?", answers: ["42"] };

  it("has the prompt once, and both completions with their masks", async () => {
    const row = (await chat()).preference!({ query, chosen: inTags(), rejected: inTags({ id: "bad", messages: SAMPLED.slice(0, 4) }) }) as JsonObject;
    expect(row["prompt"]).to.deep.equal([
      { role: "system", content: "Use tags." },
      { role: "user", content: "6*7?" },
    ]);
    for (const side of ["chosen", "rejected"]) {
      const [message] = row[side] as { content: string }[];
      expect((row[`${side}_segments`] as { text: string }[]).map(({ text }) => text).join("")).to.equal(message!.content);
    }
  });

  it("has both sides in the chosen one's dialect, so that the dialect does not tell them apart", async () => {
    const recorded = await read(LOG);
    const row = (await chat()).preference!({ query, chosen: inTags(), rejected: recorded }) as { rejected: { content: string }[] };
    expect(row.rejected).to.have.length(1);
    expect(row.rejected[0]!.content).to.include("<code>print(6*7)</code>").and.include("<answer>It is \\boxed{42}.</answer>");
    const other = (await chat()).preference!({ query, chosen: recorded, rejected: inTags() }) as { rejected: { role: string }[] };
    expect(other.rejected.map(({ role }) => role)).to.deep.equal(["assistant", "tool", "assistant"]);
    expect(other).not.to.have.property("chosen_segments");
  });
});

describe("Alpaca rows", () => {
  const output = async (variant: string, trajectory: Trajectory) => (await chat()).variants![variant]!.sft!(trajectory) as Record<string, string>;

  it("hold the real results", async () => {
    expect(await output("alpaca", inTags())).to.deep.equal({ instruction: "Use tags.", input: "6*7?", output: dialects.text(inTags()) });
  });

  it("hold blanked results as the published code has them, and nothing else is changed", async () => {
    const blanked = (await output("alpaca-masked", inTags()))["output"];
    expect(blanked).to.equal("<think>hm </think>\n<code> print(6*7) </code>\n<result></result>\n<answer>\\boxed{42}</answer>");
  });

  it("of a recorded conversation are in the tag dialect", async () => {
    const { output: text } = await output("alpaca", await read(LOG));
    expect(text).to.include("<think>I had better calculate.</think>").and.include("<result>\n42\n</result>");
  });

  it("of a pair share instruction and input", async () => {
    const pair = { query: { id: "q", question: "6*7?", answers: [] }, chosen: inTags(), rejected: inTags({ messages: SAMPLED.slice(0, 4) }) };
    const row = (await chat()).variants!["alpaca-masked"]!.preference!(pair) as Record<string, string>;
    expect(Object.keys(row)).to.deep.equal(["instruction", "input", "chosen", "rejected"]);
    expect(row["chosen"]).to.equal(`${row["rejected"]}<answer>\\boxed{42}</answer>`);
  });
});

describe("recognizing OpenAI messages", () => {
  it("takes any JSON value without throwing", async () => {
    const { recognizes } = await chat();
    const message = { role: "user", content: [{ type: { toString: 1 } }, { type: [{}] }] };
    expect(recognizes!({ messages: [message] })).to.equal(0.8);
  });
});
