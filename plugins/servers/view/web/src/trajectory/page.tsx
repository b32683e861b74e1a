/** One trajectory: what was written, what it was worth, what was decided, where it came from. */
import { SegmentedControl } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { Link, useLocation, useSearchParams } from "wouter";
import type { TrajectoryAnswer, TrajectoryRow, TrajectoryView } from "../../../src/api.ts";
import { CurationSection } from "../curation/section.tsx";
import { useTimings, useTrajectory } from "../data.ts";
import { Failure, FateMark, Line, nameOf, repairAddress, Section, trajectoryAddress, Verdict, Waiting } from "../parts.tsx";
import { count, shown, shownLine } from "../shown-text.ts";
import { lastList } from "../trajectories/last-list.ts";
import { MaskNote } from "./mask-note.tsx";
import { Scores } from "./scores.tsx";
import { Steps, type StepsShown } from "./steps.tsx";

export function TrajectoryPage({ run, id }: { readonly run: string; readonly id: string }) {
  const { data, error } = useTrajectory(run, id);
  if (data === undefined) return error === null ? <Waiting what="Reading the trajectory" /> : <Failure error={error} />;
  return <Shown key={id} run={run} answer={data} />;
}

function Shown({ run, answer: { trajectory, question, related } }: { readonly run: string; readonly answer: TrajectoryAnswer }) {
  const { row } = trajectory;
  const [params, setParams] = useSearchParams();
  const asked = params.get("show");
  const show: StepsShown = asked === "raw" || asked === "mask" ? asked : "parts";
  const set = (next: string) => setParams(next === "parts" ? {} : { show: next }, { replace: true });
  const timings = useTimings(run, row.id);
  const [, go] = useLocation();
  const repair = repairOf(run, row, related);
  const neighbour = (step: 1 | -1) => {
    const next = related[related.findIndex(({ id }) => id === row.id) + step];
    if (next !== undefined) go(trajectoryAddress(run, next.id));
  };
  useHotkeys([
    ["[", () => neighbour(-1)],
    ["]", () => neighbour(1)],
    ["u", () => go(lastList(run))],
    ["r", () => repair !== undefined && go(repair)],
    ["m", () => set(show === "mask" ? "parts" : "mask")],
  ]);
  return (
    <div className="page with-side">
      <div>
        <p className="crumbs">
          <Link href={lastList(run)}>List</Link> / question {row.position + 1}
        </p>
        <h1 className="page-title">
          <Title run={run} row={row} related={related} /> <FateMark fate={row.fate} />
          {repair === undefined ? null : (
            <Link className="title-link" href={repair}>
              {row.origin === "repair" ? "Compare with what it repairs" : "See its repair"}
            </Link>
          )}
        </h1>
        <div className="tools">
          <SegmentedControl
            size="xs"
            aria-label="How turns are shown"
            data={[
              { value: "parts", label: "Parts" },
              { value: "raw", label: "Raw text" },
              { value: "mask", label: "Loss mask" },
            ]}
            value={show}
            onChange={set}
          />
        </div>
        {show === "mask" ? <MaskNote trajectory={trajectory} /> : null}
        <Steps {...{ run, trajectory, show }} timings={timings.data} />
        {trajectory.faults.length > 0 ? <Faults faults={trajectory.faults} /> : null}
        <p className="quiet">
          ended: {shownLine(trajectory.finish)}
          {timings.data?.problem == null ? "" : ` · no times by turn: ${timings.data.problem}`}
        </p>
      </div>
      <aside aria-label="Scores, verdict, provenance">
        <Section title="Verdict">
          <Verdict trajectory={trajectory} />
        </Section>
        <Expected trajectory={trajectory} />
        <CurationSection run={run} row={row} />
        <Section title="Scores">
          <Scores scores={trajectory.scores} />
        </Section>
        <Section title="All of this question" aside={question.status === "done" ? null : <span className="quiet">{shownLine(question.status)}</span>}>
          {question.reason === null ? null : <p>{shown(question.reason)}</p>}
          <Related run={run} related={related} here={row.id} />
        </Section>
        <Provenance trajectory={trajectory} />
      </aside>
    </div>
  );
}

