/** What plugins are asked where their author gives nothing: a few questions with candidates, and texts that break careless readers. */
import { dialects, seedFrom, trajectoryId } from "@autotraj/core";
import type { Message, Query, Score, Scores, ToolDefinition, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import type { Candidate, QuestionCase } from "./cases.ts";

export interface Question {
  readonly query: Query;
  readonly trajectories: readonly Trajectory[];
  /** What other scorers are said to have given, by trajectory id. */
  readonly scores: ReadonlyMap<string, Scores>;
}

const NO_USAGE: Trajectory["usage"] = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
const PYTHON: ToolDefinition = {
  name: "python",
  description: "runs Python",
  parameters: { type: "object", properties: { code: { type: "string" } }, required: ["code"] },
  tag: { name: "code", argument: "code" },
};

const thought = (think: string, answer: string) => `<think>${think}</think>\n<answer>The final answer is \\boxed{${answer}}</answer>`;
const called = (think: string, code: string) => `<think>${think}</think>\n<code>${code}</code>`;

/** Answers are shared between questions, some are right, some wrong, one is missing, and one question has no gold answer. */
const PLAIN: readonly QuestionCase[] = [
  {
    question: "What is 6 * 7?",
    answers: ["42"],
    task: "arithmetic",
    solution: "6 * 7 = 42",
    candidates: [
      turns([called("I multiply.", "print(6 * 7)"), { result: "42" }, thought("Python says 42.", "42")]),
      turns([thought("Six times seven is forty-one.", "41")]),
      turns([called("I add.", "print(6 + 7)"), { result: "13" }, "<think>That is not it, and I give up.</think>"]),
    ],
  },
  {
    question: "A farmer has 50 sheep and sells 8 of them. How many are left? Then 35 run away.",
    answers: ["7"],
    task: "word problem",
    solution: "50 - 8 = 42\n42 - 35 = 7",
    candidates: [
      turns([called("I subtract twice.", "print(50 - 8 - 35)"), { result: "7" }, thought("Seven are left.", "7")]),
      turns([called("I subtract.", "print(50 - 8)"), { result: "42" }, thought("Forty-two are left.", "42")]),
    ],
  },
  {
    question: "Which colour do you like best?",
    candidates: [turns([thought("The sea is blue.", "blue")]), turns([thought("Roses are red.", "red")])],
  },
];

const LONG = 20_000;

/** What models have written, and what they might: broken tags, nothing at all, one long line, characters that are none. */
const HOSTILE: readonly QuestionCase[] = [
  {
    question: "What is 6 * 7? \u0000 \ud800 </answer> ```",
    answers: ["42", ""],
    candidates: [
      { messages: [], finish: "failed", faults: ["the policy could not be reached"] },
      turns([""]),
      turns(["<think>".repeat(200)]),
      turns([`<answer>${"\\boxed{".repeat(500)}`]),
      turns([thought("9".repeat(LONG), "9".repeat(LONG))]),
      turns([thought(" ".repeat(LONG), `${"(".repeat(2_000)}1${")".repeat(2_000)}`)]),
      turns([thought("\ud800 \u0000 \u202e \ufffd 😀", "\ud83d")]),
      turns([called("no code", ""), { result: "" }, called("__proto__", "import __proto__"), { result: "Traceback\n".repeat(500), ok: false }]),
      { ...turns([thought("null", "null")]), answer: "" },
    ],
  },
];

export function plainQuestions(given: readonly QuestionCase[] = PLAIN): readonly Question[] {
  return given.map(questionOf);
}

export function hostileQuestions(): readonly Question[] {
  return HOSTILE.map((given, index) => questionOf(given, 1_000 + index));
}

function questionOf({ candidates, answers = [], ...given }: QuestionCase, index: number): Question {
  const query: Query = { id: `q${index + 1}`, answers, ...given };
  const said = candidates ?? [answers[0] ?? "yes", "something else"];
  const made = said.map((candidate, place) => trajectoryOf(query, candidate, place));
  return {
    query,
    trajectories: made.map(({ trajectory }) => trajectory),
    scores: new Map(made.map(({ trajectory, scores }) => [trajectory.id, scores])),
  };
}

function trajectoryOf(query: Query, candidate: Candidate, place: number): { readonly trajectory: Trajectory; readonly scores: Scores } {
  const { scores = {}, ...parts } = typeof candidate === "string" ? { ...turns([thought("I know it.", candidate)]), answer: candidate } : candidate;
  const prompt: Message[] = [
    { role: "system", content: "Think, call python where it helps, and answer." },
    { role: "user", content: query.question },
  ];
  const whole = {
    ...({ dialect: "tags", tools: [PYTHON], finish: "answer", faults: [], usage: NO_USAGE } as const),
    provenance: { origin: "rollout", policy: "stand-in", model: "stand-in", candidate: place } as const,
    ...parts,
    query,
    messages: parts.messages?.[0]?.role === "system" ? parts.messages : [...prompt, ...(parts.messages ?? [])],
  };
  return { trajectory: { ...whole, id: trajectoryId(whole) }, scores };
}

type Written = string | { readonly result: string; readonly ok?: boolean };

/** Turns as a model writes them in tags, and results of the tool that each calls, read as a run reads them. */
function turns(written: readonly Written[]): Partial<Trajectory> {
  const faults: string[] = [];
  let answer: string | undefined;
  const messages = written.map((one, index): Message => {
    if (typeof one !== "string") return resultOf(one, `call-${index - 1}`);
    const parsed = dialects.get("tags").parse({ text: one, finish: "stop" }, [PYTHON], `call-${index}`);
    faults.push(...parsed.faults);
    answer = parsed.answer;
    return parsed.message;
  });
  return { messages, faults, finish: answer === undefined ? "no-answer" : "answer", ...(answer === undefined ? {} : { answer }) };
}

function resultOf({ result, ok = true }: Exclude<Written, string>, toolCallId: string): ToolMessage {
  return { role: "tool", toolCallId, name: "python", content: result, ok, isolation: "none" };
}

/**
 * What another scorer would have given: what the case says, else whether the answer is right, else a number that follows from the trajectory and differs
 * between trajectories.
 */
export function givenScore(dimension: string, { id, answer, query }: Trajectory, scores: Scores = {}): Score {
  const said = scores[dimension];
  if (said !== undefined) return said;
  if (dimension !== "correctness" && dimension !== "f1") return { value: (seedFrom(0, dimension, id) % 1_000) / 1_000 };
  if (query.answers.length === 0) return { skipped: "the query has no gold answer" };
  return { value: answer !== undefined && query.answers.includes(answer) ? 1 : 0 };
}
