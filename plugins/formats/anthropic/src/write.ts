/** Writes what a request to the Messages API holds: system prompt, tools, and messages of content blocks. */
import type { AssistantMessage, JsonObject, Message, PreferencePair, ToolDefinition, ToolMessage, Trajectory } from "@autotraj/core/plugin";

/** A whole conversation. `weight: 0` stands on messages of the model that are not trained on. */
export function sftRow(trajectory: Trajectory): JsonObject {
  const { prompt, completion } = conversation(trajectory);
  return { id: trajectory.id, ...contextOf(trajectory), messages: [...prompt, ...completion] };
}

/** Prompt apart from the two completions. */
export function preferenceRow({ query, chosen, rejected }: PreferencePair): JsonObject {
  const { prompt, completion } = conversation(chosen);
  return { id: query.id, ...contextOf(chosen), prompt, chosen: completion, rejected: conversation(rejected).completion };
}

/** The request that asks the question, with its accepted answers. */
export function promptRow(trajectory: Trajectory): JsonObject {
  const { id, answers } = trajectory.query;
  return { id, ...contextOf(trajectory), messages: conversation(trajectory).prompt, ...(answers.length === 0 ? {} : { answers: [...answers] }) };
}

/** Why the API's messages cannot hold this trajectory. */
export function refuses({ messages, dialect }: Trajectory): string | undefined {
  if (dialect === "tags") return "its calls are written as tags in the text, and Messages rows hold native calls only";
  if (messages.slice(firstTurn(messages)).some(({ role }) => role === "system")) return "a system message stands after the first turn of the model";
  if (messages.some((message) => message.role === "assistant" && message.toolCalls?.some(({ malformed }) => malformed !== undefined)))
    return "a call is not JSON, and the input of a tool_use block is an object";
  return hasDistantResult(messages) ? "a result does not follow right after its call" : undefined;
}

/** The message after a call holds all its results, and nothing stands before them. */
function hasDistantResult(messages: readonly Message[]): boolean {
  let awaited = new Set<string>();
  return messages.some((message) => {
    if (message.role === "tool") return !awaited.delete(message.toolCallId);
    awaited = new Set(message.role === "assistant" ? (message.toolCalls ?? []).map(({ id }) => id) : []);
    return false;
  });
}

function firstTurn(messages: readonly Message[]): number {
  const first = messages.findIndex(({ role }) => role === "assistant" || role === "tool");
  return first < 0 ? messages.length : first;
}

function contextOf({ messages, tools }: Trajectory): JsonObject {
  const system = messages.flatMap(({ role, content }) => (role === "system" && content !== "" ? [content] : [])).join("\n\n");
  return { ...(system === "" ? {} : { system }), ...(tools.length === 0 ? {} : { tools: tools.map(toolRow) }) };
}

function conversation({ messages }: Trajectory): { readonly prompt: JsonObject[]; readonly completion: JsonObject[] } {
  const first = firstTurn(messages);
  return { prompt: rows(messages.slice(0, first)), completion: rows(messages.slice(first)) };
}

/** Results that stand together are one message of the user's, and so are the words that come with them. */
function rows(messages: readonly Message[]): JsonObject[] {
  const written: JsonObject[] = [];
  let results: JsonObject[] = [];
  const endResults = (...more: readonly JsonObject[]) => {
    if (results.length > 0) written.push({ role: "user", content: [...results, ...more] });
    results = [];
  };
  for (const message of messages) {
    if (message.role === "tool") results.push(resultBlock(message));
    else if (message.role === "assistant") {
      endResults();
      written.push(assistantRow(message));
    } else if (message.role === "user") {
      if (results.length > 0 && message.content !== "") endResults({ type: "text", text: message.content });
      else {
        endResults();
        written.push({ role: "user", content: message.content });
      }
    }
  }
  endResults();
  return written;
}

function assistantRow({ content, reasoning = "", toolCalls = [], train }: AssistantMessage): JsonObject {
  const blocks: JsonObject[] = [
    ...(reasoning === "" ? [] : [{ type: "thinking", thinking: reasoning }]),
    ...(content === "" ? [] : [{ type: "text", text: content }]),
    ...toolCalls.map(({ id, name, arguments: input }) => ({ type: "tool_use", id, name, input })),
  ];
  return { role: "assistant", content: blocks, ...(train === false ? { weight: 0 } : {}) };
}

function resultBlock({ toolCallId, content, ok }: ToolMessage): JsonObject {
  return { type: "tool_result", tool_use_id: toolCallId, content, is_error: !ok };
}

function toolRow({ name, description, parameters }: ToolDefinition): JsonObject {
  return { name, description, input_schema: parameters };
}
