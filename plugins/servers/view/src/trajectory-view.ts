/** One trajectory for the eye: its messages in parts, long texts clipped, scores with their places. */
import type { DatabaseSync } from "node:sqlite";
import type { AssistantMessage, Dialects, Message, Provenance, Scores, ToolCall, Trajectory, Verdict } from "@autotraj/core/plugin";
import { meaningOf } from "@autotraj/trajectory-text/verdicts";
import type {
  ClippedText,
  Fate,
  MessagePart,
  MessageView,
  RepairAnswer,
  ScoreView,
  TextAnswer,
  TrajectoryRow,
  TrajectoryView,
  VerdictView,
} from "./api.ts";
import { editedRows } from "./curation/edited-rows.ts";
import { indexedRow, type RunRow } from "./index-store/indexed-row.ts";
import { type LossMask, lossMask } from "./loss-mask.ts";
import type { TextPlace } from "./requests.ts";
import { jsonOr } from "./run-folder.ts";

/** Characters of a text that are sent unasked. */
const SHOWN = 16_384;
/** And at a time, where more of one is asked for. */
const PIECE = 65_536;

/** A trajectory of the run in this folder, or one that people have made of it. */
export interface RowPlace {
  readonly folder: string;
  readonly id: string;
}

export function storedRow(run: DatabaseSync, id: string): RunRow | undefined {
  return run.prepare("SELECT * FROM trajectories WHERE id = ?").get(id) as RunRow | undefined;
}

export function rowOf(run: DatabaseSync, { folder, id }: RowPlace): RunRow | undefined {
  return storedRow(run, id) ?? editedRows(folder, ({ trajectory }) => trajectory.id === id)[0];
}

/** All of one question, by what the run says of them now, then edits of them. */
export function relatedTo(run: DatabaseSync, position: number, folder: string): readonly TrajectoryRow[] {
  const rows = run.prepare("SELECT * FROM trajectories WHERE position = ? ORDER BY ordinal").all(position) as unknown as RunRow[];
  return [...rows, ...editedRows(folder, (edit) => edit.position === position)].map(listed);
}

/** A trajectory with every attempt to repair it, people's too; undefined where there is none of this id. */
export function repairOf(run: DatabaseSync, { folder, id }: RowPlace, dialects: Dialects): RepairAnswer | undefined {
  const original = rowOf(run, { folder, id });
  if (original === undefined) return undefined;
  const attempts = run.prepare("SELECT * FROM trajectories WHERE position = ? AND parent = ? ORDER BY ordinal").all(original.position, id);
  const edits = editedRows(folder, ({ trajectory }) => trajectory.provenance.parent === id);
  const view = (row: RunRow) => trajectoryView(row, inRun(row.id, dialects));
  return { original: view(original), attempts: [...(attempts as unknown as RunRow[]), ...edits].map(view) };
}

/** What else is needed to show a trajectory. */
export interface Showing {
  readonly dialects: Dialects;
  /** {@link TrajectoryView.textsAt} */
  readonly textsAt: string;
}

/** Of one that the run's store has. */
export function inRun(id: string, dialects: Dialects): Showing {
  return { dialects, textsAt: `trajectories/${encodeURIComponent(id)}/text?` };
}

export function trajectoryView(row: RunRow, { dialects, textsAt }: Showing): TrajectoryView {
  const trajectory = jsonOr(row.body, {}) as Trajectory;
  const { query, messages = [], provenance, usage } = trajectory;
  const mask = maskOf(trajectory, dialects);
  return {
    row: listed(row),
    textsAt,
    queryId: query?.id ?? "",
    question: clip(query?.question ?? "").text,
    answers: (query?.answers ?? []).map((answer) => clip(answer).text),
    solution: query?.solution === undefined ? null : clip(query.solution).text,
    dialect: trajectory.dialect ?? "",
    finish: trajectory.finish ?? "",
    faults: trajectory.faults ?? [],
    messages: messages.map((message, index) => messageView(message, index, trajectory, mask)),
    mask: mask === undefined ? null : { ended: mask.ended },
    scores: scoresOf(jsonOr(row.scores, {}) as Scores),
    verdict: verdictView(row),
    provenance: (provenance ?? {}) as unknown as TrajectoryView["provenance"],
    usage: usage ?? { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 },
  };
}

function verdictView({ verdict, origin }: RunRow): VerdictView | null {
  const found = verdict === null ? null : (jsonOr(verdict, null) as Verdict | null);
  if (found === null) return null;
  const { decision, ...said } = found;
  return { ...said, meaning: meaningOf({ origin: origin as Provenance["origin"] }, { decision }) };
}

function listed(row: RunRow): TrajectoryRow {
  const { cause, task, question, answer, tools, calls, words, tokens, scores } = indexedRow(row);
  const { id, position, ordinal, parent, repairer } = row;
  return {
    ...{ id, position, ordinal, parent, repairer, cause, task, question, answer, tools, words, tokens },
    origin: row.origin as TrajectoryRow["origin"],
    fate: row.fate as Fate,
    toolCalls: calls,
    scores: Object.fromEntries(scores),
  };
}

