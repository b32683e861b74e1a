/** One interpreter: a locked-down Node process with Pyodide in it. Runs one piece of code at a time; the only real kill is SIGKILL. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import type { ExecutionRequest, ExecutionResult } from "@autotraj/core/plugin";
import type { Command } from "./command.ts";
import { FRAME, type FrameKind, FrameParser, messageFrame } from "./frames.ts";
import { LIMITS, START_TIMEOUT_MS, WATCH_MEMORY_EVERY_MS } from "./limits.ts";
import { Output, type Stream } from "./output.ts";
import { type InterpreterMessage, type RunMessage, readMessage } from "./protocol.ts";
import { residentMiB } from "./resident.ts";

/** Why the sandbox itself ended a process. */
type Ending = "timeout" | "output-limit" | "memory-limit" | "killed";

interface Listener {
  message(message: InterpreterMessage): void;
  snapshot?(bytes: Buffer): void;
  ended(): void;
}

const DIAGNOSTICS_KEPT = 4_000;
/** V8 prints source lines of a megabyte; its reasons are shorter. */
const LONGEST_REASON = 400;

/** As bubblewrap reports that the process inside was killed. */
const KILLED_EXIT_CODE = 128 + 9;

export class StartFailed extends Error {
  /** Somebody ended it, perhaps the system for want of memory: nothing is wrong with what it was started from. */
  readonly killed: boolean;
  constructor(message: string, killed: boolean) {
    super(message);
    this.name = "StartFailed";
    this.killed = killed;
  }
}

export class Interpreter {
  /** False once the process has ended or must not be used any more. */
  alive = true;
  /** Settles when the process is gone. */
  readonly closed: Promise<void>;
  readonly #process: ChildProcess;
  readonly #control: Duplex;
  #listener: Listener | undefined;
  #output: Output | undefined;
  #ending: Ending | undefined;
  #disowned = false;
  #diagnostics = "";
  #calls = 0;

