/** Each dimension's distribution, before and after repair. */
import uPlot from "uplot";
import { Link } from "wouter";
import type { DimensionFigures, IndexedFigures, Side } from "../../../src/api.ts";
import { AXIS_FONT, Chart } from "../chart.tsx";
import { listAddress } from "../filter.ts";
import { Line, Section } from "../parts.tsx";
import { count, score } from "../shown-text.ts";

const HEIGHT = 84;

export function Distributions({ run, figures: { dimensions } }: { readonly run: string; readonly figures: IndexedFigures }) {
  const scored = dimensions.filter(({ mean }) => mean.candidates !== null || mean.after !== null);
  if (scored.length === 0) return null;
  const repaired = scored.some(({ mean }) => mean.before !== null);
  return (
    <Section
      title="Scores"
      aside={
        repaired ? (
          <span className="legend">
            <span data-side="before">before repair</span>
            <span data-side="after">after repair</span>
          </span>
        ) : (
          <span className="legend">
            <span data-side="candidates">candidates</span>
          </span>
        )
      }
    >
      <ul className="distributions">
        {scored.map((dimension) => (
          <li key={dimension.name}>
            <Dimension run={run} dimension={dimension} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Dimension({ run, dimension }: { readonly run: string; readonly dimension: DimensionFigures }) {
  const { name, mean } = dimension;
  const repaired = mean.before !== null || mean.after !== null;
  const says = repaired
    ? `mean ${score(mean.before)} before repair, ${score(mean.after)} after, ${score(mean.candidates)} over all candidates`
    : `mean ${score(mean.candidates)} over all candidates`;
  return (
    <figure aria-label={`${name}: ${says}`}>
      <figcaption>
        <Link href={listAddress(run, { sort: `score:${name}` })}>
          <Line>{name}</Line>
        </Link>
        <span className="number">
          {repaired ? (
            <>
              <span data-side="before">{score(mean.before)}</span> → <span data-side="after">{score(mean.after)}</span>
            </>
          ) : (
            score(mean.candidates)
          )}
        </span>
      </figcaption>
      <Histogram dimension={dimension} sides={repaired ? ["before", "after"] : ["candidates"]} />
    </figure>
  );
}

function Histogram({ dimension: { from, to, bins }, sides }: { readonly dimension: DimensionFigures; readonly sides: readonly Side[] }) {
  const bin = Array.from(bins[sides[0] ?? "candidates"], (_, at) => at);
  const step = (to - from) / Math.max(bin.length, 1);
  const bars = uPlot.paths.bars;
  const most = Math.max(...sides.flatMap((side) => bins[side]));
  return (
    <Chart
      of={JSON.stringify([from, to, sides.map((side) => bins[side])])}
      height={HEIGHT}
      className="histogram"
      title={`The highest bar stands for ${count(most)} trajectories`}
      data={[bin.map((at) => from + (at + 0.5) * step), ...sides.map((side) => [...bins[side]])]}
      options={(colour) => ({
        legend: { show: false },
        cursor: { show: false },
        padding: [4, 6, 0, 6],
        scales: { x: { time: false, range: [from, to] }, y: { range: (_chart, _low, high) => [0, Math.max(high, 1)] } },
        axes: [
          {
            stroke: colour("side-axis"),
            grid: { show: false },
            ticks: { show: false },
            size: 16,
            gap: 0,
            font: AXIS_FONT,
            splits: () => [from, (from + to) / 2, to],
          },
          { show: false },
        ],
        series: [
          {},
          ...sides.map((side, index) => ({
            stroke: colour(`side-${side}`),
            fill: colour(`side-${side}`),
            width: 0,
            points: { show: false },
            ...(bars === undefined ? {} : { paths: bars({ size: [0.9 / sides.length, 40], align: sides.length === 1 ? 0 : index === 0 ? -1 : 1 }) }),
          })),
        ],
      })}
    />
  );
}
