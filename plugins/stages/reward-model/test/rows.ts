/** Rows of pairs for these tests: what a test does not say is plain. */
import type { Message, Scores, SftRow } from "@autotraj/core/plugin";
import type { PairRow } from "../src/pair-row.ts";

export interface Side {
  readonly text?: string;
  readonly calls?: number;
  readonly author?: SftRow["provenance"];
  readonly scores?: Scores;
  readonly cause?: string;
  readonly answer?: string;
  /** Of calls with which the trajectory begins; `failed` all of them. */
  readonly results?: readonly string[];
  readonly failed?: boolean;
  readonly faults?: readonly string[];
  readonly finish?: SftRow["finish"];
}

export function row(question: string, about: Side): SftRow {
  const { text = "so it is 7", calls = 0, author = { origin: "rollout" }, scores = {}, cause, answer = "7", results = [] } = about;
  const messages: Message[] = [
    { role: "system", content: "Think." },
    { role: "user", content: `Question ${question}?` },
  ];
  for (let call = 0; call < calls; call++) messages.push({ role: "tool", toolCallId: `c${call}`, name: "python", content: "7", ok: true });
  for (const [at, result] of results.entries()) {
    const id = `r${at}`;
    messages.push({ role: "assistant", content: "", toolCalls: [{ id, name: "python", arguments: { code: "f()" } }] });
    messages.push({ role: "tool", toolCallId: id, name: "python", content: result, ok: about.failed !== true });
  }
  messages.push({ role: "assistant", content: text, text, train: true });
  return {
    id: `t-${question}-${text.length}`,
    query: { id: question, question: `Question ${question}?`, answers: ["7"] },
    dialect: "tags",
    tools: [],
    messages,
    answer,
    finish: about.finish ?? "answer",
    faults: about.faults ?? [],
    provenance: author,
    scores,
    verdict: cause === undefined ? null : { decision: "repair", reason: "", cause },
  };
}

export function pair(question: string, chosen: Side, rejected: Side): PairRow {
  const won = row(question, chosen);
  return { query: won.query, chosen: won, rejected: row(question, rejected) };
}
