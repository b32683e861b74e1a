/** How well a reward model tells held-out pairs apart, beside rules that could fake it. */
import type { RewardModelReport, RewardModelsAnswer } from "../../../src/learning-api.ts";
import { AXIS_FONT, Chart } from "../chart.tsx";
import { IntervalChart } from "../interval-chart.tsx";
import { Line, Scrolled, Section, TableHead } from "../parts.tsx";
import { count, interval, shown } from "../shown-text.ts";

export function RewardModel({ model: { name, report, outOfDate } }: { readonly model: RewardModelsAnswer["models"][number] }) {
  const rows = [{ name: "the reward model", estimate: report.accuracy }, ...Object.entries(report.baselines).map(([rule, estimate]) => ({ name: rule, estimate }))]; // biome-ignore format: one list
  return (
    <Section title={`Held-out pairs told apart by ${name}`} aside={<span className="quiet">{count(report.pairs)} pairs</span>}>
      {outOfDate === null ? null : <p className="bad">Out of date: {shown(outOfDate)}</p>}
      <p>{verdictOf(report)}</p>
      {report.authorsSeparated ? (
        <p className="quiet">
          Every chosen side was written by a repairer that wrote no rejected one: these pairs cannot tell a sense of quality from a sense of style.
        </p>
      ) : null}
      <div className="columns">
        <div>
          <table className="plain">
            <TableHead columns={["who", { number: "share, 95 % interval" }]} />
            <tbody>
              {rows.map(({ name: who, estimate }) => (
                <tr key={who}>
                  <th scope="row">
                    <Line>{who}</Line>
                  </th>
                  <td className="number">{interval(estimate)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div>
          <IntervalChart title="Share of held-out pairs told apart" estimates={rows} />
          <Calibration report={report} />
        </div>
      </div>
      <Kinds report={report} />
    </Section>
  );
}

function verdictOf({ beatsBaselines, best }: RewardModelReport): string {
  if (beatsBaselines) return `It beats the best rule (${best}).`;
  return `It does not beat ${best === null ? "chance" : `the rule "${best}"`}: its score says nothing that this could not say.`;
}

const HEIGHT = 170;

/** Points on the line: where it claims 80 %, it is right in 80 %. */
function Calibration({ report: { calibration } }: { readonly report: RewardModelReport }) {
  if (calibration.length < 2) return null;
  const bins = calibration.toSorted((a, b) => a.predicted - b.predicted);
  // The line of whoever is right as often as it claims goes from end to end.
  const claimed = [0.5, ...bins.map(({ predicted }) => predicted), 1];
  const says = bins.map(({ predicted, observed, pairs }) => `claims ${predicted.toFixed(2)}, is right in ${observed.toFixed(2)} of ${pairs}`);
  return (
    <figure className="figure" aria-label={`Calibration: ${says.join("; ")}`}>
      <figcaption className="quiet">Calibration: claimed across, right up; on the line it is what it claims</figcaption>
      <Chart
        of={JSON.stringify(bins)}
        height={HEIGHT}
        className="calibration-chart"
        data={[claimed, claimed, [null, ...bins.map(({ observed }) => observed), null]]}
        options={(colour) => ({
          legend: { show: false },
          cursor: { show: false },
          scales: { x: { time: false, range: [0.5, 1] }, y: { range: [0, 1] } },
          axes: [
            { stroke: colour("side-axis"), font: AXIS_FONT, grid: { show: false }, ticks: { show: false }, size: 20 },
            { stroke: colour("side-axis"), font: AXIS_FONT, grid: { stroke: colour("rule"), width: 1 }, ticks: { show: false }, size: 30 },
          ],
          series: [
            {},
            { stroke: colour("side-candidates"), width: 1, dash: [4, 4], points: { show: false } },
            { stroke: colour("side-after"), width: 1, points: { show: true, size: 7, fill: colour("side-after") } },
          ],
        })}
      />
    </figure>
  );
}

function Kinds({ report: { kinds = {} } }: { readonly report: RewardModelReport }) {
  const rows = Object.entries(kinds);
  if (rows.length < 2) return null;
  return (
    <Scrolled label="Kinds of pairs">
      <table className="plain wide">
        <TableHead columns={["kind of pair", { number: "pairs" }, { number: "the reward model" }, "best rule on these"]} />
        <tbody>
          {rows.map(([name, { accuracy, best, bestAccuracy }]) => (
            <tr key={name}>
              <th scope="row">
                <Line>{name}</Line>
              </th>
              <td className="number">{count(accuracy.n)}</td>
              <td className="number">{interval(accuracy)}</td>
              <td>{best === null || bestAccuracy === null ? "–" : `${best} ${bestAccuracy.value.toFixed(3)}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}
