/** A repair rewritten turn by turn: played by the run's own tools, judged by its own scorers and gates. */
import { Button, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import type { TrajectoryAnswer, TurnDraft } from "../../../src/api.ts";
import { useTrajectory } from "../data.ts";
import { Failure, repairAddress, Section, trajectoryAddress, Waiting } from "../parts.tsx";
import { shown, shownLine } from "../shown-text.ts";
import { beginEdit, renew, useDraft, useJob } from "./acts.ts";
import { fieldsOf, turnOf } from "./turn-fields.ts";

export function EditorPage({ run, id }: { readonly run: string; readonly id: string }) {
  const draft = useDraft(run, id);
  const shownNow = useTrajectory(run, id);
  const error = draft.error ?? shownNow.error;
  if (draft.data === undefined || shownNow.data === undefined)
    return error === null ? <Waiting what="Reading its turns" /> : <Failure error={error} />;
  return <Editor key={id} run={run} answer={shownNow.data} turns={draft.data.turns} />;
}

interface EditorProps {
  readonly run: string;
  readonly answer: TrajectoryAnswer;
  readonly turns: readonly TurnDraft[];
}

interface Written {
  /** Where its turn began; a new one begins as another of its kind. */
  readonly before: TurnDraft;
  readonly texts: readonly string[];
  readonly key: number;
}

function Editor({ run, answer: { trajectory }, turns }: EditorProps) {
  const { row } = trajectory;
  const [written, setWritten] = useState<readonly Written[]>(() =>
    turns.map((before, key) => ({ before, key, texts: fieldsOf(before).map(({ text }) => text) })),
  );
  const [job, setJob] = useState<string>();
  const [problem, setProblem] = useState("");
  const change = (at: number, field: number, text: string) =>
    setWritten(written.map((turn, index) => (index === at ? { ...turn, texts: turn.texts.with(field, text) } : turn)));
  const play = async () => {
    setProblem("");
    try {
      setJob((await beginEdit(run, { on: row.id, turns: written.map(({ before, texts }) => turnOf(before, texts)) })).id);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="page">
      <p className="crumbs">
        <Link href={trajectoryAddress(run, row.id)}>Back to the trajectory</Link> / question {row.position + 1}
      </p>
      <h1 className="page-title">Edit</h1>
      <p className="quiet intro">
        Write what the model should have written. Results of tools are not written: the run's own tools are asked again, and its scorers and gates
        judge what comes of it. What you edit stays as it is.
      </p>
      <div className="question text" dir="auto">
        {shown(trajectory.question)}
      </div>
      {written.map((turn, at) => (
        <Section
          key={turn.key}
          title={`Turn ${at + 1}`}
          aside={
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`Take out turn ${at + 1}`}
              disabled={written.length === 1}
              onClick={() => setWritten(written.toSpliced(at, 1))}
            >
              Take out
            </Button>
          }
        >
          <Fields turn={turn} number={at + 1} change={(field, text) => change(at, field, text)} />
          <div className="acting">
            <Button size="xs" variant="default" aria-label={`Copy it behind turn ${at + 1}`} onClick={() => setWritten(withCopy(written, at))}>
              Copy it behind
            </Button>
          </div>
        </Section>
      ))}
      <div className="acting">
        <Button size="xs" variant="default" onClick={() => void play()} disabled={job !== undefined}>
          Play and judge
        </Button>
        {problem === "" ? null : (
          <p className="bad" role="alert">
            {shown(problem)}
          </p>
        )}
      </div>
      {job === undefined ? null : <Job run={run} job={job} original={row.parent ?? row.id} again={() => setJob(undefined)} />}
    </div>
  );
}

function withCopy(written: readonly Written[], at: number): readonly Written[] {
  const turn = written[at];
  return turn === undefined ? written : written.toSpliced(at + 1, 0, { ...turn, key: Math.max(...written.map(({ key }) => key)) + 1 });
}

interface FieldsProps {
  readonly turn: Written;
  readonly number: number;
  readonly change: (field: number, text: string) => void;
}

function Fields({ turn, number, change }: FieldsProps) {
  return fieldsOf(turn.before).map(({ label }, field) => (
    <Textarea
      key={`${field} ${label}`}
      className="turn-field"
      {...(label === "text" ? { "aria-label": `Turn ${number}` } : { label: shownLine(label) })}
      autosize
      minRows={2}
      maxRows={30}
      spellCheck={false}
      value={turn.texts[field] ?? ""}
      onChange={({ currentTarget }) => change(field, currentTarget.value)}
    />
  ));
}

interface JobProps {
  readonly run: string;
  readonly job: string;
  readonly original: string;
  readonly again: () => void;
}

function Job({ run, job, original, again }: JobProps) {
  const { data, error } = useJob(run, job);
  const client = useQueryClient();
  const [, go] = useLocation();
  const became = data?.trajectory ?? null;
  useEffect(() => {
    if (became === null) return;
    void renew(client, run).then(() => go(repairAddress(run, original, became)));
  }, [became, client, go, original, run]);
  if (error !== null) return <Failure error={error} />;
  if (data === undefined || data.state !== "failed") return <Waiting what={shownLine(data?.doing ?? "Beginning")} />;
  return (
    <div role="alert">
      <p className="bad">It could not be played. Nothing was kept.</p>
      <div className="text break">{shown(data.problem ?? "")}</div>
      <Button size="compact-xs" variant="default" onClick={again}>
        Go on editing
      </Button>
    </div>
  );
}
