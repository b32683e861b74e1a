/** What the repairing model is shown: what it is to do, the trajectory to repair and what is known to be wrong with it, framed as material, and the question. */
import { isRight, type RepairCase } from "@autotraj/core/plugin";
import { material } from "@autotraj/repair-offers/material";
import { type AttemptCase, caseOf, taskOf } from "./cases.ts";
import { diagnose, refusals } from "./diagnosis.ts";

export const RULES = `Rules: keep exactly the format of the instructions; think before you act and after each result; call tools only where needed; give one final answer, at the very end; be concise; use no hedging words such as maybe, perhaps, probably, might, likely, seems, guess.`;

/** Of a repair case what the question is made of. */
export type Asked = Pick<RepairCase, "original" | "attempts"> & { readonly request: Pick<RepairCase["request"], "query"> };

export interface RepairQuestionOptions {
  /** What is seen besides the question. */
  readonly see: readonly ("trajectory" | "diagnosis")[];
  /** `shown`: the gold answer is told. */
  readonly gold: "never" | "shown";
  /** Own instructions by case; empty: the built-in ones. */
  readonly prompts: Readonly<Partial<Record<AttemptCase, string>>>;
}

/** The user message: the plain question where the repairer is to see nothing else. */
export function repairQuestion(repairCase: Asked, attemptText: string, options: RepairQuestionOptions): string {
  const { original, request, attempts } = repairCase;
  const { question, answers } = request.query;
  const seesAttempt = options.see.includes("trajectory");
  const secrets = secretsOf(repairCase, options);
  const found = options.see.includes("diagnosis") ? [...diagnose(original, secrets), ...refusals(attempts, secrets)] : [];
  const parts = [
    ...(seesAttempt ? [{ label: "the attempt", text: attemptText }] : []),
    ...(found.length > 0
      ? [{ label: `what is known about ${seesAttempt ? "it" : "an earlier attempt"}`, text: found.map((line) => `- ${line}`).join("\n") }]
      : []),
  ];
  const told = options.gold === "shown" && answers.length > 0;
  if (parts.length === 0 && !told) return question;
  return [
    ...(seesAttempt ? [options.prompts[caseOf(original)] || taskOf(original)] : []),
    ...(parts.length > 0 ? [material(parts, [question, ...answers])] : []),
    ...(told ? [`The right answer is ${answers.join(" or ")}. Do not mention that you were told.`] : []),
    RULES,
    `Question:\n${question}`,
  ].join("\n\n");
}

/** What the diagnosis must not contain. A right attempt that is shown tells its answer by itself; one that is not shown must not be quoted with it. */
function secretsOf({ original: { trajectory, scores } }: Asked, { gold, see }: RepairQuestionOptions): readonly string[] {
  if (gold === "shown") return [];
  const { correctness } = scores;
  const isExact = correctness !== undefined && "value" in correctness && correctness.value >= 1;
  if (isExact && see.includes("trajectory")) return [];
  const own = isRight(correctness) === true && trajectory.answer !== undefined ? [trajectory.answer] : [];
  return [...trajectory.query.answers, ...own];
}
