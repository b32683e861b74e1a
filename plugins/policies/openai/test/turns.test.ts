import type { TurnRequest } from "@autotraj/core/plugin";
import { expect } from "chai";
import type { FakeAnswer } from "../../../../test/fake-openai/server.ts";
import { anySignal, closeAll, fake, policyAt, rejection, turn } from "./support.ts";

/** What a policy makes of one scripted answer, and what it had asked for. */
async function ask(answer: FakeAnswer | string, options: object = {}, request: TurnRequest = turn(), stop: "strip" | "keep" = "strip") {
  const server = await fake({ answer: () => answer, stop });
  const policy = await policyAt(server.baseURL, options);
  const written = await policy.generate(request, anySignal);
  return { turn: written, body: server.calls[0]?.body, path: server.calls[0]?.path };
}

const CONTINUATION: TurnRequest["continuation"] = [
  { by: "model", text: "<code>print(6*7)</code>" },
  { by: "tool", text: "\n<result>\n42\n</result>\n" },
];
const SEARCH = { name: "search", description: "Finds.", parameters: { type: "object", properties: { query: { type: "string" } } } };

describe("where a turn of policy-openai ends", () => {
  afterEach(closeAll);

  for (const mode of ["strip", "keep"] as const) {
    it(`ends with the stop string exactly once when the server is one to ${mode} it`, async () => {
      const { turn: written } = await ask("<think>easy</think><code>print(1)</code> and more", {}, turn(), mode);
      expect(written).to.include({ text: "<think>easy</think><code>print(1)</code>", finish: "stop" });
    });
  }

  it("cuts what a server lets follow a stop string", async () => {
    const { turn: written } = await ask("<answer>42</answer> Bye!", { maxStops: 0 });
    expect(written).to.include({ text: "<answer>42</answer>", finish: "stop" });
  });

  it("lets no model write its own result, whether or not the server was told to stop there", async () => {
    for (const maxStops of [0, 4]) {
      const { turn: written } = await ask("<code>print(1)\n<result>\n1\n</result>\n<answer>1</answer>", { maxStops });
      expect(written.text).to.not.include("<result>");
      expect(written.finish).to.equal("stop");
    }
  });

  it("goes by the stop string that the server names rather than by the open tag", async () => {
    const request = turn({ stop: ["</code>", "STOP"] });
    for (const named of [
      { choice: { stop_reason: "STOP" } },
      { choice: { matched_stop: "STOP" } },
      { extra: { __verbose: { stopping_word: "STOP" } } },
    ])
      expect((await ask({ text: "<code>halt ", ...named }, {}, request)).turn.text).to.equal("<code>halt STOP");
  });

  it("closes no tag when the server says that the model ended by itself", async () => {
    for (const named of [{ choice: { stop_reason: null } }, { choice: { matched_stop: 2 } }, { extra: { __verbose: { stopping_word: "" } } }])
      expect((await ask({ text: "<code>halt", ...named })).turn.text).to.equal("<code>halt");
  });

  it("closes the tag that is open where the server says nothing, also one opened before this turn", async () => {
    expect((await ask("<think>a <answer> maybe</think><code>x")).turn.text).to.equal("<think>a <answer> maybe</think><code>x</code>");
    const resumed = turn({ continuation: [{ by: "model", text: "<code>" }] });
    expect((await ask("print(2)", {}, resumed)).turn.text).to.equal("print(2)</code>");
  });

  it("leaves a text as it is that stopped outside of every tag, or at the token limit", async () => {
    expect((await ask("I am done.")).turn).to.include({ text: "I am done.", finish: "stop" });
    expect((await ask({ text: "<code>print(", finish: "length" })).turn).to.include({ text: "<code>print(", finish: "length" });
    expect((await ask({ text: "<code>x</code>", finish: "length" }, {}, turn(), "keep")).turn.finish).to.equal("stop");
  });

  it("survives whatever a model writes", async () => {
    for (const text of ["", "<", "<".repeat(50_000), "</code>".repeat(5_000), "<code>".repeat(20_000), "\u0000\ud800<result", "<|im_end|>"])
      expect((await ask(text)).turn.text).to.be.a("string");
  });
});

