/** Quotes hostile text as data: marked by lines it cannot forge, and without chat-template markers. */
import { createHash } from "node:crypto";

/** A stretch of the material and what it is. */
export interface Part {
  /** Our own words. */
  readonly label: string;
  readonly text: string;
}

export interface Quoted {
  /** Opens every part, in square brackets: a name made from the material that does not occur in it. */
  readonly mark: string;
  readonly text: string;
}

/**
 * Puts the parts one after another, each under a line `[mark label]`, and closes them with `[mark end]`. The same parts give the same text and mark.
 * @param beside what else the prompt holds that others wrote: the mark does not occur in it either
 */
export function quote(parts: readonly Part[], beside: readonly string[] = []): Quoted {
  const mark = markFor(JSON.stringify([...parts, ...beside]));
  return { mark, text: [...parts.map(({ label, text }) => `[${mark} ${label}]\n${text}`), `[${mark} end]`].join("\n") };
}

/** A text would have to contain a hash of itself; should it, the next one is taken. */
function markFor(content: string): string {
  for (let attempt = 0; ; attempt++) {
    const mark = `m${createHash("sha256").update(`${attempt}\n`).update(content).digest("hex").slice(0, 12)}`;
    if (!content.includes(mark)) return mark;
  }
}

/** What chat templates and tokenizers read as control: one space inside makes it plain text that still can be read. */
const MARKERS = [
  /<(?=[|｜])/gu,
  /(?<=[|｜])(?=>)/gu,
  /<(?=\/?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn|start_of_image|end_of_text|SYS|extra_id_\d{1,3})>)/giu,
  /\[(?=\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|IMG|B_INST|E_INST|gMASK|sMASK)\])/giu,
];

/** The text without control markers and lone surrogates. Adds spaces only, so no marker can come of it. */
export function neutral(text: string): string {
  return MARKERS.reduce((safe, marker) => safe.replace(marker, "$& "), text.toWellFormed());
}
