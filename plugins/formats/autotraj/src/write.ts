/** Trajectories as rows. Times, token ids and usage stay out of them, as they do in a run's own data sets. */
import type { JsonObject, JsonValue, Message, PreferencePair, Trajectory } from "@autotraj/core/plugin";

export function sftRow({ usage: _usage, answer, messages, ...trajectory }: Trajectory): JsonObject {
  return { ...(trajectory as unknown as JsonObject), answer: answer ?? null, messages: messages.map(withoutMeasurements) };
}

export function preferenceRow({ query, chosen, rejected }: PreferencePair): JsonObject {
  return { query: query as unknown as JsonValue, chosen: sftRow(chosen), rejected: sftRow(rejected) };
}

function withoutMeasurements(message: Message): JsonValue {
  const { tokens: _tokens, durationMs: _durationMs, ...rest } = message as Message & { readonly tokens?: unknown; readonly durationMs?: unknown };
  return rest as unknown as JsonObject;
}
