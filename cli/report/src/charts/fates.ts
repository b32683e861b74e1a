/** What became of the candidates, as one bar. */
import type { RunSummary } from "@autotraj/core";
import { scaleLinear } from "d3-scale";
import { count, share } from "../figures/numbers.ts";
import { html, type Markup } from "../written/markup.ts";
import { drawing, fixed, legend } from "./frame.ts";

const [WIDTH, HEIGHT] = [592, 34];

export function fatesChart({ funnel }: RunSummary): Markup | undefined {
  const pending = funnel.toRepair - funnel.repaired - funnel.hard;
  const all: readonly (readonly [mark: string, name: string, number: number])[] = [
    ["kept", "kept", funnel.kept],
    ["repaired", "repaired", funnel.repaired],
    ["pending", "repair under way", pending],
    ["hard", "hard cases", funnel.hard],
    ["discarded", "discarded", funnel.discarded],
  ];
  const parts = all.filter(([, , number]) => number > 0);
  const total = parts.reduce((sum, [, , number]) => sum + number, 0);
  if (total === 0) return undefined;
  const x = scaleLinear([0, total], [0, WIDTH]);
  let from = 0;
  const bars = parts.map(([mark, , number]) => {
    const start = from;
    from += number;
    return html`<rect x="${fixed(x(start))}" y="0" width="${fixed(x(number))}" height="${HEIGHT}" class="${mark}"/>`;
  });
  const said = parts.map(([mark, name, number]) => [mark, `${name} ${count(number)} (${share(number, total)})`] as const);
  const title = `What became of ${count(total)} candidates: ${said.map(([, one]) => one).join(", ")}`;
  return html`${drawing({ width: WIDTH, height: HEIGHT, title }, bars)}${legend(said)}`;
}
