/** Writes OpenAI conversations with a loss mask that lies exactly on what the model wrote. */
import type {
  AssistantMessage,
  DialectName,
  Dialects,
  JsonObject,
  JsonValue,
  Message,
  PreferencePair,
  Segment,
  ToolCall,
  ToolDefinition,
  Trajectory,
} from "@autotraj/core/plugin";

/** How arguments are written: `object`, as chat templates put them into text; `text`, JSON as OpenAI's API and what speaks it have them. */
export type ArgumentStyle = "object" | "text";

export interface ChatWriter {
  readonly dialects: Dialects;
  readonly args: ArgumentStyle;
}

/** Under this name a template is shown what a model wrote in place of an object. */
export const UNPARSED = "unparsed";

/** Why one assistant message in tags could not hold this trajectory; undefined where it can, and in native, where each turn has a message. */
export function refuses(trajectory: Trajectory): string | undefined {
  return trajectory.dialect === "tags" && speaksAgain(trajectory) ? "a user speaks again, and in tags one message holds the whole run" : undefined;
}

/** A conversation, its tools, and the mask: `weight` per message in `native`; in `tags`, where one message holds model text and results, `segments`. */
export function sftRow(trajectory: Trajectory, writer: ChatWriter): JsonObject {
  const { prompt, completion } = conversation(trajectory, trajectory.dialect, writer);
  return {
    id: trajectory.id,
    messages: [...prompt, ...completion.messages],
    ...(trajectory.tools.length > 0 ? { tools: trajectory.tools.map(toolRow) } : {}),
    ...(completion.segments === undefined ? {} : { segments: completion.segments }),
  };
}

/** Prompt apart from the two completions, as TRL and others take conversational preferences. Undefined where one side has no place in the other's dialect. */
export function preferenceRow({ query, chosen, rejected }: PreferencePair, writer: ChatWriter): JsonObject | undefined {
  // Both in one dialect: a reward model would otherwise learn the dialect of repairs and nothing else.
  if (refuses({ ...rejected, dialect: chosen.dialect }) !== undefined) return undefined;
  const better = conversation(chosen, chosen.dialect, writer);
  const worse = conversation(rejected, chosen.dialect, writer);
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

/** True where someone other than the model and the tools speaks after the first turn. */
export function speaksAgain({ messages }: Trajectory): boolean {
  return messages.slice(firstTurn(messages)).some(({ role }) => role === "user" || role === "system");
}

interface Conversation {
  readonly prompt: JsonObject[];
  readonly completion: { readonly messages: JsonObject[]; readonly segments?: JsonObject[] };
}

function conversation(trajectory: Trajectory, dialect: DialectName, { dialects, args }: ChatWriter): Conversation {
  const { messages } = trajectory;
  const start = firstTurn(messages);
  // No system prompt was shown where it is empty.
  const before = messages.slice(0, start).filter(({ role, content }) => role !== "system" || content !== "");
  const prompt = before.map(({ role, content }) => ({ role, content }));
  // Where a recorded conversation has more than one question, the later ones stay in their place.
  if (dialect === "native") return { prompt, completion: { messages: messages.slice(start).map((message) => nativeMessage(message, args)) } };
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

function firstTurn(messages: readonly Message[]): number {
  const found = messages.findIndex(({ role }) => role === "assistant" || role === "tool");
  return found < 0 ? messages.length : found;
}

function nativeMessage(message: Message, args: ArgumentStyle): JsonObject {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallId, name: message.name, content: message.content };
  if (message.role !== "assistant") return { role: message.role, content: message.content };
  const { content, reasoning, toolCalls = [] } = message;
  const calls = toolCalls.map((call) => ({ id: call.id, type: "function", function: { name: call.name, arguments: argumentsOf(call, args) } }));
  return {
    role: "assistant",
    content,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    weight: isLearnt(message, args) ? 1 : 0,
  };
}

function argumentsOf({ arguments: object, malformed }: ToolCall, args: ArgumentStyle): JsonValue {
  if (args === "text") return malformed?.raw ?? JSON.stringify(object);
  return malformed === undefined ? object : { [UNPARSED]: malformed.raw };
}

/** A template cannot repeat a malformed call as it was sampled: it is shown, and not learnt. */
function isLearnt({ train, toolCalls = [] }: AssistantMessage, args: ArgumentStyle): boolean {
  return train !== false && (args === "text" || toolCalls.every(({ malformed }) => malformed === undefined));
}

export function toolRow({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: "function", function: { name, description, parameters } };
}
