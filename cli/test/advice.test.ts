import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunSummary } from "@autotraj/core";
import type { ModelEvaluation } from "@autotraj/core/reports";
import { adviceOn } from "@autotraj/report";
import { expect } from "chai";
import { setNpmCommand } from "../../test/npm-command.ts";
import { closingSentence, sizeText } from "../src/display/closing.ts";

const NO_DATA: RunSummary["datasets"] = {
  ...{ sft: 0, preferences: 0, siblings: 0, hardCases: 0, duplicates: 0, repaired: 0, questions: 0, onlyRepaired: 0 },
  ...{ untrained: 0, samePairs: 0, contradicting: 0, incomparable: 0, chosenTexts: 0, siblingQuestions: 0 },
};
const FUNNEL: RunSummary["funnel"] = {
  ...{ queries: 10, dropped: 0, failedQueries: 0, candidates: 40, kept: 0, toRepair: 0, repaired: 0, hard: 0, discarded: 40, refused: 0 },
  ...{ pairs: 0, sft: 0, duplicates: 0 },
};
const SPENT = { calls: 40, promptTokens: 4000, cachedTokens: 0, completionTokens: 1200, usd: null };
const RUN: RunSummary = {
  ...{ run: "r", preset: "p", finished: true, seconds: { start: 2, loop: 60, rollout: 60, scoring: 1 }, usage: { student: SPENT }, incidents: 0 },
  ...{ incidentsBy: {}, stages: {}, rewardModel: null, evaluation: null, funnel: FUNNEL, right: { candidates: 0, judged: 40 }, repairers: {} },
  ...{ causes: {}, refusals: {}, dimensions: {}, tasks: {}, datasets: NO_DATA, toolCalls: { python: 12 } },
};
const dimension = (candidates: number) => ({ candidates, kept: null, before: null, after: null, failed: 0, skipped: 0, asked: 40, failure: null });
const EVALUATED: ModelEvaluation = {
  ...{
    model: "mine",
    path: "/models/mine",
    questions: 12,
    failed: 0,
    greedy: null,
    sampled: null,
    toolCalls: 1,
    words: 20,
    otherRules: {},
    tasks: {},
    dimensions: {},
  },
};
const DATA = { ...NO_DATA, sft: 22, preferences: 1, questions: 9 };

describe("advice on a run", () => {
  const said = (change: Partial<RunSummary>) => adviceOn({ ...RUN, ...change }).join("\n");

  it("says that nothing was kept, and why as far as the figures tell", () => {
    expect(said({})).to.contain("Nothing was kept").and.contain("No candidate's answer is right");
    expect(said({ right: { candidates: 7, judged: 40 } })).to.contain("7 candidates are right, and the gate keeps none of them");
    expect(said({ right: { candidates: 0, judged: 0 } })).to.contain("no gold answers");
    expect(said({ dimensions: { format: dimension(0.1) } })).to.contain("break the form (format 0.10 on average)");
    expect(said({ dimensions: { format: dimension(0.9) } })).not.to.contain("break the form");
  });

  it("says that no tool was called, where tools are on offer and models were asked in this run", () => {
    expect(said({ datasets: DATA, toolCalls: { python: 0, search: 0 } })).to.contain("No candidate called a tool (python, search).");
    expect(said({ datasets: DATA, toolCalls: { python: 0, search: 3 } })).to.equal("");
    expect(said({ datasets: DATA, toolCalls: {} })).to.equal("");
    expect(said({ datasets: DATA, toolCalls: { python: 0 }, usage: {} }), "all answered by a cache, or recorded").to.equal("");
  });

  it("says nothing where all went well, or there was nothing to do", () => {
    expect(said({ datasets: DATA })).to.equal("");
    expect(said({ funnel: { ...FUNNEL, candidates: 0 }, usage: {} })).to.equal("");
  });
});

describe("the closing sentence", () => {
  let restore = () => {};
  before(() => {
    restore = setNpmCommand(undefined);
  });
  after(() => restore());

  it("says what came out, what it cost, how large it is and what to do next", () => {
    const folder = mkdtempSync(join(tmpdir(), "closing-"));
    try {
      mkdirSync(join(folder, "models"));
      writeFileSync(join(folder, "models", "weights"), Buffer.alloc(1_500_000));
      symlinkSync(process.execPath, join(folder, "elsewhere"));
      const priced = { ...SPENT, usd: 0.256 };
      const sentence = closingSentence({ ...RUN, datasets: DATA, usage: { student: priced, wise: SPENT } }, folder, ["chat", "trl"]);
      expect(sentence.replaceAll(folder, "RUN")).to.equal(
        "10 questions gave 22 SFT rows and 1 preference pair; it took 80 model calls with 2,400 tokens written, $0.26 for those whose price is known, 1 min 2 s, and 1.5 MB in RUN. " +
          "`autotraj explain RUN sft:1` shows where a row comes from, `autotraj export RUN --to trl --out RUN/trl` writes them for a trainer.",
      );
      const next = (formats: readonly string[]) => closingSentence({ ...RUN, datasets: DATA }, folder, formats).replaceAll(folder, "RUN");
      expect(next(["chat"])).to.match(/, `autotraj export RUN --to chat --out RUN\/chat` writes them for a trainer\.$/);
      expect(next([])).to.match(/ `autotraj explain RUN sft:1` shows where a row comes from\.$/);
      expect(closingSentence(RUN, folder, ["trl"]).replaceAll(folder, "RUN")).to.equal(
        "10 questions gave nothing to learn from; it took 40 model calls with 1,200 tokens written, 1 min 2 s, and 1.5 MB in RUN. `autotraj explain RUN '#1'` shows why.",
      );
      const figures = { ...EVALUATED, greedy: { value: 2 / 3, low: 0.4, high: 0.8, n: 12 } };
      const evaluation = { models: [{ ...EVALUATED, model: "base" }, figures], comparisons: [], leakage: null };
      expect(closingSentence({ ...RUN, funnel: { ...RUN.funnel, queries: 0 }, evaluation }, folder, ["trl"]).replaceAll(folder, "RUN")).to.equal(
        "base: 12 questions, mine: 8 of 12 right; it took 40 model calls with 1,200 tokens written, 1 min 2 s, and 1.5 MB in RUN. `autotraj view RUN` shows every answer.",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("writes sizes as people do", () => {
    expect([0, 999, 1000, 12_345, 999_999, 5.5e9].map(sizeText)).to.deep.equal(["0 bytes", "999 bytes", "1.0 kB", "12 kB", "1000 kB", "5.5 GB"]);
  });
});
