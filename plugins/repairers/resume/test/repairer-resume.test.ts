import {
  type AssistantMessage,
  type Message,
  POLICY,
  type Repair,
  ROLLOUT,
  type RolloutOptions,
  type RolloutRequest,
  type ScoredTrajectory,
  type Scores,
  type ToolMessage,
} from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { requestWith, trajectoryWith } from "../../../../test/trajectories.ts";
import plugin, { type ResumeRepairerOptions } from "../src/index.ts";

const QUERY = { id: "q", question: "?", answers: ["1"] };
const REQUEST = requestWith({ query: QUERY, tools: ["python"], maxToolCalls: 9, maxTurns: 10 });
const PROMPT: readonly Message[] = [
  { role: "system", content: "" },
  { role: "user", content: "?" },
];

const turn = (code: string, overrides: Partial<AssistantMessage> = {}): AssistantMessage => ({
  role: "assistant",
  content: "",
  toolCalls: [{ id: `id ${code}`, name: "python", arguments: { code } }],
  text: `<code>${code}</code>`,
  ...overrides,
});
const result = (code: string, ok = true): ToolMessage => ({ role: "tool", toolCallId: `id ${code}`, name: "python", content: code, ok });
const step = (code: string, ok = true): readonly (AssistantMessage | ToolMessage)[] => [turn(code), result(code, ok)];
const answer: AssistantMessage = { role: "assistant", content: "\\boxed{2}", text: "<answer>\\boxed{2}</answer>" };

function original(written: readonly Message[], scores: Scores = {}, model = "small"): ScoredTrajectory {
  return {
    trajectory: trajectoryWith({ id: "t1", query: QUERY, messages: [...PROMPT, ...written], provenance: { origin: "rollout", model } }),
    scores,
  };
}

/** What the rollout was asked to go on with, or undefined where the repairer had nothing to offer. */
async function resumed(
  from: ScoredTrajectory,
  { attempt = 0, options = {}, request = {} }: { attempt?: number; options?: Partial<ResumeRepairerOptions>; request?: Partial<RolloutRequest> } = {},
): Promise<RolloutOptions | undefined> {
  let asked: RolloutOptions | undefined;
  const write = async (_request: RolloutRequest, rolloutOptions: RolloutOptions) => {
    asked = rolloutOptions;
    return from.trajectory;
  };
  const services = [
    [POLICY, { model: "small" }, "teacher"],
    [ROLLOUT, { write }],
  ] as const;
  const plugged = await setupPlugin(plugin, { id: "resume", options: { policy: "teacher", attempts: 9, ...options }, services });
  const repairCase = { request: { ...REQUEST, ...request }, original: from, siblings: [], attempts: [], attempt };
  const repaired = await (plugged.taps[0]!.tap as Repair)(repairCase, testRun());
  expect(repaired === undefined).to.equal(asked === undefined);
  return asked;
}

/** The tool results kept at each attempt, as one word per attempt; `-` where nothing is offered. */
async function keptByAttempt(from: ScoredTrajectory, attempts: number, options: Partial<ResumeRepairerOptions> = {}): Promise<string> {
  const kept: string[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { prefix } = (await resumed(from, { attempt, options })) ?? {};
    kept.push(prefix === undefined ? "-" : prefix.flatMap((message) => (message.role === "tool" ? message.content : [])).join(""));
  }
  return kept.join(" ");
}

const spanAt = (message: number): Scores => ({ confidence: { value: 0, spans: [{ message, start: 0, end: 1 }] } });

