/** The labelled stretches after a question as turns: a thought and its action are one, an observation is the result of the action it belongs to. */
import type { RecordedCall, RecordedTurn } from "@autotraj/core/plugin";
import { type ActionText, afterFinish } from "./actions.ts";
import type { Stretch } from "./labels.ts";

export interface ReactReader {
  readonly actions: ActionText;
  readonly task: string;
}

interface Run {
  readonly turns: readonly RecordedTurn[];
  readonly calls: readonly RecordedCall[];
  /** What follows the final answer. */
  readonly ending: string;
}

/** `words` are the model's before its first label; `tools` the names that the row lists. */
export function readRun(words: string, parts: readonly Stretch[], tools: readonly string[], { actions }: ReactReader): Run {
  const run = new RunTurns(words);
  for (let at = 0; at < parts.length; at++) {
    const { label, text, number } = parts[at] as Stretch;
    if (label === "Thought") run.think(text);
    else if (label === "Observation") at += run.observe(parts.slice(at)) - 1;
    else if (label === "Final Answer") return run.finish(text, endingOf("", parts.slice(at + 1)));
    else if (label === "Action") {
      const next = parts[at + 1];
      const input = next?.label === "Action Input" ? next.text : undefined;
      if (input !== undefined) at++;
      const { action, rest } = afterFinish(text);
      const parsed = actions.parse(action, input, tools);
      if ("final" in parsed) return run.finish(parsed.final, endingOf(rest, parts.slice(at + 1)));
      run.act(parsed.call, number);
    }
  }
  return run.end();
}

function endingOf(rest: string, parts: readonly Stretch[]): string {
  const labelled = parts.map(({ label, text }) => `${label}: ${text}`);
  return [rest, ...labelled]
    .filter((text) => text !== "")
    .join("\n")
    .trim();
}

class RunTurns {
  readonly #turns: RecordedTurn[] = [];
  readonly #calls: RecordedCall[] = [];
  /** Actions since the last observation. */
  #awaiting: { readonly id: string; readonly number: number | undefined }[] = [];
  #thoughts: string[] = [];
  #words: string;

  constructor(words: string) {
    this.#words = words;
  }

  think(text: string): void {
    this.#thoughts.push(text);
  }

  act(call: RecordedCall, number: number | undefined): void {
    if (this.#turns.at(-1)?.role === "tool") this.#awaiting = [];
    const named = { id: `call-${this.#calls.length}`, ...call };
    this.#calls.push(named);
    this.#awaiting.push({ id: named.id, number });
    this.#turns.push({ role: "assistant", content: this.#taken(), ...this.#reasoning(), calls: [named] });
  }

  /** Observations that stand together: each of the action with its number; without numbers, they are those of the last actions. Returns how many. */
  observe(parts: readonly Stretch[]): number {
    const end = parts.findIndex(({ label }) => label !== "Observation");
    const group = end < 0 ? parts : parts.slice(0, end);
    const first = this.#awaiting.length - group.length;
    for (const [place, { text, number }] of group.entries()) {
      const own = number === undefined ? undefined : this.#awaiting.find((action) => action.number === number);
      const callId = (own ?? this.#awaiting[first + place])?.id;
      this.#turns.push({ role: "tool", ...(callId === undefined ? {} : { callId }), content: text });
    }
    return group.length;
  }

  finish(content: string, ending: string): Run {
    this.#thoughts.unshift(this.#taken());
    this.#turns.push({ role: "assistant", content, ...this.#reasoning() });
    return { turns: this.#turns, calls: this.#calls, ending };
  }

  /** A run that was cut off keeps its last thought. */
  end(): Run {
    this.#thoughts.unshift(this.#taken());
    const last = this.#reasoning();
    if (last.reasoning !== undefined) this.#turns.push({ role: "assistant", content: "", ...last });
    return { turns: this.#turns, calls: this.#calls, ending: "" };
  }

  #taken(): string {
    const words = this.#words;
    this.#words = "";
    return words;
  }

  #reasoning(): { readonly reasoning?: string } {
    const all = this.#thoughts.filter((text) => text !== "");
    this.#thoughts = [];
    return all.length === 0 ? {} : { reasoning: all.join("\n") };
  }
}
