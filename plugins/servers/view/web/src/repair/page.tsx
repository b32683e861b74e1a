/** A repair: what was wrong, what was tried, what each attempt was worth, and who accepted or refused it. */
import { useHotkeys } from "@mantine/hooks";
import { Link, useLocation } from "wouter";
import type { RepairAnswer, TrajectoryView } from "../../../src/api.ts";
import { useAddress } from "../address.ts";
import { useLayout } from "../compared/layout.tsx";
import { CurationSection } from "../curation/section.tsx";
import { useRepair } from "../data.ts";
import { Failure, FateMark, Line, Section, trajectoryAddress, Verdict, Waiting } from "../parts.tsx";
import { shown } from "../shown-text.ts";
import { lastList } from "../trajectories/last-list.ts";
import { Comparison } from "./comparison.tsx";
import { ScoreChanges } from "./score-changes.tsx";

export function RepairPage({ run, id }: { readonly run: string; readonly id: string }) {
  const { data, error } = useRepair(run, id);
  if (data === undefined) return error === null ? <Waiting what="Reading the repair" /> : <Failure error={error} />;
  return <Shown run={run} answer={data} />;
}

function Shown({ run, answer: { original, attempts } }: { readonly run: string; readonly answer: RepairAnswer }) {
  const { params, set } = useAddress();
  const [, go] = useLocation();
  const layout = useLayout();
  const chosen = attempts.find(({ row }) => row.id === params.get("attempt")) ?? attempts.at(-1);
  const step = (by: 1 | -1) => {
    const next = attempts[attempts.indexOf(chosen as TrajectoryView) + by];
    if (next !== undefined) set("attempt", next.row.id);
  };
  useHotkeys([
    ["[", () => step(-1)],
    ["]", () => step(1)],
    ["u", () => go(lastList(run))],
  ]);
  return (
    <div className="page">
      <p className="crumbs">
        <Link href={lastList(run)}>List</Link> / question {original.row.position + 1}
      </p>
      <h1 className="page-title">
        Repair of{" "}
        <Link href={trajectoryAddress(run, original.row.id)}>
          {original.row.position + 1}.{original.row.ordinal}
        </Link>{" "}
        <FateMark fate={original.row.fate} />
      </h1>
      <div className="question text" dir="auto">
        {shown(original.question)}
      </div>
      <div className="columns">
        <Section title="What was wrong">
          <Verdict trajectory={original} />
          <Answers trajectory={original} />
        </Section>
        <Section title="What was tried" aside={<span className="quiet">{attempts.length === 1 ? "1 attempt" : `${attempts.length} attempts`}</span>}>
          <Attempts run={run} attempts={attempts} chosen={chosen?.row.id} choose={(attempt) => set("attempt", attempt)} />
        </Section>
      </div>
      {chosen === undefined ? (
        <p className="quiet">No repairer has offered anything for this trajectory.</p>
      ) : (
        <>
          <div className="columns">
            <div>
              <Section title={`Attempt ${attempts.indexOf(chosen) + 1}`} aside={<FateMark fate={chosen.row.fate} />}>
                <Verdict trajectory={chosen} />
                <Answers trajectory={chosen} />
              </Section>
              <CurationSection key={chosen.row.id} run={run} row={chosen.row} />
            </div>
            <Section title="Scores before and after">
              <ScoreChanges before={original.scores} after={chosen.scores} />
            </Section>
          </div>
          <Section title="What it changed" aside={layout.control}>
            <Comparison run={run} original={original} repair={chosen} layout={layout.value} />
          </Section>
        </>
      )}
    </div>
  );
}

function Answers({ trajectory: { row, answers } }: { readonly trajectory: TrajectoryView }) {
  return (
    <p className="facts">
      <span>
        <span className="quiet">answer</span> <bdi>{row.answer === null ? "none" : shown(row.answer)}</bdi>
      </span>
      <span>
        <span className="quiet">gold</span> <bdi>{answers.length === 0 ? "none" : shown(answers.slice(0, 5).join(" · "))}</bdi>
      </span>
    </p>
  );
}

interface AttemptsProps {
  readonly run: string;
  readonly attempts: readonly TrajectoryView[];
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
}

function Attempts({ run, attempts, chosen, choose }: AttemptsProps) {
  return (
    <table className="plain attempts">
      <tbody>
        {attempts.map(({ row, verdict }, at) => (
          <tr key={row.id} data-here={row.id === chosen || undefined}>
            <th scope="row">
              <button type="button" className="link" aria-pressed={row.id === chosen} onClick={() => choose(row.id)}>
                Attempt {at + 1}
              </button>
            </th>
            <td>
              <Line>{row.repairer ?? ""}</Line>
            </td>
            <td>
              <FateMark fate={row.fate} />
            </td>
            <td className="quiet">
              <bdi>{shown((verdict?.reason ?? "").slice(0, 500))}</bdi>
            </td>
            <td>
              <Link href={trajectoryAddress(run, row.id)}>open</Link>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
