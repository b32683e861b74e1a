import { expect } from "chai";
import { csvOf, markdownOf } from "../src/documents.ts";
import { pictureOf } from "../src/picture.ts";
import type { ArmResult, ArmRun, StudyResult } from "../src/result.ts";
import { armsTable, comparisonLine, dataTable, runsTable } from "../src/rows.ts";

const run = (seed: number, right: number, lossTokens: number | null = 13_100): ArmRun => ({
  ...{ seed, run: `runs/x/seed-${seed}`, model: "sft", precision: "F16", failed: 0, questions: 40, right, mean: right / 40 },
  loop: { candidates: 960, repairs: 700, kept: 300, repaired: 1_200, questions: 150, gained: 20 },
  trainings: { sft: { steps: 12, lossTokens, rows: 29, seconds: 1.5, data: "d" } },
});
const arm = (name: string, runs: readonly ArmRun[], mean: ArmResult["mean"]): ArmResult => ({ arm: name, runs, mean });
const RESULT: StudyResult = {
  ...{ study: 'of "a" <b> & c', preset: "quickstart", measure: "greedy", done: 3, planned: 4 },
  arms: [
    arm("kept", [run(1, 26), run(2, 26)], { value: 0.65, low: 0.5, high: 0.78, n: 40 }),
    arm("clean", [run(1, 32, null)], { value: 0.8, low: 0.65, high: 0.9, n: 40 }),
    arm("waiting", [], null),
  ],
  comparisons: [
    {
      arm: "clean",
      against: "kept",
      difference: { value: 0.15, low: -0.02, high: 0.31, n: 40 },
      seeds: [{ seed: 1, difference: 0.15 }],
      addedLater: true,
    },
  ],
  references: [{ model: "base", precision: "Q4_1", questions: 40, greedy: { value: 0.525, low: 0.37, high: 0.67, n: 40 } }],
  notes: ["Care."],
};

describe("a study's tables", () => {
  it("have a row for each run, with what its training took", () => {
    const { header, rows } = runsTable(RESULT);
    expect(header).to.deep.equal(["arm", "seed", "right", "questions", "mean", "sft steps", "sft loss tokens", "weights"]);
    expect(rows).to.deep.equal([
      ["kept", "1", "26", "40", "0.650", "12", "13,100", "F16"],
      ["kept", "2", "26", "40", "0.650", "12", "13,100", "F16"],
      ["clean", "1", "32", "40", "0.800", "12", "–", "F16"],
    ]);
  });

  it("have a row for each arm behind the untrained policy, and a line for each comparison", () => {
    expect(armsTable(RESULT).rows).to.deep.equal([
      ["base", "–", "40", "0.525 (0.370–0.670)", "–"],
      ["kept", "2", "40", "0.650 (0.500–0.780)", "0.650, 0.650"],
      ["clean", "1", "40", "0.800 (0.650–0.900)", "0.800"],
      ["waiting", "0", "–", "–", "–"],
    ]);
    expect(comparisonLine(RESULT.comparisons[0]!)).to.equal(
      "clean − kept: +0.150 (−0.020 to +0.310), 1 seed, 40 questions; by seed +0.150 [added later]",
    );
  });

  it("have a row for each arm of what its loop wrote and gave", () => {
    expect(dataTable(RESULT).rows).to.deep.equal([
      ["kept", "960", "700", "300", "1,200", "150", "20"],
      ["clean", "960", "700", "300", "1,200", "150", "20"],
    ]);
    expect(markdownOf(RESULT)).to.contain("| kept | 960 | 700 | 300 | 1,200 | 150 | 20 |");
  });

  it("stay one table in Markdown and in comma-separated values, whatever a name holds", () => {
    const odd = { ...RESULT, arms: [arm("kept", [{ ...run(1, 26), model: 'a|b, "c"' }], null)] };
    expect(csvOf(odd).split("\n")[1]).to.equal('kept,1,"a|b, ""c""",F16,40,26,0.65,sft,12,13100,29,1.5,960,700,300,1200,150,20,runs/x/seed-1');
    expect(markdownOf(RESULT)).to.contain("| kept | 2 | 40 | 0.650 (0.500–0.780) | 0.650, 0.650 |");
    expect(markdownOf(RESULT)).to.contain("- Care.");
  });
});

describe("a study's picture", () => {
  const picture = pictureOf(RESULT);
  const marks = (tag: string) => [...picture.matchAll(new RegExp(`<${tag} ([^>]*)>`, "g"))].map(([, attributes = ""]) => attributes);
  const number = (attributes: string, name: string) => Number(new RegExp(`\\b${name}="([^"]+)"`).exec(attributes)?.[1]);

  it("has a dot for each seed, those of one value beside each other, on the axis of the means", () => {
    const dots = marks("circle").map((one) => number(one, "cx"));
    expect(dots).to.have.length(3);
    const [first = 0, second = 0, third = 0] = dots;
    expect(second - first).to.equal(5);
    const means = marks("line").filter((one) => one.includes('stroke-width="4"'));
    expect(means.map((one) => number(one, "x1"))).to.deep.equal([first, third]);
    expect(third).to.be.greaterThan(second);
  });

  it("shows the untrained policy, holds nothing outside its frame, and escapes names", () => {
    expect(marks("line").filter((one) => one.includes("stroke-dasharray"))).to.have.length(1);
    for (const one of marks("line")) for (const name of ["x1", "x2"]) expect(number(one, name)).to.be.within(0, 720);
    expect(picture).to.contain("of &quot;a&quot; &lt;b&gt; &amp; c").and.not.to.contain("<b>");
  });

  it("can be drawn before anything is done", () => {
    expect(pictureOf({ ...RESULT, arms: [arm("waiting", [], null)], comparisons: [], references: [] })).to.contain("waiting");
  });
});
