import type { ContinuationPart, PluginError, Policy, Turn, TurnRequest } from "@autotraj/core/plugin";
import type { PluginUnderTest } from "@autotraj/testkit";
import { expect } from "chai";
import policyLocal from "../src/index.ts";
import { promptWith, requestOf, startPolicy } from "./trajectories.ts";

const greedy = { temperature: 0, topP: 1, topK: 0, maxTokens: 16 };
const sampled = { ...greedy, temperature: 0.8 };
const result: ContinuationPart = { by: "tool", text: "\n<result>\n1681\n</result>\n" };

describe("policy-local", function () {
  this.timeout(60_000);
  let policy: Policy;
  let plugin: PluginUnderTest;
  before(async () => {
    ({ policy, plugin } = await startPolicy({ sequences: 2, contextSize: 768 }));
  });
  after(() => plugin.dispose());

  const ask = (change: Partial<TurnRequest> = {}): Promise<Turn> =>
    policy.generate(
      { ...requestOf({ question: 3, candidate: 0 }, 0, [], { sampling: greedy, examples: 1 }), ...change },
      { signal: AbortSignal.any([]) },
    );
  const errorOf = async (turn: Promise<Turn>): Promise<PluginError> =>
    turn.then(
      () => expect.fail("the turn should have failed"),
      (error: PluginError) => error,
    );

  it("ends a turn with its stop string and counts what it used", async () => {
    const turn = await ask({ session: "stops", sampling: { ...greedy, maxTokens: 60 } });
    expect(turn.finish).to.equal("stop");
    expect(turn.text).to.match(/<\/code>$/);
    expect(turn.usage.completionTokens).to.equal(turn.tokens?.length);
    expect(turn.usage.promptTokens).to.be.within(200, 400);
  });

  it("stops at maxTokens and says so", async () => {
    const turn = await ask({ sampling: { ...greedy, maxTokens: 3 } });
    expect(turn).to.include({ finish: "length" });
    expect(turn.tokens).to.have.length(3);
  });

  it("gives another turn for another seed, and the same one for the same", async () => {
    const turns = await Promise.all([1, 1, 2, 3].map((seed) => ask({ sampling: sampled, seed })));
    expect(turns[0]?.tokens).to.deep.equal(turns[1]?.tokens);
    expect(new Set(turns.map(({ text }) => text)).size).to.be.greaterThan(1);
  });

  it("takes any integer as a seed, the one that llama.cpp reads as random too", async () => {
    for (const seed of [0xffff_ffff, -1, 2 ** 52 + 1, 0]) {
      const [one, two] = [await ask({ sampling: sampled, seed }), await ask({ sampling: sampled, seed })];
      expect(one.tokens, String(seed)).to.deep.equal(two.tokens);
    }
  });

  it("does not look at the seed when greedy", async () => {
    expect((await ask({ seed: 1 })).tokens).to.deep.equal((await ask({ seed: 2 })).tokens);
  });

  it("evaluates a shared beginning once", async () => {
    await ask({ messages: promptWith("How much is 2 + 2?", 1) });
    const other = await ask({ messages: promptWith("How much is 3 + 3?", 1) });
    expect(other.usage.promptTokens - other.usage.cachedTokens).to.be.lessThan(25);
  });

  it("evaluates nothing but the last token and the tool's result in the next turn of a session", async () => {
    const first = await ask({ session: "two turns" });
    const second = await ask({ session: "two turns", continuation: [{ by: "model", text: first.text, tokens: first.tokens! }, result] });
    expect(second.usage.cachedTokens).to.equal(first.usage.promptTokens + first.usage.completionTokens - 1);
    expect(second.usage.promptTokens - second.usage.cachedTokens).to.be.within(8, 20);
  });

  it("cuts the text behind a stop string that ends inside a token, and goes on from the tokens as sampled", async () => {
    const whole = await ask();
    const stop = whole.text.slice(0, whole.text.indexOf("p") + 1); // inside `print`
    const cut = await ask({ session: "cut", stop: [stop] });
    expect(cut.text).to.equal(stop);
    const next = await ask({ session: "cut", continuation: [{ by: "model", text: cut.text, tokens: cut.tokens! }, result] });
    expect(next.usage.cachedTokens).to.equal(cut.usage.promptTokens + cut.usage.completionTokens - 1);
  });

  it("takes the text where a turn's tokens are another model's, or are cut short by an editor", async () => {
    const text = "<think>I square it.</think>\n<code>print(41**2)</code>";
    const plain = await ask({ continuation: [{ by: "model", text }, result] });
    for (const tokens of [[1, 2, 3], [4_000_000_000], [0.5], [-1], []]) {
      const turn = await ask({ continuation: [{ by: "model", text, tokens }, result] });
      expect(turn.tokens, JSON.stringify(tokens)).to.deep.equal(plain.tokens);
    }
    const own = await ask();
    const shortened = await ask({ continuation: [{ by: "model", text: own.text.slice(0, 8), tokens: own.tokens! }, result] });
    const retyped = await ask({ continuation: [{ by: "model", text: own.text.slice(0, 8) }, result] });
    expect(shortened.tokens).to.deep.equal(retyped.tokens);
  });

  it("reads control tokens in a tool's result as the characters they are", async () => {
    const spelled = await ask({ continuation: [{ by: "tool", text: "<|im_end|><|im_start|>" }] });
    const nothing = await ask({ continuation: [] });
    expect(spelled.usage.promptTokens - nothing.usage.promptTokens).to.be.greaterThan(6);
  });

  it("survives any text", async () => {
    const texts = ["\u0000", "\ud800 lone", "<".repeat(500), "🧮".repeat(50), "</answer>".repeat(20), "\u202e\ufeff"];
    for (const text of texts) {
      const turn = await ask({ continuation: [{ by: "tool", text }], sampling: { ...sampled, temperature: 5, maxTokens: 8 } });
      expect(turn.tokens).to.not.equal(undefined);
    }
  });

  it("ends with `length` where the context is full", async () => {
    const filler = { by: "tool", text: "word ".repeat(430) } as const;
    const turn = await ask({ continuation: [filler], stop: [], sampling: { ...sampled, maxTokens: 5000 } });
    expect(turn.usage.promptTokens + turn.usage.completionTokens).to.be.at.most(768);
  });

  it("refuses a prompt that does not fit, with both numbers and the option", async () => {
    const error = await errorOf(ask({ continuation: [{ by: "tool", text: "word ".repeat(2000) }] }));
    expect(error.code).to.equal("PROMPT_TOO_LONG");
    expect(error.message).to.match(/the prompt of 2\d{3} tokens does not fit into contextSize 768/);
    expect(error.hint).to.match(/Set contextSize to at least 2\d{3}/);
  });

  it("lets go when aborted, and goes on working", async () => {
    const before = await ask();
    const stop = new AbortController();
    const request = requestOf({ question: 7, candidate: 0 }, 0, [], { sampling: { ...sampled, maxTokens: 400 }, examples: 1 });
    const turns = [1, 2, 3].map((seed) => errorOf(policy.generate({ ...request, stop: [], seed }, { signal: stop.signal })));
    stop.abort(new Error("the run was stopped"));
    for (const error of await Promise.all(turns)) expect(error.message).to.equal("the run was stopped");
    expect((await ask()).tokens).to.deep.equal(before.tokens);
  });

  it("is named by its weights and by all that changes its answers", () => {
    expect(JSON.parse(policy.identity)).to.deep.equal({
      gguf: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
      template: "chatml",
      program: 1,
      batchSize: 512,
      contextSize: 768,
    });
    expect(policy).to.include({ model: "smollm2-135m", deterministic: true, concurrency: 2 });
  });
});

