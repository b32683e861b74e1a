/**
 * An MCP server as a child process. The SDK's own stdio transport is not used: it hands on more of the environment than asked for, kills the child but
 * not what the child started, and loses what was written to stderr.
 */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { cutOff } from "@autotraj/trajectory-text/brief";
import { deserializeMessage, serializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Redact } from "./secrets.ts";

export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Longest message taken from a server. A line without end would otherwise fill the memory. */
export const MESSAGE_BYTES_AT_MOST = 16 * 1024 * 1024;
/** After its input was closed, and again after SIGTERM: the shutdown that MCP prescribes. */
const GRACE_MS = 1000;
const NEWLINE = 0x0a;
const LAST_LINES = 12;
const LINE_CHARACTERS = 500;
const STDERR_CHARACTERS = 20_000;

/** Groups that must not outlive this process, whichever way it ends. */
const groups = new Set<number>();
let watchingExit = false;

export class ChildTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** It was stopped for writing a message longer than {@link MESSAGE_BYTES_AT_MOST}. */
  wroteTooMuch = false;
  readonly #program: ServerProgram;
  /** The line that has begun, as it came. */
  #line: Buffer[] = [];
  #lineBytes = 0;
  #child: ChildProcessWithoutNullStreams | undefined;
  #closed = Promise.resolve();
  #stderr = "";
  #strayLines = 0;
  #how = "";

  constructor(program: ServerProgram) {
    this.#program = program;
  }

  /** Why it ended, with the last lines it wrote to stderr. Secrets go before lines are cut: half of one would stay. */
  end(redact: Redact): string {
    const stderr = redact(this.#stderr).trim();
    const lines = stderr.split("\n").slice(-LAST_LINES);
    const words = lines.map((line) => `  ${cutOff(line, LINE_CHARACTERS)}`).join("\n");
    const stray = this.#strayLines === 0 ? "" : `; ${this.#strayLines} of its lines were no MCP messages`;
    return `${this.#how || "it runs"}${stray}${stderr === "" ? "; it wrote nothing to stderr" : `; its last words:\n${words}`}`;
  }

  start(): Promise<void> {
    const { command, args, env, cwd } = this.#program;
    const child = spawn(command, args, { cwd, env: { ...essentials(), ...env }, detached: true, stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    this.#child = child;
    watch(child);
    child.stdin.on("error", (error) => this.onerror?.(error));
    child.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = wholeLines(this.#stderr + text, STDERR_CHARACTERS);
    });
    this.#closed = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.#how ||= signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
        this.#child = undefined;
        resolve();
        this.onclose?.();
      });
    });
    return new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child;
    if (child === undefined || !child.stdin.writable) throw new Error("the server has ended");
    if (!child.stdin.write(serializeMessage(message)))
      await Promise.race([new Promise<void>((resolve) => child.stdin.once("drain", resolve)), this.#closed]);
  }

  /** Closes its input, then asks, then kills; whoever it started goes with it. Returns when nothing is left. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    child.stdin.end();
    if (!(await this.#closesWithin(GRACE_MS))) {
      signalGroup(child.pid, "SIGTERM");
      if (!(await this.#closesWithin(GRACE_MS))) this.kill("it did not end when asked");
    }
    await this.#closed;
  }

  /** Ends the whole group at once. */
  kill(why: string): void {
    this.#how ||= why;
    signalGroup(this.#child?.pid, "SIGKILL");
  }

  /** Each byte is looked at once, however long the line: the SDK's buffer joins anew at every piece. */
  #read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1 && !this.wroteTooMuch; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      const line = Buffer.concat(this.#line).toString();
      this.#line = [];
      this.#lineBytes = 0;
      if (!this.wroteTooMuch) this.#take(line);
    }
    this.#keep(chunk.subarray(start));
  }

  #keep(piece: Buffer): void {
    this.#lineBytes += piece.length;
    if (this.#lineBytes <= MESSAGE_BYTES_AT_MOST) this.#line.push(piece);
    else {
      this.wroteTooMuch = true;
      this.#line = [];
      this.kill(`it wrote a message of more than ${MESSAGE_BYTES_AT_MOST / 1024 / 1024} MiB and was stopped`);
    }
  }

  #take(line: string): void {
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch (error) {
      // Many a server prints to stdout by mistake; a line that is no message harms nobody but a caller that waits for it.
      this.#strayLines++;
      this.onerror?.(error as Error);
      return;
    }
    this.onmessage?.(message);
  }

  async #closesWithin(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), milliseconds);
    });
    const closes = await Promise.race([this.#closed.then(() => true as const), late]);
    clearTimeout(timer);
    return closes;
  }
}

/** The end of a text, from the start of a line on. */
function wholeLines(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = text.slice(-limit);
  return end.slice(end.indexOf("\n") + 1);
}

/** What a program needs to be found and to find its files; nothing else of our environment, which holds keys. */
function essentials(): Record<string, string> {
  const names = process.platform === "win32" ? ["PATH", "SYSTEMROOT", "USERPROFILE", "TEMP"] : ["PATH", "HOME"];
  const own = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return { ...Object.fromEntries(own), LANG: process.env["LANG"] ?? "C.UTF-8" };
}

function watch(child: ChildProcessWithoutNullStreams): void {
  const { pid } = child;
  if (pid === undefined) return;
  groups.add(pid);
  // What the server started must not hold its pipes open: the group goes with its leader.
  child.once("exit", () => {
    signalGroup(pid, "SIGKILL");
    groups.delete(pid);
  });
  if (watchingExit) return;
  watchingExit = true;
  process.once("exit", () => {
    for (const group of groups) signalGroup(group, "SIGKILL");
  });
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}
