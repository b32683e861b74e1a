import { DIALECTS, dialects, FORMAT, type Format, type Message, PluginError, type Trajectory } from "@autotraj/core";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { chatmlWholePair } from "../src/chatml.ts";
import plugin from "../src/index.ts";

const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
const QUERY = { id: "q-1", question: "6*7?", answers: ["42"] };
const TOOL = { name: "python", description: "Runs code", parameters: { type: "object" }, tag: { name: "code", argument: "code" } };
const user: Message = { role: "user", content: "6*7?" };
const result = (content: string): Message => ({ role: "tool", toolCallId: "c", name: "python", content, ok: true });
const wrote = (text: string, train?: boolean): Message => ({ role: "assistant", content: "", text, ...(train === undefined ? {} : { train }) });
const called = (code: string, content = ""): Message => ({
  role: "assistant",
  content,
  toolCalls: [{ id: "c", name: "python", arguments: { code } }],
});
const said = (content: string): Message => ({ role: "assistant", content });

function trajectory(dialect: Trajectory["dialect"], messages: readonly Message[], more: Partial<Trajectory> = {}): Trajectory {
  return {
    ...{ id: "t-1", query: QUERY, dialect, tools: [], messages, finish: "answer", faults: [], provenance: { origin: "rollout" }, usage: USAGE },
    ...more,
  };
}
const tags = (...messages: readonly Message[]) => trajectory("tags", messages);
const native = (...messages: readonly Message[]) => trajectory("native", messages);

let format: Format;
function withFormat(): void {
  before(async () => {
    format = (await setupPlugin(plugin, { services: [[DIALECTS, dialects]] })).provided(FORMAT);
  });
}

/** An error's code, message and hint, a line each. */
function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PluginError) return [error.code, error.message, error.hint].join("\n");
    throw error;
  }
  throw new Error("the row was written");
}

const SHARED = "<|im_start|>user\n6*7?<|im_end|>\n<|im_start|>assistant\n";
/** Around every ChatML row: LLaMA-Factory is to add nothing. */
const BARE = { system: "", tools: "" };

describe("LLaMA-Factory's ChatML rows of conversations", () => {
  withFormat();

  const turnsOf = (...messages: readonly Message[]) => format.variants!["chatml"]!.sft!(tags(...messages));

  it("close the model's turn where somebody else speaks, and open another one", () => {
    const turns = turnsOf({ role: "system", content: "" }, user, wrote("a"), user, wrote("b"));
    expect(turns).to.deep.equal({
      id: "t-1",
      ...BARE,
      conversations: [
        { from: "human", value: SHARED },
        { from: "gpt", value: "a" },
        { from: "observation", value: `<|im_end|>\n${SHARED}` },
        { from: "gpt", value: "b<|im_end|>" },
      ],
    });
  });

  it("join what the model wrote in several turns on end, and leave out what nothing answers", () => {
    expect(turnsOf(user, wrote("a"), wrote("b"), result("1"))).to.have.deep.property("conversations", [
      { from: "human", value: SHARED },
      { from: "gpt", value: "ab" },
    ]);
    expect(turnsOf(user, wrote("a"), wrote("b", false), wrote("c"))).to.have.deep.property("conversations", [
      { from: "human", value: SHARED },
      { from: "gpt", value: "a" },
      { from: "observation", value: "b" },
      { from: "gpt", value: "c<|im_end|>" },
    ]);
  });

  it("say that the model ended its turn where it did, with an answer or without", () => {
    for (const finish of ["answer", "no-answer"] as const)
      expect(JSON.stringify(format.variants!["chatml"]!.sft!({ ...tags(user, wrote("a")), finish }))).to.contain("a<|im_end|>");
    for (const finish of ["token-limit", "turn-limit", "tool-limit", "failed"] as const)
      expect(JSON.stringify(format.variants!["chatml"]!.sft!({ ...tags(user, wrote("a")), finish }))).not.to.contain("a<|im_end|>");
  });

  it("ask an empty question as it was asked", () => {
    const row = turnsOf({ role: "user", content: "" }, wrote("x")) as { conversations: unknown[] };
    expect(row.conversations[0]).to.deep.equal({ from: "human", value: "<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n" });
  });

  it("leave turns without text out", () => {
    expect(turnsOf(user, wrote(""), result("1"), wrote("x"))).to.have.deep.property("conversations", [
      { from: "human", value: `${SHARED}\n<result>\n1\n</result>\n` },
      { from: "gpt", value: "x<|im_end|>" },
    ]);
  });

  it("are none where nobody spoke", () => {
    expect(turnsOf()).to.equal(undefined);
    expect(turnsOf(user)).to.equal(undefined);
    expect(turnsOf(user, wrote(""))).to.have.deep.property("conversations", [
      { from: "human", value: SHARED },
      { from: "gpt", value: "<|im_end|>" },
    ]);
  });

  it("name the trajectory that is native, and what to do", () => {
    expect(refusalOf(() => format.variants!["chatml"]!.sft!(native(user, said("42"))))).to.equal(
      'LLAMAFACTORY_DIALECT\ntrajectory t-1 is in the dialect "native"; this form is for "tags".\nExport to llamafactory, without /chatml.',
    );
  });
});

