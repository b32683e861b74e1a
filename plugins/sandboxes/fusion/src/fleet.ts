/**
 * Several servers as one. Requests go to the fit server that has least to do; a server that fails rests and is tried with our own code
 * before it gets somebody's again; a busy one is left alone for a moment. Nowhere are there ever more than `concurrency` in flight.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Logger, PluginError } from "@autotraj/core/plugin";
import { backoffMs } from "@autotraj/http-attempts/backoff";
import type { CodeAnswer } from "./answer.ts";
import type { FusionServer, RunRequest } from "./server.ts";

export interface FleetSettings {
  readonly concurrency: number;
  readonly restMs: number;
  readonly unavailableMs: number;
}

/** Proves a server fit. @throws saying what is wrong with it. */
export type Prove = (server: FusionServer, signal: AbortSignal) => Promise<void>;

interface Member {
  readonly server: FusionServer;
  fit: boolean;
  /** Somebody is trying it again and again. */
  recovering: boolean;
  /** What was wrong with it last. */
  problem: string;
  inFlight: number;
  /** Requests it has been given so far: who is equally free takes turns. */
  given: number;
  /** Requests it bears, at most `concurrency`: halved when it refuses for having too much to do, one more per round of answers. */
  bears: number;
  /** By `performance.now()`. */
  busyUntil: number;
  /** Rounds of such refusals in a row, and when the last one was. */
  busyTimes: number;
  busyAt: number;
}

interface Waiting {
  readonly ticket: number;
  readonly grant: (member: Member) => void;
  readonly fail: (error: unknown) => void;
}

const LONGEST_REST_MS = 30_000;
const FIRST_BUSY_MS = 250;
const LONGEST_BUSY_MS = 10_000;
/** A request on which more servers fail than there are, while these pass their test afterwards, is itself what breaks them. */
const SPARE_FAILURES = 2;

export class Fleet {
  readonly #members: readonly Member[];
  readonly #settings: FleetSettings;
  readonly #log: Logger;
  readonly #closed = new AbortController();
  readonly #queue: Waiting[] = [];
  #prove: Prove = async () => {};
  #tickets = 0;
  #wake: NodeJS.Timeout | undefined;
  /** Runs while no server is fit. */
  #giveUp: NodeJS.Timeout | undefined;
  #givenUp = false;

