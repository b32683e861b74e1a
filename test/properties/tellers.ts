/** How each kind of log tells the same events. */
import type { JsonObject, JsonValue } from "@autotraj/core";
import type { Ids, Telling } from "./conversations.ts";
import type { Event, ToldCall } from "./events.ts";

export interface Teller {
  /** The format package's short name. */
  readonly format: string;
  readonly what: string;
  /** The ids that such a log can have. */
  readonly ids: readonly Ids[];
  readonly parallel: number;
  readonly rounds: number;
  /** What can go wrong with a result in such a log. */
  readonly mishaps: readonly Telling["mishap"][];
  /** True where results can name their tool. */
  readonly names: boolean;
  tell(events: readonly Event[]): JsonValue;
}

/** All that can happen. */
export const MISHAPS: readonly Telling["mishap"][] = ["none", "lost", "twice", "nobody's", "early"];
const ALL_IDS: readonly Ids[] = ["unique", "missing", "empty", "one for all", "used again"];
const some = (record: Readonly<Record<string, JsonValue | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(record).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));

/** OpenAI's messages; `call` writes one call. */
function chat(call: (told: ToldCall) => JsonObject): Teller["tell"] {
  return (events) => ({
    messages: events.map((event): JsonObject => {
      if (event.kind === "result") return some({ role: "tool", tool_call_id: event.id, name: event.name, content: event.content });
      if (event.kind !== "model") return { role: event.kind, content: event.text };
      const { thinking, said, calls } = event;
      return some({
        role: "assistant",
        content: said,
        reasoning_content: thinking === "" ? undefined : thinking,
        tool_calls: calls.length === 0 ? undefined : calls.map(call),
      });
    }),
  });
}

const openAi = ({ id, name, arguments: args }: ToldCall): JsonObject =>
  some({ id, type: "function", function: { name, arguments: JSON.stringify(args) } });

/** One call a message, results by the function's name, as before `tool_calls`. */
function oldFunctions(events: readonly Event[]): JsonValue {
  return {
    messages: events.flatMap((event): JsonObject[] => {
      if (event.kind === "result") return [some({ role: "function", name: event.name, content: event.content })];
      if (event.kind !== "model") return [{ role: event.kind, content: event.text }];
      const { thinking, said, calls } = event;
      const content = thinking === "" ? said : `<think>${thinking}</think>\n${said}`;
      if (calls.length === 0) return [{ role: "assistant", content }];
      return calls.map(({ name, arguments: args }, place) => ({
        role: "assistant",
        content: place === 0 ? content : "",
        function_call: { name, arguments: JSON.stringify(args) },
      }));
    }),
  };
}

/** Calls and results in the text, results in the user's name. */
function hermes(events: readonly Event[]): JsonValue {
  const conversations: JsonObject[] = [];
  for (const event of events) {
    if (event.kind === "result")
      conversations.push(some({ from: "tool", name: event.name, value: `<tool_response>\n${event.content}\n</tool_response>` }));
    else if (event.kind !== "model") conversations.push({ from: event.kind === "user" ? "human" : "system", value: event.text });
    else {
      const calls = event.calls.map(({ name, arguments: args }) => `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`);
      const thought = event.thinking === "" ? [] : [`<think>${event.thinking}</think>`];
      conversations.push({ from: "gpt", value: [...thought, event.said, ...calls].filter((part) => part !== "").join("\n") });
    }
  }
  return { conversations };
}

function sharegpt(events: readonly Event[]): JsonValue {
  return {
    conversations: events.flatMap((event): JsonObject[] => {
      if (event.kind === "result") return [some({ from: "observation", name: event.name, value: event.content })];
      if (event.kind !== "model") return [{ from: event.kind === "user" ? "human" : "system", value: event.text }];
      const { thinking, said, calls } = event;
      const thought = thinking === "" ? "" : `<think>${thinking}</think>\n`;
      if (calls.length === 0) return [{ from: "gpt", value: `${thought}${said}` }];
      const words = said === "" && thought === "" ? [] : [{ from: "gpt", value: `${thought}${said}` }];
      return [...words, ...calls.map(({ name, arguments: args }) => ({ from: "function_call", value: JSON.stringify({ name, arguments: args }) }))];
    }),
  };
}

