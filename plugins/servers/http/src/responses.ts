/** The Responses API's shapes, as NeMo Gym uses them: a task as a request, and a response's output as messages. */
import type { RlTask } from "@autotraj/core/plugin";
import type { ChatMessage } from "./conversation.ts";
import { Refusal } from "./refusal.ts";

export interface OutputItem {
  readonly type: string;
  readonly role?: string;
  readonly content?: string | readonly { readonly text?: string }[] | null;
  readonly summary?: readonly { readonly text?: string }[] | null;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly output?: string | readonly { readonly text?: string }[];
}

/** A row of the data set that NeMo Gym's clients read: what to ask, and our task's id, which they send back. */
export function gymRow({ id, messages, tools, sampling }: RlTask): object {
  return {
    task: id,
    responses_create_params: {
      input: messages.map(({ role, content }) => ({ role, content })),
      tools: tools.map(({ name, description, parameters }) => ({ type: "function", name, description, parameters, strict: false })),
      temperature: sampling.temperature,
      top_p: sampling.topP,
      max_output_tokens: sampling.maxTokens,
    },
  };
}

/** @throws Refusal BAD_CONVERSATION for items that are no reasoning, message, function call or its output. */
export function messagesOf(output: readonly OutputItem[], okOf: (name: string, content: string) => boolean): readonly ChatMessage[] {
  const messages: ChatMessage[] = [];
  const names = new Map<string, string>();
  let turn: OutputItem[] = [];
  const endTurn = () => {
    if (turn.length > 0) messages.push(turnOf(turn));
    turn = [];
  };
  for (const item of output) {
    if (item.type !== "function_call_output") {
      turn.push(item);
      if (item.type === "function_call") names.set(item.call_id ?? "", item.name ?? "");
      continue;
    }
    endTurn();
    const content = textOf(item.output);
    messages.push({ role: "tool", tool_call_id: item.call_id ?? "", content, ok: okOf(names.get(item.call_id ?? "") ?? "", content) });
  }
  endTurn();
  return messages;
}

/** All that the model wrote between two tool results. */
function turnOf(items: readonly OutputItem[]): ChatMessage {
  const of = (type: string) => items.filter((item) => item.type === type);
  const other = items.find(({ type, role = "assistant" }) => !["reasoning", "message", "function_call"].includes(type) || role !== "assistant");
  if (other !== undefined)
    throw new Refusal(422, "BAD_CONVERSATION", `response.output holds a ${other.role ?? ""} ${other.type}, which is not judged here.`);
  const joined = (parts: readonly string[]) => parts.filter((part) => part !== "").join("\n");
  return {
    role: "assistant",
    content: joined(of("message").map(({ content }) => textOf(content))),
    reasoning: joined(of("reasoning").map(({ content, summary }) => textOf(content) || textOf(summary))),
    tool_calls: of("function_call").map((item) => ({ id: item.call_id ?? "", function: { name: item.name ?? "", arguments: item.arguments ?? "" } })),
  };
}

function textOf(parts: OutputItem["content"]): string {
  if (typeof parts === "string") return parts;
  return (parts ?? []).map(({ text = "" }) => text).join("");
}
