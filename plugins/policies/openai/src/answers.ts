/** From a server's answer to a turn. Servers agree on the outline only, so each field is taken for what it is. */
import type { Turn, TurnRequest, Usage } from "@autotraj/core/plugin";
import { endTurn } from "./ending.ts";
import type { OpenAIPolicyOptions } from "./options.ts";
import { type Api, continuationText, wallsFor } from "./requests.ts";

/** How servers say that an answer is whole; `eos_token` and `stop_sequence` are TGI's words. One that says nothing is believed. */
const WHOLE = new Set([undefined, null, "", "stop", "length", "tool_calls", "function_call", "eos", "eos_token", "stop_sequence"]);

/** A 200 that holds no answer. Worth another try. */
export class InvalidAnswer extends Error {
  /** The body, as far as it was read. */
  readonly body: string;

  constructor(reason: string, body: unknown) {
    super(reason);
    this.body = textOf(body);
  }
}

/** An answer that the server itself says is not whole (`error`, `content_filter`, `abort`, a word we do not know): its text is never a turn. */
export class BrokenAnswer extends Error {
  readonly filtered: boolean;
  /** What the server says besides; empty where that is nothing. */
  readonly words: string;

  constructor(finish: unknown, words: unknown) {
    super(`finish_reason ${JSON.stringify(finish)}`);
    this.filtered = finish === "content_filter";
    this.words = words === undefined ? "" : textOf(words);
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws InvalidAnswer, BrokenAnswer */
export function readTurn(answer: unknown, request: TurnRequest, api: Api, options: OpenAIPolicyOptions): Turn {
  const choice = firstChoice(answer);
  const finish = choice["finish_reason"];
  if (!WHOLE.has(finish as string)) throw new BrokenAnswer(finish, whyBroken(choice, fields(answer)));
  const message = api === "chat" ? fields(choice["message"]) : undefined;
  const content = api === "chat" ? message?.["content"] : choice["text"];
  if (api === "chat" ? message === undefined : typeof content !== "string")
    throw new InvalidAnswer(`its first choice has no ${api === "chat" ? "message" : "text"}`, answer);
  const toolCalls = message === undefined ? [] : readToolCalls(message["tool_calls"]);
  const reasoning = message?.["reasoning_content"] ?? message?.["reasoning"];
  if (!content && toolCalls.length === 0 && typeof reasoning === "string" && reasoning !== "" && finish !== "length")
    throw new InvalidAnswer("it holds thinking only, no content (a reasoning parser that takes the whole text?)", answer);
  const ending = endTurn(
    {
      text: withoutEcho(typeof content === "string" ? content : "", request),
      stopped: finish !== "length",
      stoppedBy: stoppedBy(fields(answer), choice),
      before: lastModelText(request),
    },
    request.stop,
    wallsFor(request, api, options),
  );
  return {
    text: ending.text,
    ...(typeof reasoning === "string" && reasoning !== "" ? { reasoning } : {}),
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
    finish: toolCalls.length > 0 ? "tool-calls" : ending.stopped ? "stop" : "length",
    usage: readUsage(fields(answer)?.["usage"]),
  };
}

function firstChoice(answer: unknown): Fields {
  const choices = fields(answer)?.["choices"];
  const choice = Array.isArray(choices) ? fields(choices[0]) : undefined;
  if (choice !== undefined) return choice;
  throw new InvalidAnswer(fields(answer)?.["error"] === undefined ? "it has no choices" : "an error inside a 200", answer);
}

/** What the server says besides: OpenRouter's `error`, Azure's `content_filter_results`, the provider's own word. */
function whyBroken(choice: Fields, answer: Fields | undefined): unknown {
  return choice["error"] ?? answer?.["error"] ?? choice["content_filter_results"] ?? choice["native_finish_reason"] ?? undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * vLLM: `stop_reason` (null: end of text). SGLang: `matched_stop`. llama.cpp: `stopping_word`, inside `__verbose` when asked for by
 * `extraBody: { verbose: true, response_fields: [stopping_word] }` ("": end of text).
 */
function stoppedBy(answer: Fields | undefined, choice: Fields): string | null | undefined {
  const named = choice["stop_reason"] !== undefined ? choice["stop_reason"] : (choice["matched_stop"] ?? stoppingWord(answer));
  if (named === undefined) return undefined;
  return typeof named === "string" && named !== "" ? named : null;
}

function stoppingWord(answer: Fields | undefined): unknown {
  return answer?.["stopping_word"] ?? fields(answer?.["__verbose"])?.["stopping_word"];
}

/** llama.cpp repeats the assistant message that it went on from. */
function withoutEcho(text: string, request: TurnRequest): string {
  const prefix = continuationText(request.continuation);
  return prefix !== "" && text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function lastModelText({ continuation }: TurnRequest): string {
  const last = continuation.at(-1);
  return last?.by === "model" ? last.text : "";
}

function readToolCalls(value: unknown): NonNullable<Turn["toolCalls"]> {
  if (!Array.isArray(value)) return [];
  return value.map((entry: unknown) => {
    const call = fields(entry);
    const called = fields(call?.["function"]);
    const args = called?.["arguments"];
    return {
      id: asText(call?.["id"]),
      name: asText(called?.["name"]),
      // Some servers parse the arguments themselves.
      arguments: typeof args === "string" ? args : args === undefined || args === null ? "" : JSON.stringify(args),
    };
  });
}

function readUsage(value: unknown): Usage {
  const usage = fields(value);
  const cached = fields(usage?.["prompt_tokens_details"])?.["cached_tokens"] ?? usage?.["prompt_cache_hit_tokens"];
  return { promptTokens: asCount(usage?.["prompt_tokens"]), cachedTokens: asCount(cached), completionTokens: asCount(usage?.["completion_tokens"]) };
}

function fields(value: unknown): Fields | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : undefined;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function asCount(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}
