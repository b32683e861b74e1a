/** verl's rows: SFT with the mask in it, and prompts for RL. */
import type { Dialects, JsonObject, RlTask, Trajectory } from "@autotraj/core/plugin";
import { hasLoss, promptTurns, toolRow, turnsRow } from "@autotraj/trajectory-text/turns";

/**
 * Turns and tools as text: Arrow would fill the differing keys of tool schemas and arguments with nulls, and the chat template would show them.
 * Undefined where nothing is to be trained on.
 */
export function sftRow(trajectory: Trajectory, dialects: Dialects): JsonObject | undefined {
  const row = turnsRow(trajectory, dialects);
  if (!hasLoss(row)) return undefined;
  return { id: trajectory.id, dialect: row.dialect, turns: JSON.stringify(row.turns), tools: JSON.stringify(row.tools), ended: row.ended };
}

/** What RLHFDataset reads. `ground_truth` is the first accepted answer; all of them and what a reward service wants to know are in `extra_info`. */
export function promptRow(trajectory: Trajectory): JsonObject {
  const { id, question, answers, task } = trajectory.query;
  return {
    id,
    data_source: "autotraj",
    ability: task ?? "",
    prompt: promptTurns(trajectory),
    reward_model: { style: "rule", ground_truth: answers[0] ?? "" },
    extra_info: {
      query_id: id,
      question,
      answers: [...answers],
      dialect: trajectory.dialect,
      tool_selection: trajectory.tools.map(({ name }) => name),
      tool_definitions: JSON.stringify(trajectory.tools.map(toolRow)),
      need_tools_kwargs: false,
    },
  };
}

/** A question that AutoTraj's service plays: what `python/autotraj_verl_agent.py` must know of it. The tools run in the service. */
export function taskRow({ id, query, messages, dialect, tools, stop, sampling }: RlTask): JsonObject {
  return {
    id,
    data_source: "autotraj",
    prompt: messages.filter(({ role, content }) => role !== "system" || content !== "").map(({ role, content }) => ({ role, content })),
    reward_model: { style: "rule", ground_truth: query.answers[0] ?? "" },
    extra_info: {
      task_id: id,
      dialect,
      stop: [...stop],
      max_new_tokens: sampling.maxTokens,
      tool_definitions: dialect === "native" ? JSON.stringify(tools.map(toolRow)) : "[]",
    },
  };
}
