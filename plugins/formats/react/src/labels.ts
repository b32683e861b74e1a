/**
 * Cuts ReAct text at its labels. A label counts only where it can come: in a numbered log `Thought 3:` after `Observation 2:` and nowhere else, so that
 * an observation that quotes a log does not end itself. In a log without numbers nothing tells such a line apart.
 */

import { labelsInCode } from "./code.ts";

export type Label = "Question" | "Thought" | "Action" | "Action Input" | "Observation" | "Final Answer";

export interface Stretch {
  readonly label: Label;
  /** In a numbered log. */
  readonly number?: number;
  readonly text: string;
}

const LINE = /^(Question|Thought|Action Input|Action|Observation|Final Answer)(?: (\d{1,6}))?:/;
// A line begins after \n alone: with the m flag it would also begin after U+2028, which JSON texts hold.
const SHIELDED = /(?<![^\n])( *(?:Question|Thought|Action Input|Action|Observation|Final Answer)(?: \d+)?:)/g;
const UNSHIELD = /(?<![^\n]) ( *(?:Question|Thought|Action Input|Action|Observation|Final Answer)(?: \d+)?:)/g;
const QUESTION = /(?<![^\n])Question(?: \d+)?:/g;

/** Of a line, with its number. */
const LONGEST_LABEL = 32;

const NEXT: Readonly<Record<Label, readonly Label[]>> = {
  Question: ["Thought", "Action", "Final Answer"],
  Thought: ["Thought", "Action", "Final Answer"],
  Action: ["Action Input", "Observation", "Thought", "Action", "Final Answer"],
  "Action Input": ["Observation", "Thought", "Action", "Final Answer"],
  Observation: ["Observation", "Thought", "Action", "Final Answer"],
  "Final Answer": [],
};

/** Lines of a text that look like labels get a space in front; {@link stretches} takes it away again. */
export function shielded(text: string): string {
  return text.replace(SHIELDED, " $1");
}

/** Lines that end in \r\n throughout, as Windows writes them, with \n. */
export function unixLines(text: string): string {
  return /(?<!\r)\n/.test(text) ? text : text.replaceAll("\r\n", "\n");
}

/** True where a text begins with a label that only a run has. */
export function startsRun(text: string): boolean {
  return /^(?:Thought|Action|Final Answer)(?: \d{1,6})?:/.test(text);
}

/** True where one of a text's lines begins so. */
export function hasRun(text: string): boolean {
  return /(?<![^\n])(?:Thought|Action|Final Answer)(?: \d{1,6})?:/.test(text);
}

/** Where each episode of a text starts: its lines that begin with `Question:`, but for the one in a prompt that describes the form. */
export function questionStarts(text: string): readonly number[] {
  const starts = [...text.matchAll(QUESTION)].map(({ index }) => index);
  return starts.filter(
    (start, place) =>
      place === starts.length - 1 ||
      !text
        .slice(start, starts[place + 1])
        .trimEnd()
        .endsWith(PROMPT_ENDS),
  );
}

/** What LangChain's prompt says before the question itself. */
const PROMPT_ENDS = "\nBegin!";

/** Whether a label counts: by what came before it, and in a numbered log by its number. */
class Grammar {
  #last: Label | undefined;
  #step = 0;
  #isNumbered: boolean | undefined;
  /** Steps of the actions that were made since the last observation, or without numbers one entry for each: so many observations can come. */
  #awaited: number[] = [];

  takes(label: Label, number: number | undefined): boolean {
    const last = this.#last;
    if (last === undefined) return label === "Question";
    if (!NEXT[last].includes(label)) return false;
    if (label === "Observation" && (last === "Observation" || number !== undefined) && !this.#awaits(number)) return false;
    return label === "Observation" || this.#isInStep(label, number);
  }

  add(label: Label, number: number | undefined): void {
    if (this.#last !== undefined && label !== "Final Answer") this.#isNumbered ??= number !== undefined;
    if (label === "Action" && this.#last === "Observation") this.#awaited = [];
    if (label === "Action") this.#awaited.push(number ?? this.#step);
    if (label === "Observation") this.#awaited.splice(Math.max(0, this.#awaited.indexOf(number ?? this.#step)), 1);
    if (number !== undefined && label !== "Observation") this.#step = number;
    this.#last = label;
  }

  #awaits(number: number | undefined): boolean {
    if (this.#isNumbered === true) return number !== undefined && this.#awaited.includes(number);
    return number === undefined && this.#awaited.length > 0;
  }

  #isInStep(label: Label, number: number | undefined): boolean {
    if (this.#isNumbered === undefined) return true;
    if (!this.#isNumbered || number === undefined) return !this.#isNumbered && number === undefined;
    const isFirst = label === "Thought" || (label === "Action" && this.#last !== "Thought");
    return number === (isFirst ? this.#step + 1 : this.#step);
  }
}

/** The labelled stretches of one episode, which starts with `Question:`. What follows a final answer in brackets is for the caller to tell. */
export function stretches(episode: string): readonly Stretch[] {
  const found: { label: Label; number: number | undefined; start: number; end: number }[] = [];
  const grammar = new Grammar();
  const fenced = labelsInCode(episode);
  const lastCall = episode.lastIndexOf("\nAction");
  for (let at = 0; at < episode.length; ) {
    const lineEnd = episode.indexOf("\n", at);
    const end = lineEnd < 0 ? episode.length : lineEnd;
    const match = fenced.has(at) ? null : LINE.exec(episode.slice(at, Math.min(end, at + LONGEST_LABEL)));
    // An observation that quotes one: a run that has ended calls no tool.
    const isQuoted = match?.[1] === "Final Answer" && found.at(-1)?.label === "Observation" && at < lastCall;
    if (match !== null && !isQuoted) {
      const label = match[1] as Label;
      const number = match[2] === undefined ? undefined : Number(match[2]);
      if (grammar.takes(label, number)) {
        grammar.add(label, number);
        const previous = found.at(-1);
        if (previous !== undefined) previous.end = at;
        found.push({ label, number, start: at + match[0].length, end: episode.length });
      }
    }
    at = end + 1;
  }
  return found.map(({ label, number, start, end }) => ({
    label,
    ...(number === undefined ? {} : { number }),
    text: body(episode.slice(start, end)),
  }));
}

function body(text: string): string {
  let end = text.length;
  while (text[end - 1] === "\n") end--;
  return text.slice(text.startsWith(" ") ? 1 : 0, end).replace(UNSHIELD, "$1");
}
