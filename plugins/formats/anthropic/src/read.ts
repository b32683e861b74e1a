/** Reads Messages API logs: requests, requests with their responses, batches, and the rows that `gather` makes of transcripts. */
import type { Finish, JsonObject, JsonValue, RecordedAssistant, RecordedConversation, RecordedTurn } from "@autotraj/core/plugin";
import {
  invalid,
  isObject,
  listAt,
  objectAt,
  plainTextOf,
  queryOf,
  refuseChatCalls,
  saidUnder,
  scalarText,
  textAt,
  toolsAt,
  unfinished,
} from "@autotraj/core/rows";
import { assistantTurns, isHiddenThinking, userTurns } from "./blocks.ts";
import { logOf, type MessagesLog } from "./logs.ts";
import { ROLES } from "./messages.ts";

/** @throws PluginError naming the path inside the row. */
export function readConversation(row: JsonValue): RecordedConversation {
  const log = logOf(row);
  const messages = messagesOf(log);
  const turns = messages.flatMap(({ message, path }) => readMessage(message, path));
  const finish = finishOf(log, messages.at(-1)?.message);
  const faults = [...log.failures, ...(messages.some(({ message }) => isEmptyRefusal(message)) ? ["the model refused"] : [])];
  const question = firstOwnWords(messages.map(({ message }) => message));
  const notes = notesOf(log, messages);
  return {
    turns: [...systemTurns(log), ...turns],
    query: { ...log.query, ...queryOf(log.record), ...(question === undefined ? {} : { question }) },
    tools: toolsOf(log),
    model: modelOf(log, messages),
    ...(finish === undefined ? {} : { finish }),
    // A text that was cut off is no answer.
    ...(finish === undefined ? {} : { answer: null }),
    ...(faults.length === 0 ? {} : { faults }),
    ...(Object.keys(notes).length === 0 ? {} : { notes }),
  };
}

interface PlacedMessage {
  readonly message: JsonObject;
  readonly path: string;
}

/** The request's messages and the response; a response to a prefilled turn goes on where that turn stops. */
function messagesOf({ request, path, response }: MessagesLog): readonly PlacedMessage[] {
  const place = `${path}messages`;
  if (request["messages"] === undefined) throw invalid(place, "is missing; expected the messages of a Messages API request");
  const asked = listAt(request["messages"], place).map((value, index) => ({
    message: objectAt(value, `${place}[${index}]`),
    path: `${place}[${index}]`,
  }));
  if (response === undefined) return asked;
  const answered: JsonObject = { role: "assistant", ...response.message };
  const last = asked.at(-1);
  if (last?.message["role"] !== "assistant") return [...asked, { message: answered, path: response.path }];
  const content = [...contentList(last.message["content"]), ...contentList(answered["content"])];
  return [...asked.slice(0, -1), { message: { ...answered, content }, path: last.path }];
}

function contentList(content: JsonValue | undefined): readonly JsonValue[] {
  return content === undefined || content === null ? [] : Array.isArray(content) ? content : [content];
}

function readMessage(message: JsonObject, path: string): readonly RecordedTurn[] {
  const { role } = message;
  refuseChatCalls(message, path);
  const content = ROLES.includes(role ?? null) ? saidUnder(message, ["content"], path) : null;
  const place = `${path}.content`;
  if (role === "system") return [{ role, content: plainTextOf(content, place) }];
  if (role === "user") return userTurns(content, place);
  if (role !== "assistant") throw invalid(`${path}.role`, `is ${JSON.stringify(role ?? null)}; expected user or assistant`);
  const turns = assistantTurns(content, place);
  const learnt = message["weight"] === 0 ? turns.map((turn) => (turn.role === "assistant" ? { ...turn, train: false } : turn)) : turns;
  return message["stop_reason"] === "refusal" ? learnt.map((turn, index) => (index === turns.length - 1 ? refused(turn) : turn)) : learnt;
}

/** What stands before a refusal is not what was asked for. */
function refused(turn: RecordedTurn): RecordedTurn {
  if (turn.role !== "assistant" || turn.content === "") return turn;
  return { ...turn, content: "", refusal: turn.content } satisfies RecordedAssistant;
}

function isEmptyRefusal({ stop_reason, content }: JsonObject): boolean {
  return (
    stop_reason === "refusal" && !contentList(content).some((block) => typeof block === "string" || (isObject(block) && block["type"] === "text"))
  );
}

function systemTurns({ request, path }: MessagesLog): readonly RecordedTurn[] {
  const content = plainTextOf(request["system"], `${path}system`);
  return content === "" ? [] : [{ role: "system", content }];
}

/** A transcript also holds what the program around the model said in the user's name; the question is the user's. */
function firstOwnWords(messages: readonly JsonObject[]): string | undefined {
  if (!messages.some(({ isMeta }) => isMeta === true)) return undefined;
  for (const message of messages) {
    if (message["role"] !== "user" || message["isMeta"] === true) continue;
    const words = userTurns(message["content"], "").find(({ role, content }) => role === "user" && content !== "");
    if (words !== undefined) return words.content;
  }
  return undefined;
}

function toolsOf({ request, path }: MessagesLog): RecordedConversation["tools"] & object {
  // The tools of an MCP server are not in the request: `notes` says that they were offered.
  const listed = listAt(request["tools"], `${path}tools`).filter((tool) => !isObject(tool) || tool["type"] !== "mcp_toolset");
  return toolsAt([...listed], `${path}tools`);
}

function modelOf({ request, path }: MessagesLog, messages: readonly PlacedMessage[]): string {
  const last = messages.findLast(({ message }) => scalarText(message["model"]) !== undefined);
  return last === undefined ? textAt(request["model"], `${path}model`) : textAt(last.message["model"], `${last.path}.model`);
}

function finishOf({ isUnanswered, record }: MessagesLog, last: JsonObject | undefined): Finish | undefined {
  if (isUnanswered) return "failed";
  if (record["stopped"] === "error_max_turns") return "turn-limit";
  return unfinished(last?.["stop_reason"])?.finish;
}

function notesOf({ request, record }: MessagesLog, messages: readonly PlacedMessage[]): JsonObject {
  const hiddenThinking = messages.flatMap(({ message }) => contentList(message["content"]).filter(isHiddenThinking)).length;
  const { sessionId, agentId } = record;
  const servers = request["mcp_servers"];
  const names = Array.isArray(servers)
    ? servers.flatMap((server) => (isObject(server) && typeof server["name"] === "string" ? [server["name"]] : []))
    : [];
  return {
    ...(typeof sessionId === "string" ? { sessionId } : {}),
    ...(typeof agentId === "string" ? { agentId } : {}),
    ...(hiddenThinking === 0 ? {} : { hiddenThinking }),
    ...(names.length === 0 ? {} : { mcpServers: names }),
  };
}