/** Results in the user's name, with the words that follow them in one message. */
function anthropicMessages(events: readonly Event[]): readonly { readonly role: "user" | "assistant"; readonly content: JsonObject[] }[] {
  const messages: { role: "user" | "assistant"; content: JsonObject[] }[] = [];
  for (const event of events) {
    if (event.kind === "model") {
      const { thinking, said, calls } = event;
      const thought = thinking === "" ? [] : [{ type: "thinking", thinking, signature: "Eq" }];
      const words = said === "" ? [] : [{ type: "text", text: said }];
      const uses = calls.map(({ id, name, arguments: args }) => some({ type: "tool_use", id, name, input: { ...args } }));
      messages.push({ role: "assistant", content: [...thought, ...words, ...uses] });
    } else if (event.kind !== "system") {
      const isResult = event.kind === "result";
      const block = isResult ? some({ type: "tool_result", tool_use_id: event.id, content: event.content }) : { type: "text", text: event.text };
      const last = messages.at(-1);
      if (last?.role === "user" && last.content[0]?.["type"] === "tool_result") last.content.push(block);
      else messages.push({ role: "user", content: [block] });
    }
  }
  return messages;
}

function anthropic(events: readonly Event[]): JsonValue {
  const system = events.flatMap((event) => (event.kind === "system" ? [event.text] : []));
  return { ...(system.length === 0 ? {} : { system: system.join("") }), messages: anthropicMessages(events).map((message) => ({ ...message })) };
}

/** A line a block, as Claude Code writes them; a result hangs on the line of its call. */
function claudeCode(events: readonly Event[]): JsonValue {
  const lines: JsonObject[] = [];
  const calls = new Map<string, string>();
  let before: string | null = null;
  for (const [message, { role, content }] of anthropicMessages(events).entries()) {
    for (const block of content) {
      const uuid = `u${lines.length}`;
      const parentUuid = calls.get(String(block["tool_use_id"])) ?? before;
      const said: JsonObject = role === "user" ? { role, content: [block] } : { id: `msg_${message}`, role, content: [block] };
      lines.push({ parentUuid, isSidechain: false, sessionId: "s", type: role, message: said, uuid });
      if (block["type"] === "tool_use") calls.set(String(block["id"]), uuid);
      before = uuid;
    }
  }
  return lines;
}

function responsesItems(events: readonly Event[]): JsonObject[] {
  return events.flatMap((event): JsonObject[] => {
    if (event.kind === "result") return [some({ type: "function_call_output", call_id: event.id, output: event.content })];
    if (event.kind !== "model") return [{ type: "message", role: event.kind, content: [{ type: "input_text", text: event.text }] }];
    const { thinking, said, calls } = event;
    return [
      ...(thinking === "" ? [] : [{ type: "reasoning", summary: [{ type: "summary_text", text: thinking }] }]),
      ...(said === "" ? [] : [{ type: "message", role: "assistant", content: [{ type: "output_text", text: said }] }]),
      ...calls.map(({ id, name, arguments: args }) => some({ type: "function_call", call_id: id, name, arguments: JSON.stringify(args) })),
    ];
  });
}

const responses = (events: readonly Event[]): JsonValue => ({ input: responsesItems(events) });
const codex = (events: readonly Event[]): JsonValue => [
  { type: "session_meta", payload: { id: "s" } },
  ...responsesItems(events).map((payload) => ({ type: "response_item", payload })),
];

/** A call and its result in one step. */
function steps(events: readonly Event[]): JsonValue {
  const row: { question: string; steps: JsonObject[]; final: string } = { question: "", steps: [], final: "" };
  for (const event of events) {
    if (event.kind === "user") row.question = event.text;
    else if (event.kind === "result") (row.steps.at(-1) as JsonObject)["observation"] = event.content;
    else if (event.kind === "model" && event.calls.length === 0) row.final = event.said;
    else if (event.kind === "model") {
      const [call] = event.calls as [ToldCall];
      row.steps.push({ thought: event.thinking, tool: call.name, input: { ...call.arguments } });
    }
  }
  return row;
}

/** Text with labels; the input as JSON. */
function react(events: readonly Event[]): JsonValue {
  const lines: string[] = [];
  for (const event of events) {
    if (event.kind === "user") lines.push(`Question: ${event.text}`);
    else if (event.kind === "result") lines.push(`Observation: ${shieldedLabels(event.content)}`);
    else if (event.kind === "model" && event.calls.length === 0) lines.push(`Final Answer: ${event.said}`);
    else if (event.kind === "model") {
      const [call] = event.calls as [ToldCall];
      lines.push(`Thought: ${event.thinking}`, `Action: ${call.name}`, `Action Input: ${JSON.stringify(call.arguments)}`);
    }
  }
  return { text: lines.join("\n") };
}