  private constructor({ file, args }: Command) {
    this.#process = spawn(file, args, { env: {}, cwd: "/", stdio: ["ignore", "ignore", "pipe", "pipe"] });
    this.#control = this.#process.stdio[3] as Duplex;
    const parser = new FrameParser((kind, body) => this.#receive(kind, body));
    this.#control.on("data", (chunk: Buffer) => {
      if (this.#disowned) return;
      try {
        parser.push(chunk);
      } catch (error) {
        this.#disown(String(error));
      }
    });
    // A process that has just been killed: its end is reported by `close`.
    this.#control.on("error", () => {});
    (this.#process.stderr as Readable).setEncoding("utf8").on("data", (text: string) => {
      this.#diagnostics = (this.#diagnostics + text).slice(-DIAGNOSTICS_KEPT);
    });
    this.#process.once("exit", () => {
      this.alive = false;
    });
    this.closed = new Promise((resolve) => {
      const end = () => {
        this.alive = false;
        this.#listener?.ended();
        resolve();
      };
      this.#process.once("close", end).once("error", (error) => {
        this.#diagnostics ||= error.message;
        end();
      });
    });
  }

  /** @throws StartFailed with the process's last words. */
  static async start(command: Command, track: (interpreter: Interpreter) => void): Promise<Interpreter> {
    const interpreter = new Interpreter(command);
    track(interpreter);
    await interpreter.#listen((done) => ({ message: done, ended: done }));
    if (!interpreter.alive) throw interpreter.#failure();
    return interpreter;
  }

  /** Lets an interpreter send its memory image and end. @throws as `start` does */
  static async snapshot(command: Command, track: (interpreter: Interpreter) => void): Promise<readonly Buffer[]> {
    const interpreter = new Interpreter(command);
    track(interpreter);
    const parts: Buffer[] = [];
    await interpreter.#listen((done) => ({ message: () => {}, snapshot: (bytes) => void parts.push(bytes), ended: done }));
    if (interpreter.#process.exitCode !== 0 || parts.length === 0) throw interpreter.#failure();
    return parts;
  }

  /** @param last no other code will run here. @throws the signal's reason when aborted; the interpreter is then gone. */
  async run(request: ExecutionRequest, last: boolean, signal: AbortSignal): Promise<ExecutionResult> {
    signal.throwIfAborted();
    this.#calls += 1;
    const output = new Output();
    this.#output = output;
    const started = performance.now();
    const timer = setTimeout(() => this.#end("timeout"), request.timeoutMs);
    const watch = this.#watchMemory(request.memoryMiB);
    const abort = () => void this.kill();
    signal.addEventListener("abort", abort, { once: true });
    const filename = this.#calls === 1 ? "<code>" : `<code ${this.#calls}>`;
    const status = await this.#send({ code: request.code, filename, memoryMiB: request.memoryMiB, last });
    clearTimeout(timer);
    clearInterval(watch);
    signal.removeEventListener("abort", abort);
    this.#listener = undefined;
    this.#output = undefined;
    signal.throwIfAborted();
    return { status, ...output.result(), durationMs: performance.now() - started };
  }

  /** All that it holds of this machine's memory; 0 where the system does not tell. */
  residentMiB(): number {
    return residentMiB(this.#process.pid ?? 0);
  }

  kill(): Promise<void> {
    this.alive = false;
    this.#process.kill("SIGKILL");
    return this.closed;
  }

  #send(message: RunMessage): Promise<ExecutionResult["status"]> {
    return new Promise((resolve) => {
      this.#listener = {
        message: (reply) => {
          if (!("done" in reply)) return;
          this.alive &&= reply.usable;
          // What was decided before the reply arrived stands.
          resolve(this.#ending ?? reply.done);
        },
        ended: () => resolve(this.#ending ?? this.#ownEnding()),
      };
      if (this.alive) this.#control.write(messageFrame(message));
      else this.#listener.ended();
    });
  }

  #end(why: Ending): void {
    this.#ending ??= why;
    void this.kill();
  }

  #receive(kind: FrameKind, body: Buffer): void {
    if (kind === FRAME.stdout) this.#print(this.#output?.stdout, body);
    else if (kind === FRAME.stderr) this.#print(this.#output?.stderr, body);
    else if (kind === FRAME.snapshot) this.#listener?.snapshot?.(body);
    else if (kind === FRAME.message) this.#hear(readMessage(body.toString()));
    else this.#disown(`a frame of kind ${kind}`);
  }

  #hear(message: InterpreterMessage | undefined): void {
    if (message === undefined) this.#disown("a message that is none");
    else this.#listener?.message(message);
  }

  #print(stream: Stream | undefined, body: Buffer): void {
    stream?.add(body);
    if (this.#output?.exceeded) this.#end("output-limit");
  }

  /** The code inside speaks in the interpreter's place. */
  #disown(what: string): void {
    this.#disowned = true;
    this.#diagnostics += `\nit sent ${what}`;
    this.#end("killed");
  }

  /** The WebAssembly heap has a ceiling of its own; this one is for all the memory around it. */
  #watchMemory(memoryMiB: number): NodeJS.Timeout {
    const pid = this.#process.pid ?? 0;
    const ceilingMiB = residentMiB(pid) + memoryMiB + LIMITS.residentSlackMiB;
    return setInterval(() => {
      if (residentMiB(pid) > ceilingMiB) this.#end("memory-limit");
    }, WATCH_MEMORY_EVERY_MS);
  }

  /** V8 ends the process when its own heap is full. */
  #ownEnding(): ExecutionResult["status"] {
    return /heap out of memory|allocation failed/i.test(this.#diagnostics) ? "memory-limit" : "killed";
  }

  /** Waits until `done` is called, for as long as a start may take. */
  async #listen(listener: (done: () => void) => Listener): Promise<void> {
    const timer = setTimeout(() => {
      this.#diagnostics += `\nit was not ready within ${START_TIMEOUT_MS / 1000} s`;
      void this.kill();
    }, START_TIMEOUT_MS);
    await new Promise<void>((resolve) => {
      this.#listener = listener(resolve);
      if (!this.alive) resolve();
    });
    clearTimeout(timer);
    this.#listener = undefined;
  }

  #failure(): StartFailed {
    const { exitCode, signalCode } = this.#process;
    const lines = this.#diagnostics.split("\n").filter((line) => line.trim() !== "" && line.length < LONGEST_REASON);
    const reason = lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? `it ended with ${signalCode ?? `exit code ${exitCode}`}`;
    return new StartFailed(`an interpreter process did not start: ${reason.trim()}`, signalCode === "SIGKILL" || exitCode === KILLED_EXIT_CODE);
  }
}
