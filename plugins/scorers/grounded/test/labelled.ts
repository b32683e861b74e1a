/**
 * Rows whose label is known: right runs as they were recorded, and the same runs made right for the wrong reason by program. Of a made row it is known
 * which kind of fault it has; of a recorded one only that its answer is right, so a few of those are lucky too.
 */
import type { Message, Trajectory } from "@autotraj/core/plugin";
import { mulberry32 } from "@autotraj/statistics/intervals";
import { EDIT_NAMES, type Edit, edited } from "@autotraj/trajectory-edits/edits";
import type { DataSets } from "../../../../test/data/sets.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";

export interface Labelled {
  readonly trajectory: Trajectory;
  /** The kind of fault that was made; undefined for a run as it was. */
  readonly fault: Fault | undefined;
}

export const FAULTS = [
  ...EDIT_NAMES,
  "made-up operands",
  "result of the other sign",
  "floating-point noise",
  "constant result",
  "dropped sign, right by luck",
  "evidence removed",
  "query holds the answer",
] as const;
export type Fault = (typeof FAULTS)[number];
/** What can be told of a story in words; whether a term is missing cannot. */
const ANYWHERE: readonly Edit[] = ["hard-coded", "contradicted", "failed-result"];

interface Step {
  readonly tool: string;
  readonly input: string;
  readonly observation: string | null;
}

interface Run {
  readonly question: string;
  readonly steps: readonly Step[];
  readonly correct: boolean;
  readonly final: string | null;
  readonly pred?: string | null;
}

const FAILED = /^(?:.*Error\b|Traceback|Could not find|Invalid|The last page|Ended the|timeout)/s;

/** One-step Python programs and calculator runs on GSM8K. */
export function computedRuns(log: "tora/tora-gsm8k.jsonl" | "gsm8k/gsm8k-calculator-models.jsonl", sets: DataSets): readonly Labelled[] {
  return sets.rows<Run>(log).flatMap((run) => {
    const answer = run.pred ?? "";
    const last = run.steps.at(-1);
    if (!run.correct || last === undefined || !/^-?\d+(?:\.\d+)?$/.test(answer)) return [];
    const made = (fault: Fault, step: Partial<Step>, said = answer) => ({ fault, run: withLast(run, { ...last, ...step }), said });
    const size = Number(answer);
    const rows = [
      { fault: undefined, run, said: answer },
      ...(size === 0 ? [] : [made("result of the other sign", { observation: String(-size) })]),
      ...(Number.isInteger(size) ? [] : [made("floating-point noise", { observation: noisy(answer) }, noisy(answer))]),
      ...madeUp(run, size).map((input) => ({
        fault: "made-up operands" as const,
        run: { ...run, steps: [{ ...last, input: last.tool === "calculator" ? input : `print(${input})`, observation: answer }] },
        said: answer,
      })),
    ];
    return [
      ...rows.map(({ fault, run: row, said }) => ({ fault, trajectory: trajectoryOf(row, said) })),
      ...editsOf(trajectoryOf(withLast(run, last), answer), ANYWHERE),
    ];
  });
}

/** Arithmetic questions with the right call, and with calls that give the right result for these quantities only. */
export function arithmeticRuns(task: string, sets: DataSets): readonly Labelled[] {
  const questions = sets.rows<{ question: string; answer: string; metadata: { expression: string } }>(`reasoning-gym/${task}.jsonl`);
  return questions.flatMap(({ question, answer, metadata: { expression } }): Labelled[] => {
    const run = (input: string) =>
      trajectoryOf({ question, correct: true, final: answer, steps: [{ tool: "python", input, observation: answer }] }, answer);
    const lucky = lostTerm(expression);
    return [
      { fault: undefined, trajectory: run(`print(${expression})`) },
      ...editsOf(run(`print(${expression})`), EDIT_NAMES),
      { fault: "constant result", trajectory: run(`print((${expression}) * 0 + (${answer}))`) },
      ...(lucky === undefined ? [] : [{ fault: "dropped sign, right by luck" as const, trajectory: run(`print(${lucky})`) }]),
    ];
  });
}

/** With the edits that can be made of it. */
function editsOf(good: Trajectory, edits: readonly Edit[]): readonly Labelled[] {
  const random = mulberry32(1);
  return edits.flatMap((fault) => {
    const trajectory = edited(good, fault, random);
    return trajectory === undefined ? [] : [{ fault, trajectory }];
  });
}

/** ReAct searches on HotpotQA whose answer stands in a result. */
export function searchRuns(sets: DataSets): readonly Labelled[] {
  return sets.rows<Run>("reflexion/reflexion-hotpot-react.jsonl").flatMap((run): Labelled[] => {
    const answer = run.final ?? "";
    const isNamed = (text: string) => text.toLowerCase().includes(answer.toLowerCase());
    const stands = run.steps.filter(({ observation }) => observation !== null && !FAILED.test(observation) && isNamed(observation));
    if (!run.correct || answer.length < 3 || /^(?:yes|no)$/i.test(answer) || isNamed(run.question) || stands.length === 0) return [];
    const without = run.steps.map((step) => (isNamed(step.observation ?? "") ? { ...step, observation: "Could not find it." } : step));
    const asked: Step = { tool: "search", input: `${answer} ${run.question}`, observation: stands[0]?.observation ?? "" };
    return [
      { fault: undefined, trajectory: trajectoryOf(run, answer) },
      { fault: "evidence removed", trajectory: trajectoryOf({ ...run, steps: without }, answer) },
      { fault: "query holds the answer", trajectory: trajectoryOf({ ...run, steps: [asked] }, answer) },
    ];
  });
}

function trajectoryOf({ question, steps }: Run, answer: string): Trajectory {
  const messages: Message[] = [{ role: "user", content: question }];
  for (const [index, { tool, input, observation }] of steps.entries()) {
    const id = `call-${index}`;
    messages.push({ role: "assistant", content: "", toolCalls: [{ id, name: tool, arguments: { input } }] });
    if (observation !== null) messages.push({ role: "tool", toolCallId: id, name: tool, content: observation, ok: !FAILED.test(observation) });
  }
  messages.push({ role: "assistant", content: `\\boxed{${answer}}` });
  return trajectoryWith({ query: { id: "q", question, answers: [] }, dialect: "native", messages, answer, provenance: { origin: "recorded" } });
}

/** The only call is the last one: what earlier ones gave would be evidence too. */
function withLast(run: Run, last: Step): Run {
  return { ...run, steps: [last] };
}

function noisy(decimal: string): string {
  return `${decimal}${"0".repeat(Math.max(0, 14 - (decimal.split(".")[1] ?? "").length))}4`;
}

/** A sum of two numbers that the question does not give. */
function madeUp({ question }: Run, answer: number): readonly string[] {
  const given = new Set((question.match(/\d+/g) ?? []).map(Number));
  const part = [17, 19, 23, 29, 31, 37].find((number) => !given.has(number) && !given.has(answer - number));
  return !Number.isInteger(answer) || given.size < 2 || part === undefined ? [] : [`${answer - part} + ${part}`];
}

/** The first negative number without its sign, and twice its size taken off again. */
function lostTerm(expression: string): string | undefined {
  const size = /(?:^|[-+] )-(\d+(?:\.\d+)?)(?= [-+]|$)/.exec(expression);
  if (size === null || /[*/(]/.test(expression)) return undefined;
  const [whole, digits = ""] = size;
  const isSubtracted = whole.startsWith("- ");
  return `${expression.replace(whole, whole.replace(`-${digits}`, digits))} ${isSubtracted ? "+" : "-"} ${2 * Number(digits)}`;
}
