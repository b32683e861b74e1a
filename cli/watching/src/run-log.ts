/** What a run writes into its log, as it comes: from the last time that somebody began to work on it. */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";

/** The fields that some event has; a log of another version may lack them. */
export interface LogEntry {
  readonly event: string;
  readonly queries?: number;
  readonly stage?: string;
  readonly what?: string;
  readonly model?: string;
  readonly questions?: number;
  readonly who?: string;
  readonly message?: string;
  readonly error?: string;
}

const CHUNK_BYTES = 1 << 20;

export class RunLog {
  readonly #file: string;
  #decoder = new StringDecoder("utf8");
  #offset = 0;
  #rest = "";
  #isFirst = true;

  constructor(file: string) {
    this.#file = file;
  }

  /** Whole lines since the last time; at first from the last start on. */
  read(): readonly LogEntry[] {
    const entries = this.#lines().flatMap(entryOf);
    if (!this.#isFirst) return entries;
    this.#isFirst = false;
    return entries.slice(
      Math.max(
        0,
        entries.findLastIndex(({ event }) => event === "start"),
      ),
    );
  }

  #lines(): readonly string[] {
    if (!existsSync(this.#file)) return [];
    if (statSync(this.#file).size < this.#offset) {
      // Another file of this name: the folder was put back, or is a copy that is renewed.
      [this.#offset, this.#rest, this.#decoder] = [0, "", new StringDecoder("utf8")];
    }
    const lines: string[] = [];
    const handle = openSync(this.#file, "r");
    try {
      const bytes = Buffer.alloc(CHUNK_BYTES);
      for (let read = readSync(handle, bytes, 0, CHUNK_BYTES, this.#offset); read > 0; read = readSync(handle, bytes, 0, CHUNK_BYTES, this.#offset)) {
        this.#offset += read;
        const parts = (this.#rest + this.#decoder.write(bytes.subarray(0, read))).split("\n");
        this.#rest = parts.pop() ?? "";
        lines.push(...parts);
      }
    } finally {
      closeSync(handle);
    }
    return lines;
  }
}

/** None for what is no event. */
function entryOf(line: string): readonly LogEntry[] {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null && "event" in entry ? [entry as LogEntry] : [];
  } catch {
    return [];
  }
}
