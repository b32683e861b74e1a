/** LLaMA-Factory's `reward_model_type: api`: whole rendered texts, no label, and a client that looks at no status. */
import type { RlTask } from "@autotraj/core";
import { type Desk, type Invalid, plainRewards, scoreOfResponse } from "./desk.ts";
import { Questions } from "./rendered.ts";
import { list, object, type Route, TEXT } from "./route.ts";

export interface LlamaFactoryOptions extends Invalid {
  /** By which the template begins the assistant's turn; undefined: one of the common ones. */
  readonly assistantHeader: string | undefined;
}

export function llamaFactoryRoute(desk: Desk, tasks: ReadonlyMap<string, RlTask>, options: LlamaFactoryOptions): Route {
  const questions = new Questions(tasks.values(), options.assistantHeader);
  return {
    method: "POST",
    url: "/llamafactory",
    summary: "LLaMA-Factory's reward API for PPO. The task is the one whose question the text holds.",
    body: object({ model: TEXT, messages: list(TEXT, { minItems: 1 }) }),
    answers: { 200: { description: "The rewards, in order.", schema: object({ scores: list({ type: "number" }) }) } },
    async handle({ body }) {
      const { messages } = body as { messages: readonly string[] };
      const requests = messages.map((text) => {
        const { task, response } = questions.responseIn(text);
        return scoreOfResponse(desk, task, response);
      });
      return { scores: (await plainRewards(desk, requests, options)).map(({ reward }) => reward) };
    },
  };
}
