import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRecords } from "@autotraj/core";
import type { AssistantMessage, JsonObject, JsonValue, Message, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { LONGEST_NOTE } from "../src/read.ts";
import { AGENT } from "../src/write.ts";
import { harborRefuses } from "./harbor-rules.ts";
import { allOf, atif, mistake, read, written } from "./support.ts";

const FOREIGN: JsonObject = {
  schema_version: "ATIF-v1.6",
  session_id: "s-1",
  agent: {
    name: "terminus-2",
    version: "2.0.0",
    model_name: "gpt-5",
    tool_definitions: [
      { type: "function", function: { name: "bash", description: "Runs a command", parameters: { type: "object", properties: {} } } },
    ],
  },
  notes: "n".repeat(2 * LONGEST_NOTE),
  steps: [
    { step_id: 1, source: "system", message: "Be brief." },
    {
      step_id: 2,
      source: "user",
      message: [
        { type: "text", text: "How many " },
        { type: "text", text: "files?" },
      ],
      timestamp: "2026-10-05T12:00:00Z",
    },
    {
      step_id: 3,
      source: "agent",
      message: "I count.",
      reasoning_content: "ls",
      model_name: "gpt-5",
      tool_calls: [{ tool_call_id: "c1", function_name: "bash", arguments: { command: "ls | wc -l" } }],
      observation: { results: [{ source_call_id: "c1", content: "3" }] },
      metrics: { prompt_tokens: 10, completion_tokens: 5, completion_token_ids: [1, 2] },
    },
    { step_id: 4, source: "agent", message: "There are \\boxed{3}." },
  ],
  final_metrics: { total_prompt_tokens: 25, total_completion_tokens: 9, total_cached_tokens: 8, total_cost_usd: 0.5 },
};
const STEPS = FOREIGN["steps"] as JsonObject[];
const withSteps = (...steps: JsonValue[]): JsonObject => ({ ...FOREIGN, steps });
const changed = (index: number, changes: JsonObject): JsonObject =>
  withSteps(...STEPS.map((step, at) => (at === index ? { ...step, ...changes } : step)));

describe("an ATIF document of another agent", () => {
  it("is read with its messages, thinking, calls, results, tokens, tools, answer and usage", async () => {
    const { query, messages, tools, answer, finish, usage, dialect } = await read(FOREIGN);
    expect(query).to.deep.include({ question: "How many files?", answers: [] });
    expect(messages).to.deep.equal([
      { role: "system", content: "Be brief." },
      { role: "user", content: "How many files?" },
      {
        role: "assistant",
        content: "I count.",
        reasoning: "ls",
        toolCalls: [{ id: "c1", name: "bash", arguments: { command: "ls | wc -l" } }],
        tokens: [1, 2],
      },
      { role: "tool", toolCallId: "c1", name: "bash", content: "3", ok: true },
      { role: "assistant", content: "There are \\boxed{3}." },
    ]);
    expect(tools).to.deep.equal([{ name: "bash", description: "Runs a command", parameters: { type: "object", properties: {} } }]);
    expect({ answer, finish, dialect }).to.deep.equal({ answer: "3", finish: "answer", dialect: "native" });
    expect(usage).to.deep.equal({ promptTokens: 25, cachedTokens: 8, completionTokens: 9, modelCalls: 2, toolCalls: 1 });
  });

  it("leaves its agent, run, cost and notes behind, the notes at a bounded length", async () => {
    const { provenance } = await read(FOREIGN);
    const notes = { agent: "terminus-2", version: "2.0.0", session_id: "s-1", notes: "n".repeat(LONGEST_NOTE), total_cost_usd: 0.5 };
    expect(provenance).to.deep.equal({ origin: "recorded", model: "gpt-5", notes: { atif: notes } });
  });

  it("is written again under its own agent and run", async () => {
    const again = await written(await read(FOREIGN));
    expect(again["agent"]).to.deep.equal(FOREIGN["agent"]);
    expect(again["session_id"]).to.equal("s-1");
    expect((await read(again)).messages).to.deep.equal((await read(FOREIGN)).messages);
  });

  it("keeps copied context and what no model wrote out of the loss", async () => {
    const marks: readonly JsonObject[] = [{ is_copied_context: true }, { llm_call_count: 0 }];
    for (const mark of marks) {
      expect(((await read(changed(3, mark))).messages.at(-1) as AssistantMessage).train, JSON.stringify(mark)).to.equal(false);
    }
    expect((await read(changed(3, { is_copied_context: false, llm_call_count: 2 }))).messages.at(-1)).not.to.have.property("train");
  });

  it("tells what came back without a call as what the agent was told, and gives a lone result to a lone call", async () => {
    const observation = { results: [{ content: "$ ls\na b c" }, { content: null }] };
    const { messages } = await read(withSteps(STEPS[1]!, { step_id: 2, source: "agent", message: "keys: ls", observation }));
    expect(messages.slice(2)).to.deep.equal([
      { role: "user", content: "$ ls\na b c" },
      { role: "user", content: "" },
    ]);
    const lone = await read(changed(2, { observation: { results: [{ source_call_id: null, content: "3" }] } }));
    expect((lone.messages[3] as ToolMessage).toolCallId).to.equal("c1");
  });

  it("has no answer where it ends with a call or its result", async () => {
    const { finish, answer } = await read(withSteps(...STEPS.slice(0, 3)));
    expect({ finish, answer }).to.deep.equal({ finish: "no-answer", answer: undefined });
  });
});

const CALL = { tool_call_id: "c1", function_name: "bash", arguments: { command: "ls" } };
const acting = (id: number, calls: readonly JsonObject[], results?: readonly JsonObject[]): JsonObject => ({
  step_id: id,
  source: "agent",
  message: "",
  tool_calls: [...calls],
  ...(results === undefined ? {} : { observation: { results: [...results] } }),
});
const resultsOf = ({ messages }: Trajectory) => messages.filter((message): message is ToolMessage => message.role === "tool");
const callsOf = ({ messages }: Trajectory) => messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));

