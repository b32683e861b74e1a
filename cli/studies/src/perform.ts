/** A study from its folder's point of view: runs one after the other, each paid for once, tables after every one. Continuing is the same as beginning. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isAutoTrajError, type RunObserver, type RunRequest, run, type StopSwitch } from "@autotraj/core";
import { beginningOf, begun, knownBeginning } from "./beginning.ts";
import type { Study } from "./definition.ts";
import { csvOf, markdownOf } from "./documents.ts";
import { answersFile, resultsOf } from "./gather.ts";
import { pictureOf } from "./picture.ts";
import { type PlanOptions, planStudy, type StudyRun } from "./plan.ts";
import type { Beginning, StudyResult } from "./result.ts";
import { writeWhole } from "./whole-file.ts";

export interface StudyRequest extends PlanOptions {
  readonly study: Study;
  readonly stop?: StopSwitch;
  /** Told of what happens in one run. */
  readonly observer?: (run: StudyRun) => RunObserver;
  /** Told of where the study is, in one line. */
  readonly say?: (message: string) => void;
}

/** In the study's folder. */
export const FILES = { json: "study.json", table: "study.md", csv: "study.csv", picture: "study.svg" } as const;
/** The calls of all its runs. */
const CALLS = "calls.db";
/** In a run's folder: by what it was done. */
const DONE = "study-run.json";

/**
 * Does all runs, or goes on with them where the folder holds some already.
 * @throws ATRAJ_INTERRUPTED when stopped, ATRAJ_RUN_MISMATCH for a folder that is another study's, whatever a run throws; what is done stays, with its tables
 */
export async function runStudy({ study, stop, observer, say = () => {}, ...options }: StudyRequest): Promise<StudyResult> {
  const { dir, cacheDir } = options;
  knownBeginning(study, options);
  const runs = await planStudy(study, options);
  const beginning = beginningOf(study, options);
  const asked = runs.filter(({ arm }) => options.arms?.includes(arm) ?? true);
  for (const [index, one] of asked.entries()) {
    if (isDone(one)) continue;
    say(`run ${index + 1} of ${asked.length}: ${one.arm}, seed ${one.seed}`);
    await performed({
      ...{ preset: one.preset, asked: one.asked, runDir: one.runDir },
      alongside: { calls: join(dir, CALLS), runs: runs.filter((other) => other !== one).map(({ runDir }) => runDir) },
      ...(cacheDir === undefined ? {} : { cacheDir }),
      ...(stop === undefined ? {} : { stop }),
      ...(observer === undefined ? {} : { observer: observer(one) }),
    }).catch((error: unknown) => {
      if (!isAutoTrajError(error) || error.code !== "ATRAJ_INTERRUPTED") say(failed(one, dir, asked));
      throw error;
    });
    writeWhole(join(one.runDir, DONE), JSON.stringify({ state: one.state }));
    keep(study, dir, runs, beginning);
  }
  return keep(study, dir, runs, beginning);
}

/** What is left of a study that ends early, and how it goes on. */
function failed({ arm, seed }: StudyRun, dir: string, asked: readonly StudyRun[]): string {
  const others = [...new Set(asked.map((one) => one.arm))].filter((other) => other !== arm);
  const without = others.length === 0 ? "" : `, and --arms ${others.join(",")} does without this arm`;
  const table = join(dir, FILES.table);
  const done = existsSync(table) ? `What is done stays, with its tables in ${table}` : "No run is done yet";
  return `${arm}, seed ${seed} failed, and the study ends here. ${done}; the same command tries it again${without}.`;
}

/** Questions that failed (a turn that took too long on a busy machine) are tried once more before anything is trained on what they would have given. */
async function performed(request: RunRequest): Promise<void> {
  const { summary } = await run({ ...request, stages: [] });
  if (summary.funnel.failedQueries > 0) await run({ ...request, stages: [] });
  await run(request);
}

/** The tables of what is done so far; does nothing more. @throws ATRAJ_RUN_NOT_FOUND where no study has begun, ATRAJ_RUN_MISMATCH */
export async function reportStudy({ study, ...options }: Pick<StudyRequest, "study" | keyof PlanOptions>): Promise<StudyResult> {
  const beginning = begun(study, options);
  return keep(study, options.dir, await planStudy(study, options), beginning);
}

/** Whether it was done by what the study and its plugins are now. */
function isDone({ runDir, state, model }: StudyRun): boolean {
  const file = join(runDir, DONE);
  if (!existsSync(file) || !existsSync(answersFile(runDir, model))) return false;
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly state?: string }).state === state;
}

function keep(study: Study, dir: string, runs: readonly StudyRun[], beginning: Beginning): StudyResult {
  const result = resultsOf(study, dir, runs.filter(isDone), beginning);
  writeWhole(join(dir, FILES.json), `${JSON.stringify(result, null, 2)}\n`);
  writeWhole(join(dir, FILES.table), markdownOf(result));
  writeWhole(join(dir, FILES.csv), csvOf(result));
  writeWhole(join(dir, FILES.picture), pictureOf(result));
  return result;
}
