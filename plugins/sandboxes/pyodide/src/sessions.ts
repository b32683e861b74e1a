/**
 * Sessions: an interpreter of its own for each, kept until the session ends, its interpreter does, or the place or the memory is needed. A session
 * that is given up between two calls is named to its owner, who runs the earlier calls again.
 */
import { type ExecutionRequest, type ExecutionResult, PluginError } from "@autotraj/core/plugin";
import type { Interpreter } from "./interpreter.ts";
import { LIMITS } from "./limits.ts";
import type { Places } from "./places.ts";

interface Session {
  interpreter?: Interpreter;
  /** A call is running: such a session is never given up. */
  running: boolean;
  /** MiB after its last call. Between two calls nothing runs in it, so it stays like this. */
  resident: number;
  /** Calls of one session run one after the other. */
  lastCall: Promise<unknown>;
}

export class Sessions {
  readonly #start: () => Promise<Interpreter>;
  readonly #workers: Places;
  readonly #maxSessions: number;
  /** In the order in which they were last used. */
  readonly #live = new Map<string, Session>();
  /** Session → why it ended behind its owner's back. */
  readonly #ended = new Map<string, string>();

  /**
   * @param workers places for executions; a call takes one for as long as it runs
   * @param maxSessions more are alive only while more are running
   */
  constructor(start: () => Promise<Interpreter>, workers: Places, maxSessions: number) {
    this.#start = start;
    this.#workers = workers;
    this.#maxSessions = maxSessions;
  }

  /**
   * @throws SESSION_ENDED when the session was given up, or its interpreter ended, between two calls: nothing of this call has run
   * @throws the signal's reason when aborted
   */
  async run(name: string, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
    const session = this.#find(name);
    const call = session.lastCall.then(() => this.#inTurn(name, session, request, signal));
    session.lastCall = call.catch(() => {});
    return call;
  }

  /** Its owner is done with it. */
  end(name: string): void {
    this.#giveUp(name, "it was closed");
    this.#ended.delete(name);
  }

  /** @throws SESSION_ENDED, once */
  #find(name: string): Session {
    const why = this.#ended.get(name);
    if (why !== undefined) {
      this.#ended.delete(name);
      throw sessionEnded(name, why);
    }
    const session = this.#live.get(name) ?? { running: false, resident: 0, lastCall: Promise.resolve() };
    this.#live.set(name, session);
    return session;
  }

  /** A place is taken only when it is the call's turn: calls that wait for anything else hold nobody up. */
  async #inTurn(name: string, session: Session, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
    const leave = await this.#workers.take(signal);
    try {
      if (this.#live.get(name) !== session) throw sessionEnded(name, this.#ended.get(name) ?? "it was closed");
      session.running = true;
      this.#live.delete(name);
      this.#live.set(name, session);
      return await this.#call(name, session, request, signal);
    } finally {
      session.running = false;
      this.#saveMemory();
      leave();
    }
  }

  async #call(name: string, session: Session, request: ExecutionRequest, signal: AbortSignal): Promise<ExecutionResult> {
    try {
      const interpreter = session.interpreter ?? (await this.#open(name, session, signal));
      if (!interpreter.alive) throw sessionEnded(name, "its interpreter ended between two calls");
      const result = await interpreter.run(request, false, signal);
      session.resident = interpreter.residentMiB();
      return interpreter.alive ? result : { ...result, sessionLost: true };
    } finally {
      if (session.interpreter?.alive !== true && this.#live.get(name) === session) this.end(name);
    }
  }

  async #open(name: string, session: Session, signal: AbortSignal): Promise<Interpreter> {
    this.#makeRoom();
    const interpreter = await this.#start();
    session.interpreter = interpreter;
    signal.throwIfAborted();
    if (this.#live.get(name) === session) return interpreter;
    void interpreter.kill();
    throw sessionEnded(name, "it was closed");
  }

  /** The longest unused go first. */
  #makeRoom(): void {
    const opened = () => [...this.#live.values()].filter(({ interpreter }) => interpreter !== undefined).length;
    for (const name of this.#idle()) {
      if (opened() < this.#maxSessions) return;
      this.#giveUp(name, `more than ${this.#maxSessions} sessions were live`);
    }
  }

  #saveMemory(): void {
    const most = this.#maxSessions * LIMITS.idleSessionMiB;
    const sum = () => [...this.#live.values()].reduce((total, { resident }) => total + resident, 0);
    for (const name of this.#idle()) {
      if (sum() <= most) return;
      this.#giveUp(name, `the sessions that were live held more than ${most} MiB`);
    }
  }

  #idle(): readonly string[] {
    return [...this.#live].filter(([, { interpreter, running }]) => interpreter !== undefined && !running).map(([name]) => name);
  }

  #giveUp(name: string, why: string): void {
    const session = this.#live.get(name);
    if (session === undefined) return;
    this.#live.delete(name);
    this.#ended.set(name, why);
    void session.interpreter?.kill();
  }
}

function sessionEnded(name: string, why: string): PluginError {
  return new PluginError("SESSION_ENDED", `session ${name} is gone: ${why}.`, { hint: "Run its earlier calls again, then this one." });
}
