/** Real runs as trajectories, and the same with one number changed: what faithfulness is measured on. */
import type { Message, Trajectory } from "@autotraj/core/plugin";
import type { DataSets } from "../../../../test/data/sets.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";

export interface Step {
  readonly thought: string;
  readonly tool: string;
  readonly input: string;
  readonly observation: string | null;
}

export interface Run {
  readonly question: string;
  readonly gold: string;
  readonly correct: boolean;
  readonly steps: readonly Step[];
  readonly final: string;
  /** The answer, as read from the last words. */
  readonly pred: string | null;
}

export type RecordedLog = "gsm8k/gsm8k-calculator-models.jsonl" | "tora/tora-gsm8k.jsonl";

export function recordedRuns(log: RecordedLog, sets: DataSets): readonly Run[] {
  return sets.rows<Run>(log);
}

/** GSM8K's own solutions: what stands before a mark `<<48/2=24>>` is the thought, the mark is the call and its result. */
export function workedSolutions(split: "train" | "test", sets: DataSets): readonly Run[] {
  return sets.rows<{ question: string; answer: string }>(`gsm8k/${split}.jsonl`).map(({ question, answer }) => {
    const [body = "", gold = ""] = answer.split("\n####").map((part) => part.trim());
    const steps: Step[] = [];
    let at = 0;
    for (const match of body.matchAll(/<<([^<>]*)=([^<>=]*)>>/g)) {
      steps.push({ thought: body.slice(at, match.index), tool: "calculator", input: match[1] ?? "", observation: match[2] ?? "" });
      at = match.index + match[0].length;
    }
    return { question, gold, pred: gold, correct: true, steps, final: `${body.slice(at)}\nA: ${gold}` };
  });
}

export function trajectoryOf({ question, steps, final }: Run): Trajectory {
  const messages: Message[] = [{ role: "user", content: question }];
  for (const [index, { thought, tool, input, observation }] of steps.entries()) {
    const id = `call-${index}`;
    messages.push({ role: "assistant", content: "", reasoning: thought, toolCalls: [{ id, name: tool, arguments: { input } }] });
    if (observation !== null) messages.push({ role: "tool", toolCallId: id, name: tool, content: observation, ok: true });
  }
  messages.push({ role: "assistant", content: final });
  return trajectoryWith({ query: { id: "q", question, answers: [] }, dialect: "native", messages, provenance: { origin: "recorded" } });
}

/** The last words state another answer. Undefined where that would be a small number, or is no number now. */
export function withOtherAnswer(run: Run, change: (answer: number) => number): Run | undefined {
  const answer = numberIn(run.pred ?? "");
  const other = change(answer);
  if (!Number.isInteger(answer) || other < 10) return undefined;
  const final = run.final.replace(NUMBER, (text) => (numberIn(text) === answer ? String(other) : text));
  return final === run.final ? undefined : { ...run, final };
}

/** A result is misread: the turn after it goes on with another number, in its words and in its call. */
export function withMisreadResult(run: Run, change: (result: number) => number): Run | undefined {
  for (const [index, { observation }] of run.steps.entries()) {
    const next = run.steps[index + 1];
    const result = Number(observation);
    if (next === undefined || !Number.isInteger(result) || result < 10 || change(result) < 10) continue;
    const misread = (text: string) => text.replace(NUMBER, (found) => (numberIn(found) === result ? String(change(result)) : found));
    if (misread(next.thought) === next.thought || misread(run.question) !== run.question) continue;
    const steps = run.steps.with(index + 1, { ...next, thought: misread(next.thought), input: misread(next.input), observation: "" });
    return { ...run, steps, final: "" };
  }
  return undefined;
}

const NUMBER = /\d+(?:,\d{3})*(?:\.\d+)?/g;

function numberIn(text: string): number {
  return text === "" ? Number.NaN : Number(text.replaceAll(",", ""));
}
