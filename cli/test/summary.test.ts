import type { RewardModelReport, RunSummary } from "@autotraj/core";
import { expect } from "chai";
import { renderSummary } from "../src/display/summary.ts";

const DATA: RunSummary["datasets"] = {
  ...{ sft: 1_250, preferences: 20, siblings: 9, hardCases: 1 },
  ...{ duplicates: 3, untrained: 0, repaired: 250, questions: 400, onlyRepaired: 100 },
  ...{ samePairs: 7, contradicting: 0, incomparable: 0, chosenTexts: 12, siblingQuestions: 5 },
};
const FUNNEL = { queries: 500, dropped: 0, failedQueries: 0, candidates: 0, kept: 0, toRepair: 0, repaired: 0, hard: 0, discarded: 0, refused: 0 };
const EMPTY: RunSummary = {
  ...{
    run: "r",
    preset: "p",
    finished: true,
    seconds: {},
    usage: {},
    toolCalls: {},
    incidents: 0,
    incidentsBy: {},
    stages: {},
    rewardModel: null,
    evaluation: null,
  },
  ...{
    funnel: { ...FUNNEL, pairs: 0, sft: 0, duplicates: 0 },
    right: null,
    repairers: {},
    causes: {},
    refusals: {},
    dimensions: {},
    tasks: {},
    datasets: DATA,
  },
};

describe("the table of a run's data sets", () => {
  /** The lines from the SFT rows on. */
  function shown(datasets: Partial<RunSummary["datasets"]> = {}, repairers: RunSummary["repairers"] = {}): readonly string[] {
    const summary: RunSummary = { ...EMPTY, repairers, datasets: { ...DATA, ...datasets } };
    const [table = ""] = renderSummary(summary).split("\n\n");
    const lines = table.split("\n").map((line) => line.replace(/ {2,}(?=\S)/g, (gap, at) => (at === 0 ? gap : "  ")));
    return lines.slice(lines.findIndex((line) => line.startsWith("SFT rows")));
  }

  it("says of how many texts and questions it is, and which questions repairs gained", () => {
    expect(shown({}, { fix: { accepted: 1, refused: 0, acceptedByCause: {} } })).to.deep.equal([
      "SFT rows  1,250",
      "  kept  1,000  80%",
      "  repaired  250  20%",
      "  on questions  400  80%",
      "    only by repair  100  25%",
      "preference pairs  20",
      "  chosen texts  12",
      "sibling pairs  9",
      "  on questions  5  1%",
    ]);
  });

  it("speaks of no repairs where there are none, and counts nothing of pairs that are not there", () => {
    const none = { repaired: 0, onlyRepaired: 0, preferences: 0, chosenTexts: 0, siblings: 0, siblingQuestions: 0 };
    expect(shown(none)).to.deep.equal(["SFT rows  1,250", "  on questions  400  80%", "preference pairs  0", "sibling pairs  0"]);
  });
});

describe("the table of a reward model", () => {
  const share = (value: number, n: number) => ({ value, low: value - 0.1, high: value + 0.1, n });
  const REPORT: RewardModelReport = {
    ...{ pairs: 40, unscored: 0, accuracy: share(0.8, 40), baselines: { format: share(0.6, 40) }, best: "format", authorsSeparated: false },
    ...{ beatsBaselines: true, causes: {}, sameAuthor: null, calibration: [], scale: { mean: 0, deviation: 1 } },
  };
  const shown = (report: RewardModelReport) =>
    renderSummary({ ...EMPTY, rewardModel: report })
      .split("\n\n")
      .find((block) => block.includes("told apart"))
      ?.split("\n")
      .slice(4)
      .map((line) => line.replace(/ {2,}/g, "  ").trim());

  it("goes by kind of pair, each beside the rule that does best on it, and says what was left out", () => {
    const kinds = {
      "edit: flipped-sign": { accuracy: share(0.75, 12), best: "bag of words", bestAccuracy: share(0.5, 12) },
      repair: { accuracy: share(0.9, 28), best: null, bestAccuracy: null },
    };
    const sources = { repair: { pairs: 22, leftOut: { "only one side keeps the format": 49 } }, edit: { pairs: 48, leftOut: {} } };
    expect(shown({ ...REPORT, kinds, sources })?.slice(-6)).to.deep.equal([
      "It beats the best of them (format).",
      "kind of pair  held out  the reward model  best rule on these",
      "──────────────────  ────────  ───────────────────  ──────────────────",
      "edit: flipped-sign  12  0.750 (0.650–0.850)  bag of words 0.500",
      "repair  28  0.900 (0.800–1.000)  –",
      "Pairs left out: 49 repair (only one side keeps the format).",
    ]);
  });

  it("of an older version has no kinds", () => {
    expect(shown(REPORT)?.at(-1)).to.equal("It beats the best of them (format).");
  });
});
