/** `plan`: what a run would do, in which order, and at most how many calls it would make. Spends nothing. */
import { checkQueries, checkStages, HOOK_TABLE, type HookName, POLICY, resolvePreset, Session, stageNames, trainingsOf } from "@autotraj/core";
import type { Argv } from "yargs";
import { count, table } from "../display/table.ts";
import { print, printJson } from "../display/terminal.ts";
import { wholeNumber } from "../options.ts";

interface PlanArguments {
  preset: string;
  set: string[];
  limit?: number;
  json: boolean;
}

export const planCommand = {
  command: "plan <preset>",
  describe: "What a run would do: plugins, order of taps, calls and cost at most; spends nothing",
  builder: (args: Argv) =>
    args
      .positional("preset", { type: "string", demandOption: true, describe: "A preset's name, package, file or folder" })
      .option("set", { type: "string", array: true, default: [], describe: "Override a setting", requiresArg: true })
      .option("limit", wholeNumber("limit", { least: 1, describe: "Only the first N questions" })),
  async handler({ preset: ref, set, limit, json }: PlanArguments): Promise<void> {
    const preset = await resolvePreset(ref, { cwd: process.cwd(), set });
    const session = await Session.open(preset);
    try {
      checkStages(session, stageNames(preset.settings));
      const { rollout, queries } = preset.settings;
      const there = queries?.train === undefined ? undefined : (await checkQueries(queries.train)).count;
      const questions = Math.min(there ?? 0, limit ?? queries?.limit ?? Number.POSITIVE_INFINITY);
      const turns = Math.min(rollout.maxTurns, rollout.maxToolCalls + 1);
      const rolloutCalls = { atLeast: questions * rollout.candidates, atMost: questions * rollout.candidates * turns };
      const price = session.services.useAll(POLICY).get(rollout.policy ?? "")?.price;
      const plan = {
        preset: preset.name,
        plugins: session.plugins.map(({ id, plugin, packageName, version }) => ({
          id,
          kind: plugin.meta.kind,
          package: packageName,
          version,
        })),
        hooks: Object.fromEntries(session.lifecycle.order),
        scoreLevels: session.lifecycle.scorePlan.levels.map((level) => level.map(({ name }) => name)),
        dimensions: [...session.lifecycle.scorePlan.dimensions].map(([name, { by, description }]) => ({ name, by, description })),
        questions: there === undefined ? null : questions,
        recorded: (queries.recorded ?? []).map(({ file }) => file),
        stages: [
          ...trainingsOf(preset.settings).map(({ name, stage, settings: { trainer: _trainer, ...settings } }) => ({
            stage: name,
            trainer: session.lifecycle.trainerOf(stage),
            settings,
          })),
          ...(preset.settings.stages.evaluate === undefined ? [] : [{ stage: "evaluate", trainer: null, settings: preset.settings.stages.evaluate }]),
        ],
        rolloutCalls,
        rolloutUsdAtMost: price === undefined ? null : (rolloutCalls.atMost * rollout.maxTokens * price.output) / 1e6,
      };
      if (json) printJson(plan);
      else print(render(plan));
    } finally {
      await session.dispose();
    }
  },
};

interface Plan {
  readonly preset: string;
  readonly plugins: readonly { readonly id: string; readonly kind: string; readonly package: string; readonly version: string }[];
  readonly hooks: Readonly<Record<string, readonly string[]>>;
  readonly scoreLevels: readonly (readonly string[])[];
  readonly dimensions: readonly { readonly name: string; readonly by: string; readonly description: string }[];
  readonly questions: number | null;
  readonly recorded: readonly string[];
  readonly stages: readonly { readonly stage: string; readonly trainer: string | null; readonly settings: object }[];
  readonly rolloutCalls: { readonly atLeast: number; readonly atMost: number };
  readonly rolloutUsdAtMost: number | null;
}

function render(plan: Plan): string {
  const hooks = (Object.keys(HOOK_TABLE) as HookName[]).map((hook) => {
    const order = hook === "score" ? plan.scoreLevels.map((level) => level.join(" + ")).join(" → ") : (plan.hooks[hook] ?? []).join(" → ");
    return [hook, order === "" ? "–" : order];
  });
  const cost = plan.rolloutUsdAtMost === null ? "" : `, at most $${plan.rolloutUsdAtMost.toFixed(2)} for what the policy writes`;
  return [
    `preset ${plan.preset}`,
    table(
      ["id", "kind", "package", "version"],
      plan.plugins.map((plugin) => [plugin.id, plugin.kind, plugin.package, plugin.version]),
    ),
    table(["hook", "taps in order"], hooks),
    table(
      ["dimension", "filled by", "a high value means"],
      plan.dimensions.map(({ name, by, description }) => [name, by, description]),
    ),
    ...(plan.stages.length === 0
      ? []
      : [
          table(
            ["stage", "trainer", "settings"],
            plan.stages.map(({ stage, trainer, settings }) => [stage, trainer ?? "–", JSON.stringify(settings)]),
          ),
        ]),
    plan.recorded.length > 0
      ? `Candidates are read from ${plan.recorded.join(", ")}; nothing is rolled out, and only repairs and judges call models.`
      : plan.questions === null
        ? "No questions yet: set queries.train."
        : `${count(plan.questions)} questions: ${count(plan.rolloutCalls.atLeast)} to ${count(plan.rolloutCalls.atMost)} model calls for rollouts${cost}; repairs come on top.`,
  ].join("\n\n");
}
