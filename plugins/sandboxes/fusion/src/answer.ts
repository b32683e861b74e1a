/** SandboxFusion's answer to `POST /run_code`, checked, and what it says about the code. */
import type { ExecutionResult } from "@autotraj/core/plugin";
import { type Program, type ReportedEnd, readReport } from "./program.ts";

export interface RunAnswer {
  readonly status: "Success" | "Failed" | "SandboxError";
  readonly message: string;
  readonly run?: RunResult;
  /** What `autotraj sandbox serve` adds: the outcome in our own words, which the protocol cannot say. */
  readonly own?: { readonly status: ExecutionResult["status"]; readonly truncatedBytes: number } | undefined;
}

interface RunResult {
  readonly status: "Finished" | "Error" | "TimeLimitExceeded";
  readonly executionMs: number;
  readonly returnCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** An answer with the code's own result. */
export interface CodeAnswer {
  readonly run: RunResult;
  readonly own: RunAnswer["own"];
}

/** An answer that is none. */
export class BadAnswer extends Error {}

/** @throws BadAnswer saying what is missing. */
export function readAnswer(body: string): RunAnswer {
  const answer = parsed(body);
  if (!isObject(answer)) throw new BadAnswer("it is no JSON object");
  const status = oneOf(answer["status"], ["Success", "Failed", "SandboxError"] as const, "status");
  const run = answer["run_result"];
  const own = answer["autotraj"];
  return {
    status,
    message: textOf(answer["message"]),
    ...(isObject(run) ? { run: readRun(run) } : {}),
    ...(isObject(own) ? { own: readOwn(own) } : {}),
  };
}

function readRun(run: Record<string, unknown>): RunResult {
  const { return_code: code, execution_time: seconds, stdout, stderr } = run;
  return {
    status: oneOf(run["status"], ["Finished", "Error", "TimeLimitExceeded"] as const, "run_result.status"),
    executionMs: typeof seconds === "number" ? duration(seconds * 1000) : 0,
    returnCode: Number.isInteger(code) ? (code as number) : undefined,
    stdout: textOf(stdout),
    stderr: textOf(stderr),
  };
}

/** Half a surrogate pair, which JSON can spell, is no text: nothing that keeps results could give it back. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed() : "";
}

const LONGEST_MS = 86_400_000;

/** A server may say what it likes, but time limits are reckoned with this. */
function duration(ms: number): number {
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_MS) : 0;
}

const STATUSES = ["ok", "error", "timeout", "output-limit", "memory-limit", "killed"] as const satisfies readonly ExecutionResult["status"][];

function readOwn(own: Record<string, unknown>): NonNullable<RunAnswer["own"]> {
  const { truncatedBytes } = own;
  if (typeof truncatedBytes !== "number" || !Number.isSafeInteger(truncatedBytes) || truncatedBytes < 0)
    throw new BadAnswer("its autotraj.truncatedBytes is no number of bytes");
  return { status: oneOf(own["status"], STATUSES, "autotraj.status"), truncatedBytes };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new BadAnswer("it is no JSON");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], name: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new BadAnswer(`its ${name} is none of ${allowed.join(", ")}`);
  return found;
}

/** As the local sandboxes have it: kept of stdout and of stderr, each; and what ends the code when printed on both together. */
const KEEP_BYTES = 64 * 1024;
const KILL_BYTES = 1024 * 1024;
/** Shells add this to the number of the signal that ended a program. */
const SIGNAL_CODES = 128;
const HIGHEST_SIGNAL = 64;

/** A result that says in addition what became of the interpreter. */
export interface Outcome {
  readonly result: ExecutionResult;
  /** The code itself was begun: earlier code of a session did not end the interpreter. */
  readonly begun: boolean;
  /** The interpreter came to the code's end, whatever the code did: a session goes on. */
  readonly finished: boolean;
}

export function outcomeOf({ run, own }: CodeAnswer, { mark }: Program, request: { session: boolean; timeoutMs: number }): Outcome {
  const report = readReport(run.stderr, mark);
  const stdout = cut(run.stdout);
  const stderr = cut(report.stderr);
  const truncatedBytes = stdout.beyond + stderr.beyond + (own?.truncatedBytes ?? 0);
  const durationMs = duration(report.end?.durationMs ?? run.executionMs);
  const flooded = stdout.bytes + stderr.bytes >= KILL_BYTES;
  const status = flooded ? "output-limit" : statusOf(run, own, report.end?.outcome, request.session);
  const late = request.session && durationMs > request.timeoutMs && (status === "ok" || status === "error");
  const note = status === "killed" && own === undefined ? killNote(run.returnCode) : "";
  // Where so much was printed that the report is missing, the server's word is all there is.
  const reported = report.end !== undefined || (own !== undefined && own.truncatedBytes > 0);
  return {
    result: {
      status: late ? "timeout" : status,
      stdout: stdout.kept,
      stderr: stderr.kept + note,
      durationMs,
      truncatedBytes,
    },
    begun: report.begun,
    finished: reported && !late && (status === "ok" || status === "error" || (status === "memory-limit" && report.end !== undefined)),
  };
}

/** In a session the interpreter is ended right after the report, which is then the last word. Elsewhere threads and exit handlers follow. */
function statusOf(run: RunResult, own: RunAnswer["own"], reported: ReportedEnd | undefined, session: boolean): ExecutionResult["status"] {
  if (session && reported !== undefined) return reported;
  if (own !== undefined && own.status !== "ok" && own.status !== "error") return own.status;
  if (run.status === "TimeLimitExceeded") return "timeout";
  if (reported === "memory-limit") return reported;
  const failed = own === undefined ? run.returnCode !== 0 : own.status === "error";
  if (reported !== undefined) return failed ? "error" : reported;
  if (!failed) return "ok";
  if (signalOf(run.returnCode) !== undefined) return "killed";
  return /(?:^|\n)MemoryError[^\n]*\n?$/.test(run.stderr) ? "memory-limit" : "error";
}

function signalOf(returnCode = 0): number | undefined {
  if (returnCode < 0) return -returnCode;
  return returnCode > SIGNAL_CODES && returnCode <= SIGNAL_CODES + HIGHEST_SIGNAL ? returnCode - SIGNAL_CODES : undefined;
}

function killNote(returnCode: number | undefined): string {
  const signal = signalOf(returnCode);
  return signal === undefined ? "" : `[killed by signal ${signal}]\n`;
}

/** The beginning is kept, the rest is counted. A character cut in half is left out. */
function cut(text: string): { readonly kept: string; readonly bytes: number; readonly beyond: number } {
  const bytes = Buffer.byteLength(text);
  if (bytes <= KEEP_BYTES) return { kept: text, bytes, beyond: 0 };
  const kept = new TextDecoder().decode(Buffer.from(text).subarray(0, KEEP_BYTES), { stream: true });
  return { kept, bytes, beyond: bytes - KEEP_BYTES };
}