describe("what policy-openai asks for", () => {
  afterEach(closeAll);

  it("writes tags through completions in ChatML, going on after the last result", async () => {
    const { body, path } = await ask("x", {}, turn({ continuation: CONTINUATION }));
    expect(path).to.equal("/v1/completions");
    expect(body).to.deep.equal({
      model: "test-model",
      prompt:
        "<|im_start|>system\nUse tags.<|im_end|>\n<|im_start|>user\nWhat is 6 times 7?<|im_end|>\n<|im_start|>assistant\n" +
        "<code>print(6*7)</code>\n<result>\n42\n</result>\n",
      temperature: 0.8,
      top_p: 1,
      max_tokens: 64,
      seed: 7,
      stop: ["</code>", "</answer>", "<result>", "<|im_end|>"],
    });
  });

  it("writes the paper's plain text, and any other template, worked examples included", async () => {
    const messages: TurnRequest["messages"] = [
      { role: "system", content: "S" },
      { role: "user", content: "Q1" },
      { role: "assistant", content: "42", text: "<answer>42</answer>" },
      { role: "user", content: "Q2" },
    ];
    const paper = await ask("x", { template: "paper" }, turn({ messages }));
    expect(paper.body.prompt).to.equal("S\n\nQuestion:\nQ1\n\n<answer>42</answer>\n\nQuestion:\nQ2\n\n");
    expect(paper.body.stop).to.deep.equal(["</code>", "</answer>", "<result>"]);
    const customTemplate = { system: "", user: "[INST] ", assistant: " [/INST]", end: "</s>" };
    const custom = await ask("fine</s>", { template: "custom", customTemplate }, turn({ messages }));
    expect(custom.body.prompt).to.equal("S</s>[INST] Q1</s> [/INST]<answer>42</answer></s>[INST] Q2</s> [/INST]");
    expect(custom.turn.text).to.equal("fine");
  });

  it("sends no more stop strings than the server takes, the turn's own first", async () => {
    const { body } = await ask("x", { maxStops: 3 }, turn({ stop: ["</search>", "</code>", "</answer>"] }));
    expect(body.stop).to.deep.equal(["</search>", "</code>", "</answer>"]);
  });

  it("goes on inside an assistant message where chat can do so, and takes back an echo of it", async () => {
    const request = turn({ continuation: CONTINUATION });
    const { body, turn: written } = await ask("<answer>42", { api: "chat", prefix: "vllm" }, request);
    expect(body).to.include({ continue_final_message: true, add_generation_prompt: false });
    expect(body.messages.at(-1)).to.deep.equal({ role: "assistant", content: "<code>print(6*7)</code>\n<result>\n42\n</result>\n" });
    expect(written.text).to.equal("<answer>42</answer>");
    const echoed = await ask(
      "<code>print(6*7)</code>\n<result>\n42\n</result>\n<answer>42",
      { api: "chat", prefix: "assistant", maxStops: 0 },
      request,
    );
    expect(echoed.turn.text).to.equal("<answer>42</answer>");
    expect(echoed.body).not.to.have.property("continue_final_message");
  });

  it("refuses to go on where chat cannot, instead of starting a new message", async () => {
    const error = await rejection(ask("x", { api: "chat" }, turn({ continuation: CONTINUATION })));
    expect(error.code).to.equal("OPENAI_NO_PREFIX");
    expect(error.hint).to.include("api: completions");
    expect((await ask("fine", { api: "chat" })).turn.text).to.equal("fine");
  });

  it("passes tools on and hands tool calls back unparsed, thinking apart", async () => {
    const request = turn({ dialect: "native", tools: [SEARCH], stop: [] });
    const toolCalls = [
      { id: "a1", name: "search", arguments: '{"query": "x"' },
      { id: "a2", name: "search", arguments: { query: "y" } },
    ];
    const {
      turn: written,
      body,
      path,
    } = await ask({ toolCalls, reasoning: "hm", usage: { promptTokens: 9, cachedTokens: 4, completionTokens: 2 } }, {}, request);
    expect(path).to.equal("/v1/chat/completions");
    expect(body.tools).to.deep.equal([{ type: "function", function: SEARCH }]);
    expect(body).not.to.have.property("stop");
    expect(written).to.deep.equal({
      text: "",
      reasoning: "hm",
      toolCalls: [
        { id: "a1", name: "search", arguments: '{"query": "x"' },
        { id: "a2", name: "search", arguments: '{"query":"y"}' },
      ],
      finish: "tool-calls",
      usage: { promptTokens: 9, cachedTokens: 4, completionTokens: 2 },
    });
  });

  it("turns earlier calls, results and malformed calls into messages that servers accept", async () => {
    const messages: TurnRequest["messages"] = [
      { role: "user", content: "Q" },
      {
        role: "assistant",
        content: "",
        reasoning: "look it up",
        toolCalls: [
          { id: "1", name: "search", arguments: { query: "x" } },
          { id: "2", name: "search", arguments: {}, malformed: { raw: "{query", reason: "no JSON" } },
        ],
      },
      { role: "tool", toolCallId: "1", name: "search", content: "found", ok: true },
      { role: "tool", toolCallId: "2", name: "search", content: "[call refused]", ok: false },
    ];
    const request = turn({ dialect: "native", tools: [SEARCH], stop: [], messages });
    const { body } = await ask("done", { reasoningField: "reasoning_content" }, request);
    const call = (id: string, args: string) => ({ id, type: "function", function: { name: "search", arguments: args } });
    expect(body.messages).to.deep.equal([
      { role: "user", content: "Q" },
      {
        role: "assistant",
        content: "",
        reasoning_content: "look it up",
        tool_calls: [call("1", '{"query":"x"}'), call("2", '{"malformed":"{query"}')],
      },
      { role: "tool", tool_call_id: "1", content: "found" },
      { role: "tool", tool_call_id: "2", content: "[call refused]" },
    ]);
    expect(JSON.stringify((await ask("done", {}, request)).body)).not.to.include("look it up");
  });

  it("sends top_k only where it is on, no seed where that is asked, and extraBody as it is", async () => {
    const sampling = { temperature: 1, topP: 0.9, topK: 20, maxTokens: 8 };
    const { body } = await ask("x", { seed: "omit", extraBody: { min_p: 0, max_tokens: null, max_completion_tokens: 9 } }, turn({ sampling }));
    expect(body).to.include({ top_k: 20, top_p: 0.9, min_p: 0, max_completion_tokens: 9 });
    expect(body).to.not.have.any.keys("seed", "max_tokens");
    const error = await rejection(ask("x", { extraBody: { stop: ["x"], n: 2 } }));
    expect(error.message).to.include("stop, n");
  });

  it("has an identity that changes with all that may change an answer, and with nothing else", async () => {
    const identity = async (options: object) => (await policyAt("http://127.0.0.1:9/v1", options)).identity;
    const base = await identity({});
    const others = [
      { model: "other" },
      { template: "paper" },
      { api: "chat" },
      { prefix: "vllm" },
      { seed: "omit" },
      { extraBody: { min_p: 0 } },
      { baseURL: "http://127.0.0.1:8/v1" },
    ];
    const identities = await Promise.all(others.map((options) => identity(options)));
    expect(new Set([base, ...identities]).size).to.equal(others.length + 1);
    expect(await identity({ timeoutMs: 5, maxRetries: 1, concurrency: { max: 2 }, apiKey: { $env: "KEY" } })).to.equal(base);
    expect(await identity({ extraBody: { a: 1, b: 2 } })).to.equal(await identity({ extraBody: { b: 2, a: 1 } }));
  });

  it("refuses native calls where only completions are allowed, and does not offer them", async () => {
    const error = await rejection(ask("x", { api: "completions" }, turn({ dialect: "native" })));
    expect(error.code).to.equal("OPENAI_DIALECT");
    expect((await policyAt("http://127.0.0.1:9/v1", { api: "completions" })).dialects).to.deep.equal(["tags"]);
  });

  it("offers what it was given: price and the most it will have in flight", async () => {
    const policy = await policyAt("http://127.0.0.1:9/v1", { price: { input: 0.1, output: 0.4 }, concurrency: { max: 12 } });
    expect(policy).to.deep.include({ price: { input: 0.1, output: 0.4 }, concurrency: 12, deterministic: false });
  });
});
