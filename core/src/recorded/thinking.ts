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
  const thoughts: string[] = [];
  let rest = text;
  for (;;) {
    const start = rest.trimStart();
    const opening = OPENINGS.find((tag) => start.startsWith(tag));
    if (opening === undefined) break;
    const closing = `</${opening.slice(1)}`;
    const end = start.indexOf(closing);
    if (end < 0) return { reasoning: joined([...thoughts, trimmedLines(start.slice(opening.length))]), content: "", unclosed: true };
    thoughts.push(trimmedLines(start.slice(opening.length, end)));
    rest = start.slice(end + closing.length);
  }
  const { thought, content } = withoutOpening(rest);
  return { reasoning: joined([...thoughts, thought]), content: thoughts.length === 0 ? content : withoutFirstBreaks(content), unclosed: false };
}

function withoutOpening(text: string): { readonly thought: string; readonly content: string } {
  const end = text.indexOf("</think>");
  const opened = text.indexOf("<think>");
  if (end < 0 || (opened >= 0 && opened < end)) return { thought: "", content: text };
  return { thought: trimmedLines(text.slice(0, end)), content: withoutFirstBreaks(text.slice(end + "</think>".length)) };
}

function joined(thoughts: readonly string[]): string {
  return thoughts.filter((thought) => thought !== "").join("\n");
}

/** Without the line breaks that only set the tags apart. */
function trimmedLines(text: string): string {
  return withoutFirstBreaks(text).trimEnd();
}

function withoutFirstBreaks(text: string): string {
  return text.replace(/^\n+/, "");
}
