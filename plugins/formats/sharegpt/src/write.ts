/** Writes conversations as LLaMA-Factory takes them: what it would skip (turns that do not alternate) is joined, so that no row is lost in silence. */
import type { AssistantMessage, Dialects, JsonObject, Message, PreferencePair, ToolDefinition, Trajectory } from "@autotraj/core/plugin";
import { holdsUsual, SPELLS_CONTROL_TOKEN, spellsControlToken } from "@autotraj/trajectory-text/control-tokens";
import { RESULT_JOINER } from "./results.ts";
import { markerFreeJson, withThought } from "./thought.ts";

/** What asks: at even places. */
interface Asked {
  readonly from: "human" | "observation";
  readonly value: string;
}
/** What the model wrote: at odd places. */
interface Written {
  readonly thought: string;
  readonly said: string;
  /** JSON of one call, or of a list; empty where there is none. */
  readonly calls: string;
  readonly loss: boolean;
}
type Turn = Asked | Written;

/** Why LLaMA-Factory could not be told this trajectory; undefined where it can. */
export function refuses(trajectory: Trajectory): string | undefined {
  const { messages } = trajectory;
  if (messages.slice(firstTurn(messages)).some(({ role }) => role === "system")) return "a system message stands after the first turn";
  const first = messages.find(({ role }) => role !== "system");
  if (first?.role === "assistant" && messages.some(({ role }) => role === "user")) return "the model speaks before anybody asks";
  const areBeside = (one: Message["role"], other: Message["role"] | undefined) => one === "user" && other === "tool";
  if (messages.some(({ role }, index) => areBeside(role, messages[index - 1]?.role) || areBeside(role, messages[index + 1]?.role)))
    return "a user speaks beside a result, and one turn would hold both";
  const isOneOfSeveral = (index: number) => messages[index - 1]?.role === "tool" || messages[index + 1]?.role === "tool";
  if (messages.some(({ role, content }, index) => role === "tool" && content.includes(RESULT_JOINER) && isOneOfSeveral(index)))
    return "one of several results holds the mark that stands between them";
  const isUnclear = (message: Message) =>
    message.role === "assistant" && (message.toolCalls ?? []).length > 0 && message.content.includes("<tool_call>");
  if (messages.some(isUnclear)) return "a text beside a call holds <tool_call>";
  return spellsControlToken(trajectory, holdsUsual) ? SPELLS_CONTROL_TOKEN : undefined;
}

/** One row of a supervised set: `{id, system, tools, conversations}`; every turn of the model says whether it is trained on. */
export function sftRow(trajectory: Trajectory, dialects: Dialects): JsonObject {
  const turns = turnsOf(trajectory, dialects);
  // It carries no loss, and an odd number of turns would make LLaMA-Factory skip the row.
  while (isAsked(turns.at(-1))) turns.pop();
  return { id: trajectory.id, ...contextOf(trajectory), conversations: turns.map(row) };
}

/**
 * The whole run as one message on either side, in the tag dialect: what a reward model has to see. Undefined where a user speaks in it: nothing would tell
 * these words from the model's.
 */
export function wholeRunRow({ query, chosen, rejected }: PreferencePair, dialects: Dialects): JsonObject | undefined {
  if ([chosen, rejected].some(({ messages }) => messages.slice(firstTurn(messages)).some(({ role }) => role === "user"))) return undefined;
  const run = (trajectory: Trajectory): JsonObject => ({
    from: "gpt",
    value: dialects
      .get("tags")
      .render({ ...trajectory, messages: trajectory.messages.slice(firstTurn(trajectory.messages)) })
      .map(({ text }) => text)
      .join(""),
  });
  const { system } = contextOf(chosen);
  const asked = join(chosen.messages.slice(0, firstTurn(chosen.messages)).flatMap(asking));
  return { id: query.id, system, tools: "", conversations: asked.map(row), chosen: run(chosen), rejected: run(rejected) };
}

/**
 * The first turn in which the two differ, after what they share. Where one of them stopped there, its turn is empty; where only a tool's result
 * differs, both sides have the turn before it, and the row teaches nothing.
 */
export function firstDifferenceRow({ query, chosen, rejected }: PreferencePair, dialects: Dialects): JsonObject {
  const better = turnsOf(chosen, dialects);
  // A run in the other dialect is told in the chosen one's, so that the dialect does not tell them apart.
  const worse = turnsOf({ ...rejected, dialect: chosen.dialect }, dialects);
  let at = 0;
  while (at < better.length && at < worse.length && same(better[at]!, worse[at]!)) at++;
  // Whose turn it is follows from the turns alone: the model's come at odd places.
  if (at % 2 === 0) at = Math.max(1, at - 1);
  const side = (turns: readonly Turn[]): JsonObject => {
    const turn = turns[at];
    if (turn === undefined) return { from: "gpt", value: "" };
    const { from, value } = told(turn);
    return { from, value };
  };
  return { id: query.id, ...contextOf(chosen), conversations: better.slice(0, at).map(row), chosen: side(better), rejected: side(worse) };
}

