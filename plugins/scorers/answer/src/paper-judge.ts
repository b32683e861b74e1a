/** An answer judged by one of the paper's two rules, and the token F1 that its RL rewards. */
import type { Trajectory } from "@autotraj/core/plugin";
import { goldAnswer, lastBox } from "./final-answer.ts";
import { paperMathRule, paperTextRule } from "./paper-rules.ts";
import { selectionRule } from "./paper-selection.ts";
import { quote } from "./quote.ts";
import { tokenF1 } from "./tokens.ts";

/** `paper`: how its evaluation counts accuracy. `paper-selection`: how its loop tells right trajectories from wrong ones. */
export type PaperRules = "paper" | "paper-selection";

interface PaperFinding {
  readonly verdict: "right" | "wrong";
  readonly reason: string;
  /** For mathematics too: the paper rewards it there as well (§1.7). */
  readonly f1: number;
}

/** @param kind which rule of the evaluation applies; its code is told by data set */
export function judgeAsPaper(gold: string, answer: string, rules: PaperRules, kind: "mathematics" | "words"): PaperFinding {
  const evaluation = kind === "mathematics" ? paperMathRule : paperTextRule;
  const rule = (rules === "paper" ? evaluation : selectionRule)(gold, answer);
  const f1 = tokenF1(goldAnswer(gold).text, lastBox(answer) ?? answer);
  return rule === undefined
    ? { verdict: "wrong", reason: `${quote(answer)} matches ${quote(gold)} by none of the paper's rules`, f1 }
    : { verdict: "right", reason: `${quote(answer)} and ${quote(gold)}: ${rule}`, f1 };
}

/** A turn that ends in an answer without a word, which leaves a trajectory without one. */
const EMPTY_ANSWER = /<answer>\s*<\/answer>\s*$/;

/** The body of `<answer>` as it was written, box and all; undefined where there is none. An empty one is a text: these rules have a verdict on it. */
export function answerBody({ messages, answer, dialect }: Trajectory): string | undefined {
  const last = messages.findLast(({ role }) => role === "assistant");
  if (answer !== undefined) return last?.content.includes(answer) ? last.content : answer;
  if (dialect !== "tags" || last?.role !== "assistant" || (last.toolCalls ?? []).length > 0) return undefined;
  return last.content !== "" || EMPTY_ANSWER.test(last.text ?? "") ? last.content : undefined;
}
