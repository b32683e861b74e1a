/** Shares with their 95 % intervals, beside each other. */
import type uPlot from "uplot";
import type { Estimate } from "../../src/learning-api.ts";
import { AXIS_FONT, Chart } from "./chart.tsx";
import { interval, shownLine } from "./shown-text.ts";

export interface NamedEstimate {
  readonly name: string;
  readonly estimate: Estimate;
}

const HEIGHT = 150;
/** In characters. */
const LABEL = 20;
/** More names than these stand aslant, and need room below. */
const UPRIGHT = 5;
const ASLANT = { rotate: -35, size: 90 } as const;
/** Of the last of them. */
const BESIDE = 64;

export function IntervalChart({ title, estimates }: { readonly title: string; readonly estimates: readonly NamedEstimate[] }) {
  const known = estimates.filter(({ estimate: { n } }) => n > 0);
  if (known.length === 0) return null;
  const places = known.map((_, at) => at);
  const labels = known.length > UPRIGHT ? ASLANT : { size: 20 };
  const says = known.map(({ name, estimate }) => `${shownLine(name)} ${interval(estimate)}`).join("; ");
  return (
    <figure className="figure" aria-label={`${title}: ${says}`}>
      <Chart
        of={JSON.stringify(known)}
        height={HEIGHT + labels.size - 20}
        className="interval-chart"
        data={[places, known.map(({ estimate: { value } }) => value)]}
        options={(colour) => ({
          legend: { show: false },
          cursor: { show: false },
          ...(known.length > UPRIGHT ? { padding: [8, BESIDE, 0, 0] as [number, number, number, number] } : {}),
          scales: { x: { time: false, range: [-0.5, known.length - 0.5] }, y: { range: [0, 1] } },
          axes: [
            {
              ...{ stroke: colour("side-axis"), font: AXIS_FONT, grid: { show: false }, ticks: { show: false }, gap: 4, ...labels },
              splits: () => places,
              values: (_chart, splits) => splits.map((at) => labelOf(known[at]?.name ?? "")),
            },
            { stroke: colour("side-axis"), font: AXIS_FONT, grid: { stroke: colour("rule"), width: 1 }, ticks: { show: false }, size: 30 },
          ],
          series: [{}, { stroke: colour("side-after"), paths: () => null, points: { show: true, size: 8, fill: colour("side-after") } }],
          hooks: { draw: [(chart) => drawIntervals(chart, known, colour("side-after"))] },
        })}
      />
    </figure>
  );
}

function labelOf(name: string): string {
  const line = shownLine(name);
  return line.length > LABEL ? `${line.slice(0, LABEL - 1)}…` : line;
}

/** uPlot has no bars of error: a line from low to high through each point. */
function drawIntervals({ ctx, valToPos }: uPlot, known: readonly NamedEstimate[], colour: string): void {
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2 * devicePixelRatio;
  for (const [at, { estimate }] of known.entries()) {
    const x = valToPos(at, "x", true);
    ctx.beginPath();
    ctx.moveTo(x, valToPos(estimate.low, "y", true));
    ctx.lineTo(x, valToPos(estimate.high, "y", true));
    ctx.stroke();
  }
  ctx.restore();
}
