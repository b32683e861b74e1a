/** Whole runs with the real kernel, gate and scorers: what is gone on from, and what is learnt from. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRun, RunStore } from "@autotraj/core";
import { TOOL } from "@autotraj/core/plugin";
import { expect } from "chai";
import { bare, saying } from "../../../../test/plugins-in-code.ts";
import gate from "../../../gates/paper/src/index.ts";
import answer from "../../../scorers/answer/src/index.ts";
import format from "../../../scorers/format/src/index.ts";
import grounded from "../../../scorers/grounded/src/index.ts";
import quality from "../../../scorers/quality/src/index.ts";
import resume from "../src/index.ts";

const RESULTS: Readonly<Record<string, string>> = {
  "print(-17 + -391)": "-408",
  "print(10 + 45 - 57 + 2 * 2)": "2",
  "print(12 + 15)": "27",
  "print(54)": "54",
  "print(27 * 2)": "54",
};

/** Answers from a table. */
const python = bare("python", "tool", (api) =>
  api.provide(TOOL, {
    definition: {
      name: "python",
      description: "runs Python",
      parameters: { type: "object", properties: { code: { type: "string" } }, required: ["code"] },
      tag: { name: "code", argument: "code" },
    },
    identity: "python",
    call: async ({ code }) => ({ content: RESULTS[String(code)] ?? "NameError", ok: String(code) in RESULTS, durationMs: 1 }),
  }),
);

const call = (code: string) => `<think>So.</think>\n<code>${code}</code>`;
const says = (words: string) => `<think>Done.</think>\n<answer>${words}</answer>`;

describe("a run with resumed repairs", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-resume-run-")));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The policy says these turns, the candidate's first; what became of the repairs, and how many turns nobody asked for. */
  async function repairsOf(question: string, gold: string, turns: readonly string[], attempts = 1) {
    const left = [...turns];
    const student = saying("student", () => left.shift() ?? says("\\boxed{-1}"));
    const run = await createRun({
      plugins: {
        student,
        python,
        answer,
        format,
        quality,
        grounded,
        gate: [gate, { require: { grounded: 1 } }],
        resume: [resume, { policy: "student", attempts, triesPerPrefix: 2 }],
      },
      settings: { rollout: { policy: "student", candidates: 1 } },
      questions: [{ id: "q", question, answers: [gold] }],
    });
    await run.start(join(folder, "run"), { cacheDir: join(folder, "cache") });
    const store = RunStore.read(join(folder, "run"));
    const repairs = [...store.trajectories(["refused", "accepted"])];
    store.close();
    return { fates: repairs.map(({ fate }) => fate), notes: repairs.map(({ trajectory }) => trajectory.provenance.notes), left: left.length };
  }

  it("never goes on from the two rows that did harm in a study, and asks nothing of the model for them", async () => {
    const minus = [call("print(-17 + -391)"), says("\\boxed{-408}"), says("\\boxed{408}")];
    expect(await repairsOf("Calculate -( -17 + -391 ).", "408", minus, 3)).to.deep.equal({ fates: [], notes: [], left: 1 });
    rmSync(join(folder, "run"), { recursive: true });
    const lucky = [call("print(10 + 45 - 57 + 2 * 2)"), says("2"), says("\\boxed{2}")];
    expect(await repairsOf("Calculate ( 10 + 45 - -57 + -5 * -2 ) / 61.", "2", lucky, 3)).to.deep.equal({ fates: [], notes: [], left: 1 });
  });

  it("goes on from a right result that the answer contradicts", async () => {
    const turns = [call("print(12 + 15)"), says("\\boxed{28}"), says("\\boxed{27}")];
    expect(await repairsOf("What is 12 + 15?", "27", turns)).to.deep.equal({ fates: ["accepted"], notes: [{ keptMessages: 2, try: 0 }], left: 0 });
  });

  it("offers no continuation that hands itself the answer: the next is written", async () => {
    const question = "Ann has 12 red and 15 blue nuts, and Bo 2 times as many as she. How many has Bo?";
    const handed = [call("print(54)"), says("\\boxed{54}")];
    const turns = [call("print(12 + 15)"), says("\\boxed{28}"), ...handed, call("print(27 * 2)"), says("\\boxed{54}")];
    const notes = [{ keptMessages: 2, try: 1 }];
    expect(await repairsOf(question, "54", turns, 2)).to.deep.equal({ fates: ["accepted"], notes, left: 0 });
  });
});
