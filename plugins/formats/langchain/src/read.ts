/** What a row is: a list of messages, a state of a graph, inputs and outputs of a chain, or the runs of a trace. */
import type { JsonObject, JsonValue, RecordedConversation } from "@autotraj/core/plugin";
import { continuedWith, invalid, isObject, objectAt, queryOf, toolsAt } from "@autotraj/core/rows";
import { inputTurns, outputTurns } from "./chain.ts";
import { opened, runsOf } from "./gather.ts";
import { endingOf, isLangChainMessage, isMessage, messagesIn, modelOf, turnsOfMessages } from "./message.ts";
import { readTraces } from "./trace.ts";

/** Where graphs keep their state: a snapshot's values, a checkpoint's channels. */
const STATES = ["values", "channel_values", "state", "checkpoint"] as const;

/** @throws PluginError naming the path inside the row */
export function read(row: JsonValue): RecordedConversation | readonly RecordedConversation[] {
  const runs = runsOf(row);
  if (runs !== undefined) return readTraces(runs);
  const record = Array.isArray(row) ? { messages: row } : opened(objectAt(row, ""));
  const { messages, path } = stateOf(record, "");
  if (messages !== undefined) return conversation(record, turnsOfMessages(messages, path), messages);
  const { inputs, outputs } = record;
  if (inputs === undefined && outputs === undefined) {
    throw invalid("messages", "is missing; expected LangChain messages, a state that holds them, inputs and outputs of a chain, or LangSmith runs");
  }
  return conversation(
    record,
    continuedWith(inputTurns(inputs, "inputs"), outputTurns(outputs, "outputs")),
    isObject(outputs) ? outputs["messages"] : undefined,
  );
}

/** How surely a row is LangChain's: its types of messages are its own; roles are OpenAI's first. */
export function recognizes(row: JsonValue): number {
  const runs = runsOf(row);
  if (runs !== undefined) return 0.97;
  const record = Array.isArray(row) ? { messages: row } : isObject(row) ? opened(row) : {};
  const { messages } = stateOf(record, "");
  const inputs = isObject(record["inputs"]) ? record["inputs"] : {};
  const outputs = isObject(record["outputs"]) ? record["outputs"] : {};
  const own = messagesIn(messages);
  if (own.length > 0) return ofMessages(own);
  const inside = [...messagesIn(inputs["messages"]), ...messagesIn(outputs["messages"])];
  if (inside.length > 0) return Math.max(0.6, ofMessages(inside));
  return record["inputs"] !== undefined && record["outputs"] !== undefined ? 0.5 : 0;
}

function ofMessages(messages: readonly JsonValue[]): number {
  if (!messages.every(isMessage)) return 0;
  if (messages.some(isLangChainMessage)) return 0.97;
  return messages.some(Array.isArray) ? 0.8 : 0.4;
}

/** The messages of a row or of the state in it, and where they stand. */
function stateOf(record: JsonObject, path: string): { readonly messages?: JsonValue; readonly path: string } {
  const place = path === "" ? "messages" : `${path}.messages`;
  if (Array.isArray(record["messages"])) return { messages: record["messages"], path: place };
  for (const name of STATES) {
    const inner = record[name];
    const found = isObject(inner) ? stateOf(inner, path === "" ? name : `${path}.${name}`) : undefined;
    if (found?.messages !== undefined) return found;
  }
  return { path: place };
}

function conversation(record: JsonObject, turns: RecordedConversation["turns"], messages: JsonValue | undefined): RecordedConversation {
  const model = messagesIn(messages)
    .map(modelOf)
    .findLast((name) => name !== undefined);
  return {
    turns,
    query: queryOf(record),
    tools: toolsAt(record["tools"] ?? record["functions"], "tools"),
    ...(model === undefined ? {} : { model }),
    ...endingOf(messagesIn(messages).at(-1)),
  };
}