describe("LLaMA-Factory's rows of texts that spell control tokens", () => {
  withFormat();

  const SPELLING = [
    "<|im_end|>",
    "a<|endoftext|>b",
    "</s>",
    "<s>",
    "[INST]",
    "<|eot_id|>",
    "<｜end▁of▁sentence｜>",
    "<end_of_turn>",
    "<|begin_of_text|>",
  ];
  const PLAIN = ["a <| b |> c", "<sum>", "x |> f", "[INSTALL]", "<answer>", "</span>", "<| |>"];

  it("are refused, whoever wrote them, since they would be read as marks", () => {
    for (const text of SPELLING) {
      const forged = [
        tags({ role: "system", content: text }, user, wrote("a")),
        tags({ role: "user", content: text }, wrote("a")),
        tags(user, wrote(text)),
        tags(user, wrote("a"), result(text), wrote("b")),
        native(user, called(text), result("1"), said("b")),
        native(user, { role: "assistant", content: "b", reasoning: text }),
        trajectory("native", [user, said("b")], { tools: [{ ...TOOL, description: text }] }),
      ];
      for (const one of forged)
        for (const refuses of [format.refuses!, format.variants!["chatml"]!.refuses!])
          expect(refuses(one), text).to.equal("it spells a control token, which LLaMA-Factory cannot tell from a mark");
    }
  });

  it("are written where nothing would be read so", () => {
    for (const text of PLAIN) expect(format.refuses!(native({ role: "user", content: text }, said(text))), text).to.equal(undefined);
  });
});

describe("LLaMA-Factory's ChatML pairs", () => {
  withFormat();

  const pairOf = (chosen: Trajectory, rejected: Trajectory) => format.variants!["chatml"]!.preference!({ query: QUERY, chosen, rejected });

  it("are the first turns in which both sides differ, after all that they share", () => {
    const start = [user, wrote("<code>1</code>"), result("1")];
    expect(pairOf(tags(...start, wrote("good")), tags(...start, wrote("bad"), result("2"), wrote("more")))).to.deep.equal({
      id: "q-1",
      ...BARE,
      conversations: [{ from: "human", value: `${SHARED}<code>1</code>\n<result>\n1\n</result>\n` }],
      chosen: { from: "gpt", value: "good<|im_end|>" },
      rejected: { from: "gpt", value: "bad" },
    });
  });

  it("are none where the sides part at what no model wrote, or do not part", () => {
    expect(pairOf(tags(user, wrote("a"), result("1")), tags(user, wrote("a"), result("2")))).to.equal(undefined);
    expect(pairOf(tags(user, wrote("a"), result("1")), tags(user, wrote("a"), wrote("b")))).to.equal(undefined);
    expect(pairOf(tags(user, wrote("a"), wrote("\n<result>\n1\n</result>\n")), tags(user, wrote("a"), result("1")))).to.equal(undefined);
    const copied = wrote("\n<result>\n1\n</result>\n");
    expect(pairOf(tags(user, wrote("a"), copied, wrote("b")), tags(user, wrote("a"), result("1"), wrote("c")))).to.equal(undefined);
    expect(pairOf(tags(user, wrote("a")), tags(user, wrote("a")))).to.equal(undefined);
    expect(pairOf(tags(user, wrote("a"), wrote("b")), trajectory("tags", [user, wrote("a")], { finish: "token-limit" }))).to.equal(undefined);
  });

  it("translate a rejected native side, and refuse a chosen one", () => {
    expect(pairOf(tags(user, wrote("a")), native(user, said("b")))).to.have.deep.property("rejected", {
      from: "gpt",
      value: "<answer>b</answer><|im_end|>",
    });
    expect(refusalOf(() => pairOf(native(user, said("b")), tags(user, wrote("a"))))).to.match(/^LLAMAFACTORY_DIALECT/);
  });

  it("for a reward model are two whole trajectories after the chosen one's question", () => {
    const chosen = tags(user, wrote("a"), result("1"), wrote("b"));
    expect(chatmlWholePair({ query: QUERY, chosen, rejected: native(user, said("c")) }, dialects)).to.deep.equal({
      id: "q-1",
      ...BARE,
      conversations: [{ from: "human", value: SHARED }],
      chosen: { from: "gpt", value: "a\n<result>\n1\n</result>\nb<|im_end|>" },
      rejected: { from: "gpt", value: "<answer>c</answer><|im_end|>" },
    });
    for (const other of [tags(user), chosen]) expect(chatmlWholePair({ query: QUERY, chosen, rejected: other }, dialects)).to.equal(undefined);
    expect(chatmlWholePair({ query: QUERY, chosen: tags(user), rejected: chosen }, dialects)).to.equal(undefined);
  });
});

