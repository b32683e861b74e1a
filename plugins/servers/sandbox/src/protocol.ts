/** SandboxFusion's `POST /run_code`: what a request may ask here, and how a sandbox's result is told. */
import type { ExecutionRequest, ExecutionResult } from "@autotraj/core/plugin";

export interface RequestLimits {
  readonly maxTimeoutMs: number;
  readonly maxMemoryMiB: number;
}

export interface CodeRequest extends Omit<ExecutionRequest, "session"> {
  /** Empty where there is none. */
  readonly stdin: string;
  /** Path below the working folder → content in base64. */
  readonly files: Readonly<Record<string, string>>;
}

/** A request that is not served. `status` 422: it is no request; 200: SandboxFusion would serve it, this server does not. */
export class RefusedRequest extends Error {
  readonly status: 200 | 422;
  constructor(status: 200 | 422, message: string) {
    super(message);
    this.name = "RefusedRequest";
    this.status = status;
  }
}

/** SandboxFusion's defaults; it bounds memory only where asked to, we always do. */
const DEFAULT_TIMEOUT_S = 10;
const DEFAULT_MEMORY_MIB = 1024;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** @throws RefusedRequest naming the field. Fields that SandboxFusion does not know are passed over, as it does. */
export function readCodeRequest(body: string, limits: RequestLimits): CodeRequest {
  const fields = objectOf(body);
  const code = fields["code"];
  const stdin = fields["stdin"] ?? "";
  if (typeof code !== "string") throw invalid("code", "a string");
  if (typeof stdin !== "string") throw invalid("stdin", "a string or null");
  const { language } = fields;
  if (language !== "python") throw new RefusedRequest(200, `language ${JSON.stringify(language) ?? "missing"} is not served here, only "python"`);
  for (const name of ["fetch_files", "args"]) {
    const value = fields[name] ?? [];
    if (!Array.isArray(value)) throw invalid(name, "a list");
    if (value.length > 0) throw new RefusedRequest(200, `${name} is not served here: code can only print`);
  }
  return { code, stdin, files: readFiles(fields["files"] ?? {}), timeoutMs: readTimeout(fields, limits), memoryMiB: readMemory(fields, limits) };
}

function readTimeout({ run_timeout: seconds = DEFAULT_TIMEOUT_S }: Record<string, unknown>, { maxTimeoutMs }: RequestLimits): number {
  if (typeof seconds !== "number" || !(seconds > 0)) throw invalid("run_timeout", "a positive number of seconds");
  if (seconds * 1000 > maxTimeoutMs) throw invalid("run_timeout", `at most ${maxTimeoutMs / 1000} on this server (--max-timeout-s)`);
  return Math.ceil(seconds * 1000);
}

function readMemory({ memory_limit_MB: memory = -1 }: Record<string, unknown>, { maxMemoryMiB }: RequestLimits): number {
  if (!Number.isInteger(memory)) throw invalid("memory_limit_MB", "a whole number");
  if ((memory as number) <= 0) return Math.min(DEFAULT_MEMORY_MIB, maxMemoryMiB);
  if ((memory as number) > maxMemoryMiB) throw invalid("memory_limit_MB", `at most ${maxMemoryMiB} on this server (--max-memory-mib)`);
  return memory as number;
}

function readFiles(value: unknown): Record<string, string> {
  if (!isObject(value)) throw invalid("files", "an object of paths and base64");
  // Without a prototype, so that a file may have any name.
  const files = Object.create(null) as Record<string, string>;
  for (const [path, content] of Object.entries(value)) {
    // SandboxFusion passes over files without content.
    if (content === null) continue;
    if (typeof content !== "string" || !BASE64.test(content)) throw invalid("files", `base64 at "${path}"`);
    if (path === "" || path.startsWith("/") || path.split("/").includes("..")) {
      throw new RefusedRequest(200, `the file "${path}" is not written: files go below the working folder`);
    }
    files[path] = content;
  }
  return files;
}

function objectOf(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new RefusedRequest(422, "the body is no JSON");
  }
  if (!isObject(value)) throw new RefusedRequest(422, "the body is no JSON object");
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(field: string, wanted: string): RefusedRequest {
  return new RefusedRequest(422, `${field} must be ${wanted}`);
}

/** What Python exits with, and what a killed process's status is: the sandbox knows no more exactly. */
const RETURN_CODES = { ok: 0, error: 1, "memory-limit": 1, "output-limit": -9, killed: -9, timeout: null } as const satisfies Record<
  ExecutionResult["status"],
  number | null
>;

/** Besides SandboxFusion's own fields `autotraj` says what these cannot: output and memory limits, and what was left out. */
export function answerOf(result: ExecutionResult, isolation: string): object {
  const { status, stdout, stderr, durationMs, truncatedBytes } = result;
  return {
    ...EMPTY_ANSWER,
    status: status === "ok" ? "Success" : "Failed",
    run_result: {
      status: status === "timeout" ? "TimeLimitExceeded" : "Finished",
      execution_time: durationMs / 1000,
      return_code: RETURN_CODES[status],
      stdout,
      stderr,
    },
    autotraj: { status, truncatedBytes, isolation },
  };
}

/** `Failed`: the request cannot be served here. `SandboxError`: the sandbox itself failed, another server may do better. */
export function refusalOf(status: "Failed" | "SandboxError", message: string): object {
  return { ...EMPTY_ANSWER, status, message };
}

const EMPTY_ANSWER = { message: "", compile_result: null, run_result: null, executor_pod_name: null, files: {} };
