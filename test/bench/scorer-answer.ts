/** Prints how far verdicts agree with other people's, beside math-verify's own, and how many answers a second are judged: `npm run bench scorer-answer`. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { REQUIREMENTS } from "../../plugins/scorers/answer/src/math-verify.ts";
import { type AnswerCase, environments, outcome, scoreWith, withScorer } from "../../plugins/scorers/answer/test/scoring.ts";
import { largest } from "../data/sets.ts";

const CASES = join(import.meta.dirname, "../../../shared/cases");

interface Pair extends AnswerCase {
  readonly gold: string;
  readonly pred: string;
  readonly equal: boolean;
}
interface GsmRow {
  readonly gold: string;
  readonly pred: string | null;
  readonly final: string;
  readonly correct: boolean;
}

const gsm8k = largest.rows<GsmRow>("gsm8k/gsm8k-calculator-models.jsonl").filter(({ pred }) => pred !== null);
const hotpot = largest.rows<{ gold: string; pred: string; em: boolean }>("answer-checkers/hotpot-em-f1.jsonl");
const { python } = await environments.ensure("math-verify", REQUIREMENTS);

console.log("agreement, equal and unequal pairs apart | this scorer | math-verify 0.9.0 by default");
const mathVerifyCases = largest.rows<Pair & { note?: string }>("answer-checkers/math-verify-cases.jsonl");
await compare(
  "math-verify's tests",
  mathVerifyCases.map((row) => (row.note?.includes("known mistake") ? { ...row, equal: false } : row)),
);
await compare("Qwen2.5-Math's verdicts on real answers", largest.rows<Pair>("answer-checkers/qwen-math-real-answers.jsonl"), {}, inDollars);
const values = largest.rows<{ latex: string; value: string | null }>("answer-checkers/latex2sympy.jsonl").filter(({ value }) => value !== null);
await compare(
  "latex2sympy's values",
  values.map(({ latex, value }) => ({ gold: latex, pred: value as string, equal: true })),
  { method: "math" },
  inDollars,
);
await compare(
  "HotpotQA's official EM",
  hotpot.map(({ gold, pred, em }) => ({ gold, pred, equal: em })),
  { method: "em" },
);
await compare(
  "the same pairs by auto",
  hotpot.map(({ gold, pred, em }) => ({ gold, pred, equal: em })),
);
await compare(
  "GSM8K's verdicts, bare answers",
  gsm8k.map(({ gold, pred, correct }) => ({ gold, pred: pred as string, equal: correct })),
);
await compare(
  "GSM8K's verdicts, last lines",
  gsm8k.map(({ gold, final, correct }) => ({ gold, pred: final, equal: correct })),
);
for (const folder of (existsSync(CASES) ? readdirSync(CASES) : []).filter((name) => existsSync(join(CASES, name, "cases.jsonl")))) {
  const lines = readFileSync(join(CASES, folder, "cases.jsonl"), "utf8")
    .trim()
    .split("\n");
  const found = lines.map((line) => JSON.parse(line) as { gold: string; pred: string; expect: boolean });
  await compare(
    `case ${folder}`,
    found.map(({ gold, pred, expect }) => ({ gold, pred, equal: expect })),
  );
}

const formulas = largest.rows<{ answer: string }>("eval-math/math500.jsonl").map(({ answer }) => answer);
const variants = formulas.flatMap((gold) => [1, 2, 3, 4].map((n) => ({ gold: `\\left(${gold}\\right) + ${n}x`, pred: `${n}x + ${gold}` })));
const lengths = Array.from({ length: 2000 }, (_, n) => ({ gold: `${n + 1} km`, pred: `${(n + 1) * 1000} m` }));

console.log(`\nanswers per second; ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`);
const sets: Readonly<Record<string, readonly AnswerCase[]>> = {
  "numbers (GSM8K answers)": gsm8k.map(({ gold, pred }) => ({ gold, pred: pred as string })),
  "numbers in sentences (GSM8K last lines)": gsm8k.map(({ gold, final }) => ({ gold, pred: final })),
  "words (HotpotQA)": Array.from({ length: 20 }, () => hotpot).flat(),
};
for (const [name, cases] of Object.entries(sets)) await measure(name, cases, 1);
await measure("quantities in two units", lengths, 1);
for (const processes of [1, 2])
  await measure(`formulas (MATH-500 answers rewritten), ${processes} worker${processes > 1 ? "s" : ""}`, variants, processes);

async function compare(name: string, pairs: readonly Pair[], options: object = {}, forMathVerify = (answer: string) => answer): Promise<void> {
  const ours = await withScorer(options, (scorer) => scoreWith(scorer, pairs));
  const theirs = await mathVerifyItself(pairs.map(({ gold, pred }) => ({ gold: forMathVerify(gold), pred: forMathVerify(pred) })));
  const agreed = (verdicts: readonly boolean[], equal: boolean) => {
    const asked = pairs.flatMap((pair, index) => (pair.equal === equal ? [verdicts[index] === equal] : []));
    return `${asked.filter(Boolean).length}/${asked.length}`;
  };
  const isRight = ours.map((scores) => outcome(scores["correctness"]) === "right");
  console.log(`${name} | ${agreed(isRight, true)} ${agreed(isRight, false)} | ${agreed(theirs, true)} ${agreed(theirs, false)}`);
}

/** Bare LaTeX, which math-verify looks for in dollars only. */
function inDollars(formula: string): string {
  return formula.includes("$") ? formula : `$${formula}$`;
}

/** Each different pair once: the recorded answers repeat themselves. */
async function mathVerifyItself(pairs: readonly Pick<Pair, "gold" | "pred">[]): Promise<readonly boolean[]> {
  const lines = pairs.map(({ gold, pred }) => JSON.stringify({ gold, pred }));
  const distinct = [...new Set(lines)];
  const child = spawn(python, [join(import.meta.dirname, "math-verify.py")], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(`${distinct.join("\n")}\n`);
  const verdicts = (await text(child.stdout)).trim().split("\n");
  const byLine = new Map(distinct.map((line, index) => [line, verdicts[index] === "true"]));
  return lines.map((line) => byLine.get(line) === true);
}

async function measure(name: string, cases: readonly AnswerCase[], processes: number): Promise<void> {
  await withScorer({ processes }, async (scorer) => {
    await scoreWith(scorer, cases.slice(0, 64));
    const start = performance.now();
    await scoreWith(scorer, cases);
    console.log(`${name}: ${Math.round((1000 * cases.length) / (performance.now() - start))} answers/s (${cases.length})`);
  });
}