/** Undefined for what no dialect can write: rows are other people's data. */
function maskOf(trajectory: Trajectory, dialects: Dialects): LossMask | undefined {
  try {
    return lossMask(trajectory, dialects);
  } catch {
    return undefined;
  }
}

function messageView(message: Message, index: number, trajectory: Trajectory, mask: LossMask | undefined): MessageView {
  const parts = wholeParts(message, trajectory).map(({ text, ...part }) => ({ ...part, ...clip(text) }));
  const seen = mask?.seen[index];
  const about = {
    ...{ index, role: message.role, parts, raw: clip(rawText(message)) },
    train: message.role === "assistant" && message.train !== false,
    seen: seen === undefined || seen === null ? null : { ...clip(seen.text), train: seen.train },
  };
  if (message.role !== "tool") return about;
  const { ok, durationMs, isolation } = message;
  return { ...about, ok, ...(durationMs === undefined ? {} : { milliseconds: durationMs }), ...(isolation === undefined ? {} : { isolation }) };
}

type WholePart = Omit<MessagePart, "length">;

function wholeParts(message: Message, trajectory: Trajectory): readonly WholePart[] {
  switch (message.role) {
    case "system":
      return [{ kind: "system", text: message.content }];
    case "user":
      return [{ kind: "question", text: message.content }];
    case "tool":
      return [{ kind: "result", tool: message.name, text: message.content }];
    default:
      return turnParts(message, trajectory);
  }
}

function turnParts(message: AssistantMessage, { messages, answer, tools = [] }: Trajectory): readonly WholePart[] {
  const { reasoning, content, toolCalls = [] } = message;
  const ends = message === messages.at(-1) && answer !== undefined;
  return [
    ...(reasoning === undefined || reasoning === "" ? [] : [{ kind: "thinking" as const, text: reasoning }]),
    ...(content === "" || ends ? [] : [{ kind: "text" as const, text: content }]),
    ...toolCalls.map((call) => callPart(call, tools)),
    ...(ends ? [{ kind: "answer" as const, text: content === "" ? (answer ?? "") : content }] : []),
  ];
}

function callPart(call: ToolCall, tools: Trajectory["tools"]): WholePart {
  const about = { kind: "call" as const, tool: call.name };
  if (call.malformed !== undefined) return { ...about, text: call.malformed.raw, malformed: call.malformed.reason, language: "text" };
  const { [tools.find(({ name }) => name === call.name)?.tag?.argument ?? "code"]: code, ...others } = call.arguments;
  if (typeof code !== "string" || Object.keys(others).length > 0)
    return { ...about, text: JSON.stringify(call.arguments, null, 2), language: "json" };
  return { ...about, text: code, language: languageOf(call.name) };
}

function languageOf(tool: string): NonNullable<MessagePart["language"]> {
  if (/py|code|exec/i.test(tool)) return "python";
  return /js|javascript|node/i.test(tool) ? "javascript" : "text";
}

function rawText(message: Message): string {
  if (message.role !== "assistant") return message.content;
  if (message.text !== undefined) return message.text;
  const calls = (message.toolCalls ?? []).map(({ name, arguments: given, malformed }) => malformed?.raw ?? `${name} ${JSON.stringify(given)}`);
  return [message.reasoning ?? "", message.content, ...calls].filter((text) => text !== "").join("\n");
}

/** Scores in the order in which the run has them. */
function scoresOf(scores: Scores): readonly ScoreView[] {
  return Object.entries(scores).map(([dimension, score]): ScoreView => {
    if ("skipped" in score) return { dimension, value: null, skipped: score.skipped, spans: [] };
    if ("failed" in score) return { dimension, value: null, failed: score.failed, spans: [] };
    const { value, reason, spans = [] } = score;
    return { dimension, value, ...(reason === undefined ? {} : { reason: clip(reason).text }), spans };
  });
}

function clip(text: unknown): ClippedText {
  const whole = typeof text === "string" ? text : JSON.stringify(text ?? "");
  return { text: cut(whole, 0, SHOWN), length: whole.length };
}

/** Never between the halves of one character. */
function cut(text: string, from: number, length: number): string {
  const end = from + length;
  const splits = end < text.length && /[\ud800-\udbff]/.test(text[end - 1] ?? "");
  return text.slice(from, splits ? end - 1 : end);
}

/** A piece of a text that was clipped; undefined where there is no such text. */
export function pieceOf(row: RunRow, place: TextPlace, dialects: Dialects): TextAnswer | undefined {
  const text = wholeText(jsonOr(row.body, {}) as Trajectory, place, dialects);
  return text === undefined ? undefined : { text: cut(text, place.from, PIECE), from: place.from, length: text.length };
}

function wholeText(trajectory: Trajectory, { message: index, part }: TextPlace, dialects: Dialects): string | undefined {
  const message = trajectory.messages?.[index];
  if (message === undefined) return undefined;
  if (part === "raw") return rawText(message);
  return part === "seen" ? maskOf(trajectory, dialects)?.seen[index]?.text : wholeParts(message, trajectory)[part]?.text;
}
