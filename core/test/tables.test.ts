import { rmSync } from "node:fs";
import { expect } from "chai";
import type { Score, Scores } from "../src/kernel/plugin.ts";
import { type Fate, RunStore } from "../src/loop/store/run-store.ts";
import type { KeptArtifact } from "../src/results/artifact.ts";
import { datasetCard } from "../src/results/dataset-card.ts";
import { gatherFigures, type RunFigures } from "../src/results/figures.ts";
import { type DataOrigins, originsOf } from "../src/results/origins.ts";
import type { EvaluationSummary, RewardModelReport } from "../src/results/reports.ts";
import { type RunSummary, type SummaryParts, summarize } from "../src/results/summary.ts";
import { newFolder } from "./support/presets.ts";
import { query, trajectory } from "./support/trajectories.ts";

const IDENTITY = { runId: "demo-1", preset: "demo", presetHash: "p", queriesHash: "q", plugins: {} };
const COUNTS: RunFigures["datasets"] = {
  ...{ sft: 5, preferences: 2, siblings: 6, hardCases: 1 },
  ...{ duplicates: 3, untrained: 0, repaired: 2, questions: 4, onlyRepaired: 1 },
  ...{ samePairs: 7, contradicting: 0, incomparable: 0, chosenTexts: 9, siblingQuestions: 8 },
};

