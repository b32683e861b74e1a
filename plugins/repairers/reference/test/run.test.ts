/** Whole runs with the real kernel, scorers and gate: a policy that is always wrong, and the solution replayed in its place. */
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { datasetFiles, defaultCacheDir, RunStore, type RunSummary, resolvePreset, run, type StoredTrajectory } from "@autotraj/core";
import type { DialectName } from "@autotraj/core/plugin";
import { expect } from "chai";
import { QUERY } from "./cases.ts";

const fixture = (name: string) => resolve(import.meta.dirname, "fixtures", name);
const QUESTIONS = [
  QUERY,
  {
    id: "q2",
    question: "Weng earns $12 an hour. Yesterday she did 50 minutes of babysitting. How much did she earn?",
    answers: ["10"],
    solution: "Weng earns 12/60 = $<<12/60=0.2>>0.2 per minute.\nWorking 50 minutes, she earned 0.2 x 50 = $<<0.2*50=10>>10.\n#### 10",
  },
  {
    id: "q3",
    question: "A car of $24,000 costs 40% more with tax. How much is it?",
    answers: ["33600"],
    solution: "24000*1.4=<<24000*1.4=33600>>33,600\n#### 33,600",
  },
];

interface Ran {
  readonly summary: RunSummary;
  readonly accepted: readonly StoredTrajectory[];
  readonly preferences: string;
}

/** Rows of a file in a folder of its own. */
function fileOf(rows: readonly object[]): string {
  const file = join(realpathSync(mkdtempSync(join(tmpdir(), "autotraj-reference-"))), "rows.jsonl");
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return file;
}

async function replayed(dialect: DialectName, others: object = {}, queries: object = { train: fileOf(QUESTIONS) }): Promise<Ran> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-reference-run-")));
  const plugins = {
    student: { use: fixture("wrong-policy.mjs") },
    calculator: { use: "@autotraj/tool-calculator" },
    prompt: { use: "@autotraj/preparer-prompt" },
    answer: { use: "@autotraj/scorer-answer" },
    format: { use: "@autotraj/scorer-format" },
    quality: { use: "@autotraj/scorer-quality" },
    tools: { use: "@autotraj/scorer-tool-use" },
    gate: { use: "@autotraj/gate-paper" },
    reference: { use: "@autotraj/repairer-reference" },
    ...others,
  };
  const rollout = { policy: "student", dialect, candidates: 2, maxToolCalls: 8, maxTurns: 9 };
  writeFileSync(join(folder, "preset.json"), JSON.stringify({ queries, rollout, plugins }));
  const preset = await resolvePreset("./preset.json", { cwd: folder });
  const runDir = join(folder, "out");
  const { summary } = await run({ preset, asked: { ref: preset.file, cwd: folder, set: [] }, runDir, cacheDir: defaultCacheDir() });
  const store = RunStore.read(runDir);
  try {
    return { summary, accepted: [...store.trajectories(["accepted"])], preferences: readFileSync(datasetFiles(runDir).preferences, "utf8") };
  } finally {
    store.close();
  }
}

for (const dialect of ["tags", "native"] as const) {
  describe(`a run of wrong candidates in ${dialect}, repaired by their solutions`, () => {
    let ran: Ran;
    before(async () => {
      ran = await replayed(dialect);
    });

    it("accepts one for every candidate, by the paper's gate", () => {
      expect(ran.accepted).to.have.length(6);
      expect(ran.summary.funnel).to.include({ queries: 3, candidates: 6, kept: 0, repaired: 6 });
    });

    it("gives each a clean bill: right, well-formed, every call run once and faithful", () => {
      for (const { scores } of ran.accepted) {
        for (const dimension of ["correctness", "format", "executability", "redundancy", "faithfulness", "confidence"]) {
          expect(scores[dimension], dimension).to.have.property("value", 1);
        }
      }
    });

    it("records real observations and where they come from", () => {
      const [first] = ran.accepted;
      const results = first?.trajectory.messages.flatMap((message) => (message.role === "tool" ? [[message.name, message.content, message.ok]] : []));
      expect(results).to.deep.equal([
        ["calculator", "24", true],
        ["calculator", "72", true],
      ]);
      expect(first?.trajectory.provenance).to.include({ origin: "repair", repairer: "reference", sawGold: true });
      expect(first?.trajectory.faults).to.deep.equal([]);
    });

    it("makes a preference pair of each with the candidate it repairs, one where two candidates say the same", () => {
      const pairs = ran.preferences
        .trim()
        .split("\n")
        .map((row) => JSON.parse(row) as { chosen: { answer: string }; rejected: { answer: string } });
      expect(pairs.map(({ chosen, rejected }) => `${chosen.answer} ≻ ${rejected.answer}`)).to.deep.equal(["72 ≻ -1", "10 ≻ -1", "33600 ≻ -1"]);
    });
  });
}

