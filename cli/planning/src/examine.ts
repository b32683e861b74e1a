/**
 * Looks at a preset without running it: nothing is spent, no process is started, nobody is asked. What is not there (a key, an address, a GPU) is told and stood
 * in for; what is wrong is gathered over all phases: files, schema, plugins, options, how they fit together, stages, questions.
 */
import {
  type AbsentValue,
  AutoTrajError,
  type ChosenStage,
  checkQuestionFile,
  checkStages,
  chosenStages,
  type ErrorCode,
  isAutoTrajError,
  type Logger,
  MACHINE_LACKS,
  type PluginKind,
  type Preset,
  placeText,
  type ReadyRun,
  type ResolvedPreset,
  type ResolveOptions,
  readyPreset,
  resolvePreset,
  Session,
  type SessionOptions,
  STAGE,
  stageNames,
} from "@autotraj/core";
import { asOne, ownMistakes } from "./mistakes.ts";

export interface ExamineOptions {
  /** As for `resolvePreset`. */
  readonly cwd: string;
  readonly set?: NonNullable<ResolveOptions["set"]>;
  readonly env?: NodeJS.ProcessEnv;
  readonly cacheDir?: string;
  /** What its plugins say. */
  readonly log?: Logger;
}

export interface Examined {
  /** Undefined where no more than its files could be looked at. */
  readonly preset?: ResolvedPreset;
  /** Its plugins, set up and not started; undefined where something is wrong. {@link Examined.dispose} lets go of them. */
  readonly session?: Session;
  /** With their settings; none where something is wrong. */
  readonly stages: readonly ChosenStage[];
  /** How many `queries.train` has; undefined where it names none. */
  readonly questions?: number;
  /** All that is wrong as one error; undefined where nothing is. */
  readonly error?: unknown;
  /** The same one by one, as they were found. */
  readonly mistakes: readonly unknown[];
  /** Variables and files that the preset takes values from and that are not there. */
  readonly absent: readonly AbsentValue[];
  /** What the preset asks for and this machine does not have, one line each. */
  readonly lacks: readonly string[];
  dispose(): Promise<void>;
}

/**
 * All that keeps a preset from being run, where an attempt has failed with the first of it.
 * @param error what the attempt failed with
 * @returns one error with all mistakes, absent values among them; `error` itself where there is nothing to add
 */
export async function allThatKeeps(ref: string, options: ExamineOptions, error: unknown): Promise<unknown> {
  const mistakes = await allMistakes(ref, options, error);
  return mistakes.length > 1 ? asOne(ref, mistakes) : error;
}

/** The same one by one; `error` alone where it is no fault of the preset. */
export async function allMistakes(ref: string, options: ExamineOptions, error: unknown): Promise<readonly unknown[]> {
  if (!isAutoTrajError(error) || error.exitCode !== 2 || NO_FAULT_OF_THE_PRESET.includes(error.code)) return [error];
  const { mistakes, absent, dispose } = await examine(ref, options);
  await dispose();
  const details = absent.map(({ text, at }) => `${text} (${placeText(at)})`);
  const missing =
    details.length === 0 ? [] : [new AutoTrajError("ATRAJ_SECRET_MISSING", { who: `preset "${ref}"`, what: `${details.length} mistakes.`, details })];
  const all = [...mistakes, ...missing];
  return all.length === 0 ? [error] : all;
}

const NO_FAULT_OF_THE_PRESET: readonly ErrorCode[] = [
  "ATRAJ_RUN_NOT_FOUND",
  "ATRAJ_RUN_MISMATCH",
  "ATRAJ_RUN_LOCKED",
  "ATRAJ_USAGE",
  "ATRAJ_STUDY_INVALID",
];

/** Kinds that no tap of the loop's comes from: what is left of a preset whose taps do not fit together. */
const BESIDE_THE_LOOP: readonly PluginKind[] = ["policy", "tool", "sandbox", "trainer", "reward-model", "stage", "server", "format"];

/** @throws nothing that is wrong with the preset: that is in `error` */
export async function examine(ref: string, options: ExamineOptions): Promise<Examined> {
  const look = new Look();
  const preset = await look.at(() => resolvePreset(ref, { ...options, looking: look }));
  if (preset === undefined) return look.result(ref);
  const questions = await questionsOf(preset, look);
  const session = await openWhatIsRight(preset, look, sessionOptions(options));
  const stages = session === undefined ? [] : await stagesOf(session, look, sessionOptions(options));
  return look.result(ref, { preset, stages, ...(session === undefined ? {} : { session }), ...(questions === undefined ? {} : { questions }) });
}

type Given = Pick<SessionOptions, "cacheDir" | "log">;

