/** Turns ReAct text into conversations: one for each `Question:` of a log, one for a prompt with its completion. */
import type { JsonObject, JsonValue, Query, RecordedCall, RecordedConversation, RecordedTurn, ToolDefinition } from "@autotraj/core/plugin";
import { invalid, isObject, objectAt, queryOf, textAt, toolsAt } from "@autotraj/core/rows";
import { hasRun, questionStarts, startsRun, stretches, unixLines } from "./labels.ts";
import { type Asked, asked, askedAs } from "./question.ts";
import { type ReactReader, readRun } from "./run.ts";

/** Characters that are kept in the notes of what stands before a log's first episode, and of what follows a final answer. */
export const LONGEST_NOTE = 4096;
const TEXTS = ["text", "log"] as const;
const TOOLS = ["tools", "functions", "available_tools"] as const;
/** Looked at to tell what a row is. */
const BEGINNING = 20_000;

interface Episode {
  /** What the model was told before the question. */
  readonly system: string;
  readonly text: string;
  /** The question where the row says it apart from the model's words. */
  readonly question?: string;
  /** What a log has before its first episode: nobody says that it was said to the model. */
  readonly before?: string;
  /** Where it stands in the row. */
  readonly path: string;
}

/** A whole text file as rows: one for each episode. */
export function splitEpisodes(text: string): readonly JsonValue[] {
  const unified = unixLines(text);
  const starts = questionStarts(unified);
  if (unified.trim() === "") return [];
  // Without a question it is refused by name; with one, it is read as a row of its text would be.
  if (starts.length < 2) return [unified];
  const before = unified.slice(0, starts[0]).trim();
  const episodes = starts.map((start, index) => unified.slice(start, starts[index + 1]).trimEnd());
  return episodes.map((episode, index) => (index === 0 && before !== "" ? { text: episode, before } : episode));
}

/** @throws PluginError naming the place inside the row. */
export function readRow(row: JsonValue, reader: ReactReader): readonly RecordedConversation[] {
  const record: JsonObject = typeof row === "string" ? { text: row } : objectAt(row, "");
  const tools = toolsOf(record);
  const episodes = episodesOf(record);
  return episodes.map((episode) => readEpisode(record, episode, tools, reader, episodes.length === 1));
}

/** How surely a row is ReAct text: a text with the labels of a run, and a question before it or beside it. */
export function recognizes(row: JsonValue): number {
  const record = typeof row === "string" ? { text: row } : row;
  if (!isObject(record)) return 0;
  const field = TEXTS.find((name) => typeof record[name] === "string");
  const [before, written] = field === undefined ? [record["prompt"], record["completion"]] : ["", record[field]];
  if (typeof before !== "string" || typeof written !== "string") return 0;
  const text = unixLines(`${before.slice(-BEGINNING)}\n${written.slice(0, BEGINNING)}`);
  if (!hasRun(text)) return 0;
  return questionStarts(text).length > 0 || typeof record["question"] === "string" ? 0.95 : 0.6;
}

function episodesOf(record: JsonObject): readonly Episode[] {
  const beside = textAt(record["question"], "question");
  const field = TEXTS.find((name) => (record[name] ?? null) !== null);
  if (field !== undefined) {
    const text = unixLines(textAt(record[field], field));
    const starts = questionStarts(text);
    if (starts.length === 0) return [{ system: "", text: `${askedBeside(beside, field)}${text}`, question: beside, path: field }];
    const last = text.slice(starts.at(-1));
    // Where the row says which question was asked, those before it are worked examples.
    if (starts.length === 1 || asks(last, beside))
      return [{ system: text.slice(0, starts.at(-1)).trim(), text: last, question: beside, path: field }];
    const before = text.slice(0, starts[0]).trim();
    return starts.map((start, index) => ({
      system: "",
      text: text.slice(start, starts[index + 1]),
      ...(index === 0 && before !== "" ? { before } : {}),
      path: `${field}, episode ${index},`,
    }));
  }
  if (record["prompt"] === undefined && record["completion"] === undefined)
    throw invalid("text", "is missing; expected text, log, or prompt and completion");
  return [promptedEpisode(record, beside)];
}

