/** A trajectory turn by turn, as it was written. */
import { useState } from "react";
import type { MessagePart, MessageView, TimingsAnswer, TrajectoryView } from "../../../src/api.ts";
import { count, milliseconds, shown, shownLine } from "../shown-text.ts";
import { marksIn } from "./marks.ts";
import { Text } from "./text.tsx";

export interface StepsProps {
  readonly run: string;
  readonly trajectory: TrajectoryView;
  readonly timings: TimingsAnswer | undefined;
  readonly show: StepsShown;
}

/** Thinking, calls and results apart; the text as it was sampled; what a trainer reads, with the loss mask. */
export type StepsShown = "parts" | "raw" | "mask";

export function Steps({ run, trajectory, timings, show }: StepsProps) {
  let turn = -1;
  return (
    <ol className="steps">
      {trajectory.messages.map((message) => {
        if (message.role === "assistant") turn++;
        const timing = message.role === "assistant" ? timings?.turns[turn] : undefined;
        return (
          <li key={message.index} className="step" data-role={message.role}>
            <StepHead message={message} turn={turn} timing={timing} />
            {show === "raw" ? <Raw {...{ run, trajectory, message }} /> : null}
            {show === "mask" ? <Masked {...{ run, trajectory, message }} /> : null}
            {show === "parts" ? <Parts {...{ run, trajectory, message }} /> : null}
          </li>
        );
      })}
    </ol>
  );
}

const ROLES: Readonly<Record<MessageView["role"], string>> = { system: "system", user: "question", assistant: "turn", tool: "result" };

function StepHead({
  message,
  turn,
  timing,
}: {
  readonly message: MessageView;
  readonly turn: number;
  readonly timing: TimingsAnswer["turns"][number] | undefined;
}) {
  const { role, train, ok, isolation } = message;
  const took = timing?.milliseconds ?? message.milliseconds;
  return (
    <p className="step-head">
      <strong>
        {ROLES[role]}
        {role === "assistant" ? ` ${turn + 1}` : ""}
      </strong>
      {role === "tool" ? <span>{shownLine(message.parts[0]?.tool ?? "")}</span> : null}
      {ok === false ? <span className="bad">failed</span> : null}
      {role === "assistant" && !train ? <span title="The loss is kept off this turn">not trained on</span> : null}
      <span className="spread" />
      {timing === undefined ? null : (
        <span className="quiet">
          {count(timing.promptTokens)} read · {count(timing.completionTokens)} written
        </span>
      )}
      {took === undefined ? null : <span className="quiet">{milliseconds(took)}</span>}
      {isolation === undefined ? null : <span className="quiet">{shownLine(isolation)}</span>}
    </p>
  );
}

interface MessageProps {
  readonly run: string;
  readonly trajectory: TrajectoryView;
  readonly message: MessageView;
}

function Raw({ run, trajectory, message }: MessageProps) {
  const place = { run, textsAt: trajectory.textsAt, message: message.index, part: "raw" } as const;
  return (
    <div className="part" data-kind="raw">
      <Text text={message.raw} place={place} marks={marksIn(message, "raw", trajectory.scores)} />
    </div>
  );
}

/** The loss is taken on the whole of it, or on nothing of it: the mask is decided turn by turn. */
function Masked({ run, trajectory, message: { index, seen } }: MessageProps) {
  if (seen === null) return <p className="quiet">A trainer is not shown this.</p>;
  return (
    <div className="part" data-kind="raw" data-loss={seen.train ? "on" : "off"}>
      <span className="visually-hidden">{seen.train ? "the loss is on this: " : "no loss on this: "}</span>
      <Text text={seen} place={{ run, textsAt: trajectory.textsAt, message: index, part: "seen" }} />
    </div>
  );
}

function Parts({ run, trajectory, message }: MessageProps) {
  const [open, setOpen] = useState(message.role !== "system");
  if (!open) {
    return (
      <button type="button" className="folded" onClick={() => setOpen(true)}>
        {shownLine(message.raw.text.slice(0, 160))}
        <span className="quiet"> … {count(message.raw.length)} characters</span>
      </button>
    );
  }
  return message.parts.map((part, at) => (
    <div key={`${at} ${part.kind}`} className="part" data-kind={part.kind}>
      <PartHead part={part} />
      <Text
        text={part}
        place={{ run, textsAt: trajectory.textsAt, message: message.index, part: at }}
        marks={marksIn(message, at, trajectory.scores)}
        language={part.language}
      />
    </div>
  ));
}

const LABELS: Readonly<Partial<Record<MessagePart["kind"], string>>> = { thinking: "thinking", call: "calls", answer: "answer", text: "says" };

export function PartHead({ part: { kind, tool, malformed } }: { readonly part: MessagePart }) {
  const label = LABELS[kind];
  if (label === undefined) return null;
  return (
    <p className="part-head">
      {label}
      {tool === undefined ? null : <strong> {shownLine(tool)}</strong>}
      {malformed === undefined ? null : <span className="bad"> not understood: {shown(malformed)}</span>}
    </p>
  );
}
