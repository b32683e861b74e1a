/** A judge with a scripted model behind it: what it was asked, and what it made of the replies. */
import { dialects } from "@autotraj/core";
import {
  DIALECTS,
  type Message,
  type Plugin,
  POLICY,
  type Query,
  ROLLOUT,
  type Rollout,
  type ScoredTrajectory,
  type ScoreItem,
  type Scores,
  type ScoreTap,
  type Trajectory,
  type Turn,
} from "@autotraj/core/plugin";
import { type CapturedTap, setupPlugin, testRun } from "@autotraj/testkit";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import plugin, { type JudgeOptions } from "../src/index.ts";

export type Completion = Parameters<Rollout["complete"]>[1];
/** What the model says to a call: its text, a whole turn, or an error that it throws. */
export type Script = (call: Completion, number: number) => string | Partial<Turn> | Error | Promise<string>;

export const QUERY: Query = { id: "q", question: "How many apples are left?", answers: ["4711"] };
const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };

export function trajectory(text: string, overrides: Partial<Trajectory> = {}): Trajectory {
  return trajectoryWith({
    id: `t-${text.length}`,
    query: QUERY,
    messages: [
      { role: "system", content: "The policy's own instructions." },
      { role: "user", content: QUERY.question },
      { role: "assistant", content: "12", text },
    ],
    answer: "12",
    ...overrides,
  });
}

/** With a tool that was offered, and what it returned. */
export function withTool(text: string, result: string): Trajectory {
  const plain = trajectory(text);
  return {
    ...plain,
    tools: [{ name: "python", description: "Runs Python.", parameters: {} }],
    messages: [...plain.messages, { role: "tool", toolCallId: "c", name: "python", content: result, ok: true }],
  };
}

export function candidates(...members: readonly Trajectory[]): readonly ScoreItem[] {
  const group: ScoreItem[] = [];
  for (const member of members) group.push({ trajectory: member, query: member.query, scores: {}, group });
  return group;
}

export function repaired(repair: Trajectory, original: Trajectory): readonly ScoreItem[] {
  const parent: ScoredTrajectory = { trajectory: original, scores: {} };
  const group: ScoreItem[] = [];
  group.push({ trajectory: repair, query: repair.query, scores: {}, group, parent, siblings: [] });
  return group;
}

export interface Court {
  readonly calls: readonly Completion[];
  readonly log: readonly string[];
  readonly tap: CapturedTap;
  score(batch: readonly ScoreItem[]): Promise<readonly Scores[]>;
  dispose(): Promise<void>;
}

export interface Bench {
  readonly options?: Partial<JudgeOptions>;
  readonly id?: string;
  readonly baseDir?: string;
  readonly speaks?: readonly ("tags" | "native")[];
}

export async function court(script: Script, { options = {}, id = "judge", baseDir, speaks = ["tags", "native"] }: Bench = {}): Promise<Court> {
  const calls: Completion[] = [];
  const log: string[] = [];
  const rollout = {
    complete: async (policy: string, call: Completion): Promise<Turn> => {
      if (policy !== "wise") throw new Error(`no policy "${policy}"`);
      const number = calls.push(call) - 1;
      const said = await script(call, number);
      if (said instanceof Error) throw said;
      return { text: "", finish: "stop", usage: USAGE, ...(typeof said === "string" ? { text: said } : said) };
    },
  };
  const listened: Plugin<JudgeOptions> = {
    ...plugin,
    setup: (api, given) => plugin.setup({ ...api, log: { info: (line) => void log.push(line), warn: (line) => void log.push(line) } }, given),
  };
  const underTest = await setupPlugin(listened, {
    id,
    options: { policy: "wise", ...options },
    services: [
      [POLICY, { dialects: speaks }, "wise"],
      [ROLLOUT, rollout],
      [DIALECTS, dialects],
    ],
    ...(baseDir === undefined ? {} : { baseDir }),
  });
  await underTest.start();
  const [tap] = underTest.taps;
  if (tap === undefined) throw new Error("the judge taps nothing");
  return { calls, log, tap, score: (batch) => (tap.tap as ScoreTap)(batch, testRun()), dispose: () => underTest.dispose() };
}

/** One yes-or-no dimension, `good`. */
export const GOOD = { good: { question: "Is it good?" } } as const;
/** One graded dimension, `grade`. */
export const GRADE = { grade: { question: "How good is it?", levels: ["bad", "poor", "fair", "fine", "best"] } } as const;

/** The user message of a call. */
export function prompt(call: Completion | undefined): string {
  const message: Message | undefined = call?.messages.at(-1);
  if (message === undefined) throw new Error("there was no such call");
  return message.content;
}
