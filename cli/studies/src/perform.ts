/** A study from its folder's point of view: runs one after the other, each paid for once, tables after every one. Continuing is the same as beginning. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunObserver, type RunRequest, run, type StopSwitch } from "@autotraj/core";
import type { Study } from "./definition.ts";
import { csvOf, markdownOf } from "./documents.ts";
import { answersFile, resultsOf } from "./gather.ts";
import { pictureOf } from "./picture.ts";
import { type PlanOptions, planStudy, type StudyRun } from "./plan.ts";
import type { Beginning, StudyResult } from "./result.ts";

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
/** What was asked for when it began; the calls of all its runs. */
const [BEGINNING, CALLS] = ["beginning.json", "calls.db"];
/** In a run's folder: by what it was done. */
const DONE = "study-run.json";

/**
 * Does all runs, or goes on with them where the folder holds some already.
 * @throws ATRAJ_INTERRUPTED when stopped, whatever a run throws; what is done stays, with its tables
 */
export async function runStudy({ study, stop, observer, say = () => {}, ...options }: StudyRequest): Promise<StudyResult> {
  const { dir, cacheDir } = options;
  const runs = await planStudy(study, options);
  const beginning = beginningOf(study, dir);
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
    });
    write(join(one.runDir, DONE), JSON.stringify({ state: one.state }));
    keep(study, dir, runs, beginning);
  }
  return keep(study, dir, runs, beginning);
}

/** Questions that failed (a turn that took too long on a busy machine) are tried once more before anything is trained on what they would have given. */
async function performed(request: RunRequest): Promise<void> {
  const { summary } = await run({ ...request, stages: [] });
  if (summary.funnel.failedQueries > 0) await run({ ...request, stages: [] });
  await run(request);
}

/** The tables of what is done so far; does nothing more. */
export async function reportStudy({ study, ...options }: Pick<StudyRequest, "study" | keyof PlanOptions>): Promise<StudyResult> {
  const runs = await planStudy(study, options);
  mkdirSync(options.dir, { recursive: true });
  return keep(study, options.dir, runs, knownBeginning(options.dir) ?? study);
}

function beginningOf({ seeds, compare }: Study, dir: string): Beginning {
  const known = knownBeginning(dir);
  if (known !== undefined) return known;
  mkdirSync(dir, { recursive: true });
  write(join(dir, BEGINNING), `${JSON.stringify({ seeds, compare }, null, 2)}\n`);
  return { seeds, compare };
}

function knownBeginning(dir: string): Beginning | undefined {
  const file = join(dir, BEGINNING);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Beginning) : undefined;
}

/** Whether it was done by what the study and its plugins are now. */
function isDone({ runDir, state, model }: StudyRun): boolean {
  const file = join(runDir, DONE);
  if (!existsSync(file) || !existsSync(answersFile(runDir, model))) return false;
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly state?: string }).state === state;
}

function keep(study: Study, dir: string, runs: readonly StudyRun[], beginning: Beginning): StudyResult {
  const result = resultsOf(study, dir, runs.filter(isDone), beginning);
  write(join(dir, FILES.json), `${JSON.stringify(result, null, 2)}\n`);
  write(join(dir, FILES.table), markdownOf(result));
  write(join(dir, FILES.csv), csvOf(result));
  write(join(dir, FILES.picture), pictureOf(result));
  return result;
}

/** A killed process leaves the old file or the whole new one. */
function write(file: string, text: string): void {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
