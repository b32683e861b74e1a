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
  isAutoTrajError,
  type JsonObject,
  type PlacedSetting,
  type PresetRequest,
  type ResolvedPreset,
  type ResolveOptions,
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
  /** All that is wrong with arms that cannot be run, as one error. Default: what the first of them failed with. */
  readonly allThatKeeps?: (who: string, wrong: readonly WrongArm[], arms: number) => Promise<unknown>;
  /** Only these arms. Those that the folder has begun stay in the tables. */
  readonly arms?: readonly string[];
}

/**
 * The arms of the first comparison come first, with all their seeds: it is what the study was made for, and a study may be stopped. The others follow seed by seed.
 * Arms that are neither asked for nor begun are not looked at: what they need (a model, a variable of the environment) may not be there yet.
 * @throws whatever is wrong with a preset, as `run` does, or what `allThatKeeps` makes of it; ATRAJ_STUDY_INVALID where an arm trains no policy, evaluates nothing, or
 *   lacks the model to compare, and where an arm is asked for that the study does not have
 */
export async function planStudy(study: Study, options: PlanOptions): Promise<readonly StudyRun[]> {
  checkAsked(study, options);
  const isPlanned = (arm: string) => options.arms?.includes(arm) ?? true;
  const names = Object.keys(study.arms).filter((arm) => isPlanned(arm) || existsSync(join(options.dir, "runs", arm)));
  const arms = await planArms(study, names, options);
  const planned = study.seeds.map((seed) => Promise.all(arms.map((arm) => planRun(study, arm, seed, options))));
  const [first] = study.compare;
  const isOther = ({ arm }: StudyRun) => Number(arm !== first?.arm && arm !== first?.against);
  return (await Promise.all(planned)).flat().toSorted((a, b) => isOther(a) - isOther(b));
}

/** An arm that cannot be run, and what it failed with. */
export interface WrongArm {
  readonly path: string;
  readonly ref: string;
  readonly options: Pick<ResolveOptions, "cwd" | "set">;
  readonly error: unknown;
}

function checkAsked({ name, arms }: Study, { arms: asked = [] }: PlanOptions): void {
  const known = Object.keys(arms);
  const unknown = asked.filter((arm) => !known.includes(arm));
  if (unknown.length === 0) return;
  const what = `it has no arm ${unknown.map((arm) => `"${arm}"`).join(", ")}.`;
  throw new AutoTrajError("ATRAJ_STUDY_INVALID", { who: `study ${name}`, what, hint: `Its arms are ${known.join(", ")}.` });
}

interface PlannedArm {
  readonly arm: string;
  readonly set: readonly PlacedSetting[];
  /** Stages that have a training seed. */
  readonly trained: readonly string[];
  readonly model: string;
  readonly trainings: readonly string[];
  readonly plugins: unknown;
}

/** All of them, or all that is wrong with any. */
async function planArms(study: Study, names: readonly string[], options: PlanOptions): Promise<readonly PlannedArm[]> {
  const arms = await Promise.all(names.map((arm) => plannedArm(study, arm, options)));
  const wrong = arms.filter((arm) => "error" in arm);
  const { who, allThatKeeps = async () => wrong[0]?.error } = { ...study, ...options };
  if (wrong.length > 0) throw await allThatKeeps(who, wrong, arms.length);
  return arms.filter((arm) => "set" in arm);
}

async function plannedArm(study: Study, arm: string, options: PlanOptions): Promise<PlannedArm | WrongArm> {
  const { preset: ref, baseDir: cwd, who } = study;
  const changes = [...settingsOf(study, "settings", study.settings), ...settingsOf(study, `arms.${arm}`, study.arms[arm] ?? {})];
  let set: readonly PlacedSetting[] = changes;
  try {
    const { settings } = await resolvePreset(ref, { cwd });
    // Arms take the place of ablations, which would be trained again for each of them.
    const without = Object.keys(settings.ablations).map((name) => ({ setting: `ablations.${name}=false`, from: who }));
    set = [...without, ...changes];
    return await planArm(study, arm, set, options);
  } catch (error) {
    if (!isAutoTrajError(error) || error.exitCode !== 2) throw error;
    return { path: `arms.${arm}`, ref, options: { cwd, set }, error };
  }
}

async function planArm(study: Study, arm: string, set: readonly PlacedSetting[], { cacheDir }: PlanOptions): Promise<PlannedArm> {
  const { preset: ref, baseDir: cwd } = study;
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
function settingsOf({ who }: Study, path: string, changes: Readonly<JsonObject>): readonly PlacedSetting[] {
  return Object.entries(changes).map(([key, value]) => ({ setting: `${key}=${JSON.stringify(value)}`, from: `${who}, ${path}.${key}` }));
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
  const set = [...ofArm.map(({ setting }) => setting), ...trained.map((stage) => `stages.${stage}.seed=${seed}`)];
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
