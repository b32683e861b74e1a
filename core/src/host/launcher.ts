/**
 * Runs a training process to its end: files written, one training at a time on this machine, progress read from the backend's own log, SIGTERM with
 * time for a checkpoint when the run is stopped, and nothing left behind whatever happens.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { tryLock } from "../data/database.ts";
import { AutoTrajError } from "../kernel/errors.ts";
import type { LaunchPlan, TrainProgress } from "../kernel/plugin.ts";
import { withoutSecrets } from "../kernel/redaction.ts";
import { interrupted, type Stopper } from "../kernel/stop.ts";
import { processEnvironment } from "./environment.ts";
import { type ProcessGroups, signalGroup } from "./process-groups.ts";

export interface LaunchContext {
  /** Whom errors name: `stage "sft"`. */
  readonly who: string;
  readonly dir: string;
  /** Where the machine-wide lock lies. */
  readonly cacheDir: string;
  readonly stop: Stopper;
  /** Where the process is written down, so that it can be ended after this process was killed. */
  readonly groups?: ProcessGroups;
  /** What the preset adds to what of the environment its process is given. */
  readonly environment?: readonly string[];
  readonly onProgress: (progress: TrainProgress) => void;
  readonly onInfo: (message: string) => void;
}

const POLL_MS = 300;
const GRACE_MS = 120_000;
const LOG_TAIL_BYTES = 64 * 1024;
/** @throws ATRAJ_TRAINER_FAILED, ATRAJ_INTERRUPTED */
export async function launch(plan: LaunchPlan, context: LaunchContext): Promise<void> {
  const { dir, who } = context;
  for (const [name, content] of Object.entries(plan.files)) {
    const file = ownFile(dir, name, who);
    refuseSecret(content, file, who);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const release = plan.exclusive ? await machineLock(context) : () => {};
  try {
    await runToEnd(plan, context);
  } finally {
    release();
  }
}

/** What the kernel itself keeps in a job's folder. */
export const JOB_FILES = { claim: "job.json", artifact: "artifact.json", log: "process.log", data: "data" } as const;

/** @throws ATRAJ_TRAINER_FAILED for a file outside the job's folder, and for one that the kernel writes */
function ownFile(dir: string, name: string, who: string): string {
  const relative = normalize(name);
  const [first = ""] = relative.split(sep);
  if (isAbsolute(relative) || first === "..")
    throw new AutoTrajError("ATRAJ_TRAINER_FAILED", { who, what: `its plan names the file "${name}", outside the job's folder.` });
  // Some file systems do not tell upper from lower case.
  if (!(Object.values(JOB_FILES) as string[]).includes(first.toLowerCase())) return join(dir, relative);
  throw new AutoTrajError("ATRAJ_TRAINER_FAILED", {
    who,
    what: `its plan writes the file "${name}", which is the kernel's own.`,
    hint: `This is a fault of the trainer plugin: it may use any names in the job's folder but ${Object.values(JOB_FILES).join(", ")}.`,
  });
}

/** Blotting it out would break what the file is for. */
function refuseSecret(content: string, file: string, who: string): void {
  if (withoutSecrets(content) === content) return;
  const hint = "This is a fault of the trainer plugin: secrets go to the process in its environment.";
  throw new AutoTrajError("ATRAJ_TRAINER_FAILED", { who, what: `its plan writes a secret into ${file}.`, hint });
}

/** The process writes its log itself, so that no word is lost where ours dies first: what it said too much is taken out when it has ended. */
function cleanLog(file: string): void {
  const text = readFileSync(file, "utf8");
  const clean = withoutSecrets(text);
  if (clean !== text) writeFileSync(file, clean);
}

/** Two trainings on the cores of one machine slow each other down many times over: the second waits for the first. */
async function machineLock({ cacheDir, stop, onInfo }: LaunchContext): Promise<() => void> {
  mkdirSync(cacheDir, { recursive: true });
  const file = join(cacheDir, "training.lock");
  for (let waited = false; ; waited = true) {
    const release = tryLock(file);
    if (release !== undefined) return release;
    if (stop.stopping) throw interrupted();
    if (!waited) onInfo("Another training is under way on this machine; waiting for it.");
    await sleep(1000);
  }
}

async function runToEnd(plan: LaunchPlan, context: LaunchContext): Promise<void> {
  const { dir, who, stop, groups, onProgress } = context;
  const graceMs = plan.graceMs ?? GRACE_MS;
  const logFile = join(dir, JOB_FILES.log);
  const log = openSync(logFile, "a");
  const from = statSync(logFile).size;
  const [program = "", ...args] = plan.argv;
  // A group of its own, so that its own children end with it; a terminal's Ctrl-C does not reach it, the kernel decides.
  const env = { ...processEnvironment([...(plan.inherit ?? []), ...(context.environment ?? [])]), ...plan.env };
  // Before the process: what it writes at once is not of an earlier one.
  const tail = new ProgressTail(join(dir, plan.progressFile), plan.progress, onProgress);
  const child = spawn(program, args, { cwd: dir, env, stdio: ["ignore", log, log], detached: true });
  closeSync(log);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; error?: Error }>((done) => {
    child.once("error", (error) => done({ code: null, signal: null, error }));
    child.once("close", (code, signal) => done({ code, signal }));
  });
  const killGroup = () => signalGroup(child.pid, "SIGKILL");
  process.once("exit", killGroup);
  let strikeOut = () => {};
  try {
    strikeOut = groups?.record(child.pid, who, graceMs) ?? strikeOut;
    const result = await watched(child, ended, tail, stop, graceMs);
    if (result.stopped) throw interrupted();
    if (result.code === 0) return;
    const words = await lastWords(logFile, from);
    throw new AutoTrajError("ATRAJ_TRAINER_FAILED", {
      who,
      what:
        result.error === undefined
          ? `its process ended with ${result.signal === null ? `code ${result.code}` : `${result.signal}${result.signal === "SIGKILL" ? " (out of memory?)" : ""}`}.`
          : `its process could not be started: ${result.error.message}`,
      details: words,
      where: logFile,
      hint: "Correct what it says, then `autotraj resume` goes on from its last checkpoint.",
    });
  } finally {
    process.removeListener("exit", killGroup);
    // Also what the process left running behind it.
    killGroup();
    strikeOut();
    cleanLog(logFile);
  }
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

async function watched(
  child: ChildProcess,
  ended: Promise<Ended>,
  tail: ProgressTail,
  stop: Stopper,
  graceMs: number,
): Promise<Ended & { stopped: boolean }> {
  let stoppedAt: number | undefined;
  for (;;) {
    const result = await Promise.race([ended, sleep(POLL_MS, undefined)]);
    tail.read();
    if (result !== undefined) return { ...result, stopped: stoppedAt !== undefined };
    if (stop.stopping && stoppedAt === undefined) {
      stoppedAt = performance.now();
      signalGroup(child.pid, "SIGTERM");
    }
    if (stoppedAt !== undefined && (stop.signal.aborted || performance.now() - stoppedAt > graceMs)) signalGroup(child.pid, "SIGKILL");
  }
}

/** Reads what was appended to the backend's log since the last time; lines that are not whole yet wait. */
class ProgressTail {
  readonly #file: string;
  readonly #parse: LaunchPlan["progress"];
  readonly #onProgress: (progress: TrainProgress) => void;
  #decoder = new StringDecoder("utf8");
  #offset = 0;
  #rest = "";

  constructor(file: string, parse: LaunchPlan["progress"], onProgress: (progress: TrainProgress) => void) {
    this.#file = file;
    this.#parse = parse;
    this.#onProgress = onProgress;
    // Of an earlier process: reported then.
    this.#offset = existsSync(file) ? statSync(file).size : 0;
  }

  read(): void {
    if (!existsSync(this.#file)) return;
    const { size } = statSync(this.#file);
    if (size < this.#offset) {
      // Written anew.
      this.#offset = 0;
      this.#rest = "";
      this.#decoder = new StringDecoder("utf8");
    }
    if (size === this.#offset) return;
    const bytes = Buffer.alloc(size - this.#offset);
    const handle = openSync(this.#file, "r");
    const read = readSync(handle, bytes, 0, bytes.length, this.#offset);
    closeSync(handle);
    this.#offset += read;
    const lines = (this.#rest + this.#decoder.write(bytes.subarray(0, read))).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const progress = this.#parse(line);
      if (progress !== undefined) this.#onProgress(progress);
    }
  }
}

/** A progress bar, or what transformers' trainers print at each step. */
const IS_PROGRESS = /\d+%\||^\{'\w+': /;

/** A traceback's last frame and its error; else the last lines that are no progress bar. */
async function lastWords(logFile: string, from: number): Promise<readonly string[]> {
  const bytes = await readFile(logFile);
  const text = bytes.subarray(Math.max(from, bytes.length - LOG_TAIL_BYTES)).toString("utf8");
  const lines = text.split(/\r?\n|\r/).filter((line) => line.trim() !== "" && !IS_PROGRESS.test(line));
  const traceback = lines.findLastIndex((line) => line.startsWith("Traceback (most recent call last)"));
  if (traceback < 0) return lines.slice(-8);
  const frames = lines.slice(traceback + 1);
  const error = frames.findIndex((line) => /^[\w.]+(Error|Exception|Interrupt|Exit|Warning)\b/.test(line));
  if (error < 0) return frames.slice(-6);
  const frame = frames.slice(0, error).findLastIndex((line) => /^ {2}File "/.test(line));
  return [...(frame < 0 ? [] : frames.slice(frame, error)), ...frames.slice(error, error + 6)];
}
