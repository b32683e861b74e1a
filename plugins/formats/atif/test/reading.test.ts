import type { AssistantMessage, JsonObject, JsonValue, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { readFile, readRow, trajectoriesOf } from "../../../../test/formats/reading.ts";
import { LONGEST_NOTE } from "../src/read.ts";
import { changed, FOREIGN, STEPS, withSteps } from "./documents.ts";
import { atif, mistake, read, written } from "./support.ts";

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

  it("that stand in a step of their own answer the calls before it, with an id or without, whoever the step is from", async () => {
    const results: readonly JsonObject[] = [{ content: "3" }, { content: "3", source_call_id: "c1" }];
    for (const source of ["system", "agent"]) {
      for (const result of results) {
        const step = { step_id: 3, source, message: "", observation: { results: [result] } };
        const { messages, faults } = await read(withSteps(ASKED, acting(2, [CALL]), step));
        expect(messages.at(-1)).to.deep.equal({ role: "tool", toolCallId: "c1", name: "bash", content: "3", ok: true });
        expect(faults).to.deep.equal([]);
      }
    }
  });
});

describe("what a document holds besides text", () => {
  const image = { type: "image", source: { media_type: "image/png", path: "x.png" } };

  it("is named in its place, and as a fault of each kind", async () => {
    const { messages, faults } = await read(
      withSteps(
        { step_id: 1, source: "user", message: [{ type: "text", text: "What is it? " }, image, { type: "audio", source: { path: "a.wav" } }] },
        acting(2, [CALL], [{ source_call_id: "c1", content: [image] }]),
      ),
    );
    expect(messages.map(({ content }) => content)).to.deep.equal(["What is it? [image: x.png][audio: a.wav]", "", "[image: x.png]"]);
    expect(faults).to.deep.equal([
      "not read: 2 of type image, the first at steps[0].message[1]",
      "not read: 1 of type audio, the first at steps[0].message[2]",
    ]);
  });

  it("is the page a web agent saw, where a result has no other text", async () => {
    const page = (web: JsonObject, content = ""): JsonObject =>
      withSteps(STEPS[1]!, acting(2, [CALL], [{ source_call_id: "c1", content, extra: { web } }]));
    expect(resultsOf(await read(page({ html: "<p>", axtree: "[1] link", url: "u" })))[0]!.content).to.equal("[1] link");
    expect(resultsOf(await read(page({ html: "<p>", axtree: null })))[0]!.content).to.equal("<p>");
    expect(resultsOf(await read(page({ axtree: "[1] link" }, "clicked")))[0]!.content).to.equal("clicked");
  });
});

describe("a document in which no user asks", () => {
  const saw = (content: string): JsonObject => ({ step_id: 2, source: "agent", message: "", observation: { results: [{ content }] } });

  it("has its system prompt for a question, else what the agent says first, and says so", async () => {
    const system = await read(
      withSteps({ step_id: 1, source: "system", message: "Count the files." }, saw("a b"), acting(3, [CALL], [{ content: "3" }])),
    );
    expect(system.query.question).to.equal("Count the files.");
    expect(system.faults).to.deep.equal([]);
    const alone = await read(withSteps({ step_id: 1, source: "agent", message: "I count." }, saw("a b")));
    expect(alone.query.question).to.equal("I count.");
    expect(alone.faults).to.deep.equal(["nobody asks: the agent's first words are taken for the question"]);
  });

  it("still has the user's question where the agent speaks first", async () => {
    const hello = { step_id: 1, source: "agent", message: "How may I help?" };
    const { query, faults } = await read(
      withSteps(hello, { step_id: 2, source: "user", message: "Count." }, { step_id: 3, source: "agent", message: "3" }),
    );
    expect({ question: query.question, faults }).to.deep.equal({ question: "Count.", faults: [] });
  });

  it("has no empty turn for a step that only carries what came back", async () => {
    const { messages } = await read(withSteps(STEPS[1]!, saw("a b"), STEPS[3]!));
    expect(messages.map(({ role, content }) => [role, content])).to.deep.equal([
      ["user", "How many files?"],
      ["user", "a b"],
      ["assistant", "There are \\boxed{3}."],
    ]);
  });
});

describe("a call of a document", () => {
  const first = async (call: JsonObject) => callsOf(await read(changed(2, { tool_calls: [call], observation: { results: [{ content: "3" }] } })))[0]!;

  it("is read with its arguments as text or as an object, every digit of them", async () => {
    expect((await first({ ...CALL, arguments: '{"command":"ls"}' })).arguments).to.deep.equal({ command: "ls" });
    const [row] = await readFile(
      await atif(),
      JSON.stringify(changed(2, { tool_calls: [{ ...CALL, arguments: { id: 0 } }] })).replace('"id":0', '"id":12345678901234567890'),
    );
    const [recording] = trajectoriesOf(row!);
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
    const all = readRow(await atif(), { ...FOREIGN, subagent_trajectories: [{ ...subagent, subagent_trajectories: [subagent] }] });
    expect(all.map(({ query }) => query.question)).to.deep.equal(["How many files?", "Count.", "Count."]);
    expect((all[0]!.provenance.notes!["atif"] as JsonObject)["subagents"]).to.equal(1);
  });
});

describe("a document that cannot be read", () => {
  const documents: readonly (readonly [string, JsonValue, string])[] = [
    ["is a list", [FOREIGN], "the row is not an object."],
    ["has an agent that is a name", { ...FOREIGN, agent: "terminus-2" }, "agent is not an object."],
    ["has no steps", { ...FOREIGN, steps: {} }, "steps is missing; expected an array."],
    ["has a step that is no object", withSteps(STEPS[0]!, 5), "steps[1] is not an object."],
    ["has an unknown source", changed(1, { source: "tool" }), 'steps[1].source is "tool"; expected system, user or agent.'],
    [
      "has a part of an unknown kind",
      changed(1, { message: [{ type: "tool_use", name: "bash" }] }),
      'steps[1].message[0] is a part of type "tool_use"; text, thinking and refusals are read here.',
    ],
    ["says nothing", withSteps(acting(1, [CALL])), "the row holds no turn of a user, so there is no question."],
    ["has calls that are no list", changed(2, { tool_calls: {} }), "steps[2].tool_calls is not a list."],
    ["has results that are no list", changed(2, { observation: { results: {} } }), "steps[2].observation.results is not a list."],
    ["has an observation that is text", changed(2, { observation: "3" }), "steps[2].observation is not an object."],
    ["has a spoilt subagent", { ...FOREIGN, subagent_trajectories: [{ steps: 5 }] }, "subagent_trajectories[0].steps is missing; expected an array."],
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

describe("a step of an ATIF document", () => {
  it("is refused without a message, where nothing stands in its place: under another name its words would be lost", async () => {
    const asked = { step_id: 1, source: "user", message: "?" };
    expect(await mistake(withSteps(asked, { step_id: 2, source: "agent", content: "lost" }))).to.contain(
      "steps[1].message is missing; the message has step_id, source, content.",
    );
    expect(await mistake(withSteps({ step_id: 1, source: "user", text: "?" }))).to.contain("steps[0].message is missing");
  });
});
