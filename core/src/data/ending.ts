/** Where a trajectory ends for those who learn from it. */
import type { Message } from "../kernel/trajectory/model.ts";

/** Without what comes after the last turn of the model: nothing answers it, and chat templates refuse it. Unchanged where there is nothing, or no such turn. */
export function endingWithTheModel<T extends { readonly messages: readonly Message[] }>(trajectory: T): T {
  const { messages } = trajectory;
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  return last < 0 || last === messages.length - 1 ? trajectory : { ...trajectory, messages: messages.slice(0, last + 1) };
}
