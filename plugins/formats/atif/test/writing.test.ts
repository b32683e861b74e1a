import { readFileSync } from "node:fs";
import type { JsonObject, JsonValue, Message, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { AGENT } from "../src/write.ts";
import { changed } from "./documents.ts";
import { harborRefuses } from "./harbor-rules.ts";
import { read, written } from "./support.ts";

const call = (id: string, more: JsonObject = {}) => ({ id, name: "python", arguments: { code: "print(6*7)" }, ...more });
const EVERYTHING: Trajectory = {
  id: "t-0123456789abcdef",
  query: { id: "q", question: "6*7?", answers: ["42", "forty-two"], task: "products", solution: "by heart", meta: { level: 3 } },
  dialect: "tags",
  tools: [{ name: "python", description: "Runs code", parameters: { type: "object", properties: {} }, tag: { name: "code", argument: "code" } }],
  messages: [
    { role: "system", content: "" },
    { role: "user", content: "6*7?\u2028😀" },
    {
      role: "assistant",
      content: "",
      reasoning: "",
      text: "<code>print(6*7)</code>",
      tokens: [5, 6],
      train: false,
      toolCalls: [call("a"), call("b")],
    },
    { role: "tool", toolCallId: "a", name: "python", content: "", ok: true },
    { role: "tool", toolCallId: "b", name: "python", content: "boom", ok: false, durationMs: 12.5, isolation: "bwrap" },
    { role: "user", content: "Go on." },
    { role: "tool", toolCallId: "a", name: "python", content: "late", ok: false },
    {
      role: "assistant",
      content: "so",
      toolCalls: [{ id: "c", name: "python", arguments: {}, malformed: { raw: "{", reason: "the arguments are not JSON" } }],
    },
    { role: "assistant", content: "42", reasoning: "hm" },
  ] satisfies Message[],
  answer: "42",
  finish: "answer",
  faults: ["text outside the tags"],
  provenance: { origin: "repair", parent: "t-1", repairer: "llm", attempt: 0, model: "gpt-4", sawGold: true, notes: { why: "x" } },
  usage: { promptTokens: 3, cachedTokens: 2, completionTokens: 1, modelCalls: 4, toolCalls: 3 },
};

describe("a trajectory, written as ATIF", () => {
  it("comes back with everything it had", async () => {
    const { id: _, ...content } = await read(await written(EVERYTHING));
    const { id: __, ...before } = EVERYTHING;
    expect(content).to.deep.equal(before);
  });

  it("comes back with results that went well though their text looks as if not", async () => {
    const odd = EVERYTHING.messages.map((message) => (message.role === "tool" ? { ...message, content: "Error: none", ok: true } : message));
    expect((await read(await written({ ...EVERYTHING, messages: odd }))).messages).to.deep.equal(odd);
  });

  it("is valid by Harbor's rules", async () => {
    expect(harborRefuses(await written(EVERYTHING))).to.equal(undefined);
  });

  it("is what other readers look for: results beside their calls, copied context, tools in OpenAI's shape", async () => {
    const document = await written(EVERYTHING);
    const steps = document["steps"] as JsonObject[];
    expect(steps.map(({ source }) => source)).to.deep.equal(["system", "user", "agent", "user", "system", "agent", "agent"]);
    expect(steps[2]).to.deep.include({ step_id: 3, is_copied_context: true, metrics: { completion_token_ids: [5, 6] } });
    expect(steps[2]!["observation"]).to.deep.equal({
      results: [
        { source_call_id: "a", content: "" },
        { source_call_id: "b", content: "boom", extra: { ok: false, durationMs: 12.5, isolation: "bwrap" } },
      ],
    });
    expect(document["final_metrics"]).to.deep.equal({
      total_prompt_tokens: 3,
      total_completion_tokens: 1,
      total_cached_tokens: 2,
      total_steps: 7,
    });
    expect((document["agent"] as JsonObject)["model_name"]).to.equal("gpt-4");
  });

  it("names this package's version", () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
    expect(AGENT).to.deep.equal({ name: "autotraj", version });
  });

  it("whose own part was tampered with is refused by the kernel's check", async () => {
    const document = await written(EVERYTHING);
    const own = (document["extra"] as JsonObject)["autotraj"] as JsonObject;
    for (const [field, value] of [
      ["finish", "soon"],
      ["query", { id: 5 }],
      ["provenance", "me"],
    ] as const) {
      const problem = await read({ ...document, extra: { autotraj: { ...own, [field]: value as JsonValue } } }).then(
        () => "read",
        (error: Error) => error.message,
      );
      expect(problem).to.match(new RegExp(`^/${field}`));
    }
  });
});

describe("what AutoTraj wrote", () => {
  it("is not read for thinking or calls in its text a second time, and has the faults it had", async () => {
    const messages: Message[] = [
      { role: "user", content: "?" },
      { role: "assistant", content: "<think>a</think>b" },
      { role: "assistant", content: '<tool_call>{"name": "f", "arguments": {}}</tool_call>', toolCalls: [call("a")] },
    ];
    const before: Trajectory = { ...EVERYTHING, dialect: "native", messages, finish: "failed", faults: [], answer: "b" };
    const { messages: after, faults } = await read(await written(before));
    expect(after).to.deep.equal(messages);
    expect(faults).to.deep.equal([]);
  });

  it("in a file of another agent, extra.text is not what was sampled", async () => {
    expect((await read(changed(3, { extra: { text: "x" } }))).messages.at(-1)).not.to.have.property("text");
  });
});

describe("Harbor's rules as the tests have them", () => {
  const changing = (index: number, changes: JsonObject) => (document: JsonObject) => ({
    ...document,
    steps: (document["steps"] as JsonObject[]).map((step, at) => (at === index ? { ...step, ...changes } : step)),
  });
  const breaks: Readonly<Record<string, (document: JsonObject) => JsonObject>> = {
    "an unknown field": (document) => ({ ...document, surprise: 1 }),
    "no steps": (document) => ({ ...document, steps: [] }),
    "a gap in the step ids": changing(1, { step_id: 3 }),
    "an agent's field in a user's step": changing(1, { reasoning_content: "x" }),
    "a result of no call": changing(2, { observation: { results: [{ source_call_id: "c9" }] } }),
    "arguments as text": changing(2, { tool_calls: [{ tool_call_id: "a", function_name: "f", arguments: "{}" }] }),
  };
  for (const [what, spoil] of Object.entries(breaks)) {
    it(`refuse ${what}`, async () => {
      expect(harborRefuses(spoil(await written(EVERYTHING)))).to.be.a("string");
    });
  }
});
