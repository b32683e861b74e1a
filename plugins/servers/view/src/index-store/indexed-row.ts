/** What the index holds of one trajectory. */
import type { Score, Scores, Trajectory, Verdict } from "@autotraj/core/plugin";
import { jsonOr } from "../run-folder.ts";

export interface RunRow {
  readonly position: number;
  readonly ordinal: number;
  readonly id: string;
  readonly origin: string;
  readonly parent: string | null;
  readonly repairer: string | null;
  readonly fate: string;
  readonly body: string;
  readonly scores: string;
  readonly verdict: string | null;
}

/** Of texts beyond this nothing is searched: one line of megabytes would fill the index by itself. */
const SEARCHED_CHARACTERS = 32_768;
const QUESTION_SHOWN = 200;
const ANSWER_SHOWN = 100;

export interface IndexedRow {
  readonly cause: string | null;
  readonly task: string | null;
  readonly question: string;
  readonly answer: string | null;
  readonly tools: readonly string[];
  readonly calls: number;
  readonly words: number;
  readonly tokens: number;
  readonly policy: string | null;
  readonly modelCalls: number;
  readonly promptTokens: number;
  readonly searched: { readonly question: string; readonly text: string; readonly answer: string };
  readonly scores: ReadonlyMap<string, number>;
  readonly failures: ReadonlyMap<string, string>;
}

/** Rows are other people's data: what is not there is empty, never an error. */
export function indexedRow(row: RunRow): IndexedRow {
  const trajectory = jsonOr(row.body, {}) as Partial<Trajectory>;
  const { query, messages = [], answer, usage, provenance } = trajectory;
  const verdict = (row.verdict === null ? {} : jsonOr(row.verdict, {})) as Partial<Verdict>;
  const written = messages.flatMap((message) => (message.role === "assistant" || message.role === "tool" ? textsOf(message) : []));
  const text = clipped(written);
  const question = query?.question ?? "";
  return {
    cause: verdict.cause ?? null,
    task: query?.task ?? null,
    question: question.slice(0, QUESTION_SHOWN),
    answer: answer?.slice(0, ANSWER_SHOWN) ?? null,
    tools: [...new Set(messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []).map(({ name }) => name) : [])))],
    calls: usage?.toolCalls ?? 0,
    words: wordsIn(text),
    tokens: usage?.completionTokens ?? 0,
    policy: provenance?.policy ?? provenance?.repairer ?? null,
    modelCalls: usage?.modelCalls ?? 0,
    promptTokens: usage?.promptTokens ?? 0,
    searched: { question: question.slice(0, SEARCHED_CHARACTERS), text, answer: (answer ?? "").slice(0, SEARCHED_CHARACTERS) },
    ...scoresOf(jsonOr(row.scores, {}) as Scores),
  };
}

function textsOf(message: Trajectory["messages"][number]): readonly string[] {
  if (message.role !== "assistant") return [message.content];
  const calls = (message.toolCalls ?? []).flatMap((call) => [call.malformed?.raw ?? Object.values(call.arguments).map(asText).join(" ")]);
  return [message.reasoning ?? "", message.content, ...calls];
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function clipped(texts: readonly string[]): string {
  let whole = "";
  for (const text of texts) {
    whole += `${text.slice(0, SEARCHED_CHARACTERS)}\n`;
    if (whole.length >= SEARCHED_CHARACTERS) return whole.slice(0, SEARCHED_CHARACTERS);
  }
  return whole;
}

function wordsIn(text: string): number {
  let words = 0;
  let inside = false;
  for (let at = 0; at < text.length; at++) {
    const blank = text.charCodeAt(at) <= 32;
    if (!blank && !inside) words++;
    inside = !blank;
  }
  return words;
}

function scoresOf(scores: Scores): Pick<IndexedRow, "scores" | "failures"> {
  const values = new Map<string, number>();
  const failures = new Map<string, string>();
  for (const [dimension, score] of Object.entries(scores) as [string, Score][]) {
    if ("value" in score && Number.isFinite(score.value)) values.set(dimension, score.value);
    else if ("failed" in score) failures.set(dimension, String(score.failed).slice(0, 500));
  }
  return { scores: values, failures };
}
