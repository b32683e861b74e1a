/** Content addresses: the same content has the same id in every run and on every machine. */
import { createHash } from "node:crypto";
import { isJsonObject } from "../json.ts";
import type { AssistantMessage, JsonValue, Message, ToolMessage, Trajectory } from "./model.ts";

/** JSON with sorted keys and without undefined: equal content gives equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isJsonObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) : inner,
  );
}

/** sha256 of the canonical JSON, in hex. */
export function contentHash(...parts: readonly unknown[]): string {
  return createHash("sha256").update(canonicalJson(parts)).digest("hex");
}

/** A number in [0, 2^31) from the parts: a seed that every server accepts. */
export function seedFrom(...parts: readonly unknown[]): number {
  return Number.parseInt(contentHash(...parts).slice(0, 8), 16) >>> 1;
}

/** `t-` and 16 hex digits over what was asked and offered, what was said and who said it, not over times, tokens or costs. */
export function trajectoryId(trajectory: Omit<Trajectory, "id" | "usage">): string {
  const { query, dialect, tools, messages, finish, provenance } = trajectory;
  return `t-${contentHash(query.id, dialect, tools, messages.map(withoutMeasurements), finish, provenance as unknown as JsonValue).slice(0, 16)}`;
}

function withoutMeasurements(message: Message): Message {
  if (message.role === "assistant") return { ...message, tokens: undefined } as AssistantMessage;
  if (message.role === "tool") return { ...message, durationMs: undefined, isolation: undefined } as ToolMessage;
  return message;
}
