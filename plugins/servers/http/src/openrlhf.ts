/** OpenRLHF's remote reward model: one text per request, five tries, then it goes on without a reward. */
import { type Desk, type Invalid, plainRewards, scoreOfResponse } from "./desk.ts";
import { Refusal } from "./refusal.ts";
import { afterPrompt } from "./rendered.ts";
import type { Routes } from "./route.ts";

interface Body {
  readonly query: readonly string[];
  readonly prompts: readonly string[];
  readonly labels: readonly string[];
}

export function openRlhfRoutes(desk: Desk, onInvalid: Invalid): Routes {
  return {
    async "POST /openrlhf"({ body }, reply) {
      const { query, prompts, labels } = body as Body;
      if (prompts.length !== query.length || labels.length !== query.length) {
        throw new Refusal(400, "BAD_REQUEST", `there are ${query.length} queries, ${prompts.length} prompts and ${labels.length} labels.`);
      }
      const requests = query.map((text, index) => scoreOfResponse(desk, taskOf(labels[index] ?? ""), afterPrompt(text, prompts[index] ?? "")));
      const scored = await plainRewards(desk, requests, onInvalid);
      const rewards = scored.map(({ reward }) => reward);
      const scores = rewards.map((reward) => Math.min(1, Math.max(0, reward)));
      const logs = Object.entries(means(scored.map(({ terms }) => terms))).map(([name, value]) => `${JSON.stringify(name)}:${float(value)}`);
      reply.type("application/json");
      return `{"rewards":[${rewards.map(float)}],"scores":[${scores.map(float)}],"extra_logs":{${logs}}}`;
    },
  };
}

function taskOf(label: string): string {
  if (!label.trimStart().startsWith("{")) return label;
  try {
    const { task } = JSON.parse(label) as { task?: unknown };
    if (typeof task === "string") return task;
  } catch {
    // An id may look like anything.
    return label;
  }
  throw new Refusal(422, "TASK_UNKNOWN", `the label ${JSON.stringify(label.slice(0, 200))} names no task.`);
}

/** With a point also where the number is whole: the client makes tensors of them, and those of integers have no mean. */
function float(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** The client makes tensors of them: numbers only, so a term that applied nowhere is left out. */
function means(terms: readonly Readonly<Record<string, number | null>>[]): Record<string, number> {
  const names = new Set(terms.flatMap((one) => Object.keys(one)));
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const values = terms.map((one) => one[name]).filter((value) => typeof value === "number");
      return values.length === 0 ? [] : [[name, values.reduce((sum, value) => sum + value, 0) / values.length]];
    }),
  );
}
