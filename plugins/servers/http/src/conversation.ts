/** Conversations that others recorded, as trajectories of a task: parsed by the same dialects as the service's own episodes. */
import type {
  Dialect,
  DialectName,
  Dialects,
  EpisodeService,
  Finish,
  ParsedTurn,
  PlayedElsewhere,
  RlTask,
  ToolCall,
  Trajectory,
} from "@autotraj/core/plugin";
import { Refusal } from "./refusal.ts";

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

export interface Recording {
  readonly messages: readonly ChatMessage[];
  /** The dialect of the assistant's messages; default: the task's. */
  readonly dialect?: DialectName;
  /** How the last turn ended. `length`: it was cut off. Default `stop`. */
  readonly finish?: "stop" | "length";
}

/** What it takes to read a recording as the host reads its own episodes. */
export interface Reading {
  readonly episodes: EpisodeService;
  readonly dialects: Dialects;
}

/**
 * The trajectory that a recording of this task tells of. All up to the last system or user message is the prompt, and the task's own stands in its place.
 * @throws Refusal BAD_CONVERSATION naming the message; ATRAJ_EPISODE where there is no such task
 */
export function trajectoryOf({ episodes, dialects }: Reading, taskId: string, { messages, dialect, finish = "stop" }: Recording): Trajectory {
  const task = episodes.task(taskId);
  const start = messages.findLastIndex(({ role }) => role !== "assistant" && role !== "tool") + 1;
  const reader = new Reader(task, dialects.get(dialect ?? task.dialect), start);
  messages.slice(start).forEach((message, index, { length }) => {
    if (message.role === "tool") reader.result(message);
    else reader.turn(message, index === length - 1 ? finish : "stop");
  });
  return episodes.recorded(taskId, reader.played(finish));
}

class Reader {
  readonly #task: RlTask;
  readonly #dialect: Dialect;
  readonly #written: PlayedElsewhere["messages"][number][] = [];
  readonly #faults: string[] = [];
  #answer: string | undefined;
  /** Calls of the latest turn that have no result yet. */
  #open: ToolCall[] = [];
  #at: number;

  constructor(task: RlTask, dialect: Dialect, start: number) {
    this.#task = task;
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
    if (calls.length > 0 && this.#dialect.name === "tags") throw this.#refuse('has tool_calls, which the dialect "tags" writes into the text');
    const reasoning = message.reasoning ?? message.reasoning_content ?? "";
    const turn = {
      text: this.#text(message),
      ...(reasoning === "" ? {} : { reasoning }),
      toolCalls: calls.map(({ id, function: { name, arguments: given } }) => ({ id: id ?? "", name, arguments: argumentsText(given) })),
      finish: calls.length > 0 ? ("tool-calls" as const) : finish,
    };
    const number = this.#written.filter(({ role }) => role === "assistant").length;
    return this.#dialect.parse(turn, this.#task.tools, `call-${number}`);
  }

  result(message: ChatMessage): void {
    // In `tags` calls have no ids of their own: results come in the calls' order.
    const id = this.#dialect.name === "native" ? message.tool_call_id : undefined;
    const call = this.#open.find((open) => id === undefined || id === null || id === "" || open.id === id);
    if (call === undefined) throw this.#refuse("is a tool's result that no call before it asked for");
    this.#open = this.#open.filter((open) => open !== call);
    const ok = message.ok === undefined ? {} : { ok: message.ok };
    this.#written.push({ role: "tool", toolCallId: call.id, name: call.name, content: this.#text(message), ...ok });
    this.#at++;
  }

  played(finish: "stop" | "length"): PlayedElsewhere {
    if (this.#written.length === 0) throw new Refusal(422, "BAD_CONVERSATION", "it holds no message of the assistant after the last user message.");
    const answer = this.#answer === undefined ? {} : { answer: this.#answer };
    return { dialect: this.#dialect.name, messages: this.#written, ...answer, finish: this.#finish(finish), faults: this.#faults };
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