  constructor(servers: readonly FusionServer[], settings: FleetSettings, log: Logger) {
    this.#members = servers.map((server) => ({
      ...{ server, fit: false, recovering: false, problem: "" },
      ...{ inFlight: 0, given: 0, bears: settings.concurrency },
      ...{ busyUntil: 0, busyTimes: 0, busyAt: 0 },
    }));
    this.#settings = settings;
    this.#log = log;
  }

  /**
   * From here on servers may be used: those that are fit at once, the others as soon as they pass `prove`.
   * @param problems URL → what is wrong with the server.
   */
  open(problems: ReadonlyMap<string, string>, prove: Prove): void {
    this.#prove = prove;
    for (const member of this.#members) {
      const problem = problems.get(member.server.url);
      member.fit = problem === undefined;
      if (problem !== undefined) this.#unfit(member, problem, this.#settings.restMs);
    }
  }

  /** @throws PluginError when no server can run it. @throws the signal's reason when aborted. */
  async run(request: RunRequest, signal: AbortSignal): Promise<CodeAnswer> {
    const stop = AbortSignal.any([signal, this.#closed.signal]);
    const ticket = this.#tickets++;
    const failures: string[] = [];
    let busySince: number | undefined;
    for (;;) {
      const member = await this.#take(ticket, stop);
      const startedAt = performance.now();
      const attempt = await member.server.run(request, stop).finally(() => {
        member.inFlight--;
        this.#serve();
      });
      const problem = attempt.kind === "answered" ? "" : `${member.server.url}: ${attempt.problem}`;
      switch (attempt.kind) {
        case "answered":
          this.#answered(member);
          return attempt.answer;
        case "refused":
          throw refusal(attempt.status, problem);
        case "busy":
          busySince ??= performance.now();
          this.#busy(member, startedAt, attempt.retryAfterMs);
          if (performance.now() - busySince > this.#settings.unavailableMs) throw tooBusy(problem, this.#settings.unavailableMs);
          break;
        case "failed":
          failures.push(problem);
          this.#unfit(member, attempt.problem, 0);
          if (failures.length >= this.#members.length + SPARE_FAILURES) throw broken(failures);
      }
    }
  }

  close(): void {
    this.#closed.abort(new PluginError("SANDBOX_CLOSED", "the sandbox has been closed."));
    clearTimeout(this.#wake);
    clearTimeout(this.#giveUp);
  }

  #take(ticket: number, signal: AbortSignal): Promise<Member> {
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown) => {
        const place = this.#queue.indexOf(waiting);
        if (place >= 0) this.#queue.splice(place, 1);
        signal.removeEventListener("abort", aborted);
        reject(reason);
      };
      const aborted = () => leave(signal.reason);
      const waiting: Waiting = {
        ticket,
        grant: (member) => {
          signal.removeEventListener("abort", aborted);
          resolve(member);
        },
        fail: leave,
      };
      if (signal.aborted) return aborted();
      if (this.#givenUp) return leave(this.#unavailable());
      signal.addEventListener("abort", aborted, { once: true });
      // Whoever came first goes first, also with a second attempt.
      const before = this.#queue.findLastIndex((other) => other.ticket < ticket);
      this.#queue.splice(before + 1, 0, waiting);
      this.#serve();
    });
  }

  #serve(): void {
    clearTimeout(this.#wake);
    this.#wake = undefined;
    while (this.#queue.length > 0) {
      const now = performance.now();
      const open = this.#members.filter(({ fit, inFlight, bears }) => fit && inFlight < Math.floor(bears));
      const [free] = open.filter(({ busyUntil }) => busyUntil <= now).sort((a, b) => a.inFlight - b.inFlight || a.given - b.given);
      if (free === undefined) {
        if (open.length > 0) this.#wake = setTimeout(() => this.#serve(), Math.min(...open.map(({ busyUntil }) => busyUntil)) - now + 1);
        return;
      }
      free.inFlight++;
      free.given++;
      this.#queue.shift()!.grant(free);
    }
  }

  #answered(member: Member): void {
    member.busyTimes = 0;
    member.bears = Math.min(this.#settings.concurrency, member.bears + 1 / member.bears);
    this.#serve();
  }

  /** Longer and longer, and never less than the server asks for, within bounds. */
  #busy(member: Member, startedAt: number, retryAfterMs = 0): void {
    // What was sent before the last refusal says nothing new.
    if (startedAt > member.busyAt) {
      member.busyTimes++;
      member.bears = Math.max(1, member.bears / 2);
      member.busyAt = performance.now();
    }
    const pause = backoffMs(member.busyTimes - 1, FIRST_BUSY_MS, LONGEST_BUSY_MS);
    member.busyUntil = Math.max(member.busyUntil, performance.now() + Math.max(pause, Math.min(retryAfterMs, LONGEST_BUSY_MS)));
  }

  #unfit(member: Member, problem: string, waitMs: number): void {
    member.problem = problem;
    member.fit = false;
    if (this.#members.every(({ fit }) => !fit)) {
      this.#giveUp ??= setTimeout(() => {
        this.#givenUp = true;
        for (const { fail } of [...this.#queue]) fail(this.#unavailable());
      }, this.#settings.unavailableMs);
    }
    if (!member.recovering) void this.#recover(member, waitMs);
  }

  /** Tries the server, with longer and longer rests, until it is fit again. */
  async #recover(member: Member, firstRestMs: number): Promise<void> {
    const { signal } = this.#closed;
    member.recovering = true;
    for (let restMs = firstRestMs; ; restMs = Math.min(Math.max(restMs * 2, this.#settings.restMs), LONGEST_REST_MS)) {
      try {
        await sleep(restMs, undefined, { signal });
        await this.#prove(member.server, signal);
        break;
      } catch (error) {
        if (signal.aborted) return;
        member.problem = error instanceof Error ? error.message : String(error);
        if (restMs === 0) this.#log.warn(`${member.server.url} is given a rest: ${member.problem}`);
      }
    }
    this.#log.info(`${member.server.url} is fit for use again`);
    Object.assign(member, { fit: true, recovering: false, busyUntil: 0 });
    this.#givenUp = false;
    clearTimeout(this.#giveUp);
    this.#giveUp = undefined;
    this.#serve();
  }

  #unavailable(): PluginError {
    const problems = this.#members.map(({ server, problem }) => `${server.url}: ${problem}`).join("\n  ");
    return new PluginError("SANDBOX_UNAVAILABLE", `no sandbox server was fit for ${this.#settings.unavailableMs} ms:\n  ${problems}`, {
      hint: "Look at the servers and the way to them; a longer `unavailableMs` bridges longer outages.",
    });
  }
}

function refusal(status: number, problem: string): PluginError {
  return new PluginError(status === 413 ? CODE_TOO_LARGE : "SANDBOX_REFUSED", `a sandbox server refuses this request. ${problem}`, {
    hint: "Compare the tool's `timeoutMs` and `memoryMiB` with what the server allows.",
  });
}

/** The code of the error for code that is too long for a server: the code's fault, not the sandbox's. */
export const CODE_TOO_LARGE = "CODE_TOO_LARGE";

function tooBusy(problem: string, unavailableMs: number): PluginError {
  return new PluginError("SANDBOX_BUSY", `the sandbox servers were too busy for ${unavailableMs} ms. ${problem}`, {
    hint: "Lower `concurrency` to what the servers can run at once, or add servers.",
  });
}

function broken(failures: readonly string[]): PluginError {
  return new PluginError("SANDBOX_FAILED", `the sandbox servers failed on one piece of code again and again:\n  ${failures.join("\n  ")}`, {
    hint: "The servers pass their test in between, so it is this code that they cannot run: see their logs.",
  });
}
