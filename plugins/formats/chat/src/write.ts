/** Writes OpenAI conversations with a loss mask that lies exactly on what the model wrote. */
import type { Dialects, JsonObject, Message, PreferencePair, Segment, ToolDefinition, Trajectory } from "@autotraj/core/plugin";

/** A conversation, its tools, and the mask: `weight` per message in `native`; in `tags`, where one message holds model text and results, `segments`. */
export function sftRow(trajectory: Trajectory, dialects: Dialects): JsonObject {
  const { prompt, completion } = conversation(trajectory, dialects);
  return {
    id: trajectory.id,
    messages: [...prompt, ...completion.messages],
    ...(trajectory.tools.length > 0 ? { tools: trajectory.tools.map(toolRow) } : {}),
    ...(completion.segments === undefined ? {} : { segments: completion.segments }),
  };
}

/** Prompt apart from the two completions, as TRL and others take conversational preferences. */
export function preferenceRow({ query, chosen, rejected }: PreferencePair, dialects: Dialects): JsonObject {
  const better = conversation(chosen, dialects);
  const worse = conversation(rejected, dialects);
  return {
    id: query.id,
    prompt: better.prompt,
    chosen: better.completion.messages,
    rejected: worse.completion.messages,
    ...(chosen.tools.length > 0 ? { tools: chosen.tools.map(toolRow) } : {}),
    ...(better.completion.segments === undefined || worse.completion.segments === undefined
      ? {}
      : { chosen_segments: better.completion.segments, rejected_segments: worse.completion.segments }),
  };
}

interface Conversation {
  readonly prompt: JsonObject[];
  readonly completion: { readonly messages: JsonObject[]; readonly segments?: JsonObject[] };
}

function conversation(trajectory: Trajectory, dialects: Dialects): Conversation {
  const isPrompt = (message: Message) => message.role === "system" || message.role === "user";
  const prompt = trajectory.messages.filter(isPrompt).map(({ role, content }) => ({ role, content }));
  if (trajectory.dialect === "native") {
    return { prompt, completion: { messages: trajectory.messages.filter((message) => !isPrompt(message)).map(nativeMessage) } };
  }
  const segments = dialects
    .get("tags")
    .render(trajectory)
    .filter(({ role }) => role === "assistant" || role === "tool");
  return {
    prompt,
    completion: {
      messages: [{ role: "assistant", content: segments.map(({ text }) => text).join("") }],
      segments: segments.map(({ text, train }: Segment) => ({ text, train })),
    },
  };
}

function nativeMessage(message: Message): JsonObject {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallId, name: message.name, content: message.content };
  if (message.role !== "assistant") return { role: message.role, content: message.content };
  const calls = (message.toolCalls ?? []).map(({ id, name, arguments: args, malformed }) => ({
    id,
    type: "function",
    function: { name, arguments: malformed?.raw ?? JSON.stringify(args) },
  }));
  return {
    role: "assistant",
    content: message.content,
    ...(message.reasoning === undefined ? {} : { reasoning_content: message.reasoning }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    weight: message.train === false ? 0 : 1,
  };
}

function toolRow({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: "function", function: { name, description, parameters } };
}
