/** Shares with their intervals, one below the other. */
import type { Estimate } from "@autotraj/core";
import { scaleLinear } from "d3-scale";
import { estimate } from "../figures/numbers.ts";
import { html, type Markup } from "../written/markup.ts";
import { drawing, fixed, line, rowName, ticksBelow } from "./frame.ts";

const [WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM] = [592, 28, 190, 16, 6, 24];
const MOST = 40;

export interface NamedEstimate {
  readonly name: string;
  readonly estimate: Estimate;
}

export function intervalsChart(what: string, given: readonly NamedEstimate[]): Markup | undefined {
  const rows = given.filter((one) => one.estimate.n > 0).slice(0, MOST);
  if (rows.length === 0) return undefined;
  const x = scaleLinear([0, 1], [LEFT, WIDTH - RIGHT]);
  const bottom = TOP + rows.length * ROW;
  const marks = rows.map(({ name, estimate: one }, index) => {
    const y = TOP + index * ROW + ROW / 2;
    return [
      rowName(LEFT - 10, y, name),
      line(x(one.low), y, x(one.high), y, "interval"),
      ...[one.low, one.high].map((end) => line(x(end), y - 5, x(end), y + 5, "interval")),
      html`<circle cx="${fixed(x(one.value))}" cy="${y}" r="5" class="value"><title>${estimate(one)}</title></circle>`,
    ];
  });
  return drawing({ width: WIDTH, height: bottom + BOTTOM, title: `${what}, with 95 % intervals; the table below has the numbers` }, [
    ticksBelow(x, TOP, bottom, 5),
    marks,
  ]);
}
