/** Reads the steps of a document as turns: an agent's step is a turn and the results of its calls. */
import type { JsonObject, JsonValue, RecordedAssistant, RecordedCall, RecordedTurn } from "@autotraj/core/plugin";
import {
  contentOf,
  invalid,
  isObject,
  listAt,
  objectAt,
  plainTextOf,
  reasoningBeside,
  scalarText,
  textAt,
  unreadablePart,
} from "@autotraj/core/rows";

/** Sampled text is found in the documents of AutoTraj alone: in those of others, a field of its name may be anything. */
export type Writer = "AutoTraj" | "another agent";

export class StepReader {
  readonly turns: RecordedTurn[] = [];
  readonly #writer: Writer;
  readonly #usedIds = new Set<string>();
  /** True after an agent's step whose calls no result of its own answers: what comes back next does. */
  #awaiting = false;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** @throws PluginError naming the path inside the document */
  add(step: JsonObject, path: string): void {
    const observation = step["observation"] ?? null;
    const results = observation === null ? [] : resultsIn(observation, `${path}.observation`);
    if (step["source"] === "agent") {
      this.#addTurn(step, results, path);
      return;
    }
    const { source } = step;
    if (source !== "system" && source !== "user") {
      throw invalid(`${path}.source`, `is ${JSON.stringify(source ?? null)}; expected system, user or agent`);
    }
    const content = plainTextOf(step["message"], `${path}.message`);
    // A system step without words carries results alone.
    if (source === "user" || content !== "" || observation === null) this.turns.push({ role: source, content });
    for (const result of results) this.#addResult(result, new Map());
  }

  #addTurn(step: JsonObject, results: readonly Result[], path: string): void {
    const calls = listAt(step["tool_calls"], `${path}.tool_calls`).map((call, index) => readCall(call, `${path}.tool_calls[${index}]`));
    const ids = this.#idsOf(calls, path);
    const named = calls.map(({ id, ...call }) => (id === undefined ? call : { id: ids.get(id) as string, ...call }));
    this.turns.push(readTurn(step, named, this.#writer, path));
    this.#awaiting = calls.length > 0;
    for (const result of results) this.#addResult(result, ids);
    this.#awaiting &&= results.length === 0;
  }

  /** Ids hold within a step, and many agents count from 1 in each: a repeated one gets its step's place. */
  #idsOf(calls: readonly RecordedCall[], path: string): ReadonlyMap<string, string> {
    const own = new Set(calls.flatMap(({ id }) => (id === undefined ? [] : [id])));
    const ids = new Map([...own].map((id) => [id, this.#usedIds.has(id) ? `${id}@${path}` : id]));
    for (const id of own) this.#usedIds.add(id);
    return ids;
  }

  #addResult({ id, content, extra }: Result, ids: ReadonlyMap<string, string>): void {
    // What comes back where nothing was called is what the agent was told next.
    if (id === undefined && !this.#awaiting) this.turns.push({ role: "user", content });
    else this.turns.push(resultTurn(id === undefined ? undefined : (ids.get(id) ?? id), content, extra));
  }
}

interface Result {
  readonly id: string | undefined;
  readonly content: string;
  readonly extra: JsonObject;
}

function resultsIn(observation: JsonValue, path: string): readonly Result[] {
  return listAt(objectAt(observation, path)["results"], `${path}.results`).map((value, index) => {
    const place = `${path}.results[${index}]`;
    const result = objectAt(value, place);
    const extra = isObject(result["extra"]) ? result["extra"] : {};
    return { id: scalarText(result["source_call_id"] ?? extra["tool_call_id"]), content: plainTextOf(result["content"], `${place}.content`), extra };
  });
}

function resultTurn(callId: string | undefined, content: string, { name, ok, is_error, durationMs, isolation }: JsonObject): RecordedTurn {
  return {
    role: "tool",
    ...(callId === undefined ? {} : { callId }),
    ...(typeof name === "string" ? { name } : {}),
    content,
    ...(ok === false || is_error === true ? { ok: false } : {}),
    ...(ok === true || is_error === false ? { ok: true } : {}),
    ...(typeof durationMs === "number" ? { durationMs } : {}),
    ...(typeof isolation === "string" ? { isolation } : {}),
  };
}

function readTurn(step: JsonObject, calls: readonly RecordedCall[], writer: Writer, path: string): RecordedAssistant {
  const { metrics, extra, is_copied_context: copied, llm_call_count: llmCalls } = step;
  const { text: content, reasoning: inside, refusal, others } = contentOf(step["message"], `${path}.message`);
  const [other] = others;
  if (other !== undefined) throw unreadablePart(other);
  const reasoning = [reasoningBeside(step, path), inside].filter((one) => one !== "").join("\n");
  const tokens = isObject(metrics) ? metrics["completion_token_ids"] : undefined;
  const text = writer === "AutoTraj" && isObject(extra) ? extra["text"] : undefined;
  return {
    role: "assistant",
    content,
    ...(typeof step["reasoning_content"] === "string" || reasoning !== "" ? { reasoning } : {}),
    ...(refusal === "" ? {} : { refusal }),
    ...(calls.length > 0 ? { calls } : {}),
    ...(typeof text === "string" ? { text } : {}),
    ...(Array.isArray(tokens) ? { tokens: tokens as number[] } : {}),
    // Neither what was copied from another trajectory nor what no model wrote is to be learnt.
    ...(copied === true || llmCalls === 0 ? { train: false } : {}),
  };
}

function readCall(value: JsonValue, path: string): RecordedCall {
  const call = objectAt(value, path);
  const { malformed } = isObject(call["extra"]) ? call["extra"] : {};
  const id = scalarText(call["tool_call_id"]);
  const name = textAt(call["function_name"], `${path}.function_name`);
  return {
    ...(id === undefined ? {} : { id }),
    ...(name === "" ? {} : { name }),
    arguments: call["arguments"] ?? {},
    ...(isObject(malformed) ? { malformed: malformed as { raw: string; reason: string } } : {}),
  };
}
