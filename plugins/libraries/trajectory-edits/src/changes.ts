/** A trajectory with one thing changed, as if it had been written so. */
import type { AssistantMessage, Message, Trajectory } from "@autotraj/core/plugin";
import { type Swap, swapped } from "./numbers.ts";
import type { Run } from "./run.ts";

type Change = (message: Message, index: number) => Message | undefined;

/** Undefined where a message cannot be changed so. */
export function changed(trajectory: Trajectory, change: Change): Trajectory | undefined {
  const messages = trajectory.messages.map(change);
  return messages.includes(undefined) ? undefined : { ...trajectory, messages: messages as readonly Message[] };
}

/** Another program in the last call. Undefined where the turn does not show the old one word for word. */
export function withProgram(message: AssistantMessage, { call, argument, program }: Run, other: string): AssistantMessage | undefined {
  const { text } = message;
  const at = text?.lastIndexOf(program) ?? 0;
  if (at < 0) return undefined;
  return {
    ...message,
    toolCalls: (message.toolCalls ?? []).map((one) => (one === call ? { ...one, arguments: { ...one.arguments, [argument]: other } } : one)),
    ...(text === undefined ? {} : { text: `${text.slice(0, at)}${other}${text.slice(at + program.length)}` }),
  };
}

/** Other numbers in a turn. Undefined where one cannot be written as it is written there. */
export function withNumbers(message: AssistantMessage, swaps: readonly Swap[]): AssistantMessage | undefined {
  const content = swapped(message.content, swaps);
  const reasoning = message.reasoning === undefined ? "" : swapped(message.reasoning, swaps);
  const text = message.text === undefined ? "" : swapped(message.text, swaps);
  if (content === undefined || reasoning === undefined || text === undefined) return undefined;
  return { ...message, content, ...(message.reasoning === undefined ? {} : { reasoning }), ...(message.text === undefined ? {} : { text }) };
}

/** Other numbers in all turns behind the last call, and in the answer, which must be another one then. */
export function withAnswer(trajectory: Trajectory, turn: number, swaps: readonly Swap[]): Trajectory | undefined {
  const answer = swapped(trajectory.answer ?? "", swaps);
  const made = changed(trajectory, (message, index) => (index > turn && message.role === "assistant" ? withNumbers(message, swaps) : message));
  const isSaid = made?.messages.at(-1)?.content !== trajectory.messages.at(-1)?.content;
  return answer === undefined || answer === trajectory.answer || made === undefined || !isSaid ? undefined : { ...made, answer };
}
