/**
 * A trajectory as turns with the loss mask in them, for the trainers whose tokenisation we own. A consumer of ordinary chat rows refuses these (no
 * `messages`, no `completion`): it would have trained on tool results without a word. `python/autotraj_masks.py` reads them.
 */
import type {
  AssistantMessage,
  DialectName,
  Dialects,
  JsonObject,
  JsonValue,
  Message,
  ToolDefinition,
  ToolMessage,
  Trajectory,
} from "@autotraj/core/plugin";

/** What a row says of one trajectory. */
export type TurnsRow = {
  dialect: DialectName;
  /** Offered to the chat template. Empty in `tags`, where the system prompt describes the tools. */
  tools: JsonObject[];
  /**
   * `native`: chat messages; an assistant's has `train`. `tags`: the assistant's turns and the results between them are one message with
   * `segments`, `{by, text, train}`, which joined are its text exactly.
   */
  turns: JsonObject[];
  /** False where the last turn was cut off: the end-of-turn mark was not the model's. */
  ended: boolean;
};

/** @param dialect what to write it in; messages of the other one are translated. */
export function turnsRow(trajectory: Trajectory, dialects: Dialects, dialect: DialectName = trajectory.dialect): TurnsRow {
  return {
    dialect,
    tools: dialect === "native" ? trajectory.tools.map(toolRow) : [],
    turns: dialect === "native" ? shownMessages(trajectory).map(nativeTurn) : tagsTurns(trajectory, dialects),
    ended: trajectory.finish === "answer" || trajectory.finish === "no-answer",
  };
}

/** Whether any of it is to be trained on: a trainer divides by the number of such tokens. */
export function hasLoss({ turns }: TurnsRow): boolean {
  const isTrained = (part: JsonValue) => (part as JsonObject)["train"] === true;
  return turns.some((turn) => isTrained(turn) || (Array.isArray(turn["segments"]) && turn["segments"].some(isTrained)));
}

/** The turns as ordinary chat messages, for whoever reads all of them alike: without the mask, the segments of a message joined. */
export function chatMessages(turns: readonly JsonObject[]): JsonObject[] {
  return turns.map(({ train: _train, segments, ...turn }) =>
    segments === undefined ? turn : { ...turn, content: (segments as JsonObject[]).map(({ text }) => text).join("") },
  );
}

/** The messages before the model's first turn: what it is asked. */
export function promptTurns(trajectory: Trajectory): JsonObject[] {
  const messages = shownMessages(trajectory);
  const first = messages.findIndex(isRollout);
  return messages.slice(0, first < 0 ? undefined : first).map(({ role, content }) => ({ role, content }));
}

export function toolRow({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: "function", function: { name, description, parameters } };
}

/** No system prompt was shown where it is empty. */
function shownMessages({ messages }: Trajectory): readonly Message[] {
  return messages.filter(({ role, content }) => role !== "system" || content !== "");
}

function isRollout(message: Message): message is AssistantMessage | ToolMessage {
  return message.role === "assistant" || message.role === "tool";
}

function nativeTurn(message: Message): JsonObject {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallId, name: message.name, content: message.content };
  if (message.role !== "assistant") return { role: message.role, content: message.content };
  const calls = message.toolCalls ?? [];
  // Chat templates write arguments from an object, so they cannot repeat a malformed call as it was sampled: it is shown, and not learnt.
  const isFaithful = calls.every(({ malformed }) => malformed === undefined);
  return {
    role: "assistant",
    content: message.content,
    ...(message.reasoning === undefined || message.reasoning === "" ? {} : { reasoning_content: message.reasoning }),
    ...(calls.length > 0
      ? {
          tool_calls: calls.map(({ id, name, arguments: args, malformed }) => ({
            id,
            type: "function",
            function: { name, arguments: malformed === undefined ? args : { unparsed: malformed.raw } },
          })),
        }
      : {}),
    train: isFaithful && (message.train ?? true),
  };
}

function tagsTurns(trajectory: Trajectory, dialects: Dialects): JsonObject[] {
  const turns: JsonObject[] = [];
  let segments: JsonValue[] | undefined;
  for (const { role, text, train } of dialects.get("tags").render({ ...trajectory, messages: shownMessages(trajectory) })) {
    if (role === "system" || role === "user") {
      turns.push({ role, content: text });
      segments = undefined;
    } else {
      if (segments === undefined) {
        segments = [];
        turns.push({ role: "assistant", segments });
      }
      if (text !== "") segments.push({ by: role === "tool" ? "tool" : "model", text, train });
    }
  }
  return turns;
}
