/** The same promises for tool calls of a chat API: called, answered, thought about, and one final answer. */
import type { AssistantMessage, Message, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { boxedFault } from "./boxed.ts";
import { isBlank } from "./tag-reader.ts";
import type { FormatRules, Violation } from "./violation.ts";

/** The first violation of a trajectory in `native`. */
export function checkNative(trajectory: Trajectory, rules: FormatRules): Violation | undefined {
  const state: CallState = { waiting: new Map(), answered: false, isAsked: true };
  for (const [index, message] of trajectory.messages.entries()) {
    if (message.role === "user") state.isAsked = true;
    const what = message.role === "assistant" ? turnFault(message, state) : message.role === "tool" ? resultFault(message, state) : undefined;
    if (what !== undefined) return { what, span: wholeOf(message, index, what) };
  }
  return endFault(trajectory, state, rules);
}

interface CallState {
  /** Ids of calls without a result yet, with the tool's name. */
  readonly waiting: Map<string, string>;
  answered: boolean;
  /** A user has spoken since the last turn: a conversation may go on after an answer. */
  isAsked: boolean;
}

function turnFault(message: AssistantMessage, state: CallState): string | undefined {
  if (state.answered && !state.isAsked) return "a message after the answer";
  [state.answered, state.isAsked] = [false, false];
  const [unanswered] = state.waiting.values();
  if (unanswered !== undefined) return `the call of "${unanswered}" before has no result`;
  const calls = message.toolCalls ?? [];
  for (const call of calls) {
    if (call.malformed !== undefined) return `malformed call of "${call.name}": ${call.malformed.reason}`;
    if (state.waiting.has(call.id)) return `two calls with the id "${call.id}"`;
    state.waiting.set(call.id, call.name);
  }
  if (calls.length > 0) return undefined;
  state.answered = true;
  return isBlank(message.content) ? "an empty answer" : undefined;
}

function resultFault(message: ToolMessage, state: CallState): string | undefined {
  return state.waiting.delete(message.toolCallId) ? undefined : `a result of "${message.name}" that no call asked for`;
}

function endFault(trajectory: Trajectory, state: CallState, rules: FormatRules): Violation | undefined {
  const [unanswered] = state.waiting.values();
  if (unanswered !== undefined) return { what: `the call of "${unanswered}" has no result (${trajectory.finish})` };
  if (!state.answered) return { what: `no answer message (${trajectory.finish})` };
  if (trajectory.finish !== "answer") return { what: `the last message is no finished answer (${trajectory.finish})` };
  const reasoned = trajectory.messages.some((message) => message.role === "assistant" && !isBlank(message.reasoning ?? ""));
  if (rules.nativeReasoning === "required" && !reasoned) return { what: "no reasoning" };
  const fault = rules.requireBoxed ? boxedFault(trajectory.messages.findLast(({ role }) => role === "assistant")?.content ?? "") : undefined;
  return fault === undefined ? undefined : { what: `${fault} in the answer` };
}

function wholeOf(message: Message, index: number, note: string) {
  return { message: index, start: 0, end: message.content.length, note };
}
