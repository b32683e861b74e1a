/** The trainings of a run, step by step, side by side. */
import { Chip } from "@mantine/core";
import { type CSSProperties, useState } from "react";
import type { TrainedStage } from "../../../src/learning-api.ts";
import { useAddress } from "../address.ts";
import { useTraining } from "../learning-data.ts";
import { Failure, Line, Scrolled, Section, TableHead, Waiting } from "../parts.tsx";
import { count, figure, seconds, shown, shownLine } from "../shown-text.ts";
import { type ChartRow, chartsOf } from "./chart-kinds.ts";
import { StageChart } from "./stage-chart.tsx";

export function TrainingPage({ run }: { readonly run: string }) {
  const { data, error } = useTraining(run);
  const { params, set } = useAddress();
  if (data === undefined) return error === null ? <Waiting what="Reading the training" /> : <Failure error={error} />;
  const chosen = params.getAll("stage");
  const stages = data.stages.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
  const { main, others } = chartsOf(stages);
  return (
    <div className="page">
      <h1 className="page-title">Training</h1>
      {data.stages.length === 0 ? (
        <p className="quiet">Nothing was trained in this run: a preset trains where it names the stages sft, reward-model or rl.</p>
      ) : (
        <>
          <Stages stages={data.stages} />
          {data.stages.length < 2 ? null : (
            <Chip.Group multiple value={chosen} onChange={(next) => set("stage", next)}>
              <div className="filters chips" role="group" aria-label="Stages that are drawn; none chosen: all">
                {data.stages.map(({ name }) => (
                  <Chip key={name} value={name} size="xs" variant="outline">
                    {shownLine(name)}
                  </Chip>
                ))}
              </div>
            </Chip.Group>
          )}
          <Charts rows={main} />
          <Others charts={others} />
        </>
      )}
    </div>
  );
}

function Stages({ stages }: { readonly stages: readonly TrainedStage[] }) {
  return (
    <Section title="Stages">
      <Scrolled label="Stages">
        <table className="plain wide">
          <TableHead columns={["stage", "trainer", { number: "rows" }, { number: "steps" }, { number: "time" }, "figures at its end"]} />
          <tbody>
            {stages.map(({ name, trainer, rows, seconds: took, metrics, curves, outOfDate }) => (
              <tr key={name}>
                <th scope="row">
                  <Line>{name}</Line>
                  {outOfDate === null ? null : <span className="bad"> out of date: {shown(outOfDate)}</span>}
                </th>
                <td>
                  <Line>{trainer ?? (took === null ? "under way" : "–")}</Line>
                </td>
                <td className="number">{rows === null ? "–" : count(rows.train)}</td>
                <td className="number">
                  {curves.problem === null ? `${count(curves.steps.at(-1) ?? 0)}${curves.total === null ? "" : ` of ${count(curves.total)}`}` : "–"}
                </td>
                <td className="number">{took === null ? "–" : seconds(took)}</td>
                <td className="quiet">
                  {curves.problem === null ? "" : `${curves.problem} `}
                  {curves.every > 1 ? `every ${curves.every}th step is drawn ` : ""}
                  {Object.entries(metrics)
                    .slice(0, 12)
                    .map(([metric, value]) => `${shownLine(metric)} ${figure(value)}`)
                    .join(" · ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
    </Section>
  );
}

/** What takes less than a line shares it with the next. */
function Charts({ rows }: { readonly rows: readonly ChartRow[] }) {
  return (
    <div className="chart-rows">
      {rows.map(({ title, lines }) => (
        <div key={title} style={{ "--charts": lines.length } as CSSProperties}>
          <Section title={shownLine(title)}>
            <div className="stage-charts">
              {lines.map((line) => (
                <StageChart key={line.stage.name} title={title} {...line} />
              ))}
            </div>
          </Section>
        </div>
      ))}
    </div>
  );
}

/** Whatever else a backend logs; drawn when somebody wants to see it. */
function Others({ charts }: { readonly charts: readonly ChartRow[] }) {
  const [open, setOpen] = useState(false);
  if (charts.length === 0) return null;
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{charts.length === 1 ? "1 more figure" : `${charts.length} more figures`}</summary>
      {open ? <Charts rows={charts} /> : null}
    </details>
  );
}
