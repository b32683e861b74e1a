/** LLM-as-Repairer: a model that has seen the bad trajectory and its diagnosis writes a better one, calling the real tools. */
import {
  type AssistantMessage,
  DIALECTS,
  definePlugin,
  type Example,
  KEPT,
  POLICY,
  ROLLOUT,
  type ToolMessage,
  type Trajectory,
} from "@autotraj/core/plugin";
import { Offers } from "@autotraj/repair-offers/offers";
import { repairQuestion } from "@autotraj/repair-prompt/question";
import { type LlmRepairerOptions, OPTIONS } from "./options.ts";

export type { LlmRepairerOptions } from "./options.ts";

export default definePlugin<LlmRepairerOptions>({
  meta: {
    name: "@autotraj/repairer-llm",
    apiVersion: 1,
    kind: "repairer",
    description: "An LLM rewrites the trajectory, having seen it and its diagnosis, with real tools",
    options: OPTIONS,
    requires: [POLICY],
    supports: { deterministic: true, gold: true },
  },
  setup(api, options) {
    api.use(POLICY, options.policy);
    const rollout = api.use(ROLLOUT);
    const kept = api.use(KEPT);
    const dialects = api.use(DIALECTS);
    const offers = new Offers(api);
    api.onDispose(() => offers.sumUp());
    api.hooks.repair.tapPromise({ attempts: options.attempts }, async (repairCase, run) => {
      const { request, original } = repairCase;
      const similar = await kept.similarTo(repairCase, options.exemplars);
      const question = repairQuestion(repairCase, dialects.text(original.trajectory).trim(), options);
      const write = (number: number) => {
        const temperature = number === 0 ? options.temperature : options.retryTemperature;
        // A greedy repair that sees nothing of the original is the same for all wrong candidates of a question: one call serves them all.
        const about = options.see.length === 0 && temperature === 0 ? "the question" : original.trajectory.id;
        return rollout.write(request, {
          policy: options.policy,
          key: `repair ${api.id} ${about} ${number}`,
          shown: {
            question,
            // In place of the rollout's own, the most similar one last: questions of one kind then share one prompt, which a local policy evaluates once.
            ...(similar.length > 0 || options.examples === "none" ? { examples: similar.map(asExample).reverse() } : {}),
          },
          sampling: { temperature },
          provenance: {
            origin: "repair",
            parent: original.trajectory.id,
            ...(options.gold === "shown" ? { sawGold: true } : {}),
            notes: { exemplars: similar.map(({ id }) => id), try: number },
          },
          signal: run.signal,
        });
      };
      return offers.next(repairCase, { attempts: options.attempts, write });
    });
  },
});

function asExample({ query, messages }: Trajectory): Example {
  const written = messages.filter((message): message is AssistantMessage | ToolMessage => message.role === "assistant" || message.role === "tool");
  return { question: query.question, messages: written };
}