function contextOf({ messages, tools, dialect }: Trajectory): { system: string; tools: string } {
  const systems = messages.slice(0, firstTurn(messages)).flatMap(({ role, content }) => (role === "system" && content !== "" ? [content] : []));
  // Tags are explained by the system message; the template's own tool prompt would ask for another form.
  return { system: systems.join("\n\n"), tools: dialect === "tags" || tools.length === 0 ? "" : JSON.stringify(tools.map(toolRow)) };
}

/** Alternating from a question on: what asks at even places, what the model wrote at odd ones. */
function turnsOf(trajectory: Trajectory, dialects: Dialects): Turn[] {
  const { messages, dialect } = trajectory;
  const start = firstTurn(messages);
  const turns: Turn[] = messages.slice(0, start).flatMap(asking);
  if (turns.length === 0) turns.push(human(trajectory.query.question));
  for (const message of messages.slice(start)) {
    if (message.role === "system" || message.role === "user") turns.push(human(message.content));
    else if (message.role === "tool") turns.push(observation(dialect === "tags" ? dialects.get("tags").text(message) : message.content));
    else if (dialect === "tags") turns.push({ thought: "", said: dialects.get("tags").text(message), calls: "", loss: message.train !== false });
    else turns.push(written(message));
  }
  return join(turns);
}

function written({ content, reasoning = "", toolCalls = [], train }: AssistantMessage): Written {
  const calls = toolCalls.map(({ name, arguments: args, malformed }) => ({ name, arguments: malformed?.raw ?? args }));
  const json = calls.length === 0 ? "" : markerFreeJson(calls.length === 1 ? calls[0] : calls);
  return { thought: reasoning, said: content, calls: json, loss: train !== false };
}

/** Neighbours that would not alternate become one turn. */
function join(turns: readonly Turn[]): Turn[] {
  const joined: Turn[] = [];
  for (const turn of turns) {
    const last = joined.at(-1);
    if (isAsked(last) && isAsked(turn)) joined[joined.length - 1] = joinAsked(last, turn);
    else if (last === undefined || isAsked(last) || isAsked(turn)) joined.push(turn);
    // A call that got no result, with more written after it.
    else if (last.calls !== "") joined.push(observation(""), turn);
    else joined[joined.length - 1] = joinWritten(last, turn);
  }
  return joined;
}

function joinAsked(first: Asked, second: Asked): Asked {
  const areResults = first.from === "observation" && second.from === "observation";
  return {
    from: areResults ? "observation" : "human",
    value: `${first.value}${areResults ? RESULT_JOINER : "\n\n"}${second.value}`,
  };
}

/** Two turns of the model with nothing between. Trained on only where both are. */
function joinWritten(first: Written, second: Written): Written {
  const both = (a: string, b: string, joint: string) => [a, b].filter((text) => text !== "").join(joint);
  return {
    thought: both(first.thought, second.thought, "\n"),
    said: both(first.said, second.said, "\n\n"),
    calls: second.calls,
    loss: first.loss && second.loss,
  };
}

function asking(message: Message): Asked[] {
  return message.role === "user" ? [human(message.content)] : [];
}

function human(value: string): Asked {
  return { from: "human", value };
}

function observation(value: string): Asked {
  return { from: "observation", value };
}

function isAsked(turn: Turn | undefined): turn is Asked {
  return turn !== undefined && "from" in turn;
}

function same(a: Turn, b: Turn): boolean {
  const [one, other] = [told(a), told(b)];
  return one.from === other.from && one.value === other.value;
}

/** As LLaMA-Factory reads it: beside text, a call stands in tags. */
function told(turn: Turn): { readonly from: string; readonly value: string; readonly loss?: boolean } {
  if (isAsked(turn)) return turn;
  const { thought, said, calls, loss } = turn;
  if (calls === "") return { from: "gpt", value: withThought(thought, said), loss };
  return { from: "function_call", value: withThought(thought, said === "" ? calls : `${said}\n<tool_call>${calls}</tool_call>`), loss };
}

function row(turn: Turn): JsonObject {
  const { from, value, loss } = told(turn);
  return { from, value, ...(loss === undefined ? {} : { loss }) };
}

function firstTurn(messages: readonly Message[]): number {
  const found = messages.findIndex(({ role }) => role === "assistant" || role === "tool");
  return found < 0 ? messages.length : found;
}

function toolRow({ name, description, parameters }: ToolDefinition): JsonObject {
  // LLaMA-Factory reads `parameters.properties` unasked.
  return { name, description, parameters: { ...parameters, properties: parameters["properties"] ?? {} } };
}
