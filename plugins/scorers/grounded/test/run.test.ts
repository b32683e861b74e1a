/** Whole runs with the real kernel, the paper's gate, the real S and answers: which repairs are learnt from. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRun, RunStore } from "@autotraj/core";
import type { JsonObject, Message } from "@autotraj/core/plugin";
import { expect } from "chai";
import { bare, saying } from "../../../../test/plugins-in-code.ts";
import gate from "../../../gates/paper/src/index.ts";
import answer from "../../answer/src/index.ts";
import quality from "../../quality/src/index.ts";
import grounded from "../src/index.ts";

/** Always wrong, so that everything goes to repair. */
const student = saying("student", () => "<think>No idea.</think> <answer>\\boxed{-1}</answer>");

interface Repair {
  readonly question: string;
  readonly gold: string;
  readonly code: string;
  readonly result: string;
  readonly ok?: boolean;
  readonly answer: string;
}

/** Rows that were learnt from in a study, and what their like looks like when it is right. */
const WRONG_REASON: Readonly<Record<string, Repair>> = {
  "an ending sampled until it fitted": {
    question: "Calculate -( -17 + -391 ).",
    gold: "408",
    code: "print(-17 + -391)",
    result: "-408",
    answer: "408",
  },
  "dropped signs, right by luck": {
    question: "Calculate ( 10 + 45 - -57 + -5 * -2 ) / 61.",
    gold: "2",
    code: "print(10 + 45 - 57 + 2 * 2)",
    result: "2",
    answer: "2",
  },
  "the gold answer, printed": { question: "What is 12 + 15?", gold: "27", code: "print(27)", result: "27", answer: "27" },
  "a contradicted result": { question: "What is 12 + 15?", gold: "27", code: "print(12 + 15 - 7)", result: "20", answer: "27" },
  "a failed call": { question: "What is 12 + 15?", gold: "27", code: "print(12 + 15", result: "SyntaxError", ok: false, answer: "27" },
  "noise of the tool": {
    question: "What is 0.1 + 0.2?",
    gold: "0.3",
    code: "print(0.1 + 0.2)",
    result: "0.30000000000000004",
    answer: "0.30000000000000004",
  },
};
const RIGHT_REASON: Readonly<Record<string, Repair>> = {
  "the minus kept": { question: "Calculate -( -17 + -391 ).", gold: "408", code: "print(-( -17 + -391 ))", result: "408", answer: "408" },
  "the signs kept": {
    question: "Calculate ( 10 + 45 - -57 + -5 * -2 ) / 61.",
    gold: "2",
    code: "print((10 + 45 - -57 + -5 * -2) / 61)",
    result: "2.0",
    answer: "2",
  },
  "a sum": { question: "What is 12 + 15?", gold: "27", code: "print(12 + 15)", result: "27", answer: "27" },
  "noise taken off": { question: "What is 0.1 + 0.2?", gold: "0.3", code: "print(0.1 + 0.2)", result: "0.30000000000000004", answer: "0.3" },
};

describe("a run whose gate requires grounded answers", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-grounded-run-")));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What became of this repair, and why. */
  async function fateOf({ question, gold, code, result, ok = true, answer: said }: Repair, options: JsonObject) {
    const messages = (before: readonly Message[]): readonly Message[] => [
      ...before.filter(({ role }) => role === "system" || role === "user"),
      {
        role: "assistant",
        content: "",
        reasoning: "So.",
        text: `<think>So.</think> <code>${code}</code>`,
        toolCalls: [{ id: "c", name: "python", arguments: { code } }],
      },
      { role: "tool", toolCallId: "c", name: "python", content: result, ok },
      { role: "assistant", content: `\\boxed{${said}}`, reasoning: "Done.", text: `<think>Done.</think> <answer>\\boxed{${said}}</answer>` },
    ];
    const fix = bare("fix", "repairer", (api) =>
      api.hooks.repair.tapPromise({}, async ({ original: { trajectory } }) => ({
        ...trajectory,
        messages: messages(trajectory.messages),
        answer: said,
      })),
    );
    const run = await createRun({
      plugins: { student, answer, quality, grounded, gate: [gate, options], fix },
      settings: { rollout: { policy: "student", candidates: 1 } },
      questions: [{ id: "q", question, answers: [gold] }],
    });
    await run.start(join(folder, "run"), { cacheDir: join(folder, "cache") });
    const store = RunStore.read(join(folder, "run"));
    const [offered] = [...store.trajectories(["refused", "accepted"])];
    store.close();
    return { fate: offered?.fate, cause: offered?.verdict?.cause };
  }

  for (const [name, repair] of Object.entries(WRONG_REASON)) {
    it(`refuses ${name}, which the paper's gate alone would learn from`, async () => {
      expect(await fateOf(repair, { require: { grounded: 1 } })).to.deep.equal({ fate: "refused", cause: "ungrounded" });
      rmSync(join(folder, "run"), { recursive: true });
      expect(await fateOf(repair, {})).to.deep.equal({ fate: "accepted", cause: undefined });
    });
  }

  for (const [name, repair] of Object.entries(RIGHT_REASON)) {
    it(`accepts ${name}`, async () => {
      expect(await fateOf(repair, { require: { grounded: 1 } })).to.deep.equal({ fate: "accepted", cause: undefined });
    });
  }
});
