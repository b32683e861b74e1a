/** What the repairing model is shown: the question, the trajectory to repair, what is known to be wrong with it. Own words; the two cases are the paper's. */
import type { RepairCase } from "@autotraj/core/plugin";
import { diagnose, refusals } from "./diagnosis.ts";
import type { LlmRepairerOptions } from "./options.ts";

/** For a trajectory whose answer is wrong. */
export const WRONG_TASK =
  "The attempt below leads to a wrong answer. Find silently where it goes wrong (a misunderstanding, a slip in the reasoning or the calculation, a tool used badly) and how that spreads, then solve the question again from the start, correctly.";

/** For a trajectory whose answer is right but whose way there is poor. */
export const POOR_TASK =
  "The attempt below reaches the right answer, but not in a good way. Look silently for redundant reasoning, unclear logic, repetition and hedging words, then write a better solution from the start.";

export const RULES = `Rules: keep exactly the format of the instructions; think before you act and after each result; call tools only where needed; give one final answer, at the very end; be concise; use no hedging words such as maybe, perhaps, probably, might, likely, seems, guess.`;

/** The user message: the plain question where the repairer is to see nothing else. */
export function repairQuestion(repairCase: RepairCase, attemptText: string, options: LlmRepairerOptions): string {
  const { original, request, attempts } = repairCase;
  const { question, answers } = request.query;
  const cause = original.verdict?.cause === "poor" ? "poor" : "wrong";
  const parts: string[] = [];
  if (options.see.includes("trajectory")) {
    parts.push(options.prompts[cause] || (cause === "poor" ? POOR_TASK : WRONG_TASK), `Attempt:\n${attemptText}\n(end of the attempt)`);
  }
  if (options.see.includes("diagnosis")) {
    const found = [...diagnose(original), ...refusals(attempts, answers)];
    if (found.length > 0)
      parts.push(
        `What is known about ${options.see.includes("trajectory") ? "it" : "an earlier attempt"}:\n${found.map((line) => `- ${line}`).join("\n")}`,
      );
  }
  if (options.gold === "shown" && answers.length > 0) parts.push(`The right answer is ${answers.join(" or ")}. Do not mention that you were told.`);
  if (parts.length === 0) return question;
  return [...parts, RULES, `Question:\n${question}`].join("\n\n");
}
