/**
 * Does the text agree with what the tools said? Three things are checked, all without judgement: a call that is plain arithmetic must have the right
 * observation, a sum that the text shows must be right, and a number that the model states after a result must have come from somewhere.
 */
import type { AssistantMessage, JsonObject, JsonValue, Score, Span, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { callsByResult } from "@autotraj/trajectory-text/pairing";
import { Lists, openSum, withoutCalls } from "./claims.ts";
import { Evidence } from "./evidence.ts";
import { checkObservation } from "./observations.ts";
import { checkStatements, type Finding } from "./statements.ts";
import { Variables } from "./variables.ts";

export function faithfulness({ messages, query, tools }: Trajectory): Score {
  const calls = callsByResult(messages);
  const reader = new Reader(new Set(tools.flatMap(({ tag }) => (tag === undefined ? [] : [tag.name]))));
  reader.given(query.question);
  for (const { description, parameters } of tools) for (const text of [description, ...textsIn(parameters)]) reader.given(text);
  for (const [index, message] of messages.entries()) {
    if (message.role === "assistant") reader.turn(message, index);
    else if (message.role === "tool") reader.result(message, index, calls.get(message)?.arguments ?? {});
    else reader.given(message.content);
  }
  return reader.score();
}

class Reader {
  readonly #tags: ReadonlySet<string>;
  readonly #evidence = new Evidence();
  readonly #lists = new Lists();
  readonly #variables = new Variables();
  readonly #spans: (Span & { readonly note: string })[] = [];
  /** The end of the last text where it leaves a sum open for its call to finish: the next text goes on with the result. */
  #openSum = "";
  #checks = 0;
  #seenResult = false;
  /** The last turn: judged once its own calls are answered, since it may say what they will show. */
  #turn: { readonly message: AssistantMessage; readonly index: number; readonly afterResult: boolean } | undefined;

  constructor(tags: ReadonlySet<string>) {
    this.#tags = tags;
  }

  given(text: string): void {
    this.#judgeTurn();
    this.#openSum = "";
    this.#evidence.add(text);
  }

  turn(message: AssistantMessage, index: number): void {
    this.#judgeTurn();
    this.#turn = { message, index, afterResult: this.#seenResult };
  }

  result(message: ToolMessage, index: number, args: JsonObject): void {
    this.#seenResult = true;
    const wrong = checkObservation(args, message);
    if (wrong !== undefined) this.#checks++;
    if (wrong !== undefined && wrong !== "") this.#spans.push({ message: index, start: 0, end: message.content.length, note: wrong });
    this.#evidence.add(message.content);
  }

  score(): Score {
    this.#judgeTurn();
    if (!this.#seenResult) return { skipped: "no tool was called" };
    if (this.#checks === 0) return { skipped: "nothing to check" };
    const spans = this.#spans;
    if (spans.length === 0) return { value: 1 };
    const notes = spans.slice(0, 3).map(({ note }) => note);
    return { value: 1 - spans.length / this.#checks, reason: `${spans.length} of ${this.#checks} checks failed: ${notes.join("; ")}`, spans };
  }

  #judgeTurn(): void {
    if (this.#turn === undefined) return;
    const { message, index, afterResult } = this.#turn;
    this.#turn = undefined;
    const { text, reasoning = "", content, toolCalls = [] } = message;
    // Thinking kept apart has no place that spans count by: the finding names the message only.
    if (text === undefined) this.#judge(reasoning, afterResult, () => ({ message: index, start: 0, end: 0 }));
    this.#judge(text ?? content, afterResult, ({ start, end }) => ({ message: index, start, end }));
    for (const call of toolCalls) for (const argument of textsIn(call.arguments)) this.#evidence.add(argument);
  }

  /** Before the first result only sums are checked: there is nothing yet that a number could contradict. */
  #judge(text: string, afterResult: boolean, place: (finding: Finding) => Span): void {
    if (text === "") return;
    const words = withoutCalls(text, this.#tags);
    const { sums, wrongSums, claims, unfounded } = checkStatements(words, {
      openSum: this.#openSum,
      evidence: this.#evidence,
      lists: this.#lists,
      variables: this.#variables,
    });
    this.#openSum = openSum(words);
    this.#checks += sums + (afterResult ? claims : 0);
    const findings = [...wrongSums, ...(afterResult ? unfounded : [])].sort((a, b) => a.start - b.start);
    for (const finding of findings) this.#spans.push({ ...place(finding), note: finding.note });
  }
}

/** Every text and number in a value, names of fields too. */
function textsIn(value: JsonValue): readonly string[] {
  const texts: string[] = [];
  const left: JsonValue[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === "string" || typeof next === "number") texts.push(String(next));
    else if (Array.isArray(next)) for (const one of next) left.push(one);
    else if (typeof next === "object" && next !== null) for (const [name, one] of Object.entries(next)) left.push(name, one);
  }
  return texts;
}
