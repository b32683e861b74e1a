/** From a turn to be written to a request's body: the prompt of `/completions`, the messages of `/chat/completions`. */
import { type JsonObject, type Message, PluginError, type TurnRequest } from "@autotraj/core/plugin";
import type { OpenAIPolicyOptions, PromptTemplate } from "./options.ts";

const TEMPLATES: Readonly<Record<"chatml" | "paper", PromptTemplate>> = {
  chatml: { system: "<|im_start|>system\n", user: "<|im_start|>user\n", assistant: "<|im_start|>assistant\n", end: "<|im_end|>\n" },
  /** The plain text in which the paper's candidates were sampled: system, "Question:", and nothing between question and answer. */
  paper: { system: "", user: "\n\nQuestion:\n", assistant: "\n\n", end: "" },
};
/** What a tool's result begins with in the `tags` dialect. Only tools write it. */
const RESULT_TAG = "<result>";
/** Fields this plugin fills in itself and relies on when it reads the answer. */
const OWN_FIELDS = ["model", "messages", "prompt", "tools", "stop", "seed", "n", "stream"];

export type Api = "chat" | "completions";

/** In which form a server wants to be asked, found out from its refusals. */
export interface Form {
  /** It has no `/completions`. */
  chatOnly: boolean;
  tokenField: "max_tokens" | "max_completion_tokens";
}

export function apiFor(request: Pick<TurnRequest, "dialect">, options: Pick<OpenAIPolicyOptions, "api">, { chatOnly }: Pick<Form, "chatOnly">): Api {
  const api = options.api === "auto" ? (request.dialect === "tags" && !chatOnly ? "completions" : "chat") : options.api;
  if (api === "completions" && request.dialect === "native")
    throw new PluginError("OPENAI_DIALECT", "`api: completions` cannot make native tool calls.", {
      hint: "Set `api: auto` or `api: chat`, or write in the `tags` dialect.",
      endsRun: true,
    });
  return api;
}

export function templateOf({ template, customTemplate }: Pick<OpenAIPolicyOptions, "template" | "customTemplate">): PromptTemplate {
  return template === "custom" ? customTemplate : TEMPLATES[template];
}

/** The strings a turn is cut before: a tool's result in `tags`, the template's end mark in `/completions`. */
export function wallsFor(request: Pick<TurnRequest, "dialect">, api: Api, options: OpenAIPolicyOptions): readonly string[] {
  const end = api === "completions" ? templateOf(options).end.trim() : "";
  return [...(request.dialect === "tags" ? [RESULT_TAG] : []), ...(end === "" ? [] : [end])];
}

export function bodyFor(request: TurnRequest, api: Api, options: OpenAIPolicyOptions, { tokenField }: Pick<Form, "tokenField">): JsonObject {
  const { temperature, topP, topK, maxTokens } = request.sampling;
  const stop = [...request.stop, ...wallsFor(request, api, options)].slice(0, options.maxStops);
  const body: JsonObject = {
    model: options.model,
    ...(api === "chat" ? chatInput(request, options) : { prompt: promptText(request, templateOf(options)) }),
    temperature,
    top_p: topP,
    ...(topK > 0 ? { top_k: topK } : {}),
    [tokenField]: maxTokens,
    ...(options.seed === "send" ? { seed: request.seed } : {}),
    ...(stop.length > 0 ? { stop } : {}),
    ...options.extraBody,
  };
  for (const [field, value] of Object.entries(options.extraBody)) if (value === null) delete body[field];
  return body;
}

/** @throws OPENAI_EXTRA_BODY where it would overwrite what this plugin reads the answer by. */
export function checkExtraBody(extraBody: JsonObject): void {
  const taken = OWN_FIELDS.filter((field) => field in extraBody);
  if (taken.length > 0)
    throw new PluginError("OPENAI_EXTRA_BODY", `\`extraBody\` may not set ${taken.join(", ")}: the policy fills them in for each turn.`, {
      hint: `Remove ${taken.length === 1 ? "it" : "them"}; \`model\` and \`seed\` are options of their own, sampling is set under \`rollout\`.`,
    });
}

function promptText({ messages, continuation }: TurnRequest, template: PromptTemplate): string {
  const written = messages.map((message) => {
    if (message.role === "tool") throw toolMessageInTags();
    return template[message.role] + shownText(message) + template.end;
  });
  return `${written.join("")}${template.assistant}${continuationText(continuation)}`;
}

export function continuationText(continuation: TurnRequest["continuation"]): string {
  return continuation.map(({ text }) => text).join("");
}

function chatInput(request: TurnRequest, options: OpenAIPolicyOptions): JsonObject {
  if (request.dialect === "native") {
    const tools = request.tools.map(({ name, description, parameters }) => ({ type: "function", function: { name, description, parameters } }));
    return {
      messages: request.messages.map((message) => nativeMessage(message, options.reasoningField)),
      ...(tools.length > 0 ? { tools } : {}),
    };
  }
  const messages: JsonObject[] = request.messages.map((message) => {
    if (message.role === "tool") throw toolMessageInTags();
    return { role: message.role, content: shownText(message) };
  });
  if (request.continuation.length === 0) return { messages };
  if (options.prefix === "none")
    throw new PluginError(
      "OPENAI_NO_PREFIX",
      "a turn after a tool call has to go on inside the assistant's message, and `prefix: none` says that chat cannot.",
      {
        endsRun: true,
        hint: "Set `prefix: vllm` (vLLM, SGLang) or `prefix: assistant` (llama.cpp); `api: completions` where the server has that; or `rollout.dialect: native`.",
      },
    );
  messages.push({ role: "assistant", content: continuationText(request.continuation) });
  return { messages, ...(options.prefix === "vllm" ? { continue_final_message: true, add_generation_prompt: false } : {}) };
}

function shownText(message: Exclude<Message, { role: "tool" }>): string {
  return message.role === "assistant" ? (message.text ?? message.content) : message.content;
}

function toolMessageInTags(): PluginError {
  return new PluginError("OPENAI_MESSAGES", "a `tags` request holds a tool message; results belong into the continuation.");
}

function nativeMessage(message: Message, reasoningField: OpenAIPolicyOptions["reasoningField"]): JsonObject {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
  if (message.role !== "assistant") return { role: message.role, content: message.content };
  const calls = (message.toolCalls ?? []).map(({ id, name, arguments: args, malformed }) => ({
    id,
    type: "function",
    function: { name, arguments: malformed === undefined ? JSON.stringify(args) : malformedArguments(malformed.raw) },
  }));
  return {
    role: "assistant",
    content: message.content,
    ...(reasoningField !== "none" && message.reasoning !== undefined ? { [reasoningField]: message.reasoning } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

/** Servers parse the arguments for the chat template and answer 400 to what is not a JSON object: such a text goes back inside one. */
function malformedArguments(raw: string): string {
  try {
    const parsed: unknown = JSON.parse(raw);
    if (parsed !== null && typeof parsed === "object" && !Array.isArray(parsed)) return raw;
  } catch {
    // Not JSON: wrapped below like any other value.
  }
  return JSON.stringify({ malformed: raw });
}
