import { dialects, type JsonObject, type Message, type Trajectory } from "@autotraj/core";
import { expect } from "chai";
import { chatMessages, hasLoss, promptTurns, type TurnsRow, turnsRow } from "../src/turns.ts";
import { ASKED, CALL, IN_TAGS, NATIVE, RESULT, trajectory } from "./trajectories.ts";

const row = (it: Trajectory): TurnsRow => turnsRow(it, dialects);

describe("a trajectory's turns", () => {
  it("are in tags segments of one message, results without loss", () => {
    expect(row(IN_TAGS)).to.deep.equal({
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

  it("are in native as a chat template wants them, arguments as an object", () => {
    expect(row(NATIVE)).to.deep.equal({
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

  it("are translated where another dialect is asked for", () => {
    const { dialect, tools, turns } = turnsRow(NATIVE, dialects, "tags");
    expect([dialect, tools]).to.deep.equal(["tags", []]);
    expect(chatMessages(turns).at(-1)?.["content"]).to.match(/^<think>Calculate\.<\/think>.*<answer>42<\/answer>/s);
  });

  it("keep the loss off a kept prefix and off a malformed call", () => {
    const kept = row(
      trajectory([...ASKED, { role: "assistant", content: "", text: "a", train: false }, { role: "assistant", content: "", text: "b" }]),
    );
    expect(kept.turns[2]!["segments"]).to.deep.equal([
      { by: "model", text: "a", train: false },
      { by: "model", text: "b", train: true },
    ]);
    const malformed = { ...CALL, arguments: {}, malformed: { raw: '{"code', reason: "not JSON" } };
    const broken = row(
      trajectory([...ASKED, { role: "assistant", content: "", toolCalls: [malformed] }, RESULT, { role: "assistant", content: "42" }], {
        dialect: "native",
      }),
    );
    expect(broken.turns[2]!["train"]).to.equal(false);
    expect(JSON.stringify(broken.turns[2]!["tool_calls"])).to.contain('{"unparsed":"{\\"code"}');
  });

  it("have no loss where nothing is to be learnt", () => {
    const kept: Message = { role: "assistant", content: "a", text: "a", train: false };
    for (const dialect of ["tags", "native"] as const) expect(hasLoss(row(trajectory([...ASKED, kept], { dialect })))).to.equal(false);
    for (const some of [IN_TAGS, NATIVE]) expect(hasLoss(row(some))).to.equal(true);
  });

  it("show thinking where there is some, a call's words beside it, and a mask that the turn itself has", () => {
    const asked = { role: "assistant", content: "Now.", reasoning: "", train: true } as const;
    const { turns } = row(
      trajectory(
        [
          ...ASKED,
          { ...asked, toolCalls: [CALL, { ...CALL, malformed: { raw: "{", reason: "cut" } }] },
          RESULT,
          { role: "assistant", content: "42", train: false },
          { role: "assistant", content: "43", toolCalls: [] },
        ],
        { dialect: "native" },
      ),
    );
    const called = (args: JsonObject) => ({ id: "c", type: "function", function: { name: "python", arguments: args } });
    expect([turns[2], ...turns.slice(4)]).to.deep.equal([
      { role: "assistant", content: "Now.", tool_calls: [called({ code: "6*7" }), called({ unparsed: "{" })], train: false },
      { role: "assistant", content: "42", train: false },
      { role: "assistant", content: "43", train: true },
    ]);
  });

  it("leave one without text out of the tags, and begin a message again after a question", () => {
    const { turns } = row(
      trajectory([...ASKED, { role: "assistant", content: "", text: "" }, RESULT, { role: "assistant", content: "", text: "x" }]),
    );
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

  it("say when the last one was cut off", () => {
    for (const finish of ["token-limit", "turn-limit", "tool-limit", "failed"] as const)
      expect(row({ ...IN_TAGS, finish }).ended, finish).to.equal(false);
    expect(row({ ...IN_TAGS, finish: "no-answer" }).ended).to.equal(true);
  });

  it("leave an empty system prompt out, and keep several questions in their places", () => {
    const { turns } = row(
      trajectory([
        { role: "system", content: "" },
        { role: "user", content: "a" },
        { role: "assistant", content: "", text: "A" },
        { role: "user", content: "b" },
        { role: "assistant", content: "", text: "B" },
      ]),
    );
    expect(turns.map(({ role }) => role)).to.deep.equal(["user", "assistant", "user", "assistant"]);
  });

  it("are chat messages without their mask, in tags what model and tools wrote as one text", () => {
    expect(chatMessages(row(IN_TAGS).turns).at(-1)).to.deep.equal({
      role: "assistant",
      content: "<code>6*7</code>\n<result>\n42\n</result>\n<answer>42</answer>",
    });
    expect(chatMessages(row(NATIVE).turns).at(-1)).to.deep.equal({ role: "assistant", content: "42" });
  });
});

describe("what a trajectory's model was asked", () => {
  const asked = (messages: readonly Message[]) => promptTurns(trajectory(messages));

  it("ends before the first turn or result, and is all there is where the model wrote nothing", () => {
    expect(promptTurns(NATIVE)).to.deep.equal(ASKED);
    expect(asked([{ role: "assistant", content: "hi" }, ...ASKED])).to.deep.equal([]);
    expect(asked(ASKED)).to.deep.equal(ASKED);
    expect(asked([...ASKED, RESULT, { role: "user", content: "late" }])).to.deep.equal(ASKED);
  });

  it("holds no empty system prompt, and a question however empty", () => {
    const blank: readonly Message[] = [
      { role: "system", content: "" },
      { role: "user", content: "" },
    ];
    expect(asked(blank)).to.deep.equal([{ role: "user", content: "" }]);
  });
});
