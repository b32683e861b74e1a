/** A repairer offers a trajectory in place of one that a gate refused. */
import { definePlugin, POLICY, ROLLOUT } from "@autotraj/core/plugin";

interface Options {
  readonly policy: string;
  readonly attempts: number;
  readonly temperature: number;
}

export default definePlugin<Options>({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "repairer",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      required: ["policy"],
      properties: {
        policy: { type: "string", minLength: 1, description: "The id of the policy that writes the repairs." },
        attempts: { type: "integer", minimum: 1, default: 1, description: "Repairs tried for a trajectory." },
        temperature: { type: "number", minimum: 0, default: 0.7, description: "How freely it samples; 0 is greedy." },
      },
    },
    requires: [POLICY],
    supports: { deterministic: true, gold: false },
  },
  setup(api, { policy, attempts, temperature }) {
    // Looked up now, so that a wrong id is told before anything is spent.
    api.use(POLICY, policy);
    const rollout = api.use(ROLLOUT);

    api.hooks.repair.tapPromise({ attempts }, async ({ request, original, attempt }, run) => {
      const written = await rollout.write(request, {
        policy,
        // Seeds and stored calls follow from the key: another one for every repair.
        key: `${api.id} ${original.trajectory.id} ${attempt}`,
        shown: { question: askedAgain(request.query.question, original.trajectory.answer) },
        sampling: { temperature },
        provenance: { origin: "repair", parent: original.trajectory.id },
        signal: run.signal,
      });
      // Nothing to offer is undefined.
      return written.finish === "failed" ? undefined : written;
    });
  },
});

/** What the policy is shown. What is learnt from later has the question alone. */
function askedAgain(question: string, answer: string | undefined): string {
  const refused =
    answer === undefined
      ? "An earlier attempt gave no answer."
      : `An earlier attempt answered ${answer}, which was refused.`;
  return `${question}\n\n${refused} Start again from the beginning, and check each step.`;
}
