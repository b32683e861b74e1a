/** Which session lives where, how many there may be, and which have ended without being asked to. */
import { PluginError } from "@autotraj/core/plugin";
import type { Zygote } from "./zygote.ts";

export interface Session {
  /** A session's process is the child of one zygote: all its calls go to that slot. */
  readonly slot: number;
  zygote?: Zygote;
  /** Calls running or waiting. */
  calls: number;
  /** Memory, as counted after its last call. */
  heldBytes: number;
  idle?: NodeJS.Timeout;
}

export interface SessionLimits {
  readonly workers: number;
  readonly maxSessions: number;
  /** Memory of all sessions together. */
  readonly sessionsMiB: number;
  readonly sessionIdleMs: number;
}

const MIB = 1024 * 1024;

export class Sessions {
  /** In the order in which they were last used. */
  readonly #live = new Map<string, Session>();
  /** Session → why it ended behind its owner's back. */
  readonly #ended = new Map<string, string>();
  readonly #limits: SessionLimits;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Where the session lives, or will. @throws SESSION_ENDED, once, when it ended behind its owner's back: nothing of the call has run. */
  find(name: string): Session {
    const why = this.#ended.get(name);
    if (why !== undefined) {
      this.#ended.delete(name);
      throw sessionEnded(name, why);
    }
    const known = this.#live.get(name);
    if (known !== undefined) return known;
    const session: Session = { slot: this.#emptiestSlot(), calls: 0, heldBytes: 0 };
    this.#live.set(name, session);
    return session;
  }

  /** A call of this session is about to run in this zygote. */
  enter(name: string, session: Session, zygote: Zygote): void {
    clearTimeout(session.idle);
    session.zygote = zygote;
    this.#live.delete(name);
    this.#live.set(name, session);
    this.#makeRoom();
  }

  /** A call is over. */
  leave(name: string, session: Session): void {
    if (this.#live.get(name) !== session || session.calls > 0) return;
    const { sessionIdleMs } = this.#limits;
    session.idle = setTimeout(() => this.#end(name, `it was idle for ${sessionIdleMs / 1000} s`), sessionIdleMs).unref();
    this.#makeRoom();
  }

  /** Ends a session because its owner is done with it, or has been told. */
  close(name: string): void {
    this.#end(name, "it was closed");
    this.#ended.delete(name);
  }

  /** All sessions of a zygote that died. */
  closeAllOf(zygote: Zygote): void {
    for (const [name, session] of this.#live) if (session.zygote === zygote) this.#end(name, "its worker died");
  }

  #end(name: string, why: string): void {
    const session = this.#live.get(name);
    if (session === undefined) return;
    this.#live.delete(name);
    clearTimeout(session.idle);
    session.zygote?.endSession(name);
    this.#ended.set(name, why);
  }

  /** The longest unused go first; a session in use never goes. */
  #makeRoom(): void {
    const { maxSessions, sessionsMiB } = this.#limits;
    let held = 0;
    for (const { heldBytes } of this.#live.values()) held += heldBytes;
    for (const [name, { calls, heldBytes }] of this.#live) {
      const crowded = this.#live.size > maxSessions;
      if (!crowded && held <= sessionsMiB * MIB) return;
      if (calls > 0) continue;
      this.#end(name, crowded ? `more than ${maxSessions} sessions were live` : `sessions held more than ${sessionsMiB} MiB together`);
      held -= heldBytes;
    }
  }

  #emptiestSlot(): number {
    const load = new Array<number>(this.#limits.workers).fill(0);
    for (const { slot } of this.#live.values()) load[slot]! += 1;
    return load.indexOf(Math.min(...load));
  }
}

export function sessionEnded(name: string, why: string): PluginError {
  return new PluginError("SESSION_ENDED", `session ${name} is gone: ${why}.`, { hint: "Run its earlier calls again, then this one." });
}
