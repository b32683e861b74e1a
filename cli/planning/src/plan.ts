/** What a run of a preset would do, as data: what `plan --json` prints. */
import { POLICY, type Session } from "@autotraj/core";
import { estimate } from "./estimate.ts";
import type { Examined } from "./examine.ts";
import type { RecordedFigures } from "./recorded.ts";

export type Plan = ReturnType<typeof planOf>;

/**
 * @param recorded figures of an earlier run of the preset, where there are any
 * @param limit in place of the preset's own
 * @throws all that is wrong with the preset
 */
export function planOf({ session, stages, questions: there, error, absent, lacks }: Examined, recorded?: RecordedFigures, limit?: number) {
  if (session === undefined) throw error;
  const { settings, lifecycle } = session;
  const { rollout, queries } = settings;
  const questions = Math.min(there ?? 0, limit ?? queries.limit ?? Number.POSITIVE_INFINITY);
  const policies = session.services.useAll(POLICY);
  const planned = { questions, candidatesPerQuestion: rollout.candidates, stages: stages.map(({ name }) => name), policies };
  return {
    preset: session.name,
    notices: session.notices,
    plugins: session.plugins.map(({ id, plugin, packageName, version }) => ({ id, kind: plugin.meta.kind, package: packageName, version })),
    models: Object.fromEntries([...policies].map(([id, { model, price, priceFrom }]) => [id, modelOf(absent, id, { model, price, priceFrom })])),
    hooks: Object.fromEntries(lifecycle.order),
    scoreLevels: lifecycle.scorePlan.levels.map((level) => level.map(({ name }) => name)),
    dimensions: [...lifecycle.scorePlan.dimensions].map(([name, { by, description }]) => ({ name, by, description })),
    questions: there === undefined ? null : questions,
    recorded: (queries.recorded ?? []).map(({ file }) => file),
    stages: stages.map(({ name, backend, settings: { trainer: _trainer, ...given } }) => ({
      stage: name,
      trainer: backend?.name ?? null,
      settings: given,
    })),
    ...bounds(session, questions),
    estimate: recorded === undefined || questions === 0 ? null : estimate(recorded, planned),
    missing: absent.map(({ path, from, text }) => ({ path, from, text })),
    lacks,
  };
}

/** What can be counted before anything is asked: repairers may show more than one trajectory to more than one model, so what is counted is what they write. */
function bounds({ settings: { rollout, repair }, lifecycle, services }: Session, questions: number) {
  const turns = Math.min(rollout.maxTurns, rollout.maxToolCalls + 1);
  const rolloutCalls = { atLeast: questions * rollout.candidates, atMost: questions * rollout.candidates * turns };
  const trajectories = rollout.candidates * (repair.enabled ? lifecycle.repairAttempts : 0);
  // Each attempt may be accepted, written again and refused after all.
  const repairs = { trajectories, repeats: trajectories * repair.repeats };
  const price = services.useAll(POLICY).get(rollout.policy ?? "")?.price;
  return {
    rolloutCalls,
    repairsPerQuestionAtMost: repairs,
    repairCallsAtMost: questions * (repairs.trajectories + repairs.repeats) * turns,
    rolloutUsdAtMost: price === undefined ? null : (rolloutCalls.atMost * rollout.maxTokens * price.output) / 1e6,
  };
}

interface Model {
  readonly model: string;
  readonly price: unknown;
  readonly priceFrom: string | undefined;
}

/** A name that only stands in for one that is absent is not shown. */
function modelOf(absent: Examined["absent"], id: string, { model, price, priceFrom }: Model) {
  const awaited = absent.find(({ path }) => path === `plugins.${id}.options.model`);
  return { model: awaited === undefined ? model : `<from ${awaited.from}>`, price: price ?? null, ...(priceFrom === undefined ? {} : { priceFrom }) };
}
