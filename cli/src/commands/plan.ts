/** `plan`: what a run would do, in which order, and at most how many calls it would make. Spends nothing. */
import { checkQueries, checkStages, chosenStages, HOOK_TABLE, type HookName, POLICY, resolvePreset, Session, stageNames } from "@autotraj/core";
import { count, table } from "../display/table.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, LIMIT, PRESET, SET } from "../options.ts";

export const planCommand = command({
  command: "plan <preset>",
  describe: "What a run would do: plugins, order of taps, calls and cost at most; spends nothing",
  builder: (args) => args.positional("preset", PRESET).option("set", SET).option("limit", LIMIT),
  async handler({ preset: ref, set, limit, json }) {
    const session = await Session.open(await resolvePreset(ref, { cwd: process.cwd(), set }));
    try {
      const plan = await planOf(session, limit);
      if (json) printJson(plan);
      else print(render(plan));
    } finally {
      await session.dispose();
    }
  },
});

type Plan = Awaited<ReturnType<typeof planOf>>;

async function planOf(session: Session, limit: number | undefined) {
  const { settings } = session;
  checkStages(session, stageNames(settings));
  const { rollout, queries } = settings;
  const there = queries?.train === undefined ? undefined : (await checkQueries(queries.train)).count;
  const questions = Math.min(there ?? 0, limit ?? queries?.limit ?? Number.POSITIVE_INFINITY);
  const turns = Math.min(rollout.maxTurns, rollout.maxToolCalls + 1);
  const rolloutCalls = { atLeast: questions * rollout.candidates, atMost: questions * rollout.candidates * turns };
  const perTrajectory = settings.repair.enabled ? session.lifecycle.repairAttempts : 0;
  // Each attempt may be accepted, written again and refused after all.
  const repairs = { trajectories: rollout.candidates * perTrajectory, repeats: rollout.candidates * perTrajectory * settings.repair.repeats };
  const price = session.services.useAll(POLICY).get(rollout.policy ?? "")?.price;
  return {
    preset: session.name,
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
    stages: chosenStages(session).map(({ name, backend, settings: { trainer: _trainer, ...given } }) => ({
      stage: name,
      trainer: backend?.name ?? null,
      settings: given,
    })),
    rolloutCalls,
    repairsPerQuestionAtMost: repairs,
    repairCallsAtMost: questions * (repairs.trajectories + repairs.repeats) * turns,
    rolloutUsdAtMost: price === undefined ? null : (rolloutCalls.atMost * rollout.maxTokens * price.output) / 1e6,
  };
}

function render(plan: Plan): string {
  const hooks = (Object.keys(HOOK_TABLE) as HookName[]).map((hook) => {
    const order = hook === "score" ? plan.scoreLevels.map((level) => level.join(" + ")).join(" → ") : (plan.hooks[hook] ?? []).join(" → ");
    return [hook, order === "" ? "–" : order];
  });
  const cost = plan.rolloutUsdAtMost === null ? "" : `, at most $${plan.rolloutUsdAtMost.toFixed(2)} for what the policy writes`;
  return [
    `preset ${plan.preset}`,
    table(["id", "kind", "package", "version"], plan.plugins.map(Object.values)),
    table(["hook", "taps in order"], hooks),
    table(["dimension", "filled by", "a high value means"], plan.dimensions.map(Object.values)),
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
        : `${count(plan.questions)} questions: ${count(plan.rolloutCalls.atLeast)} to ${count(plan.rolloutCalls.atMost)} model calls for rollouts${cost}; ${repairsOf(plan)}.`,
  ].join("\n\n");
}

/** Repairers may show more than one trajectory to more than one model: what is counted is what they write. */
function repairsOf({ repairsPerQuestionAtMost: { trajectories, repeats }, repairCallsAtMost }: Plan): string {
  if (trajectories === 0) return "nothing is repaired";
  const again = repeats === 0 ? "" : `, each of which may be written again (${count(repeats)} in all)`;
  return `on top come repairs, at most ${count(trajectories)} per question${again}: ${count(repairCallsAtMost)} model calls if every one takes every turn`;
}
