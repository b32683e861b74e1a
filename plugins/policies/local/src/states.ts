/** Evaluated states put aside in files, under the name of what was evaluated; the ones unused for longest go first. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sequence } from "./llama.ts";

const FOLDER = "autotraj-states-";

interface Entry {
  readonly path: string;
  readonly bytes: number;
  /** The session it belongs to; none for a prefix, which is everybody's. */
  readonly session: string | undefined;
  /** Loads under way: the file must stay. */
  readers: number;
}

export class StateFiles {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #warn: (message: string) => void;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>();
  /** States that another sequence is evaluating right now: worth waiting for. */
  readonly #coming = new Map<string, Promise<void>>();
  #bytes = 0;
  #fileNumber = 0;

  /** A state that can't be written or read costs time, never a turn: `warn` is told. */
  constructor(maxBytes: number, warn: (message: string) => void) {
    this.#maxBytes = maxBytes;
    this.#warn = warn;
    removeLeftovers(tmpdir());
    this.#folder = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`));
  }

  /** @returns false where the state is not there. Waits for one that is coming. */
  async load(key: string, sequence: Sequence): Promise<boolean> {
    await this.#coming.get(key);
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.readers++;
    try {
      await sequence.load(entry.path);
      return true;
    } catch (error) {
      this.#forget(key, entry);
      this.#warn(`an evaluated state could not be read and is made again: ${String(error)}`);
      return false;
    } finally {
      entry.readers--;
    }
  }

  /**
   * Brings the sequence into this state: loads it where it is there or coming, else runs `evaluate` and keeps the result for the others.
   * @returns true where it was loaded
   */
  async reach(key: string, sequence: Sequence, evaluate: () => Promise<void>): Promise<boolean> {
    while (this.#coming.has(key) || this.#entries.has(key)) {
      if (await this.load(key, sequence)) return true;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#coming.set(key, promise);
    try {
      await evaluate();
      await this.save(key, sequence);
    } finally {
      this.#coming.delete(key);
      resolve();
    }
    return false;
  }

  async save(key: string, sequence: Sequence, session?: string): Promise<void> {
    if (this.#entries.has(key)) return;
    const path = join(this.#folder, String(this.#fileNumber++));
    try {
      const bytes = await sequence.save(path);
      this.#entries.set(key, { path, bytes, session, readers: 0 });
      this.#bytes += bytes;
      this.#makeRoom();
    } catch (error) {
      rmSync(path, { force: true });
      this.#warn(`an evaluated state could not be kept: ${String(error)}`);
    }
  }

  endSession(session: string): void {
    for (const [key, entry] of this.#entries) {
      if (entry.session === session && entry.readers === 0) this.#forget(key, entry);
    }
  }

  dispose(): void {
    this.#entries.clear();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #makeRoom(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return;
      if (entry.readers === 0) this.#forget(key, entry);
    }
  }

  #forget(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    rmSync(entry.path, { force: true });
  }
}

/** Removes what a killed process left behind. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(FOLDER) ? Number.parseInt(name.slice(FOLDER.length), 10) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
