/** Where the spans of scores lie in what is shown. */
import type { MessageView, ScoreView } from "../../../src/api.ts";

export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** A scorer speaks of places in a message's raw text; a part stands somewhere in it, or is not marked. @param part `raw`: the raw text itself */
export function marksIn(message: MessageView, part: number | "raw", scores: readonly ScoreView[]): readonly Mark[] {
  const spans = scores.flatMap(({ dimension, value, spans: places }) =>
    places.filter((place) => place.message === message.index).map((place) => ({ ...place, label: labelOf(dimension, value, place.note) })),
  );
  if (spans.length === 0) return [];
  const text = (part === "raw" ? message.raw : message.parts[part])?.text ?? "";
  const from = part === "raw" ? 0 : message.raw.text.indexOf(text);
  if (from < 0) return [];
  return spans
    .map(({ start, end, label }) => ({ start: Math.max(0, start - from), end: Math.min(text.length, end - from), label }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start || b.end - a.end);
}

function labelOf(dimension: string, value: number | null, note: string | undefined): string {
  return [`${dimension}${value === null ? "" : ` ${value}`}`, note].filter((text) => text !== undefined).join(": ");
}

export interface Piece {
  readonly text: string;
  /** Labels of the marks that cover it. */
  readonly labels: readonly string[];
}

/** The text cut where marks begin and end. */
export function piecesOf(text: string, marks: readonly Mark[]): readonly Piece[] {
  const cuts = [...new Set([0, text.length, ...marks.flatMap(({ start, end }) => [start, end])])]
    .filter((at) => at <= text.length)
    .sort((a, b) => a - b);
  return cuts.slice(0, -1).map((start, at) => {
    const end = cuts[at + 1] ?? text.length;
    return { text: text.slice(start, end), labels: marks.filter((mark) => mark.start < end && mark.end > start).map(({ label }) => label) };
  });
}
