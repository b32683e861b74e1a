/** Prints, check by check, what scorer-grounded refuses of labelled rows: `npm run bench grounded`. */
import { groundedScores } from "../../plugins/scorers/grounded/src/grounded.ts";
import { arithmeticRuns, computedRuns, FAULTS, type Labelled, searchRuns } from "../../plugins/scorers/grounded/test/labelled.ts";
import { largest } from "../data/sets.ts";

const CHECKS = ["follows", "computed", "operands", "counterfactual", "found", "grounded"] as const;
const OPTIONS = { searches: [], operands: 0.5 };
const ARITHMETIC = ["basic_arithmetic", "chain_sum", "decimal_chain_sum", "products"];
const tasks = ARITHMETIC.filter((task) => largest.size === "whole" || task === "chain_sum" || task === "products");

console.log(`data: ${largest.size}`);
const sources: readonly (readonly [string, readonly Labelled[]])[] = [
  ["ToRA", computedRuns("tora/tora-gsm8k.jsonl", largest)],
  ["GSM8K calculator", computedRuns("gsm8k/gsm8k-calculator-models.jsonl", largest)],
  ["arithmetic", tasks.flatMap((task) => arithmeticRuns(task, largest))],
  ["HotpotQA searches", searchRuns(largest)],
];
const start = performance.now();
let rows = 0;
for (const [name, labelled] of sources) {
  rows += labelled.length;
  console.log(`\n${name}: share refused by each check (of those it could judge)`);
  console.table(
    Object.fromEntries(
      [undefined, ...FAULTS].flatMap((fault) => {
        const scored = labelled.filter((row) => row.fault === fault).map(({ trajectory }) => groundedScores(trajectory, OPTIONS));
        if (scored.length === 0) return [];
        const refused = CHECKS.map((check) => {
          const values = scored.flatMap(({ [check]: score }) => (score !== undefined && "value" in score ? [score.value] : []));
          const low = values.filter((value) => value < (check === "operands" ? OPTIONS.operands : 1)).length;
          return [check, values.length === 0 ? "–" : `${low} of ${values.length} (${((100 * low) / values.length).toFixed(1)} %)`];
        });
        return [[fault ?? "as recorded", { rows: scored.length, ...Object.fromEntries(refused) }]];
      }),
    ),
  );
}
console.log(`${rows} rows in ${((performance.now() - start) / 1000).toFixed(1)} s`);

console.log("\nprecision and recall, the runs as recorded counted as grounded");
const all = sources.flatMap(([, labelled]) => labelled);
const verdicts = all.map(({ fault, trajectory }) => ({ fault, scores: groundedScores(trajectory, OPTIONS) }));
for (const check of CHECKS) {
  const low = verdicts.filter(
    ({ scores: { [check]: score } }) => score !== undefined && "value" in score && score.value < (check === "operands" ? OPTIONS.operands : 1),
  );
  const hits = low.filter(({ fault }) => fault !== undefined).length;
  const made = verdicts.filter(({ fault }) => fault !== undefined).length;
  console.log(`${check}: precision ${hits} of ${low.length} (${((100 * hits) / low.length).toFixed(1)} %), recall ${hits} of ${made}`);
}
