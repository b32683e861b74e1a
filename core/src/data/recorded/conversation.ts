/**
 * A recorded conversation as a trajectory. What every format would otherwise do in its own way is done here, once: thinking and calls are taken out of the
 * text, results are paired with calls, failed results are told from others, the answer is found, and what does not fit is named.
 */
import type {
  AssistantMessage,
  JsonObject,
  Message,
  Query,
  RecordedAssistant,
  RecordedCall,
  RecordedConversation,
  RecordedResult,
  RecordedTurn,
  ToolDefinition,
  ToolMessage,
  Trajectory,
} from "../../kernel/plugin.ts";
import { contentHash } from "../../kernel/trajectory/identity.ts";
import { nativeDialect } from "../dialects/native.ts";
import { readCall, UNNAMED_TOOL } from "./arguments.ts";
import { saysFailed } from "./failed-results.ts";
import { invalid, scalarText, textOrJson } from "./fields.ts";
import { type PairedResult, type Pairing, pair } from "./pairing.ts";
import { joinedThoughts, splitThinking } from "./thinking.ts";
import { splitToolCalls, splitToolResponses } from "./tool-call-text.ts";

export interface ReadingRules {
  /** A preset's own signs of a failed result, beside the ones that hold for all. */
  readonly failedResults: readonly RegExp[];
  /** Tools whose call ends a run, in lower case: it needs no result, and its text is the answer. */
  readonly finishTools: ReadonlySet<string>;
}

export const READING_RULES: ReadingRules = {
  failedResults: [],
  finishTools: new Set([
    ...["finish", "submit", "final_answer", "finalanswer", "answer", "submit_answer", "respond", "terminate", "exit", "done"],
    ...["attempt_completion", "mark_task_complete", "task_complete", "complete_task"],
  ]),
};

/** Not yet under an id. */
type RecordedTrajectory = Omit<Trajectory, "id" | "usage"> & { readonly usage?: Trajectory["usage"] };

export interface ReadConversation {
  readonly trajectory: RecordedTrajectory;
  /** The same for recordings that were asked the same: system prompt, question, tools, accepted answers. */
  readonly group: string;
}

/** @throws PluginError where there is no question */
export function readConversation(conversation: RecordedConversation, rules: ReadingRules, outcome: JsonObject | undefined): ReadConversation {
  if (!Array.isArray(conversation?.turns)) throw new Error("its format gave no conversation: it has no `turns`.");
  const { tools = [], finish, faults: ownFaults = [], dialect = "native" } = conversation;
  const faults: string[] = [...ownFaults];
  // What AutoTraj wrote was read once already: nothing in it is a format's leftover, and its faults are told.
  const isOwn = conversation.provenance !== undefined;
  const turns = isOwn ? conversation.turns : merged(conversation.turns.flatMap((turn) => tidied(turn, faults)));
  const isLimited = finish === "tool-limit" || finish === "turn-limit" || finish === "token-limit";
  const pairing = pair(turns, (call) => isLimited || isFinish(call, rules));
  const messages = messagesOf(turns, pairing, rules);
  if (!isOwn) faults.push(...pairing.faults, ...malformedCalls(messages, ownFaults));
  const answer = conversation.answer === undefined ? answerIn(turns, messages, rules) : (conversation.answer ?? undefined);
  const prompt = promptOf(messages, tools, conversation.toolsFromCalls === true);
  const query = queryOf(conversation.query ?? {}, messages, prompt);
  return {
    group: contentHash(query.question.trim(), [...query.answers].sort(), prompt),
    trajectory: {
      query,
      dialect,
      tools,
      messages,
      ...(answer === undefined ? {} : { answer }),
      finish: finish ?? (answer === undefined ? "no-answer" : "answer"),
      faults,
      provenance: provenanceOf(conversation, outcome),
      ...(conversation.usage === undefined ? {} : { usage: conversation.usage }),
    },
  };
}

/** Thinking and calls taken out of a turn's text, where the format left them in it. */
function tidied(turn: RecordedTurn, faults: string[]): readonly RecordedTurn[] {
  if (turn.role === "assistant") return [turn.text === undefined ? tidiedAssistant(turn, faults) : turn];
  if (turn.role === "system") return [turn];
  const responses = splitToolResponses(turn.content);
  if (responses === undefined) return [turn];
  const own: RecordedResult = turn.role === "tool" ? turn : { role: "tool", content: "" };
  // Several results in one message have one id between them, if any: it tells none of them.
  const { callId: _callId, ...anonymous } = own;
  return responses.map((content) => ({ ...(responses.length === 1 ? own : anonymous), content }));
}

