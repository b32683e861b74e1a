/** Each dimension's means: over candidates, over those kept, and from before to after repair. */
import type { RunSummary } from "@autotraj/core";
import { scaleLinear } from "d3-scale";
import { mean } from "../figures/numbers.ts";
import { type Content, html, type Markup } from "../written/markup.ts";
import { drawing, fixed, legend, line, rowName, type Scale, ticksBelow } from "./frame.ts";

const [WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM] = [592, 26, 190, 16, 6, 24];
/** More rows are not read as a picture; the table has them all. */
const MOST = 40;

type Means = RunSummary["dimensions"][string];

export function dimensionsChart({ dimensions }: RunSummary): Markup | undefined {
  const rows = Object.entries(dimensions).filter(([, { candidates, before, after }]) => (candidates ?? before ?? after) !== null);
  const shown = rows.slice(0, MOST);
  if (shown.length === 0) return undefined;
  const values = shown.flatMap(([, { candidates, kept, before, after }]) => [candidates, kept, before, after].filter((value) => value !== null));
  const x = scaleLinear([Math.min(0, ...values), Math.max(1, ...values)], [LEFT, WIDTH - RIGHT]);
  const bottom = TOP + shown.length * ROW;
  const marks = shown.map(([name, means], index) => row(name, means, TOP + index * ROW + ROW / 2, x));
  const title = `Means of ${shown.length} dimensions over candidates and over those kept, before repair and after; the table below has the numbers`;
  const picture = drawing({ width: WIDTH, height: bottom + BOTTOM, title }, [ticksBelow(x, TOP, bottom, 5), marks]);
  return html`${picture}${legend([
    ["candidates", "candidates"],
    ["kept", "kept"],
    ["before", "before repair"],
    ["after", "after repair"],
  ])}`;
}

function row(name: string, { candidates, kept, before, after }: Means, y: number, x: Scale): Content {
  const dot = (value: number | null, mark: string, radius: number) =>
    value === null
      ? undefined
      : html`<circle cx="${fixed(x(value))}" cy="${y}" r="${radius}" class="${mark}"><title>${mark} ${mean(value)}</title></circle>`;
  return [
    rowName(LEFT - 10, y, name),
    before === null || after === null ? undefined : line(x(before), y, x(after), y, "change"),
    ...[dot(candidates, "candidates", 4), dot(kept, "kept", 4), dot(before, "before", 6), dot(after, "after", 6)],
  ];
}