describe("a run whose tool contradicts a solution", () => {
  it("leaves that question a hard case and repairs the others", async () => {
    const { summary, accepted } = await replayed("tags", { calculator: { use: fixture("calculator.mjs"), options: { wrongFor: "48/2" } } });
    expect(accepted.map(({ trajectory }) => trajectory.query.id)).to.deep.equal(["q2", "q2", "q3", "q3"]);
    expect(summary.funnel).to.include({ repaired: 4 });
  });
});

describe("a run with the real Python tool", () => {
  const python = {
    python: { use: "@autotraj/tool-python", options: { isolation: "none" } },
    none: { use: "@autotraj/sandbox-none", options: { packages: false } },
  };

  it("answers calculator marks with what Python prints", async () => {
    const options = { tool: "python", call: { template: "print({call})" } };
    const { accepted } = await replayed("tags", { ...python, reference: { use: "@autotraj/repairer-reference", options } });
    expect(
      accepted.map(({ trajectory }) => trajectory.messages.flatMap((message) => (message.role === "tool" ? [message.content] : []))),
    ).to.deep.equal([["24.0", "72"], ["24.0", "72"], ["0.2", "10.0"], ["0.2", "10.0"], ["33600.0"], ["33600.0"]]);
  });

  it("runs the code of solutions with blocks, and keeps none whose output it does not confirm", async () => {
    const block = (code: string, output: string) => `\`\`\`python\n${code}\n\`\`\`\n\`\`\`output\n${output}\n\`\`\`\n`;
    const solutions = [
      { question: QUESTIONS[0]?.question, solution: `Half of them.\n${block("may = 48 // 2\nprint(48 + may)", "72")}She sold $\\boxed{72}$ clips.` },
      { question: QUESTIONS[1]?.question, solution: `${block("print(12 / 60 * 50)", "11")}She earned \\boxed{10} dollars.` },
    ];
    const reference = { use: "@autotraj/repairer-reference", options: { dialect: "tora", solutions: fileOf(solutions) } };
    const questions = QUESTIONS.map(({ solution: _solution, ...question }) => question);
    const { accepted } = await replayed("tags", { ...python, reference }, { train: fileOf(questions) });
    expect(accepted.map(({ trajectory }) => trajectory.query.id)).to.deep.equal(["q1", "q1"]);
    expect(accepted[0]?.trajectory.messages.slice(2).map((message) => ("text" in message ? message.text : message.content))).to.deep.equal([
      "<think>Half of them.</think>\n<code>may = 48 // 2\nprint(48 + may)</code>",
      "72",
      "<think>She sold $72$ clips.</think>\n<answer>\\boxed{72}</answer>",
    ]);
    for (const { scores } of accepted) expect(scores["format"]).to.have.property("value", 1);
  });
});

describe("a run of recorded conversations", () => {
  it("repairs the wrong one with the solution of its question, found in a file", async () => {
    const said = (content: string) => ({
      messages: [
        { role: "user", content: QUERY.question },
        { role: "assistant", content },
      ],
      answer: "72",
    });
    const log = { use: "@autotraj/format-chat" };
    const options = { solutions: fileOf([{ question: QUERY.question.toUpperCase(), answer: QUERY.solution }]) };
    const reference = { use: "@autotraj/repairer-reference", options };
    const recorded = [{ file: fileOf([said("\\boxed{96}"), said("\\boxed{72}")]), format: "log" }];
    const { summary, accepted } = await replayed("native", { log, reference }, { recorded });
    expect(summary.funnel).to.include({ candidates: 2, kept: 1, repaired: 1 });
    expect(accepted.map(({ trajectory }) => [trajectory.answer, trajectory.messages.filter(({ role }) => role === "tool").length])).to.deep.equal([
      ["72", 2],
    ]);
  });
});
