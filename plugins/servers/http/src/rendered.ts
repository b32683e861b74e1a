/** Conversations that a trainer has rendered with a chat template: where the question is, where the model's own text begins and ends. */
import type { Message, RlTask } from "@autotraj/core/plugin";
import { Refusal } from "./refusal.ts";

/** By which the common templates end a turn or fill a batch up. */
const ENDS = [
  "<|im_end|>",
  "<|endoftext|>",
  "<|eot_id|>",
  "<|end_of_text|>",
  "<|end|>",
  "</s>",
  "<eos>",
  "<end_of_turn>",
  "<｜end▁of▁sentence｜>",
  "<pad>",
  "[PAD]",
];

/** By which the common templates begin the assistant's turn. */
const HEADERS = [
  "<|im_start|>assistant\n",
  "<|start_header_id|>assistant<|end_header_id|>\n\n",
  "<start_of_turn>model\n",
  "<|assistant|>\n",
  "<|assistant|>",
  "<｜Assistant｜>",
  "[/INST]",
  "Assistant:",
];

/** Between a question and the header of its answer stand marks and nothing else. */
const MOST_BETWEEN = 64;
/** What a tokenizer may put before a prompt. */
const MOST_BEFORE = 64;

/** The model's text without the marks that end it. */
export function withoutEnd(text: string): string {
  let end = text.length;
  for (;;) {
    const trimmed = text.slice(0, end).trimEnd();
    const mark = ENDS.find((one) => trimmed.endsWith(one));
    // White space that the model wrote after its last mark is its own; that between two marks is not.
    if (mark === undefined) return text.slice(0, end);
    end = trimmed.length - mark.length;
  }
}

/** What follows the prompt. @throws Refusal PROMPT_MISMATCH where the text does not begin with it. */
export function afterPrompt(text: string, prompt: string): string {
  const at = text.startsWith(prompt) ? 0 : text.slice(0, prompt.length + MOST_BEFORE).indexOf(prompt);
  if (at >= 0) return text.slice(at + prompt.length);
  throw new Refusal(
    422,
    "PROMPT_MISMATCH",
    "a query does not begin with its prompt; is the prompt cut to a length, or its tokens decoded otherwise?",
  );
}

/** What follows the header of the assistant's turn. @throws Refusal HEADER_UNKNOWN. */
function afterHeader(text: string, from: number, header: string | undefined): string {
  const near = text.slice(from, from + MOST_BETWEEN + Math.max(...HEADERS.map(({ length }) => length), header?.length ?? 0));
  const found = (header === undefined ? HEADERS : [header])
    .map((one) => ({ at: near.indexOf(one), length: one.length }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at || b.length - a.length)[0];
  if (found !== undefined) return text.slice(from + found.at + found.length);
  const hint = `The text after the question begins with ${JSON.stringify(near.slice(0, MOST_BETWEEN))}: name the template's header with --assistant-header.`;
  throw new Refusal(422, "HEADER_UNKNOWN", `no header of an assistant's turn follows the question. ${hint}`);
}

const LONGEST_KEY = 24;

/** Finds out which task a rendered conversation is about, in time that does not grow with the number of tasks. */
export class Questions {
  readonly #length: number;
  readonly #tasks = new Map<string, { readonly task: RlTask; readonly question: string }[]>();
  readonly #header: string | undefined;

  constructor(tasks: Iterable<RlTask>, header: string | undefined) {
    const all = [...tasks].map((task) => ({ task, question: questionOf(task.messages) })).filter(({ question }) => question !== "");
    this.#header = header;
    this.#length = all.reduce((shortest, { question }) => Math.min(shortest, question.length), LONGEST_KEY);
    for (const entry of all) {
      const key = entry.question.slice(0, this.#length);
      const others = this.#tasks.get(key);
      if (others === undefined) this.#tasks.set(key, [entry]);
      else others.push(entry);
    }
  }

  /**
   * The first question in the text that stands behind its own prompt: whatever the model writes comes later, so it cannot choose another.
   * @throws Refusal TASK_UNKNOWN, TASK_AMBIGUOUS, HEADER_UNKNOWN.
   */
  responseIn(text: string): { readonly task: string; readonly response: string } {
    for (let at = 0; at + this.#length <= text.length; at++) {
      const here = (this.#tasks.get(text.slice(at, at + this.#length)) ?? [])
        .filter(({ task, question }) => text.startsWith(question, at) && standsBehindItsPrompt(text, at, task.messages))
        .sort((a, b) => b.question.length - a.question.length);
      const [first, second] = here;
      if (first === undefined) continue;
      if (second?.question === first.question) {
        throw new Refusal(422, "TASK_AMBIGUOUS", `tasks "${first.task.id}" and "${second.task.id}" ask the same; their texts cannot be told apart.`);
      }
      return { task: first.task.id, response: afterHeader(text, at + first.question.length, this.#header) };
    }
    throw new Refusal(422, "TASK_UNKNOWN", `a text holds no task's question with its prompt before it: ${JSON.stringify(text.slice(0, 200))}`);
  }
}

function questionOf(messages: readonly Message[]): string {
  return (messages.at(-1)?.content ?? "").trim();
}

function standsBehindItsPrompt(text: string, at: number, messages: readonly Message[]): boolean {
  let from = 0;
  for (const { content } of messages.slice(0, -1)) {
    const found = text.indexOf(content.trim(), from);
    from = found + content.trim().length;
    if (found < 0 || from > at) return false;
  }
  return true;
}
