/** The runs that are open, beside each other: funnel, dimensions, models. */
import { Chip } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import type { CSSProperties, ReactNode } from "react";
import { Link } from "wouter";
import type { Fate, Overview, RunEntry } from "../../../src/api.ts";
import type { EvaluationAnswer, ModelEvaluation } from "../../../src/learning-api.ts";
import { useAddress } from "../address.ts";
import { overviewQuery } from "../data.ts";
import { IndexState } from "../index-state.tsx";
import { IntervalChart } from "../interval-chart.tsx";
import { evaluationQuery } from "../learning-data.ts";
import { Failure, Line, Scrolled, Section, Waiting } from "../parts.tsx";
import { count, interval, score, share, shownLine, signed } from "../shown-text.ts";

/** More columns would not be read. */
const MOST = 6;

interface Column {
  readonly key: string;
  readonly overview: Overview;
  readonly evaluation: EvaluationAnswer;
}

export function ComparePage({ runs, run }: { readonly runs: readonly RunEntry[]; readonly run: string }) {
  const { params, set } = useAddress();
  const shownRuns = runs.filter(({ problem }) => problem === null);
  const asked = params.getAll("with").filter((key) => shownRuns.some((entry) => entry.key === key));
  // The run that is looked at comes first: the others are measured by it.
  const others = asked.length > 0 ? asked : shownRuns.map(({ key }) => key).filter((key) => key !== run);
  const chosen = [...new Set([run, ...others])].slice(0, MOST);
  return (
    <div className="page">
      <h1 className="page-title">Runs compared</h1>
      <Chip.Group
        multiple
        value={chosen}
        onChange={(next) =>
          set(
            "with",
            next.filter((key) => key !== run),
          )
        }
      >
        <div className="filters chips" role="group" aria-label={`Runs that are compared, at most ${MOST}`}>
          {shownRuns.map(({ key }) => (
            <Chip key={key} value={key} size="xs" variant="outline" disabled={key === run}>
              {shownLine(key)}
            </Chip>
          ))}
        </div>
      </Chip.Group>
      <Compared chosen={chosen} />
    </div>
  );
}

function Compared({ chosen }: { readonly chosen: readonly string[] }) {
  const overviews = useQueries({ queries: chosen.map(overviewQuery) });
  const evaluations = useQueries({ queries: chosen.map(evaluationQuery) });
  const error = [...overviews, ...evaluations].find((asked) => asked.error !== null && asked.data === undefined)?.error;
  if (error != null) return <Failure error={error} />;
  const columns = chosen.flatMap((key, at): Column[] => {
    const [overview, evaluation] = [overviews[at]?.data, evaluations[at]?.data];
    return overview === undefined || evaluation === undefined ? [] : [{ key, overview, evaluation }];
  });
  if (columns.length < chosen.length) return <Waiting what="Reading the runs" />;
  return (
    <>
      {columns.map(({ key, overview }) => (
        <IndexState key={key} index={overview.index} />
      ))}
      <Section title="From questions to rows">
        <Table columns={columns} label="From questions to rows" rows={funnelRows(columns)} />
      </Section>
      <Section title="Dimensions" aside={<span className="quiet">mean over candidates; before → after repair</span>}>
        <Table columns={columns} label="Dimensions" rows={dimensionRows(columns)} />
      </Section>
      <Models columns={columns} />
    </>
  );
}

interface Row {
  readonly name: string;
  readonly level: 0 | 1;
  readonly cells: readonly ReactNode[];
}