/** In a log without numbers nothing tells such a line from a label: agents that write such logs cut their results. */
function shieldedLabels(text: string): string {
  return text.replace(/\n(?=\s*(?:Thought|Observation|Action|Final Answer))/g, " ");
}

/** Results stand in the step of their calls. */
function atif(events: readonly Event[]): JsonValue {
  const all: JsonObject[] = [];
  for (const event of events) {
    if (event.kind === "result") {
      const step = all.at(-1) as JsonObject;
      const before = (step["observation"] as { results: JsonObject[] } | undefined)?.results ?? [];
      step["observation"] = { results: [...before, some({ source_call_id: event.id, content: event.content })] };
    } else if (event.kind !== "model") all.push({ source: event.kind, message: event.text });
    else {
      const calls = event.calls.map(({ id, name, arguments: args }) => some({ tool_call_id: id, function_name: name, arguments: { ...args } }));
      const { thinking, said } = event;
      const last = all.at(-1);
      // Calls of one step, however they were sampled.
      if (calls.length > 0 && last?.["tool_calls"] !== undefined && last["observation"] === undefined) {
        last["tool_calls"] = [...(last["tool_calls"] as JsonObject[]), ...calls];
        continue;
      }
      all.push(
        some({
          source: "agent",
          message: said,
          reasoning_content: thinking === "" ? undefined : thinking,
          tool_calls: calls.length === 0 ? undefined : calls,
        }),
      );
    }
  }
  return { schema_version: "ATIF-v1.4", agent: { name: "a", version: "1" }, steps: all.map((step, place) => ({ step_id: place + 1, ...step })) };
}

export const TELLERS: readonly Teller[] = [
  { format: "chat", what: "OpenAI messages", ids: ALL_IDS, parallel: 3, rounds: 3, mishaps: MISHAPS, names: true, tell: chat(openAi) },
  {
    format: "chat",
    what: "messages with bare calls and arguments as objects",
    ids: ALL_IDS,
    parallel: 3,
    rounds: 2,
    mishaps: MISHAPS,
    names: true,
    tell: chat(({ id, name, arguments: args }) => some({ id, name, arguments: { ...args } })),
  },
  { format: "chat", what: "old function calls", ids: ["missing"], parallel: 3, rounds: 2, mishaps: MISHAPS, names: true, tell: oldFunctions },
  { format: "sharegpt", what: "ShareGPT turns", ids: ["missing"], parallel: 3, rounds: 3, mishaps: MISHAPS, names: false, tell: sharegpt },
  { format: "sharegpt", what: "Hermes text", ids: ["missing"], parallel: 3, rounds: 2, mishaps: MISHAPS, names: false, tell: hermes },
  // Their results have no names: only ids can tell them apart.
  { format: "steps", what: "steps", ids: ["missing"], parallel: 1, rounds: 1, mishaps: ["none", "lost"], names: false, tell: steps },
  { format: "react", what: "ReAct text", ids: ["missing"], parallel: 1, rounds: 1, mishaps: ["none", "lost"], names: false, tell: react },
  {
    format: "atif",
    what: "ATIF documents",
    ids: ["unique", "used again"],
    parallel: 3,
    rounds: 3,
    mishaps: ["none", "lost", "twice", "nobody's"],
    names: false,
    tell: atif,
  },
  { format: "anthropic", what: "Messages", ids: ["unique", "used again"], parallel: 3, rounds: 3, mishaps: MISHAPS, names: false, tell: anthropic },
  {
    format: "anthropic",
    what: "Claude Code lines",
    ids: ["unique", "used again"],
    parallel: 3,
    rounds: 3,
    mishaps: MISHAPS,
    names: false,
    tell: claudeCode,
  },
  {
    format: "responses",
    what: "Responses items",
    ids: ["unique", "used again"],
    parallel: 3,
    rounds: 3,
    mishaps: MISHAPS,
    names: false,
    tell: responses,
  },
  { format: "responses", what: "Codex lines", ids: ["unique", "used again"], parallel: 3, rounds: 2, mishaps: MISHAPS, names: false, tell: codex },
];
