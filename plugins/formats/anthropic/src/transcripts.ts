/**
 * Claude Code transcripts as whole conversations. A file is a tree of lines: its branches are sub-agents, turns that were taken back, and contexts begun
 * anew after a compaction. Every end of a branch is one conversation: what the model had before it when it wrote its last turn, and no more.
 */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, scalarText } from "@autotraj/core/rows";
import { mergedBlocks } from "./blocks-of-a-stream.ts";
import { isMessageEvent, isOtherEvent, isSynthetic, sessionOf, threadOf, withQueuedWords } from "./events.ts";

/** Rows that are no lines of a transcript stay what they are. */
export function gatherTranscripts(rows: readonly JsonValue[]): readonly JsonValue[] {
  const events = rows.map(withQueuedWords);
  if (!events.some(isMessageEvent)) return rows;
  const isLine = (row: JsonValue): row is JsonObject => isMessageEvent(row) || isOtherEvent(row);
  return [...events.filter((row) => !isLine(row)), ...new Transcript(events.filter(isLine)).conversations()];
}

/** A turn: all lines of one message of the model with the results of its calls, or one message of the user. */
interface Step {
  lines: JsonObject[];
  readonly isModel: boolean;
  parent: Step | undefined;
  /** The model wrote something further down. */
  continued: boolean;
  hasChildren: boolean;
}

class Transcript {
  readonly #lines: readonly JsonObject[];
  readonly #byUuid = new Map<string, JsonObject>();
  /** The line before, in the order of the file, of the same conversation or sub-agent. */
  readonly #before = new Map<JsonObject, JsonObject>();
  readonly #steps = new Map<JsonObject, Step>();
  /** By thread, what `stream-json` says at its start of the tools, and at its end of why it stopped. */
  readonly #facts = new Map<string, JsonObject>();
  #isShuffled = false;

  constructor(lines: readonly JsonObject[]) {
    this.#lines = this.#withoutCopies(inTime(lines));
    const last = new Map<string, JsonObject>();
    for (const line of this.#lines) {
      const thread = threadOf(line);
      const before = last.get(thread);
      if (before !== undefined) this.#before.set(line, before);
      if (isMessageEvent(line)) last.set(thread, line);
      else this.#facts.set(thread, { ...this.#facts.get(thread), ...factsIn(line) });
    }
  }