describe("the results of a document", () => {
  const ASKED = STEPS[1]!;

  it("without an id go to the calls of their step, in order", async () => {
    const read2 = await read(withSteps(ASKED, acting(2, [CALL, { ...CALL, tool_call_id: "c2" }], [{ content: "one" }, { content: "two" }])));
    expect(resultsOf(read2).map(({ toolCallId, content }) => [toolCallId, content])).to.deep.equal([
      ["c1", "one"],
      ["c2", "two"],
    ]);
    expect(read2.faults).to.deep.equal([]);
  });

  it("of a call that is answered already, or of none, are faults that are named", async () => {
    const twice = await read(
      withSteps(
        ASKED,
        acting(
          2,
          [CALL],
          [
            { source_call_id: "c1", content: "one" },
            { source_call_id: "c1", content: "more" },
          ],
        ),
      ),
    );
    expect(resultsOf(twice).map(({ content }) => content)).to.deep.equal(["one", "more"]);
    expect(twice.faults).to.deep.equal(["unpaired: turn 4, a result for the call c1, answers a call that is answered already"]);
    const unknown = await read(withSteps(ASKED, acting(2, [CALL], [{ source_call_id: "c9", content: "?" }])));
    expect(unknown.faults).to.deep.equal([
      "unpaired: turn 3, a result for the call c9, answers no call",
      "unpaired: turn 2, the call c1 of bash has no result",
    ]);
  });

  it("stay with the calls of their own step where every step counts from 1 again", async () => {
    const silent = acting(2, [{ ...CALL, arguments: { command: "a" } }]);
    const answered = acting(3, [{ ...CALL, arguments: { command: "b" } }], [{ source_call_id: "c1", content: "of b" }]);
    for (const steps of [
      [silent, answered],
      [answered, { ...answered, step_id: 4 }],
      [silent, STEPS[1]!, answered],
    ]) {
      const trajectory = await read(withSteps(ASKED, ...steps));
      const calls = new Map(callsOf(trajectory).map((call) => [call.id, call]));
      expect(calls.size).to.equal(2);
      for (const { toolCallId } of resultsOf(trajectory)) expect(calls.get(toolCallId)?.arguments).to.deep.equal({ command: "b" });
    }
  });

  it("that stand in a step of their own answer the calls before it, with an id or without", async () => {
    const result = (more: JsonObject): JsonObject => ({
      step_id: 3,
      source: "system",
      message: "",
      observation: { results: [{ content: "3", ...more }] },
    });
    for (const more of [{}, { source_call_id: "c1" }] as readonly JsonObject[]) {
      const { messages, faults } = await read(withSteps(ASKED, acting(2, [CALL]), result(more)));
      expect(messages.at(-1)).to.deep.equal({ role: "tool", toolCallId: "c1", name: "bash", content: "3", ok: true });
      expect(faults).to.deep.equal([]);
    }
  });
});

