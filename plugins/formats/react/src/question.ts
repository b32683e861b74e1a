/**
 * Where a question ends and the model's own words begin, in a log that puts no label between them. A question may have several lines: context, choices,
 * another sentence. So what stands before the first label is the question's, unless it reads as the model's.
 */
import type { Label } from "./labels.ts";

export interface Asked {
  readonly question: string;
  /** The model's, before its first label; "" where there are none. */
  readonly words: string;
}

const ASKS = /[?？؟]["'”’)\]]{0,3}\s{0,8}$/;
/** Someone who sets out to do something. */
const INTENT =
  /^(?:I (?:need|should|will|must|can|could|would|have to|want|think|am going|do not|don't|first)|I['’](?:ll|m|d)|Let me|Let['’]s|Let us|We (?:need|should|must|can|will)|We['’]ll|My (?:plan|first|next)|In order to|To (?:answer|find|solve|determine|figure|know|get|check|see|do|compute|calculate|work|begin|start)|First,|Okay|Ok|OK|Sure|Alright|Hmm)(?![\p{L}\d])/iu;
/** Choices, tables, code, and lines with a name of their own (`Context: …`) are part of what is asked. */
const DATA = /^(?:\s{2,}\S|\t|\s?[-*•|>#{[<`]|\s?\(?[\p{L}\d]{1,2}[.):](?:\s|$)|\p{L}[\p{L}\d ]{0,30}:(?:\s|$))/u;
const SENTENCE = /^[\p{Lu}\p{Lo}][^\n]*[.!…。！:]\s{0,8}$/u;

/** `text` is all between the label `Question:` and the first one after it, which is `next`. */
export function asked(text: string, next: Label): Asked {
  const lines = text.split("\n");
  const end = questionEnd(lines);
  const rest = lines.slice(end).filter((line) => line.trim() !== "");
  const isAsked = lines.slice(0, end).some((line) => ASKS.test(line));
  if (rest.length === 0 || rest.some((line) => DATA.test(line)) || !readsAsModels(rest, isAsked && next !== "Thought"))
    return { question: text, words: "" };
  return { question: lines.slice(0, end).join("\n").trimEnd(), words: lines.slice(end).join("\n").trim() };
}

/** The question whose text is known from elsewhere, and what stands after it. */
export function askedAs(question: string, text: string): Asked | undefined {
  const known = question.trim();
  if (known === "" || !text.trimStart().startsWith(known)) return undefined;
  return { question, words: text.trimStart().slice(known.length).trim() };
}

/** After the last line that asks; where none does, after the first paragraph; where there is but one, after its first line. */
function questionEnd(lines: readonly string[]): number {
  const asking = lines.findLastIndex((line) => ASKS.test(line));
  if (asking >= 0) return asking + 1;
  const blank = lines.findIndex((line, index) => index > 0 && line.trim() === "");
  return blank > 0 && lines.slice(blank).some((line) => line.trim() !== "") ? blank : 1;
}

/** Where the place of a thought is empty (`isThoughtMissing`), any sentence after a question mark is one. */
function readsAsModels(rest: readonly string[], isThoughtMissing: boolean): boolean {
  const [first = ""] = rest;
  return INTENT.test(first.trim()) || (isThoughtMissing && SENTENCE.test(first.trim()));
}
