/** Models on the same questions: their figures, and question by question who of two is right. */
import { NativeSelect, SegmentedControl } from "@mantine/core";
import { useEffect } from "react";
import { useLocation } from "wouter";
import type { EvaluationAnswer, EvaluationSummary, GivenAnswer, Outcome, QuestionRow } from "../../../src/learning-api.ts";
import { type SetParameter, useAddress } from "../address.ts";
import { useComparison, useEvaluation, useQuestions } from "../learning-data.ts";
import { Failure, Line, Section, Waiting } from "../parts.tsx";
import { type Column, PlainList } from "../plain-list.tsx";
import { count, shownLine, signed } from "../shown-text.ts";
import { rememberList } from "../trajectories/last-list.ts";
import { Models } from "./models.tsx";

export function EvaluationPage({ run }: { readonly run: string }) {
  const { data, error } = useEvaluation(run);
  if (data === undefined) return error === null ? <Waiting what="Reading the evaluation" /> : <Failure error={error} />;
  return (
    <div className="page">
      <h1 className="page-title">Evaluation</h1>
      {data.summary === null ? (
        <p className="quiet">
          No model of this run was evaluated yet: stage `evaluate` does it, or `autotraj eval`, with the held-out questions of the preset.
        </p>
      ) : (
        <>
          <Models summary={data.summary} />
          <QuestionByQuestion run={run} evaluation={data} summary={data.summary} />
        </>
      )}
    </div>
  );
}

interface QuestionsProps {
  readonly run: string;
  readonly evaluation: EvaluationAnswer;
  readonly summary: EvaluationSummary;
}

function QuestionByQuestion({ run, evaluation: { answered }, summary }: QuestionsProps) {
  const { params, set } = useAddress();
  const models = answered.map(({ model }) => model);
  if (models.length < 2)
    return <p className="quiet">{models.length === 0 ? "No model's answers are in the run's folder." : "Only one model has answers here."}</p>;
  // What was compared last is what somebody wants to see first.
  const last = summary.comparisons.findLast(({ model, against }) => models.includes(model) && models.includes(against));
  const a = known(params.get("a"), models) ?? last?.model ?? models.at(-1) ?? "";
  const b = known(params.get("b"), models) ?? (a === last?.model ? last.against : undefined) ?? models.find((model) => model !== a) ?? "";
  const outcome = known(params.get("outcome"), ["a", "b", "both", "neither"]) as Outcome | undefined;
  return (
    <Section title="Question by question">
      <Questions {...{ run, models, a, b, set }} outcome={outcome} />
    </Section>
  );
}

function known<Choice extends string>(value: string | null, choices: readonly Choice[]): Choice | undefined {
  return choices.find((choice) => choice === value);
}

interface ListProps {
  readonly run: string;
  readonly models: readonly string[];
  readonly a: string;
  readonly b: string;
  readonly outcome: Outcome | undefined;
  readonly set: SetParameter;
}

function Questions({ run, models, a, b, outcome, set }: ListProps) {
  const query = new URLSearchParams({ a, b, ...(outcome === undefined ? {} : { outcome }) }).toString();
  const pages = useQuestions(run, query);
  const [location] = useLocation();
  useEffect(() => rememberList(`${location}?${query}`, "evaluation"), [location, query]);
  const first = pages.data?.pages[0];
  if (first === undefined) return pages.error === null ? <Waiting what="Reading the answers" /> : <Failure error={pages.error} />;
  const { counts } = first;
  const all = counts.a + counts.b + counts.both + counts.neither;
  return (
    <>
      <search className="filters">
        <ModelChoice label="Model A" value={a} models={models} choose={(model) => set("a", model)} />
        <span aria-hidden="true">against</span>
        <ModelChoice label="Model B" value={b} models={models} choose={(model) => set("b", model)} />
        <SegmentedControl
          size="xs"
          aria-label="Who is right"
          className="outcomes"
          data={[
            { value: "", label: `all ${count(all)}` },
            { value: "a", label: `only ${shownLine(a)} ${count(counts.a)}` },
            { value: "b", label: `only ${shownLine(b)} ${count(counts.b)}` },
            { value: "both", label: `both ${count(counts.both)}` },
            { value: "neither", label: `neither ${count(counts.neither)}` },
          ]}
          value={outcome ?? ""}
          onChange={(next) => set("outcome", next)}
        />
      </search>
      <Verdict {...{ run, a, b }} />
      <PlainList<QuestionRow>
        label="Questions"
        titled="question"
        rows={pages.data?.pages.flatMap(({ rows }) => rows) ?? []}
        total={outcome === undefined ? all : counts[outcome]}
        keyOf={({ place }) => place}
        title={({ question }) => question}
        address={({ id }) => answersAddress(run, { question: id, a, b })}
        columns={columnsOf(a, b)}
        more={pages.hasNextPage && !pages.isFetchingNextPage ? () => void pages.fetchNextPage() : undefined}
        busy={pages.isPlaceholderData}
      />
    </>
  );
}

export function answersAddress(run: string, asked: Readonly<Record<string, string>>): string {
  return `/r/${encodeURIComponent(run)}/evaluation/answers?${new URLSearchParams(asked)}`;
}

function ModelChoice({
  label,
  value,
  models,
  choose,
}: {
  readonly label: string;
  readonly value: string;
  readonly models: readonly string[];
  readonly choose: (model: string) => void;
}) {
  return (
    <NativeSelect
      size="xs"
      aria-label={label}
      data={models.map((model) => ({ value: model, label: shownLine(model) }))}
      value={value}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
    />
  );
}

function Verdict({ run, a, b }: Pick<ListProps, "run" | "a" | "b">) {
  const { data, error } = useComparison(run, { a, b });
  if (data === undefined)
    return error === null ? (
      <p className="matches">
        Comparing {shownLine(a)} and {shownLine(b)} …
      </p>
    ) : (
      <Failure error={error} />
    );
  const { model, against, difference, better, worse, p } = data;
  return (
    <p className="matches">
      {shownLine(model)} − {shownLine(against)}: {signed(difference.value)} ({signed(difference.low)} to {signed(difference.high)}); {count(better)}{" "}
      better, {count(worse)} worse, McNemar p {p < 0.001 ? "< 0.001" : p.toFixed(3)}, {count(difference.n)} questions
    </p>
  );
}

function columnsOf(a: string, b: string): readonly Column<QuestionRow>[] {
  const side = (name: string, of: (row: QuestionRow) => GivenAnswer): Column<QuestionRow> => ({
    name,
    width: "150px",
    head: <Line>{name}</Line>,
    show: (row) => <Given given={of(row)} />,
  });
  return [
    { name: "task", width: "120px", show: ({ task }) => <Line>{task ?? ""}</Line> },
    side(`A: ${a}`, (row) => row.a),
    side(`B: ${b}`, (row) => row.b),
  ];
}

function Given({ given: { right, answer, samples, samplesRight } }: { readonly given: GivenAnswer }) {
  return (
    <span className="given">
      <span className={right ? "good" : "bad"}>{right ? "right" : "wrong"}</span> <Line>{answer ?? "no answer"}</Line>
      {samples === 0 ? null : (
        <span className="quiet">
          {samplesRight}/{samples}
        </span>
      )}
    </span>
  );
}