describe("a call of a document", () => {
  const first = async (call: JsonObject) => callsOf(await read(changed(2, { tool_calls: [call], observation: { results: [{ content: "3" }] } })))[0]!;

  it("is read with its arguments as text or as an object, every digit of them", async () => {
    expect((await first({ ...CALL, arguments: '{"command":"ls"}' })).arguments).to.deep.equal({ command: "ls" });
    const [recording] = await readFile(
      JSON.stringify(changed(2, { tool_calls: [{ ...CALL, arguments: { id: 0 } }] })).replace('"id":0', '"id":12345678901234567890'),
    );
    expect(JSON.stringify(callsOf(recording!)[0]!.arguments)).to.equal('{"id":12345678901234567890}');
    expect(JSON.stringify((await atif()).sft!(recording!))).to.include('"arguments":{"id":12345678901234567890}');
  });

  it("may be without an id, and without a name or an object it is malformed", async () => {
    expect((await first({ function_name: "bash", arguments: {} })).id).to.be.a("string");
    expect((await first({ tool_call_id: "c1", arguments: {} })).malformed?.reason).to.equal("the call names no tool");
    expect((await first({ ...CALL, arguments: ["ls"] })).malformed?.reason).to.equal("the arguments are not a JSON object");
  });

  it("that ends the run needs no result and is the answer", async () => {
    const finish = acting(2, [{ tool_call_id: "c1", function_name: "finish", arguments: { message: "3" } }]);
    const { answer, faults } = await read(withSteps(STEPS[1]!, finish));
    expect({ answer, faults }).to.deep.equal({ answer: "3", faults: [] });
  });
});

