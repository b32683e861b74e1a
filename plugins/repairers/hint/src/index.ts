/** STaR rationalisation: a model that has been told the gold answer writes the way there, with the real tools; what it wrote must not show that. */
import { DIALECTS, type Dialects, definePlugin, PluginError, POLICY, ROLLOUT, type Trajectory } from "@autotraj/core/plugin";
import { Offers } from "@autotraj/repair-offers/offers";
import type { Problem } from "@autotraj/repair-offers/reasons";
import { leakIn } from "./leak.ts";
import { type HintRepairerOptions, OPTIONS } from "./options.ts";
import { hintedQuestion } from "./prompt.ts";

export type { HintRepairerOptions } from "./options.ts";

export default definePlugin<HintRepairerOptions>({
  meta: {
    name: "@autotraj/repairer-hint",
    apiVersion: 1,
    kind: "repairer",
    description: "An LLM writes the trajectory anew, with the gold answer as a hint (STaR rationalisation)",
    options: OPTIONS,
    requires: [POLICY],
    supports: { deterministic: true, gold: true },
  },
  setup(api, options) {
    checkTemplate(options);
    api.use(POLICY, options.policy);
    const rollout = api.use(ROLLOUT);
    const dialects = api.use(DIALECTS);
    const offers = new Offers(api);
    api.onDispose(() => offers.sumUp());

    api.hooks.repair.tapPromise({ attempts: options.attempts }, async (repairCase, run) => {
      const { request, original } = repairCase;
      const answers = request.query.answers.filter((answer) => answer.trim() !== "");
      if (answers.length === 0) return undefined;
      const shownOriginal = options.showOriginal ? dialects.text(original.trajectory).trim() : "";
      const question = hintedQuestion({ question: request.query.question, answers, original: shownOriginal }, options);
      const write = (number: number) => {
        const temperature = number === 0 ? options.temperature : options.retryTemperature;
        // Greedy and without the original it is the same for all bad candidates of a question: one set of calls serves them all.
        const about = options.showOriginal || temperature > 0 ? original.trajectory.id : "the question";
        return rollout.write(request, {
          policy: options.policy,
          key: `hint ${api.id} ${about} ${number}`,
          shown: { question, ...(options.system === "" ? {} : { system: options.system }) },
          sampling: { temperature },
          provenance: { origin: "repair", parent: original.trajectory.id, sawGold: true, notes: { hint: true, try: number } },
          signal: run.signal,
        });
      };
      const problemIn = (written: Trajectory) => problemOf(written, dialects, request.tools.length > 0 ? options : { ...options, minToolCalls: 0 });
      return offers.next(repairCase, { attempts: options.attempts, write, problemIn });
    });
  },
});

function checkTemplate({ template, showOriginal }: HintRepairerOptions): void {
  const missing = ["{question}", "{answer}", ...(showOriginal ? ["{original}"] : [])].filter((placeholder) => !template.includes(placeholder));
  if (missing.length === 0) return;
  throw new PluginError("TEMPLATE", `the template lacks ${missing.join(" and ")}.`, { hint: "Write it where it belongs in the option template." });
}

function problemOf(
  { messages, dialect, query }: Trajectory,
  dialects: Dialects,
  { leakPhrases, minToolCalls }: HintRepairerOptions,
): Problem | undefined {
  const turns = messages.filter((message) => message.role === "assistant");
  // Code is text too: a comment may speak of the hint.
  const text = turns.map((turn) => dialects.get(dialect).text(turn)).join("\n");
  const leak = leakIn(text, query.question, leakPhrases);
  if (leak !== undefined) return { reason: "it speaks of the hint", details: ` ("${leak}")` };
  const calls = turns.reduce((sum, { toolCalls = [] }) => sum + toolCalls.length, 0);
  return calls < minToolCalls ? { reason: "it makes too few tool calls", details: ` (${calls}, not ${minToolCalls})` } : undefined;
}
