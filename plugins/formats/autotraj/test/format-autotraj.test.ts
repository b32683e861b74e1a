import { checkTrajectory, READING_RULES, readConversation, trajectoryId } from "@autotraj/core";
import { FORMAT, type Format, type JsonValue, type PreferencePair, type RecordedConversation, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

const USAGE = { promptTokens: 3, cachedTokens: 0, completionTokens: 2, modelCalls: 2, toolCalls: 1 };

function trajectory(parts: Partial<Trajectory> = {}): Trajectory {
  const made = {
    query: { id: "q", question: "2+2?", answers: ["4"], task: "sum", meta: { x: 1 } },
    dialect: "tags",
    tools: [{ name: "python", description: "", parameters: {}, tag: { name: "code", argument: "code" } }],
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "2+2?" },
      {
        role: "assistant",
        content: "",
        text: "<think>hm</think><code>print(2+2)</code>",
        toolCalls: [{ id: "call-0", name: "python", arguments: { code: "print(2+2)" } }],
        train: false,
      },
      { role: "tool", toolCallId: "call-0", name: "python", content: "Error: 4", ok: true, isolation: "bwrap" },
      { role: "assistant", content: "4", text: "<answer>4</answer>" },
    ],
    answer: "4",
    finish: "answer",
    faults: ["text after </answer>"],
    provenance: { origin: "repair", repairer: "llm", parent: "t-0" },
    ...parts,
  } as Omit<Trajectory, "id" | "usage">;
  return { id: trajectoryId(made), ...made, usage: USAGE };
}

async function format(): Promise<Format> {
  return (await setupPlugin(plugin, {})).provided(FORMAT);
}

function again({ read }: Format, row: JsonValue): Trajectory[] {
  const found = read!(JSON.parse(JSON.stringify(row)) as JsonValue, 0) as readonly RecordedConversation[];
  return found.map((one) => {
    const { trajectory: recorded } = readConversation(one, READING_RULES, undefined);
    const whole = { id: trajectoryId(recorded), ...recorded, usage: USAGE };
    expect(checkTrajectory(whole)).to.equal(undefined);
    return whole;
  });
}

describe("AutoTraj's own rows", () => {
  it("come back whole, under the same id", async () => {
    const first = trajectory();
    const one = await format();
    expect(again(one, one.sft!(first) as JsonValue)).to.deep.equal([first]);
    const { answer: _answer, ...silent } = trajectory({ finish: "no-answer", faults: ["unpaired: turn 3, x"] });
    expect(again(one, one.sft!(silent as Trajectory) as JsonValue)).to.deep.equal([silent]);
  });

  it("of a data set are read with their scores left aside", async () => {
    const { usage: _usage, ...row } = trajectory();
    expect(again(await format(), { ...row, scores: { correctness: { value: 1 } }, verdict: null } as unknown as JsonValue)).to.deep.equal([
      trajectory(),
    ]);
  });

  it("of a pair are two trajectories", async () => {
    const one = await format();
    const [chosen, rejected] = [trajectory(), trajectory({ answer: "5" })];
    const row = one.preference!({ query: chosen.query, chosen, rejected } as PreferencePair) as JsonValue;
    expect(again(one, row)).to.deep.equal([chosen, rejected]);
    expect(one.recognizes!(row)).to.equal(1);
  });

  it("are known by what only they have", async () => {
    const { recognizes, sft } = await format();
    expect(recognizes!(sft!(trajectory()) as JsonValue)).to.equal(1);
    for (const row of [null, [], "x", { messages: [{ role: "user", content: "q" }] }, { query: {}, messages: [], dialect: "tags" }])
      expect(recognizes!(row as JsonValue)).to.equal(0);
  });

  it("with parts missing are refused with the path", async () => {
    const { read } = await format();
    expect(() => read!({ messages: [], provenance: {} }, 0)).to.throw("query is missing; expected an object.");
    expect(() => read!({ query: {}, provenance: {}, messages: [{ role: "bot" }] }, 0)).to.throw('messages[0].role is "bot".');
  });
});
