/** One pair: the rejected trajectory and the chosen one, step by step, and who prefers which. */
import { useHotkeys } from "@mantine/hooks";
import { Link, useLocation } from "wouter";
import type { ComparedSide, PairAnswer } from "../../../src/learning-api.ts";
import { useLayout } from "../compared/layout.tsx";
import { SideTitle } from "../compared/side-title.tsx";
import { useFilter } from "../filter.ts";
import { usePair } from "../learning-data.ts";
import { Failure, Line, Section, Waiting } from "../parts.tsx";
import { Comparison } from "../repair/comparison.tsx";
import { ScoreChanges } from "../repair/score-changes.tsx";
import { count, shown } from "../shown-text.ts";
import { lastList } from "../trajectories/last-list.ts";
import { LIST, pairAddress } from "./page.tsx";
import { PairVerdicts } from "./verdicts.tsx";

export function PairPage({ run, set, place }: { readonly run: string; readonly set: string; readonly place: string }) {
  const { query } = useFilter(LIST);
  const { data, error } = usePair(run, { set, place, query });
  if (data === undefined) return error === null ? <Waiting what="Reading the pair" /> : <Failure error={error} />;
  return <Shown {...{ run, set, query }} answer={data} />;
}

interface ShownProps {
  readonly run: string;
  readonly set: string;
  readonly query: string;
  readonly answer: PairAnswer;
}

function Shown({ run, set, query, answer }: ShownProps) {
  const { pair, chosen, rejected, previous, next } = answer;
  const [, go] = useLocation();
  const layout = useLayout();
  const step = (to: number | null) => to !== null && go(pairAddress(run, { set, place: to, query }));
  useHotkeys([
    ["[", () => step(previous)],
    ["]", () => step(next)],
    ["u", () => go(lastList(run, "pairs"))],
  ]);
  return (
    <div className="page">
      <p className="crumbs">
        <Link href={lastList(run, "pairs")}>Pairs</Link> / <Line>{set}</Line>
      </p>
      <h1 className="page-title">
        Pair {count(pair.place + 1)} <span className="quiet">{pair.edit === null ? pair.kind : `edit: ${pair.edit}`}</span>
      </h1>
      <div className="question text" dir="auto">
        {shown(chosen.trajectory.question)}
      </div>
      <div className="columns">
        <div>
          <Section title="The two">
            <table className="plain">
              <tbody>
                <Side run={run} name="chosen" side={chosen} />
                <Side run={run} name="rejected" side={rejected} />
              </tbody>
            </table>
          </Section>
          <Section title="Who prefers which">
            <PairVerdicts scores={answer.scores} margin={pair.margin} judge={answer.judge} rules={pair.rules} />
          </Section>
        </div>
        <Section title="Scores" aside={<span className="quiet">rejected → chosen</span>}>
          <ScoreChanges before={rejected.trajectory.scores} after={chosen.trajectory.scores} />
        </Section>
      </div>
      <Section title="Step by step" aside={layout.control}>
        <Comparison
          run={run}
          original={rejected.trajectory}
          repair={chosen.trajectory}
          names={{ original: "rejected", repair: "chosen" }}
          layout={layout.value}
        />
      </Section>
    </div>
  );
}

function Side({ run, name, side }: { readonly run: string; readonly name: string; readonly side: ComparedSide }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <SideTitle run={run} side={side} />
      </td>
    </tr>
  );
}
