/**
 * Native conversations as LLaMA-Factory's sharegpt rows. It trains on every `gpt` and `function_call` turn and on nothing else, and skips rows it does
 * not understand with a warning only: what it cannot learn exactly is left out here, where it is counted.
 */
import { type AssistantMessage, type JsonObject, PluginError, type PreferencePair, type Trajectory } from "@autotraj/core/plugin";

type Turn = { from: "human" | "gpt" | "function_call" | "observation"; value: string };

/** How LLaMA-Factory itself writes the results of parallel calls into one observation (its openai converter). */
const BETWEEN_RESULTS = "\n</tool_response>\n<tool_response>\n";

/**
 * Undefined where a turn of the model is not to be trained on (LLaMA-Factory cannot leave one out), and where model and tools do not take strict turns.
 * @throws PluginError LLAMAFACTORY_DIALECT for a trajectory in tags.
 */
export function sharegptSft(trajectory: Trajectory): JsonObject | undefined {
  refuseTags(trajectory);
  const isUnlearnt = ({ train, toolCalls = [] }: AssistantMessage) => train === false || toolCalls.some(({ malformed }) => malformed !== undefined);
  if (trajectory.messages.some((message) => message.role === "assistant" && isUnlearnt(message))) return undefined;
  const turns = turnsOf(trajectory);
  if (turns === undefined || turns.length === 0 || turns.length % 2 !== 0) return undefined;
  return { id: trajectory.id, ...context(trajectory), conversations: turns };
}

/**
 * LLaMA-Factory compares two single messages: the first turn in which both sides differ, after all that they share. Undefined where they part at
 * something no model wrote (a tool that answered differently).
 * @throws PluginError LLAMAFACTORY_DIALECT where the chosen one is in tags.
 */
export function sharegptPreference({ query, chosen, rejected }: PreferencePair): JsonObject | undefined {
  refuseTags(chosen);
  const [better, worse] = [turnsOf(chosen), turnsOf(rejected)];
  if (better === undefined || worse === undefined) return undefined;
  const at = better.findIndex((turn, index) => turn.from !== worse[index]?.from || turn.value !== worse[index].value);
  const [one, other] = [better[at], worse[at]];
  if (one === undefined || other === undefined || at % 2 === 0) return undefined;
  return { id: query.id, ...context(chosen), conversations: better.slice(0, at), chosen: one, rejected: other };
}

function context({ messages, tools }: Trajectory): JsonObject {
  const functions = tools.map(({ name, description, parameters }) => ({ type: "function", function: { name, description, parameters } }));
  return {
    system: messages.flatMap(({ role, content }) => (role === "system" && content !== "" ? [content] : [])).join("\n\n"),
    tools: functions.length === 0 ? "" : JSON.stringify(functions),
  };
}

/** human and observation at even places, gpt and function_call at odd ones; undefined where that does not work out. */
function turnsOf({ messages }: Trajectory): Turn[] | undefined {
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === "system") {
      // The row has one system prompt, before all turns.
      if (message.content !== "" && turns.some(({ from }) => from !== "human")) return undefined;
      continue;
    }
    const previous = turns.at(-1);
    if (message.role === "tool" && previous?.from === "observation") {
      previous.value += BETWEEN_RESULTS + message.content;
      continue;
    }
    if ((message.role === "assistant") !== (turns.length % 2 === 1)) return undefined;
    const turn =
      message.role === "assistant"
        ? modelTurn(message)
        : ({ from: message.role === "tool" ? "observation" : "human", value: message.content } as const);
    if (turn === undefined) return undefined;
    turns.push({ ...turn });
  }
  return turns;
}

/** By which LLaMA-Factory's templates cut a turn's thinking from the rest: at the first block they find. */
const THINKING_MARK = /<\/?think>/;

/** Undefined for what would be cut elsewhere. */
function modelTurn({ reasoning = "", content, toolCalls = [] }: AssistantMessage): Turn | undefined {
  if (THINKING_MARK.test(reasoning) || (THINKING_MARK.test(content) && toolCalls.length > 0)) return undefined;
  const thinking = reasoning === "" ? "" : `<think>\n${reasoning}\n</think>\n\n`;
  if (toolCalls.length === 0) return { from: "gpt", value: thinking + content };
  const calls = toolCalls.map(({ name, arguments: args, malformed }) => ({
    name,
    arguments: malformed === undefined ? args : { unparsed: malformed.raw },
  }));
  // LLaMA-Factory looks for <think> and <tool_call> by regular expressions in the whole value: inside the JSON they must not be found.
  const json = JSON.stringify(calls.length === 1 ? calls[0] : calls).replaceAll("<", "\\u003c");
  const text = content === "" ? thinking : `${thinking}${content}\n`;
  if (text === "") return { from: "function_call", value: json };
  return text.includes("<tool_call>") ? undefined : { from: "function_call", value: `${text}<tool_call>${json}</tool_call>` };
}

function refuseTags({ id, dialect }: Trajectory): void {
  if (dialect === "native") return;
  throw new PluginError(
    "LLAMAFACTORY_DIALECT",
    `trajectory ${id} is in the dialect "${dialect}": its tool results stand inside the assistant's message.`,
    {
      hint: "LLaMA-Factory would train on them. Export to llamafactory/chatml (for models with ChatML turns), or to trl or verl, whose rows carry the mask.",
    },
  );
}
