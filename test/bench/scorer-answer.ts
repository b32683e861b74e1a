/** Prints how many answers a second are judged: `npm run bench scorer-answer`. */
import { cpus } from "node:os";
import { type AnswerCase, scoreWith, withScorer } from "../../plugins/scorers/answer/test/scoring.ts";
import { largest } from "../data/sets.ts";

const gsm8k = largest
  .rows<{ gold: string; pred: string | null; final: string }>("gsm8k/gsm8k-calculator-models.jsonl")
  .filter(({ pred }) => pred !== null);
const hotpot = largest.rows<AnswerCase>("answer-checkers/hotpot-em-f1.jsonl");
const formulas = largest.rows<{ answer: string }>("eval-math/math500.jsonl").map(({ answer }) => answer);
const variants = formulas.flatMap((gold) => [1, 2, 3, 4].map((n) => ({ gold: `\\left(${gold}\\right) + ${n}x`, pred: `${n}x + ${gold}` })));

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
const sets: Readonly<Record<string, readonly AnswerCase[]>> = {
  "numbers (GSM8K answers)": gsm8k.map(({ gold, pred }) => ({ gold, pred: pred as string })),
  "numbers in sentences (GSM8K last lines)": gsm8k.map(({ gold, final }) => ({ gold, pred: final })),
  "words (HotpotQA), EM and F1": Array.from({ length: 20 }, () => hotpot).flat(),
};
for (const [name, cases] of Object.entries(sets)) await measure(name, cases, 1);
for (const processes of [1, 2])
  await measure(`formulas (MATH-500 answers rewritten), ${processes} math-verify process${processes > 1 ? "es" : ""}`, variants, processes);

async function measure(name: string, cases: readonly AnswerCase[], processes: number): Promise<void> {
  await withScorer({ processes }, async (scorer) => {
    await scoreWith(scorer, cases.slice(0, 64));
    const start = performance.now();
    await scoreWith(scorer, cases);
    console.log(`${name}: ${Math.round((1000 * cases.length) / (performance.now() - start))} answers/s (${cases.length})`);
  });
}
