/** One execution: a Python process with resource limits, in a folder of its own, killed with its process group. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionRequest, ExecutionResult } from "@autotraj/core/plugin";

const RUNNER = fileURLToPath(new URL("../python/run.py", import.meta.url));
const EXIT_OUT_OF_MEMORY = 86;
/** Kept of stdout and of stderr, each; and printed on both together before the code is killed. */
const KEEP_BYTES = 64 * 1024;
const KILL_BYTES = 1024 * 1024;

interface Captured {
  readonly parts: Buffer[];
  kept: number;
}

export async function executeUnisolated(python: string, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), "autotraj-code-"));
  try {
    return await runIn(folder, python, request, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runIn(folder: string, python: string, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
  const start = performance.now();
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: folder, LANG: "C.UTF-8", PYTHONHASHSEED: "0", OPENBLAS_NUM_THREADS: "1" };
  const child = spawn(python, ["-s", "-u", "-B", RUNNER], { cwd: folder, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let ended: ExecutionResult["status"] | undefined;
  const end = (status: ExecutionResult["status"]) => {
    ended ??= status;
    killGroup(child);
  };
  const stdout: Captured = { parts: [], kept: 0 };
  const stderr: Captured = { parts: [], kept: 0 };
  let printed = 0;
  for (const [stream, captured] of [[child.stdout, stdout] as const, [child.stderr, stderr] as const]) {
    stream.on("data", (data: Buffer) => {
      printed += data.length;
      const part = data.subarray(0, KEEP_BYTES - captured.kept);
      captured.parts.push(part);
      captured.kept += part.length;
      if (printed > KILL_BYTES) end("output-limit");
    });
  }
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify({ code: request.code, memoryMiB: request.memoryMiB, cpuSeconds: Math.ceil(request.timeoutMs / 1000) + 1 }));
  const timer = setTimeout(() => end("timeout"), request.timeoutMs);
  const abort = () => end("killed");
  signal.addEventListener("abort", abort);

  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // What the code left running must not hold the pipes open: the group goes with its leader.
    child.once("exit", () => killGroup(child));
    child.once("close", (code, killer) => {
      if (signal.aborted) return reject(signal.reason);
      resolve({
        status: ended ?? statusOf(code, killer),
        stdout: Buffer.concat(stdout.parts).toString(),
        stderr: Buffer.concat(stderr.parts).toString(),
        durationMs: performance.now() - start,
        truncatedBytes: printed - stdout.kept - stderr.kept,
      });
    });
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }) as Promise<ExecutionResult>;
}

function statusOf(code: number | null, killer: NodeJS.Signals | null): ExecutionResult["status"] {
  if (killer !== null) return constants.signals[killer] === constants.signals.SIGXCPU ? "timeout" : "killed";
  if (code === 0) return "ok";
  return code === EXIT_OUT_OF_MEMORY ? "memory-limit" : "error";
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}