/** Where this trajectory is compared with its repair; undefined where there is none. */
function repairOf(run: string, row: TrajectoryRow, related: readonly TrajectoryRow[]): string | undefined {
  if (row.parent !== null) return repairAddress(run, row.parent, row.id);
  return related.some(({ parent }) => parent === row.id) ? repairAddress(run, row.id) : undefined;
}

function Title({ run, row, related }: { readonly run: string; readonly row: TrajectoryRow; readonly related: readonly TrajectoryRow[] }) {
  const parent = related.find(({ id }) => id === row.parent);
  if (parent === undefined) return <span>Candidate {nameOf(row, related)}</span>;
  const name = nameOf(row, related);
  return (
    <span>
      {name.replace("r", "R")} of <Link href={trajectoryAddress(run, parent.id)}>{nameOf(parent, related)}</Link>
    </span>
  );
}

function Expected({ trajectory: { answers, row, solution } }: { readonly trajectory: TrajectoryView }) {
  return (
    <Section title="Answer">
      <table className="plain named">
        <tbody>
          <tr>
            <th scope="row">given</th>
            <td>
              <bdi>{row.answer === null ? "none" : shown(row.answer)}</bdi>
            </td>
          </tr>
          <tr>
            <th scope="row">gold</th>
            <td>
              <bdi>{answers.length === 0 ? "none" : shown(answers.slice(0, 20).join(" · "))}</bdi>
            </td>
          </tr>
        </tbody>
      </table>
      {solution === null ? null : (
        <details>
          <summary>Worked solution</summary>
          <div className="text" dir="auto">
            {shown(solution)}
          </div>
        </details>
      )}
    </Section>
  );
}

function Related({ run, related, here }: { readonly run: string; readonly related: readonly TrajectoryRow[]; readonly here: string }) {
  const ordered = related
    .filter(({ parent }) => parent === null)
    .flatMap((candidate) => [candidate, ...related.filter(({ parent }) => parent === candidate.id)]);
  return (
    <table className="plain related">
      <tbody>
        {ordered.slice(0, 200).map(({ id, fate, repairer, cause, parent, ...row }) => (
          <tr key={id} data-here={id === here || undefined}>
            <th scope="row" className={parent === null ? "" : "child"}>
              <Link href={trajectoryAddress(run, id)} aria-current={id === here ? "page" : undefined}>
                {nameOf({ id, fate, repairer, cause, parent, ...row }, related)}
              </Link>
            </th>
            <td>
              <FateMark fate={fate} />
            </td>
            <td className="quiet">
              <Line>{[repairer, cause].filter((text) => text !== null).join(" · ")}</Line>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Faults({ faults }: { readonly faults: readonly string[] }) {
  return (
    <Section title="Faults of form">
      <ul>
        {faults.slice(0, 100).map((fault) => (
          <li key={fault}>
            <bdi>{shown(fault.slice(0, 2000))}</bdi>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** `temperature 0.5, topP 0.9` */
function factText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${typeof one === "string" ? one : JSON.stringify(one)}`)
    .join(", ");
}

function Provenance({ trajectory: { row, queryId, provenance, usage, dialect } }: { readonly trajectory: TrajectoryView }) {
  const { notes, ...rest } = provenance;
  const facts: readonly (readonly [string, unknown])[] = [
    ["id", row.id],
    ["question id", queryId],
    ["task", row.task],
    ["dialect", dialect],
    ...Object.entries(rest),
    ["tokens", `${count(usage.promptTokens)} read (${count(usage.cachedTokens)} cached), ${count(usage.completionTokens)} written`],
    ["calls", `${count(usage.modelCalls)} of models, ${count(usage.toolCalls)} of tools`],
  ];
  return (
    <Section title="Where it came from">
      <table className="plain named">
        <tbody>
          {facts
            .filter(([, value]) => value !== null && value !== undefined)
            .map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{shownLine(name)}</th>
                <td>
                  <bdi className="break">{shown(factText(value).slice(0, 2000))}</bdi>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      {notes === undefined ? null : (
        <details>
          <summary>Notes</summary>
          <div className="text code">{shown(JSON.stringify(notes, null, 2).slice(0, 20_000))}</div>
        </details>
      )}
    </Section>
  );
}
