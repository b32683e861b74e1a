/** Writes OpenAI conversations with a loss mask that lies exactly on what the model wrote. */
import type { DialectName, Dialects, JsonObject, Message, PreferencePair, Segment, ToolDefinition, Trajectory } from "@autotraj/core/plugin";

/** A conversation, its tools, and the mask: `weight` per message in `native`; in `tags`, where one message holds model text and results, `segments`. */
export function sftRow(trajectory: Trajectory, dialects: Dialects): JsonObject {
  const { prompt, completion } = conversation(trajectory, dialects, trajectory.dialect);
  return {
    id: trajectory.id,
    messages: [...prompt, ...completion.messages],
    ...(trajectory.tools.length > 0 ? { tools: trajectory.tools.map(toolRow) } : {}),
    ...(completion.segments === undefined ? {} : { segments: completion.segments }),
  };
}

/** Prompt apart from the two completions, as TRL and others take conversational preferences. */
export function preferenceRow({ query, chosen, rejected }: PreferencePair, dialects: Dialects): JsonObject {
  // Both in one dialect: a reward model would otherwise learn the dialect of repairs and nothing else.
  const better = conversation(chosen, dialects, chosen.dialect);
  const worse = conversation(rejected, dialects, chosen.dialect);
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

function conversation(trajectory: Trajectory, dialects: Dialects, dialect: DialectName): Conversation {
  const { messages } = trajectory;
  // Where a recorded conversation has more than one question, the later ones stay in their place.
  const firstTurn = messages.findIndex(({ role }) => role === "assistant" || role === "tool");
  const [before, after] = firstTurn < 0 ? [messages, []] : [messages.slice(0, firstTurn), messages.slice(firstTurn)];
  // No system prompt was shown where it is empty.
  const prompt = before.filter(({ role, content }) => role !== "system" || content !== "").map(({ role, content }) => ({ role, content }));
  if (dialect === "native") return { prompt, completion: { messages: after.map(nativeMessage) } };
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