function tidiedAssistant(turn: RecordedAssistant, faults: string[]): RecordedAssistant {
  const { reasoning: thought, content, unclosed } = splitThinking(turn.content);
  if (unclosed) faults.push("thinking that never ends");
  const { said, calls } = (turn.calls ?? []).length > 0 ? { said: content, calls: turn.calls ?? [] } : splitToolCalls(content);
  const refusal = turn.refusal ?? "";
  if (refusal !== "") faults.push("the model refused");
  const reasoning = joinedThoughts(turn.reasoning ?? "", thought);
  const { reasoning: _reasoning, refusal: _refusal, calls: _calls, ...rest } = turn;
  return {
    ...rest,
    content: [said, refusal].filter((text) => text !== "").join("\n\n"),
    ...(reasoning === "" ? {} : { reasoning }),
    refusal,
    calls,
  };
}

/**
 * A turn is all that the model wrote between two results: words before a call, words after it whose result is still to come, and parallel calls that a log has
 * one by one, are one.
 */
function merged(turns: readonly RecordedTurn[]): readonly RecordedTurn[] {
  const result: RecordedTurn[] = [];
  for (let at = 0; at < turns.length; ) {
    const first = turns[at] as RecordedTurn;
    const written = first.role === "assistant" ? writtenInOne(turns, at) : [];
    const callers = isTool(turns[at + written.length]) && written.some(hasCalls) ? written.length : written.findLastIndex(hasCalls) + 1;
    result.push(...(callers === 0 ? [] : [written.slice(0, callers).reduce(joined)]), ...written.slice(callers));
    if (written.length === 0) result.push(first);
    at += Math.max(1, written.length);
  }
  return result;
}

/** The turns of the model from here on that stand together and may be one. */
function writtenInOne(turns: readonly RecordedTurn[], start: number): readonly RecordedAssistant[] {
  const written: RecordedAssistant[] = [];
  for (let turn = turns[start]; turn?.role === "assistant"; turn = turns[start + written.length]) {
    const last = written.at(-1);
    if (last !== undefined && !mayBeOne(last, turn)) break;
    written.push(turn);
  }
  return written;
}

function mayBeOne(first: RecordedAssistant, second: RecordedAssistant): boolean {
  if (first.text !== undefined || second.text !== undefined || first.tokens !== undefined || second.tokens !== undefined) return false;
  return (first.train ?? true) === (second.train ?? true);
}

function hasCalls({ calls = [] }: RecordedAssistant): boolean {
  return calls.length > 0;
}

function isTool(turn: RecordedTurn | undefined): boolean {
  return turn?.role === "tool";
}

function joined(first: RecordedAssistant, second: RecordedAssistant): RecordedAssistant {
  const text = (a = "", b = "") => [a, b].filter((part) => part !== "").join("\n\n");
  const reasoning = [first.reasoning ?? "", second.reasoning ?? ""].filter((part) => part !== "").join("\n");
  return {
    ...first,
    content: text(first.content, second.content),
    ...(reasoning === "" ? {} : { reasoning }),
    refusal: text(first.refusal, second.refusal),
    calls: [...(first.calls ?? []), ...(second.calls ?? [])],
  };
}

/** In the turns' order, but for results that stand together: these come in the order of their calls. */
function messagesOf(turns: readonly RecordedTurn[], pairing: Pairing, rules: ReadingRules): readonly Message[] {
  const messages: Message[] = [];
  let stretch: PairedResult[] = [];
  const endStretch = () => {
    messages.push(...stretch.sort((a, b) => a.order - b.order).map((result) => resultMessage(result, rules)));
    stretch = [];
  };
  for (const turn of turns) {
    if (turn.role === "tool") {
      stretch.push(pairing.results.get(turn) as PairedResult);
      continue;
    }
    endStretch();
    messages.push(turn.role === "assistant" ? assistantMessage(turn, pairing) : { role: turn.role, content: turn.content });
  }
  endStretch();
  return messages;
}

