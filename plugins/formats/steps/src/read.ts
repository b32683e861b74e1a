/** Reads a row of steps as a conversation. What the row has and a conversation has no place for stays in the notes. */
import type { JsonObject, JsonValue, Query, RecordedAssistant, RecordedConversation, RecordedTurn, ToolDefinition } from "@autotraj/core/plugin";
import { goldAt, invalid, isObject, listAt, objectAt, resultTextAt, saidOk, textAt, textOrJson, toolsAt } from "@autotraj/core/rows";
import { fieldsOf, fieldsOfStep, refuseOtherCalls } from "./fields.ts";
import type { FieldNames, StepsOptions } from "./options.ts";
import type { ToolBook } from "./tools.ts";

/** A note longer than this (characters of its JSON) is named but not kept. The longest of the published logs' has 1,976. */
export const LONGEST_NOTE = 4096;
const ANSWER_FIELDS = ["gold", "answers", "answer", "expected", "expected_answer", "ground_truth", "reference_answer"];

export interface StepsReader {
  readonly options: StepsOptions;
  readonly tools: ToolBook;
}

interface RowReader extends StepsReader {
  readonly ofStep: (step: JsonObject) => FieldNames;
}

/** @throws PluginError naming the path inside the row. */
export function readRow(row: JsonValue, { options: given, tools }: StepsReader): RecordedConversation {
  const record = objectAt(row, "");
  const fields = fieldsOf(record, given.fields);
  const options = { ...given, fields };
  const reader = { options, tools, ofStep: (step: JsonObject) => fieldsOfStep(step, given.fields, fields) };
  const { query, answersField } = readQuery(record, options);
  if ((record[fields.steps] ?? undefined) === undefined) throw invalid(fields.steps, "is missing; expected an array of steps");
  const steps = listAt(record[fields.steps], fields.steps).map((step, index) => objectAt(step, `${fields.steps}[${index}]`));
  const final = textAt(record[fields.final], fields.final);
  const turns = readSteps(steps, textAt(record[fields.finishThought], fields.finishThought), final, reader);
  const answer = readAnswer(record, final, fields);
  const system = textAt(record[fields.system], fields.system) || options.system;
  const listed = listAt(record[fields.tools], fields.tools);
  return {
    turns: [...(system === "" ? [] : [{ role: "system", content: system } as const]), { role: "user", content: query.question }, ...turns],
    query,
    tools: listed.length > 0 ? listedTools(listed, reader) : usedTools(turns, reader),
    toolsFromCalls: listed.length === 0,
    ...(answer === undefined ? {} : { answer }),
    ...(isHalted(turns, final, options.toolLimit) ? { finish: "tool-limit" } : {}),
    model: textAt(record[fields.model], fields.model),
    notes: notesOf(record, answersField, answer, options),
  };
}

/** How surely a row holds steps of this kind, under the names that the preset gives its fields. */
export function recognizes(row: JsonValue, options: StepsOptions): number {
  if (!isObject(row)) return 0;
  const fields = fieldsOf(row, options.fields);
  const [question, steps] = [row[fields.question], row[fields.steps]];
  if (typeof question !== "string" || !Array.isArray(steps)) return 0;
  if (steps.length === 0) return row[fields.final] === undefined ? 0.3 : 0.7;
  const names = [fields.tool, fields.observation];
  const known = steps.filter((step) => isObject(step) && (names.some((name) => step[name] !== undefined) || step[fields.thought] !== undefined));
  const acting = known.some((step) => names.some((name) => (step as JsonObject)[name] !== undefined));
  return known.length < steps.length ? 0.2 : acting ? 0.95 : 0.6;
}

/** All calls it was allowed, and no last words. */
function isHalted(turns: readonly RecordedTurn[], final: string, toolLimit: number): boolean {
  const calls = turns.filter((turn) => turn.role === "assistant" && turn.calls !== undefined).length;
  return final === "" && toolLimit > 0 && calls >= toolLimit;
}

/** A row that has the recording's own reading of the answer is believed, also where that says there is none; but not where the model said nothing. */
function readAnswer(record: JsonObject, final: string, { prediction }: FieldNames): string | null | undefined {
  if (final.trim() === "" || record[prediction] === undefined) return undefined;
  const read = textAt(record[prediction], prediction);
  return read === "" ? null : read;
}

function readSteps(steps: readonly JsonObject[], finishThought: string, final: string, reader: RowReader): readonly RecordedTurn[] {
  const turns: RecordedTurn[] = [];
  // Thoughts that led to no call belong to the next turn.
  let thoughts: string[] = [];
  const reasoning = (thought: string): { reasoning?: string } => {
    const all = [...thoughts, thought].filter((text) => text !== "");
    thoughts = [];
    return all.length === 0 ? {} : { reasoning: all.join("\n") };
  };
  for (const [index, step] of steps.entries()) {
    const path = `${reader.options.fields.steps}[${index}]`;
    const fields = reader.ofStep(step);
    const thought = textAt(step[fields.thought], `${path}.${fields.thought}`);
    refuseOtherCalls(step, path, fields);
    if (isThoughtAlone(step, fields)) thoughts.push(thought);
    else turns.push(...readStep(step, path, `call-${index}`, reasoning(thought), { fields, tools: reader.tools }));
  }
  const last = reasoning(finishThought);
  return final === "" && last.reasoning === undefined ? turns : [...turns, { role: "assistant", content: final, ...last }];
}

