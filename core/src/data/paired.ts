/** Whether every result of a trajectory answers one call that stands before it, and every call is answered: what a model can be taught from. */
import type { Message, Trajectory } from "../kernel/trajectory/model.ts";

/** Faults of pairing, found where a log is read, begin so. */
export const UNPAIRED = "unpaired: ";

/** What does not pair, in one sentence; undefined where all does. Calls of the last turn may be open: a run may end there. */
export function unpaired({ messages, faults }: Pick<Trajectory, "messages" | "faults">): string | undefined {
  const fault = faults.find((one) => one.startsWith(UNPAIRED));
  return fault === undefined ? unpairedMessage(messages) : fault.slice(UNPAIRED.length);
}

/** True where a result stands behind a later turn of the model: nobody who pairs by position can read that. */
export function hasLateResult(messages: readonly Message[]): boolean {
  let awaited = new Set<string>();
  return messages.some((message) => {
    if (message.role === "tool") return !awaited.has(message.toolCallId);
    if (message.role === "assistant") awaited = new Set((message.toolCalls ?? []).map(({ id }) => id));
    return false;
  });
}

/** Repairs take over turns of what they repair, and with them its faults. */
function unpairedMessage(messages: readonly Message[]): string | undefined {
  const open = new Map<string, string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      if (!open.delete(message.toolCallId)) return `message ${index + 1}, a result of ${message.name}, answers no open call`;
    } else if (message.role === "assistant") {
      for (const { id, name } of message.toolCalls ?? []) open.set(id, name);
    }
  }
  const last = messages.findLast((message) => message.role === "assistant");
  for (const { id } of last?.toolCalls ?? []) open.delete(id);
  const [first] = open;
  return first === undefined ? undefined : `the call ${first[0]} of ${first[1]} has no result`;
}
