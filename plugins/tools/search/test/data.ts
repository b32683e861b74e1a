/** HotpotQA's questions and paragraphs, and how much of what they need is found. Also used by the benchmark. */
import type { DataSets } from "../../../../test/data/sets.ts";

export const CORPUS = "hotpotqa/corpus.jsonl";

export interface Paragraph {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}
export interface Question {
  readonly question: string;
  readonly gold_ids: readonly string[];
}

export const paragraphs = ({ rows }: DataSets): Paragraph[] => rows<Paragraph>(CORPUS);
export const questions = ({ rows }: DataSets): Question[] => rows<Question>("hotpotqa/questions.jsonl");

/** The share of the questions' gold paragraphs among the first `k` found. `found` holds titles, which are unique in this corpus. */
export function recall(asked: readonly Question[], found: readonly (readonly string[])[], titles: ReadonlyMap<string, string>, k: number): number {
  const hits = asked.flatMap(({ gold_ids }, index) => gold_ids.map((id) => found[index]?.slice(0, k).includes(titles.get(id) ?? "?") ?? false));
  return hits.filter(Boolean).length / hits.length;
}
