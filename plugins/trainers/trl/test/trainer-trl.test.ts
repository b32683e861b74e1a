import { DIALECTS, dialects, FORMAT, type Format, type JsonObject, type Message, PluginError, type Trajectory } from "@autotraj/core";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
const PYTHON = { name: "python", description: "Runs code", parameters: { type: "object" }, tag: { name: "code", argument: "code" } };

async function trl(): Promise<Format> {
  return (await setupPlugin(plugin, { services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

function trajectory(messages: readonly Message[], more: Partial<Trajectory> = {}): Trajectory {
  return {
    id: "t-1",
    query: { id: "q-1", question: "6*7?", answers: ["42", "forty-two"], task: "products" },
    dialect: "tags",
    tools: [PYTHON],
    messages,
    finish: "answer",
    faults: [],
    provenance: { origin: "rollout" },
    usage: USAGE,
    ...more,
  };
}

const ASKED: Message[] = [
  { role: "system", content: "Think." },
  { role: "user", content: "6*7?" },
];
const RESULT: Message = { role: "tool", toolCallId: "c", name: "python", content: "42", ok: true };
const CALL = { id: "c", name: "python", arguments: { code: "6*7" } };
const IN_TAGS = trajectory([
  ...ASKED,
  { role: "assistant", content: "", text: "<code>6*7</code>" },
  RESULT,
  { role: "assistant", content: "", text: "<answer>42</answer>" },
]);
const NATIVE = trajectory(
  [...ASKED, { role: "assistant", content: "", reasoning: "Calculate.", toolCalls: [CALL] }, RESULT, { role: "assistant", content: "42" }],
  {
    dialect: "native",
  },
);

async function sft(it: Trajectory): Promise<JsonObject> {
  return (await trl()).sft!(it) as JsonObject;
}

describe("TRL's SFT rows", () => {
  it("hold the tag dialect as segments of one message, results without loss", async () => {
    expect(await sft(IN_TAGS)).to.deep.equal({
      id: "t-1",
      dialect: "tags",
      tools: [],
      turns: [
        ...ASKED,
        {
          role: "assistant",
          segments: [
            { by: "model", text: "<code>6*7</code>", train: true },
            { by: "tool", text: "\n<result>\n42\n</result>\n", train: false },
            { by: "model", text: "<answer>42</answer>", train: true },
          ],
        },
      ],
      ended: true,
    });
  });

  it("hold native turns as a chat template wants them, arguments as an object", async () => {
    expect(await sft(NATIVE)).to.deep.equal({
      id: "t-1",
      dialect: "native",
      tools: [{ type: "function", function: { name: "python", description: "Runs code", parameters: { type: "object" } } }],
      turns: [
        ...ASKED,
        {
          role: "assistant",
          content: "",
          reasoning_content: "Calculate.",
          tool_calls: [{ id: "c", type: "function", function: { name: "python", arguments: { code: "6*7" } } }],
          train: true,
        },
        { role: "tool", tool_call_id: "c", name: "python", content: "42" },
        { role: "assistant", content: "42", train: true },
      ],
      ended: true,
    });
  });

  it("never have what stock loaders take for ordinary text to train on", async () => {
    for (const trajectory of [IN_TAGS, NATIVE])
      expect(await sft(trajectory)).not.to.have.any.keys("messages", "text", "prompt", "completion", "conversations");
  });

  it("keep the loss off a kept prefix and off a malformed call", async () => {
    const kept = await sft(
      trajectory([...ASKED, { role: "assistant", content: "", text: "a", train: false }, { role: "assistant", content: "", text: "b" }]),
    );
    expect((kept["turns"] as JsonObject[])[2]!["segments"]).to.deep.equal([
      { by: "model", text: "a", train: false },
      { by: "model", text: "b", train: true },
    ]);
    const malformed = { ...CALL, arguments: {}, malformed: { raw: '{"code', reason: "not JSON" } };
    const broken = await sft(
      trajectory([...ASKED, { role: "assistant", content: "", toolCalls: [malformed] }, RESULT, { role: "assistant", content: "42" }], {
        dialect: "native",
      }),
    );
    const turn = (broken["turns"] as JsonObject[])[2]!;
    expect(turn["train"]).to.equal(false);
    expect(JSON.stringify(turn["tool_calls"])).to.contain('{"unparsed":"{\\"code"}');
  });

  it("are left out where nothing is to be learnt", async () => {
    const kept: Message = { role: "assistant", content: "a", text: "a", train: false };
    for (const dialect of ["tags", "native"] as const) expect(await sft(trajectory([...ASKED, kept], { dialect }))).to.equal(undefined);
  });

  it("show thinking where there is some, a call's words beside it, and a mask that the turn itself has", async () => {
    const turns = (
      await sft(
        trajectory(
          [
            ...ASKED,
            {
              role: "assistant",
              content: "Now.",
              reasoning: "",
              toolCalls: [CALL, { ...CALL, malformed: { raw: "{", reason: "cut" } }],
              train: true,
            },
            RESULT,
            { role: "assistant", content: "42", train: false },
            { role: "assistant", content: "43", toolCalls: [] },
          ],
          { dialect: "native" },
        ),
      )
    )["turns"] as JsonObject[];
    const called = (args: JsonObject) => ({ id: "c", type: "function", function: { name: "python", arguments: args } });
    expect([turns[2], ...turns.slice(4)]).to.deep.equal([
      { role: "assistant", content: "Now.", tool_calls: [called({ code: "6*7" }), called({ unparsed: "{" })], train: false },
      { role: "assistant", content: "42", train: false },
      { role: "assistant", content: "43", train: true },
    ]);
  });

  it("leave a turn without text out of the tags, and begin a message again after a question", async () => {
    const turns = (
      await sft(trajectory([...ASKED, { role: "assistant", content: "", text: "" }, RESULT, { role: "assistant", content: "", text: "x" }]))
    )["turns"] as JsonObject[];
    expect(turns.slice(2)).to.deep.equal([
      {
        role: "assistant",
        segments: [
          { by: "tool", text: "\n<result>\n42\n</result>\n", train: false },
          { by: "model", text: "x", train: true },
        ],
      },
    ]);
  });

  it("say when the last turn was cut off", async () => {
    for (const finish of ["token-limit", "turn-limit", "tool-limit", "failed"] as const)
      expect((await sft({ ...IN_TAGS, finish }))["ended"]).to.equal(false);
    expect((await sft({ ...IN_TAGS, finish: "no-answer" }))["ended"]).to.equal(true);
  });

  it("leave an empty system prompt out, and keep several questions in their places", async () => {
    const turns = (
      await sft(
        trajectory([
          { role: "system", content: "" },
          { role: "user", content: "a" },
          { role: "assistant", content: "", text: "A" },
          { role: "user", content: "b" },
          { role: "assistant", content: "", text: "B" },
        ]),
      )
    )["turns"] as JsonObject[];
    expect(turns.map(({ role }) => role)).to.deep.equal(["user", "assistant", "user", "assistant"]);
  });
});

describe("TRL's preference rows", () => {
  const rejected: Trajectory = { ...NATIVE, id: "t-2", messages: [{ role: "system", content: "Other words." }, ...NATIVE.messages.slice(1)] };

  it("write both sides with the chosen one's prompt, tools and dialect", async () => {
    const row = (await trl()).preference!({ query: IN_TAGS.query, chosen: IN_TAGS, rejected }) as JsonObject;
    expect(row["dialect"]).to.equal("tags");
    const [chosen, other] = [row["chosen_turns"] as JsonObject[], row["rejected_turns"] as JsonObject[]];
    expect(other.slice(0, 2)).to.deep.equal(chosen.slice(0, 2));
    expect(JSON.stringify(other[2])).to.contain("<think>Calculate.</think>").and.contain("<answer>42</answer>");
  });

  it("say of either side whether it was ended, and how the chosen one's tools look natively", async () => {
    const worse: Trajectory = { ...IN_TAGS, id: "t-2", tools: [], finish: "token-limit" };
    const row = (await trl()).preference!({ query: IN_TAGS.query, chosen: NATIVE, rejected: { ...worse, dialect: "native" } }) as JsonObject;
    expect(row).to.deep.include({ id: "q-1", dialect: "native", chosen_ended: true, rejected_ended: false });
    expect(row["tools"]).to.deep.equal([
      { type: "function", function: { name: "python", description: "Runs code", parameters: { type: "object" } } },
    ]);
    const cut = (await trl()).preference!({ query: IN_TAGS.query, chosen: { ...IN_TAGS, finish: "failed" }, rejected: IN_TAGS }) as JsonObject;
    expect(cut).to.deep.include({ tools: [], chosen_ended: false, rejected_ended: true });
  });

  it("keep the rejected side's own turns where its prompt is of another length", async () => {
    const longer = trajectory([
      { role: "system", content: "A" },
      { role: "user", content: "Example" },
      ...ASKED.slice(1),
      ...IN_TAGS.messages.slice(2),
    ]);
    const row = (await trl()).preference!({ query: IN_TAGS.query, chosen: IN_TAGS, rejected: longer }) as JsonObject;
    expect(row["rejected_turns"]).to.deep.equal(row["chosen_turns"]);
  });

  it("refuse two answers to different questions", async () => {
    const format = await trl();
    const strange = { ...rejected, messages: [{ role: "user" as const, content: "7*8?" }, ...NATIVE.messages.slice(2)] };
    expect(() => format.preference!({ query: IN_TAGS.query, chosen: IN_TAGS, rejected: strange }))
      .to.throw(PluginError, /chosen \(t-1\) and the rejected trajectory \(t-2\) answer different questions/)
      .with.include({ code: "TRL_PAIR_PROMPTS" })
      .and.property("hint")
      .that.contains("export the SFT rows alone");
  });
});

describe("TRL's prompts", () => {
  it("end with the question and carry what a reward function needs", async () => {
    expect((await trl()).prompt!(IN_TAGS)).to.deep.equal({
      prompt: ASKED,
      query_id: "q-1",
      answers: ["42", "forty-two"],
      task: "products",
      dialect: "tags",
      tool_definitions: '[{"type":"function","function":{"name":"python","description":"Runs code","parameters":{"type":"object"}}}]',
    });
  });
});

describe("TRL's prompts of unusual trajectories", () => {
  const promptOf = async (messages: readonly Message[], more: Partial<Trajectory> = {}) =>
    (await trl()).prompt!(trajectory(messages, more)) as JsonObject;

  it("are all there is where the model wrote nothing, and end before a turn or result that stands first", async () => {
    expect((await promptOf([{ role: "assistant", content: "hi" }, ...ASKED]))["prompt"]).to.deep.equal([]);
    expect((await promptOf(ASKED))["prompt"]).to.deep.equal(ASKED);
    expect((await promptOf([...ASKED, RESULT, { role: "user", content: "late" }]))["prompt"]).to.deep.equal(ASKED);
    expect(
      (
        await promptOf([
          { role: "system", content: "" },
          { role: "user", content: "" },
        ])
      )["prompt"],
    ).to.deep.equal([{ role: "user", content: "" }]);
  });

  it("say null where the question has no task", async () => {
    expect(await promptOf(ASKED, { query: { id: "q-1", question: "6*7?", answers: [] } })).to.deep.include({ task: null, answers: [] });
  });
});

describe("the files beside TRL's rows", () => {
  it("are the Python that reads them", async () => {
    const files = (await trl()).companions!({});
    expect(Object.keys(files)).to.deep.equal(["autotraj_masks.py", "autotraj_tokens.py", "autotraj_trl.py"]);
    expect(files["autotraj_trl.py"]).to.contain("from autotraj_masks import");
  });
});
