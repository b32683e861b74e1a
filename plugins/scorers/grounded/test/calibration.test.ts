import { expect } from "chai";
import { dataSets } from "../../../../test/data/sets.ts";
import { groundedScores } from "../src/grounded.ts";
import { arithmeticRuns, computedRuns, FAULTS, type Labelled, searchRuns } from "./labelled.ts";

const OPTIONS = { searches: [], operands: 0.5 };
/** Least share of made faults that must be refused, and largest share of right runs that may be: one row is 2 to 4 % of the sample's. */
const BOUNDS = { sample: { refused: 0.95, lost: 0.07 }, whole: { refused: 0.98, lost: 0.05 } };

for (const sets of dataSets) {
  describe(`grounded, on labelled rows (${sets.size})`, function () {
    this.timeout(60_000);
    const sources: Readonly<Record<string, () => readonly Labelled[]>> = {
      "Python programs": () => computedRuns("tora/tora-gsm8k.jsonl", sets),
      "calculator runs": () => computedRuns("gsm8k/gsm8k-calculator-models.jsonl", sets),
      arithmetic: () => ["chain_sum", "products"].flatMap((task) => arithmeticRuns(task, sets)),
      searches: () => searchRuns(sets),
    };
    for (const [name, read] of Object.entries(sources)) {
      it(`refuses nearly all made faults and few right runs: ${name}`, () => {
        const refused = (labelled: readonly Labelled[]) => {
          const scores = labelled.map(({ trajectory }) => groundedScores(trajectory, OPTIONS)["grounded"]);
          return scores.filter((score) => score !== undefined && "value" in score && score.value === 0).length / labelled.length;
        };
        const rows = Map.groupBy(read(), ({ fault }) => fault);
        expect(rows.get(undefined)).to.have.length.above(5);
        expect(refused(rows.get(undefined) ?? [])).to.be.at.most(BOUNDS[sets.size].lost);
        for (const fault of FAULTS) {
          const made = rows.get(fault);
          if (made !== undefined) expect(refused(made), fault).to.be.at.least(BOUNDS[sets.size].refused);
        }
      });
    }
  });
}
