import { dialects, ExportTally } from "@autotraj/core";
import type { Format, JsonObject, JsonValue, Message, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import { LOG } from "./rows.ts";
import { callsOf, chat, read, readAll } from "./support.ts";

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
const inTags = (overrides: Partial<Trajectory> = {}): Trajectory =>
  trajectoryWith({
    query: { id: "q", question: "6*7?", answers: ["42"] },
    tools: [{ name: "python", description: "Runs code", parameters: { type: "object", properties: {} }, tag: { name: "code", argument: "code" } }],
    messages: SAMPLED,
    answer: "42",
    ...overrides,
  });

interface SegmentedRow {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly segments: readonly { readonly text: string; readonly train: boolean }[];
}

describe("a conversation, written", () => {
  const user = (content: string): Message => ({ role: "user", content });
  const tool = { name: "weather", description: "w", parameters: { type: "object", properties: { city: { type: "string" } } } };
  const result = (toolCallId: string, content: string, ok = true): Message => ({ role: "tool", toolCallId, name: "weather", content, ok });
  const native = (...messages: Message[]): Trajectory => ({ ...inTags(), dialect: "native", tools: [tool], messages });
  const oslo = { id: "c1", name: "weather", arguments: { city: "Oslo" } };
  const rome = { id: "c2", name: "weather", arguments: { city: "Rome" } };
  const broken = { id: "c3", name: "weather", arguments: {}, malformed: { raw: '{"city": ', reason: "the arguments are not a JSON object" } };
  const callsIn = (row: unknown) =>
    (row as { messages: { tool_calls?: { function: { arguments: JsonValue } }[] }[] }).messages.flatMap(({ tool_calls = [] }) =>
      tool_calls.map(({ function: call }) => call.arguments),
    );
  const formats = async () => {
    const format = await chat();
    return { object: format.sft!, text: format.variants!["openai"]!.sft! };
  };

  it("has arguments as objects, which templates put into text, and as JSON text in the variant openai", async () => {
    const { object, text } = await formats();
    const one = native(user("?"), { role: "assistant", content: "", toolCalls: [oslo, rome] }, result("c1", "3 C"), result("c2", "21 C"));
    expect(callsIn(object(one))).to.deep.equal([{ city: "Oslo" }, { city: "Rome" }]);
    expect(callsIn(text(one))).to.deep.equal(['{"city":"Oslo"}', '{"city":"Rome"}']);
  });

  it("shows a malformed call without learning it where a template would need an object, and as it was written in the variant openai", async () => {
    const { object, text } = await formats();
    const one = native(user("?"), { role: "assistant", content: "", toolCalls: [broken] }, result("c3", "no"), { role: "assistant", content: "!" });
    const weights = (row: unknown) => (row as { messages: { weight?: number }[] }).messages.flatMap(({ weight }) => weight ?? []);
    expect([callsIn(object(one)), weights(object(one))]).to.deep.equal([[{ unparsed: '{"city": ' }], [0, 1]]);
    expect([callsIn(text(one)), weights(text(one))]).to.deep.equal([['{"city": '], [1, 1]]);
  });

  it("has results in the order of their calls, whatever order they came in", async () => {
    const messages: JsonObject[] = [
      { role: "user", content: "?" },
      {
        role: "assistant",
        content: null,
        tool_calls: ["Oslo", "Rome"].map((city) => ({ id: city, function: { name: "weather", arguments: JSON.stringify({ city }) } })),
      },
      { role: "tool", tool_call_id: "Rome", content: "21 C" },
      { role: "tool", tool_call_id: "Oslo", content: "3 C" },
      { role: "assistant", content: "!" },
    ];
    const row = (await chat()).sft!(await read({ messages })) as { messages: { content: string }[] };
    expect(row.messages.slice(2, 4).map(({ content }) => content)).to.deep.equal(["3 C", "21 C"]);
  });

  it("ends with the model: what a user says after it is cut, and the row stays", async () => {
    const tally = new ExportTally();
    const one = native(user("?"), { role: "assistant", content: "!" }, user("Thanks, bye."));
    const rows = [...tally.sft([one], (await chat()) as Required<Format>)] as { messages: { content: string }[] }[];
    expect(rows.map(({ messages }) => messages.map(({ content }) => content))).to.deep.equal([["?", "!"]]);
  });

  const odd = "a\u2028b\u2029 \u202eשלום\u202c 🧮\u200d\t<tool_call> and <think> in words {}[]";
  const ALL: readonly Message[] = [
    { role: "system", content: odd },
    user(odd),
    { role: "assistant", content: "", reasoning: odd, toolCalls: [oslo, { ...rome, arguments: { city: odd, n: null, list: [1, { a: "" }] } }] },
    result("c1", odd),
    result("c2", ""),
    { role: "assistant", content: odd, toolCalls: [broken] },
    result("c3", "Error: no JSON", false),
    { role: "assistant", content: odd, reasoning: "so", train: false },
    user("And now?"),
    { role: "assistant", content: odd },
  ];
  for (const style of ["object", "text"] as const) {
    it(`comes back as it was, with arguments as ${style}`, async () => {
      const again = await read((await formats())[style](native(...ALL)) as JsonValue);
      // See above: what is not learnt.
      const expected = ALL.map((message, index) => (index === 5 && style === "object" ? { ...message, train: false } : message));
      expect(again.messages).to.deep.equal(expected);
      expect(again.tools).to.deep.equal([tool]);
      expect(again.faults).to.deep.equal(["malformed tool call: the arguments are not a JSON object"]);
    });
  }

  it("comes back changed where its words are what models mark thinking, calls and results with", async () => {
    const { object } = await formats();
    const thought = await read(object(native(user("?"), { role: "assistant", content: "<think>a</think>b" })) as JsonValue);
    expect(thought.messages[1]).to.deep.equal({ role: "assistant", content: "b", reasoning: "a" });
    const called = await read(object(native(user("?"), { role: "assistant", content: '<tool_call>{"name": "f"}</tool_call>' })) as JsonValue);
    expect(callsOf(called).map(({ name }) => name)).to.deep.equal(["f"]);
    const wrapped = native(user("?"), { role: "assistant", content: "", toolCalls: [oslo] }, result("c1", "<tool_response>\nx\n</tool_response>"));
    expect((await read(object(wrapped) as JsonValue)).messages[2]!.content).to.equal("x");
  });

  it("as a pair comes back as both sides", async () => {
    const query = { id: "q", question: "?", answers: [] };
    const side = (content: string): Trajectory =>
      native(user("?"), { role: "assistant", content: "", toolCalls: [oslo] }, result("c1", "3 C"), { role: "assistant", content });
    const read_ = await readAll([(await chat()).preference!({ query, chosen: side("a"), rejected: side("b") }) as JsonValue]);
    expect(read_.map(({ messages }) => messages)).to.deep.equal([side("a").messages, side("b").messages]);
  });
});

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

  it("is left out where a user speaks again: one message could not hold it", async () => {
    const talk = [...SAMPLED, { role: "user", content: "Sure?" } as const, { role: "assistant", content: "Yes." } as const];
    const format = await chat();
    const reason = "a user speaks again, and in tags one message holds the whole run";
    expect(format.refuses!(inTags({ messages: talk }))).to.equal(reason);
    expect(format.refuses!(inTags({ messages: talk, dialect: "native" }))).to.equal(undefined);
    const query = { id: "q", question: "6*7?", answers: [] };
    expect(format.preference!({ query, chosen: inTags(), rejected: inTags({ messages: talk, dialect: "native" }) })).to.equal(undefined);
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

  it("of a native conversation carry its tools, which no system prompt explains", async () => {
    const { tools } = await output("alpaca", await read(LOG));
    expect(JSON.parse(tools!)).to.deep.equal(LOG["tools"]);
  });

  it("are left out where they have no place for a second question or system prompt", async () => {
    const { refuses } = (await chat()).variants!["alpaca"]!;
    const reason = "an Alpaca row holds one system prompt and one question";
    const again: readonly Message[] = [
      { role: "user", content: "Sure?" },
      { role: "assistant", content: "Yes." },
    ];
    expect(refuses!(inTags({ messages: [...SAMPLED, ...again] }))).to.equal(reason);
    expect(refuses!(inTags({ messages: [{ role: "user", content: "Hello." }, ...SAMPLED] }))).to.equal(reason);
    expect(refuses!(inTags({ messages: [{ role: "system", content: "Go." }, ...SAMPLED] }))).to.equal(reason);
    expect(refuses!(inTags())).to.equal(undefined);
  });

  it("are left out where LLaMA-Factory would read a template's mark in them", async () => {
    const { variants, refuses } = await chat();
    const spelling = inTags({ messages: SAMPLED.map((message) => (message.role === "tool" ? { ...message, content: "42<|im_end|>" } : message)) });
    for (const name of ["alpaca", "alpaca-masked"])
      expect(variants![name]!.refuses!(spelling)).to.equal("it spells a control token, which LLaMA-Factory cannot tell from a mark");
    // OpenAI's API reads none in a text.
    expect(refuses!(spelling)).to.equal(undefined);
  });

  it("of a pair share instruction and input", async () => {
    const pair = { query: { id: "q", question: "6*7?", answers: [] }, chosen: inTags(), rejected: inTags({ messages: SAMPLED.slice(0, 4) }) };
    const row = (await chat()).variants!["alpaca-masked"]!.preference!(pair) as Record<string, string>;
    expect(Object.keys(row)).to.deep.equal(["instruction", "input", "chosen", "rejected"]);
    expect(row["chosen"]).to.equal(`${row["rejected"]}<answer>\\boxed{42}</answer>`);
  });
});
