/** What charts have in common: a drawing with a title for those who do not see it, a scale with its ticks, texts. Colours are the page's classes. */
import type { ScaleLinear } from "d3-scale";
import { type Content, html, type Markup, shownLine } from "../written/markup.ts";

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** What it shows, in a sentence. */
  readonly title: string;
}

export function drawing({ width, height, title }: Drawing, content: Content): Markup {
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">${content}</svg>`;
}

export type Scale = ScaleLinear<number, number>;

/** To a tenth of a pixel. */
export function fixed(value: number): number {
  return Number(value.toFixed(1));
}

export function text(x: number, y: number, said: string, kind: "label" | "tick" | "name", anchor: "start" | "middle" | "end" = "start"): Markup {
  return html`<text x="${fixed(x)}" y="${fixed(y)}" class="${kind}" text-anchor="${anchor}">${said}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): Markup {
  return html`<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" class="${kind}"/>`;
}

/** Vertical lines with their values below. */
export function ticksBelow(x: Scale, top: number, bottom: number, most: number): Content {
  const format = x.tickFormat(most);
  return x.ticks(most).map((tick) => tickBelow(x, tick, format(tick), top, bottom));
}

export function tickBelow(x: Scale, tick: number, said: string, top: number, bottom: number): Content {
  return [line(x(tick), top, x(tick), bottom, "grid"), text(x(tick), bottom + 16, said, "tick", "middle")];
}

/** Horizontal lines with their values on the left. */
export function ticksLeft(y: Scale, left: number, right: number, most: number): Content {
  const format = y.tickFormat(most);
  return y.ticks(most).map((tick) => [line(left, y(tick), right, y(tick), "grid"), text(left - 6, y(tick) + 4, format(tick), "tick", "end")]);
}

const NAME = 26;

/** A name on the left of a row, cut where it would not fit. */
export function rowName(x: number, y: number, name: string): Markup {
  return text(x, y + 4, shownLine(name, NAME), "name", "end");
}

/** What the marks of a chart mean. */
export function legend(entries: readonly (readonly [mark: string, meaning: string])[]): Markup {
  return html`<ul class="legend">${entries.map(([mark, meaning]) => html`<li><svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><circle cx="6" cy="6" r="5" class="${mark}"/></svg> ${meaning}</li>`)}</ul>`;
}
