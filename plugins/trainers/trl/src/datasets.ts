/** TRL's rows: SFT, preferences (for its reward and DPO trainers) and prompts (for GRPO). */
import { type Dialects, type JsonObject, PluginError, type PreferencePair, type Trajectory } from "@autotraj/core/plugin";
import { hasLoss, promptTurns, toolRow, turnsRow } from "@autotraj/trajectory-text/turns";

/** Undefined where nothing is to be trained on. */
export function sftRow(trajectory: Trajectory, dialects: Dialects): JsonObject | undefined {
  const row = turnsRow(trajectory, dialects);
  return hasLoss(row) ? { id: trajectory.id, ...row } : undefined;
}

/**
 * Both sides with the chosen one's prompt, tools and dialect: a reward model would otherwise learn to tell those apart.
 * @throws PluginError TRL_PAIR_PROMPTS when the two sides answer different questions.
 */
export function preferenceRow({ query, chosen, rejected }: PreferencePair, dialects: Dialects): JsonObject {
  const better = turnsRow(chosen, dialects);
  const worse = turnsRow({ ...rejected, tools: chosen.tools }, dialects, chosen.dialect);
  const prompt = promptTurns(chosen);
  const other = promptTurns(rejected);
  if (asked(prompt) !== asked(other)) {
    throw new PluginError("TRL_PAIR_PROMPTS", `the chosen (${chosen.id}) and the rejected trajectory (${rejected.id}) answer different questions.`, {
      hint: "A pair compares two answers to one question. Look at both with `autotraj stats`, or export the SFT rows alone.",
    });
  }
  return {
    id: query.id,
    dialect: better.dialect,
    tools: better.tools,
    chosen_turns: better.turns,
    chosen_ended: better.ended,
    rejected_turns: [...prompt, ...worse.turns.slice(other.length)],
    rejected_ended: worse.ended,
  };
}

/** A conversational prompt with what a reward function wants to know: TRL hands every further column to it. */
export function promptRow(trajectory: Trajectory): JsonObject {
  const { id, answers, task } = trajectory.query;
  return {
    prompt: promptTurns(trajectory),
    query_id: id,
    answers: [...answers],
    task: task ?? null,
    dialect: trajectory.dialect,
    // As text: Arrow would fill the differing keys of several schemas with nulls.
    tool_definitions: JSON.stringify(trajectory.tools.map(toolRow)),
  };
}

/** White space around a question makes no other of it: logs that differ by it are one question's. */
function asked(turns: readonly JsonObject[]): string {
  return String(turns.at(-1)?.["content"] ?? "").trim();
}
