import { dialects, type Message, type RlTask, type Trajectory } from "@autotraj/core";
import { expect } from "chai";
import { promptRow, sftRow, taskRow } from "../src/datasets.ts";

const TOOL = { name: "python", description: "Runs code", parameters: { type: "object" }, tag: { name: "code", argument: "code" } };
const DEFINITION = '[{"type":"function","function":{"name":"python","description":"Runs code","parameters":{"type":"object"}}}]';
const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
const ASKED: readonly Message[] = [
  { role: "system", content: "Think." },
  { role: "user", content: "6*7?" },
];
const TRAJECTORY: Trajectory = {
  id: "t-1",
  query: { id: "q-1", question: "6*7?", answers: ["42", "forty-two"], task: "products" },
  dialect: "native",
  tools: [TOOL],
  messages: [...ASKED, { role: "assistant", content: "42" }],
  finish: "token-limit",
  faults: [],
  provenance: { origin: "rollout" },
  usage: USAGE,
};

describe("verl's rows", () => {
  it("for SFT hold turns and tools as text, and whether the last turn was ended", () => {
    expect(sftRow(TRAJECTORY, dialects)).to.deep.equal({
      id: "t-1",
      dialect: "native",
      turns: JSON.stringify([...ASKED, { role: "assistant", content: "42", train: true }]),
      tools: DEFINITION,
      ended: false,
    });
  });

  it("for SFT are none where nothing is to be learnt", () => {
    expect(sftRow({ ...TRAJECTORY, messages: [...ASKED, { role: "assistant", content: "42", train: false }] }, dialects)).to.equal(undefined);
  });

  it("for RL hold the question, what is right and what a reward service wants to know", () => {
    expect(promptRow(TRAJECTORY)).to.deep.equal({
      id: "q-1",
      data_source: "autotraj",
      ability: "products",
      prompt: ASKED,
      reward_model: { style: "rule", ground_truth: "42" },
      extra_info: {
        query_id: "q-1",
        question: "6*7?",
        answers: ["42", "forty-two"],
        dialect: "native",
        tool_selection: ["python"],
        tool_definitions: DEFINITION,
        need_tools_kwargs: false,
      },
    });
    const { task: _task, ...taskless } = TRAJECTORY.query;
    expect(promptRow({ ...TRAJECTORY, query: taskless })).to.have.property("ability", "");
  });

  it("for episodes that the service plays hold what the agent must know", () => {
    const task: RlTask = {
      id: "task-1",
      query: TRAJECTORY.query,
      messages: [{ role: "system", content: "" }, { role: "user", content: "" }, ...ASKED],
      dialect: "native",
      tools: [TOOL],
      stop: ["</code>"],
      sampling: { temperature: 1, topP: 1, topK: 0, maxTokens: 99 },
      maxToolCalls: 3,
      maxTurns: 10,
    };
    expect(taskRow(task)).to.deep.equal({
      id: "task-1",
      data_source: "autotraj",
      prompt: [{ role: "user", content: "" }, ...ASKED],
      reward_model: { style: "rule", ground_truth: "42" },
      extra_info: { task_id: "task-1", dialect: "native", stop: ["</code>"], max_new_tokens: 99, tool_definitions: DEFINITION },
    });
    expect(taskRow({ ...task, dialect: "tags", query: { ...task.query, answers: [] } })).to.deep.include({
      reward_model: { style: "rule", ground_truth: "" },
      extra_info: { task_id: "task-1", dialect: "tags", stop: ["</code>"], max_new_tokens: 99, tool_definitions: "[]" },
    });
  });
});