  conversations(): readonly JsonValue[] {
    const steps = this.#makeSteps();
    const places = new Map(steps.map((step, place) => [step, place]));
    for (const step of steps) this.#link(step, places);
    for (const step of steps) {
      step.lines = this.#inOrder(step.lines);
      if (!step.isModel) continue;
      for (let at = step.parent; at !== undefined && !at.continued; at = at.parent) at.continued = true;
    }
    const told = new Set<Step>();
    const hasModel = steps.some(({ isModel }) => isModel);
    return steps.flatMap((step) => {
      if (step.hasChildren) return [];
      const path = [...ancestors(step).reverse(), step];
      const last = path.findLast(({ isModel }) => isModel);
      // Words that nobody answered: taken back by the user, or a command to the program. What was said before them is told elsewhere.
      if (last === undefined ? hasModel : last !== step && (last.continued || told.has(last))) return [];
      if (last !== undefined) told.add(last);
      return [this.#conversation(path)];
    });
  }

  /** A resumed session copies what was said before, under the same ids. */
  #withoutCopies(lines: readonly JsonObject[]): readonly JsonObject[] {
    return lines.filter((line) => {
      const uuid = scalarText(line["uuid"]);
      if (uuid === undefined) return true;
      if (this.#byUuid.has(uuid)) return false;
      this.#byUuid.set(uuid, line);
      return true;
    });
  }

  #makeSteps(): readonly Step[] {
    const steps: Step[] = [];
    const add = (line: JsonObject, known: Step | undefined, isModel: boolean) => {
      const step = known ?? { lines: [], isModel, parent: undefined, continued: false, hasChildren: false };
      if (known === undefined) steps.push(step);
      step.lines.push(line);
      this.#steps.set(line, step);
      return step;
    };
    const messages = this.#lines.filter(isMessageEvent);
    const byMessage = new Map<string, Step>();
    const byCall = new Map<string, Set<Step>>();
    for (const line of messages.filter(({ type }) => type === "assistant")) {
      const id = scalarText(messageOf(line)["id"]);
      const key = id === undefined ? undefined : JSON.stringify([threadOf(line), id]);
      const step = add(line, byMessage.get(key ?? "") ?? this.#begunBy(line), !isSynthetic(line));
      if (key !== undefined) byMessage.set(key, step);
      for (const call of callKeys(line, "id")) byCall.set(call, (byCall.get(call) ?? new Set()).add(step));
    }
    for (const line of messages.filter(({ type }) => type === "user")) {
      const callers = callKeys(line, "tool_use_id").flatMap((call) => [...(byCall.get(call) ?? [])]);
      add(line, callers.length > 1 ? this.#nearest(line, new Set(callers)) : callers[0], false);
    }
    const place = new Map(this.#lines.map((line, index) => [line, index]));
    return steps.sort((a, b) => (place.get(a.lines[0] as JsonObject) as number) - (place.get(b.lines[0] as JsonObject) as number));
  }

  /** What follows right after a call, before its result, is of the same turn, whatever its id. */
  #begunBy(line: JsonObject): Step | undefined {
    const parent = this.#byUuid.get(scalarText(line["parentUuid"]) ?? "");
    const isCall = parent !== undefined && parent["type"] === "assistant" && idsIn(parent, "id").length > 0;
    return isCall && threadOf(parent) === threadOf(line) && !isSynthetic(line) ? this.#steps.get(parent) : undefined;
  }

  /** The last of these steps before a line: some logs use an id for a call again. */
  #nearest(line: JsonObject, steps: ReadonlySet<Step>): Step | undefined {
    const way = new Set([line]);
    for (let at = this.#lineBefore(line); at !== undefined && !way.has(at); at = this.#lineBefore(at)) {
      const step = this.#steps.get(at);
      if (step !== undefined && steps.has(step)) return step;
      way.add(at);
    }
    return [...steps][0];
  }

  /** To the step that its first line follows; never to one that follows it. */
  #link(step: Step, places: ReadonlyMap<Step, number>): void {
    for (const line of step.lines) {
      const parent = this.#stepBefore(line);
      if (parent === undefined || parent === step) continue;
      // Without a link to something later there can be no circle.
      this.#isShuffled ||= (places.get(parent) as number) > (places.get(step) as number);
      if (this.#isShuffled && ancestors(parent).includes(step)) continue;
      step.parent = parent;
      parent.hasChildren = true;
      return;
    }
  }

  /** Lines that are no messages stand between messages: the way leads through them. */
  #stepBefore(line: JsonObject): Step | undefined {
    const seen = new Set<JsonObject>();
    for (let at: JsonObject | undefined = this.#lineBefore(line); at !== undefined && !seen.has(at); at = this.#lineBefore(at)) {
      seen.add(at);
      if (threadOf(at) !== threadOf(line) && (at["isSidechain"] === true) !== (line["isSidechain"] === true)) return undefined;
      const step = this.#steps.get(at);
      if (step !== undefined) return step;
    }
    return undefined;
  }

  /** A line of a step after the one that it follows. */
  #inOrder(lines: readonly JsonObject[]): JsonObject[] {
    const left = new Set(lines);
    const ordered: JsonObject[] = [];
    for (const line of lines) {
      const way: JsonObject[] = [];
      for (let at: JsonObject | undefined = line; at !== undefined && left.delete(at); at = this.#lineBefore(at)) way.push(at);
      ordered.push(...way.reverse());
    }
    return ordered;
  }

