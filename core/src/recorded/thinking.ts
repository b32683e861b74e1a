/** Thinking that stands in a turn's text, as models write it and servers without a reasoning parser pass it on. */

const OPENINGS = ["<think>", "<thinking>", "<thought>", "<reasoning>"] as const;

export interface Split {
  readonly reasoning: string;
  readonly content: string;
  /** The thinking was never closed: nothing after it is an answer. */
  readonly unclosed: boolean;
}

/**
 * Takes the thinking from a turn's start. A closing tag without an opening one ends thinking that the prompt's template began; thinking that never ends is
 * the whole turn. Tags in the middle of an answer are part of it.
 */
export function splitThinking(text: string): Split {
  const start = text.trimStart();
  const opening = OPENINGS.find((tag) => start.startsWith(tag));
  if (opening === undefined) return withoutOpening(text);
  const closing = `</${opening.slice(1)}`;
  const end = start.indexOf(closing);
  if (end < 0) return { reasoning: trimmedLines(start.slice(opening.length)), content: "", unclosed: true };
  const rest = splitThinking(start.slice(end + closing.length));
  const reasoning = [trimmedLines(start.slice(opening.length, end)), rest.reasoning].filter((part) => part !== "").join("\n");
  return { reasoning, content: rest.content === "" ? "" : rest.content.replace(/^\n+/, ""), unclosed: rest.unclosed };
}

function withoutOpening(text: string): Split {
  const end = text.indexOf("</think>");
  const opened = text.indexOf("<think>");
  if (end < 0 || (opened >= 0 && opened < end)) return { reasoning: "", content: text, unclosed: false };
  return { reasoning: trimmedLines(text.slice(0, end)), content: text.slice(end + "</think>".length).replace(/^\n+/, ""), unclosed: false };
}

/** Without the line breaks that only set the tags apart. */
function trimmedLines(text: string): string {
  return text.replace(/^\n+/, "").replace(/\s+$/, "");
}
