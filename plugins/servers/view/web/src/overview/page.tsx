/** What a run comes to: what went wrong first, then the way from questions to rows, scores before and after repair, and what it took. */
import { Link } from "wouter";
import type { Overview } from "../../../src/api.ts";
import { useOverview } from "../data.ts";
import { listAddress } from "../filter.ts";
import { IndexState } from "../index-state.tsx";
import { Failure, Line, Section, TableHead, Waiting } from "../parts.tsx";
import { count, shown, shownLine } from "../shown-text.ts";
import { Distributions } from "./distributions.tsx";
import { Funnel } from "./funnel.tsx";
import { Reasons } from "./reasons.tsx";
import { Spent } from "./spent.tsx";

export function OverviewPage({ run }: { readonly run: string }) {
  const { data, error } = useOverview(run);
  if (data === undefined) return error === null ? <Waiting what="Reading the run" /> : <Failure error={error} />;
  return (
    <div className="page">
      <h1 className="page-title">
        <Line>{data.run.runId}</Line> <span className="quiet">{shownLine(data.run.path)}</span>
      </h1>
      <IndexState index={data.index} />
      <Problems run={run} overview={data} />
      <div className="columns">
        <Funnel run={run} overview={data} />
        <div>
          <Reasons run={run} causes={data.figures.causes} />
          <Spent overview={data} />
        </div>
      </div>
      <Distributions run={run} figures={data.figures} />
      <Tasks run={run} overview={data} />
    </div>
  );
}

function Problems({ overview: { incidents, figures } }: { readonly run: string; readonly overview: Overview }) {
  const failing = figures.dimensions.filter(({ failed }) => failed > 0);
  if (incidents.total === 0 && failing.length === 0) return null;
  return (
    <Section title="Incidents" aside={<span className="quiet">{count(incidents.total)} recorded</span>}>
      <table className="plain incidents">
        <TableHead columns={["who", { number: "times" }, "the last one"]} />
        <tbody>
          {failing.map(({ name, failed, failure }) => (
            <tr key={`scores ${name}`}>
              <th scope="row">
                <Line>{`dimension ${name}`}</Line>
              </th>
              <td className="number">{count(failed)}</td>
              <td>
                <bdi>{shown(`not scored: ${failure ?? ""}`)}</bdi>
              </td>
            </tr>
          ))}
          {incidents.by.map(({ who, count: times, last }) => (
            <tr key={who}>
              <th scope="row">
                <Line>{who}</Line>
              </th>
              <td className="number">{count(times)}</td>
              <td>
                <bdi>{shown(last.slice(0, 2000))}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Tasks({ run, overview: { figures } }: { readonly run: string; readonly overview: Overview }) {
  if (figures.tasks.length < 2 && figures.tools.length < 2) return null;
  return (
    <div className="columns">
      {(["tasks", "tools"] as const).map((what) => (
        <Section key={what} title={what === "tasks" ? "Tasks" : "Tools"}>
          <table className="plain">
            <tbody>
              {figures[what].map(({ name, count: times }) => (
                <tr key={name}>
                  <th scope="row">
                    <Link href={listAddress(run, { [what === "tasks" ? "task" : "tool"]: name })}>
                      <Line>{name}</Line>
                    </Link>
                  </th>
                  <td className="number">{count(times)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      ))}
    </div>
  );
}