describe("a document of any version", () => {
  it("is read, and one that is not 1.x is noted", async () => {
    for (const version of ["ATIF-v1.0", "ATIF-v1.4", "ATIF-v1.8", "ATIF-v2.0", "1.7", null]) {
      const { messages, provenance } = await read({ ...FOREIGN, schema_version: version });
      expect(messages).to.have.length(5);
      const noted = version === null || version.startsWith("ATIF-v1.") ? undefined : version;
      expect((provenance.notes!["atif"] as JsonObject)["schema_version"], `${version}`).to.equal(noted);
    }
    const { schema_version: _, agent: __, ...bare } = FOREIGN;
    expect((await read(bare)).messages).to.have.length(5);
  });

  it("is known by its version or its sources, and nothing else is", async () => {
    const { recognizes } = await atif();
    const { schema_version: _, ...unversioned } = FOREIGN;
    for (const row of [FOREIGN, unversioned, { steps: STEPS }, { schema_version: "ATIF-v9", steps: [] }])
      expect(recognizes!(row)).to.be.greaterThan(0.7);
    const others: readonly JsonValue[] = [
      ...[null, 5, "ATIF-v1.7", [FOREIGN], {}, { schema_version: "ATIF-v1.7" }, { steps: [] }, { steps: [null], agent: {} }],
      ...[{ question: "?", steps: [{ tool: "search", observation: "x" }] }, { messages: [{ role: "user", content: "?" }] }],
    ];
    for (const row of others) expect(recognizes!(row), JSON.stringify(row)).to.be.lessThan(0.5);
  });

  it("adds up the metrics of its steps where it has no totals", async () => {
    const { final_metrics: _, ...document } = FOREIGN;
    expect((await read(document)).usage).to.include({ promptTokens: 10, completionTokens: 5, cachedTokens: 0 });
  });

  it("with subagents is as many trajectories, the document's own first", async () => {
    const subagent = {
      ...FOREIGN,
      trajectory_id: "sub",
      steps: [
        { step_id: 1, source: "user", message: "Count." },
        { step_id: 2, source: "agent", message: "3" },
      ],
    };
    const all = allOf(await atif(), { ...FOREIGN, subagent_trajectories: [{ ...subagent, subagent_trajectories: [subagent] }] });
    expect(all.map(({ query }) => query.question)).to.deep.equal(["How many files?", "Count.", "Count."]);
    expect((all[0]!.provenance.notes!["atif"] as JsonObject)["subagents"]).to.equal(1);
  });
});

describe("a document that cannot be read", () => {
  const image = { type: "image", source: { media_type: "image/png", path: "x.png" } };
  const documents: readonly (readonly [string, JsonValue, string])[] = [
    ["is a list", [FOREIGN], "the row is not an object."],
    ["has an agent that is a name", { ...FOREIGN, agent: "terminus-2" }, "agent is not an object."],
    ["has no steps", { ...FOREIGN, steps: {} }, "steps is missing; expected an array."],
    ["has a step that is no object", withSteps(STEPS[0]!, 5), "steps[1] is not an object."],
    ["has an unknown source", changed(1, { source: "tool" }), 'steps[1].source is "tool"; expected system, user or agent.'],
    ["has an image", changed(1, { message: [image] }), 'steps[1].message[0] is a part of type "image"; text, thinking and refusals are read here.'],
    ["asks nothing", withSteps(STEPS[2]!), "the row holds no turn of a user, so there is no question."],
    ["has calls that are no list", changed(2, { tool_calls: {} }), "steps[2].tool_calls is not a list."],
    ["has results that are no list", changed(2, { observation: { results: {} } }), "steps[2].observation.results is not a list."],
    ["has an observation that is text", changed(2, { observation: "3" }), "steps[2].observation is not an object."],
    ["has a spoilt subagent", { ...FOREIGN, subagent_trajectories: [{ steps: 5 }] }, "subagent_trajectories[0].steps is missing; expected an array."],
    [
      "has an image for a result",
      changed(2, { observation: { results: [{ source_call_id: "c1", content: [image] }] } }),
      'steps[2].observation.results[0].content[0] is a part of type "image"; text, thinking and refusals are read here.',
    ],
    [
      "has a tool without a name",
      { ...FOREIGN, agent: { name: "x", version: "1", tool_definitions: [{}] } },
      "agent.tool_definitions[0].name is missing.",
    ],
  ];
  for (const [what, document, message] of documents) {
    it(`because it ${what} is refused with the path`, async () => {
      expect(await mistake(document)).to.equal(`ROW_INVALID: ${message}`);
    });
  }
});

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

async function readFile(text: string): Promise<readonly Trajectory[]> {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-atif-"));
  try {
    writeFileSync(join(folder, "log.jsonl"), text);
    const trajectories: Trajectory[] = [];
    for await (const { recordings, problem } of readRecords(join(folder, "log.jsonl"), await atif())) {
      expect(problem).to.equal(undefined);
      trajectories.push(...recordings.map(({ trajectory }) => trajectory));
    }
    return trajectories;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
