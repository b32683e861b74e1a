/** Thinking inside a turn's text, as LLaMA-Factory's templates look for it: by a regular expression that takes the first block it finds. */

const OPEN = "<think>";
const CLOSE = "</think>";
/** Markers by which its templates cut a turn apart, wherever they stand. */
const MARKERS = /<(\/?(?:think|tool_call)>)/g;

/** Puts thinking before a turn. Markers inside it would end it early: they get a space (`< /think>`). */
export function withThought(thought: string, rest: string): string {
  return thought === "" ? rest : `${OPEN}\n${thought.replace(MARKERS, "< $1")}\n${CLOSE}\n\n${rest}`;
}

/** JSON in which no marker stands, with the same value. */
export function markerFreeJson(value: unknown): string {
  return JSON.stringify(value).replace(MARKERS, "\\u003c$1");
}
