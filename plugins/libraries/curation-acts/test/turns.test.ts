import { dialects } from "@autotraj/core";
import type { AssistantMessage, DialectName, Message, ToolDefinition, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { type EditedTurn, editableTurns, playableTurns, turnsOf } from "../src/turns.ts";

const PYTHON: ToolDefinition = {
  name: "python",
  description: "runs code",
  parameters: { type: "object", properties: { code: { type: "string" } } },
  tag: { name: "code", argument: "code" },
};

function trajectory(dialect: DialectName, turns: readonly AssistantMessage[]): Trajectory {
  const result: Message = { role: "tool", toolCallId: "call-0-0", name: "python", content: "7", ok: true };
  return {
    id: "t-1",
    query: { id: "q", question: "?", answers: [] },
    dialect,
    tools: [PYTHON],
    messages: [
      { role: "system", content: "s" },
      { role: "user", content: "?" },
      ...turns.flatMap((turn) => (turn.toolCalls ? [turn, result] : [turn])),
    ],
    finish: "answer",
    faults: [],
    provenance: { origin: "rollout" },
    usage: { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 },
  };
}

const played = (edited: readonly EditedTurn[], name: DialectName) => playableTurns(edited, { tools: [PYTHON], dialect: dialects.get(name) });

describe("turns that people edit", () => {
  const native: readonly AssistantMessage[] = [
    {
      role: "assistant",
      content: "Let me see.",
      reasoning: "I add.",
      toolCalls: [{ id: "call-0-0", name: "python", arguments: { code: "print(3 + 4)" } }],
    },
    { role: "assistant", content: "\\boxed{7}" },
  ];

  it("are what was said in parts in the dialect native, and come back as they were", () => {
    const turns = editableTurns(trajectory("native", native), dialects.get("native"));
    expect(turns).to.deep.equal([
      { thinking: "I add.", says: "Let me see.", calls: [{ tool: "python", arguments: { code: "print(3 + 4)" } }] },
      { says: "\\boxed{7}" },
    ]);
    expect(played(turns, "native")).to.deep.equal({ turns: native, answer: "7", faults: [] });
  });

  it("are the text itself in the dialect tags, with its faults of form", () => {
    const texts = ["<think>I add.</think>\n<code>print(3 + 4)</code>", "so\n<answer>\\boxed{7}</answer>"];
    const before = texts.map((text, at) => dialects.get("tags").parse({ text, finish: "stop" }, [PYTHON], `call-${at}`).message);
    const turns = editableTurns(trajectory("tags", before), dialects.get("tags"));
    expect(turns).to.deep.equal(texts.map((text) => ({ text })));
    expect(played(turns, "tags")).to.deep.equal({ turns: before, answer: "7", faults: ["text outside the tags"] });
  });

  it("are written in the tags where a log brought them without", () => {
    const turns = editableTurns(trajectory("tags", native), dialects.get("tags"));
    expect(turns[0]).to.deep.equal({ text: "<think>I add.</think>\n<code>print(3 + 4)</code>\nLet me see." });
  });

  it("are refused where they cannot be played: of another dialect, a tool that is not there, no call before the last", () => {
    for (const [edited, dialect, said] of [
      [[{ text: "<answer>1</answer>" }], "native", 'Turn 1 is not written as turns of the dialect "native" are.'],
      [
        [{ calls: [{ tool: "search", arguments: {} }] }],
        "native",
        'Turn 1: its call cannot be understood: there is no tool "search"; there are python.',
      ],
      [[{ says: "so" }, { says: "7" }], "native", "Turn 1 calls no tool, and is not the last: only the last turn answers."],
    ] as const) {
      expect(played(edited as readonly EditedTurn[], dialect)).to.equal(said);
    }
  });

  it("are read from whatever a file holds, or it is said what is wrong with it", () => {
    expect(turnsOf([{ text: "a" }, { says: "b" }])).to.deep.equal([{ text: "a" }, { says: "b" }]);
    for (const [value, said] of [
      [undefined, " must be array"],
      [[], " must NOT have fewer than 1 items"],
      [[3], "[0] must be object"],
      [[{ calls: [{ tool: "python" }] }], /^\[0\]/],
    ] as const) {
      const problem = turnsOf(value);
      if (typeof said === "string") expect(problem).to.equal(said);
      else expect(problem).to.match(said);
    }
  });
});
