import { DIALECTS, dialects, ExportTally, FORMAT, type Format, type JsonObject, type Message, PluginError, type Trajectory } from "@autotraj/core";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
const user: Message = { role: "user", content: "6*7?" };
const result = (content: string): Message => ({ role: "tool", toolCallId: "c", name: "python", content, ok: true });
const call = (code: string) => ({ id: "c", name: "python", arguments: { code } });

function trajectory(messages: readonly Message[], more: Partial<Trajectory> = {}): Trajectory {
  return {
    id: "t-1",
    query: { id: "q-1", question: "6*7?", answers: ["42"] },
    dialect: "native",
    tools: [{ name: "python", description: "Runs code", parameters: { type: "object" }, tag: { name: "code", argument: "code" } }],
    messages: [{ role: "system", content: "Think." }, ...messages],
    finish: "answer",
    faults: [],
    provenance: { origin: "rollout" },
    usage: USAGE,
    ...more,
  };
}

async function format(): Promise<Format> {
  return (await setupPlugin(plugin, { services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

async function sft(it: Trajectory, variant?: string): Promise<JsonObject> {
  const found = await format();
  return (variant === undefined ? found : found.variants![variant]!).sft!(it) as JsonObject;
}

async function refusal(it: Trajectory, variant?: string): Promise<string> {
  try {
    await sft(it, variant);
  } catch (error) {
    if (error instanceof PluginError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("the row was written");
}

const tags = (...parts: (string | Message)[]): Trajectory =>
  trajectory([user, ...parts.map((part): Message => (typeof part === "string" ? { role: "assistant", content: "", text: part } : part))], {
    dialect: "tags",
  });

describe("LLaMA-Factory's sharegpt rows", () => {
  it("hold calls as JSON, parallel results in one observation, thinking and text before a call", async () => {
    const row = await sft(
      trajectory([
        user,
        { role: "assistant", content: "", toolCalls: [call("a"), call("b")] },
        result("A"),
        result("B"),
        { role: "assistant", content: "Once more.", reasoning: "Hm.", toolCalls: [call("c")] },
        result("C"),
        { role: "assistant", content: "42", reasoning: "Yes." },
      ]),
    );
    expect(row).to.deep.include({ id: "t-1", system: "Think." });
    expect(JSON.parse(row["tools"] as string)[0].function.name).to.equal("python");
    expect(row["conversations"]).to.deep.equal([
      { from: "human", value: "6*7?" },
      { from: "function_call", value: '[{"name":"python","arguments":{"code":"a"}},{"name":"python","arguments":{"code":"b"}}]' },
      { from: "observation", value: "A\n</tool_response>\n<tool_response>\nB" },
      { from: "function_call", value: '<think>\nHm.\n</think>\n\nOnce more.\n<tool_call>{"name":"python","arguments":{"code":"c"}}</tool_call>' },
      { from: "observation", value: "C" },
      { from: "gpt", value: "<think>\nYes.\n</think>\n\n42" },
    ]);
  });

  it("end with the model, and have no result that came late: it pairs results with calls by their order alone", async () => {
    const tally = new ExportTally();
    const asked: Message = { role: "assistant", content: "", toolCalls: [call("a")] };
    const thanks = trajectory([user, asked, result("A"), { role: "assistant", content: "42" }, { role: "user", content: "Thanks, bye." }]);
    const late = trajectory([user, asked, { role: "assistant", content: "Wait." }, result("A"), { role: "assistant", content: "42" }]);
    const rows = [...tally.sft([thanks, late], (await format()) as Required<Format>)] as { conversations: { from: string }[] }[];
    expect(rows.map(({ conversations }) => conversations.map(({ from }) => from))).to.deep.equal([["human", "function_call", "observation", "gpt"]]);
    expect(Object.keys(tally.leftOut)).to.deep.equal(["a result stands after a later turn, and the format pairs results by their order"]);
  });

  it("hide in JSON what its regular expressions would take for thinking or a call", async () => {
    const row = await sft(
      trajectory([
        user,
        { role: "assistant", content: "", toolCalls: [call("<think>\n<tool_call>")] },
        result("1"),
        { role: "assistant", content: "1" },
      ]),
    );
    const { value } = (row["conversations"] as { value: string }[])[1]!;
    expect(value).not.to.contain("<");
    expect(JSON.parse(value)).to.deep.equal({ name: "python", arguments: { code: "<think>\n<tool_call>" } });
  });

  it("refuse the tag dialect, whose results it would train on", async () => {
    expect(await refusal(tags("<answer>42</answer>"))).to.equal(
      `LLAMAFACTORY_DIALECT: trajectory t-1 is in the dialect "tags": its tool results stand inside the assistant's message.`,
    );
  });

  const end: Message = { role: "assistant", content: "42" };
  const calls: Message = { role: "assistant", content: "", toolCalls: [call("a")] };
  const malformed = { ...call("a"), malformed: { raw: "{", reason: "not JSON" } };
  const leftOut: Readonly<Record<string, readonly Message[]>> = {
    "a turn that is not to be trained on": [user, { ...calls, train: false }, result("A"), end],
    "a malformed call": [user, { ...calls, toolCalls: [malformed] }, result("A"), end],
    "no answer after the last result": [user, calls, result("A")],
    "two turns of the model without a result between": [user, end, end],
    "a mark of calls in the text before one": [user, { ...calls, content: "I write <tool_call>" }, result("A"), end],
    "an end of thinking within its thinking": [user, { ...end, reasoning: "a </think> b" }],
    "a beginning of thinking within its thinking": [user, { ...calls, reasoning: "a <think> b" }, result("A"), end],
    "thinking in the text before a call": [user, { ...calls, content: "<think>a</think>" }, result("A"), end],
    "no turn of the model": [],
  };
  for (const [what, messages] of Object.entries(leftOut)) {
    it(`leave out a trajectory with ${what}`, async () => expect(await sft(trajectory(messages))).to.equal(undefined));
  }

  it("compare the first turn in which two sides differ", async () => {
    const start: Message[] = [user, { role: "assistant", content: "", toolCalls: [call("a")] }, result("A")];
    const chosen = trajectory([...start, { role: "assistant", content: "right" }]);
    const rejected = trajectory(
      [...start, { role: "assistant", content: "", toolCalls: [call("b")] }, result("B"), { role: "assistant", content: "wrong" }],
      { id: "t-2" },
    );
    const row = (await format()).preference!({ query: chosen.query, chosen, rejected }) as JsonObject;
    expect((row["conversations"] as JsonObject[]).map(({ from }) => from)).to.deep.equal(["human", "function_call", "observation"]);
    expect(row["chosen"]).to.deep.equal({ from: "gpt", value: "right" });
    expect(row["rejected"]).to.deep.equal({ from: "function_call", value: '{"name":"python","arguments":{"code":"b"}}' });
  });

  it("leave out a pair in which only the tool differed", async () => {
    const side = (answer: string) =>
      trajectory([user, { role: "assistant", content: "", toolCalls: [call("now()")] }, result(answer), { role: "assistant", content: answer }]);
    const found = await format();
    expect(found.preference!({ query: side("1").query, chosen: side("1"), rejected: side("2") })).to.equal(undefined);
  });
});

describe("LLaMA-Factory's ChatML rows", () => {
  it("hold the whole text in stretches, the loss on the model's own", async () => {
    expect((await sft(tags("<code>6*7</code>", result("42"), "<answer>42</answer>"), "chatml"))["conversations"]).to.deep.equal([
      { from: "human", value: "<|im_start|>system\nThink.<|im_end|>\n<|im_start|>user\n6*7?<|im_end|>\n<|im_start|>assistant\n" },
      { from: "gpt", value: "<code>6*7</code>" },
      { from: "observation", value: "\n<result>\n42\n</result>\n" },
      { from: "gpt", value: "<answer>42</answer><|im_end|>" },
    ]);
  });

  it("put a kept prefix with the prompt, and leave the end mark out where the turn was cut off", async () => {
    const kept: Message = { role: "assistant", content: "", text: "<code>1</code>", train: false };
    const cut = { ...tags(kept, result("1"), "<think>and so on"), finish: "token-limit" as const };
    const turns = (await sft(cut, "chatml"))["conversations"] as { from: string; value: string }[];
    expect(turns.map(({ from }) => from)).to.deep.equal(["human", "gpt"]);
    expect(turns[0]!.value).to.match(/<code>1<\/code>\n<result>\n1\n<\/result>\n$/);
    expect(turns[1]!.value).to.equal("<think>and so on");
  });

  it("refuse native trajectories, and leave out those with nothing to learn", async () => {
    expect(await refusal(trajectory([user, { role: "assistant", content: "42" }]), "chatml")).to.match(/^LLAMAFACTORY_DIALECT/);
    const kept: Message = { role: "assistant", content: "", text: "x", train: false };
    expect(await sft(tags(kept), "chatml")).to.equal(undefined);
  });
});

describe("dataset_info.json", () => {
  it("names the files, wherever they were written, and which one is ranked", async () => {
    const files = (await format()).companions!({
      sft: { file: "out/deep/sft.jsonl", rows: 2 },
      preferences: { file: "out/deep/preferences.jsonl", rows: 1 },
    });
    const columns = { messages: "conversations", system: "system", tools: "tools" };
    expect(JSON.parse(files["dataset_info.json"]!)).to.deep.equal({
      autotraj_sft: { file_name: "sft.jsonl", formatting: "sharegpt", columns },
      autotraj_preferences: {
        file_name: "preferences.jsonl",
        formatting: "sharegpt",
        ranking: true,
        columns: { ...columns, chosen: "chosen", rejected: "rejected" },
      },
    });
  });

  it("lists no file without rows", async () => {
    const files = (await format()).companions!({ sft: { file: "sft.jsonl", rows: 2 }, preferences: { file: "preferences.jsonl", rows: 0 } });
    expect(Object.keys(JSON.parse(files["dataset_info.json"]!))).to.deep.equal(["autotraj_sft"]);
  });
});
