/** What a scripted answer looks like on the wire. */

export interface FakeAnswer {
  readonly text?: string;
  /** Thinking, in the field that vLLM and DeepSeek use. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly { readonly id?: string; readonly name: string; readonly arguments: unknown }[];
  /** Default: `stop`, or `tool_calls` where there are any. */
  readonly finish?: string;
  /** Default: one token for four characters. */
  readonly usage?: { readonly promptTokens: number; readonly cachedTokens?: number; readonly completionTokens: number };
  /** Further fields of the first choice, e.g. vLLM's `stop_reason`. */
  readonly choice?: object;
  /** Further fields of the answer, e.g. llama.cpp's `__verbose`. */
  readonly extra?: object;
}

interface Asked {
  readonly model?: string;
  readonly stop?: string | readonly string[];
}

export function answerBody(answer: FakeAnswer, asked: Asked, chat: boolean, stop: "strip" | "keep", number: number): Record<string, unknown> {
  const text = atStop(answer.text ?? "", asked.stop, stop);
  const finish = answer.finish ?? (answer.toolCalls === undefined ? "stop" : "tool_calls");
  const promptTokens = answer.usage?.promptTokens ?? Math.ceil(JSON.stringify(asked).length / 4);
  const completionTokens = answer.usage?.completionTokens ?? Math.ceil((answer.text ?? "").length / 4);
  return {
    id: `fake-${number}`,
    object: chat ? "chat.completion" : "text_completion",
    created: 0,
    model: asked.model ?? "fake",
    choices: [{ index: 0, ...(chat ? { message: message(answer, text) } : { text }), logprobs: null, finish_reason: finish, ...answer.choice }],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      prompt_tokens_details: { cached_tokens: answer.usage?.cachedTokens ?? 0 },
    },
    ...answer.extra,
  };
}

/** The same answer as server-sent events: one delta with all of it, then the end. */
export function* streamEvents(body: Record<string, unknown>, chat: boolean): Generator<string> {
  const [choice] = body["choices"] as [Record<string, unknown>];
  const { message: whole, finish_reason, ...rest } = choice;
  const delta = {
    ...body,
    object: chat ? "chat.completion.chunk" : body["object"],
    choices: [{ ...rest, ...(chat ? { delta: whole } : {}), finish_reason }],
  };
  yield `data: ${JSON.stringify(delta)}\n\n`;
  yield "data: [DONE]\n\n";
}

function message(answer: FakeAnswer, text: string): Record<string, unknown> {
  const calls = answer.toolCalls?.map((call, index) => ({
    id: call.id ?? `call_${index}`,
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    role: "assistant",
    content: calls === undefined ? text : text || null,
    ...(answer.reasoning === undefined ? {} : { reasoning_content: answer.reasoning }),
    ...(calls === undefined ? {} : { tool_calls: calls }),
  };
}

/** A model's text as a server gives it out that was told where to stop. */
function atStop(text: string, stop: Asked["stop"], mode: "strip" | "keep"): string {
  const found = [stop ?? []].flat().flatMap((string) => {
    const at = text.indexOf(string);
    return at < 0 ? [] : [{ at, end: at + string.length }];
  });
  const first = found.sort((a, b) => a.at - b.at)[0];
  if (first === undefined) return text;
  return text.slice(0, mode === "keep" ? first.end : first.at);
}
