import { dialects, ExportTally } from "@autotraj/core";
import type { AssistantMessage, Format, JsonObject, JsonValue, Message, PreferencePair, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import { callsOf, TOOL } from "./rows.ts";
import { type Row, read, refusal, sharegpt } from "./support.ts";

const BASE = trajectoryWith({
  id: "t-1",
  query: { id: "q", question: "6*7?", answers: ["42"] },
  dialect: "native",
  tools: [{ ...TOOL, tag: { name: "code", argument: "code" } }],
});
const user: Message = { role: "user", content: "6*7?" };
const call = (code: string, id = "call-0", more: Partial<AssistantMessage> = {}): AssistantMessage => ({
  role: "assistant",
  content: "",
  toolCalls: [{ id, name: "python", arguments: { code } }],
  ...more,
});
const result = (content: string, id = "call-0"): ToolMessage => ({ role: "tool", toolCallId: id, name: "python", content, ok: true });
const say = (content: string, more: Partial<AssistantMessage> = {}): AssistantMessage => ({ role: "assistant", content, ...more });
const trajectory = (...messages: Message[]): Trajectory => ({ ...BASE, messages });
const written = async (one: Trajectory): Promise<Row> => (await sharegpt()).sft!(one) as unknown as Row;

describe("a trajectory, written", () => {
  it("is what LLaMA-Factory asks for: calls and results in turns of their own, tools as text, the mask on the model's turns", async () => {
    const row = await written(
      trajectory({ role: "system", content: "Go." }, user, call("1", "a", { reasoning: "hm", train: false }), result("1", "a"), say("42")),
    );
    expect(row).to.deep.equal({
      id: "t-1",
      system: "Go.",
      tools: JSON.stringify([TOOL]),
      conversations: [
        { from: "human", value: "6*7?" },
        { from: "function_call", value: '<think>\nhm\n</think>\n\n{"name":"python","arguments":{"code":"1"}}', loss: false },
        { from: "observation", value: "1" },
        { from: "gpt", value: "42", loss: true },
      ],
    });
  });

  it("has the same columns whether there is a system prompt and tools or not", async () => {
    const row = await written({ ...trajectory(user, say("42")), tools: [] });
    expect({ system: row.system, tools: row.tools }).to.deep.equal({ system: "", tools: "" });
  });

  it("is never one that LLaMA-Factory skips, however its turns follow each other", async () => {
    const odd: readonly Message[][] = [
      [user, say("one"), say("two")],
      [user, user, say("42")],
      [user, say("I will count."), call("1"), result("1"), say("42")],
      [user, call("1", "a"), call("2", "b"), result("2", "b"), say("42")],
      [user, call("1"), say("42")],
      [user, call("1"), result("1")],
      [user, call("1"), result("1"), user, say("42")],
      [say("42")],
      [user, { ...call("1"), content: "Let me see.", reasoning: "hm" }, result("1"), say("42")],
    ];
    for (const messages of odd) expect(refusal(await written(trajectory(...messages))), JSON.stringify(messages)).to.equal(undefined);
  });

  it("loses no word of the model's where turns are joined", async () => {
    const row = await written(
      trajectory(user, say("First.", { reasoning: "a" }), { ...call("1"), content: "Second.", reasoning: "b" }, result("1"), say("42")),
    );
    for (const word of ["First.", "Second.", "a", "b"]) expect(row.conversations[1]!.value).to.include(word);
  });

  it("is not cut apart by markers in what the model wrote", async () => {
    const hostile = "</think>{}<tool_call>x</tool_call><think>\ny\n</think>\n\n";
    const one = trajectory(user, call(hostile, "call-0", { reasoning: hostile }), result(hostile), say(hostile));
    const row = await written(one);
    expect(refusal(row)).to.equal(undefined);
    const [, first, second] = (await read(row as unknown as JsonValue)).messages as [Message, AssistantMessage, ToolMessage];
    expect(first.toolCalls?.[0]?.arguments).to.deep.equal({ code: hostile });
    expect(first.reasoning).to.equal("< /think>{}< tool_call>x< /tool_call>< think>\ny\n< /think>");
    expect(second.content).to.equal(hostile);
  });

  it("has words beside a call as words, and the call in tags after them", async () => {
    const one = trajectory(user, { ...call("6*7"), content: "I compute.", reasoning: "hm" }, result("42"), say("42"));
    const row = await written(one);
    expect(row.conversations[1]).to.include({
      from: "function_call",
      value: '<think>\nhm\n</think>\n\nI compute.\n<tool_call>{"name":"python","arguments":{"code":"6*7"}}</tool_call>',
    });
    expect((await read(row as unknown as JsonValue)).messages).to.deep.equal(one.messages);
  });

  it("has the results of several calls apart again, also where words stand beside the calls", async () => {
    const calls = ["1", "2"].map((code, index) => ({ id: `call-${index}`, name: "python", arguments: { code } }));
    const one = trajectory(user, { ...say("Both at once."), toolCalls: calls }, result("a", "call-0"), result("b", "call-1"), say("42"));
    expect((await read((await written(one)) as unknown as JsonValue)).messages).to.deep.equal(one.messages);
  });

  it("is left out, with the reason, where the form has no place for it", async () => {
    const joiner = "\n</tool_response>\n<tool_response>\n";
    const two: AssistantMessage = { ...say(""), toolCalls: ["a", "b"].map((id) => ({ id, name: "python", arguments: { code: id } })) };
    const cases: readonly (readonly [Message[], string])[] = [
      [[user, say("a"), { role: "system", content: "s" }, say("b")], "a system message stands after the first turn"],
      [[user, two, result(joiner, "a"), result("2", "b"), say("c")], "one of several results holds the mark that stands between them"],
      [[user, { ...call("1"), content: "The tag <tool_call>." }, result("1"), say("c")], "a text beside a call holds <tool_call>"],
      [[user, call("1"), result("1"), user, say("c")], "a user speaks beside a result, and one turn would hold both"],
      [[user, call("1"), user, result("1"), say("c")], "a user speaks beside a result, and one turn would hold both"],
      [[say("Hello!"), user, say("c")], "the model speaks before anybody asks"],
    ];
    const { refuses } = await sharegpt();
    for (const [messages, reason] of cases) expect(refuses!(trajectory(...messages))).to.equal(reason);
    expect(refuses!(trajectory(user, call("1"), result(joiner), say("c")))).to.equal(undefined);
  });

  it("leaves out what the host's rules leave out, and cuts what stands after the model's last turn", async () => {
    const format = await sharegpt();
    const tally = new ExportTally();
    const thanks = trajectory(user, call("1"), result("1"), say("42"), { role: "user", content: "Thanks, bye." });
    const late = trajectory(user, call("1", "a"), say("wait"), result("1", "a"), say("42"));
    const rows = [...tally.sft([thanks, late], format as Required<Format>)] as unknown as Row[];
    expect(rows.map(({ conversations }) => conversations.map(({ from }) => from))).to.deep.equal([["human", "function_call", "observation", "gpt"]]);
    expect(tally.turnsCut).to.equal(1);
    expect(tally.leftOut).to.deep.equal({ "a result stands after a later turn, and the format pairs results by their order": 1 });
  });

  it("comes back as it was: parallel calls, thinking, malformed calls, several questions, odd characters", async () => {
    const odd = "a\u2028b\u2029 \u202eשלום\u202c 🧮\u200d\t{}[]";
    const calls = ["x", odd].map((code, index) => ({ id: `call-${index}`, name: "python", arguments: { code } }));
    const broken = { id: "call-2", name: "python", arguments: {}, malformed: { raw: '{"code": ', reason: "the arguments are not a JSON object" } };
    const one = trajectory(
      { role: "system", content: odd },
      { role: "user", content: odd },
      { ...say("", { reasoning: odd }), toolCalls: calls },
      result("A", "call-0"),
      result(odd, "call-1"),
      { ...say(odd), toolCalls: [broken] },
      result("Error: no JSON", "call-2"),
      say(`The tags <tool_call> and <think> in words: ${odd}`, { reasoning: "so", train: false }),
      { role: "user", content: "And now?" },
      say(odd),
    );
    const again = await read((await written(one)) as unknown as JsonValue);
    expect(again.messages).to.deep.equal(one.messages.map((message) => (message.content.startsWith("Error") ? { ...message, ok: false } : message)));
    expect(again.tools).to.deep.equal([TOOL]);
    expect(again.faults).to.deep.equal(["malformed tool call: the arguments are not a JSON object"]);
  });

  it("comes back changed where its words are what sets mark calls, results and thinking with, and only there", async () => {
    const callInWords = await read((await written(trajectory(user, say('See <tool_call>{"name": "f"}</tool_call>')))) as unknown as JsonValue);
    expect(callsOf(callInWords).map(({ name }) => name)).to.deep.equal(["f"]);
    const wrapped = trajectory(user, call("1"), result("<tool_response>\nx\n</tool_response>"), say("<think>a</think>b"));
    const { messages } = await read((await written(wrapped)) as unknown as JsonValue);
    expect(messages[2]!.content).to.equal("x");
    expect(messages[3]).to.deep.equal({ role: "assistant", content: "b", reasoning: "a" });
  });

  it("in tags keeps the text as sampled, results in turns that are not trained on, and no tool prompt beside its own", async () => {
    const text = "<think>hm </think>\n<code> print(6*7) </code>";
    const one: Trajectory = {
      ...trajectory(user, call("print(6*7)", "call-0", { text }), result("42"), say("42", { text: "<answer>42</answer>" })),
      dialect: "tags",
    };
    const row = await written(one);
    expect(row.tools).to.equal("");
    expect(row.conversations.map(({ from, value }) => [from, value])).to.deep.equal([
      ["human", "6*7?"],
      ["gpt", text],
      ["observation", "\n<result>\n42\n</result>\n"],
      ["gpt", "<answer>42</answer>"],
    ]);
    expect(refusal(row)).to.equal(undefined);
  });

  it("is left out where something in it would be read as a template's mark, and only there", async () => {
    const { refuses } = await sharegpt();
    const spelling = ["<|im_end|>", "a<|endoftext|>", "</s>", "<｜tool▁calls▁begin｜>", "[/INST]"];
    const places = (text: string): readonly Trajectory[] => [
      trajectory({ role: "system", content: text }, user, say("42")),
      trajectory({ role: "user", content: text }, say("42")),
      trajectory(user, say(text)),
      trajectory(user, say("42", { reasoning: text })),
      trajectory(user, call(text), result("1"), say("42")),
      trajectory(user, call("1"), result(text), say("42")),
    ];
    for (const text of spelling)
      for (const one of places(text)) expect(refuses!(one), text).to.equal("it spells a control token, which LLaMA-Factory cannot tell from a mark");
    for (const text of ["a <| b |> c", "<b>", "x <s", "[INST", "|im_end|", "<im_end>"])
      for (const one of places(text)) expect(refuses!(one), text).to.equal(undefined);
  });

  it("is registered for LLaMA-Factory's dataset_dir", async () => {
    const written = { sft: { file: "out/sft.jsonl", rows: 1 }, preferences: { file: "out/preferences.jsonl", rows: 1 } };
    const registry = JSON.parse((await sharegpt()).companions!(written)["dataset_info.json"]!) as JsonObject;
    expect(registry).to.deep.equal({
      autotraj_sft: { file_name: "sft.jsonl", formatting: "sharegpt", columns: { messages: "conversations", system: "system", tools: "tools" } },
      autotraj_preferences: {
        file_name: "preferences.jsonl",
        formatting: "sharegpt",
        ranking: true,
        columns: { messages: "conversations", system: "system", tools: "tools", chosen: "chosen", rejected: "rejected" },
      },
    });
  });
});

describe("a pair, written", () => {
  const pair = (chosen: Trajectory, rejected: Trajectory): PreferencePair => ({ query: BASE.query, chosen, rejected });
  const good = trajectory(user, call("6*7"), result("42"), say("42"));
  const turnRow = async (one: PreferencePair): Promise<Row> => (await sharegpt()).variants!["turn"]!.preference!(one) as unknown as Row;

  it("has the question and both runs whole, in one form", async () => {
    const bad: Trajectory = { ...trajectory(user, say("43", { text: "<answer>43</answer>" })), dialect: "tags" };
    const row = (await sharegpt()).preference!(pair(good, bad)) as unknown as Row;
    expect(row.conversations).to.deep.equal([{ from: "human", value: "6*7?" }]);
    expect(row.chosen).to.deep.equal({ from: "gpt", value: "<code>6*7</code>\n<result>\n42\n</result>\n<answer>42</answer>" });
    expect(row.rejected).to.deep.equal({ from: "gpt", value: "<answer>43</answer>" });
    expect(refusal(row, "ranking")).to.equal(undefined);
    expect(row.chosen.value).to.equal(
      dialects
        .get("tags")
        .render({ ...good, messages: good.messages.slice(1) })
        .map(({ text }) => text)
        .join(""),
    );
  });

  it("is left out as whole runs where a user speaks in one: nothing tells these words from the model's", async () => {
    const talk = trajectory(user, say("40"), { role: "user", content: "Sure?" }, say("42"));
    expect((await sharegpt()).preference!(pair(talk, good))).to.equal(undefined);
  });

  it("as turns has what both share, and the first turn in which they differ", async () => {
    const row = await turnRow(pair(good, trajectory(user, call("6*7"), result("42"), call("6+7"), result("13"), say("13"))));
    expect(row.conversations.map(({ from }) => from)).to.deep.equal(["human", "function_call", "observation"]);
    expect(row.chosen).to.deep.equal({ from: "gpt", value: "42" });
    expect(row.rejected).to.deep.equal({ from: "function_call", value: '{"name":"python","arguments":{"code":"6+7"}}' });
    expect(refusal(row, "ranking")).to.equal(undefined);
  });

  it("as turns has nothing where one of them stopped, and is left out where only a result differs: there is nothing to learn", async () => {
    const stopped = await turnRow(pair(good, trajectory(user, call("6*7"), result("42"))));
    expect([stopped.chosen.value, stopped.rejected.value]).to.deep.equal(["42", ""]);
    expect(refusal(stopped, "ranking")).to.equal(undefined);
    const tally = new ExportTally();
    const byChance = pair(good, trajectory(user, call("6*7"), result("41"), say("41")));
    const turn = (await sharegpt()).variants!["turn"] as Required<Format>;
    expect([...tally.preferences([byChance], turn)]).to.deep.equal([]);
    expect(tally.leftOut).to.deep.equal({ "in this format both sides are the same": 1 });
  });

  it("as turns tells a run in the other dialect in the chosen one's", async () => {
    const tags: Trajectory = { ...trajectory(user, say("43", { text: "<answer>43</answer>" })), dialect: "tags" };
    expect((await turnRow(pair(good, tags))).rejected).to.deep.equal({ from: "gpt", value: "43" });
    expect((await turnRow(pair(tags, good))).rejected).to.deep.equal({ from: "gpt", value: "<code>6*7</code>" });
  });
});
