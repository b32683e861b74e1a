/** Where in an attempt a scorer's finding lies, as a reader of it finds the place. */
import type { AssistantMessage, JsonValue, Message, Span, Trajectory } from "@autotraj/core/plugin";
import { brief } from "@autotraj/trajectory-text/brief";

/** Characters of a marked stretch that are quoted. */
const LONGEST_EXCERPT = 80;

export interface Place {
  /** `turn 2, its call: "print(1)"`. */
  readonly words: string;
  /** The whole marked stretch, out to the next white space: what is quoted of it may be cut short in the middle of an answer. */
  readonly marked: string;
}

/** @param reason what is said of it beside the place: a note that stands there already is not repeated */
export function placeOf({ messages }: Trajectory, span: Span, reason: string): Place | undefined {
  const message = messages[span.message];
  if (message === undefined || message.role === "system" || message.role === "user") return undefined;
  const turn = messages.slice(0, span.message + 1).filter(({ role }) => role === "assistant").length;
  const said = textOf(message);
  const stretch = said.slice(span.start, span.end);
  const excerpt = stretch.trim() === "" ? soleCall(message) : stretch;
  const isCall = message.role === "assistant" && excerpt !== "" && callTexts(message).some((text) => text.includes(excerpt));
  const where = message.role === "tool" ? `the result in turn ${turn}` : `turn ${turn}${isCall ? ", its call" : ""}`;
  const note = span.note === undefined || reason.includes(span.note) ? "" : ` (${brief(span.note, LONGEST_EXCERPT)})`;
  return {
    words: `${where}${excerpt.trim() === "" ? "" : `: "${brief(excerpt, LONGEST_EXCERPT)}"`}${note}`,
    marked: `${stretch.trim() === "" ? excerpt : said.slice(wordStart(said, span.start), wordEnd(said, span.end))} ${span.note ?? ""}`,
  };
}

function textOf(message: Message): string {
  return (message.role === "assistant" ? message.text : undefined) ?? message.content;
}

/** Where a turn is marked as a whole, its only call says most. */
function soleCall(message: Message): string {
  const texts = message.role === "assistant" ? callTexts(message) : [];
  return texts.length === 1 ? (texts[0] ?? "") : "";
}

function callTexts({ toolCalls = [] }: AssistantMessage): readonly string[] {
  return toolCalls.flatMap((call) => Object.values(call.arguments).filter((value: JsonValue) => typeof value === "string"));
}

function wordStart(text: string, from: number): number {
  let at = from;
  while (at > 0 && /\S/.test(text[at - 1] ?? "")) at--;
  return at;
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\S/.test(text[at] ?? "")) at++;
  return at;
}
