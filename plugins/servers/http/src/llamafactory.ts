/** LLaMA-Factory's `reward_model_type: api`: whole rendered texts, no label, and a client that looks at no status. */
import type { RlTask } from "@autotraj/core/plugin";
import { type Desk, type Invalid, plainRewards, scoreOfResponse } from "./desk.ts";
import { Questions } from "./rendered.ts";
import type { Routes } from "./route.ts";

export interface LlamaFactoryOptions extends Invalid {
  /** By which the template begins the assistant's turn; undefined: one of the common ones. */
  readonly assistantHeader: string | undefined;
}

export function llamaFactoryRoutes(desk: Desk, tasks: ReadonlyMap<string, RlTask>, options: LlamaFactoryOptions): Routes {
  const questions = new Questions(tasks.values(), options.assistantHeader);
  return {
    async "POST /llamafactory"({ body }) {
      const { messages } = body as { messages: readonly string[] };
      const requests = messages.map((text) => {
        const { task, response } = questions.responseIn(text);
        return scoreOfResponse(desk, task, response);
      });
      return { scores: (await plainRewards(desk, requests, options)).map(({ reward }) => reward) };
    },
  };
}
