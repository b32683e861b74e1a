/** Prints what faithfulness finds in real runs, and in the same runs with a number changed: `npm run bench faithfulness`. */
import { faithfulness } from "../../plugins/scorers/tool-use/src/faithfulness.ts";
import {
  type Run,
  recordedRuns,
  trajectoryOf,
  withMisreadResult,
  withOtherAnswer,
  workedSolutions,
} from "../../plugins/scorers/tool-use/test/recorded.ts";
import { largest } from "../data/sets.ts";

console.log(`data: ${largest.size}`);
const gsm8k = recordedRuns("gsm8k/gsm8k-calculator-models.jsonl", largest);
const tora = recordedRuns("tora/tora-gsm8k.jsonl", largest);
const right = (runs: readonly Run[]) => runs.filter(({ correct }) => correct);
const wrong = (runs: readonly Run[]) => runs.filter(({ correct }) => !correct);

console.log("as recorded: runs with a finding");
count("GSM8K, right", right(gsm8k));
count("GSM8K, wrong", wrong(gsm8k));
count("ToRA, right", right(tora));
count("ToRA, wrong", wrong(tora));
count("GSM8K's own solutions, train", workedSolutions("train", largest));
count("GSM8K's own solutions, test", workedSolutions("test", largest));

console.log("\nanswer of right, clean runs changed: runs with a finding");
for (const [name, change] of [
  ["+7", (answer: number) => answer + 7],
  ["×10", (answer: number) => answer * 10],
  ["another number of as many digits", anotherNumber(1)],
] as const) {
  count(
    `GSM8K, ${name}`,
    changed(right(gsm8k), (run) => withOtherAnswer(run, change)),
  );
  count(
    `ToRA, ${name}`,
    changed(right(tora), (run) => withOtherAnswer(run, change)),
  );
}

console.log("\na result misread by the next turn: runs with a finding");
count(
  "GSM8K, +7",
  changed(right(gsm8k), (run) => withMisreadResult(run, (result) => result + 7)),
);
count(
  "GSM8K, another number of as many digits",
  changed(right(gsm8k), (run) => withMisreadResult(run, anotherNumber(2))),
);

console.log("\ntime");
for (const calls of [1000, 10_000, 20_000]) {
  const steps = Array.from({ length: calls }, (_, index) => ({
    thought: `so ${index + 11}`,
    tool: "python",
    input: `${index}+11`,
    observation: `${index + 11}`,
  }));
  const trajectory = trajectoryOf({ question: "How many?", gold: "", correct: true, steps, final: "12", pred: "12" });
  const start = performance.now();
  faithfulness(trajectory);
  console.log(`${calls} calls: ${Math.round(performance.now() - start)} ms`);
}

function count(name: string, runs: readonly Run[]): void {
  const scores = runs.map((run) => faithfulness(trajectoryOf(run)));
  const judged = scores.flatMap((score) => ("value" in score ? [score.value] : []));
  const found = judged.filter((value) => value < 1).length;
  console.log(`${name}: ${found} of ${judged.length} (${((100 * found) / judged.length).toFixed(1)} %)`);
}

function changed(runs: readonly Run[], change: (run: Run) => Run | undefined): readonly Run[] {
  return runs.filter((run) => value(run) === 1).flatMap((run) => change(run) ?? []);
}

function value(run: Run): number | undefined {
  const score = faithfulness(trajectoryOf(run));
  return "value" in score ? score.value : undefined;
}

/** Drawn from a linear congruence, so that the figures can be had again. */
function anotherNumber(seed: number): (number: number) => number {
  let state = seed;
  return (number) => {
    const size = 10 ** Math.max(2, String(Math.round(Math.abs(number))).length);
    state = (state * 48_271) % 2_147_483_647;
    const drawn = size / 10 + (state % (size - size / 10));
    return drawn === number ? drawn + 1 : drawn;
  };
}