function isThoughtAlone(step: JsonObject, { tool, input, observation }: FieldNames): boolean {
  return (step[tool] ?? "") === "" && (step[input] ?? "") === "" && (step[observation] ?? undefined) === undefined;
}

/** A call and what it was answered. They stand in one step, so they share an id that no other step has. */
function readStep(
  step: JsonObject,
  path: string,
  id: string,
  reasoning: { reasoning?: string },
  { fields, tools }: { readonly fields: FieldNames; readonly tools: ToolBook },
): readonly RecordedTurn[] {
  const { tool, input, observation } = fields;
  const name = textAt(step[tool], `${path}.${tool}`);
  const call =
    name === ""
      ? { id, malformed: { raw: textOrJson(step[input]), reason: "the step names no tool" } }
      : { id, name, arguments: tools.arguments(name, step[input]) };
  const turn: RecordedAssistant = { role: "assistant", content: "", ...reasoning, calls: [call] };
  const error = step["error"] === false ? "" : textOrJson(step["error"]);
  const answered = step[observation] ?? (error === "" ? undefined : error);
  if (answered === undefined) return [turn];
  const ok = saidOk(step);
  const content = resultTextAt(answered, `${path}.${observation}`);
  return [turn, { role: "tool", callId: id, content, ...(ok === undefined ? {} : { ok }) }];
}

/** Definitions as the row has them; a name alone is described as the preset says. */
function listedTools(listed: readonly JsonValue[], { options: { fields }, tools }: StepsReader): readonly ToolDefinition[] {
  return listed.flatMap((tool) =>
    typeof tool === "string" && !tool.trimStart().startsWith("{") ? [tools.definition(tool)] : toolsAt([tool], fields.tools),
  );
}

/** What the preset says was offered, and what was called, in order of first use. */
function usedTools(turns: readonly RecordedTurn[], { options, tools }: StepsReader): readonly ToolDefinition[] {
  const passed = new Map<string, Set<string>>(options.offered.map((name) => [name, new Set()]));
  for (const { name, arguments: given = null } of turns.flatMap((turn) => (turn.role === "assistant" ? (turn.calls ?? []) : []))) {
    if (name === undefined) continue;
    const names = passed.get(name) ?? new Set();
    for (const argument of isObject(given) ? Object.keys(given) : []) names.add(argument);
    passed.set(name, names);
  }
  return [...passed].map(([name, names]) => tools.definition(name, names));
}

function readQuery(
  record: JsonObject,
  { fields, task: defaultTask }: StepsOptions,
): { readonly query: Partial<Query> & { readonly question: string }; readonly answersField: string | undefined } {
  const asked = textAt(record[fields.question], fields.question);
  if (asked.trim() === "") throw invalid(fields.question, "is missing");
  const preamble = textAt(record[fields.preamble], fields.preamble);
  // A preamble that asks the question again, in its own words, stands for both.
  const question = preamble === "" ? asked : preamble.includes(asked) ? preamble : `${asked}\n${preamble}`;
  const answersField = fields.answers ?? ANSWER_FIELDS.find((name) => (record[name] ?? undefined) !== undefined);
  const id = textAt(record[fields.questionId], fields.questionId);
  const task = textAt(record[fields.task], fields.task) || defaultTask;
  const answers = answersField === undefined ? [] : goldAt(record[answersField], answersField);
  return { query: { ...(id === "" ? {} : { id }), question, answers, ...(task === "" ? {} : { task }) }, answersField };
}

function notesOf(record: JsonObject, answersField: string | undefined, answer: string | null | undefined, options: StepsOptions): JsonObject {
  const { fields } = options;
  const placed = new Set([
    ...[fields.question, fields.preamble, fields.questionId, fields.task, fields.model, fields.steps, fields.finishThought, fields.final],
    ...[fields.system, fields.tools],
    ...(answersField === undefined ? [] : [answersField]),
    ...(typeof answer === "string" ? [fields.prediction] : []),
    ...options.leaveOut,
  ]);
  const notes: JsonObject = {};
  const tooLong: string[] = [];
  for (const [name, value] of Object.entries(record)) {
    if (placed.has(name)) continue;
    if (JSON.stringify(value).length <= LONGEST_NOTE) notes[name] = value;
    else tooLong.push(name);
  }
  return tooLong.length === 0 ? notes : { ...notes, leftOut: tooLong };
}
