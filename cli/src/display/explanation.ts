/** One question of a run as a person reads it: who said what, how it was scored, why it was kept or refused. */
import {
  type AssistantMessage,
  counted,
  dialects,
  type Message,
  type Score,
  type StoredCall,
  type StoredTrajectory,
  type ToolCall,
  type ToolMessage,
  type Turn,
} from "@autotraj/core";
import { actLine, type CuratedExplanation } from "@autotraj/curation";
import { count } from "@autotraj/report";
import { commandLine } from "../command-line.ts";
import { table } from "./table.ts";

const SHORT = 400;

export interface ExplanationOptions {
  /** Its folder, as it was named. */
  readonly run: string;
  readonly calls: boolean;
  readonly full: boolean;
}

export function renderExplanation(explanation: CuratedExplanation, { run, calls, full }: ExplanationOptions): string {
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
    ...(hidden > 0 ? [`${others(hidden)} of this question: \`${commandLine(["explain", run, String(position + 1)])}\``] : []),
    ...(explanation.incidents.length > 0 ? [`incidents\n${explanation.incidents.map(({ who, what }) => `  ${who}: ${what}`).join("\n")}`] : []),
    ...(explanation.curation.length > 0 ? [`by hand\n${explanation.curation.map((known) => `  ${actLine(known)}`).join("\n")}`] : []),
    callsBlock(explanation.calls, calls, full),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function others(number: number): string {
  return counted(number, "other trajectory", "other trajectories");
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
    indent(trajectory.dialect === "native" ? nativeTurns(trajectory.messages, full) : shortText(dialects.text(trajectory), full)),
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

/** What a chat API keeps in fields of its own, as text: thinking, words, calls with their arguments, each result beside its call. */
function nativeTurns(messages: readonly Message[], full: boolean): string {
  const block = (name: string, text: string, by = 0) => beside(`${" ".repeat(by)}${name}: `, shortText(text, full));
  const resultOf = ({ ok, content }: ToolMessage) => block(ok ? "result" : "failed", content, 2);
  const results = new Set<ToolMessage>();
  const turn = (message: AssistantMessage, at: number): readonly string[] => [
    ...(message.reasoning ? [block("thinks", message.reasoning)] : []),
    ...(message.content === "" ? [] : [block("says", message.content)]),
    ...(message.toolCalls ?? []).flatMap((call) => {
      const result = messages.slice(at).find((other): other is ToolMessage => isResultOf(other, call, results));
      if (result !== undefined) results.add(result);
      return [`calls ${call.name}`, ...argumentsOf(call, block), result === undefined ? "  no result" : resultOf(result)];
    }),
  ];
  const begun = messages.findIndex(({ role }) => role === "assistant" || role === "tool");
  const lines = messages.slice(begun < 0 ? messages.length : begun).flatMap((message, index) => {
    if (message.role === "assistant") return turn(message, begun + index);
    if (message.role === "tool") return results.has(message) ? [] : [`${message.name}, which nothing called`, resultOf(message)];
    return [block("is told", message.content)];
  });
  return lines.join("\n");
}

/** @param taken results that stand beside their calls already: logs may use an id twice */
function isResultOf(message: Message, call: ToolCall, taken: ReadonlySet<ToolMessage>): boolean {
  return message.role === "tool" && message.toolCallId === call.id && !taken.has(message);
}

function argumentsOf({ arguments: args, malformed }: ToolCall, block: (name: string, text: string, by: number) => string): readonly string[] {
  if (malformed !== undefined) return [block(`not understood (${malformed.reason})`, malformed.raw, 4)];
  const entries = Object.entries(args);
  if (entries.length === 0) return ["    without arguments"];
  return entries.map(([name, value]) => block(name, typeof value === "string" ? value : JSON.stringify(value), 4));
}

/** The text after a heading, its further lines below its first one. */
function beside(heading: string, text: string): string {
  return `${heading}${text.split("\n").join(`\n${" ".repeat(heading.length)}`)}`;
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
  const text = (value: string) => indent(shortText(value, full), 4);
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

/** A model's turn or a tool's result, as they are stored. */
interface AnsweredCall extends Partial<Turn> {
  readonly content?: string;
}

function answered(response: string): string {
  const { text, reasoning, content, toolCalls = [] } = (JSON.parse(response) ?? {}) as AnsweredCall;
  const thinking = reasoning === undefined ? "" : `thinks: ${reasoning}`;
  const calls = toolCalls.map(({ name, arguments: args }) => `calls ${name} ${args}`);
  return [thinking, text ?? content ?? response, ...calls].filter((part) => part !== "").join("\n");
}

function shortText(text: string, full: boolean): string {
  return full || text.length <= SHORT
    ? text
    : `${text.slice(0, SHORT / 2)}\n… ${count(text.length - SHORT)} characters (--full shows them) …\n${text.slice(-SHORT / 2)}`;
}

function indent(text: string, by = 2): string {
  return text
    .split("\n")
    .map((line) => `${" ".repeat(by)}${line}`)
    .join("\n");
}
