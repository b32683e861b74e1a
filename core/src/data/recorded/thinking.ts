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
  if (openingOf(text) === undefined) return withoutOpening(text);
  const thoughts: string[] = [];
  const reasoning = () => thoughts.filter((thought) => thought !== "").join("\n");
  let rest = text;
  for (let opening = openingOf(rest); opening !== undefined; opening = openingOf(rest)) {
    const start = rest.indexOf(opening) + opening.length;
    const closing = `</${opening.slice(1)}`;
    const end = rest.indexOf(closing, start);
    thoughts.push(trimmedLines(rest.slice(start, end < 0 ? undefined : end)));
    if (end < 0) return { reasoning: reasoning(), content: "", unclosed: true };
    rest = rest.slice(end + closing.length);
  }
  return { reasoning: reasoning(), content: rest.replace(/^\n+/, ""), unclosed: false };
}

/** Thinking that a log has in several places, each once: servers put the same text beside the answer and into it. */
export function joinedThoughts(...thoughts: readonly string[]): string {
  const isNew = (thought: string, place: number) => thoughts.findIndex((one) => one.trim() === thought.trim()) === place;
  return thoughts.filter((thought, place) => thought !== "" && isNew(thought, place)).join("\n");
}

function openingOf(text: string): string | undefined {
  const start = text.trimStart();
  return OPENINGS.find((tag) => start.startsWith(tag));
}

function withoutOpening(text: string): Split {
  const end = text.indexOf("</think>");
  const opened = text.indexOf("<think>");
  if (end < 0 || (opened >= 0 && opened < end)) return { reasoning: "", content: text, unclosed: false };
  return { reasoning: trimmedLines(text.slice(0, end)), content: text.slice(end + "</think>".length).replace(/^\n+/, ""), unclosed: false };
}

/** Without the line breaks that only set the tags apart. */
function trimmedLines(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === "\n" || text[start] === "\r") start++;
  while (end > start && (text[end - 1] === "\n" || text[end - 1] === "\r")) end--;
  return text.slice(start, end);
}
