/** One question of a run as a person reads it: who said what, how it was scored, why it was kept or refused. */
import { dialects, type Score, type StoredCall, type StoredTrajectory } from "@autotraj/core";
import type { Explanation } from "../commands/explain.ts";
import { count, table } from "./table.ts";

const SHORT = 400;

export interface ExplanationOptions {
  readonly calls: boolean;
  readonly full: boolean;
}

export function renderExplanation(explanation: Explanation, { calls, full }: ExplanationOptions): string {
  const { position, status, reason, trajectories, asked } = explanation;
  const query = trajectories[0]?.trajectory.query;
  const shown = asked === undefined ? trajectories : relatives(trajectories, asked);
  const hidden = trajectories.length - shown.length;
  const head = [
    `question #${position + 1}${query === undefined ? "" : ` ${query.id}`}${query?.task === undefined ? "" : ` (${query.task})`}: ${status}${reason === null ? "" : `, ${reason}`}`,
    ...(query === undefined ? [] : [indent(query.question), `gold: ${query.answers.join(" | ") || "none"}`]),
  ];
  const blocks = [
    head.join("\n"),
    ...shown.map((row) => trajectoryBlock(row, full)),
    ...(hidden > 0 ? [`${hidden} other trajectories of this question: explain #${position + 1}`] : []),
    ...(explanation.incidents.length > 0 ? [`incidents\n${explanation.incidents.map(({ who, what }) => `  ${who}: ${what}`).join("\n")}`] : []),
    callsBlock(explanation.calls, calls, full),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

/** The trajectory, the one it repairs, and the repairs of it. */
function relatives(trajectories: readonly StoredTrajectory[], asked: string): readonly StoredTrajectory[] {
  const parent = trajectories.find(({ trajectory }) => trajectory.id === asked)?.trajectory.provenance.parent;
  const root = parent ?? asked;
  return trajectories.filter(({ trajectory }) => trajectory.id === root || trajectory.provenance.parent === root);
}

function trajectoryBlock({ trajectory, scores, verdict, fate }: StoredTrajectory, full: boolean): string {
  const { provenance, answer, finish, faults } = trajectory;
  const author =
    provenance.origin === "repair"
      ? `repair by ${provenance.repairer ?? "?"}, attempt ${(provenance.attempt ?? 0) + 1}, of ${provenance.parent ?? "?"}`
      : `${provenance.origin === "recorded" ? "recording" : "candidate"} ${(provenance.candidate ?? 0) + 1}`;
  const model = provenance.model === undefined ? "" : `, ${provenance.model}`;
  const lines = [
    `${trajectory.id}  ${fate.toUpperCase()}  ${author}${model}${provenance.sawGold === true ? ", saw the gold answer" : ""}`,
    indent(full ? dialects.text(trajectory) : shortened(dialects.text(trajectory))),
    `  answer: ${answer ?? "none"} (${finish})${faults.length > 0 ? `; faults: ${faults.join("; ")}` : ""}`,
    ...(verdict === undefined ? [] : [`  verdict: ${verdict.decision} by ${verdict.by ?? "?"}: ${verdict.reason}`]),
    indent(
      table(
        ["dimension", "score", "reason"],
        Object.entries(scores).map(([name, score]) => [name, ...scoreCells(score)]),
      ),
    ),
  ];
  return lines.join("\n");
}

function scoreCells(score: Score): [string, string] {
  if ("failed" in score) return ["failed", score.failed];
  if ("skipped" in score) return ["–", score.skipped];
  return [score.value.toFixed(3), score.reason ?? ""];
}

function callsBlock(calls: readonly StoredCall[], whole: boolean, full: boolean): string {
  if (calls.length === 0) return "";
  const models = calls.filter(({ kind }) => kind === "model");
  const summary = `${count(models.length)} model calls, ${count(calls.length - models.length)} tool calls made for this question`;
  if (!whole) return `${summary} (--calls shows them)`;
  const text = (value: string) => indent(full ? value : shortened(value), 4);
  return [
    summary,
    ...calls.map(
      ({ kind, by, place, request, response, milliseconds }) =>
        `  ${kind} "${by}" for ${place}, ${Math.round(milliseconds)} ms\n    asked\n${text(asked(request))}\n    answered\n${text(answered(response))}`,
    ),
  ].join("\n");
}

/** The last thing said to a model, or a tool's arguments: what comes before is the same in every call. */
function asked(request: string): string {
  const { messages, continuation, args } = (JSON.parse(request) ?? {}) as {
    messages?: readonly { content?: unknown }[];
    continuation?: readonly { text: string }[];
    args?: unknown;
  };
  if (messages === undefined) return JSON.stringify(args);
  return [String(messages.at(-1)?.content ?? ""), ...(continuation ?? []).map(({ text }) => text)].join("\n");
}

function answered(response: string): string {
  const { text, content, toolCalls } = (JSON.parse(response) ?? {}) as { text?: string; content?: string; toolCalls?: readonly unknown[] };
  return [text ?? content ?? response, ...(toolCalls ?? []).map((call) => JSON.stringify(call))].filter((part) => part !== "").join("\n");
}

function shortened(text: string): string {
  return text.length <= SHORT
    ? text
    : `${text.slice(0, SHORT / 2)}\n… ${count(text.length - SHORT)} characters (--full shows them) …\n${text.slice(-SHORT / 2)}`;
}

function indent(text: string, by = 2): string {
  return text
    .split("\n")
    .map((line) => `${" ".repeat(by)}${line}`)
    .join("\n");
}
