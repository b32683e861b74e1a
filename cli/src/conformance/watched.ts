/** A conformance in a process of its own, watched from outside: what hangs in a busy loop, or ends the process, is a failure by its name. */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { CheckDescription, CheckResult, ConformanceReport } from "@autotraj/testkit";
import { say } from "../display/terminal.ts";
import type { ConformanceMessage, ConformanceRequest } from "./messages.ts";

export interface WatchedConformance {
  readonly report: Omit<ConformanceReport, "kind"> & { readonly kind?: string | undefined; readonly version?: string };
  readonly notes: readonly string[];
}

/** What was asked cannot be meant: its message says why. */
export class Misused extends Error {}

/** Importing a plugin may take a while. */
const LOAD_MS = 60_000;
const OWN = fileURLToPath(new URL(`./process${extname(import.meta.url)}`, import.meta.url));

/** @throws Misused */
export async function watched(request: ConformanceRequest): Promise<WatchedConformance> {
  const child = fork(OWN, { cwd: request.cwd, execArgv: ["--disable-warning=ExperimentalWarning"], stdio: ["ignore", "pipe", "pipe", "ipc"] });
  // What a plugin prints is not what was asked for.
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => say(String(chunk).trimEnd()));
  try {
    child.send(request);
    return await outcome(child, request);
  } finally {
    child.kill("SIGKILL");
  }
}

/** Until the process reports, refuses, ends or falls silent. */
async function outcome(child: ChildProcess, { plugin }: ConformanceRequest): Promise<WatchedConformance> {
  const seen = new Seen(plugin);
  let silence: NodeJS.Timeout | undefined;
  try {
    return await new Promise<WatchedConformance>((done, failed) => {
      const heard = () => {
        clearTimeout(silence);
        const limitMs = seen.silenceMs;
        silence = setTimeout(
          () => done(seen.broken(`it holds the processor for more than ${limitMs / 1000} s, where no time limit can end it`)),
          limitMs,
        );
      };
      heard();
      child.on("message", (message: ConformanceMessage) => {
        heard();
        if (message.kind === "says") say(message.line);
        if (message.kind === "misused") failed(new Misused(message.reason));
        const whole = seen.take(message);
        if (whole !== undefined) done(whole);
      });
      child.once("error", failed);
      child.once("exit", (code, signal) => {
        done(seen.broken(`the process has ended (${signal ?? `code ${code}`}): a plugin leaves that to the command that runs it`));
      });
    });
  } finally {
    child.removeAllListeners("message");
    clearTimeout(silence);
  }
}

/** What the process has told so far. */
class Seen {
  readonly #results: CheckResult[] = [];
  readonly #asked: string;
  #loaded: Extract<ConformanceMessage, { kind: "loaded" }> | undefined;
  #underWay: CheckDescription = { name: "can be loaded", group: "life" };

  constructor(asked: string) {
    this.#asked = asked;
  }

  get silenceMs(): number {
    return this.#loaded?.silenceMs ?? LOAD_MS;
  }

  /** What came of it all, where the message says so. */
  take(message: ConformanceMessage): WatchedConformance | undefined {
    if (message.kind === "loaded") this.#loaded = message;
    if (message.kind === "begins") this.#underWay = message.check;
    if (message.kind === "ends") this.#results.push(message.result);
    if (message.kind === "refused") return this.broken(message.reason);
    return message.kind === "report" ? this.#with(message.report) : undefined;
  }

  /** Ended by no report: the check that was under way has failed. */
  broken(reason: string): WatchedConformance {
    const { name, group } = this.#underWay;
    return this.#with({ ok: false, results: [...this.#results, { name, group, outcome: "failed", reason }] });
  }

  #with({ ok, results }: Pick<ConformanceReport, "ok" | "results">): WatchedConformance {
    const { plugin = this.#asked, of: kind, version, notes = [] } = this.#loaded ?? {};
    return { report: { ok, plugin, kind, ...(version === undefined ? {} : { version }), results }, notes };
  }
}
