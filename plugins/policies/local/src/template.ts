/** Writes a conversation as the tokens the model was trained on. */
import { type Message, PluginError } from "@autotraj/core/plugin";
import type { Llama } from "./llama.ts";

export type TemplateName = "chatml" | "plain";

export interface Prompt {
  /** Everything before the question: system prompt and worked examples. The same for all questions asked this way. */
  readonly prefix: readonly number[];
  /** The question and the opening of the assistant's message. */
  readonly question: readonly number[];
}

/** The template asked for, or the model file's own where it is one we write. */
export function chooseTemplate(wanted: TemplateName | "auto", llama: Llama): TemplateName {
  if (wanted === "plain") return "plain";
  const knowsChatml = llama.controlToken("<|im_start|>") !== undefined && llama.controlToken("<|im_end|>") !== undefined;
  if (wanted === "chatml" || llama.chatTemplate?.includes("<|im_start|>")) {
    if (knowsChatml) return "chatml";
    throw new PluginError("TEMPLATE_UNKNOWN", "the model has no <|im_start|> and <|im_end|> tokens, which the template chatml needs.", {
      hint: "Set template: plain.",
    });
  }
  if (llama.chatTemplate === undefined) return "plain";
  throw new PluginError("TEMPLATE_UNKNOWN", "the model's chat template is not ChatML, the only one this plugin writes.", {
    hint: "Set template: plain for a bare transcript, or serve the model with llama.cpp and use @autotraj/policy-openai.",
  });
}

/** @throws PluginError when there is no question. */
export function writePrompt(template: TemplateName, messages: readonly Message[], llama: Llama): Prompt {
  const question = messages.at(-1);
  if (question === undefined) throw new PluginError("PROMPT_EMPTY", "the request has no messages; the last one must be the question.");
  const write = template === "chatml" ? chatml(llama) : plain(llama);
  return {
    prefix: [...(llama.begin === undefined ? [] : [llama.begin]), ...messages.slice(0, -1).flatMap(write.message)],
    question: [...write.message(question), ...write.opening],
  };
}

interface Writer {
  message(message: Message): number[];
  readonly opening: readonly number[];
}

function chatml(llama: Llama): Writer {
  const start = llama.controlToken("<|im_start|>") as number;
  const end = llama.controlToken("<|im_end|>") as number;
  const newline = llama.tokenize("\n");
  return {
    message: (message) => [start, ...llama.tokenize(`${message.role}\n${textOf(message)}`), end, ...newline],
    opening: [start, ...llama.tokenize("assistant\n")],
  };
}

function plain(llama: Llama): Writer {
  const name = { system: "System", user: "User", assistant: "Assistant", tool: "Tool" };
  return {
    message: (message) => llama.tokenize(`${name[message.role]}: ${textOf(message)}\n\n`),
    opening: llama.tokenize("Assistant:"),
  };
}

function textOf(message: Message): string {
  return message.role === "assistant" ? (message.text ?? message.content) : message.content;
}
