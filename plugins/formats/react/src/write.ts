/** Writes trajectories as ReAct text. The loss lies on what the model wrote: its thoughts and actions, never on an observation nor its label. */
import type { AssistantMessage, JsonObject, PreferencePair, ToolCall, ToolDefinition, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { type ActionText, endsRun, UNNAMED_TOOL } from "./actions.ts";
import { shielded } from "./labels.ts";
import type { ReactOptions } from "./options.ts";

export interface ReactWriter {
  readonly actions: ActionText;
  readonly style: ReactOptions["style"];
  /** In place of the trajectories' own; empty: theirs. */
  readonly system: string;
}

interface Stretch {
  readonly text: string;
  readonly train: boolean;
}

/** Why ReAct text could not say this trajectory; undefined where it can. */
export function refuses(trajectory: Trajectory, { actions, style }: ReactWriter): string | undefined {
  const { messages } = trajectory;
  if (trajectory.query.question.trim() === "") return "its question is empty";
  if (!messages.some((message) => message.role === "assistant" && saysAnything(message))) return "the model says nothing";
  const asked = messages.filter(({ role }) => role === "user");
  const isLate = messages.slice(firstTurn(trajectory)).some(({ role }) => role === "user" || role === "system");
  if (isLate || asked.length > 1) return "ReAct text has one question, and a system prompt only before it";
  const turns = messages.flatMap((message) => (message.role === "assistant" ? [message.toolCalls ?? []] : []));
  const calls = turns.flat();
  const ending = turns.at(-1)?.at(-1);
  if (style === "bracket" && calls.some((call) => endsRun(call) && call !== ending))
    return "the action Finish ends a run, and something comes after it";
  return calls.map((call) => actions.refuses(call)).find((reason) => reason !== undefined);
}

function saysAnything({ content, reasoning = "", toolCalls = [] }: AssistantMessage): boolean {
  return content !== "" || reasoning !== "" || toolCalls.length > 0;
}

/** `{id, prompt, completion, segments}`; the segments joined are the completion exactly. The text explains no tools: they have a column. */
export function sftRow(trajectory: Trajectory, writer: ReactWriter): JsonObject {
  const segments = completionOf(trajectory, writer);
  return {
    id: trajectory.id,
    prompt: promptOf(trajectory, writer),
    completion: joined(segments),
    segments: segments.map(row),
    ...toolsOf(trajectory),
  };
}

export function preferenceRow({ query, chosen, rejected }: PreferencePair, writer: ReactWriter): JsonObject {
  const [better, worse] = [completionOf(chosen, writer), completionOf(rejected, writer)];
  return {
    id: query.id,
    prompt: promptOf(chosen, writer),
    chosen: joined(better),
    rejected: joined(worse),
    chosen_segments: better.map(row),
    rejected_segments: worse.map(row),
    ...toolsOf(chosen),
  };
}

export function promptRow(trajectory: Trajectory, writer: ReactWriter): JsonObject {
  return { id: trajectory.query.id, prompt: promptOf(trajectory, writer), ...toolsOf(trajectory) };
}

/** The system prompts before the question, joined, or the preset's own. */
function promptOf(trajectory: Trajectory, { system }: ReactWriter): string {
  const start = trajectory.messages.slice(0, firstTurn(trajectory));
  const own = start.flatMap(({ role, content }) => (role === "system" && content !== "" ? [content] : [])).join("\n\n");
  const before = system === "" ? own : system;
  return `${before === "" ? "" : `${before}\n\n`}Question: ${shielded(trajectory.query.question)}\n`;
}

function toolsOf({ tools }: Trajectory): { readonly tools?: JsonObject[] } {
  return tools.length === 0 ? {} : { tools: tools.map(toolRow) };
}

function toolRow({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: "function", function: { name, description, parameters } };
}

function completionOf(trajectory: Trajectory, writer: ReactWriter): readonly Stretch[] {
  const run = new RunText(writer);
  const isTurn = (message: Trajectory["messages"][number]): message is AssistantMessage | ToolMessage =>
    message.role === "assistant" || message.role === "tool";
  const turns = trajectory.messages.filter(isTurn);
  for (const [index, turn] of turns.entries()) {
    if (turn.role === "tool") continue;
    const after = turns.slice(index + 1);
    const isLast = after.every(({ role }) => role === "tool");
    run.add(turn, isLast, (call) => after.find((one): one is ToolMessage => one.role === "tool" && one.toolCallId === call.id));
  }
  return run.segments;
}

class RunText {
  readonly segments: Stretch[] = [];
  readonly #actions: ActionText;
  readonly #style: ReactOptions["style"];
  #step = 1;

  constructor({ actions, style }: ReactWriter) {
    this.#actions = actions;
    this.#style = style;
  }

  /** A turn and the results of its calls, each call a step of its own. */
  add(turn: AssistantMessage, isLast: boolean, resultOf: (call: ToolCall) => ToolMessage | undefined): void {
    const { content, reasoning = "", toolCalls = [] } = turn;
    const train = turn.train !== false;
    const answers = toolCalls.length === 0 && isLast && content !== "";
    const thought = [reasoning, answers ? "" : content].filter((text) => text !== "").join("\n");
    if (thought !== "") this.#line("Thought", thought, train);
    for (const call of toolCalls) {
      this.#action(call, train);
      const result = resultOf(call);
      if (result !== undefined) this.#line("Observation", result.content, false);
      this.#step++;
    }
    if (answers) this.#answer(content, train);
    else if (toolCalls.length === 0) this.#step++;
  }

  #action(call: ToolCall, train: boolean): void {
    const asWritten = call.malformed !== undefined && call.name === UNNAMED_TOOL;
    if (this.#style === "input" && !asWritten) {
      this.#line("Action", call.name, train);
      this.#line("Action Input", this.#actions.input(call), train);
    } else this.#line("Action", this.#actions.bracketed(call), train);
  }

  #answer(content: string, train: boolean): void {
    const text = this.#style === "bracket" ? `Action ${this.#step}: ${shielded(`Finish[${content}]`)}` : `Final Answer: ${shielded(content)}`;
    this.#write(text, train);
  }

  #line(name: string, text: string, train: boolean): void {
    this.#write(`${name}${this.#style === "bracket" ? ` ${this.#step}` : ""}: ${shielded(text)}\n`, train);
  }

  #write(text: string, train: boolean): void {
    const last = this.segments.at(-1);
    if (last?.train === train) this.segments[this.segments.length - 1] = { text: last.text + text, train };
    else this.segments.push({ text, train });
  }
}

function firstTurn({ messages }: Trajectory): number {
  const found = messages.findIndex(({ role }) => role === "assistant" || role === "tool");
  return found < 0 ? messages.length : found;
}

function joined(segments: readonly Stretch[]): string {
  return segments.map(({ text }) => text).join("");
}

function row({ text, train }: Stretch): JsonObject {
  return { text, train };
}