describe("policy-local, started with", function () {
  this.timeout(60_000);
  it("no deadline of its own, gives a turn ten minutes: a crowded machine is slow, and nothing of it is broken", () => {
    expect(policyLocal.meta.options.properties).to.have.nested.property("turnTimeoutMs.default", 600_000);
  });

  it("too short a deadline, fails the turn with the time it had", async () => {
    const { policy, plugin } = await startPolicy({ sequences: 1, contextSize: 512, turnTimeoutMs: 1 });
    try {
      const request = requestOf({ question: 3, candidate: 0 }, 0, [], { sampling: greedy, examples: 1 });
      const error = await policy.generate(request, { signal: AbortSignal.any([]) }).then(
        () => expect.fail("the turn should have failed"),
        (caught: PluginError) => caught,
      );
      expect(error).to.include({ code: "TURN_TIMEOUT", message: "a turn of up to 16 tokens took longer than 1 ms." });
    } finally {
      await plugin.dispose();
    }
  });

  it("the template plain, writes a transcript without control tokens", async () => {
    const { policy, plugin } = await startPolicy({ sequences: 1, contextSize: 512, template: "plain" });
    try {
      const request = requestOf({ question: 3, candidate: 0 }, 0, [], { sampling: greedy, examples: 1 });
      expect((await policy.generate(request, { signal: AbortSignal.any([]) })).text).to.not.equal("");
      expect(JSON.parse(policy.identity)).to.include({ template: "plain" });
    } finally {
      await plugin.dispose();
    }
  });
});
