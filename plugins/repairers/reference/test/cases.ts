/** Small cases for the repairer: a request, a bad trajectory, tools and a rollout that replays with them. */
import { dialects } from "@autotraj/core";
import {
  DIALECTS,
  type Query,
  type Repair,
  type ReplayOptions,
  ROLLOUT,
  type RolloutRequest,
  TOOL,
  type Tool,
  type ToolMessage,
  type Trajectory,
} from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { requestWith, trajectoryWith } from "../../../../test/trajectories.ts";
import plugin from "../src/index.ts";
import calculatorDouble from "./fixtures/calculator.mjs";

export const QUERY: Query = {
  id: "q1",
  question: "Natalia sold clips to 48 friends in April, and half as many in May. How many altogether?",
  answers: ["72"],
  solution: "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nNatalia sold 48+24 = <<48+24=72>>72 clips altogether in April and May.\n#### 72",
};

export const REQUEST = requestWith({ query: QUERY, system: "Be exact.", tools: ["calculator", "python"], maxToolCalls: 8, maxTurns: 9 });

export async function calculator(options: object = {}): Promise<Tool> {
  return (await setupPlugin(calculatorDouble, { options })).provided(TOOL);
}

/** Answers from a table: the code it knows. */
export function python(answers: Readonly<Record<string, string>>, identity = "python"): Tool {
  return {
    definition: {
      name: "python",
      description: "runs Python",
      parameters: { type: "object", properties: { code: { type: "string" } }, required: ["code"] },
      tag: { name: "code", argument: "code" },
    },
    identity,
    call: async ({ code }) => {
      const content = answers[String(code)];
      return { content: content ?? "NameError", ok: content !== undefined, durationMs: 1 };
    },
  };
}

/** What the kernel's replay does, without store, limits and concurrency. */
async function replay(request: RolloutRequest, options: ReplayOptions, tools: ReadonlyMap<string, Tool>): Promise<Trajectory> {
  const messages: Trajectory["messages"][number][] = [
    { role: "system", content: request.system },
    { role: "user", content: request.query.question },
  ];
  for (const turn of options.turns) {
    messages.push(turn);
    for (const call of turn.toolCalls ?? []) {
      const tool = [...tools.values()].find(({ definition }) => definition.name === call.name)!;
      const { content, ok } = await tool.call(call.arguments, { session: options.key, earlier: [], history: [], signal: testRun().signal });
      messages.push({ role: "tool", toolCallId: call.id, name: call.name, content, ok } satisfies ToolMessage);
    }
  }
  return trajectoryWith({
    id: "replayed",
    query: request.query,
    dialect: request.dialect,
    tools: [...tools.values()].map(({ definition }) => definition),
    messages,
    ...(options.answer === undefined ? {} : { answer: options.answer }),
    provenance: options.provenance,
  });
}

export interface Setting {
  readonly options?: object;
  readonly tools?: Readonly<Record<string, Tool>>;
  readonly baseDir?: string;
}

/** The repairer, started: give it a request, get what it offers. */
export async function repairer({ options = {}, tools, baseDir }: Setting = {}) {
  const there = new Map(Object.entries(tools ?? { calculator: await calculator() }));
  const asked: ReplayOptions[] = [];
  const rollout = {
    replay: (request: RolloutRequest, replayOptions: ReplayOptions) => {
      asked.push(replayOptions);
      return replay(request, replayOptions, there);
    },
  };
  const plugged = await setupPlugin(plugin, {
    id: "reference",
    options,
    services: [[ROLLOUT, rollout], [DIALECTS, dialects], ...[...there].map(([id, tool]) => [TOOL, tool, id] as const)],
    ...(baseDir === undefined ? {} : { baseDir }),
  });
  await plugged.start();
  const tap = plugged.taps[0]!.tap as Repair;
  const original: Trajectory = { ...(await replay(REQUEST, { key: "", turns: [], provenance: { origin: "rollout" } }, there)), id: "t1" };
  const repair = (request: Partial<RolloutRequest> = {}) =>
    tap({ request: { ...REQUEST, ...request }, original: { trajectory: original, scores: {} }, siblings: [], attempts: [], attempt: 0 }, testRun());
  return { repair, asked, warnings: plugged.warnings };
}

/** The trajectory after the question, in short. */
export function spoken(trajectory: Trajectory | undefined): readonly string[] {
  return (trajectory?.messages ?? []).slice(2).map((message) => (message.role === "assistant" ? (message.text ?? "") : message.content));
}
