/** What an HTTP status other than 2xx means: for the request, for the run, and for the form in which the server wants to be asked. */
import { PluginError } from "@autotraj/core/plugin";
import { quote } from "@autotraj/http-attempts/quote";
import { readRetryAfter } from "@autotraj/http-attempts/retry-after";
import type { APIError } from "openai/core/error";
import type { Failure, FailureContext } from "./failed-attempt.ts";

const NOT_FOUND_HINT = "Check `model`, and that `baseURL` is the API root (it mostly ends in /v1) of a server that has this endpoint.";
const CHAT_HINT = "Set `api: auto` or `api: chat`: this server seems to have no /completions. Otherwise check `baseURL`, which mostly ends in /v1.";
export const FILTERED_HINT =
  "The provider's filter holds back this question or its answer, and does so again when asked again: leave the question out, or use a server without it.";

/** 529: "overloaded" at some providers. */
const TOO_MUCH = new Set([429, 503, 529]);
const LATE = new Set([408, 502, 504]);

const CONTEXT = /context|exceed_context|maximum.*length/i;
const FILTERED = /content.?(filter|management|policy)|moderation|flagged/i;
const UNKNOWN_MODEL = /model_not_found|model.{0,80}(not exist|not found|not a valid)|invalid model/is;
const CHAT_ONLY = /chat\/completions|chat model|completions api is only|not support (the )?completions/i;
const PARAMETER = /unsupported|not supported|unrecognized|unknown (parameter|field|argument)|extra.?(inputs|forbidden)|not permitted|unexpected/i;

/** How to do without a parameter that a server refuses. */
const WITHOUT: Readonly<Record<string, string>> = {
  seed: "Set `seed: omit`.",
  stop: "Set `maxStops: 0`: turns are then cut here.",
  top_k: "Set `rollout.topK: 0`, or `extraBody: { top_k: null }`.",
  tools: "Write in the `tags` dialect (`rollout.dialect`), or serve the model with its tool parser.",
};

export function readRefusal(thrown: APIError, status: number, context: FailureContext): Failure {
  const words = thrown.message.replace(/^\d{3} /, "");
  const said = `${thrown.code ?? thrown.type ?? ""} ${words}`;
  const message = `${context.what} answered ${status}: ${quote(words, context.secrets)}`;
  const takes = otherForm(thrown, status, said, context);
  const failed = (code: string, hint: string, endsRun: boolean): Failure => ({
    error: new PluginError(code, message, { hint, endsRun }),
    retry: false,
    overloaded: false,
    away: false,
    ...(takes === undefined ? {} : { takes }),
  });
  if (status === 402 || said.includes("insufficient_quota"))
    return failed("OPENAI_QUOTA", "The account has no credit left: waiting does not help.", true);
  if (status < 429 && FILTERED.test(said)) return failed("OPENAI_FILTERED", FILTERED_HINT, false);
  if (status === 401 || status === 403)
    return failed("OPENAI_AUTH", "Check `apiKey` (write { $env: NAME } and export the variable) and that it may use this model.", true);
  if (status === 404 || status === 405 || ((status === 400 || status === 422) && UNKNOWN_MODEL.test(said)))
    return failed("OPENAI_NOT_FOUND", takes === "chat" ? CHAT_HINT : NOT_FOUND_HINT, true);
  if (status === 413 || (status === 400 && CONTEXT.test(said)))
    return failed(
      "OPENAI_CONTEXT",
      "Prompt and `rollout.maxTokens` do not fit the model's context: show fewer examples, allow fewer turns, or serve a longer context.",
      false,
    );
  if (status === 408 || status === 409 || status === 429 || status >= 500) return unavailable(thrown, status, message);
  const parameter = parameterOf(thrown, said);
  if (parameter !== undefined)
    return failed("OPENAI_PARAMETER", WITHOUT[parameter] ?? `Leave it out with \`extraBody: { ${parameter}: null }\`.`, true);
  return failed(
    "OPENAI_REFUSED",
    "The server does not accept this request: compare `extraBody`, `maxStops` and the sampling with what it supports.",
    false,
  );
}

function unavailable(thrown: APIError, status: number, message: string): Failure {
  const retryAfterMs = thrown.headers && readRetryAfter(thrown.headers);
  return {
    error: new PluginError("OPENAI_UNAVAILABLE", message, {
      hint: "Look at the server's log; allow it more time with `maxRetries`, or ask less at once with `concurrency.max`.",
    }),
    retry: true,
    overloaded: TOO_MUCH.has(status) || LATE.has(status),
    away: TOO_MUCH.has(status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Servers without `/completions` say so, or have nothing there; one that knows the path complains about the model. */
function otherForm({ param }: APIError, status: number, said: string, { path }: FailureContext): Failure["takes"] {
  if (status === 400 && said.includes("max_completion_tokens") && !CONTEXT.test(said) && (param === "max_tokens" || PARAMETER.test(said)))
    return "max_completion_tokens";
  if (path !== "/completions" || ![400, 404, 405].includes(status)) return undefined;
  return CHAT_ONLY.test(said) || (status !== 400 && !/model/i.test(said)) ? "chat" : undefined;
}

/** The parameter that the server does not take, where it names one and says that. */
function parameterOf({ param }: APIError, said: string): string | undefined {
  if (!PARAMETER.test(said)) return undefined;
  if (typeof param === "string" && /^\w+$/.test(param)) return param;
  return /\b(temperature|top_p|top_k|seed|stop|tools|max_tokens|continue_final_message|add_generation_prompt)\b/.exec(said)?.[1];
}