function Table({ columns, rows, label }: { readonly columns: readonly Column[]; readonly rows: readonly Row[]; readonly label: string }) {
  return (
    <Scrolled label={label}>
      <table className="plain compared" style={{ "--runs": columns.length } as CSSProperties}>
        <thead>
          <tr>
            <td />
            {columns.map(({ key }) => (
              <th key={key} scope="col" className="number">
                <Link href={`/r/${encodeURIComponent(key)}`}>
                  <Line>{key}</Line>
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, level, cells }) => (
            <tr key={name}>
              <th scope="row" className={level === 1 ? "child" : ""}>
                <Line>{name}</Line>
              </th>
              {cells.map((cell, at) => (
                <td key={columns[at]?.key} className="number">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

const CANDIDATES: readonly Fate[] = ["kept", "repaired", "hard", "discarded", "failed", "pending"];

function funnelRows(columns: readonly Column[]): readonly Row[] {
  const of = ({ overview: { fates } }: Column, ...names: readonly Fate[]) => names.reduce((sum, fate) => sum + (fates[fate] ?? 0), 0);
  const plain = (name: string, number: (column: Column) => number): Row => ({
    name,
    level: 0,
    cells: columns.map((column) => count(number(column))),
  });
  const part = (name: string, level: Row["level"], ...fates: readonly Fate[]): Row => ({
    name,
    level,
    cells: columns.map((column) => `${count(of(column, ...fates))} (${share(of(column, ...fates), of(column, ...CANDIDATES)) || "–"})`),
  });
  return [
    plain("questions", ({ overview: { questions } }) => questions.done + questions.dropped + questions.failed),
    plain("candidates", (column) => of(column, ...CANDIDATES)),
    ...CANDIDATES.filter((fate) => columns.some((column) => of(column, fate) > 0)).map((fate) => part(fate, 1, fate)),
    plain("repairs accepted", (column) => of(column, "accepted")),
    plain("repairs refused", (column) => of(column, "refused")),
    part("learnt from", 0, "kept", "accepted"),
    plain("incidents", ({ overview }) => overview.incidents.total),
  ];
}

function dimensionRows(columns: readonly Column[]): readonly Row[] {
  const names = [...new Set(columns.flatMap(({ overview }) => overview.figures.dimensions.map(({ name }) => name)))];
  const meanOf = ({ overview }: Column, name: string) => overview.figures.dimensions.find((one) => one.name === name)?.mean;
  const first = columns[0];
  return names
    .filter((name) => columns.some((column) => meanOf(column, name)?.candidates != null))
    .map((name) => ({
      name,
      level: 0,
      cells: columns.map((column) => {
        const mean = meanOf(column, name);
        const base = column === first || first === undefined ? null : (meanOf(first, name)?.candidates ?? null);
        const here = mean?.candidates ?? null;
        return (
          <>
            {score(here)}
            {here === null || base === null ? null : <span className="quiet"> {signed(here - base, 2)}</span>}
            {mean?.before == null || mean.after == null ? null : (
              <span className="quiet">
                {" "}
                ({score(mean.before)} → {score(mean.after)})
              </span>
            )}
          </>
        );
      }),
    }));
}

function Models({ columns }: { readonly columns: readonly Column[] }) {
  const names = [...new Set(columns.flatMap(({ evaluation }) => evaluation.summary?.models.map(({ model }) => model) ?? []))];
  if (names.length === 0) return <p className="quiet">None of these runs has evaluated a model.</p>;
  const of = ({ evaluation }: Column, name: string): ModelEvaluation | undefined => evaluation.summary?.models.find(({ model }) => model === name);
  const estimates = columns.flatMap((column) =>
    names.flatMap((name) => {
      const greedy = of(column, name)?.greedy;
      return greedy == null ? [] : [{ name: `${name}, ${column.key}`, estimate: greedy }];
    }),
  );
  return (
    <Section title="Models" aside={<span className="quiet">right at temperature 0, 95 % interval; questions</span>}>
      <Table
        columns={columns}
        label="Models"
        rows={names.map((name) => ({
          name,
          level: 0,
          cells: columns.map((column) => {
            const model = of(column, name);
            if (model?.greedy == null) return "–";
            return (
              <>
                {interval(model.greedy)} <span className="quiet">{count(model.questions)}</span>
                {model.outOfDate === undefined ? null : <span className="bad"> out of date</span>}
              </>
            );
          }),
        }))}
      />
      {estimates.length <= 2 * MOST ? <IntervalChart title="Right at temperature 0" estimates={estimates} /> : null}
    </Section>
  );
}
