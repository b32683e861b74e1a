/** What a failed attempt means: whether to try again, what it says about the server's load, and what to tell people. */
import { PluginError } from "@autotraj/core/plugin";
import { APIConnectionTimeoutError, APIError } from "openai";
import { InvalidAnswer } from "./answers.ts";

const LONGEST_BACKOFF_MS = 30_000;
const LONGEST_QUOTE = 400;
/** 529: "overloaded" at some providers. */
const TOO_MUCH = new Set([429, 503, 529]);
const LATE = new Set([408, 502, 504]);
/** The server is not there, as against one that broke a connection. */
const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);
const TLS_PROBLEM = /CERT|SSL|TLS|SIGNED|VERIFY/;

export interface Failure {
  readonly error: PluginError;
  readonly retry: boolean;
  /** The server has too much to do. */
  readonly overloaded: boolean;
  /** No use asking it anything for a moment. */
  readonly away: boolean;
  /** The wait that the server asks for, however long. */
  readonly retryAfterMs?: number;
}

export interface FailureContext {
  /** What was asked, e.g. `POST http://127.0.0.1:8000/v1/completions`. Free of secrets. */
  readonly what: string;
  readonly timeoutMs: number;
  /** Values that must not show in messages: servers quote them. */
  readonly secrets: readonly string[];
}

export function readFailure(thrown: unknown, context: FailureContext): Failure {
  if (thrown instanceof APIError && typeof thrown.status === "number") return refusal(thrown, thrown.status, context);
  if (thrown instanceof InvalidAnswer || thrown instanceof SyntaxError) return badAnswer(thrown, context);
  return brokenConnection(thrown, context);
}

/** Equal jitter: half of the doubled delay for certain, half by chance. */
export function backoffMs(attempt: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** attempt, LONGEST_BACKOFF_MS) * (0.5 + Math.random() / 2);
}

function refusal(thrown: APIError, status: number, context: FailureContext): Failure {
  const code = thrown.code ?? thrown.type ?? "";
  const message = `${context.what} answered ${status}: ${quote(thrown.message.replace(/^\d{3} /, ""), context.secrets)}`;
  const fatal = (pluginCode: string, hint: string): Failure => ({
    error: new PluginError(pluginCode, message, { hint }),
    retry: false,
    overloaded: false,
    away: false,
  });
  if (code === "insufficient_quota") return fatal("OPENAI_QUOTA", "The account has no credit left: waiting does not help.");
  if (status === 401 || status === 403)
    return fatal("OPENAI_AUTH", "Check `apiKey` (write { $env: NAME } and export the variable) and that it may use this model.");
  if (status === 404)
    return fatal("OPENAI_NOT_FOUND", "Check `model`, and that `baseURL` is the API root (it mostly ends in /v1) of a server that has this endpoint.");
  if (status === 400 && /context|exceed_context|maximum.*length/i.test(`${code} ${thrown.message}`))
    return fatal(
      "OPENAI_CONTEXT",
      "Prompt and `rollout.maxTokens` do not fit the model's context: show fewer examples, allow fewer turns, or serve a longer context.",
    );
  const retryable = status === 408 || status === 409 || status === 429 || status >= 500;
  if (!retryable)
    return fatal(
      "OPENAI_REFUSED",
      "The server does not accept this request: compare `extraBody`, `maxStops` and the sampling with what it supports.",
    );
  const retryAfterMs = readRetryAfter(thrown.headers);
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

function badAnswer(thrown: Error, context: FailureContext): Failure {
  const message = `${context.what} answered with something else than a completion: ${quote(thrown.message, context.secrets)}`;
  const hint = "Check that `baseURL` is the root of an OpenAI-compatible API, and any proxy in between.";
  return { error: new PluginError("OPENAI_ANSWER", message, { hint }), retry: true, overloaded: false, away: false };
}

function brokenConnection(thrown: unknown, context: FailureContext): Failure {
  const causes = causeChain(thrown);
  const codes = causes.map((cause) => ("code" in cause && typeof cause.code === "string" ? cause.code : ""));
  const code = codes.findLast((found) => found !== "") ?? "";
  if (thrown instanceof APIConnectionTimeoutError && !code.startsWith("UND_ERR") && !UNREACHABLE.has(code)) {
    const message = `${context.what} gave no whole answer within ${context.timeoutMs} ms.`;
    const hint = "Raise `timeoutMs`, or lower `rollout.maxTokens` or `concurrency.max`.";
    return { error: new PluginError("OPENAI_TIMEOUT", message, { hint }), retry: true, overloaded: true, away: false };
  }
  const reason = quote(causes.at(-1)?.message ?? String(thrown), context.secrets);
  const message = `${context.what} failed: ${code === "" || reason.includes(code) ? reason : `${code}, ${reason}`}`;
  const tls = TLS_PROBLEM.test(code);
  const hint = tls
    ? "Check the server's certificate and whether `baseURL` should begin with http: or https:."
    : "Check that the server runs and that `baseURL` is right.";
  return {
    error: new PluginError("OPENAI_CONNECTION", message, { hint }),
    retry: !tls,
    overloaded: code === "UND_ERR_BODY_TIMEOUT",
    away: UNREACHABLE.has(code),
  };
}

function causeChain(thrown: unknown): Error[] {
  const chain: Error[] = [];
  for (let cause = thrown; cause instanceof Error && chain.length < 8; cause = cause.cause) chain.push(cause);
  return chain;
}

/** In milliseconds; undefined where the header is missing or makes no sense. Seconds, a date, or `retry-after-ms`. */
function readRetryAfter(headers: Headers | undefined): number | undefined {
  const milliseconds = headers?.get("retry-after-ms");
  const value = headers?.get("retry-after");
  const wait = milliseconds ? Number(milliseconds) : value ? Number(value) * 1000 : Number.NaN;
  const parsed = Number.isNaN(wait) && value ? Date.parse(value) - Date.now() : wait;
  return Number.isFinite(parsed) && parsed > 0 ? parsed : undefined;
}

function quote(text: string, secrets: readonly string[]): string {
  const clean = secrets.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  return clean.length > LONGEST_QUOTE ? `${clean.slice(0, LONGEST_QUOTE)}…` : clean;
}