function assistantMessage(turn: RecordedAssistant, pairing: Pairing): AssistantMessage {
  const calls = (pairing.calls.get(turn) ?? []).map(({ call, id }) => readCall(call, id));
  return {
    role: "assistant",
    content: turn.content,
    ...(turn.reasoning === undefined ? {} : { reasoning: turn.reasoning }),
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
    ...(turn.text === undefined ? {} : { text: turn.text }),
    ...(turn.tokens === undefined ? {} : { tokens: turn.tokens }),
    ...(turn.train === undefined ? {} : { train: turn.train }),
  };
}

function resultMessage({ result, callId, name = UNNAMED_TOOL }: PairedResult, { failedResults }: ReadingRules): ToolMessage {
  const { content, ok, durationMs, isolation } = result;
  return {
    role: "tool",
    toolCallId: callId,
    name,
    content,
    ok: ok ?? !saysFailed(content, failedResults),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(isolation === undefined ? {} : { isolation }),
  };
}

function malformedCalls(messages: readonly Message[], known: readonly string[]): readonly string[] {
  const calls = messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
  const faults = calls.flatMap(({ malformed }) => (malformed === undefined ? [] : [`malformed tool call: ${malformed.reason}`]));
  return faults.filter((fault) => !known.includes(fault));
}

/** What the last turn of the model gives, whatever others said after it: its text, or that of the call that ends the run. */
function answerIn(turns: readonly RecordedTurn[], messages: readonly Message[], rules: ReadingRules): string | undefined {
  const turn = turns.findLast((one) => one.role === "assistant");
  const message = messages.findLast((one) => one.role === "assistant");
  if (turn === undefined || message === undefined || (turn.refusal ?? "") !== "") return undefined;
  const calls = message.toolCalls ?? [];
  const ending = calls.find(({ name }) => rules.finishTools.has(name.toLowerCase()));
  const text = ending === undefined ? "" : answerArgument(ending.arguments);
  if (calls.length > 0 && ending === undefined) return undefined;
  return nativeDialect.parse({ text: text === "" ? message.content : text, finish: "stop" }, [], "").answer;
}

const ANSWER_ARGUMENTS = ["answer", "final_answer", "result", "response", "message", "output", "text", "value"] as const;

function answerArgument(args: JsonObject): string {
  const isGiven = (one: string) => (args[one] ?? null) !== null;
  const name = ANSWER_ARGUMENTS.find((one) => scalarText(args[one]) !== undefined) ?? ANSWER_ARGUMENTS.find(isGiven);
  if (name !== undefined) return textOrJson(args[name]);
  const [only, ...others] = Object.values(args).filter((value) => typeof value !== "boolean" && scalarText(value) !== undefined);
  return only === undefined || others.length > 0 ? "" : textOrJson(only);
}

function isFinish({ name = "" }: RecordedCall, { finishTools }: ReadingRules): boolean {
  return finishTools.has(name.toLowerCase());
}

interface Prompt {
  readonly system: readonly string[];
  readonly tools: readonly ToolDefinition[];
}

/** What was asked besides the question. Tools that were made up from the calls were no part of it. */
function promptOf(messages: readonly Message[], tools: readonly ToolDefinition[], toolsFromCalls: boolean): Prompt {
  const first = messages.findIndex(({ role }) => role === "assistant" || role === "tool");
  const before = first < 0 ? messages : messages.slice(0, first);
  return {
    system: before.flatMap(({ role, content }) => (role === "system" && content !== "" ? [content] : [])),
    tools: toolsFromCalls ? [] : tools,
  };
}

function queryOf(own: Partial<Query>, messages: readonly Message[], prompt: Prompt): Query {
  const question = own.question ?? messages.find(({ role }) => role === "user")?.content ?? prompt.system[0];
  if (question === undefined) throw invalid("", "holds no turn of a user, so there is no question");
  const answers = own.answers ?? [];
  const { id = `q-${contentHash(question, answers, prompt).slice(0, 16)}`, ...rest } = own;
  return { ...rest, id, question, answers };
}

function provenanceOf({ provenance, model, notes }: RecordedConversation, outcome: JsonObject | undefined): RecordedTrajectory["provenance"] {
  if (provenance !== undefined) return provenance;
  const kept = { ...notes, ...(outcome === undefined ? {} : { outcome }) };
  return {
    origin: "recorded",
    ...(model === undefined || model === "" ? {} : { model }),
    ...(Object.keys(kept).length === 0 ? {} : { notes: kept }),
  };
}
