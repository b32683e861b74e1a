/** Reads the steps of a document as turns: an agent's step is a turn and the results of its calls. */
import type { JsonObject, JsonValue, RecordedAssistant, RecordedCall, RecordedTurn } from "@autotraj/core/plugin";
import { invalid, isObject, joinedThoughts, listAt, objectAt, reasoningBeside, saidOk, saidUnder, scalarText, textAt } from "@autotraj/core/rows";
import { Parts, pageIn } from "./parts.ts";

/** Sampled text is found in the documents of AutoTraj alone: in those of others, a field of its name may be anything. */
export type Writer = "AutoTraj" | "another agent";

/** What an agent's step may hold in place of words. */
const INSTEAD = ["observation", "reasoning_content", "reasoning", "thinking"] as const;

export class StepReader {
  readonly turns: RecordedTurn[] = [];
  readonly #parts = new Parts();
  readonly #writer: Writer;
  readonly #usedIds = new Set<string>();
  /** How many calls of the last agent's step have no result yet: what comes back in the steps after it answers them. */
  #open = 0;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** What is not read in it. */
  get faults(): readonly string[] {
    return this.#parts.faults;
  }

  /** @throws PluginError naming the path inside the document */
  add(step: JsonObject, path: string): void {
    const observation = step["observation"] ?? null;
    const results = observation === null ? [] : this.#resultsIn(observation, `${path}.observation`);
    if (step["source"] === "agent") {
      this.#addTurn(step, results, path);
      return;
    }
    const { source } = step;
    if (source !== "system" && source !== "user") {
      throw invalid(`${path}.source`, `is ${JSON.stringify(source ?? null)}; expected system, user or agent`);
    }
    const content = this.#parts.text(observation === null ? saidUnder(step, ["message"], path) : step["message"], `${path}.message`);
    // A system step without words carries results alone.
    if (source === "user" || content !== "" || observation === null) this.turns.push({ role: source, content });
    this.#addResults(results, new Map());
  }

  #addTurn(step: JsonObject, results: readonly Result[], path: string): void {
    const calls = listAt(step["tool_calls"], `${path}.tool_calls`).map((call, index) => readCall(call, `${path}.tool_calls[${index}]`));
    const ids = this.#idsOf(calls, path);
    const named = calls.map(({ id, ...call }) => (id === undefined ? call : { id: ids.get(id) as string, ...call }));
    const turn = this.#readTurn(step, named, path);
    // An agent's step without words, thoughts or calls carries results alone.
    const isEmpty = turn.content === "" && calls.length === 0 && (turn.reasoning ?? "") === "" && results.length > 0;
    if (!isEmpty) {
      this.turns.push(turn);
      this.#open = calls.length;
    }
    this.#addResults(results, ids);
  }

  #readTurn(step: JsonObject, calls: readonly RecordedCall[], path: string): RecordedAssistant {
    if (calls.length === 0 && !INSTEAD.some((name) => (step[name] ?? null) !== null)) saidUnder(step, ["message"], path);
    const { metrics, extra, is_copied_context: copied, llm_call_count: llmCalls } = step;
    const { text: content, reasoning: inside, refusal } = this.#parts.said(step["message"], `${path}.message`);
    const reasoning = joinedThoughts(reasoningBeside(step, path), inside);
    const tokens = isObject(metrics) ? metrics["completion_token_ids"] : undefined;
    const text = this.#writer === "AutoTraj" && isObject(extra) ? extra["text"] : undefined;
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

  /** Ids hold within a step, and many agents count from 1 in each: a repeated one gets its step's place. */
  #idsOf(calls: readonly RecordedCall[], path: string): ReadonlyMap<string, string> {
    const own = new Set(calls.flatMap(({ id }) => (id === undefined ? [] : [id])));
    const ids = new Map([...own].map((id) => [id, this.#usedIds.has(id) ? `${id}@${path}` : id]));
    for (const id of own) this.#usedIds.add(id);
    return ids;
  }

  #resultsIn(observation: JsonValue, path: string): readonly Result[] {
    return listAt(objectAt(observation, path)["results"], `${path}.results`).map((value, index) => {
      const place = `${path}.results[${index}]`;
      const result = objectAt(value, place);
      const extra = isObject(result["extra"]) ? result["extra"] : {};
      const content = this.#parts.text(result["content"], `${place}.content`) || pageIn(extra);
      return { id: scalarText(result["source_call_id"] ?? extra["tool_call_id"]), content, extra };
    });
  }

  /** `ids`: of the calls of the results' own step. What comes back where nothing was called is what the agent was told next. */
  #addResults(results: readonly Result[], ids: ReadonlyMap<string, string>): void {
    const areAnswers = this.#open > 0;
    for (const { id, content, extra } of results) {
      if (id === undefined && !areAnswers) this.turns.push({ role: "user", content });
      else this.turns.push(resultTurn(id === undefined ? undefined : (ids.get(id) ?? id), content, extra));
    }
    this.#open = Math.max(0, this.#open - results.length);
  }
}

interface Result {
  readonly id: string | undefined;
  readonly content: string;
  readonly extra: JsonObject;
}

function resultTurn(callId: string | undefined, content: string, extra: JsonObject): RecordedTurn {
  const { name, durationMs, isolation } = extra;
  const ok = saidOk(extra);
  return {
    role: "tool",
    ...(callId === undefined ? {} : { callId }),
    ...(typeof name === "string" ? { name } : {}),
    content,
    ...(ok === undefined ? {} : { ok }),
    ...(typeof durationMs === "number" ? { durationMs } : {}),
    ...(typeof isolation === "string" ? { isolation } : {}),
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
