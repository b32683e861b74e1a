/** One question, answered by two models: both trajectories step by step. */
import { NativeSelect } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { Link, useLocation } from "wouter";
import type { AnswersAnswer, EvaluatedSide } from "../../../src/learning-api.ts";
import { type SetParameter, useAddress } from "../address.ts";
import { useLayout } from "../compared/layout.tsx";
import { SideTitle } from "../compared/side-title.tsx";
import { useAnswers } from "../learning-data.ts";
import { Failure, Line, Section, Waiting } from "../parts.tsx";
import { Comparison } from "../repair/comparison.tsx";
import { ScoreChanges } from "../repair/score-changes.tsx";
import { shown, shownLine } from "../shown-text.ts";
import { lastList } from "../trajectories/last-list.ts";

const ASKED = ["question", "a", "b", "sampleA", "sampleB"];

export function AnswersPage({ run }: { readonly run: string }) {
  const { params, set } = useAddress();
  const { data, error } = useAnswers(run, new URLSearchParams([...params].filter(([name]) => ASKED.includes(name))).toString());
  if (data === undefined) return error === null ? <Waiting what="Reading the answers" /> : <Failure error={error} />;
  return <Shown run={run} answers={data} set={set} />;
}

function Shown({
  run,
  answers: { question, answers, task, a, b },
  set,
}: {
  readonly run: string;
  readonly answers: AnswersAnswer;
  readonly set: SetParameter;
}) {
  const [, go] = useLocation();
  const layout = useLayout();
  const back = lastList(run, "evaluation");
  useHotkeys([["u", () => go(back)]]);
  return (
    <div className="page">
      <p className="crumbs">
        <Link href={back}>Evaluation</Link> / question
      </p>
      <h1 className="page-title">
        {shownLine(a.model)} and {shownLine(b.model)} <span className="quiet">{shownLine(task ?? "")}</span>
      </h1>
      <div className="question text" dir="auto">
        {shown(question)}
      </div>
      <div className="columns">
        <Section
          title="The two"
          aside={<span className="quiet">gold {answers.length === 0 ? "none" : shownLine(answers.slice(0, 5).join(" · "))}</span>}
        >
          <table className="plain">
            <tbody>
              <Side run={run} label="A" side={a} choose={(sample) => set("sampleA", sample)} />
              <Side run={run} label="B" side={b} choose={(sample) => set("sampleB", sample)} />
            </tbody>
          </table>
        </Section>
        <Section title="Scores" aside={<span className="quiet">B → A</span>}>
          <ScoreChanges before={b.trajectory.scores} after={a.trajectory.scores} />
        </Section>
      </div>
      <Section title="Step by step" aside={layout.control}>
        <Comparison
          run={run}
          original={b.trajectory}
          repair={a.trajectory}
          names={{ original: `B: ${b.model}`, repair: `A: ${a.model}` }}
          layout={layout.value}
        />
      </Section>
    </div>
  );
}

interface SideProps {
  readonly run: string;
  readonly label: string;
  readonly side: EvaluatedSide;
  readonly choose: (sample: string) => void;
}

function Side({ run, label, side, choose }: SideProps) {
  const { model, right, sample } = side;
  return (
    <tr>
      <th scope="row">
        <Line>{`${label}: ${model}`}</Line>
      </th>
      <td>
        <span className={right[sample] === true ? "good" : "bad"}>{right[sample] === true ? "right" : "wrong"}</span>
      </td>
      <td>
        <SideTitle run={run} side={side} />
      </td>
      {right.length < 2 ? null : (
        <td>
          <NativeSelect
            size="xs"
            aria-label={`Which answer of ${label}`}
            data={right.map((one, at) => ({
              value: String(at),
              label: `${at === 0 ? "temperature 0" : `sample ${at}`}: ${one ? "right" : "wrong"}`,
            }))}
            value={String(sample)}
            onChange={({ currentTarget }) => choose(currentTarget.value)}
          />
        </td>
      )}
    </tr>
  );
}
