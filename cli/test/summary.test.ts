import type { RunSummary } from "@autotraj/core";
import { expect } from "chai";
import { renderSummary } from "../src/display/summary.ts";

describe("the table of a run's data sets", () => {
  const DATA: RunSummary["datasets"] = {
    ...{ sft: 1_250, preferences: 20, siblings: 9, hardCases: 1 },
    ...{ duplicates: 3, repaired: 250, questions: 400, onlyRepaired: 100, samePairs: 7, chosenTexts: 12, siblingQuestions: 5 },
  };

  /** The lines from the SFT rows on. */
  function shown(datasets: Partial<RunSummary["datasets"]> = {}, repairers: RunSummary["repairers"] = {}): readonly string[] {
    const funnel = {
      queries: 500,
      dropped: 0,
      failedQueries: 0,
      candidates: 0,
      kept: 0,
      toRepair: 0,
      repaired: 0,
      hard: 0,
      discarded: 0,
      refused: 0,
    };
    const summary: RunSummary = {
      ...{
        run: "r",
        preset: "p",
        finished: true,
        seconds: {},
        usage: {},
        incidents: 0,
        incidentsBy: {},
        stages: {},
        rewardModel: null,
        evaluation: null,
      },
      ...{ funnel: { ...funnel, pairs: 0, sft: 0, duplicates: 0 }, right: null, repairers, refusals: {}, dimensions: {}, tasks: {} },
      datasets: { ...DATA, ...datasets },
    };
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
