/** The Python process that holds the model: one question at a time, one answer to each. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PluginError } from "@autotraj/core/plugin";
import { PYTHON_FOLDER } from "@autotraj/trajectory-text/python";
import type { Conversation } from "@autotraj/trajectory-text/rendering";

const SCRIPT = fileURLToPath(new URL("../python/score.py", import.meta.url));
const LONGEST_COMPLAINT = 2_000;

/** What `score.py` says of one conversation. */
export type ModelAnswer =
  | { readonly score: number; readonly tokens: number /** Tokens of the middle that were too many to read. */; readonly left_out: number }
  | { readonly failed: string };

/** What it is told first. */
export interface ProcessSettings {
  readonly folder: string;
  readonly template: string;
  readonly maxLength: number | null;
  readonly threads: number | null;
  readonly precision: "fp32" | "bf16";
}

type Line = { ready: true } | { refused: string; hint: string } | { id: number; scores: readonly ModelAnswer[] };

/** The process is gone, or was ended because it gave no answer: another one may do better. */
export class ProcessEnded extends Error {}

export class ScoringProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** Takes the next line. */
  #waiting: { take(line: Line): void; fail(error: Error): void } | undefined;
  #questions = 0;
  #complaint = "";
  #gone = false;

  /** Starts the process; it is of use once {@link open} has settled. */
  constructor(python: string) {
    // In a group of its own, so that whatever torch starts ends with it. -B: nothing is written beside the script; -s: no packages but the environment's.
    this.#child = spawn(python, ["-B", "-s", SCRIPT], {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: process.env["HOME"] ?? "",
        LANG: "C.UTF-8",
        PYTHONPATH: PYTHON_FOLDER,
        HF_HUB_OFFLINE: "1",
        TOKENIZERS_PARALLELISM: "false",
        TRANSFORMERS_VERBOSITY: "error",
        // Idle threads that spin take the core from whoever has work.
        OMP_WAIT_POLICY: "PASSIVE",
      },
    });
    const { stdin, stdout, stderr } = this.#child;
    // A dead process's pipe breaks before `close` tells why.
    stdin?.on("error", () => {});
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-LONGEST_COMPLAINT);
    });
    if (stdout !== null) createInterface({ input: stdout }).on("line", (line) => this.#receive(line));
    this.#child.on("error", (error) => {
      this.#complaint = error.message;
    });
    this.#ended = new Promise<void>((ended) => this.#child.on("close", (code, signal) => ended(this.#bury(signal ?? `exit code ${code}`))));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Lets it read the weights. @throws PluginError REWARD_MODEL_REFUSED; ProcessEnded */
  async open(settings: ProcessSettings, timeoutMs: number): Promise<void> {
    const line = await this.#ask(settings, timeoutMs);
    if ("ready" in line) return;
    await this.end();
    if ("refused" in line)
      throw new PluginError("REWARD_MODEL_REFUSED", `${settings.folder} cannot be used as a reward model: ${line.refused}`, { hint: line.hint });
    throw new ProcessEnded("it answered before it was asked");
  }

  /** One answer per conversation, in order. @throws ProcessEnded */
  async score(conversations: readonly Conversation[], timeoutMs: number): Promise<readonly ModelAnswer[]> {
    const id = ++this.#questions;
    const line = await this.#ask({ id, conversations }, timeoutMs);
    if ("scores" in line && line.id === id && line.scores.length === conversations.length) return line.scores;
    await this.end();
    throw new ProcessEnded("it answered another question than it was asked");
  }

  /** Kills it with all it started, and waits until it is gone. */
  async end(): Promise<void> {
    const { pid } = this.#child;
    if (!this.#gone && pid !== undefined) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // Gone already: `close` is on its way.
      }
    }
    await this.#ended;
  }

  async #ask(question: object, timeoutMs: number): Promise<Line> {
    if (this.#gone) throw new ProcessEnded(this.#why("it was gone"));
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Line>((take, fail) => {
        this.#waiting = { take, fail };
        timer = setTimeout(() => {
          fail(new ProcessEnded(`it gave no answer within ${timeoutMs} ms`));
          void this.end();
        }, timeoutMs);
        this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  #receive(text: string): void {
    try {
      this.#waiting?.take(JSON.parse(text) as Line);
    } catch {
      this.#waiting?.fail(new ProcessEnded(`it wrote something else than an answer: ${text.slice(0, 200)}`));
    }
  }

  #bury(how: string): void {
    this.#gone = true;
    this.#waiting?.fail(new ProcessEnded(this.#why(how)));
  }

  #why(how: string): string {
    const last = this.#complaint.trim().split("\n").at(-1) ?? "";
    return last === "" ? how : `${how}: ${last}`;
  }
}
