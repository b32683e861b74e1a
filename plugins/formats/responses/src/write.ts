/** Writes rows of items: instructions, tools, the input up to the question, and all that came of it. */
import type { AssistantMessage, JsonObject, Message, PreferencePair, ToolDefinition, Trajectory } from "@autotraj/core/plugin";

/** A whole conversation: `output` holds everything from the model's first turn on. `weight: 0` stands on items that are not trained on. */
export function sftRow(trajectory: Trajectory): JsonObject {
  const { input, output } = conversation(trajectory);
  return { id: trajectory.id, ...contextOf(trajectory), input, output };
}

/** Input apart from the two completions. */
export function preferenceRow({ query, chosen, rejected }: PreferencePair): JsonObject {
  const { input, output } = conversation(chosen);
  return { id: query.id, ...contextOf(chosen), input, chosen: output, rejected: conversation(rejected).output };
}

/** The request that asks the question, with its accepted answers. */
export function promptRow(trajectory: Trajectory): JsonObject {
  const { id, answers } = trajectory.query;
  return { id, ...contextOf(trajectory), input: conversation(trajectory).input, ...(answers.length === 0 ? {} : { answers: [...answers] }) };
}

/** Why items cannot hold this trajectory. */
export function refuses({ dialect }: Trajectory): string | undefined {
  return dialect === "tags" ? "its calls are written as tags in the text, and Responses rows hold native calls only" : undefined;
}

function firstTurn(messages: readonly Message[]): number {
  const first = messages.findIndex(({ role }) => role === "assistant" || role === "tool");
  return first < 0 ? messages.length : first;
}

function contextOf({ messages, tools }: Trajectory): JsonObject {
  const systems = messages.slice(0, firstTurn(messages)).flatMap(({ role, content }) => (role === "system" && content !== "" ? [content] : []));
  return {
    ...(systems.length === 0 ? {} : { instructions: systems.join("\n\n") }),
    ...(tools.length === 0 ? {} : { tools: tools.map(toolRow) }),
  };
}

function conversation({ messages }: Trajectory): { readonly input: JsonObject[]; readonly output: JsonObject[] } {
  const first = firstTurn(messages);
  const asked = messages.slice(0, first).filter(({ role }) => role !== "system");
  return { input: asked.flatMap(itemsOf), output: messages.slice(first).flatMap(itemsOf) };
}

function itemsOf(message: Message): JsonObject[] {
  if (message.role === "assistant") return assistantItems(message);
  if (message.role === "tool") return [{ type: "function_call_output", call_id: message.toolCallId, output: message.content }];
  return [{ type: "message", role: message.role, content: [{ type: "input_text", text: message.content }] }];
}

function assistantItems({ content, reasoning = "", toolCalls = [], train }: AssistantMessage): JsonObject[] {
  const items: JsonObject[] = [
    ...(reasoning === "" ? [] : [{ type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: reasoning }] }]),
    // A turn without anything is an empty message.
    ...(content === "" && (toolCalls.length > 0 || reasoning !== "") ? [] : [messageItem(content)]),
    ...toolCalls.map(({ id, name, arguments: args, malformed }) => ({
      type: "function_call",
      call_id: id,
      name,
      arguments: malformed?.raw ?? JSON.stringify(args),
    })),
  ];
  return train === false ? items.map((item) => ({ ...item, weight: 0 })) : items;
}

function messageItem(text: string): JsonObject {
  return { type: "message", role: "assistant", content: [{ type: "output_text", text, annotations: [] }] };
}

function toolRow({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: "function", name, description, parameters };
}