describe("the longest good prefix", () => {
  it("is everything up to the last result where only the answer is bad", async () => {
    expect(await keptByAttempt(original([...step("a"), ...step("b"), answer]), 1)).to.equal("ab");
  });

  it("ends before a failed call", async () => {
    expect(await keptByAttempt(original([...step("a"), ...step("b", false), ...step("c"), answer]), 1)).to.equal("a");
  });

  it("ends before a repeated call", async () => {
    expect(await keptByAttempt(original([...step("a"), ...step("b"), ...step("a"), answer]), 1)).to.equal("ab");
  });

  it("ends before a malformed call", async () => {
    const malformed = turn("b", { toolCalls: [{ id: "id b", name: "python", arguments: {}, malformed: { raw: "{", reason: "not JSON" } }] });
    expect(await keptByAttempt(original([...step("a"), malformed, result("b"), answer]), 1)).to.equal("a");
  });

  it("ends before a turn that a scorer marked", async () => {
    expect(await keptByAttempt(original([...step("a"), ...step("b"), answer], spanAt(4)), 1)).to.equal("a");
  });

  it("is not shortened by a mark in the answer that is written anew anyway", async () => {
    expect(await keptByAttempt(original([...step("a"), ...step("b"), answer], spanAt(6)), 1)).to.equal("ab");
  });

  it("is not shortened by a mark in the prompt, or beyond the last message", async () => {
    for (const message of [0, 99]) expect(await keptByAttempt(original([...step("a"), answer], spanAt(message)), 1)).to.equal("a");
  });

  it("is counted from the marked message itself where a recorded conversation has a question in between", async () => {
    const more = { role: "user", content: "and now?" } as const;
    expect(await keptByAttempt(original([...step("a"), more, ...step("b"), answer], spanAt(5)), 1)).to.equal("a");
  });

  it("holds both results of two calls made in one turn, or neither", async () => {
    const both = turn("a", { toolCalls: [...turn("a").toolCalls!, ...turn("b").toolCalls!] });
    expect(await keptByAttempt(original([both, result("a"), result("b"), answer]), 2)).to.equal("ab -");
    expect(await keptByAttempt(original([both, result("a")]), 1)).to.equal("-");
    expect(await keptByAttempt(original([both, result("a"), result("b", false), answer]), 1)).to.equal("-");
  });

  it("leaves a turn to go on with", async () => {
    const from = original([...step("a"), ...step("b")]);
    expect((await resumed(from, { request: { maxTurns: 2 } }))?.prefix).to.have.length(2);
    expect(await resumed(from, { request: { maxTurns: 1 } })).to.equal(undefined);
  });

  it("is nothing where no tool was called, the first call failed, or the first turn is marked", async () => {
    expect(await keptByAttempt(original([answer]), 1)).to.equal("-");
    expect(await keptByAttempt(original([...step("a", false), answer]), 1)).to.equal("-");
    expect(await keptByAttempt(original([...step("a"), answer], spanAt(2)), 1)).to.equal("-");
    expect(await keptByAttempt(original([]), 1)).to.equal("-");
  });
});

describe("attempt after attempt", () => {
  const from = original([...step("a"), ...step("b"), ...step("c"), answer]);

  it("the prefix gets shorter until nothing is left", async () => {
    expect(await keptByAttempt(from, 4)).to.equal("abc ab a -");
  });

  it("each prefix is tried as often as was asked", async () => {
    expect(await keptByAttempt(from, 7, { triesPerPrefix: 2 })).to.equal("abc abc ab ab a a -");
  });

  it("the key differs, so no attempt is answered from the cache of another", async () => {
    const keys = [(await resumed(from))?.key, (await resumed(from, { attempt: 1 }))?.key];
    expect(new Set(keys).size).to.equal(2);
  });

  it("the kernel is told how many attempts there are", async () => {
    const services = [
      [POLICY, { model: "small" }, "teacher"],
      [ROLLOUT, {}],
    ] as const;
    const plugged = await setupPlugin(plugin, { options: { policy: "teacher", attempts: 5 }, services });
    expect(plugged.taps[0]!.options["attempts"]).to.equal(5);
  });
});

describe("the kept messages", () => {
  const sampled = turn("a", { tokens: [1, 2, 3] });
  const from = (model: string) => original([sampled, result("a"), answer], {}, model);
  const firstTurn = (asked: RolloutOptions | undefined) => asked?.prefix?.[0] as AssistantMessage;

  it("are the original's own, word for word", async () => {
    const [first, second] = (await resumed(from("small")))?.prefix ?? [];
    expect(first).to.deep.equal({ ...sampled, train: true });
    expect(second).to.deep.equal(result("a"));
  });

  it("lose their tokens when another model goes on, whose tokenizer is not theirs", async () => {
    expect(firstTurn(await resumed(from("large")))).to.not.have.property("tokens");
    expect(firstTurn(await resumed(from("small"))).tokens).to.deep.equal([1, 2, 3]);
  });

  it("are kept out of the loss with trainPrefix no", async () => {
    expect(firstTurn(await resumed(from("small"), { options: { trainPrefix: "no" } })).train).to.equal(false);
  });

  it("stay out of the loss where they already were", async () => {
    expect(firstTurn(await resumed(original([turn("a", { train: false }), result("a"), answer]))).train).to.equal(false);
  });

  it("are counted in the provenance, which names the original", async () => {
    expect((await resumed(from("small")))?.provenance).to.deep.equal({ origin: "repair", parent: "t1", notes: { keptMessages: 2, try: 0 } });
  });
});