describe("the tables of a run", () => {
  let folder: string;
  let store: RunStore;
  beforeEach(() => {
    folder = newFolder();
    store = RunStore.open(folder, IDENTITY);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const figuresOf = (dimensions: readonly string[] = ["correctness"]): RunFigures => gatherFigures(store, dimensions, COUNTS);
  const tables = (parts: Partial<SummaryParts> = {}): RunSummary =>
    summarize(store, { figures: figuresOf(), prices: {}, artifacts: [], evaluation: undefined, ...parts });

  function call(key: string, by: string, usage: object, kind: "model" | "tool" = "model"): void {
    store.calls.put({ key, kind, by, place: key, request: "{}", response: JSON.stringify({ text: "", content: "", usage }), milliseconds: 1 });
  }

  it("say which run it is, and whether it is finished", () => {
    expect(tables()).to.include({ run: "demo-1", preset: "demo", finished: false });
    store.setMeta("finished", "yes");
    expect(tables().finished).to.equal(true);
  });

  it("count what model calls took, by policy, and what they cost where there is a price", () => {
    call("a", "student", { promptTokens: 1_000, cachedTokens: 400, completionTokens: 50 });
    call("b", "student", { promptTokens: 3_000, cachedTokens: 0, completionTokens: 150 });
    call("c", "judge", { promptTokens: 10, cachedTokens: 0, completionTokens: 1 });
    call("d", "python", {}, "tool");
    const prices = { student: { input: 2, cachedInput: 1, output: 10 } };
    expect(tables({ prices }).usage).to.deep.equal({
      judge: { calls: 1, promptTokens: 10, cachedTokens: 0, completionTokens: 1, usd: null },
      // (3,600 × 2 + 400 × 1 + 200 × 10) / 1,000,000
      student: { calls: 2, promptTokens: 4_000, cachedTokens: 400, completionTokens: 200, usd: 0.0096 },
    });
  });

  it("say how long each part took, to the millisecond", () => {
    store.addSeconds("rollout", 1.23456);
    store.addSeconds("rollout", 1);
    store.addSeconds("loop", 0.0004);
    expect(tables().seconds).to.deep.equal({ loop: 0, rollout: 2.235 });
  });

  it("count the calls of each tool that is on offer, made or not", () => {
    call("a", "python", {}, "tool");
    call("b", "python", {}, "tool");
    store.setMeta(
      "surroundings",
      JSON.stringify({ python: { description: "runs" }, search: { description: "finds" }, student: { "answers as": "x" } }),
    );
    expect(tables().toolCalls).to.deep.equal({ python: 2, search: 0 });
  });

  it("count incidents by who had them, the most first", () => {
    expect(tables()).to.deep.include({ incidents: 0, incidentsBy: {} });
    for (const who of ["plus", "mine", "mine", "exact"]) store.addIncident(who, "odd");
    const { incidents, incidentsBy } = tables();
    expect(incidents).to.equal(4);
    expect(Object.entries(incidentsBy)).to.deep.equal([
      ["mine", 2],
      ["exact", 1],
      ["plus", 1],
    ]);
  });

  it("hold what stages left, and nothing of what tables do not show", () => {
    const report = { pairs: 7 } as unknown as RewardModelReport;
    const left = (name: string, more: Partial<KeptArtifact> = {}): KeptArtifact => ({
      ...{ dir: "d", name, stage: "sft", key: "k", trainer: "trl", startedFrom: "base", modelPath: `${name}/model`, kind: "causal" },
      ...{ rows: { train: 8, heldOut: 2 }, metrics: { loss: 0.5 }, seconds: 1.23456 },
      ...more,
    });
    const artifacts = [left("sft"), left("reward-model", { stage: "reward-model", report, outOfDate: "stage sft was done again" })];
    const evaluation = { models: [] } as unknown as EvaluationSummary;
    const summary = tables({ artifacts, evaluation });
    const shown = { trainer: "trl", startedFrom: "base", rows: { train: 8, heldOut: 2 }, metrics: { loss: 0.5 }, seconds: 1.235 };
    expect(summary.stages).to.deep.equal({
      sft: { ...shown, modelPath: "sft/model", outOfDate: null },
      "reward-model": { ...shown, modelPath: "reward-model/model", outOfDate: "stage sft was done again" },
    });
    expect(summary.rewardModel).to.equal(report);
    expect(summary.evaluation).to.equal(evaluation);
    expect(tables()).to.deep.include({ stages: {}, rewardModel: null, evaluation: null });
  });

  describe("of figures", () => {
    it("order causes by how often, then by name, and repairers by name, each with the causes of what it mended", () => {
      const original = (position: number, cause: string) => {
        const made = trajectory({ query: query(`q-${position}`) });
        store.saveTrajectory({
          trajectory: made,
          scores: {},
          position,
          ordinal: 0,
          fate: "repaired",
          verdict: { decision: "repair", reason: "r", cause },
        });
        return made.id;
      };
      const repair = (position: number, parent: string, repairer: string, fate: Fate, cause?: string) => {
        const ordinal = store.trajectoriesAt(position).length;
        const made = trajectory({ query: query(`q-${position}`), provenance: { origin: "repair", parent, repairer, attempt: ordinal } });
        const verdict = { decision: "repair", reason: "r", ...(cause === undefined ? {} : { cause }) } as const;
        store.saveTrajectory({ trajectory: made, scores: {}, position, ordinal, fate, verdict });
      };
      for (const [position, cause] of ["wrong", "format", "format"].entries()) {
        const parent = original(position, cause);
        for (const why of ["worse", "poor", "poor", "blank", undefined]) repair(position, parent, "zeal", "refused", why);
        repair(position, parent, position === 0 ? "zeal" : "care", "accepted");
      }
      const { refusals, repairers } = figuresOf([]);
      expect(Object.entries(refusals)).to.deep.equal([
        ["poor", 6],
        ["blank", 3],
        ["no cause", 3],
        ["worse", 3],
      ]);
      expect(Object.entries(repairers)).to.deep.equal([
        ["care", { accepted: 2, refused: 0, acceptedByCause: { format: 2 } }],
        ["zeal", { accepted: 1, refused: 15, acceptedByCause: { wrong: 1 } }],
      ]);
    });

    function save(position: number, fate: Fate, scores: Scores = {}, task?: string): void {
      const about = { ...query(`q-${position}`), ...(task === undefined ? {} : { task }) };
      const ordinal = store.trajectoriesAt(position).length;
      const made = trajectory({ query: about, provenance: { origin: "rollout", candidate: ordinal } });
      store.saveTrajectory({ trajectory: made, scores, position, ordinal, fate });
    }
    const correctness = (score: Score): Scores => ({ correctness: score });

    it("count each fate where it belongs", () => {
      const fates: readonly Fate[] = ["kept", "repaired", "hard", "hard", "pending", "discarded", "failed", "failed"];
      for (const [position, fate] of fates.entries()) save(position, fate);
      store.finishQuery(0, "q-0", "done");
      store.finishQuery(1, "q-1", "failed", "why");
      store.finishQuery(2, "q-2", "dropped", "why");
      store.finishQuery(3, "q-3", "dropped", "why");
      expect(figuresOf([]).funnel).to.deep.equal({
        ...{ queries: 4, dropped: 2, failedQueries: 1, candidates: 8, kept: 1, toRepair: 4, repaired: 1, hard: 2, discarded: 3, refused: 0 },
        ...{ pairs: 2, sft: 5, duplicates: 3 },
      });
      expect(figuresOf([]).right).to.equal(null);
    });

    it("round means to four digits, and leave out what has no value", () => {
      save(0, "kept", correctness({ value: 1 }));
      save(1, "hard", correctness({ value: 0 }));
      save(2, "discarded", correctness({ value: 0 }));
      save(3, "discarded", correctness({ failed: "first" }));
      save(4, "discarded", correctness({ failed: "second" }));
      save(5, "discarded", correctness({ skipped: "none" }));
      save(6, "discarded");
      expect(figuresOf().dimensions).to.deep.equal({
        correctness: { candidates: 0.3333, kept: 1, before: null, after: null, failed: 2, skipped: 1, asked: 6, failure: "first" },
      });
      expect(figuresOf().right).to.deep.equal({ candidates: 1, judged: 3 });
    });

    it("give every candidate of a question its task, in the order of the tasks' names", () => {
      save(0, "kept", {}, "sums");
      save(0, "hard");
      save(1, "repaired", {}, "dates");
      save(2, "kept");
      expect(Object.entries(figuresOf([]).tasks)).to.deep.equal([
        ["", { candidates: 1, kept: 1, repaired: 0, hard: 0 }],
        ["dates", { candidates: 1, kept: 0, repaired: 1, hard: 0 }],
        ["sums", { candidates: 2, kept: 1, repaired: 0, hard: 1 }],
      ]);
    });
  });
});

describe("the card of the data sets", () => {
  const means = { candidates: 0.5, kept: 1, before: null, after: 0.25, failed: 0, skipped: 0, asked: 4, failure: null };
  const summary = (leftOut: Partial<RunSummary["datasets"]>, failed: number) =>
    ({
      run: "demo-1",
      preset: "demo",
      funnel: { hard: 1, candidates: 9, queries: 4, kept: 3, repaired: 2, discarded: 3 },
      datasets: { ...COUNTS, duplicates: 0, samePairs: 0, ...leftOut },
      dimensions: { correctness: { ...means, failed }, format: means },
    }) as unknown as RunSummary;

  const ORIGINS: DataOrigins = { models: {}, rollout: undefined, tools: {}, plugins: {} };

  it("names the models, how they were sampled, what ran their code, and the plugins with their versions", () => {
    const folder = newFolder();
    const plugins = { answer: { package: "@autotraj/scorer-answer", version: "0.1.0" } };
    const store = RunStore.open(folder, { ...IDENTITY, plugins });
    store.setMeta("policies", JSON.stringify({ student: { model: "small", identity: "x" }, wise: { model: "large", identity: "y" } }));
    store.setMeta("rollout", JSON.stringify({ policy: "student", candidates: 4, temperature: 0.5, tools: ["python"] }));
    const python = { sandbox: "bwrap", Python: "3.11.7", identity: "z", description: "runs Python code" };
    store.setMeta("surroundings", JSON.stringify({ python, student: { "answers as": "model small-2026-01-01" } }));
    const card = datasetCard(summary({}, 0), originsOf(store)).split("\n");
    store.close();
    rmSync(folder, { recursive: true });
    expect(card.slice(card.indexOf("## What made them") + 2)).to.deep.equal([
      "- model `student`: small (answers as model small-2026-01-01)",
      "- model `wise`: large",
      '- candidates: policy student, candidates 4, temperature 0.5, tools ["python"]; repairs as their repairers say (preset.resolved.yaml)',
      "- tool `python`: sandbox bwrap; Python 3.11.7",
      "- plugin `answer`: @autotraj/scorer-answer 0.1.0",
      "",
    ]);
  });

  it("says what the files hold and where it came from", () => {
    const card = datasetCard(summary({}, 0), ORIGINS).split("\n");
    expect(card).to.include.members([
      "# Data sets of demo-1",
      "Made by AutoTraj with the preset `demo`.",
      "| sft.jsonl | 5 | a trajectory to imitate: a kept candidate or an accepted repair |",
      "| preferences.jsonl | 2 | `chosen` (an accepted repair) preferred to `rejected` (what it repairs) |",
      "| siblings.jsonl | 6 | `chosen` (a kept candidate) preferred to `rejected` (a wrong one of the same question by the same author) |",
      "| hard-cases.jsonl | 1 | a candidate that no repair could mend |",
      "9 candidates on 4 questions: 3 kept, 2 repaired, 1 hard, 3 discarded.",
      "- sft.jsonl: 3 kept candidates and 2 accepted repairs, on 4 questions, of which 1 by repairs alone.",
      "- preferences.jsonl: 9 different chosen texts.",
      "- siblings.jsonl: pairs of 8 questions.",
      "| correctness | 0.500 | 1.000 |  | 0.250 |",
      "| format | 0.500 | 1.000 |  | 0.250 |",
    ]);
    expect(card.join("\n")).not.to.match(/left out|could not be judged/);
  });

  it("says what was left out, and what could not be judged", () => {
    const card = datasetCard(summary({ duplicates: 2, untrained: 1, samePairs: 3, contradicting: 4, incomparable: 5 }, 3), ORIGINS).split("\n");
    expect(card).to.include.members([
      "- 2 rows were left out of sft.jsonl because another of the same question says the same.",
      "- 1 row was left out of sft.jsonl because the loss is off all turns.",
      "- 3 pairs were left out of preferences.jsonl because another of the same question says the same.",
      "- 4 pairs were left out of preferences.jsonl because a row of sft.jsonl says what the rejected side says.",
      "- 5 pairs were left out of preferences.jsonl because the rejected side is missing, has no turn, has calls and results that do not pair, or was asked something else.",
      "`correctness` could not be judged in 3 of 4 trajectories: such a score is never treated as 0.",
    ]);
    expect(card.filter((line) => line.includes("could not be judged"))).to.have.length(1);
    const [at, table] = [
      card.findIndex((line) => line.includes("could not be judged")),
      card.indexOf("| dimension | candidates | kept | before repair | after repair |"),
    ];
    expect(card[at + 1], "a table begins after an empty line").to.equal("");
    expect(table).to.equal(at + 2);
  });
});
