/** Which worked examples to show. */
import type { Query } from "@autotraj/core/plugin";
import type { WorkedExample } from "./examples.ts";

/** The most similar last, right before the question. An example that is the question itself is never shown. */
export function mostSimilar(examples: readonly WorkedExample[], query: Query, count: number): readonly WorkedExample[] {
  const words = wordsOf(query.question);
  return examples
    .filter((example) => example.question.trim() !== query.question.trim())
    .map((example, index) => ({
      example,
      index,
      likeness: likeness(words, wordsOf(example.question)) + (query.task !== undefined && example.task === query.task ? 1 : 0),
    }))
    .sort((a, b) => b.likeness - a.likeness || a.index - b.index)
    .slice(0, count)
    .reverse()
    .map(({ example }) => example);
}

/** The first ones of the file, the same for every question: their prompt is evaluated once and shared. */
export function firstOnes(examples: readonly WorkedExample[], query: Query, count: number): readonly WorkedExample[] {
  return examples.slice(0, count).filter((example) => example.question.trim() !== query.question.trim());
}

/** Numbers count as alike: it is the kind of question that matters. */
function wordsOf(question: string): ReadonlySet<string> {
  return new Set(
    question
      .toLowerCase()
      .replace(/\d[\d.,]*/g, "#")
      .split(/[^\p{L}#]+/u)
      .filter((word) => word !== ""),
  );
}

/** Jaccard index. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  const union = a.size + b.size - shared;
  return union === 0 ? 0 : shared / union;
}
