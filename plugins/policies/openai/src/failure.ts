/** What a failed attempt means: whether to try again, what it says about the server's load, and what to tell people. */
import { PluginError } from "@autotraj/core/plugin";
import { causesOf, codeOf, reasonOf } from "@autotraj/http-attempts/causes";
import { quote } from "@autotraj/http-attempts/quote";
import { APIConnectionTimeoutError, APIError } from "openai/core/error";
import { BrokenAnswer, InvalidAnswer } from "./answers.ts";
import { LostConnection } from "./endpoint.ts";
import type { Failure, FailureContext } from "./failed-attempt.ts";
import { FILTERED_HINT, readRefusal } from "./refusal.ts";

const QUOTED_ANSWER = 200;
/** The server is not there, as against one that broke a connection. */
const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);
const TLS_PROBLEM = /CERT|SSL|TLS|SIGNED|VERIFY/;

export function readFailure(thrown: unknown, context: FailureContext): Failure {
  if (thrown instanceof APIError && typeof thrown.status === "number") return readRefusal(thrown, thrown.status, context);
  if (thrown instanceof InvalidAnswer) return badAnswer(thrown, context);
  if (thrown instanceof BrokenAnswer) return brokenAnswer(thrown, context);
  return brokenConnection(thrown, context);
}

function badAnswer({ message: reason, body }: InvalidAnswer, { what, secrets }: FailureContext): Failure {
  const message = `${what} gave no completion: ${reason}: ${body === "" ? "[nothing]" : quote(body, secrets, QUOTED_ANSWER)}`;
  const hint =
    "Check that `baseURL` is the root of an OpenAI-compatible API, any proxy in between, and for thinking without content the server's reasoning parser.";
  return { error: new PluginError("OPENAI_ANSWER", message, { hint }), retry: true, overloaded: false, away: false };
}

function brokenAnswer({ message: ending, words, filtered }: BrokenAnswer, { what, secrets }: FailureContext): Failure {
  const message = `${what} broke its answer off with ${quote(words === "" ? ending : `${ending}: ${words}`, secrets, QUOTED_ANSWER)}`;
  const error = filtered
    ? new PluginError("OPENAI_FILTERED", message, { hint: FILTERED_HINT })
    : new PluginError("OPENAI_FINISH", message, { hint: "What it had written is not used. Look at the server's log." });
  return { error, retry: !filtered, overloaded: false, away: false };
}

function brokenConnection(thrown: unknown, context: FailureContext): Failure {
  const code = codeOf(thrown);
  if (thrown instanceof APIConnectionTimeoutError && !code.startsWith("UND_ERR") && !UNREACHABLE.has(code)) {
    const message = `${context.what} gave no whole answer within ${context.timeoutMs} ms.`;
    const hint = "Raise `timeoutMs`, or lower `rollout.maxTokens` or `concurrency.max`.";
    return { error: new PluginError("OPENAI_TIMEOUT", message, { hint }), retry: true, overloaded: true, away: false };
  }
  const message = `${context.what} failed: ${quote(reasonOf(thrown), context.secrets)}`;
  const tls = TLS_PROBLEM.test(code);
  const hint = tls
    ? "Check the server's certificate and whether `baseURL` should begin with http: or https:."
    : "Check that the server runs and that `baseURL` is right.";
  return {
    error: new PluginError("OPENAI_CONNECTION", message, { hint, endsRun: tls }),
    retry: !tls,
    lost: causesOf(thrown).some((cause) => cause instanceof LostConnection),
    overloaded: code === "UND_ERR_BODY_TIMEOUT",
    away: UNREACHABLE.has(code),
  };
}
