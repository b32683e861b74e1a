/** One execution: a Python process with resource limits, in a folder of its own, ended with all that it started. */
import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ExecutionRequest, ExecutionResult } from "@autotraj/core/plugin";

const RUNNER = fileURLToPath(new URL("../python/run.py", import.meta.url));
const RECORDS = fileURLToPath(new URL("../python/records.py", import.meta.url));
const EXIT_OUT_OF_MEMORY = 86;
/** Kept of stdout and of stderr, each; and printed on both together before the code is killed. */
const KEEP_BYTES = 64 * 1024;
const KILL_BYTES = 1024 * 1024;
/** What the supervisor has to end everything, from being told to; then it is done without it. */
const END_GRACE_MS = 3_000;
/** How long output is waited for after everything has ended. */
const DRAIN_MS = 500;

type Supervisor = ChildProcessByStdio<Writable, Readable, Readable>;

export interface Runner {
  readonly python: string;
  /** Folder with a record of every running execution: what is left of it can be found by another process. */
  readonly records: string;
}

interface Captured {
  readonly parts: Buffer[];
  kept: number;
}

export async function executeUnisolated(runner: Runner, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), "autotraj-code-"));
  try {
    return await runIn(folder, runner, request, signal);
  } finally {
    await remove(folder);
  }
}

/** Ends what executions of processes that are gone have left behind. Returns how many processes that were. */
export async function endOrphans({ python, records }: Runner): Promise<number> {
  return Number(await endRecorded(python, records));
}

async function endRecorded(python: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(python, ["-s", "-B", RECORDS, ...args]);
  return stdout;
}

function runIn(folder: string, runner: Runner, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
  const start = performance.now();
  const mark = randomUUID();
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: folder, LANG: "C.UTF-8", PYTHONHASHSEED: "0", OPENBLAS_NUM_THREADS: "1" },
    AUTOTRAJ_EXECUTION: mark,
  };
  const supervisor = spawn(runner.python, ["-s", "-u", "-B", RUNNER], { cwd: folder, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let ended: ExecutionResult["status"] | undefined;
  let patience: NodeJS.Timeout | undefined;
  const end = (status: ExecutionResult["status"]) => {
    ended ??= status;
    patience ??= setTimeout(() => send(supervisor, "SIGKILL"), END_GRACE_MS);
    // The end of its stdin tells it; the code may have stopped it.
    supervisor.stdin.end();
    send(supervisor, "SIGCONT");
  };
  const stdout: Captured = { parts: [], kept: 0 };
  const stderr: Captured = { parts: [], kept: 0 };
  let printed = 0;
  for (const [stream, captured] of [[supervisor.stdout, stdout] as const, [supervisor.stderr, stderr] as const]) {
    stream.on("data", (data: Buffer) => {
      printed += data.length;
      const part = data.subarray(0, KEEP_BYTES - captured.kept);
      captured.parts.push(part);
      captured.kept += part.length;
      if (printed > KILL_BYTES) end("output-limit");
    });
  }
  supervisor.stdin.on("error", () => {});
  const cpuSeconds = Math.ceil(request.timeoutMs / 1000) + 1;
  supervisor.stdin.write(`${JSON.stringify({ code: request.code, memoryMiB: request.memoryMiB, cpuSeconds, records: runner.records, mark })}\n`);
  const timer = setTimeout(() => end("timeout"), request.timeoutMs);
  const abort = () => end("killed");
  signal.addEventListener("abort", abort);

  return whenOver(supervisor, runner, mark)
    .then(({ code, killer }) => {
      if (signal.aborted) throw signal.reason;
      return {
        status: ended ?? statusOf(code, killer),
        stdout: Buffer.concat(stdout.parts).toString(),
        stderr: Buffer.concat(stderr.parts).toString(),
        durationMs: performance.now() - start,
        truncatedBytes: printed - stdout.kept - stderr.kept,
      };
    })
    .finally(() => {
      clearTimeout(timer);
      clearTimeout(patience);
      signal.removeEventListener("abort", abort);
    });
}

interface End {
  readonly code: number | null;
  readonly killer: NodeJS.Signals | null;
}

/** When the supervisor has ended, all it supervised has, and the output has been read. Nobody can hold this up by keeping the output open. */
async function whenOver(supervisor: Supervisor, { python, records }: Runner, mark: string): Promise<End> {
  const closed = new Promise<void>((resolve) => supervisor.once("close", () => resolve()));
  const exit = await new Promise<End>((resolve, reject) => {
    supervisor.once("error", reject);
    supervisor.once("exit", (code, killer) => resolve({ code, killer }));
  });
  // Its last deed is to remove its record: it was killed before.
  if (existsSync(join(records, mark))) await endRecorded(python, records, mark);
  const drained = setTimeout(() => {
    supervisor.stdout.destroy();
    supervisor.stderr.destroy();
  }, DRAIN_MS);
  await closed;
  clearTimeout(drained);
  return exit;
}

function statusOf(code: number | null, killer: NodeJS.Signals | null): ExecutionResult["status"] {
  if (killer !== null) return constants.signals[killer] === constants.signals.SIGXCPU ? "timeout" : "killed";
  if (code === 0) return "ok";
  return code === EXIT_OUT_OF_MEMORY ? "memory-limit" : "error";
}

function send({ pid }: Supervisor, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** Folders may have been made unreadable. */
async function remove(folder: string): Promise<void> {
  const all = { recursive: true, force: true, maxRetries: 2 } as const;
  await rm(folder, all).catch(async () => {
    await promisify(execFile)("chmod", ["-R", "u+rwX", folder]);
    await rm(folder, all);
  });
}