/** Earlier questions of a prompt are its worked examples; a question in the completion is the model's own. */
function promptedEpisode(record: JsonObject, beside: string): Episode {
  const prompt = unixLines(textAt(record["prompt"], "prompt"));
  const written = unixLines(textAt(record["completion"], "completion"));
  const start = questionStarts(prompt).at(-1);
  const completion = written.slice(0, questionStarts(written)[0]);
  const request = start === undefined ? askedBeside(beside, "prompt") : prompt.slice(start);
  const [question, ...begun] = stretches(request);
  // A prompt may end within a run (`Thought:`), which the completion goes on with.
  const isApart = begun.length === 0 || startsRun(completion);
  const joint = request.endsWith("\n") || completion.startsWith("\n") || !isApart ? "" : "\n";
  return {
    system: (start === undefined ? prompt : prompt.slice(0, start)).trim(),
    text: `${request}${joint}${completion}`,
    question: question?.text ?? "",
    path: "completion",
  };
}

function asks(episode: string, question: string): boolean {
  return question !== "" && askedAs(question, stretches(episode)[0]?.text ?? "") !== undefined;
}

/** For texts without the label: the row's own question. */
function askedBeside(question: string, field: string): string {
  if (question === "") throw invalid(field, 'has no line that begins with "Question:", and there is no question beside it');
  return `Question: ${question}\n`;
}

function readEpisode(
  record: JsonObject,
  episode: Episode,
  tools: readonly ToolDefinition[],
  reader: ReactReader,
  isOnly: boolean,
): RecordedConversation {
  const { system, path } = episode;
  const [first, ...parts] = stretches(episode.text);
  const [next] = parts;
  if (first === undefined || first.text.trim() === "") throw invalid(path, "has an empty question");
  if (next === undefined) throw invalid(path, "has no Thought, Action or Final Answer after its question");
  const { question, words }: Asked = askedAs(episode.question ?? "", first.text) ?? asked(first.text, next.label);
  const { turns, calls, ending } = readRun(
    words,
    parts,
    tools.map(({ name }) => name),
    reader,
  );
  const before = episode.before ?? textAt(record["before"], "before");
  const start: RecordedTurn[] = [...(system === "" ? [] : [{ role: "system" as const, content: system }]), { role: "user", content: question }];
  return {
    turns: [...start, ...turns],
    query: { ...ownQuery(record, reader.task, isOnly), question },
    ...(tools.length > 0 ? { tools } : { tools: toolsSeen(calls), toolsFromCalls: true }),
    model: textAt(record["model"], "model"),
    notes: {
      ...(before === "" ? {} : { before: before.slice(0, LONGEST_NOTE) }),
      ...(ending === "" ? {} : { ending: ending.slice(0, LONGEST_NOTE) }),
    },
  };
}

/** An id that a row gives to several questions is none of theirs. */
function ownQuery(record: JsonObject, defaultTask: string, isOnly: boolean): Partial<Query> {
  const { id, ...query } = queryOf(record);
  return { ...(defaultTask === "" ? {} : { task: defaultTask }), ...query, ...(id === undefined || !isOnly ? {} : { id }) };
}

function toolsOf(record: JsonObject): readonly ToolDefinition[] {
  return TOOLS.map((name) => toolsAt(record[name], name)).find((tools) => tools.length > 0) ?? [];
}

/** A log without a list says of its tools how they were called, and no more. */
function toolsSeen(calls: readonly RecordedCall[]): readonly ToolDefinition[] {
  const used = new Map<string, Set<string>>();
  for (const { name, arguments: args } of calls)
    if (name !== undefined && isObject(args)) used.set(name, new Set([...(used.get(name) ?? []), ...Object.keys(args)]));
  return [...used].map(([name, args]) => {
    const [argument, ...others] = args;
    if (argument === undefined || others.length > 0) {
      return { name, description: "", parameters: { type: "object", properties: Object.fromEntries([...args].map((one) => [one, {}])) } };
    }
    return { name, description: "", parameters: { type: "object", properties: { [argument]: { type: "string" } } }, ...tagOf(name, argument) };
  });
}

/** As the tag dialect writes a call of a tool it knows nothing of. */
function tagOf(name: string, argument: string): Pick<ToolDefinition, "tag"> {
  const tag = argument === "code" ? "code" : name;
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(tag) && !["think", "result", "answer"].includes(tag) ? { tag: { name: tag, argument } } : {};
}
