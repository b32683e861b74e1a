/** The runs that a study is made of: one for each arm and seed, checked before anything is spent. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AutoTrajError,
  type ChosenStage,
  checkStages,
  chosenStages,
  contentHash,
  type JsonObject,
  type PresetRequest,
  type ResolvedPreset,
  resolvePreset,
  Session,
  stageNames,
} from "@autotraj/core";
import type { Study } from "./definition.ts";

/** One arm with one training seed: a run as any other, in a folder of its own. */
export interface StudyRun {
  readonly arm: string;
  readonly seed: number;
  readonly preset: ResolvedPreset;
  /** How it could be asked for alone. */
  readonly asked: PresetRequest;
  readonly runDir: string;
  /** As its evaluation calls the model that is compared. */
  readonly model: string;
  /** The stages that train the policy up to that model, in order. */
  readonly trainings: readonly string[];
  /** Hash of all that the study knows to decide it: a run that was done with another is done again. */
  readonly state: string;
}

export interface PlanOptions {
  /** The study's folder. */
  readonly dir: string;
  readonly cacheDir?: string;
  /** Questions of the loop, from the start, at most. */
  readonly limit?: number;
}

/**
 * Seed by seed, so that the first comparison is there as soon as every arm has been trained once.
 * @throws whatever is wrong with a preset, as `run` does; ATRAJ_STUDY_INVALID where an arm trains no policy, evaluates nothing, or lacks the model to compare
 */
export async function planStudy(study: Study, options: PlanOptions): Promise<readonly StudyRun[]> {
  const arms = await Promise.all(Object.keys(study.arms).map((arm) => planArm(study, arm, options)));
  const planned = study.seeds.map((seed) => Promise.all(arms.map((arm) => planRun(study, arm, seed, options))));
  return (await Promise.all(planned)).flat();
}

interface PlannedArm {
  readonly arm: string;
  readonly set: readonly string[];
  /** Stages that have a training seed. */
  readonly trained: readonly string[];
  readonly model: string;
  readonly trainings: readonly string[];
  readonly plugins: unknown;
}

async function planArm(study: Study, arm: string, { cacheDir }: PlanOptions): Promise<PlannedArm> {
  const { preset: ref, baseDir: cwd } = study;
  const { settings } = await resolvePreset(ref, { cwd });
  // Arms take the place of ablations, which would be trained again for each of them.
  const without = Object.keys(settings.ablations).map((name) => `ablations.${name}=false`);
  const set = [...without, ...settingsOf(study.settings), ...settingsOf(study.arms[arm] ?? {})];
  const session = await Session.open(await resolvePreset(ref, { cwd, set }), cacheDir === undefined ? {} : { cacheDir });
  try {
    checkStages(session, stageNames(session.settings));
    const stages = chosenStages(session);
    checkEvaluated(study, arm, session);
    return {
      ...{ arm, set, ...comparedModel(study, arm, stages, session.settings.run.rounds) },
      trained: stages.filter(({ backend }) => backend !== undefined).map(({ name }) => name),
      plugins: [...session.plugins, ...session.ready.standard].map(({ id, packageName, version, code }) => [id, packageName, version, code ?? ""]),
    };
  } finally {
    await session.dispose();
  }
}

/** One top-level key at a time, as `--set` takes them; objects merge into what the preset says. */
function settingsOf(changes: Readonly<JsonObject>): readonly string[] {
  return Object.entries(changes).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
}

function checkEvaluated(study: Study, arm: string, { settings }: Session): void {
  const { evaluate } = settings.stages;
  if (evaluate === undefined || settings.queries.evaluate === undefined)
    throw wrongArm(study, arm, "it evaluates nothing.", "Give the preset a stage evaluate, and held-out questions (queries.evaluate).");
  if (study.measure === "sampled" && !(Number(evaluate["samples"] ?? 0) > 0))
    throw wrongArm(study, arm, "measure is sampled, and its evaluation samples nothing.", "Set settings: { stages: { evaluate: { samples: 8 } } }.");
}

function comparedModel(study: Study, arm: string, stages: readonly ChosenStage[], rounds: number): Pick<PlannedArm, "model" | "trainings"> {
  const policies = stages.filter(({ plugin }) => plugin.leavesPolicy === true).map(({ name }) => name);
  const name = study.model ?? policies.at(-1);
  if (name === undefined || !policies.includes(name)) {
    const what = name === undefined ? "it trains no policy." : `its model is to be that of ${name}, and no stage of this name trains the policy.`;
    throw wrongArm(study, arm, what, policies.length === 0 ? "Give the preset a stage sft or rl." : `model can be ${policies.join(", ")}.`);
  }
  return { model: rounds === 1 ? name : `${name} round ${rounds}`, trainings: policies.slice(0, policies.indexOf(name) + 1) };
}

function wrongArm({ name }: Study, arm: string, what: string, hint: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_STUDY_INVALID", { who: `study ${name}, arm "${arm}"`, what, hint });
}

async function planRun(
  { preset: ref, baseDir: cwd }: Study,
  { arm, set: ofArm, trained, model, trainings, plugins }: PlannedArm,
  seed: number,
  { dir, limit }: PlanOptions,
): Promise<StudyRun> {
  const set = [...ofArm, ...trained.map((stage) => `stages.${stage}.seed=${seed}`)];
  const preset = await resolvePreset(ref, { cwd, set });
  const asked = { ref, cwd, set, ...(limit === undefined ? {} : { limit }) };
  const state = contentHash({ preset: preset.redacted(), plugins, limit: limit ?? null, questions: questionsOf(preset) });
  return { arm, seed, preset, asked, runDir: join(dir, "runs", arm, `seed-${seed}`), model, trainings, state };
}

/** By their content: files may be written anew under the same name. */
function questionsOf({ settings: { queries } }: ResolvedPreset): readonly string[] {
  const files = [queries.train, queries.evaluate, ...(queries.recorded ?? []).map(({ file }) => file)];
  return files.map((file) => (file === undefined || !existsSync(file) ? "" : createHash("sha256").update(readFileSync(file)).digest("hex")));
}
