/** One interpreter process from the sandbox's side: started with all doors shut, spoken to over one socket, killed when it has done its work or overstays. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ExecutionRequest, ExecutionResult } from "@autotraj/core/plugin";
import { FRAME, type FrameKind, FrameParser, messageFrame } from "./frames.ts";
import { LIMITS, START_TIMEOUT_MS, WATCH_MEMORY_EVERY_MS } from "./limits.ts";
import type { InterpreterConfig, InterpreterMessage, RunMessage } from "./protocol.ts";

const RUNNER = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../dist/runner.js" : "./runner.js", import.meta.url));
const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const MIB = 1 << 20;

export class Interpreter {
  readonly #process: ChildProcess;
  readonly #socket: Duplex;
  #receive: (kind: FrameKind, body: Buffer) => void = () => {};
  #ended: () => void = () => {};
  #stderr = "";
  #over = false;

  private constructor(config: InterpreterConfig) {
    this.#process = spawn(process.execPath, [...nodeFlags(config), RUNNER, JSON.stringify(config)], {
      env: {},
      cwd: "/",
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    this.#socket = this.#process.stdio[3] as Duplex;
    const parser = new FrameParser((kind, body) => this.#receive(kind, body));
    this.#socket.on("data", (chunk: Buffer) => parser.push(chunk));
    this.#socket.on("error", () => {});
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-2000);
    });
    const end = () => {
      this.#over = true;
      this.#ended();
    };
    this.#process.on("close", end);
    this.#process.on("error", end);
  }

  /** @throws when the interpreter does not come up. */
  static async start(config: InterpreterConfig): Promise<Interpreter> {
    const interpreter = new Interpreter(config);
    await interpreter.#until<void>((kind, body, done) => {
      if (kind === FRAME.message && "ready" in (JSON.parse(body.toString()) as object)) done();
    });
    return interpreter;
  }

  /** Boots an interpreter only for its memory image. */
  static async snapshot(config: InterpreterConfig): Promise<Buffer> {
    const interpreter = new Interpreter(config);
    const parts: Buffer[] = [];
    await new Promise<void>((resolve) => {
      interpreter.#receive = (kind, body) => {
        if (kind === FRAME.snapshot) parts.push(Buffer.from(body));
      };
      interpreter.#ended = resolve;
      if (interpreter.#over) resolve();
    });
    if (parts.length === 0) throw new Error(`no memory image was made: ${interpreter.#lastWords()}`);
    return Buffer.concat(parts);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get usable(): boolean {
    return !this.#over;
  }

  kill(): void {
    this.#over = true;
    this.#process.kill("SIGKILL");
  }

  /** Runs code; the interpreter is killed when it overruns a limit, and its result says which. */
  async run(request: ExecutionRequest, last: boolean, signal: AbortSignal): Promise<ExecutionResult & { readonly usable: boolean }> {
    const started = performance.now();
    const output = { stdout: new Kept(), stderr: new Kept() };
    const idleBytes = residentBytes(this.pid) ?? 0;
    const message: RunMessage = { code: request.code, filename: "<code>", memoryMiB: request.memoryMiB, last };
    let ending: ExecutionResult["status"] | undefined;
    const stop = (status: ExecutionResult["status"]) => {
      ending ??= status;
      this.kill();
    };
    const timer = setTimeout(() => stop("timeout"), request.timeoutMs);
    const watch = setInterval(() => {
      const used = (residentBytes(this.pid) ?? 0) - idleBytes;
      if (used > (request.memoryMiB + LIMITS.residentSlackMiB) * MIB) stop("memory-limit");
    }, WATCH_MEMORY_EVERY_MS);
    const abort = () => stop("killed");
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      const done = await new Promise<Extract<InterpreterMessage, { done: string }> | undefined>((resolve) => {
        this.#ended = () => resolve(undefined);
        this.#receive = (kind, body) => {
          if (kind === FRAME.message) resolve(JSON.parse(body.toString()) as Extract<InterpreterMessage, { done: string }>);
          else if (kind === FRAME.stdout || kind === FRAME.stderr) {
            output[kind === FRAME.stdout ? "stdout" : "stderr"].add(body);
            if (output.stdout.bytes + output.stderr.bytes > LIMITS.killBytes) stop("output-limit");
          }
        };
        if (this.#over) resolve(undefined);
        else this.#socket.write(messageFrame(message));
      });
      return {
        status: ending ?? done?.done ?? "killed",
        stdout: output.stdout.text,
        stderr: output.stderr.text,
        truncatedBytes: output.stdout.hidden + output.stderr.hidden,
        durationMs: performance.now() - started,
        usable: ending === undefined && done?.usable === true,
      };
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
      signal.removeEventListener("abort", abort);
      this.#receive = () => {};
      this.#ended = () => {};
    }
  }

  #until<T>(take: (kind: FrameKind, body: Buffer, done: (value: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill();
        reject(new Error(`the interpreter did not start within ${START_TIMEOUT_MS / 1000} s`));
      }, START_TIMEOUT_MS);
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.#receive = () => {};
        this.#ended = () => {};
        finish();
      };
      this.#receive = (kind, body) => take(kind, body, (value) => settle(() => resolve(value)));
      this.#ended = () => settle(() => reject(new Error(`the interpreter ended before it was ready: ${this.#lastWords()}`)));
    });
  }

  #lastWords(): string {
    const lines = this.#stderr.trim().split("\n");
    return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? "it said nothing";
  }
}

/** No file but what the interpreter is made of, no child process, no worker, no add-on, no code from strings, a small heap. */
function nodeFlags({ pyodideDir, pythonDir, wheels, snapshot }: InterpreterConfig): readonly string[] {
  const readable = [DIST, pyodideDir, pythonDir, ...wheels, ...(snapshot === undefined ? [] : [snapshot])];
  return [
    "--permission",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    "--disallow-code-generation-from-strings",
    "--experimental-wasm-jspi",
    `--max-old-space-size=${LIMITS.javascriptHeapMiB}`,
    "--no-warnings",
  ];
}

/** Keeps the first part of a stream and counts the rest. */
class Kept {
  readonly #parts: Buffer[] = [];
  #kept = 0;
  bytes = 0;

  add(body: Buffer): void {
    this.bytes += body.length;
    const room = LIMITS.keepBytes - this.#kept;
    if (room <= 0) return;
    const part = Buffer.from(body.subarray(0, room));
    this.#parts.push(part);
    this.#kept += part.length;
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString();
  }

  get hidden(): number {
    return this.bytes - this.#kept;
  }
}

/** Linux only; elsewhere the ceiling of the WebAssembly heap stands alone. */
function residentBytes(pid: number | undefined): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return pages * 4096;
  } catch {
    return undefined;
  }
}
