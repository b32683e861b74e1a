/** Why a model ended its turn, as providers and libraries write it down. */
import type { JsonValue, RecordedConversation } from "../../kernel/plugin.ts";
import { scalarText } from "./fields.ts";

/** What a conversation is told whose last words are no answer. */
export type Unfinished = Required<Pick<RecordedConversation, "finish" | "faults">> & { readonly answer: null };

const LIMIT: Unfinished = { finish: "token-limit", answer: null, faults: [] };
const FILTERED: Unfinished = { finish: "no-answer", answer: null, faults: ["the answer was filtered out"] };
const REFUSED: Unfinished = { finish: "no-answer", answer: null, faults: ["the model refused"] };
const FAILED: Unfinished = { finish: "failed", answer: null, faults: ["the model's call failed"] };

/** In small letters, with `_` between words: Gemini writes `MAX_TOKENS`, the AI SDK `content-filter`. */
const UNFINISHED: Readonly<Record<string, Unfinished>> = {
  length: LIMIT,
  max_tokens: LIMIT,
  max_output_tokens: LIMIT,
  model_length: LIMIT,
  model_context_window_exceeded: LIMIT,
  content_filter: FILTERED,
  content_filtered: FILTERED,
  guardrail_intervened: FILTERED,
  safety: FILTERED,
  recitation: FILTERED,
  blocklist: FILTERED,
  prohibited_content: FILTERED,
  refusal: REFUSED,
  error: FAILED,
};

/** Undefined where the model ended its turn itself, and where nothing is known of the reason. @param reasons of the last turn; the first that says so decides */
export function unfinished(...reasons: readonly (JsonValue | undefined)[]): Unfinished | undefined {
  for (const reason of reasons) {
    const name = (scalarText(reason) ?? "").toLowerCase().replaceAll("-", "_");
    if (Object.hasOwn(UNFINISHED, name)) return UNFINISHED[name];
  }
  return undefined;
}
