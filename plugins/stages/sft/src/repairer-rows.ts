/** Rows that a repairer learns from: what it is shown of a bad trajectory, and the accepted repair. */
import { existsSync } from "node:fs";
import type { Dialects, JsonObject, Message, PreferencePair, ScoredTrajectory, SftRow } from "@autotraj/core/plugin";
import { rowsIn, trajectoryOf } from "@autotraj/core/rows";
import { type RepairQuestionOptions, repairQuestion } from "@autotraj/repair-prompt/question";

type Pair = Omit<PreferencePair, "chosen" | "rejected"> & { readonly chosen: SftRow; readonly rejected: SftRow };

/**
 * One row per pair of the preference set: the repair, with the question in its prompt in the words of `@autotraj/repairer-llm`. Earlier refused attempts are not
 * in the set, so it is asked as for a first attempt.
 */
export function* repairerRows(file: string, see: RepairQuestionOptions["see"], dialects: Dialects): Generator<JsonObject> {
  if (!existsSync(file)) return;
  for (const row of rowsIn(file)) {
    const { query, chosen, rejected } = row as unknown as Pair;
    const original = scored(rejected);
    const asked = { original, attempts: [], request: { query } };
    const question = repairQuestion(asked, dialects.text(original.trajectory).trim(), { see, gold: "never", prompts: {} });
    yield { ...chosen, messages: askedWith(chosen.messages, question) } as unknown as JsonObject;
  }
}

/** The last thing that the user said is the question. */
function askedWith(messages: readonly Message[], question: string): readonly Message[] {
  const at = messages.findLastIndex(({ role }) => role === "user");
  return messages.map((message, index) => (index === at ? { ...message, content: question } : message));
}

function scored(row: SftRow): ScoredTrajectory {
  const { scores, verdict } = row;
  return { trajectory: trajectoryOf(row), scores, ...(verdict === null ? {} : { verdict }) };
}
