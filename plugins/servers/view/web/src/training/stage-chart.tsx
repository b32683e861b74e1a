/** One figure of one stage over its steps. */
import type uPlot from "uplot";
import { AXIS_FONT, Chart } from "../chart.tsx";
import { Line } from "../parts.tsx";
import { figure, shownLine } from "../shown-text.ts";
import type { StageLines } from "./chart-kinds.ts";

const HEIGHT = 150;
/** Steps between ticks: there is no half a step of a training. */
const WHOLE = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
/** Colours are told apart by name too: the legend says which is which. */
const COLOURS = ["side-after", "side-before", "good", "bad", "code-keyword", "side-candidates"];

export interface StageChartProps extends StageLines {
  readonly title: string;
}

export function StageChart({ stage, metrics, title, range }: StageChartProps) {
  const { name, curves } = stage;
  const series = metrics.map((metric) => [...(curves.metrics[metric] ?? [])]);
  const says = metrics.map((metric) => `${shownLine(metric)} ${changeOf(curves.metrics[metric] ?? [])}`).join("; ");
  return (
    <figure
      className="figure"
      data-lines={metrics.length}
      aria-label={`${title}, ${shownLine(name)}: ${says}, over ${curves.steps.at(-1) ?? 0} steps`}
    >
      <figcaption>
        <Line>{name}</Line> <span className="quiet">{metrics.length === 1 ? changeOf(curves.metrics[metrics[0] ?? ""] ?? []) : ""}</span>
      </figcaption>
      <Chart
        of={JSON.stringify([title, name, curves.steps.at(-1), curves.steps.length, metrics, range, series.map((values) => values.at(-1))])}
        height={HEIGHT}
        className="stage-chart"
        data={[[...curves.steps], ...series]}
        options={(colour) => ({
          legend: { show: true, live: true },
          cursor: { points: { size: 5 }, drag: { x: false, y: false } },
          scales: { x: { time: false }, y: range === undefined ? {} : { range: [...range] as [number, number] } },
          axes: [
            { ...axis(colour, 20), incrs: WHOLE },
            { ...axis(colour, 50), grid: { stroke: colour("rule"), width: 1 } },
          ],
          series: [{ label: "step" }, ...metrics.map((metric, at) => line(metric, colour(COLOURS[at % COLOURS.length] ?? "side-after")))],
        })}
      />
    </figure>
  );
}

function axis(colour: (name: string) => string, size: number): uPlot.Axis {
  return {
    stroke: colour("side-axis"),
    font: AXIS_FONT,
    grid: { show: false },
    ticks: { show: false },
    size,
    gap: 2,
    values: (_chart, splits) => splits.map(figure),
  };
}

function line(metric: string, stroke: string): uPlot.Series {
  return {
    label: shownLine(metric),
    stroke,
    width: 1.5,
    // A figure that is logged now and then is still one line.
    spanGaps: true,
    value: (_chart, value) => (value === null ? "–" : figure(value)),
  };
}

/** `2.31 → 0.42` */
function changeOf(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const [first, last] = [known[0], known.at(-1)];
  return first === undefined || last === undefined ? "–" : `${figure(first)} → ${figure(last)}`;
}
