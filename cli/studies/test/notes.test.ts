import { expect } from "chai";
import { checkStudy } from "../src/index.ts";
import { notesOf } from "../src/notes.ts";
import type { ArmRun, Effort } from "../src/result.ts";

const STUDY = checkStudy({ preset: "p", arms: { a: {}, b: {} }, seeds: [1, 2, 3, 4, 5] }, { baseDir: "/b", name: "n", who: "n" });
const BEGINNING = { seeds: STUDY.seeds, compare: STUDY.compare };
const run = (seed: number, effort: Partial<Effort> = {}, more: Partial<ArmRun> = {}): ArmRun => ({
  ...{ seed, run: "r", model: "sft", precision: "F16", failed: 0, questions: 10, right: 5, mean: 0.5 },
  loop: { candidates: 40, repairs: 20, kept: 10, repaired: 5, questions: 8, gained: 2 },
  trainings: { sft: { steps: 12, lossTokens: 1000, rows: 20, seconds: 1, data: "d", ...effort } },
  ...more,
});
const notes = (a: readonly ArmRun[], b: readonly ArmRun[]) =>
  notesOf({ arms: [{ arm: "a", runs: a, mean: null }, { arm: "b", runs: b, mean: null }], comparisons: [], references: [] }, STUDY, BEGINNING); // biome-ignore format: one thing

describe("a study's notes", () => {
  it("are none where arms can be compared", () => {
    expect(notes([run(1), run(2, { lossTokens: 1090 })], [run(1, { lossTokens: 1050 }), run(2)])).to.deep.equal([]);
  });

  it("name arms whose means of steps or loss tokens differ by more than 5 %", () => {
    expect(notes([run(1, { lossTokens: 1000 }), run(2, { lossTokens: 1300 })], [run(1, { steps: 13 })])).to.deep.equal([
      "Unequal steps of sft: b has 8 % more than a (13, 12).",
      "Unequal loss tokens of sft: a has 15 % more than b (1,150, 1,000).",
    ]);
  });

  it("say where only some arms' loss tokens are known", () => {
    expect(notes([run(1)], [run(1, { lossTokens: null })])).to.deep.equal(["loss tokens of sft are not known of all arms, and not compared."]);
    expect(notes([run(1, { lossTokens: null })], [run(1, { lossTokens: null })])).to.deep.equal([]);
  });

  it("name an arm whose runs did not learn from the same rows", () => {
    expect(notes([run(1), run(2, { data: "e" })], [run(1, { data: "f" })])).to.deep.equal([
      "The runs of a did not learn sft from the same rows: their loops differ by more than the training seed.",
    ]);
  });

  it("say where weights were stored in several ways, and which runs lost questions", () => {
    expect(notes([run(1, {}, { precision: "Q8_0" })], [run(2, {}, { failed: 3 })])).to.deep.equal([
      "Questions of the loop that failed, and that nothing was learnt from: 3 in b, seed 2. `autotraj resume` on the run tries them again.",
      "Models were evaluated with weights stored in different ways: Q8_0, F16.",
    ]);
  });
});
