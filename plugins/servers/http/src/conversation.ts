/** Conversations that others recorded, as trajectories of a task: parsed by the same dialects as the service's own episodes. */
import {
  type AssistantMessage,
  type DialectName,
  dialects,
  type Finish,
  type ParsedTurn,
  saysFailed,
  type ToolCall,
  type ToolMessage,
  type Trajectory,
  trajectoryId,
} from "@autotraj/core";
import { Refusal } from "./refusal.ts";
import { list, type Schema, TEXT } from "./route.ts";

/** A message as chat APIs write it. */
export interface ChatMessage {
  readonly role: "system" | "developer" | "user" | "assistant" | "tool";
  readonly content?: string | null | readonly { readonly type: string; readonly text?: string }[];
  readonly reasoning?: string | null;
  readonly reasoning_content?: string | null;
  readonly tool_calls?:
    | null
    | readonly { readonly id?: string | null; readonly function: { readonly name: string; readonly arguments: string | object | null } }[];
  readonly tool_call_id?: string | null;
  /** False where the tool reported a failure. Left out: its text decides, as in recorded logs. */
  readonly ok?: boolean;
}

/** Open: chat APIs' messages carry more than matters here. */
export const CHAT_MESSAGE: Schema = {
  type: "object",
  required: ["role"],
  properties: {
    role: { enum: ["system", "developer", "user", "assistant", "tool"] },
    content: {
      anyOf: [TEXT, { type: "null" }, list({ type: "object", required: ["type"], properties: { type: TEXT, text: TEXT } })],
    },
    reasoning: { type: ["string", "null"] },
    reasoning_content: { type: ["string", "null"] },
    tool_calls: {
      anyOf: [
        { type: "null" },
        list({
          type: "object",
          required: ["function"],
          properties: {
            id: { type: ["string", "null"] },
            function: { type: "object", required: ["name"], properties: { name: TEXT, arguments: { type: ["string", "object", "null"] } } },
          },
        }),
      ],
    },
    tool_call_id: { type: ["string", "null"] },
    ok: { type: "boolean" },
  },
};

export interface Recording {
  readonly messages: readonly ChatMessage[];
  /** The dialect of the assistant's messages; default: the task's. */
  readonly dialect?: DialectName;
  /** How the last turn ended. `length`: it was cut off. Default `stop`. */
  readonly finish?: "stop" | "length";
}

export const FINISH: Schema = { enum: ["stop", "length"] };
export const DIALECT: Schema = { enum: ["tags", "native"] };

/**
 * The trajectory that a recording tells of, for the task of `blank` (an episode in which nothing was said yet). All up to the last system or user message
 * is the prompt, and the task's own stands in its place.
 * @throws Refusal BAD_CONVERSATION naming the message.
 */
export function trajectoryOf(blank: Trajectory, { messages, dialect = blank.dialect, finish = "stop" }: Recording): Trajectory {
  const start = messages.findLastIndex(({ role }) => role !== "assistant" && role !== "tool") + 1;
  const reader = new Reader(blank, dialect, start);
  messages.slice(start).forEach((message, index, { length }) => {
    if (message.role === "tool") reader.result(message);
    else reader.turn(message, index === length - 1 ? finish : "stop");
  });
  return reader.trajectory(finish);
}

class Reader {
  readonly #blank: Trajectory;
  readonly #dialect: DialectName;
  readonly #written: (AssistantMessage | ToolMessage)[] = [];
  readonly #faults: string[] = [];
  #answer: string | undefined;
  /** Calls of the latest turn that have no result yet. */
  #open: ToolCall[] = [];
  #at: number;

  constructor(blank: Trajectory, dialect: DialectName, start: number) {
    this.#blank = blank;
    this.#dialect = dialect;
    this.#at = start;
  }

  turn(message: ChatMessage, finish: "stop" | "length"): void {
    if (this.#answer !== undefined) throw this.#refuse("comes after the answer");
    const [open] = this.#open;
    if (open !== undefined) throw this.#refuse(`comes before the result of the call of "${open.name}"`);
    const { message: turn, answer, faults } = this.#parse(message, finish);
    this.#written.push(turn);
    this.#faults.push(...faults);
    this.#answer = answer;
    this.#open = [...(turn.toolCalls ?? [])];
    this.#at++;
  }

  #parse(message: ChatMessage, finish: "stop" | "length"): ParsedTurn {
    const calls = message.tool_calls ?? [];
    if (calls.length > 0 && this.#dialect === "tags") throw this.#refuse('has tool_calls, which the dialect "tags" writes into the text');
    const reasoning = message.reasoning ?? message.reasoning_content ?? "";
    const turn = {
      text: this.#text(message),
      ...(reasoning === "" ? {} : { reasoning }),
      toolCalls: calls.map(({ id, function: { name, arguments: given } }) => ({ id: id ?? "", name, arguments: argumentsText(given) })),
      finish: calls.length > 0 ? ("tool-calls" as const) : finish,
    };
    const number = this.#written.filter(({ role }) => role === "assistant").length;
    return dialects.get(this.#dialect).parse(turn, this.#blank.tools, `call-${number}`);
  }

  result(message: ChatMessage): void {
    // In `tags` calls have no ids of their own: results come in the calls' order.
    const id = this.#dialect === "native" ? message.tool_call_id : undefined;
    const call = this.#open.find((open) => id === undefined || id === null || id === "" || open.id === id);
    if (call === undefined) throw this.#refuse("is a tool's result that no call before it asked for");
    this.#open = this.#open.filter((open) => open !== call);
    const content = this.#text(message);
    this.#written.push({ role: "tool", toolCallId: call.id, name: call.name, content, ok: message.ok ?? !saysFailed(content) });
    this.#at++;
  }

  trajectory(finish: "stop" | "length"): Trajectory {
    if (this.#written.length === 0) throw new Refusal(422, "BAD_CONVERSATION", "it holds no message of the assistant after the last user message.");
    const { query, tools, messages, provenance } = this.#blank;
    const content = {
      query,
      dialect: this.#dialect,
      tools,
      messages: [...messages, ...this.#written],
      ...(this.#answer === undefined ? {} : { answer: this.#answer }),
      finish: this.#finish(finish),
      faults: this.#faults,
      provenance,
    };
    const count = (role: string) => this.#written.filter((message) => message.role === role).length;
    const usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: count("assistant"), toolCalls: count("tool") };
    return { id: trajectoryId(content), ...content, usage };
  }

  /** As episodes end: what was cut off in the middle of its calls ends as `token-limit`. */
  #finish(finish: "stop" | "length"): Finish {
    if (this.#answer !== undefined) return "answer";
    const cutOff = this.#open.length > 0 || this.#written.at(-1)?.role === "tool" || finish === "length";
    return cutOff ? "token-limit" : "no-answer";
  }

  #text({ content }: ChatMessage): string {
    if (content === undefined || content === null) return "";
    if (typeof content === "string") return content;
    return content
      .map(({ type, text }) => {
        if (text === undefined) throw this.#refuse(`holds a part of type "${type}" without text`);
        return text;
      })
      .join("");
  }

  #refuse(what: string): Refusal {
    return new Refusal(422, "BAD_CONVERSATION", `messages[${this.#at}] ${what}.`);
  }
}

function argumentsText(given: string | object | null | undefined): string {
  return typeof given === "string" ? given : JSON.stringify(given ?? {});
}
