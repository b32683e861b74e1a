/** The two trajectories, step by step: beside each other, or one with its changes in it. */
import { Fragment } from "react";
import type { TrajectoryView } from "../../../src/api.ts";
import { shown, shownLine } from "../shown-text.ts";
import { marksIn } from "../trajectory/marks.ts";
import { PartHead } from "../trajectory/steps.tsx";
import { Text } from "../trajectory/text.tsx";
import { aligned, type Pair, type Step, stepsOf, textChanges } from "./aligned.ts";

export interface ComparisonProps {
  readonly run: string;
  readonly original: TrajectoryView;
  readonly repair: TrajectoryView;
  readonly layout: "split" | "inline";
  /** What the two are called. */
  readonly names?: Readonly<Record<"original" | "repair", string>>;
}

const NAMES = { original: "original", repair: "repair" } as const;

export function Comparison({ run, original, repair, layout, names = NAMES }: ComparisonProps) {
  const pairs = aligned(stepsOf(original), stepsOf(repair));
  return (
    <ol className="pairs" data-layout={layout}>
      {layout === "split" ? (
        <li className="pair pair-head" aria-hidden="true">
          <span>{shownLine(names.original)}</span>
          <span>{shownLine(names.repair)}</span>
        </li>
      ) : null}
      {pairs.map((pair, at) => (
        <li key={`${at} ${pair.change}`} className="pair" data-change={pair.change}>
          <span className="visually-hidden">{pair.change}</span>
          {layout === "split" ? (
            <>
              <Side {...{ run, pair }} trajectory={original} side="original" name={names.original} />
              <Side {...{ run, pair }} trajectory={repair} side="repair" name={names.repair} />
            </>
          ) : (
            <Inline {...{ run, pair, original, repair }} />
          )}
        </li>
      ))}
    </ol>
  );
}

interface SideProps {
  readonly run: string;
  readonly pair: Pair;
  readonly trajectory: TrajectoryView;
  readonly side: "original" | "repair";
  readonly name: string;
}

/** Of a changed step only the words that differ are marked, on the side that has them. */
function Side({ run, pair, trajectory, side, name }: SideProps) {
  const step = pair[side];
  if (step === undefined) return <div className="part nothing" data-side={side} />;
  const { original, repair } = pair;
  if (pair.change !== "changed" || original === undefined || repair === undefined) return <Whole {...{ run, trajectory, step, side }} />;
  const hidden = side === "original" ? "added" : "removed";
  const changes = textChanges(original.part.text, repair.part.text).filter(({ change }) => change !== hidden);
  return (
    <div className="part" data-kind={step.part.kind} data-side={side} data-name={shownLine(name)}>
      <StepHead step={step} />
      <div className={isCode(step) ? "text code" : "text"} dir={isCode(step) ? "ltr" : "auto"}>
        <Changes changes={changes} />
        {step.part.length > step.part.text.length ? " …" : ""}
      </div>
    </div>
  );
}

/** As the trajectory itself has it; there the turn's head says of what something is the result. */
function StepHead({ step: { part, failed } }: { readonly step: Step }) {
  if (part.kind !== "result") return <PartHead part={part} />;
  return (
    <p className="part-head">
      result {part.tool === undefined ? null : <strong>{shownLine(part.tool)}</strong>} {failed ? <span className="bad">failed</span> : null}
    </p>
  );
}

function Whole({
  run,
  trajectory,
  step,
  side,
}: {
  readonly run: string;
  readonly trajectory: TrajectoryView;
  readonly step: Step;
  readonly side: string;
}) {
  const message = trajectory.messages.find(({ index }) => index === step.message);
  return (
    <div className="part" data-kind={step.part.kind} data-side={side}>
      <StepHead step={step} />
      <Text
        text={step.part}
        place={{ run, textsAt: trajectory.textsAt, message: step.message, part: step.at }}
        marks={message === undefined ? [] : marksIn(message, step.at, trajectory.scores)}
        language={step.part.language}
      />
    </div>
  );
}

function Inline({
  run,
  pair,
  original,
  repair,
}: {
  readonly run: string;
  readonly pair: Pair;
  readonly original: TrajectoryView;
  readonly repair: TrajectoryView;
}) {
  if (pair.change === "changed" && pair.original !== undefined && pair.repair !== undefined) {
    return (
      <div className="part" data-kind={pair.repair.part.kind}>
        <StepHead step={pair.repair} />
        <div className={isCode(pair.repair) ? "text code" : "text"} dir={isCode(pair.repair) ? "ltr" : "auto"}>
          <Changes changes={textChanges(pair.original.part.text, pair.repair.part.text)} />
        </div>
      </div>
    );
  }
  if (pair.repair !== undefined) return <Whole run={run} trajectory={repair} step={pair.repair} side="repair" />;
  return pair.original === undefined ? null : <Whole run={run} trajectory={original} step={pair.original} side="original" />;
}

function Changes({ changes }: { readonly changes: ReturnType<typeof textChanges> }) {
  return changes.map(({ text, change }, at) => {
    const key = `${at} ${change}`;
    if (change === "same") return <Fragment key={key}>{shown(text)}</Fragment>;
    return change === "added" ? <ins key={key}>{shown(text)}</ins> : <del key={key}>{shown(text)}</del>;
  });
}

function isCode({ part: { language = "text" } }: Step): boolean {
  return language !== "text";
}