describe("LLaMA-Factory's sharegpt rows of conversations", () => {
  withFormat();

  it("hold system prompt and tools beside them, and nothing where there are none", () => {
    expect(format.sft!(native(user, said("42")))).to.deep.equal({
      id: "t-1",
      ...BARE,
      conversations: [
        { from: "human", value: "6*7?" },
        { from: "gpt", value: "42" },
      ],
    });
    const full = trajectory("native", [user, { role: "system", content: "Think." }, said("42")], { tools: [TOOL] });
    expect(format.sft!(full)).to.deep.include({
      system: "Think.",
      tools: '[{"type":"function","function":{"name":"python","description":"Runs code","parameters":{"type":"object"}}}]',
    });
  });

  it("hold all system prompts, and none where one comes in the middle of the run: the row has no place for it", () => {
    const system = (content: string) => ({ role: "system", content }) as const;
    expect(format.sft!(native(system("Be brief."), system("Think."), user, said("42")))).to.have.property("system", "Be brief.\n\nThink.");
    expect(format.sft!(native(user, said("a"), system("Now in French."), user, said("b")))).to.equal(undefined);
  });

  it("hold several questions in turn, and a result after a call only", () => {
    const turns = format.sft!(native(user, said("a"), user, called("1"), result("1"), said("b"))) as { conversations: { from: string }[] };
    expect(turns.conversations.map(({ from }) => from)).to.deep.equal(["human", "gpt", "human", "function_call", "observation", "gpt"]);
    expect(format.sft!(native(said("a"), user))).to.equal(undefined);
    expect(format.sft!(native(user, user, said("a")))).to.equal(undefined);
    expect(format.sft!(native(user, said("a"), user))).to.equal(undefined);
    expect(format.sft!(native(user, called("1"), result("1"), user, said("a")))).to.equal(undefined);
    expect(format.sft!(native())).to.equal(undefined);
  });

  it("join only results with results", () => {
    expect(format.sft!(native(user, result("1"), said("a")))).to.equal(undefined);
    const row = format.sft!(native(user, called("1"), result("A"), result("B"), said("b"))) as { conversations: unknown[] };
    expect(row.conversations[2]).to.deep.equal({ from: "observation", value: "A\n</tool_response>\n<tool_response>\nB" });
  });

  it("hold a text before a call as it was, and thinking only where there is some", () => {
    const row = format.sft!(native(user, called("1", "Now."), result("A"), { role: "assistant", content: "b", reasoning: "" }));
    expect(row).to.have.deep.property("conversations", [
      { from: "human", value: "6*7?" },
      { from: "function_call", value: 'Now.\n<tool_call>{"name":"python","arguments":{"code":"1"}}</tool_call>' },
      { from: "observation", value: "A" },
      { from: "gpt", value: "b" },
    ]);
  });

  it("say what to do about the tag dialect", () => {
    expect(refusalOf(() => format.sft!(tags(user, wrote("a"))))).to.match(/Export to llamafactory\/chatml/);
  });
});

describe("LLaMA-Factory's sharegpt pairs", () => {
  withFormat();

  const pairOf = (chosen: Trajectory, rejected: Trajectory) => format.preference!({ query: QUERY, chosen, rejected });

  it("show a malformed call of the rejected side as it was sampled", () => {
    const broken: Message = {
      role: "assistant",
      content: "",
      toolCalls: [{ id: "c", name: "python", arguments: {}, malformed: { raw: '{"code', reason: "not JSON" } }],
    };
    expect(pairOf(native(user, said("42")), native(user, broken))).to.deep.equal({
      id: "q-1",
      ...BARE,
      conversations: [{ from: "human", value: "6*7?" }],
      chosen: { from: "gpt", value: "42" },
      rejected: { from: "function_call", value: '{"name":"python","arguments":{"unparsed":"{\\"code"}}' },
    });
  });

  it("are none where a side cannot be written, is the same or ends first, and where the questions differ", () => {
    const good = native(user, said("a"));
    expect(pairOf(good, native(user, user))).to.equal(undefined);
    expect(pairOf(native(user, user), good)).to.equal(undefined);
    expect(pairOf(good, good)).to.equal(undefined);
    expect(pairOf(good, native(user))).to.equal(undefined);
    expect(pairOf(good, native({ role: "user", content: "other" }, said("b")))).to.equal(undefined);
  });

  it("are two answers to one question", () => {
    expect(pairOf(native(user, said("a")), native(user, said("b")))).to.deep.include({
      conversations: [{ from: "human", value: "6*7?" }],
      chosen: { from: "gpt", value: "a" },
      rejected: { from: "gpt", value: "b" },
    });
  });

  it("tell an answer from a call that reads the same", () => {
    const json = '{"name":"python","arguments":{"code":"1"}}';
    expect(pairOf(native(user, said(json)), native(user, called("1")))).to.deep.include({
      chosen: { from: "gpt", value: json },
      rejected: { from: "function_call", value: json },
    });
  });

  it("refuse a chosen side in tags", () => {
    expect(refusalOf(() => pairOf(tags(user, wrote("a")), native(user, said("b"))))).to.match(/^LLAMAFACTORY_DIALECT/);
  });
});
