/** A run with a real Python tool, real scorers and a real gate; its policy is a script. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const QUESTIONS = 8;

/** Writes `sums.json` and its questions. */
export function writeSums(folder: string, dialect: "tags" | "native" = "tags"): void {
  const rows = Array.from({ length: QUESTIONS }, (_, index) => ({
    id: `q-${index}`,
    question: `What is ${index} + ${index + 3}?`,
    answer: 2 * index + 3,
  }));
  writeFileSync(join(folder, "questions.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const preset = {
    queries: { train: "questions.jsonl" },
    rollout: { policy: "student", candidates: 2, maxToolCalls: 3, maxTurns: 4, dialect },
    plugins: {
      student: { use: resolve(import.meta.dirname, "fixtures/python-policy.mjs") },
      python: { use: "@autotraj/tool-python", options: { isolation: "none" } },
      none: { use: "@autotraj/sandbox-none" },
      answer: { use: "@autotraj/scorer-answer" },
      tools: { use: "@autotraj/scorer-tool-use" },
      gate: { use: "@autotraj/gate-threshold", options: { minimums: { correctness: 1, executability: 1 } } },
      fix: { use: "@autotraj/repairer-llm", options: { policy: "student", attempts: 1, exemplars: 0 } },
    },
  };
  writeFileSync(join(folder, "sums.json"), JSON.stringify(preset, null, 1));
}