function sessionOptions({ cacheDir, log }: ExamineOptions): Given {
  return { ...(cacheDir === undefined ? {} : { cacheDir }), ...(log === undefined ? {} : { log }) };
}

/** What is noticed on the way. */
class Look {
  readonly mistakes: unknown[] = [];
  readonly lacks: string[] = [];
  readonly #absent: AbsentValue[] = [];
  /** Ids of plugins that could not be used. */
  readonly broken = new Set<string>();

  readonly absent = (value: AbsentValue): void => void this.#absent.push(value);

  async at<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.mistakes.push(error);
      return undefined;
    }
  }

  /** What a plugin says against a value that only stands in for one that is absent is no mistake. */
  forgive(): void {
    const forgiven = this.mistakes.flatMap((error) => {
      if (!isAutoTrajError(error)) return [error];
      const { plugin, details = [] } = error.parts;
      if (error.code === "ATRAJ_SETUP_FAILED") return this.#absent.some(({ path }) => path.startsWith(`plugins.${plugin}.`)) ? [] : [error];
      const left = details.filter((line) => !this.#absent.some(({ path }) => line.startsWith(`${path} `)));
      return error.code !== "ATRAJ_OPTIONS_INVALID" || left.length > 0 ? [error] : [];
    });
    this.mistakes.splice(0, Number.POSITIVE_INFINITY, ...forgiven);
  }

  async result(ref: string, seen: Partial<Pick<Examined, "preset" | "session" | "questions" | "stages">> = {}): Promise<Examined> {
    this.forgive();
    const own = ownMistakes(this.mistakes, this.broken);
    const dispose = async () => seen.session?.dispose();
    const found = { absent: this.#absent, lacks: this.lacks, mistakes: own, stages: [], dispose };
    if (own.length === 0) return { ...found, ...seen };
    await dispose();
    const { session: _closed, ...rest } = seen;
    return { ...found, ...rest, stages: [], error: asOne(ref, own) };
  }
}

async function openWhatIsRight(preset: ResolvedPreset, look: Look, given: Given): Promise<Session | undefined> {
  const ready = await look.at(() => readyPreset(preset, look.mistakes));
  if (ready === undefined) return undefined;
  const options = { ...given, mistakes: look.mistakes };
  const there = new Set(ready.plugins.map(({ id }) => id));
  for (const { id } of preset.plugins) if (!there.has(id)) look.broken.add(id);
  const session = await look.at(() => Session.open(ready, options));
  for (const error of look.mistakes) if (isAutoTrajError(error) && error.parts.plugin !== undefined) look.broken.add(error.parts.plugin);
  if (session !== undefined) return session;
  // The taps do not fit together. What stages and settings name can be looked at without them.
  const beside: ReadyRun = { ...ready, plugins: ready.plugins.filter(({ plugin }) => BESIDE_THE_LOOP.includes(plugin.meta.kind)) };
  return look.at(() => Session.open(beside, options));
}

/** @returns the stages, once their settings are right; what this machine lacks for them is noted */
async function stagesOf(session: Session, look: Look, given: Given): Promise<readonly ChosenStage[]> {
  checkStagesOf(session, look);
  const known = knownStages(session);
  if (known !== session.settings) {
    // The first stage that nobody offers hides what is wrong with the others.
    const others = await Session.open({ ...session.ready, settings: known }, { ...given, mistakes: [] });
    checkStagesOf(others, look);
    await others.dispose();
  }
  return look.mistakes.length > 0 ? [] : chosenStages(session, []);
}

function checkStagesOf(session: Session, look: Look): void {
  try {
    checkStages(session, stageNames(session.settings));
  } catch (error) {
    if (!isAutoTrajError(error) || error.pluginCode !== MACHINE_LACKS) look.mistakes.push(error);
    else look.lacks.push(...(error.parts.details ?? []));
  }
}

/** The settings without stages that nobody offers, and their ablations. */
function knownStages({ settings, services }: Session): Preset {
  const offered = new Set([...services.useAll(STAGE).values()].map(({ name }) => name));
  const isOffered = ([name]: readonly [string, unknown]) => offered.has(name);
  if (Object.entries(settings.stages).every(isOffered)) return settings;
  const ablations = Object.entries(settings.ablations).filter(([, { stage }]) => offered.has(stage));
  return { ...settings, stages: Object.fromEntries(Object.entries(settings.stages).filter(isOffered)), ablations: Object.fromEntries(ablations) };
}

async function questionsOf(preset: ResolvedPreset, look: Look): Promise<number | undefined> {
  const { train, evaluate } = preset.settings.queries ?? {};
  if (evaluate !== undefined) await look.at(() => checkQuestionFile(preset, "evaluate"));
  return train === undefined ? undefined : (await look.at(() => checkQuestionFile(preset, "train")))?.count;
}
