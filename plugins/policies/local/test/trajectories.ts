/** Writes whole trajectories with a policy: three worked examples, a question, turns with tool results between them. */
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type ContinuationPart, type Message, POLICY, type Policy, PYTHON, type Sampling, type Turn, type TurnRequest } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { pythonEnvironments } from "../../../../core/src/host/python-environments.ts";
import plugin, { type LocalPolicyOptions } from "../src/index.ts";

export async function startPolicy(options: Partial<LocalPolicyOptions> = {}): Promise<{ policy: Policy; plugin: PluginUnderTest }> {
  const services = [[PYTHON, pythonEnvironments(defaultCacheDir())]] as const;
  const underTest = await setupPlugin(plugin, { options, services });
  await underTest.start();
  return { policy: underTest.provided(POLICY), plugin: underTest };
}

const SYSTEM = `You answer questions step by step. First think, between <think> and </think>. When a calculation or a fact is needed, call a tool, at most 3 times in all:
- <code>...</code>: runs Python and returns what it prints
The tool's output comes back between <result> and </result>; think again after it and never write a <result> yourself. End with the final answer: <answer>The final answer is \\boxed{...}</answer>`;

const EXAMPLES: readonly (readonly [question: string, thought: string, code: string, answer: string])[] = [
  [
    "Solve the following multiplication: 418 * 37. Give only the result as your final answer.",
    "I multiply the numbers with Python.",
    "print(418 * 37)",
    "15466",
  ],
  [
    "State the final answer to the following arithmetic problem: 812 + 64 - 377 + 2051 =",
    "I add the terms up with Python.",
    "print(812 + 64 - 377 + 2051)",
    "2550",
  ],
  [
    "Find the Greatest Common Divisor (GCD) of these numbers: 462, 1078. Give only the GCD as your final answer.",
    "Python's math module has a function for this.",
    "import math\nprint(math.gcd(462, 1078))",
    "154",
  ],
];

export const STOPS = ["</code>", "</answer>"];

/** System prompt and worked examples (three make about 600 tokens), then the question. */
export function promptWith(question: string, examples = EXAMPLES.length): readonly Message[] {
  return [
    { role: "system", content: SYSTEM },
    ...EXAMPLES.slice(0, examples).flatMap(([asked, thought, code, answer]): Message[] => [
      { role: "user", content: asked },
      {
        role: "assistant",
        content: `<think>${thought}</think>\n<code>${code}</code>\n<result>\n${answer}\n</result>\n<think>The result is ${answer}.</think>\n<answer>The final answer is \\boxed{${answer}}</answer>`,
      },
    ]),
    { role: "user", content: question },
  ];
}

export function questionNumber(index: number): string {
  const [a, b, c] = [137 * index + 41, 89 * index + 12, 7 * index + 3];
  if (index % 3 === 0) return `Solve the following multiplication: ${a} * ${b}. Give only the result as your final answer.`;
  if (index % 3 === 1) return `State the final answer to the following arithmetic problem: ${a} + ${b} - ${c} =`;
  return `Find the Greatest Common Divisor (GCD) of these numbers: ${a * c}, ${b * c}. Give only the GCD as your final answer.`;
}

/** A tool's answer that follows from the call alone, of varying length. */
export function toolResult(call: string): string {
  const digits = BigInt(`0x${createHash("sha256").update(call).digest("hex")}`).toString();
  return `\n<result>\n${digits.slice(0, 1 + (call.length % 12))}\n</result>\n`;
}

export interface Job {
  readonly question: number;
  readonly candidate: number;
}

export interface WriteOptions {
  readonly turns: number;
  readonly sampling: Sampling;
  /** Worked examples in the prompt; all three where not set. */
  readonly examples?: number;
  /** Trajectories under way at a time. */
  readonly inFlight: number;
  /** How long the tool takes; changes which turns meet in a batch. */
  readonly toolMs?: (job: Job) => number;
  /**
   * What the policy still has of the turns before. `kept`: the session's state. `resumed`: only the recorded tokens, as after a resume.
   * `stateless`: only the text, as a client of a stateless server would send it.
   */
  readonly memory?: "kept" | "resumed" | "stateless";
  /** Exactly so many tokens in each turn, whatever the model writes. */
  readonly exactly?: readonly number[];
}

export function requestOf(
  job: Job,
  turn: number,
  continuation: readonly ContinuationPart[],
  { sampling, examples }: Pick<WriteOptions, "sampling" | "examples">,
): TurnRequest {
  return {
    messages: promptWith(questionNumber(job.question), examples),
    continuation,
    dialect: "tags",
    tools: [],
    stop: STOPS,
    sampling,
    seed: 1000 * job.question + 10 * job.candidate + turn,
    session: `${job.question}/${job.candidate}`,
  };
}

/** @returns each job's turns, by `question/candidate`. */
export async function writeAll(policy: Policy, jobs: readonly Job[], options: WriteOptions): Promise<Map<string, readonly Turn[]>> {
  const written = new Map<string, readonly Turn[]>();
  const queue = [...jobs];
  const work = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift())
      written.set(`${job.question}/${job.candidate}`, await writeOne(policy, job, options));
  };
  await Promise.all(Array.from({ length: options.inFlight }, work));
  return written;
}

export async function writeOne(policy: Policy, job: Job, options: WriteOptions): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  const continuation: ContinuationPart[] = [];
  const { memory = "kept", exactly, sampling } = options;
  for (let number = 0; number < options.turns; number++) {
    const usual = requestOf(job, number, continuation, options);
    const request = exactly === undefined ? usual : { ...usual, stop: [], sampling: { ...sampling, maxTokens: exactly[number]! } };
    const turn = await policy.generate(request, { signal: new AbortController().signal });
    turns.push(turn);
    if (memory !== "kept" || number === options.turns - 1) policy.endSession?.(request.session);
    const tokens = memory === "stateless" ? {} : { tokens: turn.tokens! };
    continuation.push({ by: "model", text: turn.text, ...tokens }, { by: "tool", text: toolResult(turn.text) });
    await pause(options.toolMs?.(job) ?? 0);
  }
  return turns;
}