  #lineBefore(line: JsonObject): JsonObject | undefined {
    const parent = line["parentUuid"];
    const known = typeof parent === "string" ? this.#byUuid.get(parent) : undefined;
    if (known !== undefined) return known;
    // What the user says, or a compaction, may begin anew; an answer or a result follows something.
    const begins = parent === null && line["type"] !== "assistant" && idsIn(line, "tool_use_id").length === 0;
    return begins ? undefined : this.#before.get(line);
  }

  #conversation(path: readonly Step[]): JsonValue {
    const lines = path.flatMap((step) => step.lines);
    const first = lines[0] as JsonObject;
    const apiErrors = path.flatMap(({ lines: own }) => own.filter(({ isApiErrorMessage }) => isApiErrorMessage === true)).map(textOf);
    const agent = scalarText(first["agentId"]) ?? scalarText(first["parent_tool_use_id"]);
    return {
      sessionId: sessionOf(lines.at(-1) as JsonObject),
      ...(agent === undefined ? {} : { agentId: agent }),
      ...this.#facts.get(threadOf(first)),
      ...(apiErrors.length === 0 ? {} : { apiErrors }),
      messages: path.flatMap(messagesOf),
    };
  }
}

/** From its parent up to the root. */
function ancestors(step: Step): Step[] {
  const found: Step[] = [];
  for (let at = step.parent; at !== undefined; at = at.parent) found.push(at);
  return found;
}

/** A file is in order as it was written; one put together of several need not be. */
function inTime(lines: readonly JsonObject[]): readonly JsonObject[] {
  const times = new Map(lines.map((line) => [line, Date.parse(scalarText(line["timestamp"]) ?? "")]));
  if ([...times].some(([line, time]) => isMessageEvent(line) && Number.isNaN(time))) return lines;
  let last = 0;
  for (const line of lines) {
    const time = times.get(line) as number;
    if (Number.isNaN(time)) times.set(line, last);
    else last = time;
  }
  return [...lines].sort((a, b) => (times.get(a) as number) - (times.get(b) as number));
}

function factsIn({ type, subtype, tools }: JsonObject): JsonObject {
  if (type === "system" && subtype === "init" && Array.isArray(tools))
    return { tools: tools.map((tool) => (typeof tool === "string" ? { name: tool } : tool)) };
  return type === "result" && typeof subtype === "string" && subtype !== "success" ? { stopped: subtype } : {};
}

function messageOf(line: JsonObject): JsonObject {
  const { message } = line;
  return isObject(message) ? message : {};
}

function idsIn(line: JsonObject, name: "id" | "tool_use_id"): readonly string[] {
  const { content } = messageOf(line);
  if (!Array.isArray(content)) return [];
  return content.flatMap((block) => (isObject(block) ? (scalarText(block[name]) ?? []) : []));
}

/** The calls that a line makes or answers, told apart from those of other threads. */
function callKeys(line: JsonObject, name: "id" | "tool_use_id"): readonly string[] {
  return idsIn(line, name).map((id) => JSON.stringify([threadOf(line), id]));
}

function textOf(line: JsonObject): string {
  const { content } = messageOf(line);
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.flatMap((block) => (isObject(block) ? (scalarText(block["text"]) ?? []) : [])).join("") : "";
}

/** The model's blocks as one message, then what came back. */
function messagesOf({ lines, isModel }: Step): readonly JsonObject[] {
  const own = lines.filter(({ type }) => type === "assistant");
  const others = lines.filter(({ type }) => type !== "assistant");
  const back = others.map((line) => ({
    ...messageOf(line),
    role: "user",
    ...(line["isMeta"] === true ? { isMeta: true } : {}),
  }));
  if (!isModel || own.length === 0) return back;
  const pieces = Map.groupBy(own, (line) => scalarText(messageOf(line)["id"]) ?? line);
  const content = [...pieces.values()].flatMap((lines) => mergedBlocks(lines.map((line) => messageOf(line)["content"] ?? [])));
  const stopped = own.findLast((line) => (messageOf(line)["stop_reason"] ?? null) !== null);
  const { stop_reason: _stop, ...message } = messageOf(own[0] as JsonObject);
  return [
    { ...message, role: "assistant", content, ...(stopped === undefined ? {} : { stop_reason: messageOf(stopped)["stop_reason"] ?? null }) },
    ...back,
  ];
}
